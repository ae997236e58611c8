#include "arrangement.h"
#include "../base/check.h"
#include "../base/hash.h"
#include "../base/keysort.h"

#include <stdlib.h>

enum { CHUNK = 256 << 10, FIRST_PLACES = 256, BLOCK = 64 };

void pw_arrangement_init(struct pw_arrangement *a, size_t record_bytes)
{
	*a = (struct pw_arrangement){
		.record_bytes = (record_bytes + 15) & ~(size_t)15,
		.free = PW_SLOT_NONE,
		.mask = FIRST_PLACES - 1,
	};
	a->table = pw_mem_zero(FIRST_PLACES, sizeof *a->table);
}

void pw_arrangement_release(struct pw_arrangement *a)
{
	for (size_t i = 0; i < a->record_chunks; i++)
		free(a->records[i]);
	for (size_t i = 0; i < a->chunk_count; i++)
		free(a->chunks[i]);
	free(a->records);
	free(a->chunks);
	free(a->keys);
	free(a->table);
	*a = (struct pw_arrangement){0};
}

bool pw_arrangement_live(const struct pw_arrangement *a, uint32_t slot)
{
	return (a->keys[slot] & 1) == 0;
}

/* A key lies as its length, 4 bytes, and its bytes, padded to 4. */
static inline size_t stored_bytes(size_t length)
{
	return (4 + length + 3) & ~(size_t)3;
}

struct pw_slice pw_arrangement_key(const struct pw_arrangement *a, uint32_t slot)
{
	const char *p = (const char *)a->keys[slot];
	uint32_t length;

	memcpy(&length, p, 4);
	return (struct pw_slice){p + 4, length};
}

static char *store(struct pw_arrangement *a, struct pw_slice key)
{
	const size_t bytes = stored_bytes(key.length);
	const uint32_t length = (uint32_t)key.length;

	if (key.length > UINT32_MAX - 64)
		pw_bug("a key of %zu bytes", key.length);
	if ((size_t)(a->end - a->next) < bytes) {
		const size_t size = bytes > CHUNK ? bytes : CHUNK;
		a->chunks = pw_mem_grow(a->chunks, &a->chunk_capacity, a->chunk_count + 1,
					sizeof *a->chunks);
		a->next = a->chunks[a->chunk_count++] = pw_mem_alloc(size, 1);
		a->end = a->next + size;
	}
	char *p = a->next;
	a->next += bytes;
	a->key_bytes += bytes;
	memcpy(p, &length, 4);
	if (key.length > 0)
		memcpy(p + 4, key.data, key.length);
	return p;
}

/* Moves the live keys together into new chunks. */
static void compact(struct pw_arrangement *a)
{
	char **old = a->chunks;
	const size_t count = a->chunk_count;

	a->chunks = NULL;
	a->next = a->end = NULL;
	a->chunk_count = a->chunk_capacity = 0;
	a->key_bytes = a->dead_bytes = 0;
	for (uint32_t s = 0; s < a->slots; s++)
		if (pw_arrangement_live(a, s))
			a->keys[s] = (uintptr_t)store(a, pw_arrangement_key(a, s));
	for (size_t i = 0; i < count; i++)
		free(old[i]);
	free(old);
}

static inline uint32_t hash_of(struct pw_slice key)
{
	return (uint32_t)(pw_hash_bytes(key.data, key.length) >> 32);
}

static void grow(struct pw_arrangement *a)
{
	const uint64_t places = ((uint64_t)a->mask + 1) * 2;
	uint64_t *old = a->table;

	if (places > UINT32_C(1) << 31)
		pw_bug("more than 2^30 keys");
	a->table = pw_mem_zero(places, sizeof *a->table);
	for (uint32_t i = 0; i <= a->mask; i++) {
		if (old[i] == 0)
			continue;
		uint64_t at = (old[i] >> 32) & (places - 1);
		while (a->table[at] != 0)
			at = (at + 1) & (places - 1);
		a->table[at] = old[i];
	}
	a->mask = (uint32_t)(places - 1);
	free(old);
}

void pw_arrangement_reserve(struct pw_arrangement *a, uint64_t keys)
{
	const uint64_t most = UINT32_C(1) << 29;
	const uint64_t room = keys < most ? keys : most;

	while (room + BLOCK >= a->mask / 2)
		grow(a);
	if (a->key_capacity < room)
		a->keys = pw_mem_grow(a->keys, &a->key_capacity, room, sizeof *a->keys);
}

static inline bool same_key(const struct pw_arrangement *a, uint32_t slot, struct pw_slice key)
{
	return pw_slice_equal(pw_arrangement_key(a, slot), key);
}

/* The place that holds the key, or the empty one where it belongs. */
static inline uint32_t place_of(const struct pw_arrangement *a, struct pw_slice key, uint32_t hash)
{
	uint32_t at = hash & a->mask;

	for (;; at = (at + 1) & a->mask) {
		const uint64_t e = a->table[at];
		if (e == 0 || ((uint32_t)(e >> 32) == hash && same_key(a, (uint32_t)e - 1, key)))
			return at;
	}
}

#ifdef PW_CHECKED
static void check(const struct pw_arrangement *a)
{
	size_t live = 0, dropped = 0, filled = 0, bytes = 0;

	if (!pw_check_due((size_t)a->slots + a->mask))
		return;
	for (uint32_t slot = 0; slot < a->slots; slot++) {
		if (!pw_arrangement_live(a, slot))
			continue;
		const struct pw_slice key = pw_arrangement_key(a, slot);
		const uint64_t entry = a->table[place_of(a, key, hash_of(key))];

		PW_CHECK(2, (uint32_t)entry == slot + 1);
		bytes += stored_bytes(key.length);
		live++;
	}
	for (uint32_t slot = a->free; slot != PW_SLOT_NONE; dropped++) {
		PW_CHECK(1, dropped < a->slots && slot < a->slots && !pw_arrangement_live(a, slot));
		slot = (uint32_t)(a->keys[slot] >> 1);
	}
	for (size_t at = 0; at <= a->mask; at++)
		filled += a->table[at] != 0;
	PW_CHECK(1, live == a->live && live + dropped == a->slots);
	PW_CHECK(2, filled == live && live <= a->mask / 2);
	PW_CHECK(3, a->key_bytes - a->dead_bytes == bytes);
}
#else
#define check(a) ((void)0)
#endif

static char *new_chunk(const struct pw_arrangement *a)
{
	return pw_mem_zero(a->record_bytes * PW_RECORDS_PER_CHUNK, 1);
}

static void restore_chunk(struct pw_arrangement *a, uint32_t chunk)
{
	a->records[chunk] = new_chunk(a);
	a->trimmed--;
}

static uint32_t new_slot(struct pw_arrangement *a)
{
	uint32_t slot = a->free;

	if (slot != PW_SLOT_NONE) {
		const uintptr_t next = a->keys[slot] >> 1;
		a->free = next == UINT32_MAX ? PW_SLOT_NONE : (uint32_t)next;
		if (a->records[slot / PW_RECORDS_PER_CHUNK] == NULL)
			restore_chunk(a, slot / PW_RECORDS_PER_CHUNK);
		memset(pw_arrangement_record(a, slot), 0, a->record_bytes);
		return slot;
	}
	slot = a->slots++;
	a->keys = pw_mem_grow(a->keys, &a->key_capacity, a->slots, sizeof *a->keys);
	if (slot / PW_RECORDS_PER_CHUNK >= a->record_chunks) {
		a->records = pw_mem_grow(a->records, &a->record_capacity, a->record_chunks + 1,
					 sizeof *a->records);
		a->records[a->record_chunks++] = new_chunk(a);
	}
	return slot;
}

static inline uint32_t put(struct pw_arrangement *a, struct pw_slice key, uint32_t hash,
			   bool *fresh)
{
	const uint32_t at = place_of(a, key, hash);

	*fresh = a->table[at] == 0;
	if (!*fresh)
		return (uint32_t)a->table[at] - 1;
	const uint32_t slot = new_slot(a);
	a->keys[slot] = (uintptr_t)store(a, key);
	a->table[at] = (uint64_t)hash << 32 | (slot + 1);
	a->live++;
	return slot;
}

uint32_t pw_arrangement_find(const struct pw_arrangement *a, struct pw_slice key)
{
	const uint64_t e = a->table[place_of(a, key, hash_of(key))];

	return e == 0 ? PW_SLOT_NONE : (uint32_t)e - 1;
}

uint32_t pw_arrangement_put(struct pw_arrangement *a, struct pw_slice key, bool *fresh)
{
	bool ignored;

	if (a->live >= a->mask / 2)
		grow(a);
	const uint32_t slot = put(a, key, hash_of(key), fresh != NULL ? fresh : &ignored);
	check(a);
	return slot;
}

/*
 * In blocks, so that the misses of a block's table places, slots and keys
 * overlap instead of following each other.
 */
static void fetch_block(const struct pw_arrangement *a, const struct pw_rowkeys *keys,
			uint32_t from, uint32_t n, uint32_t *hashes)
{
	for (uint32_t i = 0; i < n; i++) {
		hashes[i] = hash_of(pw_rowkeys_at(keys, from + i));
		__builtin_prefetch(&a->table[hashes[i] & a->mask]);
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t slot = (uint32_t)a->table[hashes[i] & a->mask];
		if (slot != 0)
			__builtin_prefetch(&a->keys[slot - 1]);
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t slot = (uint32_t)a->table[hashes[i] & a->mask];
		if (slot != 0)
			__builtin_prefetch((const void *)a->keys[slot - 1]);
	}
}

void pw_arrangement_put_all(struct pw_arrangement *a, const struct pw_rowkeys *keys,
			    uint32_t *slots)
{
	uint32_t hashes[BLOCK];
	bool fresh;

	for (uint32_t from = 0; from < keys->rows; from += BLOCK) {
		const uint32_t n = keys->rows - from < BLOCK ? keys->rows - from : BLOCK;
		while (a->live + n >= a->mask / 2)
			grow(a);
		fetch_block(a, keys, from, n, hashes);
		for (uint32_t i = 0; i < n; i++)
			slots[from + i] = put(a, pw_rowkeys_at(keys, from + i), hashes[i], &fresh);
	}
	check(a);
}

void pw_arrangement_find_all(const struct pw_arrangement *a, const struct pw_rowkeys *keys,
			     uint32_t *slots)
{
	uint32_t hashes[BLOCK];

	for (uint32_t from = 0; from < keys->rows; from += BLOCK) {
		const uint32_t n = keys->rows - from < BLOCK ? keys->rows - from : BLOCK;
		fetch_block(a, keys, from, n, hashes);
		for (uint32_t i = 0; i < n; i++) {
			const uint64_t e =
				a->table[place_of(a, pw_rowkeys_at(keys, from + i), hashes[i])];
			slots[from + i] = (uint32_t)e - 1; /* 0 becomes PW_SLOT_NONE */
		}
	}
}

/* Takes the entry at a place out; what probed past it moves up. */
static void empty_place(struct pw_arrangement *a, uint32_t hole)
{
	for (uint32_t at = (hole + 1) & a->mask; a->table[at] != 0; at = (at + 1) & a->mask) {
		const uint32_t home = (uint32_t)(a->table[at] >> 32) & a->mask;
		if (((at - home) & a->mask) >= ((at - hole) & a->mask)) {
			a->table[hole] = a->table[at];
			hole = at;
		}
	}
	a->table[hole] = 0;
}

void pw_arrangement_drop(struct pw_arrangement *a, uint32_t slot)
{
	const struct pw_slice key = pw_arrangement_key(a, slot);

	empty_place(a, place_of(a, key, hash_of(key)));
	a->dead_bytes += stored_bytes(key.length);
	a->keys[slot] = (uintptr_t)a->free << 1 | 1;
	a->free = slot;
	a->live--;
	if (a->dead_bytes > CHUNK && a->dead_bytes > a->key_bytes / 2)
		compact(a);
	check(a);
}

static bool has_live(const struct pw_arrangement *a, uint32_t from, uint32_t to)
{
	while (from < to && !pw_arrangement_live(a, from))
		from++;
	return from < to;
}

void pw_arrangement_trim(struct pw_arrangement *a)
{
	for (uint32_t chunk = 0, from = 0, to; from < a->slots; chunk++, from = to) {
		to = a->slots - from > PW_RECORDS_PER_CHUNK ? from + PW_RECORDS_PER_CHUNK
							    : a->slots;
		if (a->records[chunk] == NULL || has_live(a, from, to))
			continue;
		/* the next slot to be used would ask for it again; slots above are taken as they are */
		if (to == a->slots || a->free / PW_RECORDS_PER_CHUNK == chunk)
			continue;
		free(a->records[chunk]);
		a->records[chunk] = NULL;
		a->trimmed++;
	}
}

void pw_arrangement_swap(struct pw_arrangement *a, uint32_t x, uint32_t y)
{
	const struct pw_slice first = pw_arrangement_key(a, x), second = pw_arrangement_key(a, y);
	const uint32_t p = place_of(a, first, hash_of(first));
	const uint32_t q = place_of(a, second, hash_of(second));
	const uint64_t high = ~(uint64_t)UINT32_MAX;
	const uintptr_t key = a->keys[x];

	a->table[p] = (a->table[p] & high) | (y + 1);
	a->table[q] = (a->table[q] & high) | (x + 1);
	a->keys[x] = a->keys[y];
	a->keys[y] = key;
	check(a);
}

static struct pw_slice key_of(const void *a, uint32_t slot)
{
	return pw_arrangement_key(a, slot);
}

void pw_arrangement_sort(const struct pw_arrangement *a, uint32_t *slots, uint32_t count)
{
	pw_keysort(slots, count, key_of, a);
}

size_t pw_arrangement_bytes(const struct pw_arrangement *a)
{
	return ((size_t)a->mask + 1) * sizeof *a->table + a->key_capacity * sizeof *a->keys +
	       (a->record_chunks - a->trimmed) * PW_RECORDS_PER_CHUNK * a->record_bytes +
	       a->key_bytes;
}
