/*
 * As-of joins one of whose sides is built once
 *
 * The rows that are built are laid out by key and time, one for each different time:
 * the greatest. Rows of the other side mostly come in the order of time too, so
 * each search begins where the last one of its key ended.
 */
#include "asof_internal.h"

#include <stdlib.h>

/* ---- the rows in order ---- */

/* One different time of a key, and its row. */
struct spot {
	uint64_t place; /* with the sign flipped: sorts as an unsigned number */
	uint32_t row;
};

enum { SPOT_BYTES = 8, FEW = 48 };

static void insertion_sort(struct spot *spots, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct spot spot = spots[i];
		size_t at = i;

		for (; at > 0 && spots[at - 1].place > spot.place; at--)
			spots[at] = spots[at - 1];
		spots[at] = spot;
	}
}

/* Radix sort by the bytes of the place, the least first; those that all spots share are left out. */
static void radix_sort(struct spot *spots, struct spot *other, size_t count)
{
	uint64_t differ = 0;
	struct spot *from = spots, *to = other;

	for (size_t i = 1; i < count; i++)
		differ |= spots[i].place ^ spots[0].place;
	for (int byte = 0; byte < SPOT_BYTES; byte++) {
		const int shift = 8 * byte;
		size_t starts[256] = {0}, sum = 0;

		if ((differ >> shift & 255) == 0)
			continue;
		for (size_t i = 0; i < count; i++)
			starts[from[i].place >> shift & 255]++;
		for (int b = 0; b < 256; b++) {
			const size_t n = starts[b];
			starts[b] = sum;
			sum += n;
		}
		for (size_t i = 0; i < count; i++)
			to[starts[from[i].place >> shift & 255]++] = from[i];
		struct spot *swap = from;
		from = to;
		to = swap;
	}
	if (from != spots)
		memcpy(spots, from, count * sizeof *spots);
}

/* The order of two rows of one key and time; null is least. */
static int compare_rows(const struct pw_match *m, uint32_t x, uint32_t y)
{
	for (size_t c = 0; c < m->lookup.held_count; c++) {
		const struct pw_column *column = m->lookup.columns[c];
		const bool x_null = pw_column_null(column, x), y_null = pw_column_null(column, y);
		const int order = x_null || y_null ? y_null - x_null
						   : pw_column_compare(column, x, column, y);
		if (order != 0)
			return order;
	}
	return 0;
}

/* Sorts the spots of a key, and leaves one for each time; returns how many. */
static uint32_t sort_slot(struct pw_asof *a, uint32_t from, uint32_t count, struct spot *spots)
{
	struct pw_asof_built *b = &a->built;
	const uint64_t sign = (uint64_t)1 << 63;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		spots[i] = (struct spot){(uint64_t)b->places[from + i] ^ sign, b->rows[from + i]};
	if (count <= FEW)
		insertion_sort(spots, count);
	else
		radix_sort(spots, spots + count, count);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || spots[kept - 1].place != spots[i].place)
			spots[kept++] = spots[i];
		else if (compare_rows(&a->match, spots[i].row, spots[kept - 1].row) > 0)
			spots[kept - 1].row = spots[i].row;
	}
	for (uint32_t i = 0; i < kept; i++) {
		b->places[from + i] = (pw_place)(spots[i].place ^ sign);
		b->rows[from + i] = spots[i].row;
	}
	return kept;
}

/* Lays the rows that have a key and a time out by slot; b->fingers[s] becomes the end of slot s. */
static void lay_out(struct pw_asof *a, const pw_place *places)
{
	struct pw_asof_built *b = &a->built;
	const struct pw_lookup *l = &a->match.lookup;
	const struct pw_column *time = l->columns[b->axes[0].column];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < l->rows; i++)
		if (l->slot_of[i] != PW_SLOT_NONE && !pw_column_null(time, i))
			b->first[l->slot_of[i]]++;
	for (uint32_t s = 0; s <= l->slots.slots; s++) {
		const uint32_t count = b->first[s];
		b->first[s] = b->fingers[s] = sum;
		sum += count;
	}
	b->places = pw_mem_alloc((size_t)sum + 1, sizeof *b->places);
	b->rows = pw_mem_alloc((size_t)sum + 1, sizeof *b->rows);
	for (uint32_t i = 0; i < l->rows; i++) {
		const uint32_t slot = l->slot_of[i];
		if (slot == PW_SLOT_NONE || pw_column_null(time, i))
			continue;
		b->places[b->fingers[slot]] = places[i];
		b->rows[b->fingers[slot]++] = i;
	}
}

static bool ascends(const pw_place *places, uint32_t count)
{
	bool ascending = true;

	for (uint32_t i = 1; i < count; i++)
		ascending &= places[i - 1] < places[i];
	return ascending;
}

static uint32_t longest(const struct pw_asof_built *b, uint32_t slots)
{
	uint32_t most = 0;

	for (uint32_t s = 0; s < slots; s++)
		most = b->fingers[s] - b->first[s] > most ? b->fingers[s] - b->first[s] : most;
	return most;
}

/* Sorts the rows of each slot that are not in order yet, and moves all together again. */
static void sort_slots(struct pw_asof *a)
{
	struct pw_asof_built *b = &a->built;
	const uint32_t slots = a->match.lookup.slots.slots;
	struct spot *spots = NULL;
	uint32_t to = 0;

	for (uint32_t s = 0; s < slots; s++) {
		const uint32_t from = b->first[s];
		uint32_t count = b->fingers[s] - from;

		if (!ascends(b->places + from, count)) {
			if (spots == NULL)
				spots = pw_mem_alloc(2 * (size_t)longest(b, slots) + 1,
						     sizeof *spots);
			count = sort_slot(a, from, count, spots);
		}
		if (to != from) {
			memmove(b->places + to, b->places + from, count * sizeof *b->places);
			memmove(b->rows + to, b->rows + from, count * sizeof *b->rows);
		}
		b->first[s] = b->fingers[s] = to;
		to += count;
	}
	b->first[slots] = to;
	free(spots);
}

static void build(struct pw_asof *a)
{
	struct pw_asof_built *b = &a->built;
	struct pw_lookup *l = &a->match.lookup;
	pw_place *places = pw_mem_alloc((size_t)l->rows + 1, sizeof *places);

	b->built = true;
	pw_axis_places(&b->axes[0], l->columns[b->axes[0].column], 0, l->rows, places);
	b->first = pw_mem_zero((size_t)l->slots.slots + 1, sizeof *b->first);
	b->fingers = pw_mem_alloc((size_t)l->slots.slots + 1, sizeof *b->fingers);
	lay_out(a, places);
	free(places);
	sort_slots(a);
}

/* ---- rows are answered ---- */

/* The first of places [from, end) that is after `at`; the search begins at `near`. */
static inline uint32_t first_after(const pw_place *places, uint32_t from, uint32_t end,
				   uint32_t near, pw_place at)
{
	uint32_t low = from, high = end, step = 1;

	if (near < end && places[near] <= at) {
		low = near + 1;
		while (low < end && places[low] <= at && end - low > step) {
			near = low;
			low += step;
			step *= 2;
		}
		if (low < end && places[low] > at) {
			high = low;
			low = near + 1;
		}
	} else {
		high = near < end ? near : end;
	}
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (places[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The row of the answer, given the first place of its slot after `at`. */
static inline uint32_t answer(const struct pw_asof_built *b, const struct pw_asof_rule *r,
			      uint32_t slot, uint32_t up, pw_place at)
{
	const bool equal = up > b->first[slot] && b->places[up - 1] == at;
	bool low = up > b->first[slot], high = up < b->first[slot + 1] && !equal;

	low &= r->way != PW_ASOF_FORWARD || equal;
	high &= r->way != PW_ASOF_BACKWARD;
	if (low && high)
		low = pw_asof_earlier(r, b->places[up - 1], at, b->places[up]);
	if (low)
		return pw_asof_within(r, b->places[up - 1], at) ? b->rows[up - 1] : PW_SLOT_NONE;
	return high && pw_asof_within(r, at, b->places[up]) ? b->rows[up] : PW_SLOT_NONE;
}

static void pick(void *context, const struct pw_batch *batch, uint32_t *slots)
{
	struct pw_asof *a = context;
	struct pw_asof_built *b = &a->built;
	const struct pw_column *time = &batch->columns[b->axes[1].column];

	if (!b->built)
		build(a);
	if (b->time_capacity < batch->rows)
		b->times = pw_mem_grow(b->times, &b->time_capacity, batch->rows, sizeof *b->times);
	pw_axis_places(&b->axes[1], time, 0, batch->rows, b->times);
	if (time->valid != NULL)
		for (uint32_t i = 0; i < batch->rows; i++)
			if (pw_column_null(time, i))
				slots[i] = PW_SLOT_NONE;
	for (uint32_t i = 0; i < batch->rows; i++) {
		const uint32_t slot = slots[i];
		if (slot == PW_SLOT_NONE)
			continue;
		const uint32_t up = first_after(b->places, b->first[slot], b->first[slot + 1],
						b->fingers[slot], b->times[i]);
		b->fingers[slot] = up > b->first[slot] ? up - 1 : up;
		slots[i] = answer(b, &a->rule, slot, up, b->times[i]);
	}
}

/* ---- the operator ---- */

void pw_asof_built_open(struct pw_asof *a)
{
	pw_joined_open(&a->joined, &a->op);
	a->built.axes[0] = a->timed.sides[a->build].axis;
	a->built.axes[1] = a->timed.sides[!a->build].axis;
	a->match = (struct pw_match){
		.op = &a->op,
		.joined = &a->joined,
		.build = a->build,
		.pairs = true,
		.null_equal = a->wish->null_equal,
		.pick = pick,
		.pick_context = a,
	};
	a->match.lonely[!a->build] = a->alone;
	a->op.first = a->build;
	pw_match_open(&a->match);
}

/* The batch without the rows whose time is no place. */
static const struct pw_batch *sound_rows(struct pw_asof *a, int input, const struct pw_batch *batch)
{
	const struct pw_axis *axis = &a->timed.sides[input].axis;
	struct pw_builder *b = &a->built.sound;

	pw_builder_release(b);
	pw_builder_init(b, batch->schema);
	for (uint32_t i = 0; i < batch->rows; i++) {
		const char *reason = pw_axis_unsound(axis, &batch->columns[axis->column], i);

		if (reason != NULL && pw_timed_reject(&a->timed, input, batch, i, reason))
			continue;
		for (size_t c = 0; c < batch->schema->count; c++)
			if (reason != NULL && (int)c == axis->column)
				pw_vector_null(&b->vectors[c]);
			else
				pw_vector_copy(&b->vectors[c], &batch->columns[c], i);
		pw_builder_row(b, pw_batch_time(batch, i), pw_batch_diff(batch, i));
	}
	return pw_builder_view(b);
}

void pw_asof_built_take(struct pw_asof *a, int input, const struct pw_batch *batch)
{
	struct pw_asof_built *b = &a->built;
	const struct pw_axis *axis = &a->timed.sides[input].axis;

	if (b->time_capacity < batch->rows)
		b->times = pw_mem_grow(b->times, &b->time_capacity, batch->rows, sizeof *b->times);
	if (pw_axis_places(axis, &batch->columns[axis->column], 0, batch->rows, b->times) >= 0)
		batch = sound_rows(a, input, batch);
	if (batch->rows > 0)
		pw_match_take(&a->match, input, batch);
}

size_t pw_asof_built_bytes(const struct pw_asof *a)
{
	const struct pw_asof_built *b = &a->built;
	const size_t rows = b->built ? b->first[a->match.lookup.slots.slots] : 0;

	return pw_match_bytes(&a->match) + rows * (sizeof *b->places + sizeof *b->rows);
}

void pw_asof_built_release(struct pw_asof *a)
{
	struct pw_asof_built *b = &a->built;

	pw_match_release(&a->match);
	free(b->first);
	free(b->places);
	free(b->rows);
	free(b->fingers);
	free(b->times);
	pw_builder_release(&b->sound);
}
