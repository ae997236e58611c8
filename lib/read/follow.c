#include "follow.h"
#include "../store/record.h"
#include "ahead.h"
#include "follow_internal.h"

#include <stdlib.h>

#define MS INT64_C(1000000)

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader, const struct pw_follow_wish *wish)
{
	const struct pw_connector_kind *kind = pw_connector_of(wish->source.sources[0]);

	*f = (struct pw_follow){.reader = reader, .wish = *wish};
	f->wish.source.clock = &f->clock;
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
	pw_hold_close(&f->hold);
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
	f->clock = (struct pw_clock){.start = (int64_t)start * MS, .boot = store->boot};
	return 0;
}

int pw_follow_start(struct pw_follow *f, struct pw_resume *resume, bool loads)
{
	f->resume = resume;
	f->phase = resume != NULL ? PW_FOLLOW_PLAYING : PW_FOLLOW_READING;
	if (resume == NULL)
		pw_clock_start(&f->clock);
	else if (resume_clock(f, resume->store) < 0)
		return -1;
	pw_follow_open_commits(f, loads);
	pw_follow_keep_step(f, resume == NULL || resume->is_empty);
	return 0;
}

static int start_clock_after(struct pw_follow *f, pw_time least)
{
	if (f->resume == NULL) {
		pw_clock_start(&f->clock);
		return 0;
	}
	if (least > PW_CLOCK_MOST)
		return pw_fail(PW_STATE,
			       "--replay: rows go up to time %" PRIu64
			       ", from which no clock can go on live: leave out -F",
			       least);
	return resume_clock(f, f->resume->store);
}

int pw_follow_start_after(struct pw_follow *f, struct pw_resume *resume, pw_time least)
{
	f->resume = resume;
	if (start_clock_after(f, least) < 0)
		return -1;
	const int64_t now = pw_clock_now(&f->clock);
	const pw_time clock = pw_clock_even(now), even = (least + 1) / 2 * 2;

	f->frontier = clock > even ? clock : even;
	pw_commits_open(&f->commits, f->frontier, true, f->wish.autocommit, now);
	pw_follow_keep_step(f, false);
	return 0;
}

int pw_follow_seek_after(struct pw_follow *f, const struct pw_replay_ends *ends)
{
	f->replayed = ends;
	if (pw_follow_is_begun(f) || ends->offsets.count == 0)
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

static uint64_t excess_of(const struct pw_follow *f)
{
	const uint64_t rows = f->sent_rows + f->resume->rows;

	return rows > f->wish.backlog ? rows - f->wish.backlog : 0;
}

/* Are more rows under way than may be? A commit that can't end here is read on all the same. */
static int look_at_backlog(struct pw_follow *f)
{
	pw_time least;
	size_t passed = 0;

	f->excess = 0;
	if (f->wish.backlog == 0 || pw_follow_in_block(f) || f->bound == PW_FOLLOW_MUST_NOT_END ||
	    pw_follow_loads(f) || excess_of(f) == 0)
		return 0;
	if (pw_record_backlog(f->resume->store, &least) < 0)
		return -1;
	while (passed < f->sent_count && f->sent[passed].time < least)
		f->sent_rows -= f->sent[passed++].rows;
	if (passed > 0)
		memmove(f->sent, f->sent + passed, (f->sent_count - passed) * sizeof *f->sent);
	f->sent_count -= passed;
	f->excess = excess_of(f);
	return 0;
}

int pw_follow_check_commit(const struct pw_follow *f)
{
	const struct pw_resume *r = f->resume;

	if (r == NULL)
		return 0;
	if (r->store->finished && f->commits.has_rows)
		return pw_resume_fail_finished(r);
	return f->commits.has_rows || r->is_empty;
}

/* f->frontier has moved: no later run may begin below it. */
static int promise(const struct pw_follow *f)
{
	if (f->resume != NULL && pw_store_promise(f->resume->store, f->frontier - 1) < 0)
		return -1;
	return PW_READ_FRONTIER;
}

int pw_follow_cut(struct pw_follow *f, bool durable, int64_t cut)
{
	const pw_time time = f->commits.time, next = pw_follow_joins(f);
	const int64_t now = pw_clock_now(&f->clock);

	f->frontier = next > 0 ? pw_commits_join(&f->commits, next, cut, now)
			       : pw_commits_cut(&f->commits, cut, now);
	/* At the end no promise beyond the commit is needed: the next run need not start later for it. */
	if (f->offer == PW_FOLLOW_FINISHED)
		f->frontier = f->resume != NULL && !durable ? time : time + 1;
	return promise(f);
}

static int end_commit(struct pw_follow *f)
{
	const uint64_t rows = f->resume != NULL ? f->resume->rows : 0;
	const int64_t cut = pw_clock_now(&f->clock);
	const int durable = pw_follow_check_commit(f);

	f->bound = f->bound == PW_FOLLOW_MUST_END        ? PW_FOLLOW_MAY_END
		   : f->bound == PW_FOLLOW_ENDS_IN_BLOCK ? PW_FOLLOW_IN_BLOCK
							 : f->bound;
	if (durable > 0)
		pw_follow_note_greatest(f);
	if (durable < 0 ||
	    (durable > 0 && pw_resume_commit(f->resume, f->connector, f->commits.time) < 0))
		return -1;
	if (durable > 0)
		note_sent(f, f->commits.time, rows);
	const int moved = pw_follow_cut(f, durable > 0, cut);
	if (f->sync != NULL && pw_sync_committed(f->sync) < 0)
		return -1;
	return moved;
}

/* May the commit in hand end here, and shall it? */
static bool shall_end(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;
	const bool idle = f->offer == PW_FOLLOW_IDLE || pw_follow_waits(f);

	if (f->wish.timed || !(c->has_rows || c->first))
		return false;
	if (f->offer == PW_FOLLOW_FINISHED)
		return true;
	if ((f->bound == PW_FOLLOW_IN_BLOCK && !pw_follow_waits_whole(f)) ||
	    f->bound == PW_FOLLOW_MUST_NOT_END)
		return false;
	if (f->bound != PW_FOLLOW_MAY_END || pw_follow_joins(f) > 0)
		return true;
	if (pw_follow_loads_on(f))
		return false;
	if (f->excess > 0 && c->has_rows && !pw_follow_loads(f))
		return true;
	if (c->autocommit < 0)
		return c->first && idle && f->loose == 0;
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

int pw_follow_end(struct pw_follow *f, bool stopped)
{
	/* A commit is in hand, or standard input has not come to where the earlier run ended. */
	const bool within = f->commits.has_rows || f->phase == PW_FOLLOW_COMMIT ||
			    f->phase == PW_FOLLOW_FETCHING || f->phase == PW_FOLLOW_PARSING ||
			    f->phase == PW_FOLLOW_PASSING_OVER;

	f->ending = !stopped ? PW_READ_COMPLETE : within ? PW_READ_BROKEN_OFF : PW_READ_STOPPED;
	return PW_READ_END;
}

int pw_follow_step(struct pw_follow *f)
{
	if ((!pw_follow_is_idle(f) && !pw_follow_waits(f) && f->excess == 0) || f->wish.timed ||
	    !pw_commits_step(&f->commits, pw_clock_now(&f->clock)))
		return 0;
	f->frontier = f->commits.promised;
	return promise(f);
}

/* ---- waiting ---- */

/* A source that has more and is slow: what has come waits no longer than autocommit. */
static int64_t slow_deadline(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	return c->has_rows && c->autocommit >= 0 && !pw_follow_loads(f) ? c->row_at + c->autocommit
									: INT64_MAX;
}

/* When to wake though the source stays silent, on the boot clock. */
static int64_t deadline_of(const struct pw_follow *f)
{
	if (f->phase != PW_FOLLOW_READING || f->wish.timed ||
	    (pw_follow_in_block(f) && !pw_follow_waits_whole(f)) ||
	    f->bound == PW_FOLLOW_MUST_NOT_END || pw_follow_loads_on(f))
		return INT64_MAX;
	const int64_t at =
		f->offer == PW_FOLLOW_SLOW ? slow_deadline(f) : pw_commits_next(&f->commits);
	return at == INT64_MAX ? at : at - f->clock.start + f->clock.boot;
}

/* The first look at a stop is for whoever decides what is left to be done. */
static enum pw_waited sleep_until(struct pw_follow *f, int fd, int64_t deadline)
{
	struct pw_tool *t = f->reader->tool;

	pw_must(t, pw_reject_flush(&f->reader->reject));
	return pw_tool_wait_until(t, fd, deadline, !pw_tool_stopping(t));
}

void pw_follow_sleep(struct pw_follow *f, int64_t deadline)
{
	const enum pw_waited why =
		sleep_until(f, f->piece.fd, deadline < f->read_at ? deadline : f->read_at);

	if (why == PW_WAITED_READY || pw_clock_boot() >= f->read_at)
		f->offer = PW_FOLLOW_UNKNOWN;
}

/* Rows are held: until the group says something. */
static void wait_for_others(struct pw_follow *f, int64_t due)
{
	int watch;
	const int64_t look = pw_sync_between_looks(f->sync, &watch);

	sleep_until(f, watch, look < due ? look : due);
	pw_sync_looked(f->sync);
	f->hold.waits = false;
}

void pw_follow_wait(struct pw_follow *f)
{
	enum { LOOK_MS = 5 }; /* between looks at how far sinks have come */
	const int64_t due = deadline_of(f), look = pw_clock_boot() + LOOK_MS * MS;

	if (f->excess > 0)
		sleep_until(f, -1, look < due ? look : due);
	else if (pw_follow_holds(f))
		wait_for_others(f, due);
	else
		pw_follow_sleep(f, due);
}

/* ---- steps ---- */

/* Rows are held: some of them in out, or 0; IDLE if none may go. */
static int let_go(struct pw_follow *f, struct pw_builder *out)
{
	if (pw_follow_waits(f))
		return PW_READ_IDLE;
	if (pw_follow_let_go(f, out) < 0)
		return -1;
	return out->rows > 0 ? PW_READ_ROWS : 0;
}

/* One step of reading on: rows in out, a promise, or 0. */
static int read_more(struct pw_follow *f, struct pw_builder *out)
{
	if (look_at_backlog(f) < 0)
		return -1;
	if (f->excess > 0)
		return f->commits.has_rows ? 0 : PW_READ_IDLE;
	if (pw_follow_holds(f))
		return let_go(f, out);
	if (pw_follow_is_idle(f))
		return PW_READ_IDLE;
	if (pw_follow_take(f, out) < 0)
		return -1;
	const bool moved = pw_follow_note_times(f, out);
	if (out->rows > 0)
		return PW_READ_ROWS;
	return moved ? PW_READ_FRONTIER : 0;
}

static int read_step(struct pw_follow *f, struct pw_builder *out)
{
	const struct pw_commits *c = &f->commits;

	if (pw_follow_timed(f))
		return pw_follow_timed_step(f, out);
	if (shall_end(f))
		return end_commit(f);
	if (f->offer == PW_FOLLOW_FINISHED)
		return pw_follow_end(f, false);
	if (pw_follow_stops(f, !f->wish.timed && (c->has_rows || c->first)))
		return pw_follow_end(f, true);
	const int promised = pw_follow_step(f);
	return promised != 0 ? promised : read_more(f, out);
}

int pw_follow_next(struct pw_follow *f, struct pw_builder *out)
{
	int event = 0;

	while (event == 0)
		event = f->phase == PW_FOLLOW_READING ? read_step(f, out) : pw_follow_play(f, out);
	return event;
}

void pw_follow_tell(const struct pw_follow *f, struct pw_builder *out, struct pw_read_event *ev)
{
	const bool timed = pw_follow_timed(f), reading = f->phase == PW_FOLLOW_READING;
	const uint32_t rows = timed && out->rows > 0 ? f->complete : out->rows;

	ev->frontier = f->frontier;
	ev->ending = f->ending;
	ev->synced = reading && f->resume != NULL;
	ev->uncovered = timed && reading;
	ev->let_go = f->sync != NULL;
	if (rows == 0)
		return;
	ev->batch = pw_ahead_first(out, rows);
	const pw_time last = ev->batch.runs[ev->batch.run_count - 1].time;
	if (!ev->uncovered && last > ev->frontier)
		ev->frontier = last;
}
