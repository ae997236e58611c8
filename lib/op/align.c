#include "align.h"

#include <stdlib.h>

#define WAITING_BYTES ((size_t)1536 << 20) /* of one input: more could not be encoded at once */

void pw_align_open(struct pw_align *a, struct pw_tool *t, const struct pw_schema *in,
		   bool dictionaries)
{
	*a = (struct pw_align){.tool = t};
	a->lanes = pw_mem_zero(t->input_count, sizeof *a->lanes);
	for (size_t i = 0; i < t->input_count; i++) {
		pw_builder_init(&a->lanes[i].waiting, &in[i]);
		pw_builder_init(&a->lanes[i].spare, &in[i]);
		if (!dictionaries)
			continue;
		pw_builder_intern(&a->lanes[i].waiting);
		pw_builder_intern(&a->lanes[i].spare);
	}
}

static bool is_waiting(const struct pw_align_lane *lane)
{
	return lane->row < lane->waiting.rows;
}

static const struct pw_batch *view(struct pw_align_lane *lane)
{
	if (lane->view == NULL) {
		lane->view = pw_builder_view(&lane->waiting);
		lane->seen = false;
	}
	return lane->view;
}

/* No row of the input that has not been handed out is earlier. */
static pw_time earliest(const struct pw_align *a, size_t i)
{
	struct pw_align_lane *lane = &a->lanes[i];
	const struct pw_input *in = &a->tool->inputs[i];

	if (is_waiting(lane))
		return view(lane)->runs[lane->run].time;
	return in->frontier > lane->last ? in->frontier : lane->last;
}

/* No row of any input but this one is earlier that has not been handed out. */
static pw_time others(const struct pw_align *a, size_t but)
{
	pw_time least = PW_TIME_END;

	for (size_t i = 0; i < a->tool->input_count; i++)
		if (i != but && earliest(a, i) < least)
			least = earliest(a, i);
	return least;
}

/* Rows that have all been handed out are done with. */
static void clear_spent(struct pw_align_lane *lane)
{
	if (lane->row == 0 || is_waiting(lane))
		return;
	pw_builder_clear(&lane->waiting);
	lane->row = lane->run = 0;
	lane->view = NULL;
}

/* Hands out the rows of the lane up to the time. */
static void lend(struct pw_align_lane *lane, pw_time bound, struct pw_align_rows *rows)
{
	const struct pw_batch *batch = view(lane);

	*rows = (struct pw_align_rows){
		.batch = batch, .run = lane->run, .from = lane->row, .fresh = !lane->seen};
	lane->seen = true;
	while (lane->run < batch->run_count && batch->runs[lane->run].time <= bound)
		lane->row += batch->runs[lane->run++].rows;
	rows->run_count = lane->run - rows->run;
}

bool pw_align_give(struct pw_align *a, struct pw_event *ev, struct pw_align_rows *rows)
{
	size_t first = a->tool->input_count;

	for (size_t i = 0; i < a->tool->input_count; i++)
		clear_spent(&a->lanes[i]);
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
	lend(&a->lanes[first], bound, rows);
	ev->batch = rows->batch;
	return true;
}

/* Drops the rows that have been handed out, once that moves fewer than it drops. */
static void compact(struct pw_align_lane *lane)
{
	const struct pw_builder waiting = lane->waiting;
	const struct pw_batch *batch = view(lane);

	if (lane->row < lane->waiting.rows - lane->row)
		return;
	pw_builder_clear(&lane->spare);
	pw_builder_append_runs(&lane->spare, batch, lane->run, batch->run_count - lane->run,
			       lane->row);
	lane->waiting = lane->spare;
	lane->spare = waiting;
	lane->row = lane->run = 0;
	lane->view = NULL;
}

static void put(struct pw_align *a, struct pw_align_lane *lane, const struct pw_batch *batch)
{
	if (pw_builder_bytes(&lane->waiting) > WAITING_BYTES)
		pw_must(a->tool,
			pw_fail(PW_SYSTEM, "a commit of more than %zu MB", WAITING_BYTES >> 20));
	if (lane->row > 0)
		compact(lane);
	pw_builder_append(&lane->waiting, batch, 0, batch->rows);
	lane->view = NULL;
}

bool pw_align_next(struct pw_align *a, struct pw_event *ev, struct pw_align_rows *rows)
{
	for (;;) {
		if (pw_align_give(a, ev, rows))
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
		if (!is_waiting(lane) && lane->last <= others(a, (size_t)ev->input)) {
			*rows = (struct pw_align_rows){.batch = ev->batch,
						       .run_count = ev->batch->run_count,
						       .fresh = true};
			return true;
		}
		put(a, lane, ev->batch);
	}
}
