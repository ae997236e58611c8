/* Tables: sessions with their groups, or the rows held; the clock; bounds of closed sessions. */
#include "session_internal.h"

enum { MAIN, CLOCK, CLOSED };

static struct pw_sessions *of(void *state)
{
	return state;
}

static enum pw_checkpointer_change more(enum pw_checkpointer_change a,
					enum pw_checkpointer_change b)
{
	return a > b ? a : b;
}

static enum pw_checkpointer_change changed(const void *state)
{
	const struct pw_sessions *s = state;
	enum pw_checkpointer_change change =
		s->grows ? s->inner.changed(&s->g) : pw_delta_changed(&s->delta);

	if (s->clocked && pw_event_clock_changed(&s->clock))
		change = more(change, PW_CHECKPOINTER_DELTA);
	return s->closes ? more(change, pw_delta_changed(&s->closed_delta)) : change;
}

static uint64_t rows(const void *state)
{
	const struct pw_sessions *s = state;

	return s->grows ? s->inner.rows(&s->g) : s->rows.groups.live;
}

/* ---- saving ---- */

static int save_closed(const struct pw_sessions *s, struct pw_checkpointer_writer *checkpoint)
{
	struct pw_builder b;
	int rc = 0;

	pw_builder_init(&b, &s->closed_schema);
	for (uint32_t slot = 0; rc == 0 && slot < s->closed.slots; slot++) {
		if (!pw_arrangement_live(&s->closed, slot))
			continue;
		const struct pw_session_closed *c = pw_arrangement_record(&s->closed, slot);
		const struct pw_slice key = pw_arrangement_key(&s->closed, slot);

		for (uint32_t i = 0; i < c->count; i += 2) {
			const char *at = key.data;

			for (size_t k = 0; k < s->key_count; k++)
				pw_rowkey_take(&at, key.data + key.length,
					       s->closed_schema.fields[k].type, false,
					       &b.vectors[k]);
			pw_sessions_add_bound(s, &b.vectors[s->key_count], c->bounds[i]);
			pw_sessions_add_bound(s, &b.vectors[s->key_count + 1], c->bounds[i + 1]);
			pw_builder_row(&b, 0, 1);
		}
		if (pw_builder_full(&b))
			rc = pw_checkpointer_flush(checkpoint, CLOSED, &b);
	}
	if (rc == 0)
		rc = pw_checkpointer_flush(checkpoint, CLOSED, &b);
	pw_builder_release(&b);
	return rc;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_sessions *s = state;
	const int rc = s->grows ? s->inner.save(&s->g, full, checkpoint)
		       : full   ? pw_ordered_save(&s->rows, checkpoint, MAIN)
				: pw_delta_save(&s->delta, checkpoint, MAIN);

	if (rc < 0 || !s->clocked)
		return rc;
	if (pw_event_clock_save(&s->clock, full, checkpoint, CLOCK) < 0)
		return -1;
	if (!s->closes)
		return 0;
	return full ? save_closed(s, checkpoint)
		    : pw_delta_save(&s->closed_delta, checkpoint, CLOSED);
}

static void saved(void *state)
{
	struct pw_sessions *s = of(state);

	if (s->grows)
		s->inner.saved(&s->g);
	else
		pw_delta_clear(&s->delta);
	if (s->clocked)
		pw_event_clock_saved(&s->clock);
	if (s->closes)
		pw_delta_clear(&s->closed_delta);
}

/* ---- loading ---- */

static void expect(void *state, bool full, uint64_t count)
{
	struct pw_sessions *s = of(state);

	s->loads_full = full;
	if (s->grows)
		s->inner.expect(&s->g, full, count);
	else if (full)
		pw_arrangement_reserve(&s->rows.groups, count);
}

static int load_closed(struct pw_sessions *s, const struct pw_batch *batch)
{
	const struct pw_axis start = {
		.column = (int)s->key_count, .type = s->axis.type, .real = s->axis.real};
	struct pw_bytes key = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++) {
		pw_place bounds[2];

		pw_bytes_clear(&key);
		for (size_t k = 0; k < s->key_count; k++)
			pw_rowkey_add(&key, &batch->columns[k], i, false);
		for (int b = 0; b < 2 && rc == 0; b++)
			if (pw_column_null(&batch->columns[start.column + b], i) ||
			    pw_axis_places(&start, &batch->columns[start.column + b], i, 1,
					   &bounds[b]) >= 0)
				rc = pw_fail(PW_STATE, "a bound of a closed session is no time");
		const struct pw_slice k = {key.data, key.length};

		if (rc == 0 && pw_batch_diff(batch, i) > 0)
			pw_sessions_closed_put(s, k, bounds[0], bounds[1]);
		else if (rc == 0)
			pw_sessions_closed_take(s, k, bounds[0], bounds[1]);
	}
	pw_bytes_release(&key);
	return rc;
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_sessions *s = of(state);

	switch (table) {
	case MAIN:
		return s->grows ? s->inner.load(&s->g, 0, batch)
				: pw_ordered_load(&s->rows, batch, s->loads_full);
	case CLOCK:
		return pw_event_clock_load(&s->clock, batch);
	default:
		return load_closed(s, batch);
	}
}

static int loaded(void *state)
{
	struct pw_sessions *s = of(state);

	s->stale = true;
	return s->grows ? s->inner.loaded(&s->g) : pw_ordered_loaded(&s->rows);
}

void pw_sessions_checkpoint_bind(struct pw_sessions *s)
{
	struct pw_op *op = &s->g.op;
	bool *const dirty = s->grows ? &s->g.dirty.on : &s->delta.on;

	s->inner = op->checkpoint.how;
	s->tables[MAIN] = (struct pw_checkpointer_table){s->grows ? "sessions" : "rows",
							 s->grows ? &s->g.record_schema : op->in};
	s->tables[CLOCK] = pw_event_clock_table(&s->clock);
	s->tables[CLOSED] = (struct pw_checkpointer_table){"closed", &s->closed_schema};
	op->checkpoint = (struct pw_op_checkpoint){
		.how = {s->tables,
			s->closes    ? 3
			: s->clocked ? 2
				     : 1,
			changed, rows, save, saved, expect, load, loaded},
		.state = s,
		.noting = {dirty, s->closes ? &s->closed_delta.on : NULL},
	};
}
