/*
 * pw_calendar - rows in the order of their times, of which the earliest are taken
 *
 * A row is its key in a roworder whose first column is the time. Rows have
 * copies; the earliest row is found, and taken, in logarithmic time.
 *
 * Use:      init with an order (lent); add with diffs below 0 to take away;
 *           copies and first look; tidy at the end of a commit.
 * Promises: the memory of rows that are gone goes back to the system in tidy, as
 *           soon as it is more than what the rows that are there take.
 * State:    a table of the kind sum: changed, save, saved, load and loaded are the
 *           parts of a checkpointer's functions that concern it.
 * Invariant: 1. Between calls every row has copies above 0.
 * Memory:   32 to 48 bytes and its key per different row.
 * Fails:    add: a row would have more than 2^62 copies (PW_DATA).
 */
#ifndef PW_STATE_CALENDAR_H
#define PW_STATE_CALENDAR_H

#include "../data/roworder.h"
#include "delta.h"
#include "multiset.h"

PW_C_BEGIN

struct pw_calendar {
	const struct pw_roworder *order;
	struct pw_multisets sets;
	struct pw_multiset rows;
	size_t used; /* about the bytes that the rows there are take of the pool */
	struct pw_delta delta;
	struct pw_builder changes; /* that delta is to note */
	struct pw_rowkeys keys;    /* of a batch that is loaded */
};

void pw_calendar_init(struct pw_calendar *c, const struct pw_roworder *order);
void pw_calendar_release(struct pw_calendar *c);

/* diff may be below 0, but takes no more copies than there are. 0, or fails. */
int pw_calendar_add(struct pw_calendar *c, struct pw_slice key, pw_diff diff);

int64_t pw_calendar_copies(const struct pw_calendar *c, struct pw_slice key);

/* The earliest row, lent until the next change; false: there is none. */
bool pw_calendar_first(const struct pw_calendar *c, struct pw_slice *key, int64_t *copies);

/* A commit is over: what has changed is noted for the next checkpoint. */
void pw_calendar_tidy(struct pw_calendar *c);

static inline uint64_t pw_calendar_rows(const struct pw_calendar *c)
{
	return c->rows.values;
}

size_t pw_calendar_bytes(const struct pw_calendar *c);

/* ---- checkpoints ---- */

static inline enum pw_checkpointer_change pw_calendar_changed(const struct pw_calendar *c)
{
	return pw_delta_changed(&c->delta);
}

int pw_calendar_save(const struct pw_calendar *c, bool full,
		     struct pw_checkpointer_writer *checkpoint, size_t table);

static inline void pw_calendar_saved(struct pw_calendar *c)
{
	pw_delta_clear(&c->delta);
}

int pw_calendar_load(struct pw_calendar *c, const struct pw_batch *batch);
int pw_calendar_loaded(struct pw_calendar *c);

PW_C_END

#endif
