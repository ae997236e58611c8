#include "window_internal.h"

#include <stdlib.h>

enum { MOST_BYTES = 4 << 20 }; /* of a column that is put together */

void pw_window_spread_open(struct pw_window_spread *s, const struct pw_schema *schema, bool real)
{
	s->schema = schema;
	s->real = real;
	s->rows = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->rows);
	s->bounds[0] = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->bounds[0]);
	s->bounds[1] = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->bounds[1]);
	s->runs = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->runs);
	s->piece = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->piece);
	s->diffs = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->diffs);
	s->gathers = pw_mem_zero(schema->count, sizeof *s->gathers);
	s->columns = pw_mem_zero(schema->count, sizeof *s->columns);
}

void pw_window_spread_release(struct pw_window_spread *s)
{
	for (size_t c = 0; s->gathers != NULL && c < s->schema->count; c++)
		pw_gather_release(&s->gathers[c]);
	free(s->rows);
	free(s->bounds[0]);
	free(s->bounds[1]);
	free(s->runs);
	free(s->piece);
	free(s->diffs);
	free(s->gathers);
	free(s->columns);
	*s = (struct pw_window_spread){0};
}

static bool is_every_row(const struct pw_window_spread *s, uint32_t from, uint32_t count)
{
	if (count != s->batch->rows)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (s->rows[from + i] != i)
			return false;
	return true;
}

/* Bounds, which have been places, as values; a column of equal ones is a constant. */
static void set_bounds(struct pw_window_spread *s, int which, uint32_t from, uint32_t count)
{
	pw_place *places = s->bounds[which] + from;
	struct pw_column *c = &s->columns[s->schema->count - 2 + (size_t)which];
	uint64_t differs = 0;

	for (uint32_t i = 0; i < count; i++)
		differs |= (uint64_t)places[i] ^ (uint64_t)places[0];
	*c = (struct pw_column){
		.type = s->schema->fields[s->schema->count - 1].type,
		.encoding = differs == 0 ? PW_CONSTANT : PW_PLAIN,
		.rows = count,
		.values = places,
	};
}

static void set_values(struct pw_window_spread *s)
{
	for (int which = 0; which < 2 && s->real; which++)
		for (uint32_t i = 0; i < s->count; i++) {
			const double x = pw_axis_real(s->bounds[which][i]);

			memcpy(&s->bounds[which][i], &x, sizeof x);
		}
}

static bool set_columns(struct pw_window_spread *s, uint32_t from, uint32_t count)
{
	const bool every = is_every_row(s, from, count);

	for (size_t i = 0; i + 2 < s->schema->count; i++) {
		const struct pw_column *c = &s->batch->columns[i];

		if (!every)
			c = pw_gather_rows(&s->gathers[i], c, s->rows + from, count, false,
					   MOST_BYTES);
		if (c == NULL)
			return false;
		s->columns[i] = *c;
	}
	set_bounds(s, 0, from, count);
	set_bounds(s, 1, from, count);
	return true;
}

/* The runs of rows [from, from + count), into piece; how many. */
static uint32_t slice_runs(struct pw_window_spread *s, uint32_t from, uint32_t count)
{
	uint32_t n = 0, begin = 0;

	for (uint32_t r = 0; r < s->run_count; r++) {
		const uint32_t end = begin + s->runs[r].rows;
		const uint32_t low = begin > from ? begin : from;
		const uint32_t high = end < from + count ? end : from + count;

		if (low < high)
			s->piece[n++] =
				(struct pw_run){.time = s->runs[r].time, .rows = high - low};
		begin = end;
	}
	return n;
}

static void give(struct pw_window_spread *s, uint32_t from, uint32_t count)
{
	struct pw_batch out = {
		.schema = s->schema, .columns = s->columns, .rows = count, .runs = s->runs};

	if (count == 0)
		return;
	if (!set_columns(s, from, count)) {
		give(s, from, count / 2);
		give(s, from + count / 2, count - count / 2);
		return;
	}
	for (uint32_t i = 0; s->batch->diffs != NULL && i < count; i++)
		s->diffs[i] = s->batch->diffs[s->rows[from + i]];
	out.diffs = s->batch->diffs != NULL ? s->diffs : NULL;
	out.run_count = s->run_count;
	if (count < s->count) {
		out.run_count = slice_runs(s, from, count);
		out.runs = s->piece;
	}
	s->give(s->to, &out);
}

void pw_window_spread_send(struct pw_window_spread *s)
{
	set_values(s);
	give(s, 0, s->count);
	s->count = s->run_count = 0;
}
