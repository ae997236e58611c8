#include "lookup.h"
#include "../base/fail.h"

#include <stdlib.h>

static void *room(void *p, size_t *capacity, size_t need, size_t size)
{
	return need > *capacity ? pw_mem_grow(p, capacity, need, size) : p;
}

void pw_lookup_init(struct pw_lookup *l)
{
	l->vectors = pw_mem_zero(l->held_count + 1, sizeof *l->vectors);
	l->columns = pw_mem_zero(l->held_count + 1, sizeof *l->columns);
	l->text = pw_mem_zero(l->held_count + 1, sizeof *l->text);
	for (size_t i = 0; i < l->held_count; i++) {
		pw_vector_init(&l->vectors[i], l->schema->fields[l->held[i]].type);
		pw_vector_intern(&l->vectors[i]);
	}
	pw_arrangement_init(&l->slots, 0);
}

/* Bytes of the column's texts if each row had its own. */
static uint64_t text_bytes(const struct pw_column *c)
{
	const struct pw_column *v = c->encoding == PW_DICTIONARY ? c->inner : c;
	uint64_t bytes = 0;

	if (pw_type_form(c->type) != PW_FORM_TEXT)
		return 0;
	for (uint32_t i = 0; i < c->rows; i++) {
		const uint32_t at = pw_column_at(c, i);
		bytes += v->offsets[at + 1] - v->offsets[at];
	}
	return bytes;
}

static int hold_columns(struct pw_lookup *l, const struct pw_batch *batch)
{
	for (size_t i = 0; i < l->held_count; i++) {
		const struct pw_column *c = &batch->columns[l->held[i]];

		l->text[i] += text_bytes(c);
		if (l->text[i] > UINT32_MAX - 64)
			return pw_fail(PW_SYSTEM,
				       "column '%s' has more than 4 GB of text, the most "
				       "that a column of this table may have",
				       l->schema->fields[l->held[i]].name);
		pw_vector_append(&l->vectors[i], c, 0, batch->rows);
	}
	return 0;
}

static void hold_copies(struct pw_lookup *l, const struct pw_batch *batch)
{
	const size_t need = (size_t)l->rows + batch->rows;

	if (batch->diffs == NULL && l->copies == NULL)
		return;
	if (l->copies == NULL) {
		l->copies = pw_mem_grow(NULL, &l->copy_capacity, need, sizeof *l->copies);
		for (uint32_t i = 0; i < l->rows; i++)
			l->copies[i] = 1;
	}
	l->copies = room(l->copies, &l->copy_capacity, need, sizeof *l->copies);
	for (uint32_t i = 0; i < batch->rows; i++)
		l->copies[l->rows + i] = pw_batch_diff(batch, i);
}

/* Rows with a null in a key column match nothing. */
static bool may_be_null(const struct pw_lookup *l, const struct pw_batch *batch, const int *keys)
{
	bool any = false;

	for (size_t k = 0; k < l->key_count; k++)
		any |= batch->columns[keys[k]].valid != NULL;
	return any && !l->nulls;
}

static void strike_nulls(const struct pw_lookup *l, const struct pw_batch *batch, const int *keys,
			 uint32_t *slots)
{
	if (!may_be_null(l, batch, keys))
		return;
	for (size_t k = 0; k < l->key_count; k++)
		for (uint32_t i = 0; i < batch->rows; i++)
			if (pw_column_null(&batch->columns[keys[k]], i))
				slots[i] = PW_SLOT_NONE;
}

/*
 * A null key gets a slot like others, so that a batch takes one pass; its
 * rows and what is looked up are struck out.
 */
int pw_lookup_add(struct pw_lookup *l, const struct pw_batch *batch)
{
	if (batch->rows > UINT32_MAX - 2 - l->rows)
		return pw_fail(PW_SYSTEM, "the table has more than %u rows", UINT32_MAX - 2);
	if (hold_columns(l, batch) < 0)
		return -1;
	hold_copies(l, batch);
	const size_t need = (size_t)batch->rows + (l->only_keys ? 0 : l->rows);

	l->slot_of = room(l->slot_of, &l->slot_capacity, need, sizeof *l->slot_of);
	uint32_t *slots = l->slot_of + (l->only_keys ? 0 : l->rows);

	pw_rowkeys_encode(&l->row_keys, batch, l->keys, l->key_count, NULL);
	pw_arrangement_put_all(&l->slots, &l->row_keys, slots);
	strike_nulls(l, batch, l->keys, slots);
	l->rows += batch->rows;
	l->time = batch->runs[batch->run_count - 1].time;
	return 0;
}

void pw_lookup_strike(struct pw_lookup *l, const struct pw_batch *batch, uint32_t i)
{
	l->slot_of[l->rows - batch->rows + i] = PW_SLOT_NONE;
}

/* Rows by slot, each slot's in the order of the table (a counting sort). */
static void sort_rows(struct pw_lookup *l)
{
	const uint32_t slots = l->slots.slots;

	l->first = pw_mem_zero((size_t)slots + 2, sizeof *l->first);
	l->ids = pw_mem_alloc((size_t)l->rows + 1, sizeof *l->ids);
	for (uint32_t i = 0; i < l->rows; i++)
		if (l->slot_of[i] != PW_SLOT_NONE)
			l->first[l->slot_of[i] + 2]++;
	for (uint32_t s = 2; s < slots + 2; s++)
		l->first[s] += l->first[s - 1];
	/* first[s + 1] is where the next row of s goes; in the end that is its end */
	for (uint32_t i = 0; i < l->rows; i++)
		if (l->slot_of[i] != PW_SLOT_NONE)
			l->ids[l->first[l->slot_of[i] + 1]++] = i;
}

void pw_lookup_finish(struct pw_lookup *l)
{
	for (size_t i = 0; i < l->held_count; i++)
		l->columns[i] = pw_vector_view(&l->vectors[i]);
	if (l->listed || (!l->only_keys && !l->unsorted && l->slots.slots != l->rows))
		sort_rows(l); /* else the keys differ, and slots were given in the rows' order */
}

/* One text column with a dictionary: each entry is looked up once. */
static void probe_codes(struct pw_lookup *l, const struct pw_batch *batch,
			const struct pw_column *c, uint32_t *slots)
{
	struct pw_batch entries = *batch;
	uint32_t none = PW_SLOT_NONE;

	entries.columns = c->inner;
	entries.rows = c->inner->rows;
	l->found = room(l->found, &l->found_capacity, entries.rows, sizeof *l->found);
	pw_rowkeys_encode(&l->row_keys, &entries, (const int[]){0}, 1, NULL);
	pw_arrangement_find_all(&l->slots, &l->row_keys, l->found);
	if (c->valid == NULL) {
		for (uint32_t i = 0; i < batch->rows; i++)
			slots[i] = l->found[c->codes[i]];
		return;
	}
	if (l->nulls)
		none = pw_arrangement_find(&l->slots, PW_SLICE("\2"));
	for (uint32_t i = 0; i < batch->rows; i++)
		slots[i] = pw_bit(c->valid, i) ? l->found[c->codes[i]] : none;
}

void pw_lookup_probe(struct pw_lookup *l, const struct pw_batch *batch, const int *keys,
		     uint32_t *slots)
{
	const struct pw_column *c = l->key_count == 1 ? &batch->columns[keys[0]] : NULL;

	if (c != NULL && c->encoding == PW_DICTIONARY) {
		probe_codes(l, batch, c, slots);
		return;
	}
	pw_rowkeys_encode(&l->row_keys, batch, keys, l->key_count, NULL);
	pw_arrangement_find_all(&l->slots, &l->row_keys, slots);
	strike_nulls(l, batch, keys, slots);
}

size_t pw_lookup_bytes(const struct pw_lookup *l)
{
	size_t bytes = pw_arrangement_bytes(&l->slots) + l->slot_capacity * sizeof *l->slot_of +
		       l->copy_capacity * sizeof *l->copies;

	for (size_t i = 0; i < l->held_count; i++)
		bytes += pw_vector_bytes(&l->vectors[i]);
	if (l->ids != NULL)
		bytes += ((size_t)l->rows + l->slots.slots) * sizeof *l->ids;
	return bytes;
}

void pw_lookup_release(struct pw_lookup *l)
{
	for (size_t i = 0; i < l->held_count; i++)
		pw_vector_release(&l->vectors[i]);
	pw_arrangement_release(&l->slots);
	pw_rowkeys_release(&l->row_keys);
	free(l->vectors);
	free(l->columns);
	free(l->text);
	free(l->slot_of);
	free(l->first);
	free(l->ids);
	free(l->copies);
	free(l->found);
	*l = (struct pw_lookup){0};
}
