/*
 * pw_align - the rows of all inputs, in the order of their times
 *
 * pw_tool_next hands out batches as they come: rows of a batch may have times that
 * another input has not come to yet. pw_align lets such rows wait, and hands out a
 * row of time t when no input can bring an earlier one any more.
 *
 * Use:      as pw_tool_next: open when the inputs' heads are there; next
 *           until it returns false, with give between as long as it returns
 *           true.
 * Lends:    rows->batch, until the next call that brings rows of that input;
 *           and until then the same batch is handed out in pieces, run by
 *           run, where its rows must take turns with those of others.
 * Promises: times of rows never descend, over all batches of all inputs. A
 *           row waits for no input that has come to its time. FRONTIER and
 *           END come after all rows that they are about.
 * Memory:   the rows that wait: about a frame of each input, since inputs
 *           that are ahead are not asked for more. It is not released: the
 *           process ends with its inputs.
 */
#ifndef PW_OP_ALIGN_H
#define PW_OP_ALIGN_H

#include "../tool/tool.h"
#include "lane.h"

PW_C_BEGIN

struct pw_align {
	struct pw_tool *tool;
	struct pw_lane *lanes; /* one per input: rows that have come before their time */
	pw_time *last;         /* per input: of its last row */
	struct pw_event later; /* to be handed out after the rows that wait, if there is one */
	bool has_later;
};

/*
 * in: the schema of each input; lent. With dictionaries, texts of rows that wait
 * are put into one, which pays where rows are passed on.
 */
void pw_align_open(struct pw_align *a, struct pw_tool *t, const struct pw_schema *in,
		   bool dictionaries);

/* Rows that have waited, if their time has come: *ev is a BATCH. Never waits for input. */
bool pw_align_give(struct pw_align *a, struct pw_event *ev, struct pw_lane_rows *rows);

/* The next event; rows is set where it is a BATCH. */
bool pw_align_next(struct pw_align *a, struct pw_event *ev, struct pw_lane_rows *rows);

PW_C_END

#endif
