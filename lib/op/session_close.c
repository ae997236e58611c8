/* Sessions that are closed: when, what stays of them, and rows that come too late. */
#include "../data/names.h"
#include "session_internal.h"

#include <math.h>
#include <stdlib.h>

/* ---- heaps ---- */

static void heap_push(struct pw_session_heap *h, pw_place place, uint32_t number)
{
	h->entries = pw_mem_grow(h->entries, &h->capacity, h->count + 1, sizeof *h->entries);
	size_t at = h->count++;

	for (; at > 0 && h->entries[(at - 1) / 2].start > place; at = (at - 1) / 2)
		h->entries[at] = h->entries[(at - 1) / 2];
	h->entries[at] = (struct pw_session_entry){place, number};
}

static struct pw_session_entry heap_pop(struct pw_session_heap *h)
{
	const struct pw_session_entry first = h->entries[0], last = h->entries[--h->count];
	size_t at = 0;

	for (size_t child = 1; child < h->count; child = 2 * at + 1) {
		child += child + 1 < h->count &&
			 h->entries[child + 1].start < h->entries[child].start;
		if (last.start <= h->entries[child].start)
			break;
		h->entries[at] = h->entries[child];
		at = child;
	}
	h->entries[at] = last;
	return first;
}

/* ---- bounds of closed sessions ---- */

static void note_closed(struct pw_sessions *s, struct pw_slice key, pw_place start, pw_place end,
			pw_diff diff)
{
	struct pw_builder *b = &s->closed_rows;
	const char *at = key.data;

	if (!s->closed_delta.on)
		return;
	for (size_t i = 0; i < s->key_count; i++)
		pw_rowkey_take(&at, key.data + key.length, s->closed_schema.fields[i].type, false,
			       &b->vectors[i]);
	pw_sessions_add_bound(s, &b->vectors[s->key_count], start);
	pw_sessions_add_bound(s, &b->vectors[s->key_count + 1], end);
	pw_builder_row(b, 0, diff);
	pw_delta_note(&s->closed_delta, pw_builder_view(b), 0, 1, pw_arrangement_bytes(&s->closed));
	pw_builder_clear(b);
}

void pw_sessions_closed_put(struct pw_sessions *s, struct pw_slice key, pw_place start,
			    pw_place end)
{
	const uint32_t slot = pw_arrangement_put(&s->closed, key, NULL);
	struct pw_session_closed *c = pw_arrangement_record(&s->closed, slot);

	for (uint32_t i = 0; i < c->count; i += 2)
		if (c->bounds[i] == start && c->bounds[i + 1] == end)
			return;
	if (c->count == c->capacity) {
		c->capacity = c->capacity == 0 ? 2 : 2 * c->capacity;
		c->bounds = pw_mem_resize(c->bounds, c->capacity, sizeof *c->bounds);
	}
	c->bounds[c->count++] = start;
	c->bounds[c->count++] = end;
	heap_push(&s->forgettings, end, slot);
	note_closed(s, key, start, end, 1);
}

static void take_bounds(struct pw_session_closed *c, uint32_t at)
{
	c->count -= 2;
	memmove(c->bounds + at, c->bounds + at + 2, (c->count - at) * sizeof *c->bounds);
}

static void drop_closed(struct pw_sessions *s, uint32_t slot)
{
	struct pw_session_closed *c = pw_arrangement_record(&s->closed, slot);

	free(c->bounds);
	*c = (struct pw_session_closed){0};
	pw_arrangement_drop(&s->closed, slot);
}

void pw_sessions_closed_take(struct pw_sessions *s, struct pw_slice key, pw_place start,
			     pw_place end)
{
	const uint32_t slot = pw_arrangement_find(&s->closed, key);

	if (slot == PW_SLOT_NONE)
		return;
	struct pw_session_closed *c = pw_arrangement_record(&s->closed, slot);

	for (uint32_t i = 0; i < c->count; i += 2)
		if (c->bounds[i] == start && c->bounds[i + 1] == end) {
			take_bounds(c, i);
			break;
		}
	if (c->count == 0)
		drop_closed(s, slot);
}

const struct pw_session_closed *pw_sessions_closed(const struct pw_sessions *s, uint32_t key)
{
	if (s->closed.live == 0)
		return NULL;
	const uint32_t slot = pw_arrangement_find(&s->closed, pw_arrangement_key(s->keys, key));

	return slot == PW_SLOT_NONE ? NULL : pw_arrangement_record(&s->closed, slot);
}

/* Does an open session of the key start before end + 2 GAP? */
static bool is_pinned(const struct pw_sessions *s, struct pw_slice key, pw_place end)
{
	const uint32_t slot = pw_arrangement_find(s->keys, key);

	if (slot == PW_SLOT_NONE || slot >= s->by_key_capacity)
		return false;
	const uint32_t first = pw_session_list_first(&s->by_key[slot].list);

	if (first == PW_SESSION_NONE)
		return false;
	const pw_place once = pw_axis_plus(&s->axis, end, &s->gap);

	return s->sessions[first].start < pw_axis_plus(&s->axis, once, &s->gap);
}

/* Forgets bounds of a key that the clock has passed, but for those that are pinned. */
static void forget_bounds(struct pw_sessions *s, uint32_t slot)
{
	struct pw_session_closed *c = pw_arrangement_record(&s->closed, slot);
	const struct pw_slice key = pw_arrangement_key(&s->closed, slot);

	c->pinned = false;
	for (uint32_t i = 0; i < c->count;) {
		const pw_place start = c->bounds[i], end = c->bounds[i + 1];
		const bool passed = end <= s->forgotten_to;

		if (passed && !is_pinned(s, key, end)) {
			take_bounds(c, i);
			note_closed(s, key, start, end, -1);
			continue;
		}
		c->pinned |= passed;
		i += 2;
	}
	if (c->count > 0)
		return;
	const uint32_t live = pw_arrangement_find(s->keys, key);

	if (live != PW_SLOT_NONE) {
		s->idle =
			pw_mem_grow(s->idle, &s->idle_capacity, s->idle_count + 1, sizeof *s->idle);
		s->idle[s->idle_count++] = live;
	}
	drop_closed(s, slot);
}

/* ---- closing ---- */

void pw_sessions_close_expect(struct pw_sessions *s, uint32_t key)
{
	struct pw_session_key *k = &s->by_key[key];
	const uint32_t first = pw_session_list_first(&k->list);

	if (!s->closes || first == PW_SESSION_NONE)
		return;
	const pw_place end = s->sessions[first].end;

	if (k->waits && k->due <= end)
		return;
	k->waits = true;
	k->due = end;
	heap_push(&s->closings, end, key);
}

/* Frees what there is of a session; its answer stays, or is taken away. */
static void close_session(struct pw_sessions *s, uint32_t id)
{
	const struct pw_session session = s->sessions[id];
	struct pw_grouped *g = &s->g;
	struct pw_session_key *k = &s->by_key[session.key];

	if (s->drops && s->aggregates) {
		pw_sessions_touch(s, id);
		pw_sessions_touch_groups(s);
		pw_sessions_empty_group(s, session.slot);
	} else if (s->aggregates) {
		pw_aggregates_drop(&g->calls.aggregates, &g->groups, session.slot);
		pw_dirty_mark(&g->dirty, session.slot);
		pw_dirty_drop(&g->dirty, session.slot);
	}
	pw_session_list_remove(&k->list, session.start);
	if (!s->grows)
		pw_sessions_drop_rows(s, &session);
	pw_sessions_closed_put(s, pw_arrangement_key(s->keys, session.key), session.start,
			       session.end);
	pw_sessions_end(s, id);
}

static void close_due(struct pw_sessions *s, uint32_t key)
{
	struct pw_session_key *k = &s->by_key[key];
	uint32_t id;
	bool any = false;

	k->waits = false;
	while ((id = pw_session_list_first(&k->list)) != PW_SESSION_NONE &&
	       s->sessions[id].end <= s->closed_to) {
		close_session(s, id);
		any = true;
	}
	if (any)
		pw_sessions_close_changed(s, key);
	pw_sessions_close_expect(s, key);
}

void pw_sessions_close_changed(struct pw_sessions *s, uint32_t key)
{
	if (s->closed.live == 0)
		return;
	const uint32_t slot = pw_arrangement_find(&s->closed, pw_arrangement_key(s->keys, key));

	if (slot == PW_SLOT_NONE ||
	    !((const struct pw_session_closed *)pw_arrangement_record(&s->closed, slot))->pinned)
		return;
	s->recheck = pw_mem_grow(s->recheck, &s->recheck_capacity, s->recheck_count + 1,
				 sizeof *s->recheck);
	s->recheck[s->recheck_count++] = slot;
}

static void reach(struct pw_sessions *s)
{
	s->closed_to = pw_event_clock_reached(&s->axis, &s->close_after, s->clock.before);
	s->near_to = s->closed_to == PW_PLACE_FIRST ? PW_PLACE_FIRST
						    : pw_axis_plus(&s->axis, s->closed_to, &s->gap);
	s->forgotten_to = pw_event_clock_reached(&s->axis, &s->forget_after, s->clock.before);
}

static bool closes_now(const struct pw_sessions *s)
{
	return pw_sessions_even(s) && s->g.op.commit.time != PW_TIME_END;
}

void pw_sessions_close(struct pw_sessions *s)
{
	s->commit++;
	if (!s->closes)
		return;
	reach(s);
	if (!closes_now(s))
		return;
	while (s->closings.count > 0 && s->closings.entries[0].start <= s->closed_to) {
		const struct pw_session_entry due = heap_pop(&s->closings);

		if (s->by_key[due.id].waits && s->by_key[due.id].due == due.start)
			close_due(s, due.id);
	}
	for (size_t i = 0; i < s->recheck_count; i++)
		if (pw_arrangement_live(&s->closed, s->recheck[i]))
			forget_bounds(s, s->recheck[i]);
	s->recheck_count = 0;
	while (s->forgettings.count > 0 && s->forgettings.entries[0].start <= s->forgotten_to) {
		const struct pw_session_entry due = heap_pop(&s->forgettings);

		if (pw_arrangement_live(&s->closed, due.id))
			forget_bounds(s, due.id);
	}
}

void pw_sessions_close_rests(struct pw_sessions *s)
{
	if (!s->drops || !closes_now(s))
		return;
	for (size_t i = 0; i < s->touched_count; i++) {
		const uint32_t id = s->touched[i];

		if (!s->sessions[id].gone && s->sessions[id].end <= s->closed_to)
			close_session(s, id);
	}
}

/* ---- late rows ---- */

/* The first session that is not over, of which there may be some before it. */
static bool find_open(const struct pw_sessions *s, const struct pw_session_list *list,
		      pw_place *start)
{
	struct pw_session_at at = {0, 0};

	if (list->count == 0)
		return false;
	while (s->sessions[pw_session_list_get(list, at)->id].end <= s->closed_to)
		if (!pw_session_list_next(list, &at))
			return false;
	*start = pw_session_list_get(list, at)->start;
	return true;
}

void pw_sessions_stand(struct pw_sessions *s, uint32_t key)
{
	struct pw_session_key *k = &s->by_key[key];

	if (!s->closes || k->stamp == s->commit)
		return;
	k->stamp = s->commit;
	k->stood = find_open(s, &k->list, &k->start);
}

static bool touches(const struct pw_sessions *s, pw_place place, pw_place start, pw_place end,
		    pw_place bounds[2])
{
	if (!pw_sessions_touches(s, start, end, place))
		return false;
	bounds[0] = start;
	bounds[1] = end;
	return true;
}

/* Sessions that are over, and would be closed by now if the time were even. */
static bool touches_over(const struct pw_sessions *s, const struct pw_session_list *list,
			 pw_place place, pw_place bounds[2])
{
	struct pw_session_at at = {0, 0};

	if (list->count == 0)
		return false;
	do {
		const struct pw_session *session = &s->sessions[pw_session_list_get(list, at)->id];

		if (session->end > s->closed_to)
			return false;
		if (touches(s, place, session->start, session->end, bounds))
			return true;
	} while (pw_session_list_next(list, &at));
	return false;
}

/* All open sessions end after closed_to: an old row touches the first, or none. */
bool pw_sessions_is_late(struct pw_sessions *s, uint32_t key,
			 const struct pw_session_closed *closed, pw_place place, pw_place bounds[2])
{
	const struct pw_session_key *k = pw_sessions_key(s, key);

	for (uint32_t i = 0; closed != NULL && i < closed->count; i += 2)
		if (touches(s, place, closed->bounds[i], closed->bounds[i + 1], bounds))
			return true;
	if (touches_over(s, &k->list, place, bounds))
		return true;
	if (place > s->closed_to)
		return false;
	pw_sessions_stand(s, key);
	bounds[0] = bounds[1] = place;
	return !k->stood || (place < k->start && !pw_sessions_near(s, place, k->start));
}

/* ---- late rows ---- */

static void end_late(struct pw_sessions *s, const pw_place bounds[2], pw_diff diff)
{
	struct pw_builder *b = &s->late;
	const size_t columns = s->late_schema.count;

	pw_sessions_add_bound(s, &b->vectors[columns - 2], bounds[0]);
	pw_sessions_add_bound(s, &b->vectors[columns - 1], bounds[1]);
	pw_builder_row(b, s->g.op.commit.time, diff);
	if (pw_builder_full(b))
		pw_sessions_late_send(s);
}

void pw_sessions_late_held(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_diff diff,
			   const pw_place bounds[2])
{
	pw_ordered_decode(&s->rows, key, row, &s->late);
	end_late(s, bounds, diff);
}

void pw_sessions_late_row(struct pw_sessions *s, const struct pw_batch *batch, uint32_t row,
			  const pw_place bounds[2])
{
	for (size_t i = 0; i < s->g.op.in->count; i++)
		pw_vector_copy(&s->late.vectors[i], &batch->columns[i], row);
	end_late(s, bounds, pw_batch_diff(batch, row));
}

void pw_sessions_late_send(struct pw_sessions *s)
{
	if (!s->closes || s->late.rows == 0)
		return;
	pw_op_late(&s->g.op, 0, pw_builder_view(&s->late));
	pw_builder_clear(&s->late);
}

/* ---- start and end ---- */

/* a + b + c; a fraction is rounded up once. */
static struct pw_length sum(const struct pw_length *a, const struct pw_length *b)
{
	struct pw_length l = {.real = a->real + b->real};

	if (a->fraction || b->fraction) {
		const double up = ceil(l.real);

		l.fraction = up != l.real;
		l.whole = up >= 0x1p63 ? INT64_MAX : up < -0x1p63 ? INT64_MIN : (int64_t)up;
	} else if (__builtin_add_overflow(a->whole, b->whole, &l.whole)) {
		l.whole = a->whole < 0 ? INT64_MIN : INT64_MAX;
	}
	return l;
}

static void add_bounds(struct pw_sessions *s, struct pw_schema *to)
{
	static const char *const names[] = {"window_start", "window_end"};
	const struct pw_type type = pw_axis_bound(&s->axis);

	for (size_t i = 0; i < 2; i++) {
		struct pw_bytes name = {0};

		pw_bytes_text(&name, names[i]);
		while (pw_schema_find(to, (struct pw_slice){name.data, name.length}) >= 0) {
			struct pw_bytes longer = {0};

			pw_bytes_print(&longer, "_%s", pw_bytes_string(&name));
			pw_bytes_release(&name);
			name = longer;
		}
		pw_sessions_must(s, pw_schema_add(to, (struct pw_slice){name.data, name.length},
						  type, false));
		pw_bytes_release(&name);
	}
}

void pw_sessions_close_bind(struct pw_sessions *s, const struct pw_window_wish *wish)
{
	const struct pw_op *op = &s->g.op;
	struct pw_length cutoff;

	pw_arrangement_init(&s->closed, sizeof(struct pw_session_closed));
	s->closed_to = s->near_to = s->forgotten_to = PW_PLACE_FIRST;
	if (wish->cutoff == NULL)
		return;
	pw_sessions_must(s, pw_axis_length(&s->axis, "--cutoff", wish->cutoff, &cutoff));
	if (cutoff.real < 0)
		pw_sessions_must(s,
				 pw_fail(PW_USAGE, "--cutoff: '%s' is less than 0", wish->cutoff));
	s->closes = true;
	s->drops = wish->no_keep;
	s->close_after = sum(&s->gap, &cutoff);
	s->forget_after = sum(&s->gap, &s->close_after);
	pw_schema_copy(&s->late_schema, op->in);
	for (size_t i = 0; i < s->late_schema.count; i++)
		s->late_schema.fields[i].key = false;
	add_bounds(s, &s->late_schema);
	pw_builder_init(&s->late, &s->late_schema);
	s->g.op.late[0] = (struct pw_op_late){wish->late, &s->late_schema};
	for (size_t i = 0; i < s->key_count; i++) {
		const struct pw_field *f = &op->in->fields[s->key_list[i]];

		pw_sessions_must(
			s, pw_schema_add(&s->closed_schema, pw_slice_of(f->name), f->type, false));
	}
	add_bounds(s, &s->closed_schema);
	pw_delta_init(&s->closed_delta, &s->closed_schema);
	pw_builder_init(&s->closed_rows, &s->closed_schema);
}

void pw_sessions_close_release(struct pw_sessions *s)
{
	for (uint32_t slot = 0; slot < s->closed.slots; slot++)
		if (pw_arrangement_live(&s->closed, slot))
			free(((struct pw_session_closed *)pw_arrangement_record(&s->closed, slot))
				     ->bounds);
	pw_arrangement_release(&s->closed);
	free(s->closings.entries);
	free(s->forgettings.entries);
	free(s->recheck);
	if (!s->closes)
		return;
	pw_builder_release(&s->late);
	pw_builder_release(&s->closed_rows);
	pw_delta_release(&s->closed_delta);
	pw_schema_release(&s->late_schema);
	pw_schema_release(&s->closed_schema);
}
