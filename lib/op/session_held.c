/* Sessions of rows that are held: they follow from the rows, commit by commit. */
#include "session_internal.h"

#include <stdlib.h>

/* ---- rows in hand ---- */

void pw_sessions_held_batch(struct pw_sessions *s, const struct pw_batch **batch)
{
	if (s->aggregates)
		*batch = pw_grouped_arguments(&s->g, *batch);
	if ((*batch)->rows == 0)
		return;
	pw_ordered_encode(&s->rows, *batch, true);
	if (s->clocked)
		pw_event_clock_batch(&s->clock, 0, *batch);
}

static void note_rows(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
		      uint32_t count, const pw_place *places)
{
	struct pw_ordered *rows = &s->rows;

	if (s->clocked)
		pw_event_clock_note(&s->clock, batch, from, count, places);
	pw_ordered_find(rows, from, count);
	for (uint32_t i = from; i < from + count; i++)
		if (places[i - from] != PW_PLACE_FIRST)
			pw_sessions_must(s, pw_ordered_note(rows, rows->slots[i],
							    pw_rowkeys_at(&rows->row_keys, i),
							    pw_batch_diff(batch, i)));
}

void pw_sessions_held_rows(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
			   uint32_t count)
{
	s->places = pw_mem_grow(s->places, &s->place_capacity, count, sizeof *s->places);
	if (!pw_event_clock_places(&s->clock, batch, from, count, s->g.op.commit.time, true,
				   s->places, &s->lost)) {
		note_rows(s, batch, from, count, s->places);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		if (!pw_bit((const uint8_t *)s->lost.data, i))
			note_rows(s, batch, from + i, 1, s->places + i);
}

void pw_sessions_seek(struct pw_sessions *s, uint32_t key, pw_place place,
		      struct pw_multiset_cursor *c)
{
	char bytes[PW_SESSIONS_PLACE];

	pw_sessions_encode(place, bytes);
	pw_multiset_seek_text(&pw_ordered_group(&s->rows, key)->rows,
			      (struct pw_slice){bytes, sizeof bytes}, c);
}

/* ---- for checkpoints ---- */

void pw_sessions_send_notes(struct pw_sessions *s)
{
	pw_delta_note(&s->delta, pw_builder_view(&s->changed), 0, s->changed.rows,
		      pw_ordered_bytes(&s->rows));
	pw_builder_clear(&s->changed);
}

void pw_sessions_note(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_diff diff)
{
	if (!s->delta.on)
		return;
	pw_ordered_decode(&s->rows, key, row, &s->changed);
	pw_builder_row(&s->changed, 0, diff);
	if (pw_builder_full(&s->changed))
		pw_sessions_send_notes(s);
}

/* ---- rows of closed sessions ---- */

static void drop_row(struct pw_sessions *s, const struct pw_session *session,
		     const struct pw_multiset_cursor *c)
{
	const struct pw_slice row = pw_value_text(c->value);

	pw_sessions_note(s, session->key, row, -c->copies);
	if (s->drops && !s->aggregates)
		pw_sessions_out_row(s, session->key, row, session->start, session->end, -c->copies);
	pw_bytes_clear(&s->key);
	pw_bytes_add(&s->key, row.data, row.length);
	pw_sessions_must(s,
			 pw_ordered_add(&s->rows, session->key,
					(struct pw_slice){s->key.data, s->key.length}, -c->copies));
}

void pw_sessions_drop_rows(struct pw_sessions *s, const struct pw_session *session)
{
	const struct pw_ordered_group *g = pw_ordered_group(&s->rows, session->key);
	struct pw_multiset_cursor c;

	for (;;) {
		pw_sessions_seek(s, session->key, session->start, &c);
		if (!c.at || pw_sessions_place(&c) > session->end)
			break;
		drop_row(s, session, &c);
	}
	if (!pw_multiset_empty(&g->rows))
		return;
	s->emptied = pw_mem_grow(s->emptied, &s->emptied_capacity, s->emptied_count + 1,
				 sizeof *s->emptied);
	s->emptied[s->emptied_count++] = session->key;
}

/* Keys that have had no rows left since sessions were closed, and got none. */
static void drop_emptied(struct pw_sessions *s)
{
	for (size_t i = 0; i < s->emptied_count; i++)
		if (pw_arrangement_live(&s->rows.groups, s->emptied[i]) &&
		    pw_multiset_empty(&pw_ordered_group(&s->rows, s->emptied[i])->rows))
			pw_arrangement_drop(&s->rows.groups, s->emptied[i]);
	s->emptied_count = 0;
}

/* ---- which changes of a commit count ---- */

static int64_t copies_of(struct pw_sessions *s, uint32_t key, struct pw_slice row)
{
	struct pw_multiset_cursor c;

	pw_multiset_seek_text(&pw_ordered_group(&s->rows, key)->rows, row, &c);
	return c.at && pw_slice_equal(pw_value_text(c.value), row) ? c.copies : 0;
}

/* Is the row of a session that is over, though it is not closed yet? Then nothing takes it away. */
static bool is_over(struct pw_sessions *s, const struct pw_ordered_change *c)
{
	const struct pw_session_list *list = &pw_sessions_key(s, c->slot)->list;
	const pw_place place = pw_sessions_decode(c->row);
	struct pw_session_at at;

	return place <= s->closed_to && pw_session_list_find(list, place, &at) &&
	       s->sessions[pw_session_list_get(list, at)->id].end <= s->closed_to;
}

/* Takes no more copies away than there are: the others were late, or are of closed sessions. */
static void judge_deletion(struct pw_sessions *s, struct pw_ordered_change *c,
			   const struct pw_session_closed *closed)
{
	const struct pw_slice row = pw_ordered_row(c);
	const pw_place place = pw_sessions_decode(row.data);
	const int64_t copies = s->closes && is_over(s, c) ? 0 : copies_of(s, c->slot, row);
	pw_place bounds[2];

	if (c->diff >= -copies)
		return;
	if (!s->closes ||
	    (place > s->closed_to && !pw_sessions_is_late(s, c->slot, closed, place, bounds)))
		pw_sessions_must(s, pw_ordered_negative(&s->rows, c->slot, row, copies + c->diff,
							s->g.op.commit.time));
	c->diff = -copies;
}

static void judge_addition(struct pw_sessions *s, struct pw_ordered_change *c,
			   const struct pw_session_closed *closed)
{
	const struct pw_slice row = pw_ordered_row(c);
	const pw_place place = pw_sessions_decode(row.data);
	pw_place bounds[2];

	if (!s->closes || !pw_sessions_may_be_late(s, place) ||
	    !pw_sessions_is_late(s, c->slot, closed, place, bounds))
		return;
	if (pw_sessions_even(s))
		pw_sessions_late_held(s, c->slot, row, c->diff, bounds);
	c->diff = 0;
}

/* The changes of a run are judged, and those that are left, in place, are applied to the rows. */
static void judge(struct pw_sessions *s, struct pw_ordered_run *run)
{
	struct pw_ordered_change *changes = s->rows.changes + run->from;
	const struct pw_session_closed *closed = pw_sessions_closed(s, run->slot);
	size_t left = 0;

	pw_sessions_key(s, run->slot);
	pw_sessions_stand(s, run->slot);
	for (size_t i = 0; i < run->count; i++) {
		struct pw_ordered_change *c = &changes[i];

		if (c->diff < 0)
			judge_deletion(s, c, closed);
		else
			judge_addition(s, c, closed);
		if (c->diff == 0)
			continue;
		pw_sessions_note(s, c->slot, pw_ordered_row(c), c->diff);
		pw_sessions_must(s, pw_ordered_add(&s->rows, c->slot, pw_ordered_row(c), c->diff));
		changes[left++] = *c;
	}
	run->count = left;
}

/* ---- neighbours ---- */

static void add_edge(struct pw_sessions *s, size_t first, const struct pw_session_edge *e)
{
	if (s->edge_count > first) {
		const struct pw_session_edge *last = &s->edges[s->edge_count - 1];

		if (last->has_cur == e->has_cur && last->has_next == e->has_next &&
		    last->cur == e->cur && last->next == e->next)
			return;
	}
	s->edges = pw_mem_grow(s->edges, &s->edge_capacity, s->edge_count + 1, sizeof *s->edges);
	s->edges[s->edge_count++] = *e;
}

/* The neighbours, after the commit, on both sides of a time that it concerns. */
static void find_edges(struct pw_sessions *s, size_t first, uint32_t key, pw_place place)
{
	struct pw_multiset_cursor c, next;
	struct pw_session_edge e = {0};

	pw_sessions_seek(s, key, place, &c);
	const bool there = c.at && pw_sessions_place(&c) == place;

	next = c;
	if (there && place != PW_PLACE_LAST)
		pw_sessions_seek(s, key, place + 1, &next);
	e.has_next = next.at && !(there && place == PW_PLACE_LAST);
	e.next = e.has_next ? pw_sessions_place(&next) : 0;
	e.has_cur = pw_multiset_previous(&c);
	e.cur = e.has_cur ? pw_sessions_place(&c) : 0;
	if (!there) {
		add_edge(s, first, &e);
		return;
	}
	const struct pw_session_edge after = {
		.cur = place, .next = e.next, .has_cur = true, .has_next = e.has_next};

	e.next = place;
	e.has_next = true;
	add_edge(s, first, &e);
	add_edge(s, first, &after);
}

static void find_run_edges(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	const size_t first = s->edge_count;
	pw_place last = 0;

	for (size_t i = 0; i < run->count; i++) {
		const pw_place place = pw_sessions_decode(s->rows.changes[run->from + i].row);

		if (i == 0 || place != last)
			find_edges(s, first, run->slot, place);
		last = place;
	}
}

/* A condition that has an error: a fault, or else not true. */
static void check_condition(struct pw_sessions *s)
{
	if (s->g.op.host->reject->policy != PW_REJECT_STOP || pw_expr_check(&s->condition) == 0)
		return;
	pw_fail_at("--session-while");
	pw_sessions_must(s, pw_time_fail_at(s->g.op.commit.time));
}

/* Edges [from, to) have times on both sides, or wait: those that do are in s->pairs. */
static void ask_condition(struct pw_sessions *s, size_t from, size_t to)
{
	pw_expr_run(&s->condition, pw_builder_view(&s->pairs));
	check_condition(s);
	const uint32_t count = pw_expr_select(&s->condition, 0, s->pair_rows);
	uint32_t row = 0, at = 0;

	for (size_t i = from; i < to; i++) {
		if (!s->edges[i].has_cur || !s->edges[i].has_next)
			continue;
		s->edges[i].together = at < count && s->pair_rows[at] == row;
		at += s->edges[i].together;
		row++;
	}
	pw_builder_clear(&s->pairs);
}

static void ask_conditions(struct pw_sessions *s)
{
	size_t from = 0;

	for (size_t i = 0; i < s->edge_count; i++) {
		const struct pw_session_edge *e = &s->edges[i];

		if (!e->has_cur || !e->has_next)
			continue;
		pw_sessions_add_bound(s, &s->pairs.vectors[0], e->cur);
		pw_sessions_add_bound(s, &s->pairs.vectors[1], e->next);
		pw_builder_row(&s->pairs, s->g.op.commit.time, 1);
		if (s->pairs.rows == PW_BATCH_ROWS) {
			ask_condition(s, from, i + 1);
			from = i + 1;
		}
	}
	if (s->pairs.rows > 0)
		ask_condition(s, from, s->edge_count);
}

static void judge_edges(struct pw_sessions *s)
{
	if (!s->by_gap) {
		ask_conditions(s);
		return;
	}
	for (size_t i = 0; i < s->edge_count; i++) {
		struct pw_session_edge *e = &s->edges[i];

		e->together = e->has_cur && e->has_next && pw_sessions_near(s, e->cur, e->next);
	}
}

/* ---- a static stream: its one commit is all there is ---- */

/* The rows of a run, sorted, are all of a key: neighbours are beside each other. */
static void find_static_edges(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	const size_t first = s->edge_count;
	struct pw_session_edge e = {.has_cur = true, .has_next = true};

	for (size_t i = 0; i < run->count; i++) {
		const struct pw_ordered_change *c = &s->rows.changes[run->from + i];

		if (c->diff < 0)
			pw_sessions_must(s,
					 pw_ordered_negative(&s->rows, c->slot, pw_ordered_row(c),
							     c->diff, s->g.op.commit.time));
		e.next = pw_sessions_decode(c->row);
		if (i > 0 && e.next != e.cur)
			add_edge(s, first, &e);
		e.cur = e.next;
	}
}

/* The sessions of a run, and their rows; slots of groups go to s->to_touch. */
static void show_static_run(struct pw_sessions *s, const struct pw_ordered_run *run,
			    const struct pw_session_edge *e, const struct pw_session_edge *end)
{
	const struct pw_ordered_change *c = s->rows.changes + run->from, *last = c + run->count;

	while (c < last) {
		const pw_place start = pw_sessions_decode(c->row);
		pw_place stop;

		while (e < end && e->together)
			e++;
		stop = pw_sessions_decode(last[-1].row);
		if (e < end)
			stop = e++->cur;
		const uint32_t slot = pw_sessions_static_group(s, run->slot, start, stop);

		for (; c < last && pw_sessions_decode(c->row) <= stop; c++)
			pw_sessions_static_row(s, c, start, stop, slot);
	}
}

static void static_commit(struct pw_sessions *s)
{
	const struct pw_ordered *rows = &s->rows;

	for (size_t r = 0; r < rows->run_count; r++) {
		s->edge_from[r] = s->edge_count;
		find_static_edges(s, &rows->runs[r]);
	}
	s->edge_from[rows->run_count] = s->edge_count;
	judge_edges(s);
	for (size_t r = 0; r < rows->run_count; r++)
		show_static_run(s, &rows->runs[r], s->edges + s->edge_from[r],
				s->edges + s->edge_from[r + 1]);
	pw_sessions_static_show(s);
}

/* ---- a commit ---- */

void pw_sessions_held_commit(struct pw_sessions *s)
{
	struct pw_ordered *rows = &s->rows;
	const bool any = !s->clocked || pw_event_clock_close(&s->clock);

	pw_sessions_must(s, pw_ordered_sum(rows));
	if (any)
		pw_sessions_close(s);
	s->edge_count = 0;
	s->edge_from = pw_mem_grow(s->edge_from, &s->edge_from_capacity, rows->run_count + 1,
				   sizeof *s->edge_from);
	if (s->in.is_static) {
		static_commit(s);
		pw_ordered_clear(rows);
		return;
	}
	for (size_t r = 0; r < rows->run_count; r++) {
		s->edge_from[r] = s->edge_count;
		judge(s, &rows->runs[r]);
		find_run_edges(s, &rows->runs[r]);
	}
	s->edge_from[rows->run_count] = s->edge_count;
	judge_edges(s);
	for (size_t r = 0; r < rows->run_count; r++)
		pw_sessions_change(s, &rows->runs[r], s->edges + s->edge_from[r],
				   s->edge_from[r + 1] - s->edge_from[r]);
	if (s->aggregates) {
		pw_sessions_feed_send(s);
		pw_sessions_merge_groups(s);
		pw_sessions_close_rests(s);
		pw_sessions_show(s);
	} else {
		pw_sessions_close_rests(s);
		pw_sessions_out_send(s);
	}
	pw_sessions_late_send(s);
	pw_sessions_done(s);
	pw_sessions_send_notes(s);
	pw_ordered_clear(rows);
	drop_emptied(s);
}

/* ---- after a checkpoint ---- */

/* The sessions of a key from its rows: every two neighbours are looked at. */
static void make_key(struct pw_sessions *s, uint32_t key)
{
	struct pw_multiset_cursor c;
	pw_place last = 0;
	bool any = false;

	s->edge_count = 0;
	pw_multiset_seek_kth(&pw_ordered_group(&s->rows, key)->rows, 0, &c);
	for (; c.at; pw_multiset_next(&c)) {
		const pw_place place = pw_sessions_place(&c);
		const struct pw_session_edge e = {
			.cur = last, .next = place, .has_cur = true, .has_next = true};

		if (any && place != last)
			add_edge(s, 0, &e);
		last = place;
		any = true;
	}
	if (!any)
		return;
	judge_edges(s);
	pw_multiset_seek_kth(&pw_ordered_group(&s->rows, key)->rows, 0, &c);
	pw_place start = pw_sessions_place(&c);

	for (size_t i = 0; i < s->edge_count; i++) {
		if (s->edges[i].together)
			continue;
		pw_sessions_new(s, key, start, s->edges[i].cur, PW_SLOT_NONE);
		start = s->edges[i].next;
	}
	pw_sessions_new(s, key, start, last, PW_SLOT_NONE);
}

void pw_sessions_held_make(struct pw_sessions *s)
{
	for (uint32_t key = 0; key < s->rows.groups.slots; key++)
		if (pw_arrangement_live(&s->rows.groups, key)) {
			make_key(s, key);
			pw_sessions_feed_key(s, key);
		}
	pw_sessions_feed_send(s);
}
