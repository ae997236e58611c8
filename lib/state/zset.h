/*
 * pw_zset - a table held as the sum of its changes
 *
 * Changes are added as they come; a commit is closed when it is complete. Only
 * then do they count: a row with less than 0 copies is bad data, one whose
 * copies came to 0 is dropped. What an open commit has brought is never seen.
 *
 * Use:      init with an order (lent); per batch encode, per commit in it add;
 *           close when the commit is complete; walk the slots of z->rows.
 * Promises: z->touched lists the rows of the commit in hand, each once, in
 *           order of first appearance.
 * Invariants:
 *           1. A live row that is not touched has copies above 0 and none
 *              pending; a touched one may have 0.
 *           2. touched lists the touched rows, each once.
 *           3. Between commits no row is touched.
 * Fails:    "the copies of a row exceed 64 bits"; close: "time 4: the row
 *           (a 1, b 'x') has -1 copies" (PW_DATA).
 */
#ifndef PW_STATE_ZSET_H
#define PW_STATE_ZSET_H

#include "../data/roworder.h"
#include "arrangement.h"

PW_C_BEGIN

struct pw_zset_row {
	pw_diff copies;  /* as of the last commit closed */
	pw_diff pending; /* what the open commit adds */
	bool touched;    /* is it in z->touched? */
};

struct pw_zset {
	const struct pw_roworder *order;
	struct pw_arrangement rows; /* records are struct pw_zset_row */
	struct pw_rowkeys keys;     /* of the batch in hand */
	uint32_t *touched;
	size_t touched_count, touched_capacity;
	uint32_t *slots;
	size_t slot_capacity;
};

void pw_zset_init(struct pw_zset *z, const struct pw_roworder *order);
void pw_zset_release(struct pw_zset *z);

void pw_zset_encode(struct pw_zset *z, const struct pw_batch *batch);

/* Rows [from, from + count) of the batch last encoded, all of the open commit. */
int pw_zset_add(struct pw_zset *z, const struct pw_batch *batch, uint32_t from, uint32_t count);

/* The commit of this time is complete, and the table holds it. */
int pw_zset_close(struct pw_zset *z, pw_time time);

/* Forgets all rows: the changes of the commit have been written, the table is not held. */
void pw_zset_forget(struct pw_zset *z);

static inline struct pw_zset_row *pw_zset_row(const struct pw_zset *z, uint32_t slot)
{
	return (struct pw_zset_row *)pw_arrangement_record(&z->rows, slot);
}

size_t pw_zset_bytes(const struct pw_zset *z);

PW_C_END

#endif
