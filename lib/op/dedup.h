/*
 * pw_dedup - one row per key; a new row replaces it when it may
 *
 * When a commit is complete, its new rows are offered in the order of one
 * column, ties in that of the other columns. The first row of a key is taken
 * unasked; a later one if the wish's condition is true of the two rows' values
 * in that column, or without a condition always. What the key showed before
 * then goes out with -1 and its new row with +1. Rows that are taken away
 * change nothing, and a row that is null in that column is never taken.
 *
 * Fails:    the condition, as --on-error has it; a row taken away from a stream
 *           that says that it only adds (PW_DATA).
 * Memory:   a row per key, and the changes of the open commit: of a stream that
 *           only adds, without a condition, a row per key alone.
 */
#ifndef PW_OP_DEDUP_H
#define PW_OP_DEDUP_H

#include "op.h"

PW_C_BEGIN

struct pw_dedup_wish {
	const char *keys;   /* "user,day"; NULL: one row at all */
	const char *by;     /* the column by which rows of a commit are offered */
	const char *accept; /* over new and old, two values of that column; NULL: always true */
};

extern const struct pw_op_kind pw_dedup_op;

PW_C_END

#endif
