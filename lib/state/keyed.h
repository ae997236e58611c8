/*
 * pw_keyed - a row per key, on one side or on two, and what a commit changes
 *
 * A row is two encodings (pw_rowkey): its key, and its rest, which is all
 * other columns of its side in an order of the caller's. A key is there while
 * a side has a row of it.
 *
 * Use:      init; encode batches or split rows; get a key's slot from
 *           pw_arrangement_put on k->keys; put the row that the open commit
 *           gives the key, or take its row away; when the commit is complete,
 *           sort; for each of k->sorted look at what the key had before and has
 *           now; apply.
 *           If the state is saved: register the checkpointer, and set dirty.on.
 * Promises: a key that the commit names is in k->sorted once, by key.
 * Invariants:
 *           1. Between commits nothing is touched.
 *           2. When a checkpoint is saved every live slot has a row on a side.
 *              (Before that a slot may be there for rows of the batch in hand.)
 * Memory:   per row its rest and 4 bytes, rounded up to 8; per key the memory of
 *           an arrangement with records of 16 bytes (two sides: 32).
 */
#ifndef PW_STATE_KEYED_H
#define PW_STATE_KEYED_H

#include "dirty.h"
#include "pool.h"

PW_C_BEGIN

#define PW_KEYED_SIDES 2

struct pw_keyed_side {
	const struct pw_schema *schema;
	const int *list; /* columns: those of the key, then those of the rest */
	size_t count;
	struct pw_schema
		saved; /* of checkpoints: the same columns; those of the rest may be null */
};

struct pw_keyed_record {
	size_t touched;        /* its place in k->touched + 1, or 0 */
	struct pw_blob *now[]; /* per side; NULL: no row */
};

struct pw_keyed_touched {
	uint32_t slot;
	struct pw_blob *before[PW_KEYED_SIDES]; /* what it had before the open commit */
};

struct pw_keyed {
	int side_count;
	size_t key_count;
	struct pw_keyed_side sides[PW_KEYED_SIDES];
	struct pw_arrangement keys; /* records are struct pw_keyed_record */
	struct pw_pool pool;
	struct pw_keyed_touched *touched;
	size_t touched_count, touched_capacity;
	uint32_t *sorted; /* after sort: the slots touched, touched_count of them */
	size_t sorted_capacity;
	struct pw_dirty dirty;
	struct pw_checkpointer_table tables[PW_KEYED_SIDES];

	/* of the batch that is loaded */
	struct pw_rowkeys load_keys, load_rests;
};

/* init, then add_side for each side, come before all other calls. schema and list are lent. */
void pw_keyed_init(struct pw_keyed *k, size_t key_count);
void pw_keyed_add_side(struct pw_keyed *k, const char *name, const struct pw_schema *schema,
		       const int *list, size_t count);
void pw_keyed_release(struct pw_keyed *k);

/* ---- rows as encodings ---- */

void pw_keyed_encode(const struct pw_keyed *k, int side, const struct pw_batch *batch,
		     struct pw_rowkeys *keys, struct pw_rowkeys *rests);

/* The two parts of a row that was encoded in whole, in the order of the list. */
void pw_keyed_split(const struct pw_keyed *k, int side, struct pw_slice row, struct pw_slice *key,
		    struct pw_slice *rest);

/* Append the values to the vectors of the list's columns. */
void pw_keyed_decode_key(const struct pw_keyed *k, int side, struct pw_slice key,
			 struct pw_vector *vectors);
void pw_keyed_decode_rest(const struct pw_keyed *k, int side, struct pw_slice rest,
			  struct pw_vector *vectors);

/* ---- the open commit ---- */

static inline struct pw_keyed_record *pw_keyed_record(const struct pw_keyed *k, uint32_t slot)
{
	return (struct pw_keyed_record *)pw_arrangement_record(&k->keys, slot);
}

/* The row that the key has now, without its key; NULL: none. */
static inline const struct pw_blob *pw_keyed_now(const struct pw_keyed *k, uint32_t slot, int side)
{
	return pw_keyed_record(k, slot)->now[side];
}

/* The rows that a touched key had before the open commit, per side. */
static inline struct pw_blob *const *pw_keyed_before(const struct pw_keyed *k, uint32_t slot)
{
	return k->touched[pw_keyed_record(k, slot)->touched - 1].before;
}

void pw_keyed_put(struct pw_keyed *k, uint32_t slot, int side, struct pw_slice rest); /* copied */
void pw_keyed_take(struct pw_keyed *k, uint32_t slot, int side);

void pw_keyed_sort(struct pw_keyed *k);
void pw_keyed_apply(struct pw_keyed *k);

size_t pw_keyed_bytes(const struct pw_keyed *k);

/* A keyed table for each side, in the order in which they were added. k outlives it. */
struct pw_checkpointer pw_keyed_checkpointer(struct pw_keyed *k);

PW_C_END

#endif
