#include "align.h"

void pw_align_open(struct pw_align *a, struct pw_tool *t, const struct pw_schema *in,
		   bool dictionaries)
{
	*a = (struct pw_align){.tool = t};
	a->lanes = pw_mem_zero(t->input_count, sizeof *a->lanes);
	a->last = pw_mem_zero(t->input_count, sizeof *a->last);
	for (size_t i = 0; i < t->input_count; i++)
		pw_lane_init(&a->lanes[i], &in[i], dictionaries);
}

/* No row of the input that has not been handed out is earlier. */
static pw_time earliest(const struct pw_align *a, size_t i)
{
	const struct pw_input *in = &a->tool->inputs[i];

	if (pw_lane_waiting(&a->lanes[i]))
		return pw_lane_first(&a->lanes[i]);
	return in->frontier > a->last[i] ? in->frontier : a->last[i];
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

bool pw_align_give(struct pw_align *a, struct pw_event *ev, struct pw_lane_rows *rows)
{
	size_t first = a->tool->input_count;

	for (size_t i = 0; i < a->tool->input_count; i++)
		pw_lane_clear(&a->lanes[i]);
	for (size_t i = 0; i < a->tool->input_count; i++)
		if (pw_lane_waiting(&a->lanes[i]) &&
		    (first == a->tool->input_count || earliest(a, i) < earliest(a, first)))
			first = i;
	if (first == a->tool->input_count)
		return false;
	const pw_time bound = others(a, first);
	if (earliest(a, first) > bound)
		return false;
	*ev = (struct pw_event){.kind = PW_EVENT_BATCH, .input = (int)first};
	pw_lane_lend(&a->lanes[first], bound, rows);
	ev->batch = rows->batch;
	return true;
}

bool pw_align_next(struct pw_align *a, struct pw_event *ev, struct pw_lane_rows *rows)
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
		struct pw_lane *lane = &a->lanes[ev->input];
		const pw_time last = ev->batch->runs[ev->batch->run_count - 1].time;

		a->last[ev->input] = last;
		if (!pw_lane_waiting(lane) && last <= others(a, (size_t)ev->input)) {
			*rows = (struct pw_lane_rows){.batch = ev->batch,
						      .run_count = ev->batch->run_count,
						      .fresh = true};
			return true;
		}
		pw_must(a->tool, pw_lane_put(lane, ev->batch));
	}
}
