#include "feed.h"

#include <stdlib.h>

bool pw_feed_fits_word(struct pw_type type)
{
	const enum pw_form form = pw_type_form(type);

	return form == PW_FORM_WORD || form == PW_FORM_BYTE;
}

#define TOP (UINT64_C(1) << 63)

uint64_t pw_feed_unorder(struct pw_type type, uint64_t x)
{
	if (type.base == PW_FLOAT)
		return x ^ ((uint64_t)(~(int64_t)x >> 63) | TOP);
	return type.base == PW_BOOL ? x : x ^ TOP;
}

static void make_room(struct pw_feed *f, uint32_t rows)
{
	if (rows <= f->room)
		return;
	f->room = rows;
	f->slot_buffer = pw_mem_resize(f->slot_buffer, rows, sizeof *f->slot_buffer);
	f->row_buffer = pw_mem_resize(f->row_buffer, rows, sizeof *f->row_buffer);
	f->diff_buffer = pw_mem_resize(f->diff_buffer, rows, sizeof *f->diff_buffer);
	f->word_buffer = pw_mem_resize(f->word_buffer, rows, sizeof *f->word_buffer);
	f->order_buffer = pw_mem_resize(f->order_buffer, rows, sizeof *f->order_buffer);
}

void pw_feed_batch(struct pw_feed *f, const struct pw_batch *batch)
{
	f->batch = batch;
	f->encoded = false;
	make_room(f, batch->rows);
}

static void missed_room(struct pw_feed *f, uint32_t slot)
{
	const size_t known = f->missed_capacity;

	if (slot < known)
		return;
	f->missed =
		pw_mem_grow(f->missed, &f->missed_capacity, (size_t)slot + 1, sizeof *f->missed);
	memset(f->missed + known, 0, (f->missed_capacity - known) * sizeof *f->missed);
}

void pw_feed_set_missed(struct pw_feed *f, uint32_t slot, pw_diff missed)
{
	if (missed == 0 && slot >= f->missed_capacity)
		return;
	missed_room(f, slot);
	f->missed[slot] = missed;
}

/* Narrows rows, n of them, to those where the column is not null, and true if truth is set. */
static uint32_t narrow(uint32_t *rows, uint32_t n, const struct pw_column *c, bool truth)
{
	uint32_t taken = 0;

	if (c->encoding == PW_CONSTANT)
		return pw_column_null(c, 0) || (truth && !pw_column_bool(c, 0)) ? 0 : n;
	if (c->valid != NULL) {
		for (uint32_t i = 0; i < n; i++) {
			rows[taken] = rows[i];
			taken += pw_bit(c->valid, rows[i]);
		}
		n = taken;
		taken = 0;
	}
	if (!truth)
		return n;
	const uint8_t *values = c->values;

	for (uint32_t i = 0; i < n; i++) {
		rows[taken] = rows[i];
		taken += values[rows[i]] != 0;
	}
	return taken;
}

static bool must_select(const struct pw_feed *f)
{
	if (f->filter >= 0)
		return true;
	for (size_t i = 0; i < f->count; i++)
		if (f->needed[i] && f->batch->columns[f->columns[i]].valid != NULL)
			return true;
	return false;
}

/* Notes how many rows of each group did not count. */
static void count_missed(struct pw_feed *f, uint32_t count, const uint32_t *slots,
			 const pw_diff *diffs)
{
	uint32_t greatest = 0;

	for (uint32_t i = 0; i < count; i++)
		greatest = slots[i] > greatest ? slots[i] : greatest;
	missed_room(f, greatest);
	for (uint32_t i = 0; i < count; i++)
		f->missed[slots[i]] += diffs ? diffs[i] : 1;
	for (uint32_t i = 0; i < f->n; i++)
		f->missed[f->slots[i]] -= pw_feed_diff(f, i);
}

static void select_rows(struct pw_feed *f, uint32_t from, uint32_t count, const uint32_t *slots,
			const pw_diff *diffs)
{
	uint32_t n = count;

	for (uint32_t i = 0; i < count; i++)
		f->row_buffer[i] = from + i;
	for (size_t i = 0; i < f->count && n > 0; i++)
		if (f->needed[i])
			n = narrow(f->row_buffer, n, &f->batch->columns[f->columns[i]], false);
	if (f->filter >= 0 && n > 0)
		n = narrow(f->row_buffer, n, &f->batch->columns[f->filter], true);
	if (n == count)
		return;
	for (uint32_t i = 0; i < n; i++)
		f->slot_buffer[i] = slots[f->row_buffer[i] - from];
	for (uint32_t i = 0; diffs && i < n; i++)
		f->diff_buffer[i] = diffs[f->row_buffer[i] - from];
	f->n = n;
	f->slots = f->slot_buffer;
	f->diffs = diffs ? f->diff_buffer : NULL;
	f->rows = f->row_buffer;
	count_missed(f, count, slots, diffs);
}

static void take_words(struct pw_feed *f)
{
	const struct pw_column *c = &f->batch->columns[f->columns[0]];
	uint64_t *out = f->word_buffer;

	f->words = out;
	if (c->encoding == PW_CONSTANT) {
		const uint64_t word = c->type.base == PW_BOOL ? pw_column_bool(c, 0)
							      : (uint64_t)pw_column_int(c, 0);
		for (uint32_t i = 0; i < f->n; i++)
			out[i] = word;
	} else if (c->type.base == PW_BOOL) {
		const uint8_t *values = c->values;

		for (uint32_t i = 0; i < f->n; i++)
			out[i] = values[f->rows ? f->rows[i] : f->from + i] != 0;
	} else if (f->rows) {
		const uint64_t *values = c->values;

		for (uint32_t i = 0; i < f->n; i++)
			out[i] = values[f->rows[i]];
	} else {
		f->words = (const uint64_t *)c->values + f->from;
	}
}

static void take_ordered(struct pw_feed *f)
{
	const struct pw_type type = f->types[0];
	uint64_t *out = f->order_buffer;

	f->ordered = out;
	if (type.base == PW_FLOAT) {
		for (uint32_t i = 0; i < f->n; i++)
			out[i] = f->words[i] ^ ((uint64_t)((int64_t)f->words[i] >> 63) | TOP);
	} else if (type.base == PW_BOOL) {
		f->ordered = f->words;
	} else {
		for (uint32_t i = 0; i < f->n; i++)
			out[i] = f->words[i] ^ TOP;
	}
}

void pw_feed_take(struct pw_feed *f, uint32_t from, uint32_t count, const uint32_t *slots,
		  const pw_diff *diffs, pw_time time)
{
	f->n = count;
	f->from = from;
	f->slots = slots;
	f->diffs = diffs;
	f->rows = NULL;
	f->time = time;
	if (must_select(f))
		select_rows(f, from, count, slots, diffs);
	if (f->n == 0)
		return;
	if (f->keyed && !f->encoded) {
		pw_rowkeys_encode(&f->keys, f->batch, f->columns, f->count, f->descending);
		f->encoded = true;
	}
	if (!f->keyed && (f->wants_words || f->wants_ordered))
		take_words(f);
	if (!f->keyed && f->wants_ordered)
		take_ordered(f);
}

void pw_feed_release(struct pw_feed *f)
{
	free(f->missed);
	free(f->slot_buffer);
	free(f->row_buffer);
	free(f->diff_buffer);
	free(f->word_buffer);
	free(f->order_buffer);
	pw_rowkeys_release(&f->keys);
	*f = (struct pw_feed){0};
}
