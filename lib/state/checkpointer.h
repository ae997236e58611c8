/*
 * pw_checkpointer - how a state is shown as rows, saved and loaded
 *
 * A checkpointer shows a state as one table or several. A checkpoint is a
 * sequence of batches of changes: a full one has all rows, with diff 1 or more; a
 * delta has what has changed since the last checkpoint. Tables are of two kinds:
 *
 *   sum      the state is a function of the sum of the table's rows: a delta
 *            is any changes whose sum is the difference
 *   keyed    a row per key: a delta has, for each key that has changed, its new
 *            row with diff 1, or with -1 if the key is gone; never its old row
 *
 * The kind of a table is known to the checkpointer's save and load alone.
 *
 * Use:      the stage fills in a struct pw_checkpointer and hands it to
 *           pw_tool_register_state. The writer of checkpoints calls changed,
 *           then save, in a forked child or not, and saved in the process that
 *           goes on. The loader calls, for a full checkpoint and for each delta
 *           after it: expect, load per batch, loaded.
 *           A state that is made of parts, each with a checkpointer, shows the
 *           tables of all, and calls their functions: save with first_table
 *           set to where the part's tables begin, load with the number counted from there.
 * Promises: save changes nothing in the state, writes no order that depends on
 *           a hash, and needs no memory that grows with the state; rows come in
 *           batches of at most PW_BATCH_ROWS.
 *           A checkpoint is asked for only while the state has no open commit:
 *           then it holds all changes of times below the last FRONTIER, and no
 *           others.
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
	const char *name;               /* "left"; not used where there is one table */
	const struct pw_schema *schema; /* lent; its flags and keys do not count */
};

struct pw_checkpointer_writer; /* a checkpoint that is being written */

struct pw_checkpointer {
	const struct pw_checkpointer_table *tables; /* lent */
	size_t table_count;                         /* at least 1 */

	/* Says how much has changed since saved or loaded. The first checkpoint is full whatever the answer. */
	enum pw_checkpointer_change (*changed)(const void *state);

	/* About how many rows a full checkpoint has, for expect. */
	uint64_t (*rows)(const void *state);

	/* Hands all rows (full) or those of a delta to pw_checkpointer_put. */
	int (*save)(const void *state, bool full, struct pw_checkpointer_writer *checkpoint);

	/* A checkpoint has all changes so far. */
	void (*saved)(void *state);

	/* A checkpoint will be loaded; if it is full the state is empty. rows: about how many, to make room. */
	void (*expect)(void *state, bool full, uint64_t rows);
	int (*load)(void *state, size_t table, const struct pw_batch *batch);
	int (*loaded)(void *state); /* the checkpoint has been loaded in whole */
};

/*
 * The schema of checkpoints: of one table its own; of several _table str!, then the
 * columns of each table, named TABLE.COLUMN, null in rows of other tables. s is
 * empty, and the caller releases it. Fails (PW_USAGE): more columns than a stream has.
 */
int pw_checkpointer_schema(const struct pw_checkpointer *k, struct pw_schema *s);

/* ---- for the writer of checkpoints ---- */

typedef int pw_checkpointer_emit(void *to, const struct pw_batch *batch);

struct pw_checkpointer_writer {
	const struct pw_checkpointer *checkpointer;
	const struct pw_schema *schema; /* lent */
	pw_checkpointer_emit *emit;
	void *to;
	pw_time time;              /* of all rows */
	size_t first_table;        /* the table that a checkpointer calls 0; of parts of a state */
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

/* Loads a batch of a checkpoint, whatever its times. */
int pw_checkpointer_load(const struct pw_checkpointer *k, void *state,
			 const struct pw_batch *batch);

/* ---- for checkpointers ---- */

/* Adds rows of a table, whatever their times, to the checkpoint. */
int pw_checkpointer_put(struct pw_checkpointer_writer *checkpoint, size_t table,
			const struct pw_batch *batch);

/* Adds all rows of a builder, and clears it. */
int pw_checkpointer_flush(struct pw_checkpointer_writer *checkpoint, size_t table,
			  struct pw_builder *rows);

PW_C_END

#endif
