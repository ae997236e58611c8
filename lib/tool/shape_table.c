#include "shape.h"

static int open_table(struct pw_shape *s, bool append_only)
{
	pw_table_init(&s->table, &s->order, append_only);
	return pw_shape_open_writer(s);
}

static int table_open(struct pw_shape *s)
{
	return open_table(s, false);
}

static int sorted_open(struct pw_shape *s)
{
	return open_table(s, true);
}

static int table_batch(struct pw_shape *s, const struct pw_batch *batch)
{
	int rc = pw_table_batch(&s->table, batch);

	s->tool->state_bytes = pw_table_bytes(&s->table);
	return rc;
}

static int table_frontier(struct pw_shape *s, pw_time frontier)
{
	return pw_table_frontier(&s->table, frontier);
}

static int write_table(struct pw_shape *s, bool finished, bool sorted)
{
	pw_diff copies;

	if (finished && pw_table_finish(&s->table) < 0)
		return -1;
	pw_table_arrange(&s->table, sorted);
	for (size_t i = 0; i < s->table.count; i++) {
		const struct pw_slice row = pw_table_row(&s->table, i, &copies);

		if (pw_shape_row(s, row, 0, copies) < 0)
			return -1;
	}
	return pw_shape_drain_all(s);
}

static int once_end(struct pw_shape *s, bool finished)
{
	return write_table(s, finished, false);
}

static int table_end(struct pw_shape *s, bool finished)
{
	return write_table(s, finished, true);
}

/* ---- live ---- */

static int live_open(struct pw_shape *s)
{
	pw_live_init(&s->live, s->sink.fd, s->how.colour, pw_sink_write, &s->sink);
	return table_open(s);
}

static int draw(struct pw_shape *s)
{
	s->stale = false;
	return pw_live_draw(&s->live, &s->table);
}

/* An idle reader's frontier moves ten times a second, so that no clock is needed. */
static int live_frontier(struct pw_shape *s, pw_time frontier)
{
	s->stale |= s->table.open && s->table.time < frontier;
	if (pw_table_frontier(&s->table, frontier) < 0)
		return -1;
	return s->stale && pw_live_due(&s->live) ? draw(s) : 0;
}

/* The whole table, unless the line was stopped and shows what there is room for. */
static int live_end(struct pw_shape *s, bool finished)
{
	if (finished || s->live.drawn == 0)
		return pw_live_clear(&s->live) < 0 ? -1 : write_table(s, finished, true);
	return s->stale ? draw(s) : 0;
}

const struct pw_shape_kind pw_shape_once = {
	.name = "the rows of the one commit",
	.keeps = "a record per different row",
	.open = table_open,
	.batch = table_batch,
	.frontier = table_frontier,
	.end = once_end,
};

const struct pw_shape_kind pw_shape_table = {
	.name = "the current table",
	.keeps = "a record per different row",
	.open = table_open,
	.batch = table_batch,
	.frontier = table_frontier,
	.end = table_end,
};

const struct pw_shape_kind pw_shape_sorted = {
	.name = "the current table",
	.keeps = "every row",
	.open = sorted_open,
	.batch = table_batch,
	.frontier = table_frontier,
	.end = table_end,
};

const struct pw_shape_kind pw_shape_live = {
	.name = "the current table, live",
	.keeps = "a record per different row",
	.open = live_open,
	.batch = table_batch,
	.frontier = live_frontier,
	.end = live_end,
};
