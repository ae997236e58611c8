/*
 * pw_checkpoint - what a stage remembers, as files
 *
 * DIR/STAGE/checkpoint-TIME.pws is a saved stream: full, with the whole state
 * below TIME; or a delta, with what has changed since an earlier checkpoint,
 * which its head names. The state at a time is the newest full checkpoint at or
 * below that time, and the deltas after it up to that time, in order.
 *
 * Use:      open finds the checkpoints that make up the state at R, and deletes
 *           those above R and those that no restart can need; load each, 0 to
 *           count - 1. A new one is written by pw_checkpoint_begin, _batch and
 *           _finish, in this process or in a forked child; the process that
 *           goes on calls pw_checkpoints_begun when the content is fixed, and
 *           pw_checkpoints_written when the file is there; now and then
 *           pw_checkpoints_trim. Several may be under way; they get their names
 *           in their order.
 * Promises: a checkpoint that has its name is whole and durable. Load notices
 *           a missing or damaged checkpoint before it hands out rows, except
 *           for damage in a later frame: then it fails after those rows.
 * Fails:    "PATH: frame N: ..." (PW_STATE), or PW_SYSTEM.
 */
#ifndef PW_STORE_CHECKPOINT_H
#define PW_STORE_CHECKPOINT_H

#include "../wire/output.h"
#include "store.h"

PW_C_BEGIN

struct pw_checkpoint {
	pw_time time;
	uint64_t bytes; /* 0: it is under way */
	uint64_t rows;  /* about how many, as its head says; 0 if it was written in this run */
	bool full;
};

struct pw_checkpoints {
	const struct pw_store *store;   /* lent */
	const struct pw_schema *schema; /* of all checkpoints; lent */
	const struct pw_stage *stage;   /* the stage that remembers; lent */
	struct pw_checkpoint *items;
	size_t count, capacity;
};

/*
 * 0 or -1. A folder that is not there has no checkpoints. A checkpoint of another
 * schema, or of a pipeline with other options: PW_STATE.
 */
int pw_checkpoints_open(struct pw_checkpoints *c, const struct pw_store *s,
			const struct pw_stage *stage, const struct pw_schema *schema);
void pw_checkpoints_close(struct pw_checkpoints *c);

/* Hands the batches of a checkpoint to take; 0 or -1. */
int pw_checkpoints_load(const struct pw_checkpoints *c, size_t i,
			int (*take)(void *to, const struct pw_batch *batch), void *to);

/* Should the next checkpoint be full? Yes, if none is there, or if deltas take more than the full one. */
bool pw_checkpoints_want_full(const struct pw_checkpoints *c);

/* A checkpoint has been begun, so that the next delta follows it. */
void pw_checkpoints_begun(struct pw_checkpoints *c, pw_time time, bool full);

/* The first of the checkpoints under way is there now. 0 or -1 */
int pw_checkpoints_written(struct pw_checkpoints *c);

/* Deletes the checkpoints that no state at or above `least` needs. 0 or -1 */
int pw_checkpoints_trim(struct pw_checkpoints *c, pw_time least);

struct pw_checkpoint_writer {
	const struct pw_checkpoints *checkpoints;
	pw_time time;
	char *path, *beside;
	int fd;
	uint64_t written; /* bytes that are on the disk */
	uint64_t sent;    /* bytes that are, or are on their way there */
	struct pw_output output;
};

/*
 * time is above that of the last checkpoint; rows: about how many it will have.
 * finish syncs the file, renames it, and syncs the directory.
 */
int pw_checkpoint_begin(struct pw_checkpoint_writer *w, const struct pw_checkpoints *c,
			pw_time time, bool full, uint64_t rows);
int pw_checkpoint_batch(struct pw_checkpoint_writer *w, const struct pw_batch *batch);
int pw_checkpoint_finish(struct pw_checkpoint_writer *w);
void pw_checkpoint_drop(struct pw_checkpoint_writer *w); /* gives up: nothing of the file is left */

/* The newest checkpoint at or below a time in a stage's folder: 1; 0: none; -1 */
int pw_checkpoint_peek(const char *folder, pw_time at, pw_time *time);

/* Is every frame of it as it was written? 0 or -1 (pw-state --verify) */
int pw_checkpoint_verify(const char *path);

PW_C_END

#endif
