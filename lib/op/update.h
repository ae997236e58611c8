/*
 * pw_update - table A, overridden by the rows of table B with the same key
 *
 * For each key there is at most one row on either side. The row of B is shown
 * if there is one, else that of A; with cells, the row of A with the cells of
 * B in it. When a commit is complete, each key that it has touched is looked
 * at: where another row is shown than before the commit, the old row goes out
 * with -1 and the new one with +1, in the order of the keys.
 *
 * A side that only adds puts its rows in place as they come. The changes of
 * any other side are summed up first, since in an open commit a row may come
 * before the row that it replaces has gone.
 *
 * Fails:    a key twice on one side, a row taken away that is not there, a key
 *           of B that A has not, with cells and --on-error stop (PW_DATA).
 * Memory:   the rows of both sides.
 */
#ifndef PW_OP_UPDATE_H
#define PW_OP_UPDATE_H

#include "op.h"

PW_C_BEGIN

struct pw_update_wish {
	const char *keys; /* "id,day" */
	bool cells;       /* B has some of the columns of A, and overrides those only */
};

extern const struct pw_op_kind pw_update_op; /* input 0 is A, 1 is B */

PW_C_END

#endif
