/*
 * pw_consolidate - sum equal rows of equal times, drop what sums to zero
 *
 * Appends to out the consolidated rows of the batch: one row per different
 * (time, row) with its summed diff, none where that is 0. The order of rows
 * is that of their first appearance within their time. Overflow of a sum of
 * diffs fails (PW_DATA).
 */
#ifndef PW_DATA_CONSOLIDATE_H
#define PW_DATA_CONSOLIDATE_H

#include "builder.h"

PW_C_BEGIN

int pw_consolidate(struct pw_builder *out, const struct pw_batch *batch);

PW_C_END

#endif
