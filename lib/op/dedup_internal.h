/*
 * pw_dedup in two pieces - the rows that keys show (dedup.c), and the rows of
 * a commit that are offered to --accept (dedup_accept.c)
 *
 * A row is a key (pw_rowkey): the columns of -k, then the rest, which begins
 * with the column of -o, so that rests compare as the rows are offered.
 *
 * A key for which the commit has rows is contested: the rows are tried in
 * turn against the row that holds the key by now. Each trial of a row is a
 * pair of values, and the pairs of many keys are evaluated at once.
 */
#ifndef PW_OP_DEDUP_INTERNAL_H
#define PW_OP_DEDUP_INTERNAL_H

#include "../data/roworder.h"
#include "../expr/expr.h"
#include "../state/keyed.h"
#include "../state/zset.h"
#include "dedup.h"

/* A key and the rows that it is offered: those at .. end of d->offered are left. */
struct pw_dedup_contest {
	uint32_t slot;          /* of the key */
	struct pw_slice holder; /* the rest of the row that holds the key by now */
	bool changed;
	uint32_t at, end;
	uint32_t step;  /* how many rows to try at once: more while none is accepted */
	uint32_t trial; /* the first of its pairs, which are step or all that are left */
};

struct pw_dedup {
	struct pw_op op;
	struct pw_dedup_wish wish;
	struct pw_roworder order;
	size_t key_count;
	bool simple; /* only adds, all accepted: the last row of each key is enough */

	struct pw_keyed shown; /* what each key shows */

	struct pw_rowkeys row_keys, row_rests; /* simple: of the batch in hand */
	uint32_t slots[PW_ROWS_MAX], rows[PW_ROWS_MAX];

	struct pw_zset commit; /* not simple: the changes of the open commit */
	uint32_t *offered;     /* the rows of the commit, as slots in commit.rows, in order */
	size_t offered_capacity;

	/* with a condition */
	struct pw_dedup_contest *contests;
	size_t contest_count, contest_capacity;
	struct pw_schema pair_schema; /* new, old */
	struct pw_expr accept;
	struct pw_builder pairs;
	struct pw_builder rejected; /* one row, on its way to the host's reject */

	struct pw_builder sound; /* the batch in hand, without nulls in the column of -o */
	struct pw_builder out;
};

/* The rest of the row that is offered as number i. */
static inline struct pw_slice pw_dedup_rest(const struct pw_dedup *d, uint32_t i)
{
	struct pw_slice key, rest;

	pw_keyed_split(&d->shown, 0, pw_arrangement_key(&d->commit.rows, d->offered[i]), &key,
		       &rest);
	return rest;
}

/* type: of the column of -o. */
void pw_dedup_bind_accept(struct pw_dedup *d, struct pw_type type);

/* Rows from .. end of d->offered are those of the key in the slot: the key is contested. */
void pw_dedup_contend(struct pw_dedup *d, uint32_t slot, uint32_t from, uint32_t end);

/* Decides all contests there are: a key whose holder has changed is given its row. */
void pw_dedup_decide(struct pw_dedup *d);

void pw_dedup_release_accept(struct pw_dedup *d);

#endif
