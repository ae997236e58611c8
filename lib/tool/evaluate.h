/*
 * pw_evaluate - expressions over a batch, their row errors as --on-error says
 *
 * Returns:  0, all rows stay (with `null`, failed values are null); 1, the
 *           rows whose bits are set in lost were rejected: leave them out;
 *           -1, a row failed and the policy is to stop.
 * A row is rejected once, with the reason of the first expression that failed;
 * what decides is its values alone, so its retraction is rejected likewise.
 */
#ifndef PW_TOOL_EVALUATE_H
#define PW_TOOL_EVALUATE_H

#include "../expr/expr.h"
#include "reject.h"

PW_C_BEGIN

int pw_evaluate(struct pw_expr *x, struct pw_reject *r, const struct pw_batch *batch,
		struct pw_bytes *lost);

/* The rows of a batch whose bits are not set, ascending, into rows; how many. */
uint32_t pw_evaluate_kept(const struct pw_bytes *lost, uint32_t count, uint32_t *rows);

PW_C_END

#endif
