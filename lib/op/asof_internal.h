/*
 * pw_asof - the parts of an as-of join
 *
 * A side is answered: each of its rows is shown with the closest row of the
 * other side, as far as there is one in the direction asked for and no farther away
 * than the tolerance. There are two ways. Where the other side is one commit and
 * only adds, it is built once, and rows are answered as they come, in their order,
 * and not stored (asof_built). Else both sides are held, and what a commit changes
 * of the answers goes out (asof_correct).
 *
 * With kept answers, the changes of odd times change what is held and not what is
 * shown. Where a row shows an answer that is not its true one, that answer is
 * remembered as long as the row is held (asof_shown).
 */
#ifndef PW_OP_ASOF_INTERNAL_H
#define PW_OP_ASOF_INTERNAL_H

#include "../state/dirty.h"
#include "join.h"
#include "match_internal.h"
#include "timed_internal.h"

enum pw_asof_way { PW_ASOF_BACKWARD, PW_ASOF_FORWARD, PW_ASOF_NEAREST };

/* Which row is the closest. */
struct pw_asof_rule {
	enum pw_asof_way way;
	bool real;      /* places stand for doubles */
	bool has_limit; /* there is a tolerance */
	uint64_t limit; /* of whole axes */
	double real_limit;
};

/* Is a row at `high`, not before `low`, within the tolerance? */
static inline bool pw_asof_within(const struct pw_asof_rule *r, pw_place low, pw_place high)
{
	if (!r->has_limit)
		return true;
	if (r->real)
		return pw_axis_real(high) - pw_axis_real(low) <= r->real_limit;
	return (uint64_t)high - (uint64_t)low <= r->limit;
}

/* Is the earlier of two times around `at` closer than the later? Equal distances: no. */
static inline bool pw_asof_earlier(const struct pw_asof_rule *r, pw_place low, pw_place at,
				   pw_place high)
{
	if (r->real)
		return pw_axis_real(at) - pw_axis_real(low) < pw_axis_real(high) - pw_axis_real(at);
	return (uint64_t)at - (uint64_t)low < (uint64_t)high - (uint64_t)at;
}

/* ---- what is shown, where it is not the true answer ---- */

struct pw_asof_answer {
	pw_diff copies;
	bool matched;
	struct pw_slice match; /* the row key of the other side's row */
};

struct pw_asof_shown {
	const struct pw_timed *timed; /* lent */
	int side;                     /* whose rows are answered */
	struct pw_arrangement rows;   /* by key and row key; records are of asof_shown.c */
	struct pw_pool pool;
	struct pw_dirty dirty;
	struct pw_bytes key;    /* of the row in hand */
	struct pw_schema saved; /* the side's columns, copies, matched, the other's but for keys */
	struct pw_rowkeys parts[2]; /* of rows being loaded: the row, its match */
};

void pw_asof_shown_open(struct pw_asof_shown *s, const struct pw_timed *timed, int side);
void pw_asof_shown_release(struct pw_asof_shown *s);

/* The answer that a row shows, if that is remembered; lent until the next change. */
bool pw_asof_shown_get(struct pw_asof_shown *s, const struct pw_timed_key *key, struct pw_slice row,
		       struct pw_asof_answer *answer);
void pw_asof_shown_set(struct pw_asof_shown *s, const struct pw_timed_key *key, struct pw_slice row,
		       const struct pw_asof_answer *answer);
void pw_asof_shown_drop(struct pw_asof_shown *s, const struct pw_timed_key *key,
			struct pw_slice row);
size_t pw_asof_shown_bytes(const struct pw_asof_shown *s);

int pw_asof_shown_save(const struct pw_asof_shown *s, bool full,
		       struct pw_checkpointer_writer *checkpoint, size_t table);
int pw_asof_shown_load(struct pw_asof_shown *s, const struct pw_batch *batch);

/* ---- the side that is built ---- */

/*
 * Rows of the lookup by slot and time, one for each different time: those of slot
 * s are places[first[s]] to places[first[s + 1] - 1], ascending, and rows beside
 * them are their numbers.
 */
struct pw_asof_built {
	struct pw_axis axes[2]; /* of the side built, and of the other */
	bool built;
	uint32_t *first;
	pw_place *places;
	uint32_t *rows;
	uint32_t *fingers; /* per slot: where the last search ended */
	pw_place *times;   /* of the batch in hand */
	size_t time_capacity;
	struct pw_builder sound; /* a batch without the rows whose time is no place */
};

/* ---- the operator ---- */

struct pw_asof {
	struct pw_op op;
	const struct pw_join_wish *wish;
	struct pw_joined joined;
	struct pw_bytes state_text; /* that op.state_text points to */
	struct pw_asof_rule rule;
	bool answered[2]; /* the rows of the side are */
	bool alone;       /* rows without a match are shown */
	bool kept;
	struct pw_timed timed;

	int build; /* the side that is built; PW_OP_NONE: both are held */
	struct pw_match match;
	struct pw_asof_built built;

	struct pw_asof_shown shown[2]; /* of the sides that are answered, if kept */
	struct pw_checkpointer_table tables[PW_TIMED_TABLES + 2];
	size_t table_count;
};

void pw_asof_correct(struct pw_asof *a); /* a commit is complete */

void pw_asof_built_open(struct pw_asof *a);
void pw_asof_built_take(struct pw_asof *a, int input, const struct pw_batch *batch);
size_t pw_asof_built_bytes(const struct pw_asof *a);
void pw_asof_built_release(struct pw_asof *a);

#endif
