/*
 * pw_evaluate - expressions over a batch, their row errors as --on-error has it
 *
 * Promises: a row is rejected once, with the reason of the first expression
 *           that failed. The values of the row alone decide, so that its
 *           retraction is rejected likewise.
 * Returns:  0: all rows stay (with `null`, a value that failed is null); 1: the
 *           rows whose bits are set in lost were rejected, and are to be left
 *           out; -1: a row failed, and the policy is to stop.
 * Fails:    as the expression does; as a write of the rejected rows does.
 */
#ifndef PW_TOOL_EVALUATE_H
#define PW_TOOL_EVALUATE_H

#include "../expr/expr.h"
#include "reject.h"

PW_C_BEGIN

int pw_evaluate(struct pw_expr *x, struct pw_reject *r, const struct pw_batch *batch,
		struct pw_bytes *lost);

/* The numbers of those of count rows whose bits are not set in lost, ascending, into rows. Their count */
uint32_t pw_evaluate_passed(const struct pw_bytes *lost, uint32_t count, uint32_t *rows);

PW_C_END

#endif
