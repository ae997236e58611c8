/*
 * pw_lane - rows of an input that wait for their turn
 *
 * Where the rows of several inputs are taken in the order of their times, those
 * that come before their turn wait in a lane, and are lent from there, run by
 * run.
 *
 * Use:      init; put batches, whose times do not descend; as long as rows are
 *           waiting: first is the time of the earliest, lend hands out runs;
 *           clear before the next put or lend, when what was lent is done with.
 * Lends:    rows->batch, until the next put or clear. Until then the same batch
 *           is lent in pieces.
 * Fails:    put: PW_SYSTEM, more rows wait than could be encoded at once.
 */
#ifndef PW_OP_LANE_H
#define PW_OP_LANE_H

#include "../data/builder.h"

PW_C_BEGIN

struct pw_lane {
	struct pw_builder waiting, spare;
	const struct pw_batch *view; /* of waiting; NULL: rows have come since it was made */
	uint32_t run, row;           /* the first that has not been lent */
	bool seen;                   /* the view has been lent in part */
};

/* Runs [run, run + run_count) of a batch; their first row is `from`. */
struct pw_lane_rows {
	const struct pw_batch *batch;
	uint32_t run, run_count, from;
	bool fresh; /* these are the first that are handed out of the batch */
};

/* dictionaries: the texts of rows that wait are put into one, for rows that are passed on. */
void pw_lane_init(struct pw_lane *l, const struct pw_schema *schema, bool dictionaries);
void pw_lane_release(struct pw_lane *l);

int pw_lane_put(struct pw_lane *l, const struct pw_batch *batch);

static inline bool pw_lane_waiting(const struct pw_lane *l)
{
	return l->row < l->waiting.rows;
}

/* The time of the first row that waits. */
pw_time pw_lane_first(struct pw_lane *l);

/* Lends the rows that wait, up to a time that is not below the first's. */
void pw_lane_lend(struct pw_lane *l, pw_time bound, struct pw_lane_rows *rows);

/* Rows that have all been lent are done with. */
void pw_lane_clear(struct pw_lane *l);

size_t pw_lane_bytes(const struct pw_lane *l);

PW_C_END

#endif
