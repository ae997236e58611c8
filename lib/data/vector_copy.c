/* The copying functions of pw_vector: one row, a range, a selection. */
#include "batch.h"
#include "vector.h"

#include <stdlib.h>

/* The rows to copy: those listed, or count of them from a first one on. */
struct choice {
	const uint32_t *rows;
	uint32_t from, count;
};

static inline uint32_t chosen(const struct choice *ch, uint32_t i)
{
	return ch->rows != NULL ? ch->rows[i] : ch->from + i;
}

/*
 * Codes of a dictionary being copied from, as codes of the vector: memo[c] is
 * the code + 1, 0 while entry c has not been needed. So a text is hashed once
 * per call and entry, not once per row.
 */
static void copy_coded(struct pw_vector *v, const struct pw_column *c, const struct choice *ch)
{
	uint32_t *memo = pw_mem_zero(c->inner->rows, sizeof *memo);

	for (uint32_t i = 0; i < ch->count; i++) {
		const uint32_t row = chosen(ch, i);
		if (c->valid != NULL && !pw_bit(c->valid, row)) {
			pw_vector_null(v);
			continue;
		}
		const uint16_t code = c->codes[row];
		if (v->interned && memo[code] != 0) {
			pw_vector_code(v, (uint16_t)(memo[code] - 1));
			continue;
		}
		const struct pw_slice s = pw_column_text(c, row);
		pw_vector_text(v, s.data, s.length);
		memo[code] = v->interned ? v->codes[v->rows - 1] + 1u : 0;
	}
	free(memo);
}

static void copy_list(struct pw_vector *v, const struct pw_column *c, uint32_t row)
{
	uint32_t from, to;

	pw_column_list(c, row, &from, &to);
	pw_vector_append(v->inner, c->inner, from, to - from);
	pw_vector_list(v);
}

/* Any column, row by row. */
static void copy_rows(struct pw_vector *v, const struct pw_column *c, const struct choice *ch)
{
	for (uint32_t i = 0; i < ch->count; i++)
		pw_vector_copy(v, c, chosen(ch, i));
}

#define GATHER(name, type)                                                                         \
	static void name(void *to, const void *from, const uint32_t *rows, uint32_t count)         \
	{                                                                                          \
		type *t = to;                                                                      \
		const type *f = from;                                                              \
		for (uint32_t i = 0; i < count; i++)                                               \
			t[i] = f[rows[i]];                                                         \
	}
GATHER(gather_bytes, uint8_t)
GATHER(gather_words, uint64_t)
struct wide {
	uint64_t half[2];
};
GATHER(gather_wides, struct wide)

/* Fixed width, plain, no nulls: straight from array to array. */
static void copy_fixed(struct pw_vector *v, const struct pw_column *c, const struct choice *ch)
{
	const size_t width = pw_type_width(v->type);
	void *to = pw_vector_room(v, ch->count);

	if (ch->rows == NULL)
		memcpy(to, (const char *)c->values + width * ch->from, width * ch->count);
	else if (width == 8)
		gather_words(to, c->values, ch->rows, ch->count);
	else if (width == 1)
		gather_bytes(to, c->values, ch->rows, ch->count);
	else
		gather_wides(to, c->values, ch->rows, ch->count);
	pw_vector_filled(v, ch->count);
}

/* Plain texts without nulls into a plain vector: bytes at once, offsets moved. */
static void copy_texts(struct pw_vector *v, const struct pw_column *c, uint32_t from,
		       uint32_t count)
{
	const uint32_t first = c->offsets[from], bytes = c->offsets[from + count] - first;
	const uint32_t base = (uint32_t)v->bytes.length - first;

	pw_vector_offset(v->bytes.length + bytes);
	pw_vector_room(v, count);
	pw_bytes_add(&v->bytes, c->bytes + first, bytes);
	v->offsets[0] = 0;
	for (uint32_t i = 1; i <= count; i++)
		v->offsets[v->rows + i] = c->offsets[from + i] + base;
	pw_vector_filled(v, count);
}

static void copy(struct pw_vector *v, const struct pw_column *c, const struct choice *ch)
{
	if (ch->count == 0)
		return;
	if (c->encoding == PW_DICTIONARY)
		copy_coded(v, c, ch);
	else if (c->encoding == PW_PLAIN && c->valid == NULL && v->form < PW_FORM_TEXT)
		copy_fixed(v, c, ch);
	else if (c->encoding == PW_PLAIN && c->valid == NULL && v->form == PW_FORM_TEXT &&
		 !v->interned && ch->rows == NULL)
		copy_texts(v, c, ch->from, ch->count);
	else
		copy_rows(v, c, ch);
}

void pw_vector_append(struct pw_vector *v, const struct pw_column *c, uint32_t from, uint32_t count)
{
	copy(v, c, &(struct choice){NULL, from, count});
}

void pw_vector_gather(struct pw_vector *v, const struct pw_column *c, const uint32_t *rows,
		      uint32_t count)
{
	copy(v, c, &(struct choice){rows, 0, count});
}

void pw_vector_copy(struct pw_vector *v, const struct pw_column *c, uint32_t row)
{
	struct pw_slice s;

	if (pw_column_null(c, row)) {
		pw_vector_null(v);
		return;
	}
	switch (v->form) {
	case PW_FORM_BYTE:
		pw_vector_bool(v, pw_column_bool(c, row));
		break;
	case PW_FORM_WORD:
		pw_vector_word(v, pw_column_int(c, row));
		break;
	case PW_FORM_WIDE:
		pw_vector_uuid(v, pw_column_uuid(c, row));
		break;
	case PW_FORM_TEXT:
		s = pw_column_text(c, row);
		pw_vector_text(v, s.data, s.length);
		break;
	case PW_FORM_LIST:
		copy_list(v, c, row);
		break;
	}
}
