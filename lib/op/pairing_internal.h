/*
 * pw_pairing - a join whose inputs both change: commit by commit, what is new
 *
 * Both inputs are held as rows by key (an index). What a commit changes is put
 * into the index as it comes; when the commit is complete, for each key that
 * it touched, in the order of the keys, what is new among the pairs goes out
 * with the difference of their numbers: for a row l and a row r with equal
 * keys that is l.new * r.new - l.old * r.old copies. A row without a partner
 * is paired with nulls, as often as it is there while the other side has no
 * row of the key.
 *
 * Use:      fill in what it is told; open, which also sets op->checkpoint; the
 *           others are called by the functions of the operator, which they are
 *           named after; release.
 * Fails:    the row of an input would have less than no copies (PW_DATA); as
 *           pw_joined_emit.
 * Memory:   as pw_index.
 */
#ifndef PW_OP_PAIRING_INTERNAL_H
#define PW_OP_PAIRING_INTERNAL_H

#include "../state/delta.h"
#include "../state/index.h"
#include "joined_internal.h"

/* One input. */
struct pw_pairing_side {
	const struct pw_schema *schema;
	const int *keys; /* its key columns */
	int *payload;    /* its other columns that rows in the index have */
	size_t payload_count;
	int *targets;             /* per payload column: the wide column it fills, or -1 */
	struct pw_roworder order; /* keys, then the others: describes rows */
	struct pw_rowkeys row_keys, row_payload; /* of the batch in hand */

	/* what is saved: keys, then payload */
	struct pw_schema saved;
	struct pw_column *columns; /* of a batch's rows */
	struct pw_delta delta;
};

/*
 * Invariant: the index holds all rows of the commits before the open one, and
 * the changes of that.
 */
struct pw_pairing {
	/* told */
	struct pw_op *op;
	struct pw_joined *joined;
	bool pairs;      /* pairs go out, not left rows alone */
	bool matched;    /* left rows that have a match do */
	bool lonely[2];  /* rows of the side that have no match go out */
	bool null_equal; /* null keys match */
	bool now;        /* left rows are answered once, and not held */

	/* its own */
	struct pw_pairing_side sides[2];
	struct pw_index index;
	uint32_t *slots;
	size_t slot_capacity;
	int *key_targets[3]; /* per key column: wide columns it fills as left, right, key; or -1 */
	struct pw_builder out;
	struct pw_checkpointer_table tables[2];
	bool loads_rows; /* a full checkpoint is being loaded */
};

void pw_pairing_open(struct pw_pairing *p);
void pw_pairing_batch(struct pw_pairing *p, int side, const struct pw_batch *batch);
void pw_pairing_rows(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count);
void pw_pairing_commit(struct pw_pairing *p);
void pw_pairing_flush(struct pw_pairing *p);
size_t pw_pairing_bytes(const struct pw_pairing *p);
void pw_pairing_release(struct pw_pairing *p);

/* ---- between its parts ---- */

/* The batch's columns listed, as keys and payload of a side. */
void pw_pairing_encode(struct pw_pairing *p, int side, const struct pw_batch *batch,
		       const int *keys, const int *payload);

/* Puts rows [from, from + count) of the batch last encoded into the index; keys: its columns. */
void pw_pairing_put(struct pw_pairing *p, int side, const struct pw_batch *batch, const int *keys,
		    uint32_t from, uint32_t count);

void pw_pairing_show_open(struct pw_pairing *p);

/* Notes rows of the side, about to be put into the index, as changed. */
void pw_pairing_note(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count);
void pw_pairing_checkpoint_bind(struct pw_pairing *p);

#endif
