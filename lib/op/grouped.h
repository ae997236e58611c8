/*
 * pw_grouped - groups of a keyed stream with aggregates: corrections, commit by commit
 *
 * Rows with equal keys are a group. When a commit is complete, for each group
 * that it touched the row shown before goes out with -1 and the new one with
 * +1, in the order of the keys; nothing if they are equal. The row that was shown
 * before is calculated again before the commit's first change to the group,
 * so nothing but the records of the groups is remembered. A static input is one commit:
 * then every group is shown once, at its end.
 *
 *   input row -> arguments -> records of groups -> results -> output row
 *   (in)         (calls.inputs)   (groups)         (shown)    (calls.outputs)
 *
 * Fails:    bind: PW_USAGE. More rows of a group are taken away than there
 *           were, or a row error under --on-error stop, are PW_DATA, with the
 *           time of the commit and the group.
 * Memory:   a record per group, and what the aggregates hold of its values; of
 *           an open commit the results of the groups that it touched.
 */
#ifndef PW_OP_GROUPED_H
#define PW_OP_GROUPED_H

#include "op.h"

PW_C_BEGIN

struct pw_grouped_wish {
	const char *keys;   /* "city,day"; NULL: all rows are one group */
	char *const *exprs; /* "[NAME =] AGGREGATE", as pw_calls_add takes them */
	size_t count;
};

extern const struct pw_op_kind pw_grouped_op;

PW_C_END

#endif
