/*
 * pw_match - a join one of whose inputs is built first, and then only looked up
 *
 * One input is one commit and only adds. It is taken in, by key, while the other
 * input waits; then rows of the other input are matched with it as they come, in
 * their order, and not stored. If rows of the side built go out although nothing
 * has matched them, they go out at the end, and both sides must be one commit.
 *
 * With a reach, of an interval join, a row matches those rows of its key alone
 * whose times it reaches. A null time reaches nothing.
 *
 * Use:      fill in what it is told; open; take batches, all of the side that
 *           is built before any of the other; end, if both inputs have
 *           finished; release.
 * Memory:   as pw_lookup; of the other side a batch; of pairs PW_BATCH_ROWS.
 */
#ifndef PW_OP_MATCH_INTERNAL_H
#define PW_OP_MATCH_INTERNAL_H

#include "../data/gather.h"
#include "../state/timeline.h"
#include "joined_internal.h"

/* The rows that a row matches: line.ids[from] to line.ids[to - 1]. */
struct pw_match_near {
	uint32_t from, to;
};

struct pw_match {
	/* told */
	struct pw_op *op;
	struct pw_joined *joined;
	int build;      /* the side that is built: 0 left, 1 right */
	bool lonely[2]; /* rows of the side that have no match go out */
	bool pairs;     /* pairs go out; else rows of the other side */
	bool matched; /* without pairs: rows that have a match go out; else those that have none */
	bool null_equal;              /* null keys match */
	const struct pw_reach *reach; /* NULL: times don't count */
	const struct pw_axis *axes;   /* with a reach: of both sides */
	/*
	 * NULL, or of the rows with a key one at most is a partner: makes the slots of
	 * a batch's rows the numbers of the lookup's rows, PW_SLOT_NONE stays. Column c
	 * of the side built is column c of the lookup.
	 */
	void (*pick)(void *context, const struct pw_batch *batch, uint32_t *slots);
	void *pick_context;

	/* its own */
	struct pw_lookup lookup;
	struct pw_timeline line;  /* with a reach */
	struct pw_roworder order; /* of the side built */
	int *held;                /* the lookup's columns */
	int *held_at;             /* per wide column: which of those, or -1 */
	bool built;
	uint8_t *met;      /* a bit per slot, or with a reach per row: something has matched it;
			      NULL: that is not asked */
	uint32_t *rows[2]; /* pairs on their way out: rows of the batch, of the lookup */
	uint32_t pair_count;
	uint32_t *slots;
	size_t slot_capacity;
	struct pw_match_near *near; /* with a reach: of each row of the batch */
	pw_place *places;
	struct pw_places *reached;
	size_t near_capacity, place_capacity, reached_capacity;
	struct pw_gather *gathers; /* per wide column */
	struct pw_column *columns;
	struct pw_run *runs;
	pw_diff *diffs;
};

void pw_match_open(struct pw_match *m);
void pw_match_take(struct pw_match *m, int input, const struct pw_batch *batch);
void pw_match_end(struct pw_match *m);
size_t pw_match_bytes(const struct pw_match *m);
void pw_match_release(struct pw_match *m);

/*
 * With a reach: the first row of a batch that is to be taken whose time is in error
 * (pw_axis_unsound), or -1. Such a row may not be taken.
 */
int64_t pw_match_unsound(struct pw_match *m, int side, const struct pw_batch *batch);

/* ---- between its parts: with a reach ---- */

void pw_match_reach_add(struct pw_match *m, const struct pw_batch *batch);
void pw_match_reach_finish(struct pw_match *m);

/* Finds m->near of all rows of the batch, whose slots are known. */
void pw_match_reach_find(struct pw_match *m, const struct pw_batch *batch);

#endif
