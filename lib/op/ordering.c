#include "ordering.h"
#include "../tool/register.h"

/* ---- the stream ---- */

static void note_rows(struct pw_ordering *o, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_ordered *rows = o->rows;

	for (uint32_t i = from; i < from + count; i++)
		pw_must(o->tool,
			pw_ordered_note(rows, rows->slots[i], pw_rowkeys_at(&rows->row_keys, i),
					pw_batch_diff(batch, i)));
	pw_delta_note(&o->delta, batch, from, count, pw_ordered_bytes(rows));
}

void pw_ordering_changed(struct pw_ordering *o, const struct pw_batch *changes)
{
	pw_delta_note(&o->delta, changes, 0, changes->rows, pw_ordered_bytes(o->rows));
}

static void close_commit(struct pw_ordering *o)
{
	o->close();
	o->open = false;
}

static void take_batch(struct pw_ordering *o, const struct pw_batch *batch)
{
	uint32_t from = 0;

	pw_ordered_encode(o->rows, batch, o->take == NULL);
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const uint32_t count = batch->runs[r].rows;

		if (o->open && batch->runs[r].time != o->time)
			close_commit(o);
		o->open = true;
		o->time = batch->runs[r].time;
		pw_ordered_find(o->rows, from, count);
		if (o->take != NULL)
			o->take(batch, from, count);
		else
			note_rows(o, batch, from, count);
		from += count;
	}
	o->tool->state_bytes = pw_ordered_bytes(o->rows) + o->delta.bytes;
}

static void pass_frontier(struct pw_ordering *o, pw_time frontier)
{
	if (o->open && o->time < frontier)
		close_commit(o);
	pw_tool_frontier(o->tool, frontier);
}

void pw_ordering_run(struct pw_ordering *o)
{
	struct pw_event ev;

	while (pw_tool_next(o->tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			take_batch(o, ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pass_frontier(o, ev.time);
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED)
			pass_frontier(o, PW_TIME_END);
		if (ev.kind == PW_EVENT_END && o->open && ev.ending == PW_FINISHED)
			close_commit(o); /* what was written for the end */
	}
}

/* ---- saving and loading ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	return pw_delta_changed(&((const struct pw_ordering *)state)->delta);
}

static uint64_t groups(const void *state)
{
	return ((const struct pw_ordering *)state)->rows->groups.live;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_ordering *o = state;

	return full ? pw_ordered_save(o->rows, checkpoint, 0)
		    : pw_delta_save(&o->delta, checkpoint, 0);
}

static void saved(void *state)
{
	pw_delta_clear(&((struct pw_ordering *)state)->delta);
}

static void expect(void *state, bool full, uint64_t count)
{
	struct pw_ordering *o = state;

	o->loads_rows = full;
	if (full)
		pw_arrangement_reserve(&o->rows->groups, count);
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_ordering *o = state;

	(void)table;
	return pw_ordered_load(o->rows, batch, o->loads_rows);
}

static int loaded(void *state)
{
	return pw_ordered_loaded(((struct pw_ordering *)state)->rows);
}

void pw_ordering_register(struct pw_ordering *o)
{
	const struct pw_schema *schema = o->rows->order.schema;

	pw_delta_init(&o->delta, schema);
	o->table = (struct pw_checkpointer_table){NULL, schema};
	o->checkpointer = (struct pw_checkpointer){&o->table, 1,      changed, groups, save,
						   saved,     expect, load,    loaded};
	o->delta.on = pw_must(o->tool, pw_tool_register_state(o->tool, &o->checkpointer, o)) > 0;
}
