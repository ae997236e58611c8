/* Rows by key, saved and loaded: a keyed table for each side. */
#include "../base/check.h"
#include "keyed.h"

#include <stdlib.h>

/* ---- writing ---- */

struct saving {
	const struct pw_keyed *k;
	int side;
	struct pw_checkpointer_writer *checkpoint;
	size_t table;
	struct pw_builder rows;
};

static int put_rows(struct saving *s)
{
	return pw_checkpointer_flush(s->checkpoint, s->table, &s->rows);
}

/* The row of a key, or (rest is NULL) that it has none. */
static int put_row(struct saving *s, struct pw_slice key, const struct pw_blob *rest)
{
	const struct pw_schema *saved = &s->k->sides[s->side].saved;
	const char *at = key.data, *end = key.data + key.length;

	for (size_t i = 0; i < saved->count; i++) {
		if (i == s->k->key_count && rest != NULL) {
			at = rest->data;
			end = rest->data + rest->length;
		}
		if (i >= s->k->key_count && rest == NULL)
			pw_vector_null(&s->rows.vectors[i]);
		else
			pw_rowkey_take(&at, end, saved->fields[i].type, false, &s->rows.vectors[i]);
	}
	pw_builder_row(&s->rows, 0, rest != NULL ? 1 : -1);
	return pw_builder_full(&s->rows) ? put_rows(s) : 0;
}

static int put_side(struct saving *s, bool full)
{
	const struct pw_keyed *k = s->k;
	struct pw_slice key;
	uint32_t slot;
	size_t at = 0;

	while (!full && pw_dirty_gone(&k->dirty, &at, &key))
		if (put_row(s, key, NULL) < 0)
			return -1;
	for (at = 0; pw_dirty_walk(&k->dirty, full, &at, &slot);) {
		const struct pw_blob *now = pw_keyed_now(k, slot, s->side);

		if ((now != NULL || !full) &&
		    put_row(s, pw_arrangement_key(&k->keys, slot), now) < 0)
			return -1;
	}
	return put_rows(s);
}

#ifdef PW_CHECKED
static void check(const struct pw_keyed *k)
{
	if (!pw_check_due(k->keys.slots))
		return;
	for (uint32_t slot = 0; slot < k->keys.slots; slot++) {
		bool there = !pw_arrangement_live(&k->keys, slot);

		for (int side = 0; !there && side < k->side_count; side++)
			there = pw_keyed_now(k, slot, side) != NULL;
		PW_CHECK(2, there);
	}
}
#else
#define check(k) ((void)0)
#endif

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_keyed *k = state;
	int rc = 0;

	check(k);
	for (int side = 0; rc == 0 && side < k->side_count; side++) {
		struct saving s = {
			.k = k, .side = side, .checkpoint = checkpoint, .table = (size_t)side};

		pw_builder_init(&s.rows, &k->sides[side].saved);
		rc = put_side(&s, full);
		pw_builder_release(&s.rows);
	}
	return rc;
}

/* ---- reading ---- */

static void expect(void *state, bool full, uint64_t count)
{
	if (full)
		pw_arrangement_reserve(&((struct pw_keyed *)state)->keys, count);
}

static void set_row(struct pw_keyed *k, uint32_t slot, int side, struct pw_blob *rest)
{
	struct pw_keyed_record *r = pw_keyed_record(k, slot);
	bool there = false;

	pw_pool_free_blob(&k->pool, r->now[side]);
	r->now[side] = rest;
	for (int i = 0; i < k->side_count; i++)
		there |= r->now[i] != NULL;
	if (!there)
		pw_arrangement_drop(&k->keys, slot);
}

/* A row that is there has no nulls but where its side may. */
static int check_row(const struct pw_keyed *k, int side, const struct pw_batch *batch, uint32_t row)
{
	const struct pw_keyed_side *s = &k->sides[side];

	for (size_t i = k->key_count; i < s->count; i++)
		if (s->schema->fields[s->list[i]].type.required &&
		    pw_column_null(&batch->columns[i], row))
			return pw_fail(PW_STATE, "column '%s' is null, which it can't be",
				       s->saved.fields[i].name);
	return 0;
}

static int load_row(struct pw_keyed *k, int side, const struct pw_batch *batch, uint32_t row)
{
	const struct pw_slice key = pw_rowkeys_at(&k->load_keys, row);

	if (pw_batch_diff(batch, row) < 0) {
		const uint32_t slot = pw_arrangement_find(&k->keys, key);

		if (slot != PW_SLOT_NONE)
			set_row(k, slot, side, NULL);
		return 0;
	}
	if (check_row(k, side, batch, row) < 0)
		return -1;
	set_row(k, pw_arrangement_put(&k->keys, key, NULL), side,
		pw_pool_blob(&k->pool, pw_rowkeys_at(&k->load_rests, row)));
	return 0;
}

/* Rows that are all there: their keys are looked up at once. */
static int load_rows(struct pw_keyed *k, int side, const struct pw_batch *batch)
{
	uint32_t *slots = pw_mem_alloc(batch->rows, sizeof *slots);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++)
		rc = check_row(k, side, batch, i);
	if (rc == 0)
		pw_arrangement_put_all(&k->keys, &k->load_keys, slots);
	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++)
		set_row(k, slots[i], side,
			pw_pool_blob(&k->pool, pw_rowkeys_at(&k->load_rests, i)));
	free(slots);
	return rc;
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_keyed *k = state;
	const int side = (int)table;
	const size_t count = k->sides[side].count;
	int *list = pw_mem_alloc(count + 1, sizeof *list), rc = 0;

	for (size_t i = 0; i < count; i++)
		list[i] = (int)i;
	pw_rowkeys_encode(&k->load_keys, batch, list, k->key_count, NULL);
	pw_rowkeys_encode(&k->load_rests, batch, list + k->key_count, count - k->key_count, NULL);
	free(list);
	if (batch->diffs == NULL)
		return load_rows(k, side, batch);
	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++)
		rc = load_row(k, side, batch, i);
	return rc;
}

/* ---- the checkpointer ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	return pw_dirty_changed(&((const struct pw_keyed *)state)->dirty);
}

static uint64_t rows(const void *state)
{
	return ((const struct pw_keyed *)state)->keys.live;
}

static void saved(void *state)
{
	pw_dirty_clear(&((struct pw_keyed *)state)->dirty);
}

static int loaded(void *state)
{
	(void)state;
	return 0;
}

struct pw_checkpointer pw_keyed_checkpointer(struct pw_keyed *k)
{
	return (struct pw_checkpointer){
		k->tables, (size_t)k->side_count, changed, rows, save, saved, expect, load, loaded};
}
