/*
 * ast_check - what an expression says by mistake, found before it is typed
 *
 * All fail with PW_USAGE and advice about what to write instead.
 */
#ifndef PW_EXPR_AST_CHECK_INTERNAL_H
#define PW_EXPR_AST_CHECK_INTERNAL_H

#include "ast.h"

/* Fails unless the call is of a function or an aggregate that there is. */
int pw_ast_check_function(const struct pw_ast *ast, const struct pw_node *call);

/*
 * A text did not parse, at byte `fault`. If from `from` on it is the name of a column, or
 * if a name of several words stands around the fault, the message is to say so.
 */
void pw_ast_check_name(const struct pw_ast *ast, uint32_t from, uint32_t fault,
		       const struct pw_schema *in, const struct pw_schema *also);

/*
 * Fails for a literal, anywhere, whose text is the name of a column, unless it stands
 * directly under a cast; for a part that computes something and whose text is the name
 * of a column, unless it stands in parentheses; and for comparisons with NULL. also:
 * the columns of a second input, or NULL.
 */
int pw_ast_check_literals(const struct pw_ast *ast, const struct pw_schema *in,
			  const struct pw_schema *also);

#endif
