#include "bind_internal.h"

#include <stdlib.h>

struct pw_step *pw_bind_condition(struct pw_binder *b, const struct pw_node *node)
{
	struct pw_step *s = pw_bind_node(b, node);
	if (s == NULL || pw_bind_same(s->type, PW_TYPE(PW_BOOL)))
		return s;
	if (pw_bind_is_unknown(s->type))
		return pw_bind_null(b, node, PW_TYPE(PW_BOOL));
	pw_ast_fail(b->ast, node, "a condition is true or false, this is %s %s",
		    pw_bind_article(s->type), pw_bind_type_name(s->type));
	return NULL;
}

static bool is_number(struct pw_type t)
{
	return pw_bind_same(t, PW_TYPE(PW_INT)) || pw_bind_same(t, PW_TYPE(PW_FLOAT));
}

static struct pw_step *logic(struct pw_binder *b, const struct pw_node *node,
			     enum pw_step_kind kind, struct pw_step *x, struct pw_step *y)
{
	struct pw_step *s, *both[2] = {x, y};
	if (x == NULL || y == NULL)
		return NULL;
	s = pw_bind_new(b, kind, PW_TYPE(PW_BOOL));
	pw_bind_args(b, s, both, 2);
	return pw_bind_add(b, node, s);
}

/* x IN (items) of x's own type. */
static struct pw_step *in_items(struct pw_binder *b, const struct pw_node *node, struct pw_step *x,
				struct pw_step *const *items, size_t count)
{
	struct pw_step *s = pw_bind_new(b, PW_STEP_IN, PW_TYPE(PW_BOOL));
	struct pw_step **args = pw_arena_alloc(&b->x->arena, (count + 1) * sizeof *args);
	args[0] = x;
	memcpy(args + 1, items, count * sizeof *args);
	pw_bind_args(b, s, args, count + 1);
	return pw_bind_add(b, node, s);
}

/*
 * A constant as x's type, if it is a value of that exactly; NULL and *none:
 * it equals no value of that type; NULL alone: it failed.
 */
static struct pw_step *exact_number(struct pw_binder *b, const struct pw_node *node,
				    struct pw_step *s, struct pw_type type, bool *none)
{
	*none = false;
	if (pw_bind_same(s->type, type) || pw_column_null(&s->out, 0))
		return pw_bind_cast(b, node, s, type);
	if (s->type.base == PW_INT) {
		const int64_t x = pw_column_int(&s->out, 0);
		const double as_float = (double)x;
		*none = as_float >= 0x1p63 || (int64_t)as_float != x;
	} else {
		const double x = pw_column_float(&s->out, 0);
		*none = !(x >= -0x1p63 && x < 0x1p63) || (double)(int64_t)x != x;
	}
	return *none ? NULL : pw_bind_cast(b, node, s, type);
}

/*
 * Numbers among which are ints and floats: as x = a OR x = b OR ... would have
 * it, which compares exactly. Constants are looked for together all the same.
 */
static struct pw_step *in_numbers(struct pw_binder *b, const struct pw_node *node,
				  struct pw_step **args)
{
	struct pw_step *x = args[0], *found, *equal;
	struct pw_step **items = pw_arena_alloc(&b->x->arena, node->arg_count * sizeof *items);
	size_t count = 0;
	bool none;

	for (uint32_t i = 1; i < node->arg_count; i++) {
		if (!args[i]->done && !pw_bind_same(args[i]->type, x->type))
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
	found = count ? in_items(b, node, x, items, count)
		      : pw_bind_function_2(b, node, "!=", x, x);
	for (uint32_t i = 1; i < node->arg_count && found != NULL; i++) {
		if (args[i]->done || pw_bind_same(args[i]->type, x->type))
			continue;
		equal = pw_bind_function_2(b, node->args[i], "=", x, args[i]);
		found = logic(b, node, PW_STEP_OR, found, equal);
	}
	return found;
}

struct pw_step *pw_bind_in(struct pw_binder *b, const struct pw_node *node, struct pw_step **args)
{
	struct pw_type type = args[0]->type, next;
	struct pw_step *like = args[0];
	bool mixed = false;

	for (uint32_t i = 1; i < node->arg_count; i++) {
		if (!pw_bind_common_type(like, args[i], &next)) {
			char *have = pw_mem_print("%s", pw_bind_type_name(type));
			pw_ast_fail(b->ast, node->args[i], "%s is not comparable with %s",
				    pw_bind_type_name(args[i]->type), have);
			free(have);
			return NULL;
		}
		if (!pw_bind_same(next, type))
			like = pw_bind_same(args[i]->type, next) ? args[i] : like;
		type = next;
	}
	for (uint32_t i = 1; i < node->arg_count; i++)
		mixed |= is_number(args[0]->type) && is_number(args[i]->type) &&
			 !pw_bind_same(args[0]->type, args[i]->type);
	if (mixed) {
		for (uint32_t i = 1; i < node->arg_count; i++) /* bare NULLs */
			if (pw_bind_is_unknown(args[i]->type))
				args[i] = pw_bind_null(b, node, args[0]->type);
		return in_numbers(b, node, args);
	}
	for (uint32_t i = 0; i < node->arg_count; i++)
		if ((args[i] = pw_bind_convert(b, node->args[i], args[i], type)) == NULL)
			return NULL;
	return in_items(b, node, args[0], args + 1, node->arg_count - 1);
}

/*
 * Makes the values args[0], args[step], ... of a choice one type; the nodes
 * are for messages. Returns false when it failed.
 */
static bool unify(struct pw_binder *b, const struct pw_node *node, struct pw_step **args,
		  size_t count, struct pw_type *type)
{
	const struct pw_step *like = args[0];

	*type = like->type;
	for (size_t i = 1; i < count; i++) {
		struct pw_type next;
		if (!pw_bind_common_type(like, args[i], &next)) {
			char *have = pw_mem_print("%s", pw_bind_type_name(*type));
			pw_ast_fail(b->ast, node, "one value is %s %s, another %s %s",
				    pw_bind_article(*type), have, pw_bind_article(args[i]->type),
				    pw_bind_type_name(args[i]->type));
			free(have);
			return false;
		}
		if (!pw_bind_same(next, like->type))
			like = args[i];
		*type = next;
	}
	if (pw_bind_is_unknown(*type))
		*type = PW_TYPE(PW_STR);
	for (size_t i = 0; i < count; i++)
		if ((args[i] = pw_bind_convert(b, node, args[i], *type)) == NULL)
			return false;
	return true;
}

struct pw_step *pw_bind_choice(struct pw_binder *b, const struct pw_node *node,
			       enum pw_step_kind kind, struct pw_step **args, size_t count)
{
	struct pw_type type;
	if (!unify(b, node, args, count, &type))
		return NULL;
	struct pw_step *s = pw_bind_new(b, kind, type);
	pw_bind_args(b, s, args, count);
	return pw_bind_add(b, node, s);
}

struct pw_step *pw_bind_finish_case(struct pw_binder *b, const struct pw_node *node,
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
	s = pw_bind_new(b, PW_STEP_CASE, type);
	pw_bind_args(b, s, args, 2 * pairs + 1);
	return pw_bind_add(b, node, s);
}

struct pw_step *pw_bind_case(struct pw_binder *b, const struct pw_node *node)
{
	const bool is_switch = node->kind == PW_NODE_SWITCH;
	const size_t pairs = (node->arg_count - is_switch) / 2;
	struct pw_step **whens = pw_arena_alloc(&b->x->arena, (pairs + 1) * sizeof *whens);
	struct pw_step **values = pw_arena_alloc(&b->x->arena, (pairs + 1) * sizeof *values);
	struct pw_step *operand = NULL;

	if (is_switch && (operand = pw_bind_node(b, node->args[0])) == NULL)
		return NULL;
	for (size_t i = 0; i < pairs; i++) {
		const struct pw_node *when = node->args[2 * i + is_switch];
		whens[i] =
			is_switch ? pw_bind_function_2(b, when, "=", operand, pw_bind_node(b, when))
				  : pw_bind_condition(b, when);
		if (whens[i] == NULL)
			return NULL;
		if ((values[i] = pw_bind_node(b, node->args[2 * i + 1 + is_switch])) == NULL)
			return NULL;
	}
	if ((values[pairs] = pw_bind_node(b, node->args[node->arg_count - 1])) == NULL)
		return NULL;
	return pw_bind_finish_case(b, node, whens, values, pairs);
}

struct pw_step *pw_bind_logic(struct pw_binder *b, const struct pw_node *node)
{
	struct pw_step *left = pw_bind_condition(b, node->args[0]);
	struct pw_step *right = left ? pw_bind_condition(b, node->args[1]) : NULL;
	return logic(b, node, node->kind == PW_NODE_AND ? PW_STEP_AND : PW_STEP_OR, left, right);
}

struct pw_step *pw_bind_between(struct pw_binder *b, const struct pw_node *node,
				struct pw_step **args)
{
	struct pw_step *both[2], *s;

	both[0] = pw_bind_function_2(b, node, ">=", args[0], args[1]);
	both[1] = both[0] ? pw_bind_function_2(b, node, "<=", args[0], args[2]) : NULL;
	if (both[1] == NULL)
		return NULL;
	s = pw_bind_new(b, PW_STEP_AND, PW_TYPE(PW_BOOL));
	pw_bind_args(b, s, both, 2);
	return pw_bind_add(b, node, s);
}
