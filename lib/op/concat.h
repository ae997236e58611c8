/*
 * pw_concat - the rows of several inputs as one stream
 *
 * A row passes with its time and diff. The columns of the inputs are matched
 * by name with those of the first input, in types that hold the values of all inputs.
 *
 * Fails:    bind: the columns of two inputs differ (PW_USAGE).
 * Memory:   none that outlives a batch.
 */
#ifndef PW_OP_CONCAT_H
#define PW_OP_CONCAT_H

#include "op.h"

PW_C_BEGIN

extern const struct pw_op_kind pw_concat_op; /* has no wish */

PW_C_END

#endif
