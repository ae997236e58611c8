#include "../base/io.h"
#include "../tool/signal.h"
#include "../tool/state.h"
#include "mode.h"

enum { REPLACE_MS = 100, SHARE = 10 };

static int open_table(struct pw_mode *s, bool append_only)
{
	pw_table_init(&s->table, &s->order, append_only);
	return pw_mode_open_writer(s);
}

static int table_open(struct pw_mode *s)
{
	return open_table(s, false);
}

static int sorted_open(struct pw_mode *s)
{
	return open_table(s, true);
}

static int table_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	const pw_time first = s->table.open ? s->table.time : batch->runs[0].time;
	const int rc = pw_table_batch(&s->table, batch);

	s->stale |= s->table.time != first; /* a commit was closed */
	s->tool->state_bytes = pw_table_bytes(&s->table);
	return rc;
}

static int close_commit(struct pw_mode *s, pw_time frontier)
{
	s->stale |= s->table.open && s->table.time < frontier;
	return pw_table_frontier(&s->table, frontier);
}

static int write_table(struct pw_mode *s, bool sorted)
{
	pw_diff copies;

	pw_table_arrange(&s->table, sorted);
	for (size_t i = 0; i < s->table.count; i++) {
		const struct pw_slice row = pw_table_row(&s->table, i, &copies);

		if (pw_mode_row(s, row, 0, copies) < 0)
			return -1;
	}
	return pw_mode_close_writer(s);
}

static int finish(struct pw_mode *s, bool finished)
{
	s->stale |= finished && s->table.open;
	return finished ? pw_table_finish(&s->table) : 0;
}

static int once_end(struct pw_mode *s, bool finished)
{
	return finish(s, finished) < 0 ? -1 : write_table(s, false);
}

/* ---- replaced after commits ---- */

/* The next comes when this one has cost a tenth of the time, unless --every says when. */
static int replace(struct pw_mode *s)
{
	const int64_t start = pw_io_ms();

	if (s->sink.name == NULL &&
	    (pw_sink_open(&s->sink, s->destination, false) < 0 || pw_mode_open_writer(s) < 0))
		return -1;
	if (write_table(s, true) < 0)
		return -1;
	const int64_t now = pw_io_ms(), pause = SHARE * (now - start);
	s->next = s->every > 0 ? start + s->every : now + (pause > REPLACE_MS ? pause : REPLACE_MS);
	s->stale = false;
	s->replaced = true;
	return 0;
}

/*
 * A line that goes on comes through times again that DEST has shown: until it
 * is there, DEST would only become older. held: what had been reached.
 */
static bool behind(const struct pw_mode *s)
{
	return s->tool->frontier < s->held;
}

/* The first complete commit makes a table, even if it has no rows. */
static int table_frontier(struct pw_mode *s, pw_time frontier)
{
	if (close_commit(s, frontier) < 0)
		return -1;
	if (!s->at_once || behind(s))
		return 0;
	s->stale |= !s->replaced;
	return s->stale && pw_io_ms() >= s->next ? replace(s) : 0;
}

/* What was put off is not put off for longer than it must because nothing comes. */
static int table_flush(struct pw_mode *s)
{
	if (!s->at_once || !s->stale || behind(s))
		return 0;
	if (pw_io_ms() < s->next) {
		pw_tool_sink_flush_at(s->tool, s->next);
		return 0;
	}
	pw_tool_sink_flush_at(s->tool, 0);
	return replace(s);
}

static int table_end(struct pw_mode *s, bool finished)
{
	if (finish(s, finished) < 0)
		return -1;
	/* one that broke off may not have sent again all that there is */
	if (behind(s) && pw_tool_durable(s->tool) < PW_TIME_END)
		return 0;
	return s->stale || !s->replaced ? replace(s) : 0;
}

/* ---- live ---- */

static int live_open(struct pw_mode *s)
{
	pw_live_init(&s->live, s->sink.fd, s->how.colour, pw_sink_write, &s->sink);
	pw_signal_watch_screen();
	return table_open(s);
}

static int draw(struct pw_mode *s)
{
	s->stale = false;
	return pw_live_draw(&s->live, &s->table);
}

/* Draws what has changed, or the line below if that is old, and asks to be called again. */
static int look(struct pw_mode *s, bool again)
{
	int rc = 0;

	pw_live_note(&s->live, s->tool->rows_in, s->tool->frontier);
	if (again || (s->stale && pw_live_due(&s->live)))
		rc = draw(s);
	else if (pw_live_idle(&s->live))
		rc = s->live.drawn > 0 ? pw_live_tick(&s->live) : draw(s);
	pw_tool_sink_flush_at(s->tool, s->stale && s->live.next < s->live.tick ? s->live.next
									       : s->live.tick);
	return rc;
}

static int live_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	return table_batch(s, batch) < 0 ? -1 : look(s, false);
}

static int live_frontier(struct pw_mode *s, pw_time frontier)
{
	s->stale |= s->live.drawn == 0;
	return close_commit(s, frontier) < 0 ? -1 : look(s, false);
}

static int live_flush(struct pw_mode *s)
{
	const bool lost = pw_signal_continued();

	if (lost)
		pw_live_lost(&s->live);
	return look(s, lost || pw_live_resized(&s->live));
}

/* The whole table, unless the line was stopped and shows what there is room for. */
static int live_end(struct pw_mode *s, bool finished)
{
	if (!finished && s->live.drawn > 0)
		return pw_live_last(&s->live, &s->table);
	return finish(s, finished) < 0 || pw_live_clear(&s->live) < 0 ? -1 : write_table(s, true);
}

const struct pw_mode_kind pw_mode_once = {
	.name = "the rows of the one commit",
	.keeps = "a record per different row",
	.open = table_open,
	.batch = table_batch,
	.frontier = close_commit,
	.end = once_end,
};

const struct pw_mode_kind pw_mode_table = {
	.name = "the current table",
	.keeps = "a record per different row",
	.replaces = true,
	.open = table_open,
	.batch = table_batch,
	.frontier = table_frontier,
	.flush = table_flush,
	.end = table_end,
};

const struct pw_mode_kind pw_mode_sorted = {
	.name = "the current table",
	.keeps = "every row",
	.replaces = true,
	.open = sorted_open,
	.batch = table_batch,
	.frontier = table_frontier,
	.flush = table_flush,
	.end = table_end,
};

const struct pw_mode_kind pw_mode_live = {
	.name = "the current table, live",
	.keeps = "a record per different row",
	.replaces = true,
	.open = live_open,
	.batch = live_batch,
	.frontier = live_frontier,
	.flush = live_flush,
	.end = live_end,
};
