#include "send.h"
#include "../tool/state.h"

int pw_send_open(struct pw_send *s, struct pw_intake *in, const struct pw_schema *schema)
{
	const struct pw_intake_options *o = &in->o;

	*s = (struct pw_send){.tool = in->tool, .in = in};
	pw_builder_init(&s->piece, schema);
	pw_builder_init(&s->part, schema);
	pw_ahead_open(&s->ahead, schema);
	if (o->upsert && pw_upsert_open(&s->upsert, schema, o->delete_when, &in->reader.reject) < 0)
		return -1;
	if (o->sync != NULL && pw_sync_open(&s->sync, o->sync, schema) < 0)
		return -1;
	if (!o->upsert)
		return 0;
	s->checkpointer = pw_upsert_checkpointer(&s->upsert);
	const int noted = pw_tool_register_state(s->tool, &s->checkpointer, &s->upsert);
	s->upsert.dirty.on = noted > 0;
	return noted < 0 ? -1 : 0;
}

int pw_send_start(struct pw_send *s)
{
	const struct pw_store *store = pw_tool_store(s->tool);

	if (s->in->o.sync == NULL)
		return 0;
	if (s->in->o.follow && !s->in->o.changes)
		s->in->follow.sync = &s->sync;
	return pw_sync_join(&s->sync, s->tool, store != NULL ? store->path : NULL,
			    store != NULL ? store->run : 0);
}

void pw_send_close(struct pw_send *s)
{
	pw_builder_release(&s->piece);
	pw_builder_release(&s->part);
	pw_ahead_close(&s->ahead);
	pw_sync_close(&s->sync);
	if (s->in->o.upsert)
		pw_upsert_close(&s->upsert);
}

/* ---- the last step: upsert, or the output ---- */

/*
 * The rows of each key are saved at times of the grid: between rows of a time
 * below one and rows of a time at or above it.
 */
static void upsert_by_grid(struct pw_send *s, const struct pw_batch *batch)
{
	const struct pw_store *store = pw_tool_store(s->tool);

	for (uint32_t run = 0, from = 0, n; run < batch->run_count; run += n) {
		const pw_time time = batch->runs[run].time, next = pw_store_grid_above(store, time);
		uint32_t rows = 0;
		if (time >= s->grid) {
			pw_upsert_commit(&s->upsert, s->tool);
			pw_tool_point(s->tool, time);
			s->grid = next;
		}
		for (n = 0; run + n < batch->run_count && batch->runs[run + n].time < next; n++)
			rows += batch->runs[run + n].rows;
		pw_builder_clear(&s->part);
		pw_builder_append(&s->part, batch, from, rows);
		pw_upsert_add(&s->upsert, s->tool, pw_builder_view(&s->part));
		from += rows;
	}
}

static void pass_on(struct pw_send *s, const struct pw_batch *batch)
{
	const struct pw_intake_options *o = &s->in->o;

	if (o->upsert && pw_intake_is_timed(o))
		upsert_by_grid(s, batch);
	else if (o->upsert)
		pw_upsert_add(&s->upsert, s->tool, batch);
	else
		pw_tool_batch(s->tool, batch);
}

/* No row below the time comes any more: the commits below it are complete. */
static void promise(struct pw_send *s, pw_time time)
{
	if (s->in->o.upsert && s->upsert.time < time)
		pw_upsert_commit(&s->upsert, s->tool);
	pw_tool_frontier(s->tool, time);
}

/* ---- sync ---- */

/* Rows go on as the other readers of the group let them pass; while they wait, what is complete is told. */
static void pass_in_step(struct pw_send *s, const struct pw_batch *batch)
{
	for (uint32_t from = 0, n; from < batch->rows; from += n) {
		while ((n = (uint32_t)pw_must(s->tool, (int)pw_sync_pass(&s->sync, batch, from))) ==
		       0) {
			const pw_time next = pw_batch_time(batch, from);
			promise(s, next);
			pw_must(s->tool, pw_sync_wait(&s->sync, next > s->sent));
		}
		s->sent = pw_batch_time(batch, from + n - 1);
		if (n == batch->rows) {
			pass_on(s, batch);
			return;
		}
		pw_builder_clear(&s->piece);
		pw_builder_append(&s->piece, batch, from, n);
		pass_on(s, pw_builder_view(&s->piece));
	}
}

static void send(struct pw_send *s, const struct pw_batch *batch, bool let_go)
{
	if (s->in->o.sync != NULL && !let_go)
		pass_in_step(s, batch);
	else
		pass_on(s, batch);
}

/* ---- events ---- */

struct pw_builder *pw_send_room(struct pw_send *s)
{
	return pw_ahead_room(&s->ahead);
}

/* Rows of the time that the frontier has reached need not wait for the journal. */
void pw_send_rows(struct pw_send *s, const struct pw_read_event *ev)
{
	const struct pw_batch *b = &ev->batch;

	if (b->rows == 0)
		return;
	if (s->ahead.count > 0 ||
	    (ev->uncovered && b->runs[b->run_count - 1].time > ev->frontier)) {
		pw_ahead_put(&s->ahead, b);
		return;
	}
	send(s, b, ev->let_go);
	promise(s, ev->frontier);
}

void pw_send_frontier(struct pw_send *s, const struct pw_read_event *ev)
{
	for (size_t i = 0; i < s->ahead.count; i++)
		send(s, pw_ahead_batch(&s->ahead, i), ev->let_go);
	pw_ahead_drop(&s->ahead);
	if (s->in->o.upsert && s->upsert.time < ev->frontier)
		pw_upsert_commit(&s->upsert, s->tool);
	if (s->in->o.upsert)
		pw_tool_point(s->tool, ev->frontier);
	pw_tool_frontier(s->tool, ev->frontier);
	pw_tool_durable_below(s->tool, ev->frontier);
	if (ev->synced) /* rows may have come: then nobody waits, which would flush */
		pw_tool_flush(s->tool);
}

void pw_send_idle(struct pw_send *s)
{
	const struct pw_follow *f = &s->in->follow;

	if (s->in->o.sync != NULL && (f->sync == NULL || pw_hold_is_empty(&f->hold)))
		pw_must(s->tool, pw_sync_silent(&s->sync));
}

/* Is the stream complete at its end? A pipeline that has finished remains so: sinks hold what the end flushed. */
static bool finishes(const struct pw_send *s, bool broken_off)
{
	const struct pw_store *store = s->in->resume.store;

	return s->in->o.finish || (store != NULL && store->finished && !broken_off);
}

void pw_send_end(struct pw_send *s, const struct pw_read_event *ev)
{
	const bool broken_off = ev->ending == PW_READ_BROKEN_OFF;
	const bool stopped = ev->ending != PW_READ_COMPLETE;

	if (s->in->o.upsert && !broken_off)
		pw_upsert_commit(&s->upsert, s->tool);
	if (s->in->o.sync != NULL && !stopped)
		pw_must(s->tool, pw_sync_end(&s->sync));
	pw_sync_close(&s->sync);
	if (!broken_off)
		pw_tool_durable_below(s->tool, PW_TIME_END);
	if ((stopped || s->in->o.state != NULL) && !finishes(s, broken_off))
		pw_tool_suspend(s->tool);
}
