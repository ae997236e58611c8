#include "gather.h"

#include <stdlib.h>

static void *room(void *p, size_t *capacity, size_t need, size_t size)
{
	return need > *capacity ? pw_mem_grow(p, capacity, need, size) : p;
}

/* The validity of the rows chosen; false if none is null. */
static bool gather_valid(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
			 uint32_t count)
{
	const size_t bytes = ((size_t)count + 7) / 8;
	bool nulls = false;

	g->valid = room(g->valid, &g->valid_capacity, bytes + 1, 1);
	memset(g->valid, 0, bytes);
	for (uint32_t i = 0; i < count; i++) {
		const bool there = rows[i] != PW_GATHER_NULL && !pw_column_null(c, rows[i]);
		g->valid[i >> 3] = (uint8_t)(g->valid[i >> 3] | (unsigned)there << (i & 7));
		nulls |= !there;
	}
	return nulls;
}

/* The value of a null is zero, in the source as well. */
#define GATHER(name, type, zero)                                                                   \
	static void name(void *to, const void *from, const uint32_t *rows, uint32_t count)         \
	{                                                                                          \
		type *t = to;                                                                      \
		const type *f = from;                                                              \
		for (uint32_t i = 0; i < count; i++)                                               \
			t[i] = f[rows[i]];                                                         \
	}                                                                                          \
	static void name##_holes(void *to, const void *from, const uint32_t *rows, uint32_t count) \
	{                                                                                          \
		type *t = to;                                                                      \
		const type *f = from;                                                              \
		for (uint32_t i = 0; i < count; i++)                                               \
			t[i] = rows[i] == PW_GATHER_NULL ? zero : f[rows[i]];                      \
	}
struct wide {
	uint64_t half[2];
};
GATHER(gather_bytes, uint8_t, 0)
GATHER(gather_codes, uint16_t, 0)
GATHER(gather_words, uint64_t, 0)
GATHER(gather_wides, struct wide, (struct wide){{0}})

static void gather_fixed(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
			 uint32_t count, bool holes)
{
	const size_t width = pw_type_width(c->type);

	g->values = room(g->values, &g->value_capacity, width * count, 1);
	if (width == 8)
		(holes ? gather_words_holes : gather_words)(g->values, c->values, rows, count);
	else if (width == 1)
		(holes ? gather_bytes_holes : gather_bytes)(g->values, c->values, rows, count);
	else
		(holes ? gather_wides_holes : gather_wides)(g->values, c->values, rows, count);
	g->view.values = g->values;
}

static struct pw_slice text_of(const struct pw_column *c, uint32_t row)
{
	if (row == PW_GATHER_NULL || pw_column_null(c, row))
		return (struct pw_slice){"", 0};
	return pw_column_text(c, row);
}

/* Lengths first, so that too much text is refused before it is copied. */
static bool gather_texts(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
			 uint32_t count, size_t most)
{
	size_t total = 0;

	g->offsets = room(g->offsets, &g->offset_capacity, (size_t)count + 1, sizeof *g->offsets);
	g->offsets[0] = 0;
	for (uint32_t i = 0; i < count; i++) {
		total += text_of(c, rows[i]).length;
		if (total > most && count > 1)
			return false;
		g->offsets[i + 1] = (uint32_t)total;
	}
	pw_bytes_clear(&g->bytes);
	char *to = pw_bytes_room(&g->bytes, total + 1);
	for (uint32_t i = 0; i < count; i++) {
		const struct pw_slice s = text_of(c, rows[i]);
		memcpy(to, s.data, s.length);
		to += s.length;
	}
	g->bytes.length = total;
	g->view.offsets = g->offsets;
	g->view.bytes = g->bytes.data;
	return true;
}

/* Copies lists, and other rare cases, value by value. */
static void gather_any(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
		       uint32_t count)
{
	if (g->lists.capacity == 0)
		pw_vector_init(&g->lists, c->type);
	pw_vector_clear(&g->lists);
	for (uint32_t i = 0; i < count; i++)
		if (rows[i] == PW_GATHER_NULL)
			pw_vector_null(&g->lists);
		else
			pw_vector_copy(&g->lists, c, rows[i]);
	g->view = *pw_vector_view(&g->lists);
}

/* Copies codes, while the dictionary is worth being sent with so few rows. */
static bool gather_coded(struct pw_gather *g, const struct pw_column *c, const uint32_t *rows,
			 uint32_t count, bool holes)
{
	if (c->inner->rows > count)
		return false;
	g->codes = room(g->codes, &g->code_capacity, count, sizeof *g->codes);
	(holes ? gather_codes_holes : gather_codes)(g->codes, c->codes, rows, count);
	g->view.encoding = PW_DICTIONARY;
	g->view.codes = g->codes;
	g->view.inner = c->inner;
	return true;
}

/* A constant without holes stays a constant; else its rows are written out. */
static bool stays_constant(const struct pw_column *c, const uint32_t *rows, uint32_t count,
			   bool holes)
{
	if (c->encoding != PW_CONSTANT)
		return false;
	for (uint32_t i = 0; holes && i < count; i++)
		if (rows[i] == PW_GATHER_NULL)
			return false;
	return true;
}

const struct pw_column *pw_gather_rows(struct pw_gather *g, const struct pw_column *c,
				       const uint32_t *rows, uint32_t count, bool holes,
				       size_t most)
{
	const enum pw_form form = pw_type_form(c->type);

	if (stays_constant(c, rows, count, holes)) {
		g->view = *c;
		g->view.rows = count;
		return &g->view;
	}
	g->view = (struct pw_column){.type = c->type, .rows = count};
	g->view.type.required &= !holes;
	if (form == PW_FORM_LIST || (c->encoding == PW_CONSTANT && form < PW_FORM_TEXT)) {
		gather_any(g, c, rows, count);
		return &g->view;
	}
	const bool nulls = (holes || c->valid != NULL) && gather_valid(g, c, rows, count);

	if (form < PW_FORM_TEXT)
		gather_fixed(g, c, rows, count, holes);
	else if ((c->encoding != PW_DICTIONARY || !gather_coded(g, c, rows, count, holes)) &&
		 !gather_texts(g, c, rows, count, most))
		return NULL;
	if (nulls)
		g->view.valid = g->valid;
	return &g->view;
}

const struct pw_column *pw_gather_nulls(struct pw_gather *g, struct pw_type type, uint32_t count)
{
	if (g->lists.capacity == 0)
		pw_vector_init(&g->lists, type);
	pw_vector_clear(&g->lists);
	for (int i = 0; i < 2; i++) /* two that are equal: a constant */
		pw_vector_null(&g->lists);
	g->view = *pw_vector_view(&g->lists);
	if (count < 2) {
		pw_vector_truncate(&g->lists, count);
		g->view = *pw_vector_view(&g->lists);
	}
	g->view.rows = count;
	return &g->view;
}

void pw_gather_release(struct pw_gather *g)
{
	free(g->values);
	free(g->valid);
	free(g->codes);
	free(g->offsets);
	pw_bytes_release(&g->bytes);
	pw_vector_release(&g->lists);
	*g = (struct pw_gather){0};
}
