/*
 * pw_difference - where the tables of two streams are not equal
 *
 * The changes of one stream are added, those of the other subtracted. As long as
 * the tables are equal nothing is left at the end of a commit: what is held is
 * those rows of the commit in hand that one stream has brought and the other has
 * not.
 *
 * Columns go by name: their order does not count, nor which of them may be
 * null, are keys, or what the streams claim of themselves.
 *
 * Use:      init with both schemas (lent); begin per batch, add per piece of it;
 *           where a commit is complete count says how many rows differ, and
 *           sort lists them.
 * Fails:    init: PW_USAGE, columns differ. add: as pw_diff_exceeds.
 * Memory:   the rows that differ.
 */
#ifndef PW_OP_DIFFERENCE_H
#define PW_OP_DIFFERENCE_H

#include "../data/roworder.h"
#include "../state/arrangement.h"

PW_C_BEGIN

struct pw_difference {
	struct pw_roworder order;   /* of the first stream's rows */
	int *columns[2];            /* of each stream: its columns in the order of the first's */
	struct pw_arrangement rows; /* records are pw_diff, never 0: copies more in the first */
	struct pw_rowkeys keys[2];  /* of the batch in hand of each */
	uint32_t *slots;
	size_t capacity;
};

/* names: what messages call the streams. */
int pw_difference_init(struct pw_difference *d, const struct pw_schema *a,
		       const struct pw_schema *b, const char *const *names);
void pw_difference_release(struct pw_difference *d);

/* Rows of the batch will be added. side: 0 or 1. */
void pw_difference_begin(struct pw_difference *d, int side, const struct pw_batch *batch);
int pw_difference_add(struct pw_difference *d, int side, const struct pw_batch *batch,
		      uint32_t from, uint32_t count);

/* How many different rows are there more often on one side than on the other. */
static inline uint32_t pw_difference_count(const struct pw_difference *d)
{
	return d->rows.live;
}

/* The slots of those rows, in the order of the rows; count of them. Lent until the next add. */
const uint32_t *pw_difference_sort(struct pw_difference *d);

/* How many copies more the first stream has of the row; the row as people read it. */
pw_diff pw_difference_row(const struct pw_difference *d, uint32_t slot, struct pw_bytes *text);

/* Forgets all rows. */
void pw_difference_clear(struct pw_difference *d);

size_t pw_difference_bytes(const struct pw_difference *d);

PW_C_END

#endif
