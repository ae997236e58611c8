/*
 * pw_lag_op - each row with the previous and next values within its group
 *
 * The rows are held in groups and in order (ordering); lagged says what a
 * commit changes of the rows that go out.
 *
 * Memory:   all rows, as pw_ordered.
 */
#ifndef PW_OP_LAG_H
#define PW_OP_LAG_H

#include "op.h"

PW_C_BEGIN

struct pw_lag_wish {
	const char *keys, *order;              /* as -k and -o have them */
	const char *differences, *interpolate; /* columns; NULL: none */
	char *const *values;                   /* columns whose neighbours are shown */
	size_t value_count;                    /* 0: of all columns */
};

extern const struct pw_op_kind pw_lag_op;

PW_C_END

#endif
