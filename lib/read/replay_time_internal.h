/*
 * pw_replay_time - the commit time that a value of --replay's column stands for
 *
 * A datetime, or an int or float that counts units since 1970, becomes even
 * ms, rounded up, so that no row is seen before its time; with an autocommit a
 * multiple of that.
 */
#ifndef PW_READ_REPLAY_TIME_INTERNAL_H
#define PW_READ_REPLAY_TIME_INTERNAL_H

#include "../data/batch.h"

#include <string.h>

struct pw_replay_time {
	const char *name; /* of the column, lent */
	int column;
	double scale; /* a float column: ms of a unit */
	int64_t unit; /* an int or datetime column: ns of a unit */
	pw_time step; /* commit times are multiples of it */
};

/*
 * unit: s, ms, us, ns, for an int or float column; else NULL. autocommit: ns,
 * 0: none. 0, or fails (PW_USAGE).
 */
int pw_replay_time_open(struct pw_replay_time *r, const struct pw_schema *schema,
			const char *column, const char *unit, int64_t autocommit);

/* The first time that a commit may have, at or above t. */
static inline pw_time pw_replay_time_up(const struct pw_replay_time *r, pw_time t)
{
	return (t + r->step - 1) / r->step * r->step;
}

/*
 * Where a row that has a time stands among others: places ascend with the values of the column, also
 * of those that share a commit time.
 */
static inline int64_t pw_replay_time_place(const struct pw_replay_time *r,
					   const struct pw_batch *batch, uint32_t row)
{
	const struct pw_column *c = &batch->columns[r->column];
	int64_t place;

	if (c->type.base != PW_FLOAT)
		return pw_column_int(c, row);
	const double x = pw_column_float(c, row); /* not below 0: its bits ascend as it does */
	memcpy(&place, &x, sizeof place);
	return place;
}

/* The times of rows from `from` on, up to the first row that has none: its number, or batch->rows. */
uint32_t pw_replay_time_rows(const struct pw_replay_time *r, const struct pw_batch *batch,
			     uint32_t from, pw_time *times);

/* Why that row has none, as a failure (PW_DATA): "column 'at': is null, ...". */
int pw_replay_time_fail(const struct pw_replay_time *r, const struct pw_batch *batch, uint32_t row);

#endif
