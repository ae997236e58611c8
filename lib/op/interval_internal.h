/*
 * pw_interval - pairs of rows whose event times are near each other
 *
 * A left row of time t and a right row of time u, with equal keys, are a pair
 * where t + L <= u <= t + U. A null time, and a null key unless --null-equal,
 * matches nothing. Which rows come out is said by the kind of the join, as
 * pw_join_op has it.
 *
 * There are two ways. Where one input is one commit and only adds, it is built
 * once, in the order of the times, and the other's rows are matched with it as
 * they come (match). Else the rows of both inputs are held (timed); when a
 * commit is complete, each row that it changes looks at the rows of the other
 * side within its reach, and at no others.
 *
 * Kept: rows that are taken away at odd times have been forgotten. Rows that show
 * them stay, until the other row of a pair is taken away at an even time:
 * then all that is shown with that row goes. For this, a forgotten row is
 * remembered as long as a row that it is shown with is held, with the time at
 * which it was forgotten; and of a row that came when there were forgotten rows
 * within its reach, when it came: it is not shown with those. Of equal copies
 * the one that came first goes first.
 *
 * Memory:   as pw_match; or as pw_timed, and what kept remembers.
 * Fails:    bind: PW_USAGE; as pw_match; as pw_timed.
 */
#ifndef PW_OP_INTERVAL_INTERNAL_H
#define PW_OP_INTERVAL_INTERNAL_H

#include "../data/reach.h"
#include "join.h"
#include "match_internal.h"
#include "timed_internal.h"

/* Rows of one side that are remembered beyond those held: with one or two columns more. */
struct pw_interval_memory {
	struct pw_schema schema;
	struct pw_ordered rows;
	struct pw_delta delta;
	uint32_t slot; /* of the key in hand, or PW_SLOT_NONE */
};

/* Some of the copies of a row that is held. */
struct pw_interval_copies {
	pw_time born; /* 0: before all forgotten rows within reach were */
	pw_diff before, after;
};

struct pw_interval_kept {
	struct pw_interval_memory forgotten[2], young[2];
	struct pw_interval_copies *parts; /* of the row in hand, the oldest first */
	size_t part_count, part_capacity;
	struct pw_bytes text; /* a row key being made */
	struct pw_checkpointer_table tables[PW_TIMED_TABLES + 4];
	bool loads_rows; /* a full checkpoint is being loaded */
};

/* Copies that the changes of a run before some change add, and take away (so below 0). */
struct pw_interval_sum {
	int64_t added, taken;
};

struct pw_interval {
	struct pw_op op;
	const struct pw_join_wish *wish;
	struct pw_joined joined;
	struct pw_timed timed;
	struct pw_axis axes[2];
	struct pw_reach reach;
	struct pw_bytes state_text; /* that op.state_text points to */
	int build;                  /* the side that is built first; PW_OP_NONE: both are held */
	struct pw_match match;      /* used if a side is built */
	struct pw_builder sound;    /* the rows of a batch without those in error */

	/* used if both sides are held */
	bool pairs;      /* pairs come out, not left rows alone */
	bool alone[2];   /* so do rows of the side by themselves: */
	bool matched;    /* those that have a match; else those that have none */
	bool kept;       /* what was shown stays shown when a row is forgotten */
	bool forgetting; /* kept, and the time of the commit in hand is odd */
	struct pw_interval_kept memory;
	struct pw_interval_sum
		*sums[2]; /* of the key in hand: per change of the side, and one more */
	size_t sum_capacity[2];
};

/* ---- rows that are held: interval_pairs.c ---- */

void pw_interval_commit(struct pw_interval *v);

/* The places of the other side's times that a row of the side reaches; it has a time. */
struct pw_places pw_interval_reach(const struct pw_interval *v, int side, struct pw_slice row);

/* A row of the side, with one of the other side or (NULL) alone; diff may be 0. */
void pw_interval_show(struct pw_interval *v, const struct pw_timed_key *key, int side,
		      struct pw_slice row, const struct pw_slice *other, pw_diff diff);

/*
 * The copies of a side's rows that have times in the range: those before the
 * commit, without what the commit takes away, with what it adds.
 */
int64_t pw_interval_count(const struct pw_interval *v, const struct pw_timed_key *key, int side,
			  struct pw_places range, bool taken, bool added);

/* ---- what was shown stays shown: interval_kept.c ---- */

void pw_interval_kept_open(struct pw_interval *v);
void pw_interval_kept_release(struct pw_interval *v);
size_t pw_interval_kept_bytes(const struct pw_interval *v);

/* The key is the one in hand. */
void pw_interval_kept_key(struct pw_interval *v, const struct pw_timed_key *key);

/*
 * A row of the key in hand that the commit changes: notes what is to be
 * remembered of it, and takes away pairs with forgotten rows. It has a time.
 */
void pw_interval_kept_change(struct pw_interval *v, const struct pw_timed_key *key, int side,
			     struct pw_slice row, pw_diff before, pw_diff after);

/* How many of a row's copies are shown with forgotten rows: met[0] before the commit, met[1] after it. */
void pw_interval_kept_met(struct pw_interval *v, int side, struct pw_slice row, pw_diff before,
			  pw_diff after, pw_diff met[2]);

/* Takes in what has been noted in this commit. */
void pw_interval_kept_apply(struct pw_interval *v);

#endif
