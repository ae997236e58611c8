#include "keyed.h"

#include "../base/check.h"

#include <stdlib.h>

void pw_keyed_init(struct pw_keyed *k, size_t key_count)
{
	*k = (struct pw_keyed){.key_count = key_count};
}

void pw_keyed_add_side(struct pw_keyed *k, const char *name, const struct pw_schema *schema,
		       const int *list, size_t count)
{
	struct pw_keyed_side *s = &k->sides[k->side_count];

	*s = (struct pw_keyed_side){.schema = schema, .list = list, .count = count};
	for (size_t i = 0; i < count; i++) {
		const struct pw_field *f = &schema->fields[list[i]];
		struct pw_type type = f->type;

		type.required &= i < k->key_count;
		pw_schema_add(&s->saved, pw_slice_of(f->name), type, false);
	}
	k->tables[k->side_count++] = (struct pw_checkpointer_table){name, &s->saved};
	pw_arrangement_release(&k->keys);
	pw_arrangement_init(&k->keys, sizeof(struct pw_keyed_record) +
					      (size_t)k->side_count * sizeof(struct pw_blob *));
	pw_dirty_init(&k->dirty, &k->keys);
}

void pw_keyed_release(struct pw_keyed *k)
{
	for (uint32_t slot = 0; slot < k->keys.slots; slot++)
		for (int side = 0; pw_arrangement_live(&k->keys, slot) && side < k->side_count;
		     side++)
			pw_pool_free_blob(&k->pool, pw_keyed_record(k, slot)->now[side]);
	for (int side = 0; side < k->side_count; side++)
		pw_schema_release(&k->sides[side].saved);
	pw_arrangement_release(&k->keys);
	pw_pool_release(&k->pool);
	pw_dirty_release(&k->dirty);
	pw_rowkeys_release(&k->load_keys);
	pw_rowkeys_release(&k->load_rests);
	free(k->touched);
	free(k->sorted);
	*k = (struct pw_keyed){0};
}

/* ---- rows as encodings ---- */

void pw_keyed_encode(const struct pw_keyed *k, int side, const struct pw_batch *batch,
		     struct pw_rowkeys *keys, struct pw_rowkeys *rests)
{
	const struct pw_keyed_side *s = &k->sides[side];

	pw_rowkeys_encode(keys, batch, s->list, k->key_count, NULL);
	pw_rowkeys_encode(rests, batch, s->list + k->key_count, s->count - k->key_count, NULL);
}

void pw_keyed_split(const struct pw_keyed *k, int side, struct pw_slice row, struct pw_slice *key,
		    struct pw_slice *rest)
{
	const struct pw_keyed_side *s = &k->sides[side];
	const char *at = row.data, *const end = row.data + row.length;

	for (size_t i = 0; i < k->key_count; i++)
		pw_rowkey_take(&at, end, s->schema->fields[s->list[i]].type, false, NULL);
	*key = (struct pw_slice){row.data, (size_t)(at - row.data)};
	*rest = (struct pw_slice){at, (size_t)(end - at)};
}

static void decode(const struct pw_keyed_side *s, struct pw_slice bytes, size_t from, size_t to,
		   struct pw_vector *vectors)
{
	const char *at = bytes.data, *const end = bytes.data + bytes.length;

	for (size_t i = from; i < to; i++)
		pw_rowkey_take(&at, end, s->schema->fields[s->list[i]].type, false,
			       &vectors[s->list[i]]);
}

void pw_keyed_decode_key(const struct pw_keyed *k, int side, struct pw_slice key,
			 struct pw_vector *vectors)
{
	decode(&k->sides[side], key, 0, k->key_count, vectors);
}

void pw_keyed_decode_rest(const struct pw_keyed *k, int side, struct pw_slice rest,
			  struct pw_vector *vectors)
{
	decode(&k->sides[side], rest, k->key_count, k->sides[side].count, vectors);
}

/* ---- the open commit ---- */

static void touch(struct pw_keyed *k, uint32_t slot, struct pw_keyed_record *r)
{
	if (k->touched_count == k->touched_capacity)
		k->touched = pw_mem_grow(k->touched, &k->touched_capacity, k->touched_count + 1,
					 sizeof *k->touched);
	struct pw_keyed_touched *t = &k->touched[k->touched_count++];

	t->slot = slot;
	for (int side = 0; side < k->side_count; side++)
		t->before[side] = r->now[side];
	r->touched = k->touched_count;
}

static inline void replace(struct pw_keyed *k, uint32_t slot, int side, struct pw_blob *rest)
{
	struct pw_keyed_record *r = pw_keyed_record(k, slot);

	if (r->touched == 0)
		touch(k, slot, r);
	else if (r->now[side] != k->touched[r->touched - 1].before[side])
		pw_pool_free_blob(&k->pool, r->now[side]);
	r->now[side] = rest;
}

void pw_keyed_put(struct pw_keyed *k, uint32_t slot, int side, struct pw_slice rest)
{
	replace(k, slot, side, pw_pool_blob(&k->pool, rest));
}

void pw_keyed_take(struct pw_keyed *k, uint32_t slot, int side)
{
	replace(k, slot, side, NULL);
}

void pw_keyed_sort(struct pw_keyed *k)
{
	k->sorted = pw_mem_grow(k->sorted, &k->sorted_capacity, k->touched_count + 1,
				sizeof *k->sorted);
	for (size_t i = 0; i < k->touched_count; i++)
		k->sorted[i] = k->touched[i].slot;
	pw_arrangement_sort(&k->keys, k->sorted, (uint32_t)k->touched_count);
}

static void apply(struct pw_keyed *k, const struct pw_keyed_touched *t)
{
	struct pw_keyed_record *r = pw_keyed_record(k, t->slot);
	bool there = false, changed = false;

	for (int side = 0; side < k->side_count; side++) {
		there |= r->now[side] != NULL;
		if (t->before[side] == r->now[side])
			continue;
		changed = true;
		if (t->before[side] != NULL)
			pw_pool_free_blob(&k->pool, t->before[side]);
	}
	r->touched = 0;
	if (changed)
		pw_dirty_mark(&k->dirty, t->slot);
	if (!there)
		pw_dirty_drop(&k->dirty, t->slot);
}

#ifdef PW_CHECKED
static void check(const struct pw_keyed *k)
{
	PW_CHECK(1, k->touched_count == 0);
	if (!pw_check_due(k->keys.slots))
		return;
	for (uint32_t slot = 0; slot < k->keys.slots; slot++)
		PW_CHECK(1, !pw_arrangement_live(&k->keys, slot) ||
				    pw_keyed_record(k, slot)->touched == 0);
}
#else
#define check(k) ((void)0)
#endif

void pw_keyed_apply(struct pw_keyed *k)
{
	for (size_t i = 0; i < k->touched_count; i++)
		apply(k, &k->touched[i]);
	k->touched_count = 0;
	check(k);
}

size_t pw_keyed_bytes(const struct pw_keyed *k)
{
	return pw_arrangement_bytes(&k->keys) + pw_pool_bytes(&k->pool);
}
