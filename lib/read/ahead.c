#include "ahead.h"

#include <stdlib.h>

void pw_ahead_open(struct pw_ahead *a, const struct pw_schema *schema)
{
	*a = (struct pw_ahead){.schema = schema};
}

void pw_ahead_close(struct pw_ahead *a)
{
	for (size_t i = 0; i < a->made; i++) {
		pw_builder_release(a->items[i]);
		free(a->items[i]);
	}
	free(a->items);
	free(a->batches);
	*a = (struct pw_ahead){0};
}

struct pw_builder *pw_ahead_room(struct pw_ahead *a)
{
	if (a->count == a->made) {
		if (a->made == a->capacity) {
			a->items =
				pw_mem_grow(a->items, &a->capacity, a->made + 1, sizeof *a->items);
			a->batches = pw_mem_resize(a->batches, a->capacity, sizeof *a->batches);
		}
		struct pw_builder *b = a->items[a->made++] = pw_mem_zero(1, sizeof *b);
		pw_builder_init(b, a->schema);
		pw_builder_intern(b);
	}
	pw_builder_clear(a->items[a->count]);
	return a->items[a->count];
}

struct pw_batch pw_ahead_first(struct pw_builder *b, uint32_t rows)
{
	struct pw_batch batch = *pw_builder_view(b);
	uint32_t left = rows, n = 0;

	while (left > b->runs[n].rows)
		left -= b->runs[n++].rows;
	b->runs[n].rows = left;
	batch.rows = rows;
	batch.run_count = n + 1;
	return batch;
}

void pw_ahead_skip(struct pw_builder *b, pw_time below)
{
	const struct pw_batch *all = pw_builder_view(b);
	struct pw_builder rest;
	uint32_t from = 0;

	for (uint32_t i = 0; i < all->run_count && all->runs[i].time < below; i++)
		from += all->runs[i].rows;
	if (from == 0)
		return;
	pw_builder_init(&rest, b->schema);
	pw_builder_append(&rest, all, from, all->rows - from);
	pw_builder_release(b);
	*b = rest;
}

void pw_ahead_put(struct pw_ahead *a, const struct pw_batch *batch)
{
	a->batches[a->count++] = *batch;
}

const struct pw_batch *pw_ahead_batch(const struct pw_ahead *a, size_t i)
{
	return &a->batches[i];
}

void pw_ahead_drop(struct pw_ahead *a)
{
	a->count = 0;
}
