#include "window_internal.h"

#include <stdlib.h>

/*
 * Rows go out as they come, once for each of their windows that is open. What is
 * remembered is the clock, if something asks it.
 */
struct rows {
	struct pw_op op;
	struct pw_window window;
	struct pw_window_spread spread;
	struct pw_checkpointer_table table;
};

static void give(void *to, const struct pw_batch *batch)
{
	pw_op_emit(to, batch);
}

/* ---- checkpoints: the clock ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	const struct rows *r = state;

	return pw_event_clock_changed(&r->window.clock) ? PW_CHECKPOINTER_DELTA
							: PW_CHECKPOINTER_SAME;
}

static uint64_t row_count(const void *state)
{
	(void)state;
	return 1;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	return pw_event_clock_save(&((const struct rows *)state)->window.clock, full, checkpoint,
				   0);
}

static void saved(void *state)
{
	pw_event_clock_saved(&((struct rows *)state)->window.clock);
}

static void expect(void *state, bool full, uint64_t count)
{
	(void)state;
	(void)full;
	(void)count;
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	(void)table;
	return pw_event_clock_load(&((struct rows *)state)->window.clock, batch);
}

static int loaded(void *state)
{
	(void)state;
	return 0;
}

/* ---- the operator ---- */

/* Every row is its own answer, whatever the keys: they must be there. */
static void check_keys(struct pw_op *op, const char *keys)
{
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);

	if (keys != NULL)
		pw_op_columns(op, 0, "-k", keys, list);
	free(list);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct rows *r = (struct rows *)op;

	pw_window_bind(&r->window, op, wish);
	check_keys(op, ((const struct pw_window_wish *)wish)->keys);
	pw_schema_copy(&op->schema, op->in);
	for (size_t i = 0; i < op->schema.count; i++)
		op->schema.fields[i].key = false; /* a row becomes many */
	pw_window_add_bounds(&r->window, &op->schema, false);
	r->spread = (struct pw_window_spread){.give = give, .to = op};
	pw_window_spread_open(&r->spread, &op->schema, r->window.axis.real);
	if (!r->window.clocked)
		return;
	op->state_text = "the clock";
	r->table = pw_event_clock_table(&r->window.clock);
	op->checkpoint = (struct pw_op_checkpoint){
		.how = {&r->table, 1, changed, row_count, save, saved, expect, load, loaded},
		.state = r,
	};
}

/* Adds rows of one time to what goes out; those of closed windows to what is late. */
static void spread_rows(struct rows *r, const struct pw_batch *batch, uint32_t from, uint32_t count,
			pw_time time)
{
	struct pw_window *w = &r->window;
	const bool even = !pw_time_is_odd(time);
	uint32_t of = PW_PANES_NONE, closed = 0;

	pw_window_take(w, batch, from, count, time);
	for (uint32_t i = 0; i < count; i++) {
		if (w->panes.of[i] == PW_PANES_NONE)
			continue;
		const struct pw_pane *pane = &w->panes.list[w->panes.of[i]];

		if (of != w->panes.of[i])
			closed = pw_window_closed(w, pane);
		of = w->panes.of[i];
		for (uint32_t k = 0; k < pane->count; k++) {
			pw_place start, end;

			pw_window_bounds(w, pane, k, &start, &end);
			if (k >= closed)
				pw_window_spread_add(&r->spread, from + i, time, start, end);
			else if (even)
				pw_window_spread_add(&w->late.spread, from + i, time, start, end);
		}
	}
}

static void begin(struct rows *r, const struct pw_batch *batch)
{
	r->spread.batch = r->window.late.spread.batch = batch;
}

static void send(struct rows *r)
{
	pw_window_spread_send(&r->spread);
	if (r->window.closes)
		pw_window_spread_send(&r->window.late.spread);
}

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct rows *r = (struct rows *)op;
	const struct pw_batch *b = *batch;
	uint32_t from = 0;

	if (r->window.clocked) {
		pw_window_batch(&r->window, input, b);
		return;
	}
	begin(r, b);
	for (uint32_t run = 0; run < b->run_count; from += b->runs[run++].rows)
		spread_rows(r, b, from, b->runs[run].rows, b->runs[run].time);
	send(r);
	*batch = NULL;
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct rows *r = (struct rows *)op;

	if (input == 1) {
		pw_event_clock_hear(&r->window.clock, batch, from, count);
		return;
	}
	begin(r, batch);
	spread_rows(r, batch, from, count, op->commit.time);
	send(r);
}

static void commit(struct pw_op *op)
{
	struct rows *r = (struct rows *)op;

	pw_event_clock_close(&r->window.clock);
	pw_window_late_commit(&r->window.late);
	pw_event_clock_done(&r->window.clock);
}

static void release(struct pw_op *op)
{
	struct rows *r = (struct rows *)op;

	pw_window_spread_release(&r->spread);
	pw_window_release(&r->window);
}

const struct pw_op_kind pw_window_rows_op = {
	.size = sizeof(struct rows),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.release = release,
	.rejects = true,
};
