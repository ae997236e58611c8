/*
 * The row of each key, saved and loaded: a keyed table of all columns. Of a key
 * that has gone only the key columns are saved.
 */
#include "../base/fail.h"
#include "upsert_internal.h"

#include <stdlib.h>

/* ---- writing ---- */

struct saving {
	const struct pw_upsert *u;
	struct pw_checkpointer_writer *checkpoint;
	struct pw_builder rows;
};

static int put_rows(struct saving *s)
{
	return pw_checkpointer_flush(s->checkpoint, 0, &s->rows);
}

static int end_row(struct saving *s, pw_diff diff)
{
	pw_builder_row(&s->rows, 0, diff);
	return pw_builder_full(&s->rows) ? put_rows(s) : 0;
}

static int put_gone(struct saving *s, struct pw_slice key)
{
	const struct pw_upsert *u = s->u;
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t i = 0; i < u->schema->count; i++)
		if (!u->schema->fields[i].key)
			pw_vector_null(&s->rows.vectors[i]);
	for (size_t k = 0; k < u->key_count; k++)
		pw_rowkey_take(&at, end, u->schema->fields[u->keys[k]].type, false,
			       &s->rows.vectors[u->keys[k]]);
	return end_row(s, -1);
}

static int put_there(struct saving *s, uint64_t place)
{
	uint32_t row;
	const struct pw_batch *b = pw_upsert_row(s->u, place, &row);

	for (size_t i = 0; i < s->u->schema->count; i++)
		pw_vector_copy(&s->rows.vectors[i], &b->columns[i], row);
	return end_row(s, 1);
}

static int put_all(struct saving *s, bool full)
{
	const struct pw_upsert *u = s->u;
	struct pw_slice key;
	uint32_t slot;
	size_t at = 0;
	int rc = 0;

	while (!full && rc == 0 && pw_dirty_gone(&u->dirty, &at, &key))
		rc = put_gone(s, key);
	for (at = 0; rc == 0 && pw_dirty_walk(&u->dirty, full, &at, &slot);) {
		const struct pw_upsert_record *r = pw_arrangement_record(&u->rows, slot);

		if (r->before != 0)
			rc = put_there(s, r->before);
		else if (!full)
			rc = put_gone(s, pw_arrangement_key(&u->rows, slot));
	}
	return rc < 0 ? rc : put_rows(s);
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	struct saving s = {.u = state, .checkpoint = checkpoint};

	pw_builder_init(&s.rows, &s.u->saved);
	const int rc = put_all(&s, full);

	pw_builder_release(&s.rows);
	return rc;
}

static enum pw_checkpointer_change changed(const void *state)
{
	return pw_dirty_changed(&((const struct pw_upsert *)state)->dirty);
}

static uint64_t rows(const void *state)
{
	return ((const struct pw_upsert *)state)->rows.live;
}

static void saved(void *state)
{
	pw_dirty_clear(&((struct pw_upsert *)state)->dirty);
}

/* ---- reading ---- */

static void expect(void *state, bool full, uint64_t count)
{
	if (full)
		pw_arrangement_reserve(&((struct pw_upsert *)state)->rows, count);
}

/* A row that stands has nulls only where the schema allows them. */
static int check_row(const struct pw_upsert *u, const struct pw_batch *batch, uint32_t row)
{
	for (size_t i = 0; i < u->schema->count; i++)
		if (u->schema->fields[i].type.required && pw_column_null(&batch->columns[i], row))
			return pw_fail(PW_STATE, "column '%s' is null, which it can't be",
				       u->schema->fields[i].name);
	return 0;
}

static void forget(struct pw_upsert *u, struct pw_slice key)
{
	const uint32_t slot = pw_arrangement_find(&u->rows, key);

	if (slot != PW_SLOT_NONE)
		pw_arrangement_drop(&u->rows, slot);
}

/* The numbers of the rows that stand; the keys of the other rows of the batch are forgotten. */
static int sort_out(struct pw_upsert *u, const struct pw_batch *batch, uint32_t *there,
		    uint32_t *count)
{
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (pw_batch_diff(batch, i) < 0)
			continue;
		if (check_row(u, batch, i) < 0)
			return -1;
		there[(*count)++] = i;
	}
	if (*count == batch->rows)
		return 0;
	pw_rowkeys_encode(&u->encoded, batch, u->keys, u->key_count, NULL);
	for (uint32_t i = 0; i < batch->rows; i++)
		if (pw_batch_diff(batch, i) < 0)
			forget(u, pw_rowkeys_at(&u->encoded, i));
	return 0;
}

static void set_rows(struct pw_upsert *u, const struct pw_batch *batch)
{
	const uint64_t base = pw_upsert_store(u, batch);

	for (uint32_t i = 0; i < batch->rows; i++) {
		struct pw_upsert_record *r = pw_arrangement_record(&u->rows, u->slots[i]);

		r->before = r->now = base + i + 1;
	}
}

/*
 * In a delta the keys that have gone come before the rows that stand, and may be
 * the same keys: so keys are forgotten first, in each batch too.
 */
static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_upsert *u = state;
	uint32_t *there = pw_mem_alloc(batch->rows, sizeof *there), count = 0;
	const int rc = sort_out(u, batch, there, &count);
	struct pw_builder b;

	(void)table;
	if (rc == 0 && count > 0) {
		pw_builder_init(&b, u->schema);
		pw_builder_gather(&b, batch, there, count);
		set_rows(u, pw_builder_view(&b));
		pw_builder_release(&b);
	}
	free(there);
	return rc;
}

static int loaded(void *state)
{
	(void)state;
	return 0;
}

struct pw_checkpointer pw_upsert_checkpointer(struct pw_upsert *u)
{
	pw_schema_copy(&u->saved, u->schema);
	for (size_t i = 0; i < u->saved.count; i++)
		u->saved.fields[i].type.required &= u->saved.fields[i].key;
	u->table = (struct pw_checkpointer_table){NULL, &u->saved};
	return (struct pw_checkpointer){&u->table, 1,      changed, rows,  save,
					saved,     expect, load,    loaded};
}
