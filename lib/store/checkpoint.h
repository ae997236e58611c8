/*
 * pw_checkpoint - what a stage remembers, as files
 *
 * DIR/STAGE/checkpoint-TIME.pws is a saved stream: full, the whole state below TIME,
 * or what has changed since the checkpoint before, which its head names. The state
 * at a time is the newest full checkpoint at or below it, and the others behind it
 * up to that time, in order.
 *
 * Use:      open: finds the checkpoints that make up the state at R, deletes those
 *           above R and those that no restart can need; load each, 0 to
 *           count - 1. Then for a new one pw_checkpoint_begin, _batch, _finish, in
 *           this process or in a forked child; in the process that goes on
 *           pw_checkpoints_begun when its content is fixed, and pw_checkpoints_written when
 *           it is there; now and then pw_checkpoints_trim. Several may be under way;
 *           they get their names in their order.
 * Promises: a checkpoint that has its name is whole and durable. A checkpoint that is
 *           missing or damaged is found before its rows are handed out, but
 *           for what a later frame of it shows; then load fails behind them.
 * Fails:    "PATH: frame N: ..." (PW_STATE), or PW_SYSTEM.
 */
#ifndef PW_STORE_CHECKPOINT_H
#define PW_STORE_CHECKPOINT_H

#include "../wire/output.h"
#include "store.h"

PW_C_BEGIN

struct pw_checkpoint {
	pw_time time;
	uint64_t bytes; /* 0: begun, not yet there */
	uint64_t rows;  /* as its writer said: to make room; 0 in what was written in this run */
	bool full;
};

struct pw_checkpoints {
	const struct pw_store *store;   /* lent */
	const struct pw_schema *schema; /* of all checkpoints; lent */
	const struct pw_stage *stage;   /* who remembers; lent */
	struct pw_checkpoint *items;
	size_t count, capacity;
};

/* 0 or -1. A folder that is not there has no checkpoints. A checkpoint of another schema, or with other options: PW_STATE. */
int pw_checkpoints_open(struct pw_checkpoints *c, const struct pw_store *s,
			const struct pw_stage *stage, const struct pw_schema *schema);
void pw_checkpoints_close(struct pw_checkpoints *c);

/* Hands the batches of a checkpoint to take; 0 or -1. */
int pw_checkpoints_load(const struct pw_checkpoints *c, size_t i,
			int (*take)(void *to, const struct pw_batch *batch), void *to);

/* Should the next checkpoint be full? None is there, or the changes since are more than it was. */
bool pw_checkpoints_want_full(const struct pw_checkpoints *c);

/* A checkpoint is under way, or there: the next one follows it. */
void pw_checkpoints_begun(struct pw_checkpoints *c, pw_time time, bool full);

/* Of the checkpoints under way the first is there. 0 or -1 */
int pw_checkpoints_written(struct pw_checkpoints *c);

/* Deletes what the state at or above `least` does not need. 0 or -1 */
int pw_checkpoints_trim(struct pw_checkpoints *c, pw_time least);

struct pw_checkpoint_writer {
	const struct pw_checkpoints *checkpoints;
	pw_time time;
	char *path, *beside;
	int fd;
	uint64_t written, behind; /* on the disk below this; on its way below this */
	struct pw_output output;
};

/* time is above that of the last checkpoint; rows: about how many it will have. finish: synced, renamed, the directory synced. */
int pw_checkpoint_begin(struct pw_checkpoint_writer *w, const struct pw_checkpoints *c,
			pw_time time, bool full, uint64_t rows);
int pw_checkpoint_batch(struct pw_checkpoint_writer *w, const struct pw_batch *batch);
int pw_checkpoint_finish(struct pw_checkpoint_writer *w);
void pw_checkpoint_drop(struct pw_checkpoint_writer *w); /* gives up; nothing is left of it */

/* The newest checkpoint at or below a time in a stage's folder: 1; 0: none; -1 */
int pw_checkpoint_peek(const char *folder, pw_time at, pw_time *time);

/* Is every frame of it as it was written? 0 or -1 (pw-state --verify) */
int pw_checkpoint_verify(const char *path);

PW_C_END

#endif
