#include "grouped_internal.h"

#include "../base/fail.h"

#include <stdlib.h>

/* ---- writing ---- */

struct saving {
	const struct pw_grouped *g;
	struct pw_checkpointer_writer *checkpoint;
	struct pw_builder rows;
	struct pw_bytes record;
};

static int put_rows(struct saving *s)
{
	return pw_checkpointer_flush(s->checkpoint, 0, &s->rows);
}

static int put_row(struct saving *s, struct pw_slice key, struct pw_slice record, bool more,
		   pw_diff diff)
{
	const struct pw_grouped *g = s->g;
	const char *at = key.data, *const end = key.data + key.length;
	struct pw_vector *v = s->rows.vectors;

	for (size_t i = 0; i < g->key_count; i++)
		pw_rowkey_take(&at, end, g->key_schema.fields[i].type, false, v++);
	pw_vector_text(v++, record.data, record.length);
	pw_vector_bool(v, more);
	pw_builder_row(&s->rows, 0, diff);
	return pw_builder_full(&s->rows) ? put_rows(s) : 0;
}

static int put_group(struct saving *s, uint32_t slot)
{
	const struct pw_arrangement *groups = &s->g->groups;
	const struct pw_slice key = pw_arrangement_key(groups, slot);
	size_t from = 0;

	if (pw_aggregates_rows(groups, slot) == 0)
		return 0; /* a group that is about to go was never shown */
	pw_bytes_clear(&s->record);
	pw_aggregates_save(&s->g->calls.aggregates, groups, slot, &s->record);
	for (; s->record.length - from > PW_GROUPED_PIECE; from += PW_GROUPED_PIECE)
		if (put_row(s, key, (struct pw_slice){s->record.data + from, PW_GROUPED_PIECE},
			    true, 1) < 0)
			return -1;
	return put_row(s, key, (struct pw_slice){s->record.data + from, s->record.length - from},
		       false, 1);
}

static int put_groups(struct saving *s, bool full)
{
	const struct pw_dirty *d = &s->g->dirty;
	struct pw_slice key;
	uint32_t slot;
	size_t at = 0;

	while (!full && pw_dirty_gone(d, &at, &key))
		if (put_row(s, key, PW_SLICE(""), false, -1) < 0)
			return -1;
	for (at = 0; pw_dirty_walk(d, full, &at, &slot);)
		if (put_group(s, slot) < 0)
			return -1;
	return put_rows(s);
}

int pw_grouped_save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_grouped *g = state;
	struct saving s = {.g = g, .checkpoint = checkpoint};

	pw_builder_init(&s.rows, &g->record_schema);
	const int rc = put_groups(&s, full);

	pw_builder_release(&s.rows);
	pw_bytes_release(&s.record);
	return rc;
}

/* ---- reading ---- */

static void forget(struct pw_grouped *g, uint32_t slot)
{
	pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
	memset(pw_arrangement_record(&g->groups, slot), 0, g->groups.record_bytes);
}

static int load_group(struct pw_grouped *g, uint32_t slot, struct pw_slice record)
{
	if (pw_aggregates_rows(&g->groups, slot) != 0)
		forget(g, slot);
	if (pw_aggregates_load(&g->calls.aggregates, &g->groups, slot, record) < 0)
		return -1;
	if (!pw_aggregates_sound(&g->calls.aggregates, &g->groups, slot))
		return pw_fail(PW_STATE, "a group has lost more rows than it had");
	return 0;
}

static int load_row(struct pw_grouped *g, const struct pw_batch *batch, uint32_t row)
{
	const struct pw_slice piece = pw_column_text(&batch->columns[g->key_count], row);
	const bool more = pw_column_bool(&batch->columns[g->key_count + 1], row);
	const uint32_t slot = g->slots[row];
	struct pw_bytes *begun = &g->record;

	if (pw_batch_diff(batch, row) < 0) {
		if (slot != PW_SLOT_NONE && pw_arrangement_live(&g->groups, slot)) {
			forget(g, slot);
			pw_arrangement_drop(&g->groups, slot);
		}
		return 0;
	}
	if (begun->length > 0 && g->record_slot != slot)
		return pw_fail(PW_STATE, "the record of a group breaks off");
	if (!more && begun->length == 0)
		return load_group(g, slot, piece);
	pw_bytes_add(begun, piece.data, piece.length);
	g->record_slot = slot;
	if (more)
		return 0;
	const int rc = load_group(g, slot, (struct pw_slice){begun->data, begun->length});

	pw_bytes_release(begun);
	return rc;
}

/* Rows that take groups away come first: their keys may follow. */
int pw_grouped_load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_grouped *g = state;

	(void)table;
	int *keys = pw_mem_alloc(g->key_count + 1, sizeof *keys);
	bool gone = false;

	for (size_t i = 0; i < g->key_count; i++)
		keys[i] = (int)i;
	pw_rowkeys_encode(&g->row_keys, batch, keys, g->key_count, NULL);
	free(keys);
	g->slots = pw_mem_grow(g->slots, &g->slot_capacity, batch->rows, sizeof *g->slots);
	for (uint32_t i = 0; batch->diffs && i < batch->rows; i++)
		gone |= batch->diffs[i] < 0;
	if (!gone)
		pw_arrangement_put_all(&g->groups, &g->row_keys, g->slots);
	for (uint32_t i = 0; i < batch->rows; i++) {
		const struct pw_slice key = pw_rowkeys_at(&g->row_keys, i);

		if (gone && pw_batch_diff(batch, i) < 0)
			g->slots[i] = pw_arrangement_find(&g->groups, key);
		else if (gone)
			g->slots[i] = pw_arrangement_put(&g->groups, key, NULL);
		if (load_row(g, batch, i) < 0)
			return -1;
	}
	return 0;
}

/* ---- the checkpointer ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	return pw_dirty_changed(&((const struct pw_grouped *)state)->dirty);
}

static uint64_t rows(const void *state)
{
	return ((const struct pw_grouped *)state)->groups.live;
}

static void saved(void *state)
{
	pw_dirty_clear(&((struct pw_grouped *)state)->dirty);
}

static void expect(void *state, bool full, uint64_t count)
{
	if (full)
		pw_arrangement_reserve(&((struct pw_grouped *)state)->groups, count);
}

int pw_grouped_loaded(void *state)
{
	const struct pw_grouped *g = state;

	return g->record.length == 0 ? 0 : pw_fail(PW_STATE, "the record of a group breaks off");
}

void pw_grouped_checkpoint_bind(struct pw_grouped *g)
{
	g->saved = (struct pw_checkpointer_table){NULL, &g->record_schema};
	g->op.checkpoint = (struct pw_op_checkpoint){
		.how = {&g->saved, 1, changed, rows, pw_grouped_save, saved, expect,
			pw_grouped_load, pw_grouped_loaded},
		.state = g,
		.noting = {&g->dirty.on},
	};
}
