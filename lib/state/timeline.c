#include "timeline.h"

#include <stdlib.h>

void pw_timeline_add(struct pw_timeline *t, const struct pw_lookup *l, const pw_place *places,
		     uint32_t count)
{
	const size_t need = (size_t)l->rows + count;

	if (need > t->capacity)
		t->places = pw_mem_grow(t->places, &t->capacity, need, sizeof *t->places);
	memcpy(t->places + l->rows, places, count * sizeof *places);
}

/* ---- the order of a key's rows ---- */

/* A row on its way to its place in the order. */
struct moment {
	pw_place place;
	uint32_t id;
};

static bool is_ordered(const struct moment *rows, uint32_t count)
{
	uint32_t i = 1;

	while (i < count && rows[i - 1].place <= rows[i].place)
		i++;
	return i >= count;
}

/* Merges the ordered halves [0, middle) and [middle, count) of from into to. */
static void merge(const struct moment *from, uint32_t middle, uint32_t count, struct moment *to)
{
	uint32_t a = 0, b = middle;

	for (uint32_t i = 0; i < count; i++)
		to[i] = b == count || (a < middle && from[a].place <= from[b].place) ? from[a++]
										     : from[b++];
}

/* A stable merge sort by place, from the bottom up; spare has the same room. */
static void sort(struct moment *rows, struct moment *spare, uint32_t count)
{
	struct moment *from = rows, *to = spare;

	if (is_ordered(rows, count))
		return;
	for (uint32_t width = 1; width < count; width *= 2) {
		for (uint32_t at = 0, step; at < count; at += step) {
			const uint32_t rest = count - at;

			step = rest / 2 < width ? rest : 2 * width;
			merge(from + at, width < step ? width : step, step, to + at);
		}
		struct moment *done = to;

		to = from;
		from = done;
		if (width > count / 2)
			break;
	}
	if (from != rows)
		memcpy(rows, from, count * sizeof *rows);
}

/* The ids of each slot are put in the order of their places, and the places beside them. */
void pw_timeline_finish(struct pw_timeline *t, const struct pw_lookup *l)
{
	const uint32_t slots = l->slots.slots, listed = l->first[slots];
	struct moment *rows = NULL;
	size_t most = 0;
	pw_place *places = pw_mem_alloc((size_t)listed + 1, sizeof *places);

	for (uint32_t s = 0; s < slots; s++)
		most = l->first[s + 1] - l->first[s] > most ? l->first[s + 1] - l->first[s] : most;
	rows = pw_mem_alloc(2 * most + 1, sizeof *rows);
	for (uint32_t s = 0; s < slots; s++) {
		const uint32_t from = l->first[s], count = l->first[s + 1] - from;

		for (uint32_t i = 0; i < count; i++)
			rows[i] = (struct moment){t->places[l->ids[from + i]], l->ids[from + i]};
		sort(rows, rows + most, count);
		for (uint32_t i = 0; i < count; i++) {
			places[from + i] = rows[i].place;
			l->ids[from + i] = rows[i].id;
		}
	}
	free(rows);
	free(t->places);
	t->places = places;
	t->capacity = listed;
	t->ids = l->ids;
	t->first = l->first;
	t->hints = pw_mem_alloc((size_t)slots + 1, sizeof *t->hints);
	memcpy(t->hints, l->first, slots * sizeof *t->hints);
}

/* ---- finding ---- */

/*
 * The first of places[begin] to places[end - 1] that is at or after p; end, if
 * there is none. Looks near `at` first, in steps that double.
 */
static uint32_t first_from(const pw_place *places, uint32_t begin, uint32_t end, uint32_t at,
			   pw_place p)
{
	uint32_t step = 1;

	if (at < end && places[at] < p) {
		begin = at + 1;
		while (begin < end && end - begin > step && places[begin + step - 1] < p) {
			begin += step;
			step *= 2;
		}
		if (begin < end && end - begin > step)
			end = begin + step;
	} else {
		end = at;
		while (end > begin && end - begin > step && places[end - step] >= p) {
			end -= step;
			step *= 2;
		}
		if (end - begin > step)
			begin = end - step;
	}
	while (begin < end) {
		const uint32_t middle = begin + (end - begin) / 2;

		if (places[middle] < p)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

void pw_timeline_find(struct pw_timeline *t, uint32_t slot, struct pw_places range, uint32_t *from,
		      uint32_t *to)
{
	const uint32_t begin = t->first[slot], end = t->first[slot + 1];

	*from = *to = t->hints[slot];
	if (range.first > range.last)
		return;
	*from = t->hints[slot] = first_from(t->places, begin, end, t->hints[slot], range.first);
	*to = range.last == PW_PLACE_LAST
		      ? end
		      : first_from(t->places, *from, end, *from, range.last + 1);
}

size_t pw_timeline_bytes(const struct pw_timeline *t, const struct pw_lookup *l)
{
	return t->capacity * sizeof *t->places +
	       (t->hints != NULL ? l->slots.slots * sizeof *t->hints : 0);
}

void pw_timeline_release(struct pw_timeline *t)
{
	free(t->places);
	free(t->hints);
	*t = (struct pw_timeline){0};
}
