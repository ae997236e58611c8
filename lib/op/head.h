/*
 * pw_head_op - the first rows of each group, maintained as the table changes
 *
 * A row that is there n times counts as n rows. When a commit is complete the
 * changes of the first rows of each group go out, in the order of the keys of
 * the groups and then of the rows.
 *
 * There are two forms. Where the input only adds, a row after the first N can
 * never come back: no more than N are held, and every change of the rows held
 * is a change of the answer. Of any other input all rows are held. Of the changes
 * of a commit those go out that are among the first rows of their group; where
 * they shift later rows, the rows that come in or fall out go out as well.
 *
 * Memory:   the rows held, as pw_ordered.
 */
#ifndef PW_OP_HEAD_H
#define PW_OP_HEAD_H

#include "op.h"

PW_C_BEGIN

struct pw_head_wish {
	const char *keys, *order; /* as -k and -o have them */
	uint64_t count;           /* how many rows of each group */
};

extern const struct pw_op_kind pw_head_op;

PW_C_END

#endif
