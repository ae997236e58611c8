/*
 * pw_expr - expressions over the columns of a schema, typed and compiled
 *
 * Use:      init with a schema (lent, must outlive it); add parsed
 *           expressions, each giving an output number 0, 1, ...; per batch
 *           run, then take columns and look for row errors; release.
 * Lends:    columns and errors, until the next run; of an expression that is
 *           just a column, the batch's own column.
 * Promises: all expressions of one pw_expr share their common parts, which
 *           are computed once per batch. The same row gives the same value,
 *           whatever batch it is in. No allocation per row; scratch is
 *           reused. Result columns are canonical (zero or empty after a
 *           null). Text functions of a dictionary column run per entry.
 * Row errors: division by zero, overflow, a text that does not parse. They
 *           are collected, not raised: a row with an error has its bit set
 *           in pw_expr_errors and is null in the column (which is what
 *           --on-error null wants). The untaken sides of CASE, COALESCE,
 *           AND, OR and try have none.
 * Fails:    pw_expr_add: PW_USAGE, with the expression and a caret.
 */
#ifndef PW_EXPR_EXPR_H
#define PW_EXPR_EXPR_H

#include "../data/batch.h"
#include "ast.h"

PW_C_BEGIN

struct pw_step;

struct pw_expr {
	const struct pw_schema *schema;
	struct pw_arena arena;
	struct pw_step **steps; /* in the order in which they run */
	size_t step_count, step_capacity;
	struct pw_expr_output *outputs;
	size_t output_count, output_capacity;
	const struct pw_batch *batch; /* of the last run */
	struct pw_bytes scratch;
};

void pw_expr_init(struct pw_expr *x, const struct pw_schema *schema);
void pw_expr_release(struct pw_expr *x);

/*
 * Types and compiles the tree below node (ast->root, or any part of it) and
 * returns its output number, or fails. The ast may be released afterwards.
 */
int pw_expr_add(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node);

/* pw_expr_add, and fails unless the result can be made the type named (int to float). */
int pw_expr_add_typed(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
		      struct pw_type type);

struct pw_type pw_expr_type(const struct pw_expr *x, int output);

/* The column of the schema that the output is, or -1 when it is computed. */
int pw_expr_is_column(const struct pw_expr *x, int output);

/* The value (a constant column of 1 row) of an output that uses no column; else NULL. */
const struct pw_column *pw_expr_constant(const struct pw_expr *x, int output);

/* Evaluates all outputs over a batch of the schema. */
void pw_expr_run(struct pw_expr *x, const struct pw_batch *batch);

const struct pw_column *pw_expr_column(const struct pw_expr *x, int output);

/* A bit per row of the batch that failed, or NULL when none did. */
const uint8_t *pw_expr_errors(const struct pw_expr *x, int output);

/* Why the row failed: "division by zero", "'0.5x' is not an int". */
void pw_expr_reason(struct pw_expr *x, int output, uint32_t row, struct pw_bytes *reason);

/*
 * --on-error stop: raises the first row error of any output,
 * "expression 'a // b': division by zero (a = 1, b = 0)", if there is one;
 * else returns 0.
 */
int pw_expr_check(struct pw_expr *x);

/*
 * The rows for which a bool output is true, ascending, into rows (room for
 * batch->rows); returns how many.
 */
uint32_t pw_expr_select(const struct pw_expr *x, int output, uint32_t *rows);

PW_C_END

#endif
