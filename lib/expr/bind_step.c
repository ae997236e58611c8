#include "bind_internal.h"

#include "../base/hash.h"
#include "../data/text.h"

#include <stdlib.h>

/* ---- steps: equal ones are one ---- */

static uint64_t step_hash(const struct pw_step *s)
{
	uint64_t h =
		pw_hash_word(s->kind | (uint64_t)s->type.base << 8 | (uint64_t)s->type.depth << 16 |
			     (uint64_t)(uint32_t)s->column << 32);
	h = pw_hash_word(h ^ (uint64_t)(uintptr_t)s->function);
	for (uint32_t i = 0; i < s->arg_count; i++)
		h = pw_hash_word(h * 31 ^ (uint64_t)(uintptr_t)s->args[i]);
	if (s->kind == PW_STEP_CONSTANT && !pw_bind_is_unknown(s->type) &&
	    !pw_column_null(&s->out, 0)) {
		if (pw_type_form(s->type) == PW_FORM_TEXT) {
			const struct pw_slice t = pw_column_text(&s->out, 0);
			h = pw_hash_word(h ^ pw_hash_bytes(t.data, t.length));
		} else if (s->out.values != NULL) {
			h ^= pw_hash_bytes(s->out.values, pw_type_width(s->type));
		}
	}
	return h;
}

static bool same_step(const struct pw_step *a, const struct pw_step *b)
{
	if (a->hash != b->hash || a->kind != b->kind || a->function != b->function ||
	    a->column != b->column || a->arg_count != b->arg_count ||
	    !pw_bind_same(a->type, b->type))
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (a->args[i] != b->args[i])
			return false;
	if (a->kind != PW_STEP_CONSTANT || pw_bind_is_unknown(a->type))
		return true;
	return pw_column_compare(&a->out, 0, &b->out, 0) == 0;
}

struct pw_step *pw_bind_new(struct pw_binder *b, enum pw_step_kind kind, struct pw_type type)
{
	struct pw_step *s = pw_arena_alloc(&b->x->arena, sizeof *s);
	type.required = false;
	*s = (struct pw_step){.kind = (uint8_t)kind, .type = type, .schema = b->x->schema};
	return s;
}

void pw_bind_args(struct pw_binder *b, struct pw_step *s, struct pw_step *const *args, size_t count)
{
	s->arg_count = (uint32_t)count;
	s->args = pw_arena_alloc(&b->x->arena, (count + 1) * sizeof *s->args);
	s->in = pw_arena_alloc(&b->x->arena, (count + 1) * sizeof *s->in);
	for (size_t i = 0; i < count; i++) {
		s->args[i] = args[i];
		s->in[i] = &args[i]->out;
	}
}

/* A step whose arguments are constants is run now, and never again unless it fails. */
static void fold(struct pw_step *s)
{
	if (s->kind == PW_STEP_COLUMN || s->kind == PW_STEP_CONSTANT ||
	    (s->function && s->function->flags & PW_PER_ROW))
		return;
	for (uint32_t i = 0; i < s->arg_count; i++)
		if (!s->args[i]->done)
			return;
	pw_step_run(s, NULL, 1);
	s->done = s->errors == NULL;
}

struct pw_step *pw_bind_add(struct pw_binder *b, const struct pw_node *node, struct pw_step *s)
{
	struct pw_expr *x = b->x;

	s->hash = step_hash(s);
	for (size_t i = 0; i < x->step_count; i++)
		if (same_step(x->steps[i], s)) {
			pw_step_release(s);
			return x->steps[i];
		}
	x->steps = pw_mem_grow(x->steps, &x->step_capacity, x->step_count + 1, sizeof *x->steps);
	x->steps[x->step_count++] = s;
	if (s->function && s->function->prepare && s->function->prepare(s) < 0) {
		char *why = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
		pw_ast_fail(b->ast, node, "%s", why);
		free(why);
		return NULL;
	}
	fold(s);
	return s;
}

/* ---- constants ---- */

static struct pw_step *begin_constant(struct pw_binder *b, struct pw_type type)
{
	struct pw_step *s = pw_bind_new(b, PW_STEP_CONSTANT, type);
	s->done = true;
	if (!pw_bind_is_unknown(type)) {
		pw_vector_init(&s->list, s->type);
		s->has_list = true;
	}
	return s;
}

static struct pw_step *end_constant(struct pw_binder *b, const struct pw_node *node,
				    struct pw_step *s)
{
	static const uint8_t null_bits[8];
	if (s->has_list)
		s->out = *pw_vector_view(&s->list);
	else
		s->out = (struct pw_column){.type = s->type, .rows = 1, .valid = null_bits};
	s->out.encoding = PW_CONSTANT;
	return pw_bind_add(b, node, s);
}

struct pw_step *pw_bind_null(struct pw_binder *b, const struct pw_node *node, struct pw_type type)
{
	struct pw_step *s = begin_constant(b, type);
	if (s->has_list)
		pw_vector_null(&s->list);
	return end_constant(b, node, s);
}

struct pw_step *pw_bind_text(struct pw_binder *b, const struct pw_node *node, struct pw_slice text)
{
	struct pw_step *s = begin_constant(b, PW_TYPE(PW_STR));
	pw_vector_text(&s->list, text.data, text.length);
	return end_constant(b, node, s);
}

struct pw_step *pw_bind_literal(struct pw_binder *b, const struct pw_node *node)
{
	static const uint8_t bases[] = {
		[PW_NODE_BOOL] = PW_BOOL,
		[PW_NODE_INT] = PW_INT,
		[PW_NODE_FLOAT] = PW_FLOAT,
		[PW_NODE_DURATION] = PW_DURATION,
	};
	if (node->kind == PW_NODE_NULL)
		return pw_bind_null(b, node, PW_BIND_UNKNOWN);
	if (node->kind == PW_NODE_TEXT)
		return pw_bind_text(b, node, node->text);
	struct pw_step *s = begin_constant(b, PW_TYPE(bases[node->kind]));
	if (node->kind == PW_NODE_BOOL)
		pw_vector_bool(&s->list, node->word != 0);
	else if (node->kind == PW_NODE_FLOAT)
		pw_vector_float(&s->list, node->number);
	else
		pw_vector_word(&s->list, node->word);
	return end_constant(b, node, s);
}

/* ---- conversions that need not be written ---- */

bool pw_bind_text_becomes(const struct pw_step *s, struct pw_type to)
{
	if (!s->done || !pw_bind_same(s->type, PW_TYPE(PW_STR)) || pw_column_null(&s->out, 0) ||
	    to.depth > 0)
		return false;
	return to.base == PW_DATETIME || to.base == PW_DATETIME_UTC || to.base == PW_DURATION ||
	       to.base == PW_UUID;
}

bool pw_bind_converts(const struct pw_step *s, struct pw_type to)
{
	return pw_bind_same(s->type, to) || pw_bind_is_unknown(s->type) ||
	       pw_bind_is_int_to_float(s->type, to) || pw_bind_text_becomes(s, to);
}

struct pw_step *pw_bind_convert(struct pw_binder *b, const struct pw_node *node, struct pw_step *s,
				struct pw_type to)
{
	if (pw_bind_same(s->type, to))
		return s;
	if (pw_bind_is_unknown(s->type))
		return pw_bind_null(b, node, to);
	if (!pw_bind_text_becomes(s, to))
		return pw_bind_cast(b, node, s, to);
	const struct pw_slice text = pw_column_text(&s->out, 0);
	struct pw_step *value = begin_constant(b, to);
	if (pw_text_read(&value->list, text) == 0)
		return end_constant(b, node, value);
	pw_step_release(value);
	pw_ast_fail(b->ast, node, "'%.*s' is not %s %s",
		    (int)(text.length < 100 ? text.length : 100), text.data, pw_bind_article(to),
		    pw_type_name(to));
	return NULL;
}

bool pw_bind_common_type(const struct pw_step *a, const struct pw_step *b, struct pw_type *type)
{
	if (pw_bind_converts(b, a->type) && !pw_bind_is_unknown(a->type))
		*type = a->type;
	else if (pw_bind_converts(a, b->type))
		*type = b->type;
	else
		return false;
	return true;
}
