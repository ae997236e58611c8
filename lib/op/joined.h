/*
 * pw_joined - what a join writes: columns of two inputs, and what is made of them
 *
 * Without a select list: the left columns, the key columns from whichever
 * side is there, then the right ones without the keys. With one: its
 * expressions, over left.NAME, right.NAME, and NAME where that is clear.
 *
 * What the join has to bring together are wide rows: just those columns of
 * the two sides that are needed, in the order of the fields of j->wide; where
 * each comes from is said by j->sources.
 *
 * Use:      fill in what it asks for; pw_joined_bind, which sets the rest but
 *           for what the output claims (j->schema.append_only, is_static);
 *           open the tool's output; pw_joined_open; pw_joined_send with
 *           batches of wide rows; pw_joined_close.
 * Fails:    bind: PW_USAGE. send: as --on-error has it.
 */
#ifndef PW_OP_JOINED_H
#define PW_OP_JOINED_H

#include "../data/roworder.h"
#include "project.h"

PW_C_BEGIN

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
	const struct pw_schema *in[2]; /* left, right: lent */
	int *keys[2];
	size_t key_count;
	bool missing[2];    /* rows may come without the side */
	bool left_only;     /* semi and anti: the right side has no columns to give */
	const char *suffix; /* "L,R", or NULL */

	/* found */
	struct pw_schema wide;
	struct pw_joined_source *sources;
	size_t source_capacity;
	struct pw_schema schema; /* of the output */
	bool selects;            /* there is a select list */
	struct pw_expr expr;
	struct pw_reject reject;
	struct pw_project project; /* by expr */
};

int pw_joined_bind(struct pw_joined *j, char *const *select, size_t count);

int pw_joined_open(struct pw_joined *j, struct pw_tool *t);
int pw_joined_send(struct pw_joined *j, struct pw_tool *t, const struct pw_batch *wide);
int pw_joined_close(struct pw_joined *j, struct pw_tool *t);

/* An order of the side's rows: by its keys, then by the other columns from left to right. */
void pw_joined_order(const struct pw_joined *j, int side, struct pw_roworder *order);

/* How often a pair is there; fails (PW_DATA) where 64 bits can't say. */
pw_diff pw_joined_product(struct pw_tool *t, pw_diff left, pw_diff right);

/* Notes the bytes of state that there are; fails (PW_SYSTEM) if those are too many. */
void pw_joined_memory(struct pw_tool *t, size_t bytes);

/*
 * "id,a=b": the places of the keys in both schemas, each an array of
 * PW_COLUMNS_MAX; how many, or fails (PW_USAGE): unknown, of different types.
 */
int pw_joined_keys(const struct pw_schema *left, const struct pw_schema *right, const char *text,
		   int *left_keys, int *right_keys);

PW_C_END

#endif
