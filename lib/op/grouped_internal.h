/*
 * pw_grouped - what its pieces share
 *
 *   grouped             binds, finds the groups of rows, hands rows to aggregates
 *   grouped_show        results before and after a commit, and the rows they make
 *   grouped_checkpoint  the records of groups as a table that is saved and loaded
 */
#ifndef PW_OP_GROUPED_INTERNAL_H
#define PW_OP_GROUPED_INTERNAL_H

#include "../data/roworder.h"
#include "../state/dirty.h"
#include "calls.h"
#include "grouped.h"

/* Reasons of row errors by row; empty while there are none. */
struct pw_grouped_reasons {
	const char **why;
	size_t count, capacity;
};

/* Results of calls for some groups, a vector per call. */
struct pw_grouped_results {
	struct pw_vector *vectors;
	const struct pw_column **columns; /* views of them, while rows are shown */
	uint32_t rows;
	struct pw_grouped_reasons reasons;
};

/* A group that the open commit has touched. */
struct pw_grouped_touched {
	uint32_t slot;
	uint32_t before; /* the row of g->before that it showed, or PW_GROUPED_NO_ROW */
	pw_diff copies;  /* how many rows it had then; 0 if it was not shown */
};

#define PW_GROUPED_NO_ROW UINT32_MAX

struct pw_grouped;

/*
 * Groups that an operator of its own finds and shows (a window with its keys). Its
 * struct begins with struct pw_grouped; it sets these before pw_grouped_bind.
 */
struct pw_grouped_whose {
	/* Is a group that has rows to be seen: before the commit in hand, and after it? */
	bool (*was_shown)(const struct pw_grouped *g, uint32_t slot);
	bool (*is_shown)(const struct pw_grouped *g, uint32_t slot);
	void (*gone)(struct pw_grouped *g, uint32_t slot); /* a group without rows goes */
};

/*
 * Invariant: between batches, every live slot has rows or is touched by the
 * open commit; mark[slot] is the number of its entry in touched, plus 1, or 0.
 */
struct pw_grouped {
	struct pw_op op;
	const struct pw_grouped_whose *whose; /* NULL: groups of pw_grouped_op */
	bool copies;                          /* a group is shown as often as it has rows */
	const struct pw_schema *in;           /* that of op, lent */
	struct pw_bytes state_text;           /* that op.state_text points to */

	int *keys; /* columns of the input, in_count of them, the first of the keys */
	size_t in_count;
	size_t key_count;
	struct pw_schema key_schema;
	struct pw_roworder key_order; /* decodes and describes keys */

	struct pw_calls calls;

	struct pw_arrangement groups;
	struct pw_rowkeys row_keys;
	uint32_t *slots, *code_slots;
	size_t slot_capacity, code_capacity;

	struct pw_grouped_touched *touched;
	size_t touched_count, touched_capacity;
	uint32_t *mark;
	size_t mark_capacity;
	uint32_t *dying; /* groups that had no rows when a commit closed */
	size_t dying_count, dying_capacity;
	struct pw_dirty dirty; /* groups that have changed since they were saved */
	struct pw_grouped_results before, after;
	uint32_t chunk; /* groups to show at once, so that long lists make no huge frame */

	struct pw_builder shown;           /* rows of calls.shown on their way out */
	struct pw_grouped_reasons reasons; /* of theirs */
	struct pw_builder rest;            /* output rows, where some are rejected */
	struct pw_builder sound;           /* input rows, where some are in error */
	struct pw_bytes lost;              /* a bit per row of the batch that is in error */
	struct pw_column *columns;
	uint32_t *rows;
	size_t row_capacity;

	struct pw_schema record_schema; /* of what is saved: keys, _group, _more */
	struct pw_checkpointer_table saved;
	struct pw_bytes record; /* of group record_slot, while it is loaded in pieces */
	uint32_t record_slot;
};

/* ---- grouped ---- */

/*
 * For operators whose groups are more than keys of rows. bind: columns of the input as keys
 * (NULL: none, or every one), if there are such; then further keys, one at a time; then the
 * calls. op.schema is set; its flags are those of pw_grouped_op.
 */
void pw_grouped_bind(struct pw_grouped *g, const char *keys, bool every);
void pw_grouped_bind_key(struct pw_grouped *g, struct pw_slice name, struct pw_type type);
void pw_grouped_bind_calls(struct pw_grouped *g, char *const *exprs, size_t count);
void pw_grouped_release(struct pw_op *op);
size_t pw_grouped_bytes(const struct pw_op *op);
void pw_grouped_flush(struct pw_op *op);

/*
 * The batch with its arguments in calls.inputs, without the rows whose arguments have an
 * error; under stop the first such row is a fault.
 */
const struct pw_batch *pw_grouped_arguments(struct pw_grouped *g, const struct pw_batch *batch);

/* Notes groups that the open commit has not touched yet, and what they show. */
void pw_grouped_touch(struct pw_grouped *g, const uint32_t *slots, uint32_t count);

/*
 * A group that has been touched gets another key. What it has shown goes with its old
 * one, which another slot has now: returns that.
 */
uint32_t pw_grouped_rename(struct pw_grouped *g, uint32_t slot, struct pw_slice key);

/* Ends groups that have had no rows since a commit closed. */
void pw_grouped_bury(struct pw_grouped *g);

/* ---- grouped_show ---- */

#define PW_GROUPED_CHUNK 8192 /* groups looked at at once, at most */

void pw_grouped_show_open(struct pw_grouped *g);
void pw_grouped_show_release(struct pw_grouped *g);

/* Appends to g->before what groups show that have rows, CHUNK of them at most. */
void pw_grouped_show_before(struct pw_grouped *g, const uint32_t *slots, uint32_t count);

/* The open commit's changes to the groups it touched, in the order of their keys. */
void pw_grouped_show_changes(struct pw_grouped *g);

/*
 * Every group that has rows and is shown (NULL: all are), which have not been seen before:
 * the one commit of a static stream.
 */
void pw_grouped_show_all(struct pw_grouped *g,
			 bool (*is_shown)(const struct pw_grouped *g, uint32_t slot));

/* Groups that have been put in order: those of them that have rows. */
void pw_grouped_show_in_order(struct pw_grouped *g, const uint32_t *slots, uint32_t count);

/* Emits the rows shown so far. */
void pw_grouped_show_send(struct pw_grouped *g);

/* ---- grouped_checkpoint ---- */

/*
 * A keyed table: the key columns, then the record of the group as bytes (see
 * pw-state(5)). A record of more than PW_GROUPED_PIECE bytes is several rows,
 * all but the last of which say that more comes.
 */
#define PW_GROUPED_PIECE ((size_t)16 << 20)

/* Sets op.checkpoint. */
void pw_grouped_checkpoint_bind(struct pw_grouped *g);

/* Functions of the checkpointer, for others that have the table as their first. */
int pw_grouped_save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint);
int pw_grouped_load(void *state, size_t table, const struct pw_batch *batch);
int pw_grouped_loaded(void *state);

#endif
