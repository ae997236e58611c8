/*
 * pw_filter - keeps the rows for which an expression is true
 *
 * A row passes, with its time and diff, when the expression over its columns
 * is true; it does not when the expression is false or null. Only the values
 * of a row decide, so the retraction of a row passes exactly when the row did.
 *
 * Memory:   none that outlives a batch.
 */
#ifndef PW_OP_FILTER_H
#define PW_OP_FILTER_H

#include "op.h"

PW_C_BEGIN

struct pw_filter_wish {
	const char *condition;
};

extern const struct pw_op_kind pw_filter_op;

PW_C_END

#endif
