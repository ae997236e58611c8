/*
 * pw_calls - expressions with aggregates in them, as the command line has them
 *
 * An expression such as 'rate = sum(bytes) / count()' is taken apart: the
 * arguments and filters of aggregates are computed over input rows, the
 * aggregates over groups, and the rest of the expression over a row that holds
 * the keys of a group and the results of its aggregates.
 *
 *   input row -> arguments -> records of groups -> results -> outputs
 *   (schema)     (inputs)     (aggregates)         (shown)    (outputs)
 *
 * Use:      init; key per key column; add per expression; ready. Then per
 *           batch pw_calls_arguments, and for a batch of shown pw_expr_run
 *           of outputs.
 * Fails:    PW_USAGE, "expression: character 9: ..." with a caret.
 */
#ifndef PW_OP_CALLS_H
#define PW_OP_CALLS_H

#include "../agg/aggregate.h"
#include "../expr/expr.h"

PW_C_BEGIN

struct pw_calls {
	const struct pw_schema *schema; /* of the input, lent */
	struct pw_expr inputs;          /* arguments and filters, over schema */
	struct pw_aggregates aggregates;
	struct pw_schema shown; /* keys, then a column per aggregate, named as it is written */
	size_t key_count;
	struct pw_expr outputs; /* the expressions, over shown */
	struct pw_schema named; /* their names and types */
	bool computes;          /* an output is more than a column of shown */
	struct pw_asked *asked; /* expressions until they are ready */
	size_t asked_count, asked_capacity;
	struct pw_column *columns; /* of arguments */
	struct pw_batch arguments;
};

void pw_calls_init(struct pw_calls *c, const struct pw_schema *schema);
void pw_calls_release(struct pw_calls *c);

/* A key column: its name and type. Keys come before expressions. */
int pw_calls_key(struct pw_calls *c, struct pw_slice name, struct pw_type type);

/* Takes an expression apart. `count` is count(), unless it is a key. */
int pw_calls_add(struct pw_calls *c, const char *text);

/* All have been added: outputs and named are made. */
int pw_calls_ready(struct pw_calls *c);

/* The arguments of a batch that pw_expr_run of inputs has been given; lent. */
const struct pw_batch *pw_calls_arguments(struct pw_calls *c, const struct pw_batch *batch);

PW_C_END

#endif
