#include "align.h"

#include <stdlib.h>

void pw_align_open(struct pw_align *a, struct pw_tool *t)
{
	*a = (struct pw_align){.tool = t};
	a->lanes = pw_mem_zero(t->input_count, sizeof *a->lanes);
	for (size_t i = 0; i < t->input_count; i++) {
		const struct pw_schema *schema = &pw_tool_head(t, i)->schema;
		pw_builder_init(&a->lanes[i].waiting, schema);
		pw_builder_init(&a->lanes[i].piece, schema);
		pw_builder_intern(&a->lanes[i].waiting);
		pw_builder_intern(&a->lanes[i].piece);
	}
}

void pw_align_close(struct pw_align *a)
{
	for (size_t i = 0; a->lanes != NULL && i < a->tool->input_count; i++) {
		pw_builder_release(&a->lanes[i].waiting);
		pw_builder_release(&a->lanes[i].piece);
	}
	free(a->lanes);
	*a = (struct pw_align){0};
}

static bool is_waiting(const struct pw_align_lane *lane)
{
	return lane->at < lane->waiting.rows;
}

/* No row of the input that has not been handed out is earlier. */
static pw_time earliest(const struct pw_align *a, size_t i)
{
	const struct pw_align_lane *lane = &a->lanes[i];
	const struct pw_input *in = &a->tool->inputs[i];

	if (is_waiting(lane))
		return lane->view->runs[lane->run].time;
	return in->frontier > lane->last ? in->frontier : lane->last;
}

/* The same of all inputs but one. */
static pw_time others(const struct pw_align *a, size_t but)
{
	pw_time least = PW_TIME_END;

	for (size_t i = 0; i < a->tool->input_count; i++)
		if (i != but && earliest(a, i) < least)
			least = earliest(a, i);
	return least;
}

/* Rows that were lent are done with. */
static void clear_spent(struct pw_align *a)
{
	for (size_t i = 0; i < a->tool->input_count; i++) {
		struct pw_align_lane *lane = &a->lanes[i];
		if (lane->at > 0 && !is_waiting(lane)) {
			pw_builder_clear(&lane->waiting);
			lane->at = lane->run = 0;
		}
	}
}

/* Lends the rows of the lane up to the time. */
static const struct pw_batch *lend(struct pw_align_lane *lane, pw_time bound)
{
	const struct pw_batch *view = lane->view;
	const uint32_t from = lane->at, run = lane->run;

	while (lane->run < view->run_count && view->runs[lane->run].time <= bound)
		lane->at += view->runs[lane->run++].rows;
	if (from == 0 && lane->at == view->rows)
		return view;
	pw_builder_clear(&lane->piece);
	pw_builder_append_runs(&lane->piece, view, run, lane->run - run, from);
	return pw_builder_view(&lane->piece);
}

/* Lends of what waits the earliest, if its time has come. */
static bool give(struct pw_align *a, struct pw_event *ev)
{
	size_t first = a->tool->input_count;

	for (size_t i = 0; i < a->tool->input_count; i++)
		if (is_waiting(&a->lanes[i]) &&
		    (first == a->tool->input_count || earliest(a, i) < earliest(a, first)))
			first = i;
	if (first == a->tool->input_count)
		return false;
	const pw_time bound = others(a, first);
	if (earliest(a, first) > bound)
		return false;
	*ev = (struct pw_event){.kind = PW_EVENT_BATCH, .input = (int)first};
	ev->batch = lend(&a->lanes[first], bound);
	return true;
}

/* Drops the rows that have been handed out, once that moves fewer than it drops. */
static void compact(struct pw_align_lane *lane)
{
	const struct pw_builder waiting = lane->waiting;

	if (lane->at < lane->waiting.rows - lane->at)
		return;
	pw_builder_clear(&lane->piece);
	pw_builder_append_runs(&lane->piece, lane->view, lane->run,
			       lane->view->run_count - lane->run, lane->at);
	lane->waiting = lane->piece;
	lane->piece = waiting;
	lane->at = lane->run = 0;
}

static void keep(struct pw_align_lane *lane, const struct pw_batch *batch)
{
	if (lane->at > 0)
		compact(lane);
	pw_builder_append(&lane->waiting, batch, 0, batch->rows);
	lane->view = pw_builder_view(&lane->waiting);
}

bool pw_align_next(struct pw_align *a, struct pw_event *ev)
{
	clear_spent(a);
	for (;;) {
		if (give(a, ev))
			return true;
		if (a->has_later) {
			*ev = a->later;
			a->has_later = false;
			return true;
		}
		if (!pw_tool_next(a->tool, ev))
			return false;
		if (ev->kind != PW_EVENT_BATCH) {
			a->later = *ev;
			a->has_later = true;
			continue;
		}
		struct pw_align_lane *lane = &a->lanes[ev->input];
		lane->last = ev->batch->runs[ev->batch->run_count - 1].time;
		if (!is_waiting(lane) && lane->last <= others(a, (size_t)ev->input))
			return true;
		keep(lane, ev->batch);
	}
}
