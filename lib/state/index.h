/*
 * pw_index - the rows of two tables by the key that joins them
 *
 * Per key a bag of rows for each side: different rows with their copies, in
 * the order in which they first came. Changes are put in as they come and
 * count when their commit is closed, key by key; until then a row knows both
 * what it was and what it is to be.
 *
 * Use:      init; slots for the keys of a batch (pw_arrangement_put_all on
 *           ix->keys); pw_index_put per change; when the commit is complete,
 *           sort; for each of ix->touched look at its changes and rows, then
 *           settle it; pw_index_closed.
 * Promises: a change costs the same however many rows its key has; of a side
 *           that only grows equal rows are not looked for and may be there
 *           more than once. No order depends on a hash.
 * Invariants, between commits (of many see index.c):
 *           1. Every row has copies above 0 and no change.
 *           2. Every key has rows, and no change pending.
 *           3. ix->touched and ix->changes are empty.
 * Memory:   a row takes 16 bytes and its own, rounded up to 8; of a key with
 *           more rows than one 8 to 12 bytes more, and 11 to 32 again where
 *           they are more than 8 and looked for; a key what it takes in an arrangement with
 *           a record of 32 bytes.
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
	pw_diff copies; /* as of the last commit closed */
	uint32_t length;
	uint32_t change; /* the open commit's, plus 1; 0: none */
	char data[];     /* the row but for its key, encoded */
};

struct pw_change {
	struct pw_row *row;
	pw_diff diff;
	uint32_t next; /* change of the same key and side, plus 1; the last leads to the first */
};

struct pw_index_key {
	void *bags[2];       /* NULL, a row, or (lowest bit set) many */
	uint32_t pending[2]; /* the last change, plus 1; 0: none */
	bool lonely;         /* the caller's: matches nothing */
};

struct pw_index {
	bool grows[2];
	struct pw_arrangement keys; /* records are struct pw_index_key */
	struct pw_pool pool;
	struct pw_change *changes;
	size_t change_count, change_capacity;
	uint32_t *touched; /* keys that the open commit changes */
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
 * To be called for each key touched, by its place in ix->touched, in turn:
 * has memory brought up for keys that come soon, so that walks in the order
 * of keys, which is none in memory, need not wait for each.
 */
void pw_index_soon(const struct pw_index *ix, size_t at);

/* The key's rows, some of which may be NULL: how many places. */
uint32_t pw_index_rows(struct pw_index_key *key, int side, struct pw_row *const **rows);

/* Had the key rows of the side before the open commit, and will it have some? */
bool pw_index_had(const struct pw_index_key *key, int side);
bool pw_index_has(const struct pw_index *ix, const struct pw_index_key *key, int side);

/* The first change of a key's side, or NULL; the one behind it, NULL behind the last. */
const struct pw_change *pw_index_first(const struct pw_index *ix, const struct pw_index_key *key,
				       int side);
const struct pw_change *pw_index_next(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, const struct pw_change *change);

/* What the row's copies are to be. */
static inline pw_diff pw_index_copies(const struct pw_index *ix, const struct pw_row *row)
{
	return row->copies + (row->change ? ix->changes[row->change - 1].diff : 0);
}

/*
 * The first row that would have less than 0 copies, or NULL, or one whose
 * copies exceed 64 bits (then *overflow). To be asked before anything is
 * made of a key's changes.
 */
const struct pw_row *pw_index_unsound(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, bool *overflow);

/* The key's changes count from now on. A key without rows is dropped. */
void pw_index_apply(struct pw_index *ix, uint32_t slot);

/* The same, but the left rows are dropped. */
void pw_index_apply_right(struct pw_index *ix, uint32_t slot);

/* All keys touched have been settled. */
void pw_index_closed(struct pw_index *ix);

size_t pw_index_bytes(const struct pw_index *ix);

PW_C_END

#endif
