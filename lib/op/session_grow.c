/*
 * Sessions by a gap of rows that only add: they grow, and grow together, and never split.
 * So no row is remembered, only the bounds and the group of each session.
 */
#include "session_internal.h"

#include <stdlib.h>

/* ---- a batch ---- */

static const struct pw_column *dictionary(const struct pw_sessions *s, const struct pw_batch *batch)
{
	const struct pw_column *c = s->key_count == 1 ? &batch->columns[s->key_list[0]] : NULL;

	return c != NULL && c->encoding == PW_DICTIONARY ? c : NULL;
}

static bool one_key(const struct pw_sessions *s, const struct pw_batch *batch)
{
	for (size_t i = 0; i < s->key_count; i++)
		if (batch->columns[s->key_list[i]].encoding != PW_CONSTANT)
			return false;
	return true;
}

/* The keys of all rows; of a dictionary those of its entries, and one for null. */
static void encode_keys(struct pw_sessions *s, const struct pw_batch *batch)
{
	const struct pw_column *c = dictionary(s, batch);
	struct pw_batch keys = *batch;

	s->code_count = 0;
	if (c != NULL) {
		keys.columns = c->inner;
		keys.rows = c->inner->rows;
		pw_rowkeys_encode(&s->row_keys, &keys, (const int[]){0}, 1, NULL);
		return;
	}
	if (one_key(s, batch))
		keys.rows = 1;
	pw_rowkeys_encode(&s->row_keys, &keys, s->key_list, s->key_count, NULL);
}

void pw_sessions_grow_batch(struct pw_sessions *s, const struct pw_batch **batch)
{
	*batch = pw_grouped_arguments(&s->g, *batch);
	if ((*batch)->rows == 0)
		return;
	encode_keys(s, *batch);
	pw_aggregates_batch(&s->g.calls.aggregates, pw_calls_arguments(&s->g.calls, *batch));
	if (s->clocked)
		pw_event_clock_batch(&s->clock, 0, *batch);
}

/* ---- the keys of rows ---- */

/* Each entry of a dictionary that a row has is looked up once. */
static void find_by_code(struct pw_sessions *s, const struct pw_column *c, uint32_t from,
			 uint32_t count)
{
	const uint32_t entries = s->row_keys.rows;

	if (s->code_count == 0) {
		s->code_count = entries + 1;
		s->code_slots = pw_mem_grow(s->code_slots, &s->code_capacity, s->code_count,
					    sizeof *s->code_slots);
		memset(s->code_slots, 0xff, s->code_count * sizeof *s->code_slots);
	}
	for (uint32_t i = 0; i < count; i++) {
		const bool null = c->valid != NULL && !pw_bit(c->valid, from + i);
		const uint32_t code = null ? entries : c->codes[from + i];

		if (s->code_slots[code] == PW_SLOT_NONE) {
			struct pw_bytes key = {0};

			if (null)
				pw_rowkey_add(&key, c, from + i, false);
			s->code_slots[code] =
				pw_arrangement_put(&s->own_keys,
						   null ? (struct pw_slice){key.data, key.length}
							: pw_rowkeys_at(&s->row_keys, code),
						   NULL);
			pw_bytes_release(&key);
		}
		s->key_slots[i] = s->code_slots[code];
	}
}

static void find_keys(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	const struct pw_column *c = dictionary(s, batch);

	s->key_slots =
		pw_mem_grow(s->key_slots, &s->key_slot_capacity, count, sizeof *s->key_slots);
	if (c != NULL) {
		find_by_code(s, c, from, count);
	} else if (one_key(s, batch)) {
		const uint32_t slot =
			pw_arrangement_put(&s->own_keys, pw_rowkeys_at(&s->row_keys, 0), NULL);

		for (uint32_t i = 0; i < count; i++)
			s->key_slots[i] = slot;
	} else if (count == s->row_keys.rows) {
		pw_arrangement_put_all(&s->own_keys, &s->row_keys, s->key_slots);
	} else {
		for (uint32_t i = 0; i < count; i++)
			s->key_slots[i] = pw_arrangement_put(
				&s->own_keys, pw_rowkeys_at(&s->row_keys, from + i), NULL);
	}
	if (s->own_keys.slots > 0)
		pw_sessions_key(s, s->own_keys.slots - 1);
}

static void note_idle(struct pw_sessions *s, uint32_t key)
{
	if (s->by_key[key].list.count > 0)
		return;
	s->idle = pw_mem_grow(s->idle, &s->idle_capacity, s->idle_count + 1, sizeof *s->idle);
	s->idle[s->idle_count++] = key;
}

/* ---- rows go to sessions ---- */

/* The two are one: the first goes on, with the group that has more rows. */
static void join(struct pw_sessions *s, uint32_t first, uint32_t second)
{
	struct pw_session *a = &s->sessions[first], *b = &s->sessions[second];

	pw_sessions_touch(s, first);
	pw_sessions_touch(s, second);
	if (pw_aggregates_rows(&s->g.groups, b->slot) > pw_aggregates_rows(&s->g.groups, a->slot)) {
		const struct pw_session other = *a;

		a->slot = b->slot;
		a->shown_start = b->shown_start;
		a->shown_end = b->shown_end;
		b->slot = other.slot;
		b->shown_start = other.shown_start;
		b->shown_end = other.shown_end;
	}
	s->merges =
		pw_mem_grow(s->merges, &s->merge_capacity, s->merge_count + 1, sizeof *s->merges);
	s->merges[s->merge_count++] = (struct pw_session_merge){a->slot, b->slot};
	a->end = b->end > a->end ? b->end : a->end;
	pw_session_list_remove(&s->by_key[a->key].list, b->start);
	pw_sessions_end(s, second);
}

static uint32_t begin(struct pw_sessions *s, uint32_t key, pw_place place)
{
	const uint32_t id = pw_sessions_new(s, key, place, place, PW_SLOT_NONE);

	pw_sessions_touch(s, id);
	return s->sessions[id].slot;
}

/* A place that is not after the last session's start. */
static uint32_t find_group(struct pw_sessions *s, uint32_t key, pw_place place)
{
	struct pw_session_list *list = &s->by_key[key].list;
	struct pw_session_at at = {0, 0};
	uint32_t before = PW_SESSION_NONE, after = PW_SESSION_NONE;

	if (pw_session_list_find(list, place, &at)) {
		before = pw_session_list_get(list, at)->id;
		if (pw_session_list_next(list, &at))
			after = pw_session_list_get(list, at)->id;
	} else if (list->count > 0) {
		after = pw_session_list_first(list);
	}
	if (before != PW_SESSION_NONE &&
	    !pw_sessions_touches(s, s->sessions[before].start, s->sessions[before].end, place))
		before = PW_SESSION_NONE;
	if (after != PW_SESSION_NONE && !pw_sessions_near(s, place, s->sessions[after].start))
		after = PW_SESSION_NONE;
	if (before == PW_SESSION_NONE && after == PW_SESSION_NONE)
		return begin(s, key, place);
	if (before == PW_SESSION_NONE) {
		struct pw_session *session = &s->sessions[after];

		pw_sessions_touch(s, after);
		pw_session_list_move(list, session->start, place);
		session->start = place;
		return session->slot;
	}
	struct pw_session *session = &s->sessions[before];

	pw_sessions_touch(s, before);
	session->end = place > session->end ? place : session->end;
	if (after != PW_SESSION_NONE && place >= session->end)
		join(s, before, after);
	return session->slot;
}

/* The group of the session that a row at the place belongs to, or makes. */
static inline uint32_t group_of(struct pw_sessions *s, uint32_t key, pw_place place)
{
	const struct pw_session_list *list = &s->by_key[key].list;

	if (list->count == 0)
		return begin(s, key, place);
	const struct pw_session_chunk *c = list->chunks[list->count - 1];
	const uint32_t id = c->entries[c->count - 1].id;
	struct pw_session *session = &s->sessions[id];

	if (place < session->start)
		return find_group(s, key, place);
	if (place > session->end) {
		if (!pw_sessions_near(s, session->end, place))
			return begin(s, key, place);
		session->end = place;
	}
	if (!session->touched)
		pw_sessions_touch(s, id);
	return session->slot;
}

static bool is_late(struct pw_sessions *s, const struct pw_batch *batch, uint32_t row, uint32_t key,
		    pw_place place)
{
	pw_place bounds[2];

	if (!pw_sessions_is_late(s, key, pw_sessions_closed(s, key), place, bounds))
		return false;
	if (pw_sessions_even(s))
		pw_sessions_late_row(s, batch, row, bounds);
	return true;
}

/* Fills s->slots: groups, or PW_SLOT_NONE for rows that are in no session. */
static void find_groups(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
			uint32_t count, bool lost)
{
	for (uint32_t i = 0; i < count; i++) {
		const pw_place place = s->places[i];
		const uint32_t key = s->key_slots[i];

		if (place == PW_PLACE_FIRST || (lost && pw_bit((const uint8_t *)s->lost.data, i)) ||
		    (s->closes && pw_sessions_may_be_late(s, place) &&
		     is_late(s, batch, from + i, key, place))) {
			s->slots[i] = PW_SLOT_NONE;
			note_idle(s, key);
		} else {
			pw_sessions_stand(s, key);
			s->slots[i] = group_of(s, key, place);
		}
	}
}

static void take(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_grouped *g = &s->g;

	pw_sessions_touch_groups(s);
	for (uint32_t i = 0, end; i < count; i = end) {
		end = i;
		while (end < count && s->slots[end] != PW_SLOT_NONE)
			end++;
		if (end > i)
			pw_sessions_must(
				s, pw_aggregates_take(&g->calls.aggregates, &g->groups, from + i,
						      end - i, s->slots + i,
						      batch->diffs ? batch->diffs + from + i : NULL,
						      g->op.commit.time));
		while (end < count && s->slots[end] == PW_SLOT_NONE)
			end++;
	}
	pw_sessions_merge_groups(s);
}

static void hear(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from, uint32_t count,
		 bool lost)
{
	if (!s->clocked)
		return;
	if (!lost)
		pw_event_clock_note(&s->clock, batch, from, count, s->places);
	for (uint32_t i = 0; lost && i < count; i++)
		if (!pw_bit((const uint8_t *)s->lost.data, i))
			pw_event_clock_note(&s->clock, batch, from + i, 1, s->places + i);
}

static void begin_commit(struct pw_sessions *s)
{
	if (s->begun)
		return;
	s->begun = true;
	pw_sessions_close(s);
}

void pw_sessions_grow_rows(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
			   uint32_t count)
{
	s->places = pw_mem_grow(s->places, &s->place_capacity, count, sizeof *s->places);
	s->slots = pw_mem_grow(s->slots, &s->slot_capacity, count, sizeof *s->slots);
	const bool lost = pw_event_clock_places(&s->clock, batch, from, count, s->g.op.commit.time,
						true, s->places, &s->lost);

	hear(s, batch, from, count, lost);
	begin_commit(s);
	find_keys(s, batch, from, count);
	find_groups(s, batch, from, count, lost);
	take(s, batch, from, count);
}

/* ---- the end of a commit ---- */

void pw_sessions_grow_commit(struct pw_sessions *s)
{
	const bool any = !s->clocked || pw_event_clock_close(&s->clock);

	if (any)
		begin_commit(s);
	pw_sessions_show(s);
	pw_sessions_late_send(s);
	pw_sessions_done(s);
	s->begun = false;
}

/* ---- between batches ---- */

void pw_sessions_grow_flush(struct pw_sessions *s)
{
	for (size_t i = 0; i < s->idle_count; i++) {
		const uint32_t key = s->idle[i];

		if (!pw_arrangement_live(&s->own_keys, key) || s->by_key[key].list.count > 0 ||
		    pw_sessions_closed(s, key) != NULL)
			continue;
		s->by_key[key] = (struct pw_session_key){0};
		pw_arrangement_drop(&s->own_keys, key);
		s->code_count = 0;
	}
	s->idle_count = 0;
}

/* ---- after a checkpoint ---- */

void pw_sessions_grow_make(struct pw_sessions *s)
{
	const struct pw_arrangement *groups = &s->g.groups;
	struct pw_bytes k = {0};

	for (uint32_t slot = 0; slot < groups->slots; slot++) {
		if (!pw_arrangement_live(groups, slot) || pw_aggregates_rows(groups, slot) == 0)
			continue;
		const struct pw_slice key = pw_arrangement_key(groups, slot);
		const size_t length = key.length - 2 * (size_t)PW_SESSIONS_PLACE;

		pw_bytes_clear(&k);
		pw_bytes_add(&k, key.data, length);
		pw_sessions_new(
			s,
			pw_arrangement_put(&s->own_keys, (struct pw_slice){k.data, k.length}, NULL),
			pw_sessions_decode(key.data + length),
			pw_sessions_decode(key.data + length + PW_SESSIONS_PLACE), slot);
	}
	pw_bytes_release(&k);
}
