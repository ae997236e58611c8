/*
 * pw_joined - the rows that a join writes, made of columns of two inputs
 *
 * Without a select list the columns are the left ones, with the key columns taken
 * from whichever side is there, and then the right ones without the keys. With a
 * select list they are its expressions, over left.NAME, right.NAME, and NAME where
 * that is clear.
 *
 * The join puts together wide rows. A wide row has just those columns of the two
 * sides that are needed, in the order of the fields of j->wide; j->sources says
 * where each column comes from.
 *
 * Use:      fill in what it asks for; bind; open; emit batches of wide rows;
 *           release, which also frees the keys.
 * Fails:    bind: PW_USAGE. emit: as --on-error has it.
 */
#ifndef PW_OP_JOINED_INTERNAL_H
#define PW_OP_JOINED_INTERNAL_H

#include "../data/roworder.h"
#include "op.h"
#include "project.h"

enum pw_joined_side {
	PW_JOINED_LEFT,
	PW_JOINED_RIGHT,
	PW_JOINED_KEY /* a key column, of whichever side is there; column: which of the keys */
};

struct pw_joined_source {
	enum pw_joined_side side;
	int column;
};

struct pw_joined {
	/* asked for */
	struct pw_schema *schema;      /* of the output, lent; its columns are added to it */
	const struct pw_schema *in[2]; /* left, right: lent */
	int *keys[2];
	size_t key_count;
	bool missing[2];    /* rows may come without the side */
	bool left_only;     /* semi and anti: the right side has no columns to give */
	bool left_once;     /* each left row comes once at most, whatever the right rows are */
	const char *suffix; /* "L,R", or NULL */

	/* found */
	struct pw_schema wide;
	struct pw_joined_source *sources;
	size_t source_capacity;
	bool selects; /* there is a select list */
	struct pw_expr expr;
	struct pw_project project; /* by expr */
};

int pw_joined_bind(struct pw_joined *j, char *const *select, size_t count);

void pw_joined_open(struct pw_joined *j, struct pw_op *op);
void pw_joined_emit(struct pw_joined *j, struct pw_op *op, const struct pw_batch *wide);
void pw_joined_release(struct pw_joined *j);

/* An order of the side's rows: by its keys, then by the other columns from left to right. */
void pw_joined_order(const struct pw_joined *j, int side, struct pw_roworder *order);

/* How often a pair is there; a fault (PW_DATA) where 64 bits can't say. */
pw_diff pw_joined_product(struct pw_op *op, pw_diff left, pw_diff right);

/*
 * "id,a=b": the places of the keys in both schemas, each an array of
 * PW_COLUMNS_MAX; how many, or fails (PW_USAGE): unknown, of different types.
 */
int pw_joined_keys(const struct pw_schema *left, const struct pw_schema *right, const char *text,
		   int *left_keys, int *right_keys);

#endif
