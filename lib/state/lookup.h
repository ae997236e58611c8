/*
 * pw_lookup - a table by key that is built once, and then only read
 *
 * Use:      set schema to unsorted, which are lent; init; add batches of the
 *           table; finish; then probe batches of the other side, whose rows get
 *           the slot of their key. The rows of a slot are
 *           l->ids[l->first[slot]] to l->ids[l->first[slot + 1] - 1], in the
 *           order of the table; where l->ids is NULL, the one row whose number
 *           is slot. l->columns[i] has the values of column held[i].
 * Memory:   columns as in a batch; 4 bytes per row, 8 more if keys repeat;
 *           per key what an arrangement without records takes.
 * Fails:    "the table has more than N rows", "... of text in a column"
 *           (PW_SYSTEM).
 */
#ifndef PW_STATE_LOOKUP_H
#define PW_STATE_LOOKUP_H

#include "../data/vector.h"
#include "arrangement.h"

PW_C_BEGIN

struct pw_lookup {
	const struct pw_schema *schema; /* of the table */
	const int *keys;
	size_t key_count;
	const int *held; /* columns whose values can be read */
	size_t held_count;
	bool nulls;     /* null keys match */
	bool only_keys; /* slots are all that will be asked for */
	bool listed;    /* ids are there even if no key repeats */
	bool unsorted;  /* the slot of each row will be asked for, and not the rows of a slot */

	struct pw_vector *vectors;
	const struct pw_column **columns;
	uint64_t *text; /* per column: bytes of its texts, equal ones counted again */
	struct pw_arrangement slots;
	uint32_t rows;
	uint32_t *slot_of; /* per row; PW_SLOT_NONE: its key matches nothing */
	size_t slot_capacity;
	uint32_t *first, *ids;
	pw_diff *copies; /* of each row; NULL: one of each */
	size_t copy_capacity;
	pw_time time; /* of the last row */
	struct pw_rowkeys row_keys;
	uint32_t *found; /* for dictionaries */
	size_t found_capacity;
};

void pw_lookup_init(struct pw_lookup *l);
int pw_lookup_add(struct pw_lookup *l, const struct pw_batch *batch);
void pw_lookup_finish(struct pw_lookup *l);

/* Row i of the batch added last matches nothing. Not with only_keys. */
void pw_lookup_strike(struct pw_lookup *l, const struct pw_batch *batch, uint32_t i);

/* The slots of the batch's rows by its columns keys; PW_SLOT_NONE where nothing matches. */
void pw_lookup_probe(struct pw_lookup *l, const struct pw_batch *batch, const int *keys,
		     uint32_t *slots);

size_t pw_lookup_bytes(const struct pw_lookup *l);
void pw_lookup_release(struct pw_lookup *l);

PW_C_END

#endif
