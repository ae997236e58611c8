/*
 * pw_ordered - rows in groups, each group in order, and what a commit changes
 *
 * A row is two keys: that of its group, and its row key, which holds all other
 * columns, those of the order first; so rows of a group sort by their row keys,
 * and only equal rows have equal ones. The rows of a group, as of the last
 * commit applied, are a multiset. The changes of the commit in hand are noted,
 * then summed up and sorted, so that a walk along a group and its changes sees
 * the rows before and after; then the changes are applied.
 *
 * Use:      init; per batch encode, per commit in it find, per row note; sum;
 *           for each of runs read its changes beside the group's rows; apply,
 *           or clear, which forgets the changes.
 * Promises: runs ascend by their groups' keys, the changes of a run by row
 *           key, each different row once, no diff is 0.
 * Invariants:
 *           1. Between commits every row has copies above 0, and copies of a
 *              group is the sum of its rows'.
 *           2. After sum the runs follow each other, ascend by their groups'
 *              keys, and hold different rows, ascending, whose diffs are not 0.
 *           3. Between calls all marks are 0.
 * Memory:   32 to 48 bytes and its key per different row, some 100 and its
 *           key per group; per change in hand 28 bytes and the row key.
 * Fails:    as pw_diff_negative; too many copies or changes.
 */
#ifndef PW_STATE_ORDERED_H
#define PW_STATE_ORDERED_H

#include "../base/arena.h"
#include "../data/roworder.h"
#include "arrangement.h"
#include "checkpointer.h"
#include "multiset.h"

PW_C_BEGIN

struct pw_ordered_group {
	struct pw_multiset rows;
	int64_t copies; /* the sum of the copies of all rows */
};

struct pw_ordered_change {
	const char *row;
	uint32_t length;
	uint32_t slot; /* of its group */
	pw_diff diff;
};

/* Changes [from, from + count) of one group. */
struct pw_ordered_run {
	uint32_t slot;
	size_t from, count;
};

struct pw_ordered {
	struct pw_roworder
		order; /* list: group_count columns of groups, sort_count of order, others */
	size_t group_count, sort_count;
	struct pw_arrangement groups; /* records are struct pw_ordered_group */
	struct pw_multisets sets;

	/* the batch in hand */
	struct pw_rowkeys group_keys, row_keys;
	bool one_group;  /* all rows are of one group: group_keys has one key */
	uint32_t *slots; /* the groups of the rows found: slots[row] */
	size_t slot_capacity;

	/* the commit in hand */
	struct pw_ordered_change *changes;
	size_t count, capacity;
	struct pw_arena bytes;       /* the row keys of changes */
	struct pw_ordered_run *runs; /* after sum */
	size_t run_count, run_capacity;

	uint32_t *marks; /* by slot; 0 between calls */
	size_t mark_capacity;
	uint32_t *touched, *ids;
	size_t touched_capacity, id_capacity;
};

#define PW_ORDERED_COPIES (INT64_C(1) << 62) /* the most copies that a group may have */

/*
 * keys: the columns that make a group, or NULL; order: as pw_roworder_init
 * has it, of which columns of keys do not count. Fails (PW_USAGE).
 */
int pw_ordered_init(struct pw_ordered *o, const struct pw_schema *schema, const char *keys,
		    const char *order);
void pw_ordered_release(struct pw_ordered *o);

/*
 * Encodes the keys of a batch's rows. If not whole, row keys have the columns of
 * the order only, with which they begin.
 */
void pw_ordered_encode(struct pw_ordered *o, const struct pw_batch *batch, bool whole);

/* Finds the groups of rows [from, from + count) of the batch, all of the commit in hand. */
void pw_ordered_find(struct pw_ordered *o, uint32_t from, uint32_t count);

/* Appends the other columns to a row key that has the columns of the order only. */
void pw_ordered_complete(const struct pw_ordered *o, const struct pw_batch *batch, uint32_t row,
			 struct pw_bytes *key);

/* Notes a change of the commit in hand; the row key is copied. */
int pw_ordered_note(struct pw_ordered *o, uint32_t slot, struct pw_slice row, pw_diff diff);

/* Sums up and sorts the changes noted; more may be noted afterwards, and summed again. */
int pw_ordered_sum(struct pw_ordered *o);

/* As pw_ordered_sum, and gives back the memory of changes that have cancelled out. */
int pw_ordered_compact(struct pw_ordered *o);

/* Applies the changes summed up to the groups, or forgets them; nothing is noted any more. */
int pw_ordered_apply(struct pw_ordered *o, pw_time time);
void pw_ordered_clear(struct pw_ordered *o);

/* Changes the copies of a row of its group at once, whatever is noted. */
int pw_ordered_add(struct pw_ordered *o, uint32_t slot, struct pw_slice row, pw_diff diff);

static inline struct pw_ordered_group *pw_ordered_group(const struct pw_ordered *o, uint32_t slot)
{
	return (struct pw_ordered_group *)pw_arrangement_record(&o->groups, slot);
}

static inline struct pw_slice pw_ordered_row(const struct pw_ordered_change *c)
{
	return (struct pw_slice){c->row, c->length};
}

/* Appends the values of a row to the builder's vectors; the caller ends the row. */
void pw_ordered_decode(const struct pw_ordered *o, uint32_t slot, struct pw_slice row,
		       struct pw_builder *b);

/* Fails: the row would have so many copies, less than 0. */
int pw_ordered_negative(const struct pw_ordered *o, uint32_t slot, struct pw_slice row,
			int64_t copies, pw_time time);

size_t pw_ordered_bytes(const struct pw_ordered *o);

/*
 * Saves and loads all rows, as a table of the kind sum. Rows of a full checkpoint
 * are there after load; those of a delta after loaded.
 */
int pw_ordered_save(const struct pw_ordered *o, struct pw_checkpointer_writer *checkpoint,
		    size_t table);
int pw_ordered_load(struct pw_ordered *o, const struct pw_batch *batch, bool full);
int pw_ordered_loaded(struct pw_ordered *o);

PW_C_END

#endif
