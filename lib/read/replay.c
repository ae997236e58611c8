#include "replay.h"

#include <stdlib.h>
#include <sys/resource.h>

int pw_replay_open(struct pw_replay *p, const struct pw_replay_wish *wish,
		   const struct pw_schema *schema)
{
	*p = (struct pw_replay){.files.schema = schema};
	if (pw_pace_open(&p->pace, wish->speed, wish->from) < 0)
		return -1;
	return pw_replay_time_open(&p->files.time, schema, wish->column, wish->unit,
				   wish->autocommit);
}

/* ---- the lanes, as a heap: the least next value on top, among equal values the first file's ---- */

static bool before(const struct pw_replay_lane *a, const struct pw_replay_lane *b)
{
	return a->place < b->place || (a->place == b->place && a->order < b->order);
}

/* The lane at i may be later than the lanes below it: it goes where it belongs. */
static void sink(struct pw_replay *p, size_t i)
{
	struct pw_replay_lane *lane = p->heap[i];

	for (size_t below; (below = 2 * i + 1) < p->heap_count; i = below) {
		if (below + 1 < p->heap_count && before(p->heap[below + 1], p->heap[below]))
			below++;
		if (!before(p->heap[below], lane))
			break;
		p->heap[i] = p->heap[below];
	}
	p->heap[i] = lane;
}

static void drop_top(struct pw_replay *p)
{
	p->heap[0] = p->heap[--p->heap_count];
	if (p->heap_count > 0)
		sink(p, 0);
}

/* The lane whose turn is after the top one's; NULL: there is no other. */
static const struct pw_replay_lane *second(const struct pw_replay *p)
{
	if (p->heap_count < 3)
		return p->heap_count == 2 ? p->heap[1] : NULL;
	return before(p->heap[2], p->heap[1]) ? p->heap[2] : p->heap[1];
}

/* Where there are many files, as many may be open as the system allows. */
static void allow_descriptors(size_t files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < files + 64) {
		limit.rlim_cur = limit.rlim_max < files + 64 ? limit.rlim_max : files + 64;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void pw_replay_share(struct pw_replay *p, struct pw_reader *first,
		     const struct pw_parser_layout *layout)
{
	struct pw_replay_files *f = &p->files;
	const size_t n = first->path_count;

	p->tool = first->tool;
	f->first = first;
	f->paths = first->paths;
	f->layout = layout;
	f->count = n;
	first->path_count = n > 0;
	p->lanes = pw_mem_zero(n + 1, sizeof *p->lanes);
	p->heap = pw_mem_alloc(n + 1, sizeof *p->heap);
	allow_descriptors(n);
	for (size_t i = 0; i < n; i++)
		p->lanes[i].index = p->lanes[i].order = i;
}

int pw_replay_enter(struct pw_replay *p, struct pw_replay_lane *lane, bool sleeps)
{
	int rc;

	while ((rc = sleeps ? pw_replay_lane_peek(&p->files, lane)
			    : pw_replay_lane_fill(&p->files, lane)) == PW_READER_WAITS)
		pw_reader_wait(lane->reader);
	if (rc < 0)
		return -1;
	if (!lane->ended)
		p->heap[p->heap_count++] = lane;
	return 0;
}

void pw_replay_entered(struct pw_replay *p)
{
	for (size_t i = p->heap_count; i-- > 0;)
		sink(p, i);
}

int pw_replay_start(struct pw_replay *p, struct pw_reader *first,
		    const struct pw_parser_layout *layout)
{
	pw_replay_share(p, first, layout);
	for (size_t i = 0; i < p->files.count; i++)
		if (pw_replay_enter(p, &p->lanes[i],
				    pw_replay_lane_sleeps(&p->files, &p->lanes[i])) < 0)
			return -1;
	pw_replay_entered(p);
	return 0;
}

void pw_replay_close(struct pw_replay *p)
{
	for (size_t i = 0; p->lanes != NULL && i < p->files.count; i++) {
		pw_replay_lane_close(&p->files, &p->lanes[i]);
		pw_replay_lane_forget(&p->lanes[i]);
	}
	free(p->lanes);
	free(p->heap);
	free(p->runs);
	pw_replay_ends_release(&p->files.ends);
	*p = (struct pw_replay){0};
}

/* ---- merging ---- */

static void add_run(struct pw_replay *p, struct pw_batch *b, pw_time time, uint32_t rows)
{
	if (b->run_count > 0 && p->runs[b->run_count - 1].time == time) {
		p->runs[b->run_count - 1].rows += rows;
		return;
	}
	p->runs = pw_mem_grow(p->runs, &p->run_capacity, b->run_count + 1, sizeof *p->runs);
	p->runs[b->run_count++] = (struct pw_run){time, rows, 0};
}

/* Does row i of a lane come after the next row of another? They share a commit time. */
static bool is_after(const struct pw_replay *p, const struct pw_replay_lane *lane, uint32_t i,
		     const struct pw_replay_lane *other)
{
	const int64_t place = pw_replay_time_place(&p->files.time, lane->view, i);

	return place > other->place || (place == other->place && other->order < lane->order);
}

/*
 * Takes rows of the top lane with their commit times: those up to a time, late
 * ones among them, that come before the rows of other lanes. Their order does
 * not depend on the pace.
 */
static void take(struct pw_replay *p, pw_time limit, struct pw_builder *out)
{
	struct pw_replay_lane *lane = p->heap[0];
	const struct pw_replay_lane *other = second(p);
	struct pw_batch b = *lane->view;
	const uint32_t from = lane->at;
	uint32_t i = from;
	const bool trails = p->files.trails;

	if (other != NULL && limit > other->next)
		limit = other->next;
	b.run_count = 0;
	if (from > 0)
		add_run(p, &b, 0, from); /* they have been handed out; only their number counts */
	if (trails && lane->times[from] <= p->files.now && lane->trail.mark_time != p->files.now)
		pw_replay_trail_mark(&lane->trail, p->files.now, from);
	for (; i < b.rows && lane->times[i] <= limit; i++) {
		if (other != NULL && lane->times[i] == other->next && is_after(p, lane, i, other))
			break;
		if (lane->times[i] > p->files.now) {
			p->files.now = lane->times[i];
			p->complete = p->taken + (i - from);
			if (trails)
				pw_replay_trail_mark(&lane->trail, p->files.now, i);
		}
		add_run(p, &b, p->files.now, 1);
	}
	p->taken += i - from;
	if (i < b.rows)
		add_run(p, &b, PW_TIME_END, b.rows - i);
	b.runs = p->runs;
	pw_builder_append(out, &b, from, i - from);
	lane->at = i;
	if (i < b.rows)
		pw_replay_lane_next(&p->files, lane);
}

/*
 * 0: the lane on top has rows in hand, or no lane is left; PW_READ_IDLE: its
 * file is a pipe, which has nothing now; -1
 */
static int fill_top(struct pw_replay *p)
{
	while (p->heap_count > 0 && pw_replay_lane_empty(p->heap[0])) {
		struct pw_replay_lane *lane = p->heap[0];
		const int rc = pw_replay_lane_fill(&p->files, lane);
		if (rc != 0)
			return rc < 0 ? -1 : PW_READ_IDLE;
		if (lane->ended)
			drop_top(p);
		else
			sink(p, 0);
	}
	return 0;
}

/*
 * Nothing may pass yet: first it is said what is complete, so that nobody waits
 * for that longer than for us. No commit is in hand then.
 */
static int hold_back(struct pw_replay *p)
{
	const pw_time next = p->heap[0]->next;

	if (next <= p->promised)
		return PW_READ_IDLE;
	p->promised = next;
	return PW_READ_FRONTIER;
}

void pw_replay_wait(struct pw_replay *p)
{
	struct pw_replay_lane *top = p->heap[0];

	if (pw_replay_lane_empty(top))
		pw_reader_wait(top->reader);
	else if (pw_tool_wait_until(p->tool, -1, pw_pace_due(&p->pace, top->next), true) ==
		 PW_WAITED_STOP)
		pw_tool_stopped(p->tool);
}

int pw_replay_next(struct pw_replay *p, struct pw_builder *out)
{
	const int rc = fill_top(p);

	if (rc != 0)
		return rc;
	if (p->heap_count == 0)
		return PW_READ_END;
	if (!p->unpaced)
		pw_pace_start(&p->pace, p->heap[0]->next);
	const pw_time bound = p->unpaced ? PW_TIME_END : pw_pace_now(&p->pace);
	if (p->heap[0]->next > bound)
		return hold_back(p);
	while (p->heap[0]->next <= bound) {
		take(p, bound, out);
		if (pw_replay_lane_empty(p->heap[0]) || pw_builder_full(out))
			break;
		sink(p, 0);
		if (pw_replay_lane_empty(p->heap[0])) /* asleep */
			break;
	}
	return PW_READ_ROWS;
}
