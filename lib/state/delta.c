#include "delta.h"

#include <stdlib.h>

enum { LEAST_BYTES = 1 << 20 }; /* of changes that are always remembered */

void pw_delta_init(struct pw_delta *d, const struct pw_schema *schema)
{
	*d = (struct pw_delta){.schema = schema};
}

void pw_delta_release(struct pw_delta *d)
{
	pw_delta_clear(d);
	free(d->batches);
	*d = (struct pw_delta){0};
}

static struct pw_builder *last_batch(struct pw_delta *d)
{
	if (d->count > 0) {
		struct pw_builder *last = d->batches[d->count - 1];

		if (last->rows < PW_BATCH_ROWS && !pw_builder_full(last))
			return last;
		d->bytes += pw_builder_bytes(last);
	}
	d->batches =
		pw_mem_grow(d->batches, &d->capacity, d->count + 1, sizeof(struct pw_builder *));
	struct pw_builder *b = d->batches[d->count++] = pw_mem_alloc(1, sizeof *b);

	pw_builder_init(b, d->schema);
	return b;
}

void pw_delta_note(struct pw_delta *d, const struct pw_batch *batch, uint32_t from, uint32_t count,
		   size_t state_bytes)
{
	if (!d->on || d->lost)
		return;
	while (count > 0) {
		struct pw_builder *b = last_batch(d);
		const uint32_t room = PW_BATCH_ROWS - b->rows, n = count < room ? count : room;

		pw_builder_append(b, batch, from, n);
		from += n;
		count -= n;
	}
	if (d->bytes <= LEAST_BYTES || d->bytes <= state_bytes / 2)
		return;
	pw_delta_clear(d);
	d->lost = true;
}

enum pw_checkpointer_change pw_delta_changed(const struct pw_delta *d)
{
	if (d->lost)
		return PW_CHECKPOINTER_FULL;
	return d->count > 0 ? PW_CHECKPOINTER_DELTA : PW_CHECKPOINTER_SAME;
}

int pw_delta_save(const struct pw_delta *d, struct pw_checkpointer_writer *checkpoint, size_t table)
{
	for (size_t i = 0; i < d->count; i++)
		if (pw_checkpointer_put(checkpoint, table, pw_builder_view(d->batches[i])) < 0)
			return -1;
	return 0;
}

void pw_delta_clear(struct pw_delta *d)
{
	for (size_t i = 0; i < d->count; i++) {
		pw_builder_release(d->batches[i]);
		free(d->batches[i]);
	}
	d->count = 0;
	d->bytes = 0;
	d->lost = false;
}
