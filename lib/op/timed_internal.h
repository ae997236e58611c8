/*
 * pw_timed - the rows of two inputs by key, and by event time within a key
 *
 * What joins by time share. The rows of each side are held in groups of equal
 * keys, each group in the order of the event times; rows of one time follow each
 * other from the greatest to the least by their other columns from left to
 * right, null least; rows without a time come last. When a commit is complete,
 * the join looks at each key that it touches, in the order of the keys: at the
 * rows before the commit, after it, and at both at once.
 *
 * Use:      set op, joined and null_equal; bind; lengths of options may be read
 *           on the axes, and pw_axis_exact called for both; open. batch and
 *           rows are called by the functions of the operator; in its commit: sum,
 *           then next until there is no key left, and for each look at rows with
 *           cursors and near and show what is new; then apply. flush, bytes,
 *           release as the operator's.
 * Lends:    the bytes of rows, until apply.
 * Promises: a look at a neighbour takes logarithmic time. Rows shown keep the
 *           order of the calls.
 * Fails:    bind: PW_USAGE; a time that is not finite or out of range is a row
 *           error; apply: the row of an input would have less than no copies
 *           (PW_DATA).
 * Memory:   as pw_ordered, for each side.
 */
#ifndef PW_OP_TIMED_INTERNAL_H
#define PW_OP_TIMED_INTERNAL_H

#include "../data/axis.h"
#include "../data/names.h"
#include "../state/delta.h"
#include "../state/index.h"
#include "../state/ordered.h"
#include "joined_internal.h"

struct pw_timed_side {
	const struct pw_schema *schema;
	struct pw_axis axis;
	struct pw_ordered rows; /* groups: the key; row keys: the time, then the other columns */
	struct pw_delta delta;
	bool skips;   /* rows that can match nothing are not held; the join sets it before open */
	int *targets; /* per column of a row key: the wide column it fills, or -1 */
	int64_t unsound;  /* the first row of the batch in hand whose time is no place, or -1 */
	pw_place *places; /* of the batch in hand */
	size_t place_capacity;
};

/* A key that the commit in hand touches. */
struct pw_timed_key {
	uint32_t slots[2];                       /* its groups; PW_SLOT_NONE: there is none */
	const struct pw_ordered_run *changed[2]; /* NULL: nothing of that side */
	bool lonely;                             /* a null is in it: its rows match nothing */
};

struct pw_timed {
	/* told */
	struct pw_op *op;
	struct pw_joined *joined; /* has in; bind gives it its keys, and open opens it */
	bool null_equal;

	/* its own */
	struct pw_timed_side sides[2];
	size_t at[2];        /* the next run of each side */
	int *key_targets[3]; /* per key column: wide columns it fills as left, right, key; or -1 */
	struct pw_builder out;
	struct pw_checkpointer_table tables[2];
	bool loads_rows; /* a full checkpoint is being loaded */
};

/* ---- start ---- */

/*
 * Finds the keys ("id,a=b", or NULL: all rows are of one key) and the time columns
 * ("t", or "t,u": left, right). Both axes are whole, or both real.
 */
void pw_timed_bind(struct pw_timed *t, const char *keys, const char *time);

/* joined has been bound, and the axes are as they stay. Sets op->checkpoint. */
void pw_timed_open(struct pw_timed *t);
void pw_timed_release(struct pw_timed *t);

/* ---- rows come ---- */

void pw_timed_batch(struct pw_timed *t, int side, const struct pw_batch *batch);
void pw_timed_rows(struct pw_timed *t, int side, const struct pw_batch *batch, uint32_t from,
		   uint32_t count);

/*
 * The row error of a row whose time is no place; true if the row is left out. Under
 * --on-error null it is not, and has no time.
 */
bool pw_timed_reject(struct pw_timed *t, int side, const struct pw_batch *batch, uint32_t row,
		     const char *reason);

/* ---- a commit ---- */

void pw_timed_sum(struct pw_timed *t);
bool pw_timed_next(struct pw_timed *t, struct pw_timed_key *key);
void pw_timed_apply(struct pw_timed *t);

/*
 * A place among the rows that a side's group has before or after the commit. At
 * a row both numbers of copies may be read; they are not both 0.
 */
struct pw_timed_cursor {
	bool at;             /* the place is at a row */
	struct pw_slice row; /* its row key */
	pw_diff before, after;

	/* its own */
	struct pw_multiset_cursor held; /* at the first row held that is not left of the place */
	const struct pw_ordered_change *first, *change, *end; /* so of the changes */
};

/* The first row whose row key is not below `from`; all rows: the empty slice. */
void pw_timed_seek(struct pw_timed_cursor *c, const struct pw_timed *t,
		   const struct pw_timed_key *key, int side, struct pw_slice from);

/* To the neighbour. next stops at the end; previous stays at the first row and answers false. */
void pw_timed_forward(struct pw_timed_cursor *c);
bool pw_timed_back(struct pw_timed_cursor *c);

/* ---- times in row keys ---- */

/* Has the row a time? */
static inline bool pw_timed_has(struct pw_slice row)
{
	return row.data[0] == 1;
}

/* The place of a row's time, which it has. */
static inline pw_place pw_timed_place(const struct pw_timed_side *s, struct pw_slice row)
{
	uint64_t bits;

	memcpy(&bits, row.data + 1, sizeof bits);
	const pw_place p = (pw_place)(__builtin_bswap64(bits) ^ (uint64_t)1 << 63);

	return s->axis.real && s->axis.type.base != PW_FLOAT ? pw_axis_place((double)p) : p;
}

/*
 * What row keys of the side begin with whose time is not before the place, or
 * whose time is after it; where no time is, rows without one follow.
 */
struct pw_timed_start {
	char bytes[9];
	uint8_t length;
};

struct pw_timed_start pw_timed_from(const struct pw_timed_side *s, pw_place place);
struct pw_timed_start pw_timed_after(const struct pw_timed_side *s, pw_place place);

static inline struct pw_slice pw_timed_slice(const struct pw_timed_start *start)
{
	return (struct pw_slice){start->bytes, start->length};
}

/* ---- the rows next to a time ---- */

/*
 * The rows of a side that are there before the commit, or after it, and lie next
 * to a time: of the last time at or before it, and of the first after it, the
 * first row each (so the greatest).
 *
 * Use:      init for a key; find for times that do not descend.
 */
struct pw_timed_near {
	const struct pw_timed *t;
	const struct pw_timed_key *key;
	int side;
	bool after; /* the rows after the commit, not before it */
	bool found; /* find has been called */
	bool has_low, has_high;
	pw_place low_place, high_place;
	struct pw_slice low, high;
	struct pw_timed_cursor cursor; /* at high */
};

void pw_timed_near_init(struct pw_timed_near *n, const struct pw_timed *t,
			const struct pw_timed_key *key, int side, bool after);
void pw_timed_near_find(struct pw_timed_near *n, pw_place place);

/* ---- output ---- */

/* A row of the key: left and right row keys, either of which may be NULL; diff is not 0. */
void pw_timed_show(struct pw_timed *t, const struct pw_timed_key *key, const struct pw_slice *left,
		   const struct pw_slice *right, pw_diff diff);
void pw_timed_flush(struct pw_timed *t);

size_t pw_timed_bytes(const struct pw_timed *t);

/* ---- checkpoints: for an operator that remembers more than the rows ---- */

/* The tables of the rows are the first two; state is the struct pw_timed. */
enum { PW_TIMED_TABLES = 2 };

enum pw_checkpointer_change pw_timed_changed(const void *state);
uint64_t pw_timed_count(const void *state);
int pw_timed_save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint);
void pw_timed_saved(void *state);
void pw_timed_expect(void *state, bool full, uint64_t rows);
int pw_timed_load(void *state, size_t table, const struct pw_batch *batch);
int pw_timed_loaded(void *state);

#endif
