/*
 * pw_batch - changes in columns, lent
 *
 * rows changes in the order of their times, as runs of (time, rows): the
 * first runs[0].rows rows have the time runs[0].time, and so on. Times of
 * runs ascend strictly within a batch; the first may equal the last of the
 * previous batch. Row i adds diffs[i] copies (takes away, if negative; never
 * 0); where diffs is NULL every row adds one.
 */
#ifndef PW_DATA_BATCH_H
#define PW_DATA_BATCH_H

#include "../time/time.h"
#include "column.h"
#include "schema.h"

PW_C_BEGIN

struct pw_run {
	pw_time time;
	uint32_t rows; /* never 0 */
	uint32_t zero;
};

struct pw_batch {
	const struct pw_schema *schema;
	uint32_t rows;
	uint32_t run_count;
	const struct pw_run *runs;
	const pw_diff *diffs;
	const struct pw_column *columns; /* schema->count of them */
};

#define PW_BATCH_ROWS 16384 /* rows of a full frame */
#define PW_ROWS_MAX   65536 /* the most rows of a frame, and of a dictionary */

static inline pw_diff pw_batch_diff(const struct pw_batch *b, uint32_t row)
{
	return b->diffs ? b->diffs[row] : 1;
}

static inline pw_time pw_batch_time(const struct pw_batch *b, uint32_t row)
{
	const struct pw_run *r = b->runs;

	for (; row >= r->rows; r++)
		row -= r->rows;
	return r->time;
}

PW_C_END

#endif
