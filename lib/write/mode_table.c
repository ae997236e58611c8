#include "../base/io.h"
#include "../tool/state.h"
#include "mode_table_internal.h"

enum { REPLACE_MS = 100, SHARE = 10 };

struct table {
	struct pw_mode_held held;
	bool replaced; /* the destination has been replaced by this run */
	int64_t next;  /* ms: it is not replaced again before */
};

/* ---- of every mode that holds a table ---- */

int pw_mode_table_open(struct pw_mode *s, bool append_only)
{
	struct pw_mode_held *h = s->own;

	pw_table_init(&h->table, &s->order, append_only);
	if (pw_mode_open_writer(s) < 0)
		return -1;
	h->checkpointer = pw_table_checkpointer(&h->table);
	const int state = pw_tool_register_state(s->tool, &h->checkpointer, &h->table);
	h->table.delta.on = state > 0;
	h->stale = state > 0; /* what an earlier run has left may be older than the table */
	return state < 0 ? -1 : 0;
}

int pw_mode_table_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	struct pw_mode_held *h = s->own;
	const pw_time first = h->table.commit.open ? h->table.commit.time : batch->runs[0].time;
	const int rc = pw_table_batch(&h->table, batch);

	h->stale |= h->table.commit.time != first; /* a commit was closed */
	s->tool->state_bytes = pw_table_bytes(&h->table);
	return rc;
}

int pw_mode_table_close(struct pw_mode *s, pw_time frontier)
{
	struct pw_mode_held *h = s->own;

	h->stale |= h->table.commit.open && h->table.commit.time < frontier;
	return pw_table_frontier(&h->table, frontier);
}

int pw_mode_table_finish(struct pw_mode *s)
{
	struct pw_mode_held *h = s->own;

	h->stale |= s->finished && h->table.commit.open;
	return s->finished ? pw_table_finish(&h->table) : 0;
}

int pw_mode_table_write(struct pw_mode *s, bool sorted)
{
	struct pw_mode_held *h = s->own;
	pw_diff copies;

	pw_table_arrange(&h->table, sorted);
	for (size_t i = 0; i < h->table.count; i++) {
		const struct pw_slice row = pw_table_row(&h->table, i, &copies);

		if (pw_mode_row(s, row, 0, copies) < 0)
			return -1;
	}
	return pw_mode_close_writer(s);
}

/* ---- written once, or replaced after commits ---- */

static int table_open(struct pw_mode *s)
{
	s->own = pw_mem_zero(1, sizeof(struct table));
	return pw_mode_table_open(s, false);
}

static int sorted_open(struct pw_mode *s)
{
	s->own = pw_mem_zero(1, sizeof(struct table));
	return pw_mode_table_open(s, true);
}

static int once_end(struct pw_mode *s)
{
	return pw_mode_table_finish(s) < 0 ? -1 : pw_mode_table_write(s, false);
}

/* The next comes when this one has cost a tenth of the time, unless --every says when. */
static int replace(struct pw_mode *s)
{
	struct table *t = s->own;
	const int64_t start = pw_io_ms();

	if (s->dest == NULL && (pw_mode_open_dest(s) < 0 || pw_mode_open_writer(s) < 0))
		return -1;
	if (pw_mode_table_write(s, true) < 0)
		return -1;
	const int64_t now = pw_io_ms(), pause = SHARE * (now - start);
	t->next = s->every > 0 ? start + s->every : now + (pause > REPLACE_MS ? pause : REPLACE_MS);
	t->held.stale = false;
	t->replaced = true;
	return 0;
}

/*
 * A pipeline with state comes again through times whose tables an earlier run
 * has written. Until it has passed them, a replacement would make the
 * destination older.
 */
static bool catching_up(const struct pw_mode *s)
{
	return s->tool->frontier < pw_mode_record_reached(s);
}

/* The first complete commit makes a table, even if that has no rows. */
static int table_frontier(struct pw_mode *s, pw_time frontier)
{
	struct table *t = s->own;

	if (pw_mode_table_close(s, frontier) < 0)
		return -1;
	if (!s->at_once || catching_up(s))
		return 0;
	t->held.stale |= !t->replaced;
	return t->held.stale && pw_io_ms() >= t->next ? replace(s) : 0;
}

/* A replacement that was put off comes in its time, though nothing else does. */
static int table_flush(struct pw_mode *s)
{
	const struct table *t = s->own;

	if (!s->at_once || !t->held.stale || catching_up(s))
		return 0;
	if (pw_io_ms() < t->next) {
		pw_tool_sink_flush_at(s->tool, t->next);
		return 0;
	}
	pw_tool_sink_flush_at(s->tool, 0);
	return replace(s);
}

static int table_end(struct pw_mode *s)
{
	const struct table *t = s->own;

	if (pw_mode_table_finish(s) < 0)
		return -1;
	/* a run that broke off may not have been sent again all that an earlier one had */
	if (catching_up(s) && pw_tool_durable(s->tool) < PW_TIME_END)
		return 0;
	return t->held.stale || !t->replaced ? replace(s) : 0;
}

const struct pw_mode_kind pw_mode_once = {
	.name = "the rows of the one commit",
	.state = "a record per different row",
	.open = table_open,
	.batch = pw_mode_table_batch,
	.frontier = pw_mode_table_close,
	.end = once_end,
};

const struct pw_mode_kind pw_mode_table = {
	.name = "the current table",
	.state = "a record per different row",
	.replaces = true,
	.open = table_open,
	.batch = pw_mode_table_batch,
	.frontier = table_frontier,
	.flush = table_flush,
	.end = table_end,
};

const struct pw_mode_kind pw_mode_sorted = {
	.name = "the current table",
	.state = "every row",
	.replaces = true,
	.open = sorted_open,
	.batch = pw_mode_table_batch,
	.frontier = table_frontier,
	.flush = table_flush,
	.end = table_end,
};
