/*
 * pw_panes - the panes of a run of rows
 *
 * Rows of a stream come more or less in the order of their event times, so that a
 * batch has few panes: what concerns windows is done per pane, and a row
 * needs its pane's number only.
 *
 * Use:      struct pw_panes p = {0}; pw_panes_find per run of rows; release.
 * Promises: list has each pane that a row is in once, in the order of first
 *           appearance; rows without a pane have PW_PANES_NONE.
 */
#ifndef PW_OP_PANES_H
#define PW_OP_PANES_H

#include "windows.h"

PW_C_BEGIN

#define PW_PANES_NONE UINT32_MAX

struct pw_panes {
	struct pw_pane *list;
	uint32_t count;
	uint32_t *of; /* by row: the number of its pane */

	size_t capacity, row_capacity;
	uint32_t *table; /* by the hash of where a pane begins: its number + 1, or 0 */
	uint32_t mask;
};

/*
 * Finds the panes of count places. A row whose place is PW_PLACE_FIRST has none.
 * Returns whether some other row has none either (pw_windows_unsound).
 */
bool pw_panes_find(struct pw_panes *p, struct pw_windows *w, const pw_place *places,
		   uint32_t count);
void pw_panes_release(struct pw_panes *p);

PW_C_END

#endif
