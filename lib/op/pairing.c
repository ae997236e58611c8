#include "pairing.h"

#include <stdlib.h>

#define AHEAD_BYTES ((size_t)1536 << 20) /* what a batch can be encoded of at once */

static int must(struct pw_pairing *p, int x)
{
	return pw_must(p->tool, x);
}

/* ---- start ---- */

/* Of a table that may shrink all columns are held, for what has -1 copies must be known. */
static void choose_payload(struct pw_pairing *p, int side)
{
	struct pw_pairing_side *s = &p->sides[side];
	const struct pw_joined *j = p->joined;

	s->payload = pw_mem_alloc(s->schema->count + 1, sizeof *s->payload);
	s->targets = pw_mem_alloc(s->schema->count + 1, sizeof *s->targets);
	for (size_t c = 0; c < s->schema->count; c++) {
		bool key = false;
		int target = -1;

		for (size_t k = 0; k < j->key_count; k++)
			key |= s->keys[k] == (int)c;
		for (size_t w = 0; w < j->wide.count; w++)
			if ((int)j->sources[w].side == side && j->sources[w].column == (int)c)
				target = (int)w;
		if (key || (s->schema->append_only && target < 0))
			continue;
		s->targets[s->payload_count] = target;
		s->payload[s->payload_count++] = (int)c;
	}
}

void pw_pairing_open(struct pw_pairing *p)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		struct pw_pairing_side *s = &p->sides[side];

		s->schema = p->joined->in[side];
		s->keys = p->joined->keys[side];
		choose_payload(p, side);
		pw_joined_order(p->joined, side, &s->order);
		pw_builder_init(&s->ahead.rows, s->schema);
	}
	pw_index_init(&p->index, p->sides[0].schema->append_only, p->sides[1].schema->append_only);
	pw_pairing_show_open(p);
	pw_pairing_register(p);
}

/* ---- rows in the index ---- */

static bool has_null_key(const struct pw_pairing *p, const struct pw_batch *batch, const int *keys,
			 uint32_t row)
{
	for (size_t k = 0; k < p->joined->key_count; k++)
		if (pw_column_null(&batch->columns[keys[k]], row))
			return true;
	return false;
}

static bool may_have_null_keys(const struct pw_pairing *p, const struct pw_batch *batch,
			       const int *keys)
{
	bool any = false;

	for (size_t k = 0; k < p->joined->key_count; k++)
		any |= batch->columns[keys[k]].valid != NULL;
	return any && !p->null_equal;
}

void pw_pairing_encode(struct pw_pairing *p, int side, const struct pw_batch *batch,
		       const int *keys, const int *payload)
{
	struct pw_pairing_side *s = &p->sides[side];

	if (s->schema->append_only && pw_roworder_only_adds(&s->order, batch) < 0)
		must(p, pw_fail_at("%s", p->names[side]));
	pw_rowkeys_encode(&s->row_keys, batch, keys, p->joined->key_count, NULL);
	pw_rowkeys_encode(&s->row_payload, batch, payload, s->payload_count, NULL);
}

static void find_slots(struct pw_pairing *p, const struct pw_pairing_side *s, uint32_t from,
		       uint32_t count)
{
	if (p->slot_capacity < count)
		p->slots = pw_mem_grow(p->slots, &p->slot_capacity, count, sizeof *p->slots);
	if (count == s->row_keys.rows) {
		pw_arrangement_put_all(&p->index.keys, &s->row_keys, p->slots);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		p->slots[i] = pw_arrangement_put(&p->index.keys,
						 pw_rowkeys_at(&s->row_keys, from + i), NULL);
}

/* A key that was made for a row that is not put there after all. */
static void drop_unused(struct pw_pairing *p, uint32_t slot)
{
	const struct pw_index_key *key = pw_index_key(&p->index, slot);

	if (pw_arrangement_live(&p->index.keys, slot) && key->bags[0] == NULL &&
	    key->bags[1] == NULL)
		pw_arrangement_drop(&p->index.keys, slot);
}

void pw_pairing_put(struct pw_pairing *p, int side, const struct pw_batch *batch, const int *keys,
		    uint32_t from, uint32_t count)
{
	const struct pw_pairing_side *s = &p->sides[side];
	const bool nulls = may_have_null_keys(p, batch, keys);
	const bool skip = nulls && !p->lonely[side] && s->schema->append_only;

	find_slots(p, s, from, count);
	for (uint32_t i = 0; i < count; i++) {
		if (nulls && has_null_key(p, batch, keys, from + i)) {
			if (skip)
				continue;
			pw_index_key(&p->index, p->slots[i])->lonely = true;
		}
		if (pw_index_put(&p->index, side, p->slots[i],
				 pw_rowkeys_at(&s->row_payload, from + i),
				 pw_batch_diff(batch, from + i)) < 0)
			must(p, pw_fail_at("%s", p->names[side]));
	}
	for (uint32_t i = 0; i < count && skip; i++)
		if (has_null_key(p, batch, keys, from + i))
			drop_unused(p, p->slots[i]);
}

static void encode(struct pw_pairing *p, int side, const struct pw_batch *batch)
{
	pw_pairing_encode(p, side, batch, p->sides[side].keys, p->sides[side].payload);
}

/* Rows [from, from + count) of the batch last encoded, all of the open commit. */
static void take_rows(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	pw_pairing_put(p, side, batch, p->sides[side].keys, from, count);
	pw_pairing_note(p, side, batch, from, count);
}

/* ---- commits in the order of their times ---- */

static void open_commit(struct pw_pairing *p, pw_time time)
{
	p->open = true;
	p->time = time;
}

static void watch_memory(struct pw_pairing *p)
{
	size_t bytes = pw_index_bytes(&p->index);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		bytes += pw_builder_bytes(&p->sides[side].ahead.rows) + p->sides[side].delta.bytes;
	pw_joined_memory(p->tool, bytes);
}

/* Rows of the batch from one on wait for their time. */
static void put_ahead(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from)
{
	struct pw_pairing_ahead *a = &p->sides[side].ahead;
	struct pw_builder rest;

	if (pw_builder_bytes(&a->rows) > AHEAD_BYTES)
		must(p, pw_fail(PW_SYSTEM, "a commit of more than %zu MB", AHEAD_BYTES >> 20));
	if (a->taken > 0) {
		pw_builder_init(&rest, p->sides[side].schema);
		pw_builder_append(&rest, pw_builder_view(&a->rows), a->taken,
				  a->rows.rows - a->taken);
		pw_builder_release(&a->rows);
		a->rows = rest;
	}
	pw_builder_append(&a->rows, batch, from, batch->rows - from);
	a->view = NULL;
	a->taken = a->run = 0;
}

/* Rows that nothing can come before any more go into the index, others wait. */
static void take_batch(struct pw_pairing *p, int side, const struct pw_batch *batch)
{
	uint32_t now = 0;

	if (batch->runs[0].time == p->tool->frontier && p->sides[side].ahead.rows.rows == 0) {
		now = batch->runs[0].rows;
		open_commit(p, p->tool->frontier);
		encode(p, side, batch);
		take_rows(p, side, batch, 0, now);
	}
	if (now < batch->rows)
		put_ahead(p, side, batch, now);
	watch_memory(p);
}

/* The time of a side's next rows ahead. */
static bool next_run(struct pw_pairing *p, int side, pw_time *time)
{
	struct pw_pairing_ahead *a = &p->sides[side].ahead;

	if (a->rows.rows == 0)
		return false;
	if (a->view == NULL) {
		a->view = pw_builder_view(&a->rows);
		encode(p, side, a->view);
	}
	*time = a->view->runs[a->run].time;
	return true;
}

static void take_run(struct pw_pairing *p, int side)
{
	struct pw_pairing_ahead *a = &p->sides[side].ahead;
	const uint32_t rows = a->view->runs[a->run].rows;

	take_rows(p, side, a->view, a->taken, rows);
	a->taken += rows;
	a->run++;
	if (a->taken < a->rows.rows)
		return;
	pw_builder_clear(&a->rows);
	a->view = NULL;
	a->taken = a->run = 0;
}

/* The commit that is to be closed next. */
static bool next_commit(struct pw_pairing *p, pw_time *time)
{
	bool any = p->open;
	pw_time next;

	if (any)
		*time = p->time;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (next_run(p, side, &next) && (!any || next < *time)) {
			*time = next;
			any = true;
		}
	return any;
}

/* Makes of everything below the frontier (or all) commits, in the order of their times. */
static void close_below(struct pw_pairing *p, pw_time frontier, bool all)
{
	pw_time time = 0, next;

	while (next_commit(p, &time) && (all || time < frontier)) {
		open_commit(p, time);
		for (int side = PW_LEFT; side <= PW_RIGHT; side++)
			while (next_run(p, side, &next) && next == time)
				take_run(p, side);
		pw_pairing_close_commit(p);
		p->open = false;
	}
	pw_pairing_send(p);
	watch_memory(p);
}

void pw_pairing_run(struct pw_pairing *p)
{
	struct pw_event ev;

	while (pw_tool_next(p->tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH) {
			take_batch(p, ev.input, ev.batch);
		} else if (ev.kind == PW_EVENT_FRONTIER) {
			close_below(p, ev.time, false);
			pw_tool_frontier(p->tool, ev.time);
		} else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED) {
			close_below(p, PW_TIME_END, true);
		}
	}
}
