#include "dirty.h"

#include <stdlib.h>

enum { GONE_BYTES = 1 << 20 }; /* of dropped keys that are always remembered */

void pw_dirty_init(struct pw_dirty *d, struct pw_arrangement *keys)
{
	*d = (struct pw_dirty){.keys = keys, .generation = 1};
}

void pw_dirty_release(struct pw_dirty *d)
{
	free(d->marks);
	free(d->slots);
	pw_bytes_release(&d->gone);
	*d = (struct pw_dirty){0};
}

void pw_dirty_add(struct pw_dirty *d, uint32_t slot)
{
	if (slot >= d->mark_capacity) {
		const size_t known = d->mark_capacity;

		d->marks = pw_mem_grow(d->marks, &d->mark_capacity, d->keys->slots, 1);
		memset(d->marks + known, 0, d->mark_capacity - known);
	}
	if (d->marks[slot] == d->generation)
		return;
	d->marks[slot] = d->generation;
	d->slots = pw_mem_grow(d->slots, &d->capacity, d->count + 1, sizeof *d->slots);
	d->slots[d->count++] = slot;
}

static void remember(struct pw_dirty *d, struct pw_slice key)
{
	const uint32_t length = (uint32_t)key.length;

	if (d->lost)
		return;
	pw_bytes_add(&d->gone, &length, sizeof length);
	pw_bytes_add(&d->gone, key.data, key.length);
	if (d->gone.length < GONE_BYTES || d->gone.length < d->keys->key_bytes)
		return;
	pw_bytes_release(&d->gone);
	d->lost = true;
}

void pw_dirty_drop(struct pw_dirty *d, uint32_t slot)
{
	if (d->on && slot < d->mark_capacity && d->marks[slot] == d->generation)
		remember(d, pw_arrangement_key(d->keys, slot));
	pw_arrangement_drop(d->keys, slot);
}

enum pw_checkpointer_change pw_dirty_changed(const struct pw_dirty *d)
{
	if (d->lost)
		return PW_CHECKPOINTER_FULL;
	return d->count > 0 ? PW_CHECKPOINTER_DELTA : PW_CHECKPOINTER_SAME;
}

void pw_dirty_clear(struct pw_dirty *d)
{
	if (++d->generation == 0) { /* old marks would look new */
		memset(d->marks, 0, d->mark_capacity);
		d->generation = 1;
	}
	d->count = 0;
	pw_bytes_release(&d->gone);
	d->lost = false;
}

bool pw_dirty_walk(const struct pw_dirty *d, bool all, size_t *at, uint32_t *slot)
{
	const size_t end = all ? d->keys->slots : d->count;

	while (*at < end) {
		const size_t i = (*at)++;

		*slot = all ? (uint32_t)i : d->slots[i];
		if (pw_arrangement_live(d->keys, *slot))
			return true;
	}
	return false;
}

bool pw_dirty_gone(const struct pw_dirty *d, size_t *at, struct pw_slice *key)
{
	uint32_t length;

	if (*at >= d->gone.length)
		return false;
	memcpy(&length, d->gone.data + *at, sizeof length);
	*key = (struct pw_slice){d->gone.data + *at + sizeof length, length};
	*at += sizeof length + length;
	return true;
}
