/*
 * pw_feed - the values that aggregates of one argument list take in
 *
 * Aggregates with equal arguments, order and filter share a feed: it applies
 * nulls and the filter once per run of rows, so that what takes from it
 * sees only rows that count, as words or as encoded keys, and it remembers
 * how many rows of each group did not count.
 *
 * Use:      fill in what it reads; per batch pw_feed_batch; per run
 *           pw_feed_take, then read n, slots, diffs, and words, ordered or
 *           pw_feed_key; release.
 * Lends:    what it has taken, until the next take.
 */
#ifndef PW_AGG_FEED_H
#define PW_AGG_FEED_H

#include "../data/rowkey.h"

PW_C_BEGIN

#define PW_FEED_COLUMNS 16

struct pw_feed {
	/* what it reads: columns of the batches it is given */
	int columns[PW_FEED_COLUMNS];
	struct pw_type types[PW_FEED_COLUMNS];
	bool descending[PW_FEED_COLUMNS];
	bool needed[PW_FEED_COLUMNS]; /* a row counts only where this is not null */
	size_t count;
	int filter; /* a bool column that must be true, or -1 */
	bool keyed; /* values are keys; else words (one column, needed) */
	bool wants_words, wants_ordered;
	bool shared_by_any; /* its columns grow with every any() */

	/* rows of each group that did not count; NULL while all did */
	pw_diff *missed;
	size_t missed_capacity;

	/* the batch in hand */
	const struct pw_batch *batch;
	bool encoded;
	struct pw_rowkeys keys;

	/* what has been taken: n rows that count */
	uint32_t n, from;
	const uint32_t *slots;
	const pw_diff *diffs;    /* NULL: all +1 */
	const uint32_t *rows;    /* their numbers in the batch; NULL: from, from + 1, ... */
	const uint64_t *words;   /* raw: ints, bits of floats, 0 and 1 of bools */
	const uint64_t *ordered; /* the same, comparing as unsigned numbers */
	pw_time time;

	uint32_t *slot_buffer, *row_buffer;
	pw_diff *diff_buffer;
	uint64_t *word_buffer, *order_buffer;
	size_t room;
};

/* Can values of the type be fed as words? */
bool pw_feed_fits_word(struct pw_type type);

void pw_feed_batch(struct pw_feed *f, const struct pw_batch *batch);

/* Takes rows from .. from + count of the batch, of one time; slots and diffs are theirs. */
void pw_feed_take(struct pw_feed *f, uint32_t from, uint32_t count, const uint32_t *slots,
		  const pw_diff *diffs, pw_time time);

static inline struct pw_slice pw_feed_key(const struct pw_feed *f, uint32_t i)
{
	return pw_rowkeys_at(&f->keys, f->rows ? f->rows[i] : f->from + i);
}

static inline pw_diff pw_feed_diff(const struct pw_feed *f, uint32_t i)
{
	return f->diffs ? f->diffs[i] : 1;
}

static inline pw_diff pw_feed_missed(const struct pw_feed *f, uint32_t slot)
{
	return slot < f->missed_capacity ? f->missed[slot] : 0;
}

/* Sets how many rows of a group did not count: for groups that end, or are loaded. */
void pw_feed_set_missed(struct pw_feed *f, uint32_t slot, pw_diff missed);

void pw_feed_release(struct pw_feed *f);

/* The word of an ordered word: an unsigned number that sorts as the value does. */
uint64_t pw_feed_unorder(struct pw_type type, uint64_t ordered);

PW_C_END

#endif
