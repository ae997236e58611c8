/*
 * pw_mode - what the modes share
 */
#ifndef PW_WRITE_MODE_INTERNAL_H
#define PW_WRITE_MODE_INTERNAL_H

#include "mode.h"

/* ---- the way to the destination ---- */

int pw_mode_open_dest(struct pw_mode *s);
int pw_mode_open_writer(struct pw_mode *s);

/* The columns of the terminal that the rows go to; 0: they go to none. */
size_t pw_mode_screen_width(const struct pw_mode *s);

/* A row, encoded in s->order, goes to s->rows, and in blocks to the writer. */
int pw_mode_row(struct pw_mode *s, struct pw_slice key, pw_time time, pw_diff diff);
int pw_mode_batch(struct pw_mode *s, const struct pw_batch *batch);

/* Hands the rows of s->rows to the writer; drain_all also empties the writer into the destination. */
int pw_mode_drain(struct pw_mode *s);
int pw_mode_drain_all(struct pw_mode *s);

/* Everything has been written: the writer is closed, and the destination finished. */
int pw_mode_close_writer(struct pw_mode *s);

/* all: as pw_dest_finish has it. */
int pw_mode_finish_dest(struct pw_mode *s, bool all);

/*
 * ---- mode_commits.c: bytes wait until their commit is complete ----
 *
 * What the writer writes waits, in memory or in an unnamed file. When the
 * frontier has passed, it goes to the destination, between begin and sync.
 */

void pw_mode_commits_open(struct pw_mode *s);

/* Has the type of pw_writer_fn; mode is a struct pw_mode. */
int pw_mode_commits_write(void *mode, const void *data, size_t n);

/* In place of the kind's batch; after the kind's frontier; as the last of the kind's end. */
int pw_mode_commits_batch(struct pw_mode *s, const struct pw_batch *batch);
int pw_mode_commits_frontier(struct pw_mode *s, pw_time frontier);
int pw_mode_commits_end(struct pw_mode *s);

/*
 * ---- mode_record.c: a sink of a pipeline with state, and its record ----
 *
 * At each time C of the grid that DURABLE has reached, when everything below C
 * is in the destination, and synced there, the sink records C; where nothing
 * was written it does so once a minute. At the end it records that it is
 * complete, if everything that was sent is durable.
 */

/* Checks that the mode may go on in this destination, and loads the record, or makes the first. */
int pw_mode_record_open(struct pw_mode *s);

/* The destination has been opened with what the record says. */
void pw_mode_record_resume(struct pw_mode *s);

/*
 * The rows of a batch that are not in the destination yet; NULL: all of them
 * are. Lent until the next call.
 */
const struct pw_batch *pw_mode_record_news(struct pw_mode *s, const struct pw_batch *batch);

/* The destination has begun to hold something of this pipeline: the first time, that is recorded. */
int pw_mode_record_begun(struct pw_mode *s);

int pw_mode_record_frontier(struct pw_mode *s, pw_time frontier);
int pw_mode_record_durable(struct pw_mode *s, pw_time time);
int pw_mode_record_end(struct pw_mode *s);

/* The greatest time that a run has passed so far, this one or an earlier one; 0: unknown. */
pw_time pw_mode_record_reached(const struct pw_mode *s);

#endif
