#include "expr_bind.h"

#include "../base/hash.h"
#include "../data/text.h"
#include "function.h"

#include <stdlib.h>
#include <strings.h>

/* The type of a bare NULL, which takes any type that is wanted of it. */
#define UNKNOWN PW_TYPE(PW_BASES)

struct binder {
	struct pw_expr *x;
	const struct pw_ast *ast;
};

static struct pw_step *bind(struct binder *b, const struct pw_node *node);

static bool is_unknown(struct pw_type t)
{
	return t.base == PW_BASES;
}

static const char *type_name(struct pw_type t)
{
	return is_unknown(t) ? "null" : pw_type_name(t);
}

static const char *article(struct pw_type t)
{
	return is_unknown(t) ? "a" : pw_type_article(t);
}

static bool same_type(struct pw_type a, struct pw_type b)
{
	return a.base == b.base && a.depth == b.depth;
}

/* ---- steps: equal ones are one ---- */

static uint64_t step_hash(const struct pw_step *s)
{
	uint64_t h = pw_hash_word(s->kind | (uint64_t)s->type.base << 8 |
				  (uint64_t)s->type.depth << 16 | (uint64_t)(uint32_t)s->column << 32);
	h = pw_hash_word(h ^ (uint64_t)(uintptr_t)s->function);
	for (uint32_t i = 0; i < s->arg_count; i++)
		h = pw_hash_word(h * 31 ^ (uint64_t)(uintptr_t)s->args[i]);
	if (s->kind == PW_STEP_CONSTANT && !is_unknown(s->type) && !pw_column_null(&s->out, 0)) {
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
	    a->column != b->column || a->arg_count != b->arg_count || !same_type(a->type, b->type))
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (a->args[i] != b->args[i])
			return false;
	if (a->kind != PW_STEP_CONSTANT || is_unknown(a->type))
		return true;
	return pw_column_compare(&a->out, 0, &b->out, 0) == 0;
}

static struct pw_step *new_step(struct binder *b, enum pw_step_kind kind, struct pw_type type)
{
	struct pw_step *s = pw_arena_alloc(&b->x->arena, sizeof *s);
	type.required = false;
	*s = (struct pw_step){.kind = (uint8_t)kind, .type = type, .schema = b->x->schema};
	return s;
}

static void set_args(struct binder *b, struct pw_step *s, struct pw_step *const *args, size_t count)
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

/* Adds the step, unless there is one that computes the same: then that one is returned. */
static struct pw_step *add_step(struct binder *b, const struct pw_node *node, struct pw_step *s)
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

static struct pw_step *begin_constant(struct binder *b, struct pw_type type)
{
	struct pw_step *s = new_step(b, PW_STEP_CONSTANT, type);
	s->done = true;
	if (!is_unknown(type)) {
		pw_vector_init(&s->list, s->type);
		s->has_list = true;
	}
	return s;
}

static struct pw_step *end_constant(struct binder *b, const struct pw_node *node, struct pw_step *s)
{
	static const uint8_t null_bits[8];
	if (s->has_list)
		s->out = *pw_vector_view(&s->list);
	else
		s->out = (struct pw_column){.type = s->type, .rows = 1, .valid = null_bits};
	s->out.encoding = PW_CONSTANT;
	return add_step(b, node, s);
}

static struct pw_step *null_constant(struct binder *b, const struct pw_node *node,
				     struct pw_type type)
{
	struct pw_step *s = begin_constant(b, type);
	if (s->has_list)
		pw_vector_null(&s->list);
	return end_constant(b, node, s);
}

static struct pw_step *text_constant(struct binder *b, const struct pw_node *node,
				     struct pw_slice text)
{
	struct pw_step *s = begin_constant(b, PW_TYPE(PW_STR));
	pw_vector_text(&s->list, text.data, text.length);
	return end_constant(b, node, s);
}

static struct pw_step *bind_literal(struct binder *b, const struct pw_node *node)
{
	static const uint8_t bases[] = {
		[PW_NODE_BOOL] = PW_BOOL,   [PW_NODE_INT] = PW_INT,
		[PW_NODE_FLOAT] = PW_FLOAT, [PW_NODE_DURATION] = PW_DURATION,
	};
	if (node->kind == PW_NODE_NULL)
		return null_constant(b, node, UNKNOWN);
	if (node->kind == PW_NODE_TEXT)
		return text_constant(b, node, node->text);
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

/* A text written in the expression is read as what stands beside it. */
static bool text_becomes(const struct pw_step *s, struct pw_type to)
{
	if (!s->done || !same_type(s->type, PW_TYPE(PW_STR)) || pw_column_null(&s->out, 0) ||
	    to.depth > 0)
		return false;
	return to.base == PW_DATETIME || to.base == PW_DATETIME_UTC || to.base == PW_DURATION ||
	       to.base == PW_UUID;
}

static bool is_int_to_float(struct pw_type from, struct pw_type to)
{
	return same_type(from, PW_TYPE(PW_INT)) && same_type(to, PW_TYPE(PW_FLOAT));
}

static bool converts(const struct pw_step *s, struct pw_type to)
{
	return same_type(s->type, to) || is_unknown(s->type) || is_int_to_float(s->type, to) ||
	       text_becomes(s, to);
}

static struct pw_step *bind_cast(struct binder *b, const struct pw_node *node, struct pw_step *s,
				 struct pw_type to);

/* The step as the type named; only if converts() says so. */
static struct pw_step *convert(struct binder *b, const struct pw_node *node, struct pw_step *s,
			       struct pw_type to)
{
	if (same_type(s->type, to))
		return s;
	if (is_unknown(s->type))
		return null_constant(b, node, to);
	if (!text_becomes(s, to))
		return bind_cast(b, node, s, to);
	const struct pw_slice text = pw_column_text(&s->out, 0);
	struct pw_step *value = begin_constant(b, to);
	if (pw_text_read(&value->list, text) == 0)
		return end_constant(b, node, value);
	pw_step_release(value);
	pw_ast_fail(b->ast, node, "'%.*s' is not %s %s",
		    (int)(text.length < 100 ? text.length : 100), text.data, article(to),
		    pw_type_name(to));
	return NULL;
}

/* The type that both can be made; false: there is none. */
static bool common_type(const struct pw_step *a, const struct pw_step *b, struct pw_type *type)
{
	if (converts(b, a->type) && !is_unknown(a->type))
		*type = a->type;
	else if (converts(a, b->type))
		*type = b->type;
	else
		return false;
	return true;
}

/* ---- which function of a name fits ---- */

/* How far the arguments are from the parameters; 0 is exact, -1: no match. T's type in *any. */
static int match(const struct pw_signature *g, struct pw_step *const *args, size_t count,
		 struct pw_type *any)
{
	int cost = 0;
	struct pw_type seen = UNKNOWN;
	const struct pw_step *first = NULL; /* which gave T its type */

	if (g->variadic ? count + 1 < g->count : count != g->count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct pw_type p = g->params[i < g->count ? i : g->count - 1];
		struct pw_type have = args[i]->type;
		if (p.base < PW_BASES) {
			if (!converts(args[i], p))
				return -1;
			cost += same_type(have, p) ? 0 : is_unknown(have) ? 1 : 2 + text_becomes(args[i], p);
			continue;
		}
		if (p.base == PW_EACH) {
			cost += 2;
			continue;
		}
		if (p.depth > 0 && !is_unknown(have)) {
			if (have.depth == 0)
				return -1;
			have = pw_type_element(have);
		}
		cost += 1; /* a function of just this type is nearer */
		if (is_unknown(have))
			continue;
		if (p.base == PW_ANY_TIME && !text_becomes(args[i], PW_TYPE(PW_DATETIME)) &&
		    !same_type(have, PW_TYPE(PW_DATETIME)) &&
		    !same_type(have, PW_TYPE(PW_DATETIME_UTC)))
			return -1;
		if (p.base == PW_ANY_TIME && have.base == PW_STR) {
			if (is_unknown(seen))
				seen = PW_TYPE(PW_DATETIME);
			continue;
		}
		if (is_unknown(seen)) {
			seen = have;
			first = args[i];
		} else if (!same_type(seen, have)) {
			const bool up = is_int_to_float(seen, have);
			if (!up && !is_int_to_float(have, seen) && !text_becomes(args[i], seen) &&
			    !(first && text_becomes(first, have)))
				return -1;
			if (up || (first && text_becomes(first, have)))
				seen = have;
			cost += 2;
		}
	}
	*any = seen;
	return cost;
}

static struct pw_type fill_in(struct pw_type p, struct pw_type any)
{
	if (p.base < PW_BASES)
		return p;
	any.depth = (uint8_t)(any.depth + p.depth);
	return any;
}

/* Describes a call that no function fits. */
static void fail_call(struct binder *b, const struct pw_node *node, struct pw_slice name,
		      struct pw_step *const *args, size_t count)
{
	struct pw_bytes have = {0}, want = {0};
	const struct pw_function *f;
	const bool sign = strchr("+-*/%|=!<>~[", *name.data) != NULL || pw_slice_equal(name, PW_SLICE("like"));

	for (size_t i = 0; i < count && i < 8; i++)
		pw_bytes_print(&have, "%s%s", i == 0 ? "" : sign ? " and " : ", ",
			       type_name(args[i]->type));
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		const char *params = strchr(f->signature, '(');
		if (pw_slice_equal(name, pw_slice_of(f->name)))
			pw_bytes_print(&want, "%s%s%s", want.length ? ", " : "", f->name, params);
	}
	if (sign)
		pw_ast_fail(b->ast, node, "'%.*s' is not defined for %s%s", (int)name.length, name.data,
			    pw_bytes_string(&have),
			    *name.data == '+' && memmem(have.data, have.length, "str", 3)
				    ? " (|| joins texts, CAST(x AS int) reads one)"
				    : "");
	else
		pw_ast_fail(b->ast, node, "no %.*s(%s): there is %s", (int)name.length, name.data,
			    pw_bytes_string(&have), pw_bytes_string(&want));
	pw_bytes_release(&have);
	pw_bytes_release(&want);
}

/*
 * An int constant beside a float, in a comparison: made a float here, if it is
 * one exactly, so that floats are compared with floats.
 */
static struct pw_step *soften(struct binder *b, const struct pw_node *node, struct pw_step *s,
			      const struct pw_step *beside)
{
	const int64_t exact = INT64_C(1) << 53;
	if (!s->done || !is_int_to_float(s->type, beside->type) || pw_column_null(&s->out, 0))
		return s;
	const int64_t x = pw_column_int(&s->out, 0);
	return x >= -exact && x <= exact ? convert(b, node, s, beside->type) : s;
}

/* A call of the function of that name which fits the arguments best. */
static struct pw_step *bind_function(struct binder *b, const struct pw_node *node, const char *name,
				     struct pw_step **args, size_t count)
{
	const struct pw_function *f, *best = NULL;
	struct pw_signature g, best_g = {0};
	struct pw_type any, best_any = UNKNOWN;
	int best_cost = 0;

	if (count == 2 && strchr("=<>!", *name)) {
		args[0] = soften(b, node, args[0], args[1]);
		args[1] = soften(b, node, args[1], args[0]);
	}
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		if (f->run == NULL || strcmp(f->name, name) != 0)
			continue;
		pw_function_signature(f, &g);
		const int cost = match(&g, args, count, &any);
		if (cost < 0 || (best != NULL && cost >= best_cost))
			continue;
		best = f;
		best_cost = cost;
		best_g = g;
		best_any = any;
	}
	if (best == NULL) {
		fail_call(b, node, pw_slice_of(name), args, count);
		return NULL;
	}
	if (is_unknown(best_any)) /* nothing but NULLs where any type would do */
		best_any = PW_TYPE(PW_STR);
	struct pw_step *s = new_step(b, PW_STEP_CALL, fill_in(best_g.result, best_any));
	s->function = best;
	for (size_t i = 0; i < count; i++) {
		const struct pw_type p = best_g.params[i < best_g.count ? i : best_g.count - 1];
		const struct pw_node *at = i < node->arg_count ? node->args[i] : node;
		if (p.base == PW_EACH)
			args[i] = is_unknown(args[i]->type) ? null_constant(b, at, PW_TYPE(PW_STR)) : args[i];
		else
			args[i] = convert(b, at, args[i], fill_in(p, best_any));
		if (args[i] == NULL)
			return NULL;
	}
	set_args(b, s, args, count);
	return add_step(b, node, s);
}

static struct pw_step *bind_function_1(struct binder *b, const struct pw_node *node,
				       const char *name, struct pw_step *x)
{
	return x ? bind_function(b, node, name, &x, 1) : NULL;
}

static struct pw_step *bind_function_2(struct binder *b, const struct pw_node *node,
				       const char *name, struct pw_step *x, struct pw_step *y)
{
	struct pw_step *args[2] = {x, y};
	return x && y ? bind_function(b, node, name, args, 2) : NULL;
}

static struct pw_step *bind_cast(struct binder *b, const struct pw_node *node, struct pw_step *s,
				 struct pw_type to)
{
	const struct pw_function *f;
	struct pw_signature g;

	if (same_type(s->type, to))
		return s;
	if (is_unknown(s->type))
		return null_constant(b, node, to);
	for (size_t i = 0; (f = pw_function_at(i)) != NULL; i++) {
		if (strcmp(f->name, "cast") != 0)
			continue;
		pw_function_signature(f, &g);
		const bool from_any = g.params[0].base == PW_ANY;
		const bool to_any_list = g.result.base == PW_ANY && to.depth > 0;
		if ((!from_any && !same_type(g.params[0], s->type)) ||
		    (!to_any_list && !same_type(g.result, to)))
			continue;
		struct pw_step *c = new_step(b, PW_STEP_CALL, to);
		c->function = f;
		set_args(b, c, &s, 1);
		return add_step(b, node, c);
	}
	struct pw_bytes from = {0};
	pw_bytes_text(&from, type_name(s->type));
	pw_ast_fail(b->ast, node, "%s %s cannot become %s %s", article(s->type),
		    pw_bytes_string(&from), article(to), pw_type_name(to));
	pw_bytes_release(&from);
	return NULL;
}

/* ---- what is no function of its operands' values ---- */

static struct pw_step *bind_condition(struct binder *b, const struct pw_node *node)
{
	struct pw_step *s = bind(b, node);
	if (s == NULL || same_type(s->type, PW_TYPE(PW_BOOL)))
		return s;
	if (is_unknown(s->type))
		return null_constant(b, node, PW_TYPE(PW_BOOL));
	pw_ast_fail(b->ast, node, "a condition is true or false, this is %s %s",
		    article(s->type), type_name(s->type));
	return NULL;
}

/* "city" = "Paris": most likely a column written as a text */
static int refuse_constants(struct binder *b, const struct pw_node *node,
			    struct pw_step *const *args, size_t count)
{
	struct pw_slice text = {0};

	for (size_t i = 0; i < count; i++)
		if (!args[i]->done)
			return 0;
	for (uint32_t i = 0; i < node->arg_count; i++) {
		const struct pw_node *a = node->args[i];
		if (a->kind != PW_NODE_TEXT)
			continue;
		if (text.length == 0 || pw_schema_find(b->x->schema, a->text) >= 0)
			text = a->text;
		if (pw_schema_find(b->x->schema, text) >= 0)
			break;
	}
	if (text.length == 0)
		return pw_ast_fail(b->ast, node, "this compares two constants");
	return pw_ast_fail(b->ast, node,
			   "this compares two constants: write `%.*s` in back ticks, or bare, for the "
			   "column",
			   (int)(text.length < 100 ? text.length : 100), text.data);
}

static bool is_number(struct pw_type t)
{
	return same_type(t, PW_TYPE(PW_INT)) || same_type(t, PW_TYPE(PW_FLOAT));
}

static struct pw_step *logic(struct binder *b, const struct pw_node *node, enum pw_step_kind kind,
			     struct pw_step *x, struct pw_step *y)
{
	struct pw_step *s, *both[2] = {x, y};
	if (x == NULL || y == NULL)
		return NULL;
	s = new_step(b, kind, PW_TYPE(PW_BOOL));
	set_args(b, s, both, 2);
	return add_step(b, node, s);
}

/* x IN (items) of x's own type. */
static struct pw_step *in_items(struct binder *b, const struct pw_node *node, struct pw_step *x,
				struct pw_step *const *items, size_t count)
{
	struct pw_step *s = new_step(b, PW_STEP_IN, PW_TYPE(PW_BOOL));
	struct pw_step **args = pw_arena_alloc(&b->x->arena, (count + 1) * sizeof *args);
	args[0] = x;
	memcpy(args + 1, items, count * sizeof *args);
	set_args(b, s, args, count + 1);
	return add_step(b, node, s);
}

/*
 * A constant as x's type, if it is a value of that exactly; NULL and *none:
 * it equals no value of that type; NULL alone: it failed.
 */
static struct pw_step *exact_number(struct binder *b, const struct pw_node *node, struct pw_step *s,
				    struct pw_type type, bool *none)
{
	*none = false;
	if (same_type(s->type, type) || pw_column_null(&s->out, 0))
		return bind_cast(b, node, s, type);
	if (s->type.base == PW_INT) {
		const int64_t x = pw_column_int(&s->out, 0);
		const double as_float = (double)x;
		*none = as_float >= 0x1p63 || (int64_t)as_float != x;
	} else {
		const double x = pw_column_float(&s->out, 0);
		*none = !(x >= -0x1p63 && x < 0x1p63) || (double)(int64_t)x != x;
	}
	return *none ? NULL : bind_cast(b, node, s, type);
}

/*
 * Numbers among which are ints and floats: as x = a OR x = b OR ... would have
 * it, which compares exactly. Constants are looked for together all the same.
 */
static struct pw_step *in_numbers(struct binder *b, const struct pw_node *node, struct pw_step **args)
{
	struct pw_step *x = args[0], *found, *equal;
	struct pw_step **items = pw_arena_alloc(&b->x->arena, node->arg_count * sizeof *items);
	size_t count = 0;
	bool none;

	for (uint32_t i = 1; i < node->arg_count; i++) {
		if (!args[i]->done && !same_type(args[i]->type, x->type))
			continue;
		struct pw_step *s = args[i];
		if (s->done)
			s = exact_number(b, node->args[i], s, x->type, &none);
		else
			none = false;
		if (s == NULL && !none)
			return NULL;
		if (s != NULL)
			items[count++] = s;
	}
	/* without any, false where x is not null */
	found = count ? in_items(b, node, x, items, count) : bind_function_2(b, node, "!=", x, x);
	for (uint32_t i = 1; i < node->arg_count && found != NULL; i++) {
		if (args[i]->done || same_type(args[i]->type, x->type))
			continue;
		equal = bind_function_2(b, node->args[i], "=", x, args[i]);
		found = logic(b, node, PW_STEP_OR, found, equal);
	}
	return found;
}

static struct pw_step *bind_in(struct binder *b, const struct pw_node *node, struct pw_step **args)
{
	struct pw_type type = args[0]->type, next;
	struct pw_step *like = args[0];
	bool mixed = false;

	for (uint32_t i = 1; i < node->arg_count; i++) {
		if (!common_type(like, args[i], &next)) {
			char *have = pw_mem_print("%s", type_name(type));
			pw_ast_fail(b->ast, node->args[i], "%s is not comparable with %s",
				    type_name(args[i]->type), have);
			free(have);
			return NULL;
		}
		if (!same_type(next, type))
			like = same_type(args[i]->type, next) ? args[i] : like;
		type = next;
	}
	if (refuse_constants(b, node, args, node->arg_count) < 0)
		return NULL;
	for (uint32_t i = 1; i < node->arg_count; i++)
		mixed |= is_number(args[0]->type) && is_number(args[i]->type) &&
			 !same_type(args[0]->type, args[i]->type);
	if (mixed) {
		for (uint32_t i = 1; i < node->arg_count; i++) /* bare NULLs */
			if (is_unknown(args[i]->type))
				args[i] = null_constant(b, node, args[0]->type);
		return in_numbers(b, node, args);
	}
	for (uint32_t i = 0; i < node->arg_count; i++)
		if ((args[i] = convert(b, node->args[i], args[i], type)) == NULL)
			return NULL;
	return in_items(b, node, args[0], args + 1, node->arg_count - 1);
}

/*
 * Makes the values args[0], args[step], ... of a choice one type; the nodes
 * are for messages. Returns false when it failed.
 */
static bool unify(struct binder *b, const struct pw_node *node, struct pw_step **args, size_t count,
		  struct pw_type *type)
{
	const struct pw_step *like = args[0];

	*type = like->type;
	for (size_t i = 1; i < count; i++) {
		struct pw_type next;
		if (!common_type(like, args[i], &next)) {
			char *have = pw_mem_print("%s", type_name(*type));
			pw_ast_fail(b->ast, node, "one value is %s %s, another %s %s",
				    article(*type), have, article(args[i]->type),
				    type_name(args[i]->type));
			free(have);
			return false;
		}
		if (!same_type(next, like->type))
			like = args[i];
		*type = next;
	}
	if (is_unknown(*type))
		*type = PW_TYPE(PW_STR);
	for (size_t i = 0; i < count; i++)
		if ((args[i] = convert(b, node, args[i], *type)) == NULL)
			return false;
	return true;
}

static struct pw_step *bind_choice(struct binder *b, const struct pw_node *node,
				   enum pw_step_kind kind, struct pw_step **args, size_t count)
{
	struct pw_type type;
	if (!unify(b, node, args, count, &type))
		return NULL;
	struct pw_step *s = new_step(b, kind, type);
	set_args(b, s, args, count);
	return add_step(b, node, s);
}

/* whens and values are the count / 2 pairs and the else behind them. */
static struct pw_step *finish_case(struct binder *b, const struct pw_node *node,
				   struct pw_step **whens, struct pw_step **values, size_t pairs)
{
	struct pw_step **args, *s;
	struct pw_type type;

	if (!unify(b, node, values, pairs + 1, &type))
		return NULL;
	args = pw_arena_alloc(&b->x->arena, (2 * pairs + 1) * sizeof *args);
	for (size_t i = 0; i < pairs; i++) {
		args[2 * i] = whens[i];
		args[2 * i + 1] = values[i];
	}
	args[2 * pairs] = values[pairs];
	s = new_step(b, PW_STEP_CASE, type);
	set_args(b, s, args, 2 * pairs + 1);
	return add_step(b, node, s);
}

static struct pw_step *bind_case(struct binder *b, const struct pw_node *node)
{
	const bool is_switch = node->kind == PW_NODE_SWITCH;
	const size_t pairs = (node->arg_count - is_switch) / 2;
	struct pw_step **whens = pw_arena_alloc(&b->x->arena, (pairs + 1) * sizeof *whens);
	struct pw_step **values = pw_arena_alloc(&b->x->arena, (pairs + 1) * sizeof *values);
	struct pw_step *operand = NULL;

	if (is_switch && (operand = bind(b, node->args[0])) == NULL)
		return NULL;
	for (size_t i = 0; i < pairs; i++) {
		const struct pw_node *when = node->args[2 * i + is_switch];
		whens[i] = is_switch ? bind_function_2(b, when, "=", operand, bind(b, when))
				     : bind_condition(b, when);
		if (whens[i] == NULL)
			return NULL;
		if ((values[i] = bind(b, node->args[2 * i + 1 + is_switch])) == NULL)
			return NULL;
	}
	if ((values[pairs] = bind(b, node->args[node->arg_count - 1])) == NULL)
		return NULL;
	return finish_case(b, node, whens, values, pairs);
}

static struct pw_step *bind_column(struct binder *b, const struct pw_node *node)
{
	const int column = pw_schema_need(b->x->schema, node->text);
	if (column < 0) {
		char *why = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
		pw_ast_fail(b->ast, node, "%s", why);
		free(why);
		return NULL;
	}
	struct pw_step *s = new_step(b, PW_STEP_COLUMN, b->x->schema->fields[column].type);
	s->column = column;
	return add_step(b, node, s);
}

static struct pw_step *bind_logic(struct binder *b, const struct pw_node *node)
{
	struct pw_step *left = bind_condition(b, node->args[0]);
	struct pw_step *right = left ? bind_condition(b, node->args[1]) : NULL;
	return logic(b, node, node->kind == PW_NODE_AND ? PW_STEP_AND : PW_STEP_OR, left, right);
}

static struct pw_step *bind_between(struct binder *b, const struct pw_node *node,
				    struct pw_step **args)
{
	struct pw_step *both[2], *s;

	if (refuse_constants(b, node, args, 3) < 0)
		return NULL;
	both[0] = bind_function_2(b, node, ">=", args[0], args[1]);
	both[1] = both[0] ? bind_function_2(b, node, "<=", args[0], args[2]) : NULL;
	if (both[1] == NULL)
		return NULL;
	s = new_step(b, PW_STEP_AND, PW_TYPE(PW_BOOL));
	set_args(b, s, both, 2);
	return add_step(b, node, s);
}

static bool is_comparison(struct pw_slice name)
{
	static const char *const names[] = {"=", "!=", "<", "<=", ">", ">=", "~", "like"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (pw_slice_equal(name, pw_slice_of(names[i])))
			return true;
	return false;
}

static struct pw_step *unknown_function(struct binder *b, const struct pw_node *node)
{
	const char *near = pw_function_near(node->text);
	if (pw_ast_is_aggregate(node))
		pw_ast_fail(b->ast, node, "'%.*s' is an aggregate, which cannot stand here",
			    (int)node->text.length, node->text.data);
	else if (near != NULL)
		pw_ast_fail(b->ast, node, "'%.*s' is not a function (did you mean '%s'?)",
			    (int)node->text.length, node->text.data, near);
	else
		pw_ast_fail(b->ast, node, "'%.*s' is not a function",
			    (int)(node->text.length < 100 ? node->text.length : 100),
			    node->text.data);
	return NULL;
}

/* Does a format written in the expression read a zone? */
static bool has_zone(const struct pw_step *format)
{
	if (!format->done || !same_type(format->type, PW_TYPE(PW_STR)) ||
	    pw_column_null(&format->out, 0))
		return false;
	const struct pw_slice t = pw_column_text(&format->out, 0);
	for (size_t i = 0; i + 1 < t.length; i++)
		if (t.data[i] == '%' && t.data[++i] == 'z')
			return true;
	return false;
}

static struct pw_step *bind_commit_time(struct binder *b, const struct pw_node *node)
{
	if (!b->x->schema->append_only) {
		pw_ast_fail(b->ast, node,
			    "commit_time() needs an append-only input: a row taken away would have "
			    "another time than when it came");
		return NULL;
	}
	return bind_function(b, node, "commit_time", NULL, 0);
}

/* Calls that are no functions of their arguments' values. NULL and *mine: it failed. */
static struct pw_step *bind_special(struct binder *b, const struct pw_node *node,
				    struct pw_step **args, bool *mine)
{
	const struct pw_slice name = node->text;
	const uint32_t n = node->arg_count;

	*mine = true;
	if ((pw_slice_equal(name, PW_SLICE("coalesce")) && n > 0) ||
	    (pw_slice_equal(name, PW_SLICE("ifnull")) && n == 2))
		return bind_choice(b, node, PW_STEP_COALESCE, args, n);
	if (pw_slice_equal(name, PW_SLICE("try")) && n == 2)
		return bind_choice(b, node, PW_STEP_TRY, args, n);
	if (pw_slice_equal(name, PW_SLICE("typeof")) && n == 1)
		return text_constant(b, node, pw_slice_of(type_name(args[0]->type)));
	if (pw_slice_equal(name, PW_SLICE("commit_time")) && n == 0)
		return bind_commit_time(b, node);
	if (pw_slice_equal(name, PW_SLICE("strptime")) && n == 2 && has_zone(args[1]))
		return bind_function(b, node, "strptime_utc", args, 2);
	if (pw_slice_equal(name, PW_SLICE("nullif")) && n == 2) {
		struct pw_step *values[2], *when = bind_function_2(b, node, "=", args[0], args[1]);
		values[0] = null_constant(b, node, UNKNOWN);
		values[1] = args[0];
		return when ? finish_case(b, node, &when, values, 1) : NULL;
	}
	if ((pw_slice_equal(name, PW_SLICE("if")) || pw_slice_equal(name, PW_SLICE("if_else"))) &&
	    n == 3) {
		struct pw_step *when = bind_condition(b, node->args[0]);
		return when ? finish_case(b, node, &when, args + 1, 1) : NULL;
	}
	*mine = false;
	return NULL;
}

static struct pw_step *bind_call(struct binder *b, const struct pw_node *node, struct pw_step **args)
{
	bool mine;
	char name[64];

	if (node->clauses != NULL && !pw_ast_is_aggregate(node)) {
		pw_ast_fail(b->ast, node, "DISTINCT, ORDER BY and FILTER belong to aggregates");
		return NULL;
	}
	if (is_comparison(node->text) && refuse_constants(b, node, args, node->arg_count) < 0)
		return NULL;
	if (node->text.length >= sizeof name || node->clauses != NULL ||
	    !pw_function_known(node->text))
		return unknown_function(b, node);
	struct pw_step *s = bind_special(b, node, args, &mine);
	if (mine)
		return s;
	memcpy(name, node->text.data, node->text.length);
	name[node->text.length] = '\0';
	return bind_function(b, node, name, args, node->arg_count);
}

/* All arguments, in the expression's arena; NULL: one failed. */
static struct pw_step **bind_args(struct binder *b, const struct pw_node *node)
{
	struct pw_step **args = pw_arena_alloc(&b->x->arena, (node->arg_count + 1) * sizeof *args);
	for (uint32_t i = 0; i < node->arg_count; i++)
		if ((args[i] = bind(b, node->args[i])) == NULL)
			return NULL;
	return args;
}

static struct pw_step *bind_list(struct binder *b, const struct pw_node *node)
{
	struct pw_step **args = bind_args(b, node);
	if (args == NULL)
		return NULL;
	if (node->arg_count == 0) {
		pw_ast_fail(b->ast, node, "a list of what? write CAST('[]' AS list<int>)");
		return NULL;
	}
	return bind_function(b, node, "list_value", args, node->arg_count);
}

static struct pw_step *bind_with_args(struct binder *b, const struct pw_node *node)
{
	struct pw_step **args;

	if (node->kind == PW_NODE_CALL && !pw_function_known(node->text))
		return unknown_function(b, node); /* before its arguments are looked at */
	if ((args = bind_args(b, node)) == NULL)
		return NULL;
	switch (node->kind) {
	case PW_NODE_IS_NULL:
		return bind_function(b, node, "is null", args, 1);
	case PW_NODE_IS_TRUE:
		return bind_function(b, node, "is true", args, 1);
	case PW_NODE_IS_FALSE:
		return bind_function(b, node, "is false", args, 1);
	case PW_NODE_DISTINCT:
		return refuse_constants(b, node, args, 2) < 0
			       ? NULL
			       : bind_function(b, node, "is distinct from", args, 2);
	case PW_NODE_BETWEEN:
		return bind_between(b, node, args);
	case PW_NODE_IN:
		return bind_in(b, node, args);
	case PW_NODE_CAST:
		return bind_cast(b, node, args[0], node->type);
	default:
		return bind_call(b, node, args);
	}
}

static struct pw_step *bind(struct binder *b, const struct pw_node *node)
{
	switch ((enum pw_node_kind)node->kind) {
	case PW_NODE_NULL:
	case PW_NODE_BOOL:
	case PW_NODE_INT:
	case PW_NODE_FLOAT:
	case PW_NODE_TEXT:
	case PW_NODE_DURATION:
		return bind_literal(b, node);
	case PW_NODE_COLUMN:
		return bind_column(b, node);
	case PW_NODE_AND:
	case PW_NODE_OR:
		return bind_logic(b, node);
	case PW_NODE_NOT:
		return bind_function_1(b, node, "not", bind_condition(b, node->args[0]));
	case PW_NODE_CASE:
	case PW_NODE_SWITCH:
		return bind_case(b, node);
	case PW_NODE_LIST:
		return bind_list(b, node);
	default:
		return bind_with_args(b, node);
	}
}

struct pw_step *pw_expr_bind(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
			     const struct pw_type *want)
{
	struct binder b = {.x = x, .ast = ast};
	struct pw_step *s = bind(&b, node);

	if (s == NULL)
		return NULL;
	if (want == NULL)
		return is_unknown(s->type) ? null_constant(&b, node, PW_TYPE(PW_STR)) : s;
	if (converts(s, *want))
		return convert(&b, node, s, *want);
	char *have = pw_mem_print("%s %s", article(s->type), type_name(s->type));
	pw_ast_fail(ast, node, "this is %s, %s %s is wanted", have, article(*want),
		    pw_type_name(*want));
	free(have);
	return NULL;
}
