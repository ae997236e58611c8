/*
 * bind - from a tree to typed steps
 *
 * Promises: equal parts become one step; what depends on no column is
 *           computed at once; an int beside a float, a NULL and a text
 *           literal beside a datetime, duration or uuid adapt, nothing else.
 */
#ifndef PW_EXPR_BIND_H
#define PW_EXPR_BIND_H

#include "expr.h"
#include "step.h"

/* The step that computes node (as *want, if want is not NULL), or NULL: it failed. */
struct pw_step *pw_bind(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
			const struct pw_type *want);

#endif
