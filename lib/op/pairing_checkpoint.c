/*
 * The rows of a join, saved and loaded: a table for each side, of its key
 * columns and those that the index holds. Which rows match follows from that.
 */
#include "../base/fail.h"
#include "pairing_internal.h"

#include <stdlib.h>

static void make_schema(const struct pw_pairing *p, struct pw_pairing_side *s)
{
	for (size_t k = 0; k < p->joined->key_count; k++) {
		const struct pw_field *f = &s->schema->fields[s->keys[k]];
		pw_schema_add(&s->saved, pw_slice_of(f->name), f->type, false);
	}
	for (size_t i = 0; i < s->payload_count; i++) {
		const struct pw_field *f = &s->schema->fields[s->payload[i]];
		pw_schema_add(&s->saved, pw_slice_of(f->name), f->type, false);
	}
	s->columns = pw_mem_zero(s->saved.count + 1, sizeof *s->columns);
	pw_delta_init(&s->delta, &s->saved);
}

void pw_pairing_note(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count)
{
	struct pw_pairing_side *s = &p->sides[side];
	struct pw_batch rows = *batch;

	if (!s->delta.on)
		return;
	for (size_t k = 0; k < p->joined->key_count; k++)
		s->columns[k] = batch->columns[s->keys[k]];
	for (size_t i = 0; i < s->payload_count; i++)
		s->columns[p->joined->key_count + i] = batch->columns[s->payload[i]];
	rows.schema = &s->saved;
	rows.columns = s->columns;
	pw_delta_note(&s->delta, &rows, from, count, pw_index_bytes(&p->index));
}

/* ---- writing ---- */

static int put(struct pw_checkpointer_writer *checkpoint, int side, struct pw_builder *b)
{
	return pw_checkpointer_flush(checkpoint, (size_t)side, b);
}

static void append(const struct pw_pairing_side *s, struct pw_slice key, const struct pw_row *row,
		   size_t key_count, struct pw_builder *b)
{
	const char *at = key.data, *end = key.data + key.length;

	for (size_t i = 0; i < s->saved.count; i++) {
		if (i == key_count) {
			at = row->data;
			end = row->data + row->length;
		}
		pw_rowkey_take(&at, end, s->saved.fields[i].type, false, &b->vectors[i]);
	}
	pw_builder_row(b, 0, row->copies);
}

static int save_key(const struct pw_pairing *p, int side, uint32_t slot, struct pw_builder *b,
		    struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_slice key = pw_arrangement_key(&p->index.keys, slot);
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(pw_index_key(&p->index, slot), side, &rows);

	for (uint32_t i = 0; i < count; i++) {
		if (rows[i] == NULL)
			continue;
		append(&p->sides[side], key, rows[i], p->joined->key_count, b);
		if (pw_builder_full(b) && put(checkpoint, side, b) < 0)
			return -1;
	}
	return 0;
}

static int save_side(const struct pw_pairing *p, int side,
		     struct pw_checkpointer_writer *checkpoint)
{
	struct pw_builder b;
	int rc = 0;

	pw_builder_init(&b, &p->sides[side].saved);
	for (uint32_t slot = 0; rc == 0 && slot < p->index.keys.slots; slot++)
		if (pw_arrangement_live(&p->index.keys, slot))
			rc = save_key(p, side, slot, &b, checkpoint);
	if (rc == 0)
		rc = put(checkpoint, side, &b);
	pw_builder_release(&b);
	return rc;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_pairing *p = state;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		const int rc =
			full ? save_side(p, side, checkpoint)
			     : pw_delta_save(&p->sides[side].delta, checkpoint, (size_t)side);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static enum pw_checkpointer_change changed(const void *state)
{
	const struct pw_pairing *p = state;
	const enum pw_checkpointer_change left = pw_delta_changed(&p->sides[PW_LEFT].delta);
	const enum pw_checkpointer_change right = pw_delta_changed(&p->sides[PW_RIGHT].delta);

	return left > right ? left : right;
}

static void saved(void *state)
{
	struct pw_pairing *p = state;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		pw_delta_clear(&p->sides[side].delta);
}

/* ---- reading ---- */

static uint64_t rows(const void *state)
{
	return ((const struct pw_pairing *)state)->index.keys.live;
}

static void expect(void *state, bool full, uint64_t keys)
{
	struct pw_pairing *p = state;

	p->loads_rows = full;
	if (full)
		pw_arrangement_reserve(&p->index.keys, keys);
}

/* The rows that have been put into the index are there. */
static int apply(struct pw_pairing *p)
{
	bool overflow;

	for (size_t i = 0; i < p->index.touched_count; i++) {
		const uint32_t slot = p->index.touched[i];

		for (int side = PW_LEFT; side <= PW_RIGHT; side++)
			if (pw_index_unsound(&p->index, pw_index_key(&p->index, slot), side,
					     &overflow) != NULL)
				return pw_fail(PW_STATE, "a row has less than no copies");
		pw_index_apply(&p->index, slot);
	}
	pw_index_closed(&p->index);
	return 0;
}

/* The rows of a full checkpoint are there at once; those of a delta only together. */
static int load(void *state, size_t side, const struct pw_batch *batch)
{
	struct pw_pairing *p = state;
	const struct pw_pairing_side *s = &p->sides[side];
	int *list = pw_mem_alloc(s->saved.count + 1, sizeof *list);

	for (size_t i = 0; i < s->saved.count; i++)
		list[i] = (int)i;
	pw_pairing_encode(p, (int)side, batch, list, list + p->joined->key_count);
	pw_pairing_put(p, (int)side, batch, list, 0, batch->rows);
	free(list);
	return p->loads_rows ? apply(p) : 0;
}

static int loaded(void *state)
{
	return apply(state);
}

void pw_pairing_checkpoint_bind(struct pw_pairing *p)
{
	static const char *const names[] = {"left", "right"};

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		make_schema(p, &p->sides[side]);
		p->tables[side] =
			(struct pw_checkpointer_table){names[side], &p->sides[side].saved};
	}
	p->op->checkpoint = (struct pw_op_checkpoint){
		.how = {p->tables, 2, changed, rows, save, saved, expect, load, loaded},
		.state = p,
		.noting = {p->now ? NULL : &p->sides[PW_LEFT].delta.on,
			   &p->sides[PW_RIGHT].delta.on},
	};
}
