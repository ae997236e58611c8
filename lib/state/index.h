/*
 * pw_index - the rows of two tables by the key that joins them
 *
 * Per key a bag of rows for each side: different rows with their copies, in
 * the order in which they first came. Changes are put in as they come, and are
 * applied key by key when their commit is complete; until then a row has both
 * its old copies and its change.
 *
 * Use:      init; slots for the keys of a batch (pw_arrangement_put_all on
 *           ix->keys); pw_index_put per change; when the commit is complete,
 *           sort; for each of ix->touched look at its changes and rows, then
 *           apply it; pw_index_closed.
 * Promises: a change costs the same however many rows its key has. On a side
 *           that only grows equal rows are not looked for, so that they may be
 *           there several times. No order depends on a hash.
 * Invariants, between commits (index.c has those of a key with many rows):
 *           1. Every row has copies above 0 and no change.
 *           2. Every key has rows, and no change pending.
 *           3. ix->touched and ix->changes are empty.
 * Memory:   per row 16 bytes and its own, rounded up to 8; 8 to 12 more if its
 *           key has several rows; 11 to 32 more if the key has over 8 rows on a
 *           side that does not only grow. Per key as in an arrangement with
 *           records of 32 bytes.
 * Fails:    "the copies of a row exceed 64 bits" (PW_DATA).
 */
#ifndef PW_STATE_INDEX_H
#define PW_STATE_INDEX_H

#include "../time/time.h"
#include "arrangement.h"
#include "pool.h"

PW_C_BEGIN

enum { PW_LEFT, PW_RIGHT };

struct pw_row {
	pw_diff copies; /* as of the last commit applied */
	uint32_t length;
	uint32_t change; /* its change in the open commit, plus 1; 0: none */
	char data[];     /* the row without its key, encoded */
};

struct pw_change {
	struct pw_row *row;
	pw_diff diff;
	uint32_t next; /* the next change of the key and side, plus 1; of the last, the first */
};

struct pw_index_key {
	void *bags[2];       /* NULL, a row, or (lowest bit set) many */
	uint32_t pending[2]; /* the last change, plus 1; 0: none */
	bool lonely;         /* for the caller: the key matches nothing */
};

struct pw_index {
	bool grows[2];
	struct pw_arrangement keys; /* records are struct pw_index_key */
	struct pw_pool pool;
	struct pw_change *changes;
	size_t change_count, change_capacity;
	uint32_t *touched; /* slots of the keys that the open commit changes */
	size_t touched_count, touched_capacity;
};

void pw_index_init(struct pw_index *ix, bool left_grows, bool right_grows);
void pw_index_release(struct pw_index *ix);

static inline struct pw_index_key *pw_index_key(const struct pw_index *ix, uint32_t slot)
{
	return (struct pw_index_key *)pw_arrangement_record(&ix->keys, slot);
}

int pw_index_put(struct pw_index *ix, int side, uint32_t slot, struct pw_slice row, pw_diff diff);

/* Sorts ix->touched by key. */
void pw_index_sort(struct pw_index *ix);

/*
 * Prefetches the keys after place `at` in ix->touched. A walk in the order of keys
 * calls it for each place: keys lie in memory in another order, and without it the
 * walk would wait for each key.
 */
void pw_index_soon(const struct pw_index *ix, size_t at);

/* The places of a key's rows, some of which may be NULL; returns how many. */
uint32_t pw_index_rows(struct pw_index_key *key, int side, struct pw_row *const **rows);

/* Had the key rows on the side before the open commit? Will it have some after it? */
bool pw_index_had(const struct pw_index_key *key, int side);
bool pw_index_has(const struct pw_index *ix, const struct pw_index_key *key, int side);

/* The first change on a key's side, or NULL; the next one, NULL after the last. */
const struct pw_change *pw_index_first(const struct pw_index *ix, const struct pw_index_key *key,
				       int side);
const struct pw_change *pw_index_next(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, const struct pw_change *change);

/* The row's copies after the open commit. */
static inline pw_diff pw_index_copies(const struct pw_index *ix, const struct pw_row *row)
{
	return row->copies + (row->change ? ix->changes[row->change - 1].diff : 0);
}

/*
 * The first row that would have less than 0 copies, or (then *overflow is set)
 * copies beyond 64 bits; NULL: there is none. To be asked before a key's changes
 * are used.
 */
const struct pw_row *pw_index_unsound(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, bool *overflow);

/* Applies the key's changes. A key without rows is dropped. */
void pw_index_apply(struct pw_index *ix, uint32_t slot);

/* Applies the key's right changes, and drops its left rows. */
void pw_index_apply_right(struct pw_index *ix, uint32_t slot);

/* All touched keys have been applied: the commit is over. */
void pw_index_closed(struct pw_index *ix);

size_t pw_index_bytes(const struct pw_index *ix);

PW_C_END

#endif
