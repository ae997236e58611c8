/*
 * pw_ordering - a filter of rows that are held in groups and in order
 *
 * The loop of such a program: rows are encoded and noted (or taken by a
 * function of its own), and when a commit is complete a function of its own
 * says what that changes. The rows are saved and loaded.
 *
 * Use:      fill in what it is told; keep, before the tool's output is open;
 *           run, which hands on all of the input, to its end.
 */
#ifndef PW_OP_ORDERING_H
#define PW_OP_ORDERING_H

#include "../state/delta.h"
#include "../state/ordered.h"
#include "../tool/tool.h"

PW_C_BEGIN

struct pw_ordering {
	/* told */
	struct pw_tool *tool;
	struct pw_ordered *rows;
	/*
	 * Takes rows [from, from + count) of a batch, whose row keys are what
	 * begins them; what that changes of the rows held is said by
	 * pw_ordering_changed. NULL: all rows are noted, and held.
	 */
	void (*take)(const struct pw_batch *batch, uint32_t from, uint32_t count);
	void (*close)(void); /* the commit of time is complete */

	/* its own */
	bool open; /* changes of time have come that are not complete */
	pw_time time;
	struct pw_delta delta;
	struct pw_checkpointer_table table;
	struct pw_checkpointer checkpointer;
	bool loads_rows; /* a full checkpoint is being loaded */
};

void pw_ordering_register(struct pw_ordering *o);
void pw_ordering_run(struct pw_ordering *o);

/* Changes of the rows held, of the commit in hand: for those who take rows themselves. */
void pw_ordering_changed(struct pw_ordering *o, const struct pw_batch *changes);

PW_C_END

#endif
