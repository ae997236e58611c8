/*
 * pw_splitter - the rows of a stream, commit by commit
 *
 * A batch may have rows of several commits, and a commit rows of several
 * batches. A splitter hands on rows of one time at once, and says when a
 * commit is complete: when rows of a later time come, when the frontier has
 * passed its time, or when the stream has finished.
 *
 * Use:      struct pw_splitter s = {0}; batch (or runs, where a batch is taken
 *           in several goes) and frontier as they come; finish if the stream
 *           has finished. Each call is given the user's two functions, and
 *           `of`, which is their first argument.
 * Promises: rows are handed on between the commit of an earlier time and their
 *           own; s->time is their time, and still is when commit is called.
 * Fails:    as those functions do.
 */
#ifndef PW_DATA_SPLITTER_H
#define PW_DATA_SPLITTER_H

#include "batch.h"

PW_C_BEGIN

struct pw_splitter {
	bool open;    /* rows of time have come, and their commit is not complete yet */
	pw_time time; /* of the commit in hand, or the last */
};

/* Both return 0 or -1. */
struct pw_splitter_user {
	/* Rows [from, from + count) of a batch, all of s->time. */
	int (*rows)(void *of, const struct pw_batch *batch, uint32_t from, uint32_t count);
	int (*commit)(void *of);
};

int pw_splitter_batch(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
		      const struct pw_batch *batch);

/* Runs [run, run + run_count) of a batch, the first of which begins at row from. */
int pw_splitter_runs(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
		     const struct pw_batch *batch, uint32_t run, uint32_t run_count, uint32_t from);

/* Times below the frontier are complete. */
int pw_splitter_frontier(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
			 pw_time frontier);

/* All times are complete: the stream has finished. */
int pw_splitter_finish(struct pw_splitter *s, const struct pw_splitter_user *user, void *of);

PW_C_END

#endif
