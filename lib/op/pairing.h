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
 * Use:      fill in what it is told; pw_pairing_open, which also has the rows
 *           saved and loaded; open the tool's output and the joined;
 *           pw_pairing_run, which hands on all of the inputs, to the end of
 *           both.
 * Fails:    the program ends: the row of an input would have less than no
 *           copies; as pw_joined_send.
 * Memory:   as pw_index. It lives as long as its program.
 */
#ifndef PW_OP_PAIRING_H
#define PW_OP_PAIRING_H

#include "../state/delta.h"
#include "../state/index.h"
#include "joined.h"

PW_C_BEGIN

/*
 * Rows of an input whose time has not come. Many commits may come in one
 * batch, and the other side one by one: so what has been viewed and encoded
 * stays that until more rows come.
 */
struct pw_pairing_ahead {
	struct pw_builder rows;
	const struct pw_batch *view; /* NULL: to be made, and encoded */
	uint32_t taken;              /* so many of them are in the index */
	uint32_t run;                /* the view's next */
};

/* What is known of one input. */
struct pw_pairing_side {
	const struct pw_schema *schema;
	const int *keys; /* its key columns */
	int *payload;    /* its other columns that rows in the index have */
	size_t payload_count;
	int *targets;             /* per payload column: the wide column it fills, or -1 */
	struct pw_roworder order; /* keys, then the others: describes rows */
	struct pw_rowkeys row_keys, row_payload; /* of the batch in hand */
	struct pw_pairing_ahead ahead;

	/* what is saved: keys, then payload */
	struct pw_schema saved;
	struct pw_column *columns; /* of a batch's rows */
	struct pw_delta delta;
};

/*
 * Invariant: in the index are all rows of commits below the frontier, and
 * changes of the commit of time if that is open; what is later is ahead.
 */
struct pw_pairing {
	/* told */
	struct pw_tool *tool;
	struct pw_joined *joined;
	const char *const *names; /* of the inputs, for messages */
	bool pairs;               /* pairs go out, not left rows alone */
	bool matched;             /* left rows that have a match do */
	bool lonely[2];           /* rows of the side that have no match go out */
	bool null_equal;          /* null keys match */
	bool now;                 /* left rows are answered once, and not held */

	/* its own */
	struct pw_pairing_side sides[2];
	struct pw_index index;
	bool open;
	pw_time time;
	uint32_t *slots;
	size_t slot_capacity;
	int *key_targets[3]; /* per key column: wide columns it fills as left, right, key; or -1 */
	struct pw_builder out;
	struct pw_checkpointer_table tables[2];
	struct pw_checkpointer checkpointer;
	bool loads_rows; /* a full checkpoint is being loaded */
};

void pw_pairing_open(struct pw_pairing *p);
void pw_pairing_run(struct pw_pairing *p);

/* ---- between its parts ---- */

/* The batch's columns listed, as keys and payload of a side. */
void pw_pairing_encode(struct pw_pairing *p, int side, const struct pw_batch *batch,
		       const int *keys, const int *payload);

/* Puts rows [from, from + count) of the batch last encoded into the index; keys: its columns. */
void pw_pairing_put(struct pw_pairing *p, int side, const struct pw_batch *batch, const int *keys,
		    uint32_t from, uint32_t count);

/* Sends what is new of the commit, all of which is in the index. */
void pw_pairing_close_commit(struct pw_pairing *p);
void pw_pairing_show_open(struct pw_pairing *p);
void pw_pairing_send(struct pw_pairing *p);

/* Notes rows of the side, about to be put into the index, as changed. */
void pw_pairing_note(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count);
void pw_pairing_register(struct pw_pairing *p);

PW_C_END

#endif
