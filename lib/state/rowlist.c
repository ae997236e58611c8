#include "rowlist.h"
#include "../base/keysort.h"

#include <stdlib.h>

#define AHEAD 16 /* rows */

void pw_rowlist_init(struct pw_rowlist *l, const struct pw_roworder *order)
{
	*l = (struct pw_rowlist){.order = order};
}

void pw_rowlist_release(struct pw_rowlist *l)
{
	pw_arena_release(&l->bytes);
	free(l->rows);
	free(l->sorted);
	pw_rowkeys_release(&l->keys);
	*l = (struct pw_rowlist){0};
}

static struct pw_slice stored(const char *at)
{
	uint32_t length;

	memcpy(&length, at, sizeof length);
	return (struct pw_slice){at + sizeof length, length};
}

static const char *store(struct pw_rowlist *l, struct pw_slice key)
{
	const uint32_t length = (uint32_t)key.length;
	char *at = pw_arena_bytes(&l->bytes, sizeof length + key.length);

	memcpy(at, &length, sizeof length);
	memcpy(at + sizeof length, key.data, key.length);
	return at;
}

int pw_rowlist_encode(struct pw_rowlist *l, const struct pw_batch *batch)
{
	if (pw_roworder_only_adds(l->order, batch) < 0)
		return -1;
	pw_roworder_encode(l->order, &l->keys, batch);
	return 0;
}

int pw_rowlist_add(struct pw_rowlist *l, const struct pw_batch *batch, uint32_t from,
		   uint32_t count)
{
	for (uint32_t r = from; r < from + count; r++) {
		const pw_diff copies = pw_batch_diff(batch, r);
		if ((uint64_t)copies > UINT32_MAX - l->count)
			return pw_fail(PW_SYSTEM, "the table has more than %u rows", UINT32_MAX);
		l->rows = pw_mem_grow(l->rows, &l->capacity, l->count + (size_t)copies,
				      sizeof *l->rows);
		const struct pw_slice key = pw_rowkeys_at(&l->keys, r);
		if (!l->unordered && l->count > 0)
			l->unordered = pw_slice_compare(stored(l->rows[l->count - 1]), key) > 0;
		const char *at = store(l, key);
		for (pw_diff i = 0; i < copies; i++)
			l->rows[l->count++] = at;
	}
	return 0;
}

struct pw_slice pw_rowlist_row(const struct pw_rowlist *l, size_t i)
{
	return stored(l->rows[i]);
}

static struct pw_slice key_of(const void *rows, uint32_t id)
{
	return stored(((const char *const *)rows)[id]);
}

void pw_rowlist_sort(struct pw_rowlist *l, size_t count)
{
	l->sorted = pw_mem_resize(l->sorted, count + 1, sizeof *l->sorted);
	l->sorted_count = count;
	for (size_t i = 0; i < count; i++)
		l->sorted[i] = (uint32_t)i;
	if (l->unordered) /* the stage upstream has often sorted them already */
		pw_keysort(l->sorted, count, key_of, l->rows);
}

/*
 * Rows lie in the order of arrival, so that a walk in the other order would
 * wait for each of them: what comes soon is fetched ahead. (Here, not in a
 * function of its own: gcc 12 takes such a one for pure and drops its calls.)
 */
struct pw_slice pw_rowlist_at(const struct pw_rowlist *l, size_t i)
{
	if (i + 2 * AHEAD < l->sorted_count) {
		const char *soon = l->rows[l->sorted[i + AHEAD]];
		__builtin_prefetch(&l->rows[l->sorted[i + 2 * AHEAD]]);
		__builtin_prefetch(soon);
		__builtin_prefetch(soon + 64);
	}
	return stored(l->rows[l->sorted[i]]);
}

size_t pw_rowlist_bytes(const struct pw_rowlist *l)
{
	return l->bytes.held + l->capacity * sizeof *l->rows;
}
