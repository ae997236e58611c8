#include "../fmt/live.h"
#include "../tool/signal.h"
#include "mode_table_internal.h"

struct live {
	struct pw_mode_held held;
	struct pw_live screen;
};

static int live_open(struct pw_mode *s)
{
	struct live *l = s->own = pw_mem_zero(1, sizeof *l);

	pw_live_init(&l->screen, s->dest->fd, s->how.colour, pw_dest_write, s->dest);
	pw_signal_watch_screen();
	return pw_mode_table_open(s, false);
}

static int draw(struct live *l)
{
	l->held.stale = false;
	return pw_live_draw(&l->screen, &l->held.table);
}

/*
 * Draws the table if it has changed, or else the status line below it if that
 * is old; and says when it is to be called again.
 */
static int look(struct pw_mode *s, bool again)
{
	struct live *l = s->own;
	struct pw_live *screen = &l->screen;
	int rc = 0;

	pw_live_note(screen, s->tool->rows_in, s->tool->frontier);
	if (again || (l->held.stale && pw_live_due(screen)))
		rc = draw(l);
	else if (pw_live_idle(screen))
		rc = screen->drawn > 0 && !pw_live_resized(screen) ? pw_live_tick(screen) : draw(l);
	pw_tool_sink_flush_at(s->tool, l->held.stale && screen->next < screen->tick ? screen->next
										    : screen->tick);
	return rc;
}

static int live_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	return pw_mode_table_batch(s, batch) < 0 ? -1 : look(s, false);
}

static int live_frontier(struct pw_mode *s, pw_time frontier)
{
	struct live *l = s->own;

	l->held.stale |= l->screen.drawn == 0;
	return pw_mode_table_close(s, frontier) < 0 ? -1 : look(s, false);
}

static int live_flush(struct pw_mode *s)
{
	struct live *l = s->own;
	const bool lost = pw_signal_continued();

	if (lost)
		pw_live_lost(&l->screen);
	return look(s, lost || pw_live_resized(&l->screen));
}

/* The whole table, unless the pipeline was stopped: then what there is room for stays. */
static int live_end(struct pw_mode *s)
{
	struct live *l = s->own;

	if (!s->finished && l->screen.drawn > 0)
		return pw_live_last(&l->screen, &l->held.table);
	if (pw_mode_table_finish(s) < 0 || pw_live_clear(&l->screen) < 0)
		return -1;
	s->how.width = pw_mode_screen_width(s);
	return pw_mode_table_write(s, true);
}

const struct pw_mode_kind pw_mode_live = {
	.name = "the current table, live",
	.state = "a record per different row",
	.replaces = true,
	.open = live_open,
	.batch = live_batch,
	.frontier = live_frontier,
	.flush = live_flush,
	.end = live_end,
};
