#include "session_list.h"

#include "../base/fail.h"

#include <stdlib.h>

enum { FULL = 128 }; /* entries of a chunk */

static size_t chunk_bytes(uint32_t capacity)
{
	return sizeof(struct pw_session_chunk) + capacity * sizeof(struct pw_session_entry);
}

/* The last chunk that starts at or before the place; the first if none does. */
static uint32_t find_chunk(const struct pw_session_list *l, pw_place place)
{
	uint32_t low = 0, high = l->count;

	if (l->chunks[high - 1]->entries[0].start <= place)
		return high - 1;
	while (high - low > 1) {
		const uint32_t middle = (low + high) / 2;

		if (l->chunks[middle]->entries[0].start <= place)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* How many entries of a chunk start at or before the place. */
static uint32_t count_to(const struct pw_session_chunk *c, pw_place place)
{
	uint32_t low = 0, high = c->count;

	if (c->entries[high - 1].start <= place)
		return high;
	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (c->entries[middle].start <= place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool pw_session_list_find(const struct pw_session_list *l, pw_place place, struct pw_session_at *at)
{
	if (l->count == 0)
		return false;
	at->chunk = find_chunk(l, place);
	const uint32_t before = count_to(l->chunks[at->chunk], place);

	if (before == 0)
		return false; /* of the first chunk: it is before all */
	at->entry = before - 1;
	return true;
}

bool pw_session_list_next(const struct pw_session_list *l, struct pw_session_at *at)
{
	if (at->entry + 1 < l->chunks[at->chunk]->count) {
		at->entry++;
		return true;
	}
	if (at->chunk + 1 == l->count)
		return false;
	*at = (struct pw_session_at){at->chunk + 1, 0};
	return true;
}

bool pw_session_list_previous(const struct pw_session_list *l, struct pw_session_at *at)
{
	if (at->entry > 0) {
		at->entry--;
		return true;
	}
	if (at->chunk == 0)
		return false;
	at->chunk--;
	at->entry = l->chunks[at->chunk]->count - 1;
	return true;
}

static void insert_chunk(struct pw_session_list *l, uint32_t at, uint32_t capacity)
{
	if (l->count == l->capacity) {
		const uint32_t wide = l->capacity == 0 ? 1 : 2 * l->capacity;

		l->chunks = pw_mem_resize(l->chunks, wide, sizeof *l->chunks);
		l->bytes += (wide - l->capacity) * sizeof *l->chunks;
		l->capacity = wide;
	}
	memmove(l->chunks + at + 1, l->chunks + at, (l->count - at) * sizeof *l->chunks);
	struct pw_session_chunk *c = pw_mem_alloc(1, chunk_bytes(capacity));

	c->count = 0;
	c->capacity = capacity;
	l->bytes += chunk_bytes(capacity);
	l->chunks[at] = c;
	l->count++;
}

/* A chunk gets room for one entry more, or half of its entries go to a new one. */
static void make_room(struct pw_session_list *l, uint32_t at)
{
	struct pw_session_chunk *c = l->chunks[at];
	const uint32_t wide = c->capacity * 2, half = c->count / 2;

	if (c->count < c->capacity)
		return;
	if (wide <= FULL) {
		l->bytes += chunk_bytes(wide) - chunk_bytes(c->capacity);
		c = l->chunks[at] = pw_mem_resize(c, 1, chunk_bytes(wide));
		c->capacity = wide;
		return;
	}
	insert_chunk(l, at + 1, FULL);
	struct pw_session_chunk *after = l->chunks[at + 1];

	after->count = c->count - half;
	memcpy(after->entries, c->entries + half, after->count * sizeof *c->entries);
	c->count = half;
}

void pw_session_list_insert(struct pw_session_list *l, pw_place start, uint32_t id)
{
	if (l->count == 0)
		insert_chunk(l, 0, 1);
	uint32_t at = l->chunks[0]->count == 0 ? 0 : find_chunk(l, start);
	const struct pw_session_chunk *last = l->chunks[l->count - 1];

	/* what comes in order fills chunks to the brim */
	if (last->count == FULL && last->entries[FULL - 1].start < start) {
		at = l->count;
		insert_chunk(l, at, FULL);
	}
	make_room(l, at);
	if (at + 1 < l->count && l->chunks[at + 1]->entries[0].start <= start)
		at++;
	struct pw_session_chunk *c = l->chunks[at];
	const uint32_t place = c->count == 0 ? 0 : count_to(c, start);

	memmove(c->entries + place + 1, c->entries + place,
		(c->count - place) * sizeof *c->entries);
	c->entries[place] = (struct pw_session_entry){start, id};
	c->count++;
}

static struct pw_session_at need(const struct pw_session_list *l, pw_place start)
{
	struct pw_session_at at;

	if (!pw_session_list_find(l, start, &at) || pw_session_list_get(l, at)->start != start)
		pw_bug("no session starts there");
	return at;
}

void pw_session_list_remove(struct pw_session_list *l, pw_place start)
{
	const struct pw_session_at at = need(l, start);
	struct pw_session_chunk *c = l->chunks[at.chunk];

	c->count--;
	memmove(c->entries + at.entry, c->entries + at.entry + 1,
		(c->count - at.entry) * sizeof *c->entries);
	if (c->count > 0)
		return;
	l->bytes -= chunk_bytes(c->capacity);
	free(c);
	l->count--;
	memmove(l->chunks + at.chunk, l->chunks + at.chunk + 1,
		(l->count - at.chunk) * sizeof *l->chunks);
	if (l->count == 0)
		pw_session_list_release(l);
}

void pw_session_list_move(struct pw_session_list *l, pw_place from, pw_place to)
{
	const struct pw_session_at at = need(l, from);

	l->chunks[at.chunk]->entries[at.entry].start = to;
}

void pw_session_list_release(struct pw_session_list *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		free(l->chunks[i]);
	free(l->chunks);
	*l = (struct pw_session_list){0};
}
