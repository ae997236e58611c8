/*
 * pw_rowlist - a list of rows, as keys, that is sorted once
 *
 * The cheap form of a table that only grows: no hashing, no counting; a row
 * that comes n times is there n times. At most 2^32 - 1 rows.
 *
 * Use:      init with an order (lent); per batch encode and add; sort; read keys.
 */
#ifndef PW_STATE_ROWLIST_H
#define PW_STATE_ROWLIST_H

#include "../base/arena.h"
#include "../data/roworder.h"

PW_C_BEGIN

struct pw_rowlist {
	const struct pw_roworder *order;
	struct pw_rowkeys keys; /* of the batch in hand */
	const char **rows;      /* to a key's length, 4 bytes, and its bytes */
	size_t count, capacity;
	uint32_t *sorted; /* after sort: the rows' numbers */
	size_t sorted_count;
	struct pw_arena bytes; /* what rows point to */
	bool unordered;        /* a row has come after a greater one */
};

void pw_rowlist_init(struct pw_rowlist *l, const struct pw_roworder *order);
void pw_rowlist_release(struct pw_rowlist *l);

/* Fails (PW_DATA) where the batch takes a row away. */
int pw_rowlist_encode(struct pw_rowlist *l, const struct pw_batch *batch);

/* Rows [from, from + count) of the batch last encoded; fails (PW_SYSTEM) on too many rows. */
int pw_rowlist_add(struct pw_rowlist *l, const struct pw_batch *batch, uint32_t from,
		   uint32_t count);

/* Sorts the first count rows (those of complete commits). */
void pw_rowlist_sort(struct pw_rowlist *l, size_t count);

/* The i-th row that came. */
struct pw_slice pw_rowlist_row(const struct pw_rowlist *l, size_t i);

/* The i-th row in order, once sorted. */
struct pw_slice pw_rowlist_at(const struct pw_rowlist *l, size_t i);

size_t pw_rowlist_bytes(const struct pw_rowlist *l);

PW_C_END

#endif
