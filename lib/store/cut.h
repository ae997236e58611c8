/*
 * pw_cut - what a stage remembers, as files
 *
 * DIR/STAGE/cut-TIME.pws is a saved stream: full, the whole state below TIME,
 * or what has changed since the cut before, which its head names. The state
 * at a time is the newest full cut at or below it, and the others behind it
 * up to that time, in order.
 *
 * Use:      open: finds the cuts that make up the state at R, deletes those
 *           above R and those that no restart can need; load each, 0 to
 *           count - 1. Then for a new one pw_cut_begin, _batch, _finish, in
 *           this process or in a forked child; in the process that goes on
 *           pw_cuts_begun when its content is fixed, and pw_cuts_written when
 *           it is there; now and then pw_cuts_trim. Several may be under way;
 *           they get their names in their order.
 * Promises: a cut that has its name is whole and durable. A cut that is
 *           missing or damaged is found before its rows are handed out, but
 *           for what a later frame of it shows; then load fails behind them.
 * Fails:    "PATH: frame N: ..." (PW_STATE), or PW_SYSTEM.
 */
#ifndef PW_STORE_CUT_H
#define PW_STORE_CUT_H

#include "../wire/output.h"
#include "store.h"

struct pw_cut {
	pw_time time;
	uint64_t bytes; /* 0: begun, not yet there */
	uint64_t rows; /* as its writer said: to make room; 0 in what was written in this run */
	bool full;
};

struct pw_cuts {
	const struct pw_store *store; /* lent */
	const struct pw_schema *schema; /* of all cuts; lent */
	const struct pw_stage *stage;   /* who remembers; lent */
	struct pw_cut *items;
	size_t count, capacity;
};

/* 0 or -1. A folder that is not there has no cuts. A cut of another schema, or with other options: PW_STATE. */
int pw_cuts_open(struct pw_cuts *c, const struct pw_store *s, const struct pw_stage *stage,
		 const struct pw_schema *schema);
void pw_cuts_close(struct pw_cuts *c);

/* Hands the batches of a cut to take; 0 or -1. */
int pw_cuts_load(const struct pw_cuts *c, size_t i,
		 int (*take)(void *to, const struct pw_batch *batch), void *to);

/* Should the next cut be full? None is there, or the changes since are more than it was. */
bool pw_cuts_want_full(const struct pw_cuts *c);

/* A cut is under way, or there: the next one follows it. */
void pw_cuts_begun(struct pw_cuts *c, pw_time time, bool full);

/* Of the cuts under way the first is there. 0 or -1 */
int pw_cuts_written(struct pw_cuts *c);

/* Deletes what the state at or above `least` does not need. 0 or -1 */
int pw_cuts_trim(struct pw_cuts *c, pw_time least);

struct pw_cut_writer {
	const struct pw_cuts *cuts;
	pw_time time;
	char *path, *beside;
	int fd;
	uint64_t written, behind; /* on the disk below this; on its way below this */
	struct pw_output output;
};

/* time is above that of the last cut; rows: about how many it will have. finish: synced, renamed, the directory synced. */
int pw_cut_begin(struct pw_cut_writer *w, const struct pw_cuts *c, pw_time time, bool full,
		 uint64_t rows);
int pw_cut_batch(struct pw_cut_writer *w, const struct pw_batch *batch);
int pw_cut_finish(struct pw_cut_writer *w);
void pw_cut_drop(struct pw_cut_writer *w); /* gives up; nothing is left of it */

/* The newest cut at or below a time in a stage's folder: 1; 0: none; -1 */
int pw_cut_peek(const char *folder, pw_time at, pw_time *time);

/* Is every frame of it as it was written? 0 or -1 (pw-state --verify) */
int pw_cut_verify(const char *path);

#endif
