/*
 * pw_lagged - rows with their neighbours' values, and the changes that a commit makes to them
 *
 * The output row of a row follows from the row, the rows before and after it in its
 * group, and (for an interpolated null) the nearest rows that have a value. When a commit is complete, the stretch of rows around its changes is
 * looked at as it was before and as it is after, and the rows for which that
 * gives something else go out, old with -1 and new with +1, in the order of the
 * groups' keys and then of the rows.
 *
 *   changes -> rows -> near -> shots -> out
 *              (groups) (rows)  (row, previous, next, fills)
 *
 * Use:      fill in what it is told; open; close_group for each run of a
 *           commit's changes that has been summed up and not applied yet; send;
 *           close.
 * Fails:    as pw_stretch_find; where a difference does not
 *           fit, as --on-error has it.
 * Memory:   grows with the stretch in hand.
 */
#ifndef PW_OP_LAGGED_INTERNAL_H
#define PW_OP_LAGGED_INTERNAL_H

#include "../state/stretch.h"
#include "op.h"

#define PW_LAGGED_SHOTS 8192 /* rows sent at once */

/* A row's value in an interpolated column: as it came (a word), or as it goes out. */
struct pw_lagged_fill {
	bool null;
	uint64_t word;
};

/* A row to go out; places are rows of decoded, 0 is no row. */
struct pw_lagged_shot {
	uint32_t self, previous, next;
	pw_diff diff;
};

/* Where a row of the stretch lies in decoded: place, if round is that of now. */
struct pw_lagged_place {
	uint32_t place, round;
};

/* An interpolated column. */
struct pw_lagged_filled {
	int column;
	bool real; /* goes out as a float, else as a whole word */
};

struct pw_lagged {
	/* told */
	struct pw_op *op;
	struct pw_ordered *rows;
	const struct pw_schema *schema;      /* of the input */
	const struct pw_schema *rows_schema; /* the same, all columns may be null */
	const struct pw_schema *schema_out;
	int *values, *differences; /* columns */
	size_t value_count, difference_count;
	bool *in_previous, *in_next; /* per column: does what goes out show a neighbour's? */
	bool shows_all;              /* of every column: different rows look different */
	struct pw_lagged_filled *filled;
	size_t filled_count;
	int line; /* the column that is interpolated along */

	/* its own */
	pw_time time; /* of the commit in hand */
	struct pw_stretch near;
	size_t walked;  /* rows since wants began */
	size_t missing; /* how many interpolated columns have had no value since then */
	bool *met;      /* per interpolated column: has it had one? */
	bool beyond;    /* each column has had a value once, and is to have another */

	/* of near's rows */
	struct pw_lagged_fill *known;    /* points: per row the line's, then each column's */
	struct pw_lagged_fill *fills[2]; /* before, after: per row and column */
	struct pw_lagged_place *places;
	size_t known_capacity, fill_capacity[2], place_capacity;
	struct pw_vector word;

	struct pw_builder decoded; /* row 0 is all nulls */
	uint32_t round;
	struct pw_lagged_shot *shots; /* PW_LAGGED_SHOTS of them, with filled_count fills each */
	struct pw_lagged_fill *shot_fills;
	uint32_t shot_count;
	uint32_t *numbers;
	bool *wrong; /* shots in error, of which there are some */
	bool any_wrong;
	struct pw_builder out, sound;
};

void pw_lagged_open(struct pw_lagged *l);
void pw_lagged_close(struct pw_lagged *l); /* frees all that is its own */

/* Finds the output rows that the changes of a group make different. time: that of the changes. */
void pw_lagged_close_group(struct pw_lagged *l, const struct pw_ordered_run *run, pw_time time);

/* Sends the rows found so far. */
void pw_lagged_send(struct pw_lagged *l);

/* ---- between its parts ---- */

/* Reads columns of a row key, from a first one on. */
struct pw_lagged_walk {
	const char *at, *end;
	size_t next; /* of the order's list */
};

struct pw_lagged_walk pw_lagged_walk(struct pw_lagged *l, struct pw_slice row);

/* The column's bytes; columns are asked for in the order of the list. */
struct pw_slice pw_lagged_take(struct pw_lagged *l, struct pw_lagged_walk *w, struct pw_vector *v);

/* Is another row wanted beyond this one? For the stretch. */
bool pw_lagged_wants(void *lagged, const struct pw_slice *row);

/* Interpolated columns of the rows near: before, or after. */
void pw_lagged_read_points(struct pw_lagged *l);
void pw_lagged_fill_side(struct pw_lagged *l, bool after);
bool pw_lagged_same_fills(struct pw_lagged *l, size_t row);

/* Where a row near lies in l->decoded; puts it there if need be. */
uint32_t pw_lagged_decoded(struct pw_lagged *l, uint32_t slot, uint32_t row);
void pw_lagged_restart(struct pw_lagged *l); /* nothing is decoded */

#endif
