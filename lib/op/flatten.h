/*
 * pw_flatten - one row per element of a list
 *
 * Each row becomes as many rows as its list has elements, with its time and
 * diff, in their order: none for an empty list, or for null. A json is
 * flattened as the array that it holds, a str by its letters. Only the values
 * of a row decide, so the retraction of a row takes back all rows made of it.
 *
 * Fails:    bind: the column has no elements (PW_USAGE); a json that is no
 *           array, as --on-error has it.
 * Memory:   none that outlives a batch.
 */
#ifndef PW_OP_FLATTEN_H
#define PW_OP_FLATTEN_H

#include "op.h"

PW_C_BEGIN

struct pw_flatten_wish {
	const char *column;
};

extern const struct pw_op_kind pw_flatten_op;

PW_C_END

#endif
