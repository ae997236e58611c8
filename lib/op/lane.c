#include "lane.h"
#include "../base/fail.h"

#define WAITING_BYTES ((size_t)1536 << 20) /* more could not be encoded at once */

void pw_lane_init(struct pw_lane *l, const struct pw_schema *schema, bool dictionaries)
{
	*l = (struct pw_lane){0};
	pw_builder_init(&l->waiting, schema);
	pw_builder_init(&l->spare, schema);
	if (!dictionaries)
		return;
	pw_builder_intern(&l->waiting);
	pw_builder_intern(&l->spare);
}

void pw_lane_release(struct pw_lane *l)
{
	pw_builder_release(&l->waiting);
	pw_builder_release(&l->spare);
}

static const struct pw_batch *view(struct pw_lane *l)
{
	if (l->view == NULL) {
		l->view = pw_builder_view(&l->waiting);
		l->seen = false;
	}
	return l->view;
}

pw_time pw_lane_first(struct pw_lane *l)
{
	return view(l)->runs[l->run].time;
}

void pw_lane_lend(struct pw_lane *l, pw_time bound, struct pw_lane_rows *rows)
{
	const struct pw_batch *batch = view(l);

	*rows = (struct pw_lane_rows){
		.batch = batch, .run = l->run, .from = l->row, .fresh = !l->seen};
	l->seen = true;
	while (l->run < batch->run_count && batch->runs[l->run].time <= bound)
		l->row += batch->runs[l->run++].rows;
	rows->run_count = l->run - rows->run;
}

void pw_lane_clear(struct pw_lane *l)
{
	if (l->row == 0 || pw_lane_waiting(l))
		return;
	pw_builder_clear(&l->waiting);
	l->row = l->run = 0;
	l->view = NULL;
}

/* Drops the rows that have been lent, once that moves fewer than it drops. */
static void compact(struct pw_lane *l)
{
	const struct pw_builder waiting = l->waiting;
	const struct pw_batch *batch = view(l);

	if (l->row < l->waiting.rows - l->row)
		return;
	pw_builder_clear(&l->spare);
	pw_builder_append_runs(&l->spare, batch, l->run, batch->run_count - l->run, l->row);
	l->waiting = l->spare;
	l->spare = waiting;
	l->row = l->run = 0;
	l->view = NULL;
}

int pw_lane_put(struct pw_lane *l, const struct pw_batch *batch)
{
	if (pw_builder_bytes(&l->waiting) > WAITING_BYTES)
		return pw_fail(PW_SYSTEM, "a commit of more than %zu MB", WAITING_BYTES >> 20);
	if (l->row > 0)
		compact(l);
	pw_builder_append(&l->waiting, batch, 0, batch->rows);
	l->view = NULL;
	return 0;
}

size_t pw_lane_bytes(const struct pw_lane *l)
{
	return pw_builder_bytes(&l->waiting) + pw_builder_bytes(&l->spare);
}
