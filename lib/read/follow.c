#include "../store/record.h"
#include "follow_internal.h"

#include <stdlib.h>

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader, const struct pw_follow_wish *wish)
{
	const struct pw_connector_kind *kind = pw_connector_of(wish->source.sources[0]);

	*f = (struct pw_follow){.reader = reader, .wish = *wish, .whole = true};
	for (size_t i = 1; i < wish->source.source_count; i++)
		if (pw_connector_of(wish->source.sources[i]) != kind)
			return pw_fail(PW_USAGE,
				       "%s and %s are followed in different ways: read each on"
				       " its own, and put them together with pw-concat",
				       wish->source.sources[0], wish->source.sources[i]);
	if (wish->source.track && kind != &pw_connector_files)
		return pw_fail(PW_USAGE, "%s: --track is for files", wish->source.sources[0]);
	f->connector = pw_connector_open(wish->source.track ? &pw_connector_tables : kind,
					 &f->wish.source);
	return f->connector == NULL ? -1 : 0;
}

void pw_follow_close(struct pw_follow *f)
{
	if (f->connector != NULL)
		pw_connector_close(f->connector);
	f->connector = NULL;
	pw_bytes_release(&f->bytes);
	free(f->lines.items);
	free(f->sent);
}

void pw_follow_open_commits(struct pw_follow *f, bool loads)
{
	const pw_time first =
		f->resume == NULL || f->resume->is_empty ? 0 : f->resume->store->start;

	pw_commits_open(&f->commits, first, loads, f->wish.autocommit, pw_clock_now(&f->clock));
}

/* Rows that carry their times may be beyond what a clock can show: for them it only tells how much time has passed. */
static int resume_clock(struct pw_follow *f, const struct pw_store *store)
{
	if (store->start > PW_CLOCK_MOST && !f->wish.timed)
		return pw_fail(PW_STATE,
			       "%s: an earlier run had rows of time %" PRIu64
			       ", and the clock would go on from there:"
			       " give this reader another directory, or forget the state with "
			       "`pw-state %s --reset`",
			       store->path, store->above - 1, store->path);
	const pw_time start = store->start < PW_CLOCK_MOST ? store->start : PW_CLOCK_MOST;
	f->clock = (struct pw_clock){.start = (int64_t)start * 1000000, .boot = store->boot};
	return 0;
}

int pw_follow_start(struct pw_follow *f, struct pw_resume *resume, bool loads)
{
	f->resume = resume;
	f->playing = resume != NULL;
	if (resume == NULL)
		pw_clock_start(&f->clock);
	else if (resume_clock(f, resume->store) < 0)
		return -1;
	pw_follow_open_commits(f, loads);
	return 0;
}

/* Where columns were waited for there was nothing to replay, and the source has been begun. */
int pw_follow_start_behind(struct pw_follow *f, const struct pw_replay_ends *ends, pw_time last)
{
	pw_clock_start(&f->clock);
	const int64_t now = pw_clock_now(&f->clock);
	const pw_time clock = pw_clock_even(now);

	f->frontier = clock > last + 2 ? clock : last + 2;
	pw_commits_open(&f->commits, f->frontier, true, f->wish.autocommit, now);
	f->replayed = ends;
	if (f->held || ends->offsets.count == 0)
		return 0;
	return f->connector->kind->seek(f->connector, &ends->offsets);
}

/* ---- commits ---- */

bool pw_follow_loads(const struct pw_follow *f)
{
	return f->commits.first && f->commits.loads;
}

static void note_sent(struct pw_follow *f, pw_time time, uint64_t rows)
{
	if (f->wish.backlog == 0 || rows == 0)
		return;
	f->sent = pw_mem_grow(f->sent, &f->sent_capacity, f->sent_count + 1, sizeof *f->sent);
	f->sent[f->sent_count++] = (struct pw_follow_sent){time, rows};
	f->sent_rows += rows;
}

/* Are more rows under way than may be? */
static int look_at_backlog(struct pw_follow *f)
{
	const uint64_t rows = f->wish.backlog > 0 ? f->sent_rows + f->resume->rows : 0;
	pw_time least;
	size_t passed = 0;

	f->full = false;
	if (rows <= f->wish.backlog)
		return 0;
	if (pw_record_backlog(f->resume->store, &least) < 0)
		return -1;
	while (passed < f->sent_count && f->sent[passed].time < least)
		f->sent_rows -= f->sent[passed++].rows;
	if (passed > 0)
		memmove(f->sent, f->sent + passed, (f->sent_count - passed) * sizeof *f->sent);
	f->sent_count -= passed;
	f->full = f->sent_rows + f->resume->rows > f->wish.backlog;
	return 0;
}

int pw_follow_check_commit(const struct pw_follow *f)
{
	const struct pw_resume *r = f->resume;

	if (r == NULL)
		return 0;
	if (r->store->finished && f->commits.has_rows)
		return pw_fail(
			PW_STATE,
			"%s: the line has finished, and there is more to read: begin anew with"
			" --reset",
			r->store->path);
	return f->commits.has_rows || r->is_empty;
}

/* f->frontier has moved: no later run may begin below it. */
static int promise(const struct pw_follow *f)
{
	if (f->resume != NULL && pw_store_promise(f->resume->store, f->frontier - 1) < 0)
		return -1;
	return PW_FOLLOW_FRONTIER;
}

int pw_follow_cut(struct pw_follow *f, bool kept, int64_t cut)
{
	const pw_time time = f->commits.time;

	f->frontier = pw_commits_cut(&f->commits, cut, pw_clock_now(&f->clock));
	if (f->finished) /* no promise beyond it is needed: the next run need not start later for it */
		f->frontier = f->resume != NULL && !kept ? time : time + 1;
	f->cut = true;
	return promise(f);
}

static int end_commit(struct pw_follow *f)
{
	const uint64_t rows = f->resume != NULL ? f->resume->rows : 0;
	const int64_t cut = pw_clock_now(&f->clock);
	const int kept = pw_follow_check_commit(f);

	f->must = false;
	if (kept < 0 ||
	    (kept > 0 && pw_resume_commit(f->resume, f->connector, f->commits.time) < 0))
		return -1;
	if (kept > 0)
		note_sent(f, f->commits.time, rows);
	return pw_follow_cut(f, kept > 0, cut);
}

/* May the commit in hand end here, and shall it? */
static bool shall_end(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;
	const bool idle = f->idle && !f->slow;

	if (f->wish.timed || !(c->has_rows || c->first))
		return false;
	if (f->finished)
		return true;
	if (f->in_block && !f->must)
		return false;
	if (f->must)
		return true;
	if (f->must_not)
		return false;
	if (f->full && c->has_rows && !pw_follow_loads(f))
		return true;
	if (c->autocommit < 0)
		return c->first && idle && f->whole;
	if (pw_tool_stopping(f->reader->tool) && !pw_follow_loads(f))
		return true;
	return pw_commits_due(c, idle, pw_clock_now(&f->clock));
}

bool pw_follow_stops(const struct pw_follow *f, bool busy)
{
	struct pw_tool *t = f->reader->tool;

	if (!pw_tool_stopping(t) || (busy && !pw_tool_overdue(t)))
		return false;
	if (f->frontier == 0)
		pw_tool_stopped(t);
	return true;
}

int pw_follow_step(struct pw_follow *f)
{
	if ((!f->idle && !f->full) || f->wish.timed ||
	    !pw_commits_step(&f->commits, pw_clock_now(&f->clock)))
		return 0;
	f->frontier = f->commits.promised;
	f->cut = false;
	return promise(f);
}

/* The same while the source has more, and is slow: what has come waits no longer than that. */
static int64_t slow_deadline(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	return c->has_rows && c->autocommit >= 0 && !pw_follow_loads(f) ? c->row_at + c->autocommit
									: INT64_MAX;
}

int64_t pw_follow_deadline(const struct pw_follow *f)
{
	const int64_t at = f->wish.timed ? INT64_MAX
			   : f->slow     ? slow_deadline(f)
					 : pw_commits_next(&f->commits);

	if (at == INT64_MAX || f->in_block || f->must_not)
		return INT64_MAX;
	return at - f->clock.start + f->clock.boot;
}

int pw_follow_end(struct pw_follow *f, bool suspended)
{
	f->suspended = suspended;
	f->dropped = f->commits.has_rows || f->in_commit;
	return PW_FOLLOW_END;
}

/* Sinks have too much before them: a look every few ms. */
static void wait_for_sinks(struct pw_follow *f)
{
	enum { LOOK_MS = 5 };
	const int64_t at = pw_clock_boot() + LOOK_MS * 1000000, due = pw_follow_deadline(f);

	f->piece.fd = -1;
	f->read_at = INT64_MAX;
	pw_follow_sleep(f, at < due ? at : due);
}

/* One step of reading on: rows in out, a promise, or 0. */
static int read_more(struct pw_follow *f, struct pw_builder *out)
{
	if (f->wish.backlog > 0 && !f->in_block && !pw_follow_loads(f) && look_at_backlog(f) < 0)
		return -1;
	if (f->full) {
		if (!f->commits.has_rows)
			wait_for_sinks(f);
		return 0;
	}
	if (f->idle) {
		pw_follow_sleep(f, pw_follow_deadline(f));
		return 0;
	}
	if (pw_follow_take(f, out) < 0)
		return -1;
	const bool moved = pw_follow_note_times(f, out);
	if (out->rows > 0)
		return PW_FOLLOW_ROWS;
	return moved ? PW_FOLLOW_FRONTIER : 0;
}

int pw_follow_next(struct pw_follow *f, struct pw_builder *out)
{
	const struct pw_commits *c = &f->commits;
	int event = 0;

	while (event == 0) {
		if (f->playing) {
			if (pw_follow_stops(f, true))
				return pw_follow_end(f, true);
			event = pw_follow_play(f, out);
			continue;
		}
		if (pw_follow_timed(f)) {
			event = pw_follow_timed_step(f, out);
			continue;
		}
		if (shall_end(f))
			return end_commit(f);
		if (f->finished)
			return pw_follow_end(f, false);
		if (pw_follow_stops(f, !f->wish.timed && (c->has_rows || c->first)))
			return pw_follow_end(f, true);
		event = pw_follow_step(f);
		if (event == 0)
			event = read_more(f, out);
	}
	return event;
}
