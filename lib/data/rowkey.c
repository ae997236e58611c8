#include "rowkey.h"
#include "../base/check.h"

#include <stdlib.h>

enum { VALUE = 1, NONE = 2 };

/*
 * Words as unsigned numbers that sort as the values do: ints with the sign
 * flipped; floats (IEEE 754) with the sign flipped if positive, all bits if
 * negative.
 */
static inline uint64_t order_int(uint64_t x)
{
	return x ^ UINT64_C(1) << 63;
}

static inline uint64_t order_float(uint64_t x)
{
	return x ^ ((uint64_t)((int64_t)x >> 63) | UINT64_C(1) << 63);
}

static inline uint64_t unorder_float(uint64_t x)
{
	return x ^ ((uint64_t)(~(int64_t)x >> 63) | UINT64_C(1) << 63);
}

static inline void put_word(char *p, uint64_t x)
{
	x = __builtin_bswap64(x);
	memcpy(p, &x, sizeof x);
}

static inline bool is_float(struct pw_type type)
{
	return type.depth == 0 && type.base == PW_FLOAT;
}

/* Appends a text with its zeros escaped, and its end. */
static void add_text(struct pw_bytes *b, struct pw_slice s)
{
	while (s.length > 0) {
		const char *zero = memchr(s.data, 0, s.length);
		const size_t n = zero == NULL ? s.length : (size_t)(zero - s.data);
		pw_bytes_add(b, s.data, n);
		if (zero == NULL)
			break;
		pw_bytes_add(b, "\0\xff", 2);
		s.data += n + 1;
		s.length -= n + 1;
	}
	pw_bytes_add(b, "\0\0", 2);
}

static void add_value(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	uint32_t from, to;
	uint64_t x;
	char word[8];

	if (pw_column_null(c, row)) {
		pw_bytes_put(b, NONE);
		return;
	}
	pw_bytes_put(b, VALUE);
	switch (pw_type_form(c->type)) {
	case PW_FORM_BYTE:
		pw_bytes_put(b, (char)pw_column_bool(c, row));
		break;
	case PW_FORM_WORD:
		x = (uint64_t)pw_column_int(c, row);
		put_word(word, is_float(c->type) ? order_float(x) : order_int(x));
		pw_bytes_add(b, word, 8);
		break;
	case PW_FORM_WIDE:
		pw_bytes_add(b, pw_column_uuid(c, row), 16);
		break;
	case PW_FORM_TEXT:
		add_text(b, pw_column_text(c, row));
		break;
	case PW_FORM_LIST:
		pw_column_list(c, row, &from, &to);
		for (; from < to; from++)
			add_value(b, c->inner, from);
		pw_bytes_put(b, 0);
		break;
	}
}

static void invert(char *p, const char *end)
{
	for (; p < end; p++)
		*p = (char)~*p;
}

void pw_rowkey_add(struct pw_bytes *b, const struct pw_column *c, uint32_t row, bool descending)
{
	const size_t start = b->length;

	add_value(b, c, row);
	if (descending)
		invert(b->data + start + 1, b->data + b->length);
}

/*
 * A column ready to be written into keys: words straight from their array,
 * simple texts from theirs, anything else as the encodings of its entries
 * (those of the dictionary, the one of a constant, or one per row).
 */
struct part {
	const struct pw_column *column;
	uint64_t flip; /* words: the bits that invert them, if descending */
	bool words, real;
	bool texts; /* plain, no nulls, no zero bytes: as they are, marked and ended */
	struct pw_bytes entries;
	uint32_t *offsets; /* of the entries */
};

static bool simple_texts(const struct pw_column *c, uint32_t rows)
{
	if (pw_type_form(c->type) != PW_FORM_TEXT || c->encoding != PW_PLAIN || c->valid != NULL)
		return false;
	const uint32_t from = c->offsets[0], to = c->offsets[rows];

	return from == to || memchr(c->bytes + from, 0, to - from) == NULL;
}

static void prepare(struct part *p, const struct pw_column *c, uint32_t rows, bool descending)
{
	*p = (struct part){.column = c, .flip = descending ? ~UINT64_C(0) : 0};
	if (pw_type_form(c->type) == PW_FORM_WORD && c->encoding == PW_PLAIN && c->valid == NULL) {
		p->words = true;
		p->real = is_float(c->type);
		return;
	}
	if (!descending && rows > 0 && simple_texts(c, rows)) {
		p->texts = true;
		return;
	}
	const struct pw_column *from = c->encoding == PW_DICTIONARY ? c->inner : c;
	const uint32_t count = c->encoding == PW_DICTIONARY ? c->inner->rows
			       : c->encoding == PW_CONSTANT ? 1
							    : rows;
	p->offsets = pw_mem_alloc((size_t)count + 1, sizeof *p->offsets);
	p->offsets[0] = 0;
	for (uint32_t i = 0; i < count; i++) {
		pw_rowkey_add(&p->entries, from, i, descending);
		p->offsets[i + 1] = (uint32_t)p->entries.length;
	}
}

/* Where row i's encoding lies; a null of a dictionary is the one byte there is for it. */
static inline struct pw_slice entry(const struct part *p, uint32_t i)
{
	static const char none[1] = {NONE};
	const struct pw_column *c = p->column;

	if (c->encoding == PW_DICTIONARY && c->valid != NULL && !pw_bit(c->valid, i))
		return (struct pw_slice){none, 1};
	const uint32_t at = pw_column_at(c, i);
	return (struct pw_slice){p->entries.data + p->offsets[at],
				 p->offsets[at + 1] - p->offsets[at]};
}

static void add_lengths(const struct part *p, uint32_t *lengths, uint32_t rows)
{
	if (p->words) {
		for (uint32_t i = 0; i < rows; i++)
			lengths[i] += 9;
		return;
	}
	if (p->texts) {
		const uint32_t *offsets = p->column->offsets;

		for (uint32_t i = 0; i < rows; i++)
			lengths[i] += offsets[i + 1] - offsets[i] + 3;
		return;
	}
	for (uint32_t i = 0; i < rows; i++)
		lengths[i] += (uint32_t)entry(p, i).length;
}

static void write_words(const struct part *p, char *data, uint32_t *at, uint32_t rows)
{
	const uint64_t *x = p->column->values;

	for (uint32_t i = 0; i < rows; i++) {
		char *to = data + at[i];
		const uint64_t w = p->real ? order_float(x[i]) : order_int(x[i]);
		to[0] = VALUE;
		put_word(to + 1, w ^ p->flip);
		at[i] += 9;
	}
}

/* memcpy, for the few bytes that most texts have, in line. */
static inline void copy_short(char *to, const char *from, uint32_t n)
{
	if (n > 16) {
		memcpy(to, from, n);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else {
		for (uint32_t i = 0; i < n; i++)
			to[i] = from[i];
	}
}

static void write_texts(const struct part *p, char *data, uint32_t *at, uint32_t rows)
{
	const uint32_t *offsets = p->column->offsets;

	for (uint32_t i = 0; i < rows; i++) {
		const uint32_t n = offsets[i + 1] - offsets[i];
		char *to = data + at[i];

		to[0] = VALUE;
		copy_short(to + 1, p->column->bytes + offsets[i], n);
		to[n + 1] = to[n + 2] = 0;
		at[i] += n + 3;
	}
}

static void write_entries(const struct part *p, char *data, uint32_t *at, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++) {
		const struct pw_slice s = entry(p, i);
		memcpy(data + at[i], s.data, s.length);
		at[i] += (uint32_t)s.length;
	}
}

#ifdef PW_CHECKED
static void check(const struct pw_rowkeys *k)
{
	PW_CHECK(1, k->offsets[0] == 0 && k->offsets[k->rows] == k->bytes.length);
	for (uint32_t i = 0; i < k->rows; i++)
		PW_CHECK(1, k->offsets[i] <= k->offsets[i + 1]);
}
#else
#define check(k) ((void)0)
#endif

void pw_rowkeys_encode(struct pw_rowkeys *k, const struct pw_batch *batch, const int *list,
		       size_t count, const bool *descending)
{
	struct part *parts = pw_mem_zero(count, sizeof *parts);
	const uint32_t rows = batch->rows;
	uint64_t total = 0;

	k->rows = rows;
	k->offsets = pw_mem_grow(k->offsets, &k->capacity, (size_t)rows + 2, sizeof *k->offsets);
	memset(k->offsets, 0, ((size_t)rows + 2) * sizeof *k->offsets);
	for (size_t p = 0; p < count; p++) {
		prepare(&parts[p], &batch->columns[list[p]], rows, descending && descending[p]);
		add_lengths(&parts[p], k->offsets + 2, rows);
	}
	/*
	 * offsets[i + 1] is where key i is written; writing moves it to the
	 * key's end, which is what offsets[i + 1] is to be.
	 */
	for (uint32_t i = 0; i < rows; i++) {
		k->offsets[i + 1] = (uint32_t)total;
		total += k->offsets[i + 2];
	}
	if (total > UINT32_MAX)
		pw_mem_exceeded("the keys of a batch take more than 4 GB");
	pw_bytes_clear(&k->bytes);
	pw_bytes_room(&k->bytes, total);
	k->bytes.length = total;
	for (size_t p = 0; p < count; p++) {
		if (parts[p].words)
			write_words(&parts[p], k->bytes.data, k->offsets + 1, rows);
		else if (parts[p].texts)
			write_texts(&parts[p], k->bytes.data, k->offsets + 1, rows);
		else
			write_entries(&parts[p], k->bytes.data, k->offsets + 1, rows);
		pw_bytes_release(&parts[p].entries);
		free(parts[p].offsets);
	}
	free(parts);
	check(k);
}

void pw_rowkeys_release(struct pw_rowkeys *k)
{
	pw_bytes_release(&k->bytes);
	free(k->offsets);
	*k = (struct pw_rowkeys){0};
}

/* Decodes what add_value wrote, of bytes that flip inverts. */
struct reader {
	const char *at, *end;
	unsigned char flip;
};

static unsigned char next(struct reader *r)
{
	if (r->at >= r->end)
		pw_bug("a row key ends too early");
	return (unsigned char)*r->at++ ^ r->flip;
}

static void take_text(struct reader *r, struct pw_vector *v)
{
	struct pw_bytes text = {0};
	const char *zero = r->flip == 0 ? memchr(r->at, 0, (size_t)(r->end - r->at)) : NULL;

	if (zero != NULL && zero + 1 < r->end && zero[1] == 0) { /* as good as always */
		if (v != NULL)
			pw_vector_text(v, r->at, (size_t)(zero - r->at));
		r->at = zero + 2;
		return;
	}
	for (;;) {
		const unsigned char c = next(r);
		if (c == 0 && next(r) == 0)
			break;
		pw_bytes_put(&text, (char)c);
	}
	if (v != NULL)
		pw_vector_text(v, text.data != NULL ? text.data : "", text.length);
	pw_bytes_release(&text);
}

static void take_word(struct reader *r, struct pw_type type, struct pw_vector *v)
{
	uint64_t x = 0;

	for (int i = 0; i < 8; i++)
		x = x << 8 | next(r);
	x = is_float(type) ? unorder_float(x) : order_int(x);
	if (v != NULL)
		pw_vector_word(v, (int64_t)x);
}

static void take_value(struct reader *r, struct pw_type type, unsigned char mark,
		       struct pw_vector *v)
{
	uint8_t wide[16];

	if (mark == NONE) {
		if (v != NULL)
			pw_vector_null(v);
		return;
	}
	switch (pw_type_form(type)) {
	case PW_FORM_BYTE:
		wide[0] = next(r);
		if (v != NULL)
			pw_vector_bool(v, wide[0]);
		break;
	case PW_FORM_WORD:
		take_word(r, type, v);
		break;
	case PW_FORM_WIDE:
		for (int i = 0; i < 16; i++)
			wide[i] = next(r);
		if (v != NULL)
			pw_vector_uuid(v, wide);
		break;
	case PW_FORM_TEXT:
		take_text(r, v);
		break;
	case PW_FORM_LIST:
		while ((mark = next(r)) != 0)
			take_value(r, pw_type_element(type), mark, v == NULL ? NULL : v->inner);
		if (v != NULL)
			pw_vector_list(v);
		break;
	}
}

/* Most values: words that are there, ascending. */
static inline bool take_plain_word(const char **at, const char *end, struct pw_type type,
				   struct pw_vector *v)
{
	const unsigned words = 1u << PW_INT | 1u << PW_FLOAT | 1u << PW_DATETIME |
			       1u << PW_DATETIME_UTC | 1u << PW_DURATION;
	uint64_t x;

	if (type.depth != 0 || (words >> type.base & 1) == 0 || end - *at < 9 || **at != VALUE)
		return false;
	memcpy(&x, *at + 1, sizeof x);
	x = __builtin_bswap64(x);
	*at += 9;
	if (v != NULL)
		pw_vector_word(v, (int64_t)(is_float(type) ? unorder_float(x) : order_int(x)));
	return true;
}

void pw_rowkey_take(const char **at, const char *end, struct pw_type type, bool descending,
		    struct pw_vector *v)
{
	if (!descending && take_plain_word(at, end, type, v))
		return;
	struct reader r = {*at, end, 0};
	const unsigned char mark = next(&r);

	r.flip = descending ? 0xff : 0;
	take_value(&r, type, mark, v);
	*at = r.at;
}
