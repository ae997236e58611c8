/*
 * pw_bind - from a tree to typed steps, and what the pieces of the binder share
 *
 * bind.c         a tree, node by node
 * bind_call.c    which function of a name fits its arguments
 * bind_choice.c  AND, IN, CASE, COALESCE, which are no functions of their operands' values
 * bind_step.c    steps, where equal ones become one; constants; conversions that need not be written
 *
 * Promises: equal parts become one step; a part that uses no column is computed
 *           at once; an int beside a float, a NULL, and a text literal beside
 *           a datetime, duration or uuid are converted, and nothing else is.
 * Fails:    a function that returns a step returns NULL when it has failed
 *           (PW_USAGE).
 */
#ifndef PW_EXPR_BIND_INTERNAL_H
#define PW_EXPR_BIND_INTERNAL_H

#include "expr.h"
#include "step.h"

/* The type of a bare NULL, which takes any type that is wanted of it. */
#define PW_BIND_UNKNOWN PW_TYPE(PW_BASES)

struct pw_binder {
	struct pw_expr *x;
	const struct pw_ast *ast;
};

static inline bool pw_bind_is_unknown(struct pw_type t)
{
	return t.base == PW_BASES;
}

static inline const char *pw_bind_type_name(struct pw_type t)
{
	return pw_bind_is_unknown(t) ? "null" : pw_type_name(t);
}

static inline const char *pw_bind_article(struct pw_type t)
{
	return pw_bind_is_unknown(t) ? "a" : pw_type_article(t);
}

static inline bool pw_bind_same(struct pw_type a, struct pw_type b)
{
	return a.base == b.base && a.depth == b.depth;
}

static inline bool pw_bind_is_int_to_float(struct pw_type from, struct pw_type to)
{
	return pw_bind_same(from, PW_TYPE(PW_INT)) && pw_bind_same(to, PW_TYPE(PW_FLOAT));
}

/* ---- bind.c ---- */

struct pw_step *pw_bind_node(struct pw_binder *b, const struct pw_node *node);

/* ---- bind_step.c ---- */

/* A new step; its arguments; then add, which returns the one that computes the same if there is one. */
struct pw_step *pw_bind_new(struct pw_binder *b, enum pw_step_kind kind, struct pw_type type);
void pw_bind_args(struct pw_binder *b, struct pw_step *s, struct pw_step *const *args,
		  size_t count);
struct pw_step *pw_bind_add(struct pw_binder *b, const struct pw_node *node, struct pw_step *s);

struct pw_step *pw_bind_null(struct pw_binder *b, const struct pw_node *node, struct pw_type type);
struct pw_step *pw_bind_text(struct pw_binder *b, const struct pw_node *node, struct pw_slice text);
struct pw_step *pw_bind_literal(struct pw_binder *b, const struct pw_node *node);

/* Is the step a constant text, and `to` a type that such a text is read as: a time, a duration, a uuid? */
bool pw_bind_text_becomes(const struct pw_step *s, struct pw_type to);

/* The step as the type named; only if converts says so. */
bool pw_bind_converts(const struct pw_step *s, struct pw_type to);
struct pw_step *pw_bind_convert(struct pw_binder *b, const struct pw_node *node, struct pw_step *s,
				struct pw_type to);

/* The type that both can be made; false: there is none. */
bool pw_bind_common_type(const struct pw_step *a, const struct pw_step *b, struct pw_type *type);

/* ---- bind_call.c ---- */

/*
 * A call of the function of that name which fits the arguments best. The forms with
 * 1 or 2 arguments take arguments that have failed (NULL), and fail then.
 */
struct pw_step *pw_bind_function(struct pw_binder *b, const struct pw_node *node, const char *name,
				 struct pw_step **args, size_t count);
struct pw_step *pw_bind_function_1(struct pw_binder *b, const struct pw_node *node,
				   const char *name, struct pw_step *x);
struct pw_step *pw_bind_function_2(struct pw_binder *b, const struct pw_node *node,
				   const char *name, struct pw_step *x, struct pw_step *y);

struct pw_step *pw_bind_cast(struct pw_binder *b, const struct pw_node *node, struct pw_step *s,
			     struct pw_type to);

/* ---- bind_choice.c ---- */

struct pw_step *pw_bind_condition(struct pw_binder *b, const struct pw_node *node);

struct pw_step *pw_bind_logic(struct pw_binder *b, const struct pw_node *node);
struct pw_step *pw_bind_between(struct pw_binder *b, const struct pw_node *node,
				struct pw_step **args);
struct pw_step *pw_bind_in(struct pw_binder *b, const struct pw_node *node, struct pw_step **args);
struct pw_step *pw_bind_choice(struct pw_binder *b, const struct pw_node *node,
			       enum pw_step_kind kind, struct pw_step **args, size_t count);

/* whens and values are the pairs; after the values comes the else. */
struct pw_step *pw_bind_finish_case(struct pw_binder *b, const struct pw_node *node,
				    struct pw_step **whens, struct pw_step **values, size_t pairs);
struct pw_step *pw_bind_case(struct pw_binder *b, const struct pw_node *node);

/* The step that computes node (as *want, if want is not NULL). */
struct pw_step *pw_bind(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
			const struct pw_type *want);

#endif
