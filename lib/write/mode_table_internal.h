/*
 * pw_mode_table - what the modes that hold a table share
 */
#ifndef PW_WRITE_MODE_TABLE_INTERNAL_H
#define PW_WRITE_MODE_TABLE_INTERNAL_H

#include "../state/table.h"
#include "mode_internal.h"

/* The first member of the state of such a mode. */
struct pw_mode_held {
	struct pw_table table;
	struct pw_checkpointer checkpointer;
	bool stale; /* the table differs from the one that can be seen */
};

/* The table is made, and is loaded in a pipeline with state; the writer is open. */
int pw_mode_table_open(struct pw_mode *s, bool append_only);
int pw_mode_table_batch(struct pw_mode *s, const struct pw_batch *batch);

/* Commits below the frontier are closed; or all, if the stream has finished. */
int pw_mode_table_close(struct pw_mode *s, pw_time frontier);
int pw_mode_table_finish(struct pw_mode *s);

/* Writes the table, in its order or that of appearance, and finishes the destination. */
int pw_mode_table_write(struct pw_mode *s, bool sorted);

#endif
