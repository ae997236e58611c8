/*
 * What the changes of a commit do to the sessions of a key.
 *
 * The neighbours next to changed times (edges) are known, and whether they are together.
 * Between two edges nothing has changed: a stretch of a session stays in one piece.
 * So the sessions around the changes are cut into pieces, which the edges put together
 * again. Who gets the larger part of an old session goes on with its group.
 */
#include "session_internal.h"

#include <stdlib.h>

#define GROW(array, count, capacity, more)                                                         \
	(array = pw_mem_grow(array, &(capacity), (count) + (more), sizeof *(array)))

/* ---- pieces ---- */

/* The session that has the time between its bounds; PW_SESSION_NONE. */
static uint32_t session_at(const struct pw_sessions *s, uint32_t key, pw_place place)
{
	struct pw_session_at at;

	if (key >= s->by_key_capacity || !pw_session_list_find(&s->by_key[key].list, place, &at))
		return PW_SESSION_NONE;
	const uint32_t id = pw_session_list_get(&s->by_key[key].list, at)->id;

	return place <= s->sessions[id].end ? id : PW_SESSION_NONE;
}

static void begin_fresh(struct pw_sessions *s, pw_place start)
{
	GROW(s->fresh, s->fresh_count, s->fresh_capacity, 1);
	s->fresh[s->fresh_count++] =
		(struct pw_session_fresh){.start = start, .end = start, .id = PW_SESSION_NONE};
}

static void add_piece(struct pw_sessions *s, uint32_t session, pw_place first, pw_place last)
{
	GROW(s->pieces, s->piece_count, s->piece_capacity, 1);
	s->pieces[s->piece_count++] =
		(struct pw_session_piece){session, (uint32_t)s->fresh_count - 1, first, last};
	s->fresh[s->fresh_count - 1].end = last;
}

/* The piece of the session that begins at a time, to its end. */
static void add_rest(struct pw_sessions *s, uint32_t session, pw_place first)
{
	add_piece(s, session, first, s->sessions[session].end);
}

static void cut_pieces(struct pw_sessions *s, uint32_t key, const struct pw_session_edge *edges,
		       size_t count)
{
	bool open = false; /* a piece begins at `first`, of session `in` */
	pw_place first = 0;
	uint32_t in = PW_SESSION_NONE;

	s->piece_count = s->fresh_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct pw_session_edge *e = &edges[i];

		if (e->has_cur) {
			const uint32_t session = session_at(s, key, e->cur);

			if (open && (first == e->cur || in == session)) {
				add_piece(s, session, first, e->cur);
			} else {
				if (open)
					add_rest(s, in, first);
				begin_fresh(s, s->sessions[session].start);
				add_piece(s, session, s->sessions[session].start, e->cur);
			}
		}
		open = e->has_next;
		if (!open)
			continue;
		first = e->next;
		in = session_at(s, key, first);
		if (!e->together)
			begin_fresh(s, first);
	}
	if (open)
		add_rest(s, in, first);
}

/* ---- the sessions that were ---- */

static void add_old(struct pw_sessions *s, uint32_t id)
{
	if (id == PW_SESSION_NONE || (s->old_count > 0 && s->olds[s->old_count - 1].id == id))
		return;
	const struct pw_session *session = &s->sessions[id];

	GROW(s->olds, s->old_count, s->old_capacity, 1);
	s->olds[s->old_count++] = (struct pw_session_old){.id = id,
							  .slot = session->slot,
							  .start = session->start,
							  .end = session->end,
							  .owner = PW_SESSION_NONE};
}

/* Those of changed times, and those of pieces; in order. */
static void find_olds(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	const struct pw_ordered_change *changes = s->rows.changes + run->from;
	size_t piece = 0, change = 0;

	s->old_count = 0;
	while (piece < s->piece_count || change < run->count) {
		const pw_place place =
			change < run->count ? pw_sessions_decode(changes[change].row) : 0;

		if (change == run->count ||
		    (piece < s->piece_count && s->pieces[piece].first <= place))
			add_old(s, s->pieces[piece++].from_session);
		else
			add_old(s, session_at(s, run->slot,
					      pw_sessions_decode(changes[change++].row)));
	}
}

/* How many rows of the key, copies counted, are before the place. */
static int64_t rank(struct pw_sessions *s, uint32_t key, pw_place place)
{
	struct pw_multiset_cursor c;

	pw_sessions_seek(s, key, place, &c);
	return c.below;
}

static int64_t piece_rows(struct pw_sessions *s, uint32_t key, const struct pw_session_piece *p)
{
	const int64_t before = rank(s, key, p->first);

	return p->last == PW_PLACE_LAST ? pw_ordered_group(&s->rows, key)->copies - before
					: rank(s, key, p->last + 1) - before;
}

/* Who goes on with an old session: pieces [from, to) are its. */
static void find_owner(struct pw_sessions *s, uint32_t key, struct pw_session_old *old, size_t from,
		       size_t to)
{
	int64_t most = -1, rows = 0;

	old->split = s->pieces[from].to != s->pieces[to - 1].to;
	old->owner = s->pieces[from].to;
	for (size_t i = from; i < to && old->split; i++) {
		rows += piece_rows(s, key, &s->pieces[i]);
		if (i + 1 < to && s->pieces[i + 1].to == s->pieces[i].to)
			continue;
		if (rows > most) {
			most = rows;
			old->owner = s->pieces[i].to;
		}
		rows = 0;
	}
}

static void find_owners(struct pw_sessions *s, uint32_t key)
{
	size_t from = 0, to;

	for (size_t o = 0; o < s->old_count; o++) {
		struct pw_session_old *old = &s->olds[o];

		while (from < s->piece_count && s->pieces[from].from_session == PW_SESSION_NONE)
			from++;
		for (to = from; to < s->piece_count && s->pieces[to].from_session == old->id; to++)
			;
		if (to > from)
			find_owner(s, key, old, from, to);
		from = to;
	}
}

/* A session that will be continues the one with the most rows of those that it owns. */
static void find_bases(struct pw_sessions *s)
{
	for (size_t o = 0; o < s->old_count; o++) {
		const struct pw_session_old *old = &s->olds[o];

		if (old->owner == PW_SESSION_NONE)
			continue;
		struct pw_session_fresh *f = &s->fresh[old->owner];
		const int64_t rows =
			s->aggregates ? pw_aggregates_rows(&s->g.groups, old->slot) : 0;

		if (f->id != PW_SESSION_NONE && f->rows >= rows)
			continue;
		f->id = old->id;
		f->rows = rows;
	}
}

/* ---- the sessions that will be ---- */

static bool continues(const struct pw_sessions *s, const struct pw_session_old *old)
{
	return old->owner != PW_SESSION_NONE && s->fresh[old->owner].id == old->id;
}

static void note_merge(struct pw_sessions *s, uint32_t into, uint32_t from)
{
	GROW(s->merges, s->merge_count, s->merge_capacity, 1);
	s->merges[s->merge_count++] = (struct pw_session_merge){into, from};
}

/* Takes what ends, or starts elsewhere, out of the list; then puts in what begins. */
static void replace_sessions(struct pw_sessions *s, uint32_t key)
{
	struct pw_session_list *list = &pw_sessions_key(s, key)->list;

	s->list_bytes -= list->bytes;
	for (size_t o = 0; o < s->old_count; o++) {
		const struct pw_session_old *old = &s->olds[o];

		if (continues(s, old) && s->fresh[old->owner].start == old->start)
			continue;
		pw_session_list_remove(list, old->start);
		if (!continues(s, old))
			pw_sessions_end(s, old->id);
	}
	for (size_t o = 0; o < s->old_count; o++) {
		const struct pw_session_old *old = &s->olds[o];

		if (!continues(s, old))
			continue;
		const struct pw_session_fresh *f = &s->fresh[old->owner];

		s->sessions[old->id].start = f->start;
		s->sessions[old->id].end = f->end;
		if (f->start != old->start)
			pw_session_list_insert(list, f->start, old->id);
	}
	s->list_bytes += list->bytes;
	for (size_t f = 0; f < s->fresh_count; f++)
		if (s->fresh[f].id == PW_SESSION_NONE) {
			s->fresh[f].id = pw_sessions_new(s, key, s->fresh[f].start, s->fresh[f].end,
							 PW_SLOT_NONE);
			pw_sessions_touch(s, s->fresh[f].id);
		}
}

/* ---- with aggregates: rows go to groups ---- */

void pw_sessions_feed_send(struct pw_sessions *s)
{
	struct pw_grouped *g = &s->g;

	pw_sessions_touch_groups(s);
	if (s->feed.rows == 0)
		return;
	const struct pw_batch *batch = pw_builder_view(&s->feed);

	if (g->calls.inputs.output_count > 0)
		pw_expr_run(&g->calls.inputs, batch);
	pw_aggregates_batch(&g->calls.aggregates, pw_calls_arguments(&g->calls, batch));
	pw_sessions_must(s, pw_aggregates_take(&g->calls.aggregates, &g->groups, 0, batch->rows,
					       s->feed_slots, batch->diffs, g->op.commit.time));
	pw_builder_clear(&s->feed);
}

static void feed(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_diff diff,
		 uint32_t slot)
{
	GROW(s->feed_slots, (size_t)s->feed.rows, s->feed_capacity, 1);
	pw_ordered_decode(&s->rows, key, row, &s->feed);
	s->feed_slots[s->feed.rows] = slot;
	pw_builder_row(&s->feed, s->g.op.commit.time, diff);
	if (pw_builder_full(&s->feed))
		pw_sessions_feed_send(s);
}

/* All rows of a piece come to a group, and leave another if that is not PW_SLOT_NONE. */
static void feed_piece(struct pw_sessions *s, uint32_t key, pw_place first, pw_place last,
		       uint32_t into, uint32_t from)
{
	struct pw_multiset_cursor c;

	pw_sessions_seek(s, key, first, &c);
	for (; c.at && pw_sessions_place(&c) <= last; pw_multiset_next(&c)) {
		feed(s, key, pw_value_text(c.value), c.copies, into);
		if (from != PW_SLOT_NONE)
			feed(s, key, pw_value_text(c.value), -c.copies, from);
	}
}

/* An old session in several pieces, of aggregates that can't take rows away: all begins anew. */
static bool begins_anew(const struct pw_sessions *s, const struct pw_session_old *old)
{
	return old->split && !s->retractable;
}

static void feed_changes(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	size_t o = 0, f = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct pw_ordered_change *c = &s->rows.changes[run->from + i];
		const pw_place place = pw_sessions_decode(c->row);

		while (o < s->old_count && s->olds[o].end < place)
			o++;
		while (f < s->fresh_count && s->fresh[f].end < place)
			f++;
		if (o == s->old_count || s->olds[o].start > place)
			feed(s, c->slot, pw_ordered_row(c), c->diff,
			     s->sessions[s->fresh[f].id].slot);
		else if (!begins_anew(s, &s->olds[o]))
			feed(s, c->slot, pw_ordered_row(c), c->diff, s->olds[o].slot);
	}
}

static void move_pieces(struct pw_sessions *s, uint32_t key)
{
	size_t o = 0;

	for (size_t i = 0; i < s->piece_count; i++) {
		const struct pw_session_piece *p = &s->pieces[i];
		const uint32_t into = s->sessions[s->fresh[p->to].id].slot;

		if (p->from_session == PW_SESSION_NONE)
			continue;
		while (s->olds[o].id != p->from_session)
			o++;
		const struct pw_session_old *old = &s->olds[o];

		if (begins_anew(s, old))
			feed_piece(s, key, p->first, p->last, into, PW_SLOT_NONE);
		else if (p->to != old->owner)
			feed_piece(s, key, p->first, p->last, into, old->slot);
	}
}

static void change_groups(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	for (size_t o = 0; o < s->old_count; o++)
		if (begins_anew(s, &s->olds[o])) {
			pw_sessions_feed_send(s);
			pw_sessions_empty_group(s, s->olds[o].slot);
		}
	feed_changes(s, run);
	move_pieces(s, run->slot);
	for (size_t o = 0; o < s->old_count; o++) {
		const struct pw_session_old *old = &s->olds[o];

		if (old->owner != PW_SESSION_NONE && !continues(s, old))
			note_merge(s, s->sessions[s->fresh[old->owner].id].slot, old->slot);
	}
}

void pw_sessions_feed_key(struct pw_sessions *s, uint32_t key)
{
	const struct pw_session_list *list = &pw_sessions_key(s, key)->list;
	struct pw_session_at at = {0, 0};

	if (!s->aggregates || list->count == 0)
		return;
	do {
		const struct pw_session *session = &s->sessions[pw_session_list_get(list, at)->id];

		feed_piece(s, key, session->start, session->end, session->slot, PW_SLOT_NONE);
	} while (pw_session_list_next(list, &at));
}

/* ---- without: rows with bounds ---- */

void pw_sessions_out_send(struct pw_sessions *s)
{
	if (s->aggregates || s->out.rows == 0)
		return;
	pw_op_emit(&s->g.op, pw_builder_view(&s->out));
	pw_builder_clear(&s->out);
}

void pw_sessions_out_row(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_place start,
			 pw_place end, pw_diff diff)
{
	const size_t columns = s->g.op.in->count;

	if (diff == 0)
		return;
	pw_ordered_decode(&s->rows, key, row, &s->out);
	pw_sessions_add_bound(s, &s->out.vectors[columns], start);
	pw_sessions_add_bound(s, &s->out.vectors[columns + 1], end);
	pw_builder_row(&s->out, s->g.op.commit.time, diff);
	if (pw_builder_full(&s->out))
		pw_sessions_out_send(s);
}

/* A row had so many copies in an old session (NULL: in none), and has so many in a new one. */
static void show_row(struct pw_sessions *s, uint32_t key, struct pw_slice row,
		     const struct pw_session_old *old, int64_t before,
		     const struct pw_session_fresh *fresh, int64_t after)
{
	if (old != NULL && fresh != NULL && old->start == fresh->start && old->end == fresh->end) {
		pw_sessions_out_row(s, key, row, old->start, old->end, after - before);
		return;
	}
	if (old != NULL)
		pw_sessions_out_row(s, key, row, old->start, old->end, -before);
	if (fresh != NULL)
		pw_sessions_out_row(s, key, row, fresh->start, fresh->end, after);
}

/* The old session with the time, of those from *o on; NULL. */
static const struct pw_session_old *old_at(const struct pw_sessions *s, size_t *o, pw_place place)
{
	while (*o < s->old_count && s->olds[*o].end < place)
		++*o;
	return *o < s->old_count && s->olds[*o].start <= place ? &s->olds[*o] : NULL;
}

static void show_gone_row(struct pw_sessions *s, const struct pw_ordered_change *c, size_t *o)
{
	show_row(s, c->slot, pw_ordered_row(c), old_at(s, o, pw_sessions_decode(c->row)), -c->diff,
		 NULL, 0);
}

/* Rows that have gone, of changes that come before the row. Returns the next change. */
static size_t show_gone(struct pw_sessions *s, const struct pw_ordered_run *run, size_t i,
			const struct pw_slice *row, size_t *o)
{
	for (; i < run->count; i++) {
		const struct pw_ordered_change *c = &s->rows.changes[run->from + i];

		if (row != NULL && pw_slice_compare(pw_ordered_row(c), *row) >= 0)
			break;
		show_gone_row(s, c, o);
	}
	return i;
}

static bool looks_the_same(const struct pw_session_old *old, const struct pw_session_fresh *f)
{
	return old != NULL && old->start == f->start && old->end == f->end;
}

static void show_pieces(struct pw_sessions *s, const struct pw_ordered_run *run)
{
	const struct pw_ordered_change *changes = s->rows.changes + run->from;
	size_t change = 0, o = 0;
	struct pw_multiset_cursor c;

	for (size_t i = 0; i < s->piece_count; i++) {
		const struct pw_session_piece *p = &s->pieces[i];
		const struct pw_session_fresh *f = &s->fresh[p->to];

		while (change < run->count && pw_sessions_decode(changes[change].row) < p->first)
			show_gone_row(s, &changes[change++], &o);
		const bool changes_here =
			change < run->count && pw_sessions_decode(changes[change].row) <= p->last;
		const struct pw_session_old *old = old_at(s, &o, p->first);

		if (!changes_here && looks_the_same(old, f))
			continue;
		pw_sessions_seek(s, run->slot, p->first, &c);
		for (; c.at && pw_sessions_place(&c) <= p->last; pw_multiset_next(&c)) {
			const struct pw_slice row = pw_value_text(c.value);
			pw_diff diff = 0;

			change = changes_here ? show_gone(s, run, change, &row, &o) : change;
			if (change < run->count &&
			    pw_slice_equal(pw_ordered_row(&changes[change]), row))
				diff = changes[change++].diff;
			show_row(s, run->slot, row, old, c.copies - diff, f, c.copies);
		}
	}
	show_gone(s, run, change, NULL, &o);
}

/* ---- of a static stream ---- */

uint32_t pw_sessions_static_group(struct pw_sessions *s, uint32_t key, pw_place start, pw_place end)
{
	if (!s->aggregates)
		return PW_SLOT_NONE;
	const uint32_t slot =
		pw_arrangement_put(&s->g.groups, pw_sessions_group_key(s, key, start, end), NULL);

	GROW(s->shown, s->shown_count, s->shown_capacity, 1);
	s->shown[s->shown_count++] = slot;
	return slot;
}

void pw_sessions_static_row(struct pw_sessions *s, const struct pw_ordered_change *c,
			    pw_place start, pw_place end, uint32_t slot)
{
	if (s->aggregates)
		feed(s, c->slot, pw_ordered_row(c), c->diff, slot);
	else
		pw_sessions_out_row(s, c->slot, pw_ordered_row(c), start, end, c->diff);
}

void pw_sessions_static_show(struct pw_sessions *s)
{
	pw_sessions_out_send(s);
	if (!s->aggregates)
		return;
	pw_sessions_feed_send(s);
	pw_grouped_show_in_order(&s->g, s->shown, (uint32_t)s->shown_count);
	s->shown_count = 0;
}

/* ---- all of it ---- */

void pw_sessions_change(struct pw_sessions *s, const struct pw_ordered_run *run,
			const struct pw_session_edge *edges, size_t edge_count)
{
	if (run->count == 0)
		return;
	cut_pieces(s, run->slot, edges, edge_count);
	find_olds(s, run);
	find_owners(s, run->slot);
	find_bases(s);
	for (size_t o = 0; o < s->old_count; o++)
		pw_sessions_touch(s, s->olds[o].id);
	replace_sessions(s, run->slot);
	if (s->aggregates)
		change_groups(s, run);
	else
		show_pieces(s, run);
	pw_sessions_close_changed(s, run->slot);
}
