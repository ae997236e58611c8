/*
 * pw_arrangement - keyed state: a record of fixed size per different key
 *
 * Keys are encoded rows (pw_rowkey); each different key gets a number, its slot,
 * and a record of record_bytes cleared bytes, aligned to 16. Slots and records do
 * not move while the key lives (unless two are swapped); a dropped slot is used again.
 * A record of one pw_diff makes it a Z-set; a record of accumulators a
 * group-by.
 *
 * Invariants:
 *           1. A slot below slots is live or in the list that begins with
 *              free; live counts the live ones.
 *           2. The hash table holds each live slot once, where its key is
 *              found, and nothing else; it is at most half full.
 *           3. key_bytes - dead_bytes is what the live keys take.
 * Memory:    keys in chunks (freed bytes are reclaimed by moving when more
 *            than half are dead, so a key's address is good until the next
 *            insert or drop), records in chunks, 8 bytes per table place.
 */
#ifndef PW_STATE_ARRANGEMENT_H
#define PW_STATE_ARRANGEMENT_H

#include "../data/rowkey.h"

PW_C_BEGIN

#define PW_SLOT_NONE UINT32_MAX

struct pw_arrangement {
	size_t record_bytes;
	uint32_t live;
	uint32_t slots;  /* slot numbers below this have been used */
	uint32_t free;   /* first dropped slot, or PW_SLOT_NONE */
	uint64_t *table; /* hash in the high half, slot + 1 in the low; 0 is empty */
	uint32_t mask;
	uintptr_t *keys; /* per slot: its key's address, or next free slot * 2 + 1 */
	size_t key_capacity;
	char **records; /* chunks of records */
	size_t record_chunks, record_capacity;
	size_t trimmed; /* chunks of records that are not there, until a slot of theirs is used */
	char **chunks;  /* chunks of key bytes */
	size_t chunk_count, chunk_capacity;
	char *next, *end; /* free bytes of the last chunk */
	size_t key_bytes, dead_bytes;
};

void pw_arrangement_init(struct pw_arrangement *a, size_t record_bytes);
void pw_arrangement_release(struct pw_arrangement *a);

/* Makes room for about so many keys, so that the table does not grow step by step. */
void pw_arrangement_reserve(struct pw_arrangement *a, uint64_t keys);

/* The key's slot; PW_SLOT_NONE if there is none. */
uint32_t pw_arrangement_find(const struct pw_arrangement *a, struct pw_slice key);

/* The key's slot, a new one with a cleared record if there is none (*fresh says so). */
uint32_t pw_arrangement_put(struct pw_arrangement *a, struct pw_slice key, bool *fresh);

/* The slots of all keys of a batch at once (new ones made), faster than one by one. */
void pw_arrangement_put_all(struct pw_arrangement *a, const struct pw_rowkeys *keys,
			    uint32_t *slots);

/* The slots of the keys of a batch; PW_SLOT_NONE for keys that are not there. */
void pw_arrangement_find_all(const struct pw_arrangement *a, const struct pw_rowkeys *keys,
			     uint32_t *slots);

void pw_arrangement_drop(struct pw_arrangement *a, uint32_t slot);

/*
 * Gives back memory of records of which none is live in a chunk of theirs. It looks
 * at all slots: for callers that have dropped many. Dropped slots have no record then.
 */
void pw_arrangement_trim(struct pw_arrangement *a);

/* Two live slots change keys; their records stay. */
void pw_arrangement_swap(struct pw_arrangement *a, uint32_t x, uint32_t y);

struct pw_slice pw_arrangement_key(const struct pw_arrangement *a, uint32_t slot);

#define PW_RECORDS_PER_CHUNK 4096
static inline void *pw_arrangement_record(const struct pw_arrangement *a, uint32_t slot)
{
	return a->records[slot / PW_RECORDS_PER_CHUNK] +
	       (slot % PW_RECORDS_PER_CHUNK) * a->record_bytes;
}

/* Prefetches a live slot's key and record, for walks in another order than that in memory. */
static inline void pw_arrangement_prefetch(const struct pw_arrangement *a, uint32_t slot)
{
	const char *record = (const char *)pw_arrangement_record(a, slot);

	__builtin_prefetch((const void *)a->keys[slot]);
	__builtin_prefetch(record);
	__builtin_prefetch(record + a->record_bytes - 1);
}

/* Is the slot in use? For walks over 0 .. a->slots. */
bool pw_arrangement_live(const struct pw_arrangement *a, uint32_t slot);

/* Sorts slots by their keys. */
void pw_arrangement_sort(const struct pw_arrangement *a, uint32_t *slots, uint32_t count);

/* Bytes held, for SIGUSR1 and limits. */
size_t pw_arrangement_bytes(const struct pw_arrangement *a);

PW_C_END

#endif
