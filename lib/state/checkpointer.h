/*
 * pw_checkpointer - what a stage remembers, as rows that can be saved and loaded
 *
 * A checkpointer shows a state as one table or several. A checkpoint of it is a batch of
 * changes after another: full, all rows with diff 1 or more; or a delta, what
 * has changed since the checkpoint before. Two kinds of tables:
 *
 *   sum      the state is a function of the sum of the table's rows: a delta
 *            is any changes whose sum is the difference
 *   keyed    a row per key: a delta has for each key that has changed its row
 *            with diff 1, without the row before, or with -1 if it has gone
 *
 * Which one it is, is between a checkpointer's save and its load.
 *
 * Use:      the stage fills in a struct pw_checkpointer and hands it to pw_tool_register_state.
 *           Who writes checkpoints asks changed, then calls save, in a forked child
 *           or not, and saved in the process that goes on. Who loads calls,
 *           for a full checkpoint and each delta behind it: expect, load per batch,
 *           loaded.
 * Promises: save changes nothing that it is a copy of, writes no order that
 *           depends on a hash, and needs no memory that grows with the state;
 *           rows come in batches of at most PW_BATCH_ROWS.
 *           A checkpoint is asked for only while the state has no open commit: then
 *           it holds all changes of times below the last FRONTIER, no others.
 * Fails:    save as emit does; load and loaded: PW_STATE, what is wrong with
 *           the rows: they passed a checksum, but are believed only if they
 *           could have been saved.
 */
#ifndef PW_STATE_CHECKPOINTER_H
#define PW_STATE_CHECKPOINTER_H

#include "../data/builder.h"

PW_C_BEGIN

enum pw_checkpointer_change {
	PW_CHECKPOINTER_SAME,  /* as in the last checkpoint */
	PW_CHECKPOINTER_DELTA, /* a delta will do */
	PW_CHECKPOINTER_FULL   /* what has changed is not known: only a full checkpoint will do */
};

struct pw_checkpointer_table {
	const char *name;               /* "left"; of a single table it is not used */
	const struct pw_schema *schema; /* lent; its flags and keys say nothing */
};

struct pw_checkpointer_writer; /* a checkpoint that is being written, see below */

struct pw_checkpointer {
	const struct pw_checkpointer_table *tables; /* lent */
	size_t table_count;                         /* at least 1 */

	/* Since saved or the last loaded. The first checkpoint of all is full, whatever it says. */
	enum pw_checkpointer_change (*changed)(const void *state);

	/* Rows of a full checkpoint, about; as expect is told. */
	uint64_t (*rows)(const void *state);

	/* Hands all rows to pw_checkpointer_put, or those of a delta. */
	int (*save)(const void *state, bool full, struct pw_checkpointer_writer *checkpoint);

	/* What has changed so far is in a checkpoint. */
	void (*saved)(void *state);

	/* A checkpoint follows; before a full one the state is empty. rows: of checkpointer's, to make room. */
	void (*expect)(void *state, bool full, uint64_t rows);
	int (*load)(void *state, size_t table, const struct pw_batch *batch);
	int (*loaded)(void *state); /* that was all of it */
};

/*
 * The schema of checkpoints. Of one table: its own. Of several: _table str!, then the
 * columns of each, named TABLE.COLUMN, null in rows of the others. s is empty
 * and the caller's to release. Fails (PW_USAGE): more columns than a stream has.
 */
int pw_checkpointer_schema(const struct pw_checkpointer *k, struct pw_schema *s);

/* ---- for who writes checkpoints ---- */

typedef int pw_checkpointer_emit(void *to, const struct pw_batch *batch);

struct pw_checkpointer_writer {
	const struct pw_checkpointer *checkpointer;
	const struct pw_schema *schema; /* lent */
	pw_checkpointer_emit *emit;
	void *to;
	pw_time time;              /* of all rows */
	struct pw_column *columns; /* of batches of several tables */
	struct pw_vector *nothing; /* a null per column */
};

/*
 * Saves the state: emit is called with batches of schema, as pw_checkpointer_schema
 * made it, whose rows all have the time given.
 */
int pw_checkpointer_save(const struct pw_checkpointer *k, const void *state, bool full,
			 const struct pw_schema *schema, pw_time time, pw_checkpointer_emit *emit,
			 void *to);

/* Loads a batch of a checkpoint; its times are not looked at. */
int pw_checkpointer_load(const struct pw_checkpointer *k, void *state,
			 const struct pw_batch *batch);

/* ---- for checkpointers ---- */

/* Rows of a table, on their way into the checkpoint; their times are not looked at. */
int pw_checkpointer_put(struct pw_checkpointer_writer *checkpoint, size_t table,
			const struct pw_batch *batch);

/* The same of all rows of a builder, which is cleared. */
int pw_checkpointer_flush(struct pw_checkpointer_writer *checkpoint, size_t table,
			  struct pw_builder *rows);

PW_C_END

#endif
