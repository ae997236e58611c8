#include "cells.h"
#include "../data/digits.h"
#include "../data/text.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- texts in the four styles ---- */

#define QUOTE_WORST 6 /* bytes that one byte of a text may become: \u001f */

/* Does csv ask for quotes? */
static bool special(const char *s, size_t n, char delimiter)
{
	size_t i = 0;
#ifdef __SSE2__
	const __m128i d = _mm_set1_epi8(delimiter), q = _mm_set1_epi8('"');
	const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n');

	for (; i + 16 <= n; i += 16) {
		const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		const __m128i hit =
			_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, d), _mm_cmpeq_epi8(x, q)),
				     _mm_or_si128(_mm_cmpeq_epi8(x, cr), _mm_cmpeq_epi8(x, lf)));
		if (_mm_movemask_epi8(hit) != 0)
			return true;
	}
#endif
	for (; i < n; i++)
		if (s[i] == delimiter || s[i] == '"' || s[i] == '\n' || s[i] == '\r')
			return true;
	return false;
}

char *pw_cells_quote_csv(char *at, const char *s, size_t n, char delimiter)
{
	if (n > 0 && !special(s, n, delimiter)) {
		memcpy(at, s, n);
		return at + n;
	}
	*at++ = '"';
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			*at++ = '"';
		*at++ = s[i];
	}
	*at++ = '"';
	return at;
}

static char *hex_escape(char *at, const char *lead, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const size_t n = strlen(lead);

	memcpy(at, lead, n);
	at[n] = digits[c >> 4];
	at[n + 1] = digits[c & 15];
	return at + n + 2;
}

/* The letter that, after a backslash, stands for a control character; or 0. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	default:
		return 0;
	}
}

static char *quote_json(char *at, const char *s, size_t n, char delimiter)
{
	(void)delimiter;
	*at++ = '"';
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];
		if (c >= ' ' && c != '"' && c != '\\') {
			*at++ = (char)c;
		} else if (c >= ' ') {
			*at++ = '\\';
			*at++ = (char)c;
		} else if (short_escape(c) != 0) {
			*at++ = '\\';
			*at++ = short_escape(c);
		} else {
			at = hex_escape(at, "\\u00", c);
		}
	}
	*at++ = '"';
	return at;
}

/*
 * Of the three bytes of a character of U+2000 to U+207F the ones that end a line
 * or turn round the direction of what follows: U+2028 to U+202E, U+2066 to U+2069.
 */
static bool turns(const char *s, size_t left)
{
	if (left < 3 || memcmp(s, "\xe2\x80", 2) < 0 || memcmp(s, "\xe2\x81", 2) > 0)
		return false;
	const unsigned char last = (unsigned char)s[2];
	return (unsigned char)s[1] == 0x80 ? last >= 0xa8 && last <= 0xae
					   : last >= 0xa6 && last <= 0xa9;
}

/* Characters that a terminal would act on are shown as escapes: C0, DEL, C1 (c2 80 to c2 9f), and those. */
static char *quote_shown(char *at, const char *s, size_t n, char delimiter)
{
	(void)delimiter;
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];
		const bool c1 = c == 0xc2 && i + 1 < n && ((unsigned char)s[i + 1] & 0xe0) == 0x80;
		if (c == 0xe2 && turns(s + i, n - i)) {
			const unsigned char high = (unsigned char)s[i + 1] == 0x80 ? 0 : 0x40;
			at = hex_escape(at, "\\u20",
					(unsigned char)(high | ((unsigned char)s[i + 2] & 0x3f)));
			i += 2;
		} else if (c1) {
			at = hex_escape(at, "\\x", (unsigned char)s[++i]);
		} else if (c >= ' ' && c != 0x7f) {
			*at++ = (char)c;
		} else if (short_escape(c) != 0) {
			*at++ = '\\';
			*at++ = short_escape(c);
		} else {
			at = hex_escape(at, "\\x", c);
		}
	}
	return at;
}

void pw_cells_add_shown(struct pw_bytes *b, struct pw_slice text)
{
	char *const at = pw_bytes_room(b, text.length * QUOTE_WORST + 1);

	b->length += (size_t)(quote_shown(at, text.data, text.length, 0) - at);
}

static char *quote_raw(char *at, const char *s, size_t n, char delimiter)
{
	(void)delimiter;
	memcpy(at, s, n);
	return at + n;
}

/* ---- numbers ---- */

static inline char *put_uint(char *at, uint64_t x)
{
	if (x < 10) {
		*at = (char)('0' + x);
		return at + 1;
	}
	const unsigned int n = pw_digits_count(x);

	pw_digits_write(at, x, n);
	return at + n;
}

static inline char *put_int(char *at, int64_t x)
{
	if (x >= 0)
		return put_uint(at, (uint64_t)x);
	*at++ = '-';
	return put_uint(at, -(uint64_t)x);
}

/* ---- kernels: rows [from, from + count) of c->column into c->text ---- */

/*
 * Copies n bytes, or up to PW_CELLS_SLACK where that is quicker: on both sides
 * so many may be touched after the last byte.
 */
static inline char *copy(char *at, const char *from, size_t n)
{
	if (n <= 16)
		memcpy(at, from, 16);
	else if (n <= PW_CELLS_SLACK)
		memcpy(at, from, PW_CELLS_SLACK);
	else
		memcpy(at, from, n);
	return at + n;
}

/*
 * The body of a kernel whose cells have a bounded length: WORST bytes at most
 * for row i, written by PUT, which moves `at`.
 */
#define BOUNDED_KERNEL(name, type, WORST, PUT)                                                     \
	static void name(struct pw_cell *c, uint32_t from, uint32_t count)                         \
	{                                                                                          \
		const type *values = c->column->values;                                            \
		const uint8_t *valid = c->column->valid;                                           \
		const size_t lead = c->lead_length, worst = lead + c->null.length + (WORST);       \
		char *const start = pw_bytes_room(&c->text, count * worst + PW_CELLS_SLACK);       \
		char *at = start;                                                                  \
		for (uint32_t i = 0; i < count; i++) {                                             \
			at = copy(at, c->lead, lead);                                              \
			if (valid != NULL && !pw_bit(valid, from + i)) {                           \
				memcpy(at, c->null.data, c->null.length);                          \
				at += c->null.length;                                              \
			} else {                                                                   \
				const type x = values[from + i];                                   \
				PUT;                                                               \
			}                                                                          \
			c->ends[i + 1] = (size_t)(at - start);                                     \
		}                                                                                  \
		c->text.length = (size_t)(at - start);                                             \
	}

static char *put_bool(char *at, uint8_t x)
{
	memcpy(at, x ? "true" : "false", 5);
	return at + (x ? 4 : 5);
}

/*
 * The exact and common case: x is m / 10^6 with m below 10^15. Such a quotient is
 * correctly rounded (both are exact doubles), so that m's digits read back as
 * x, and of all texts of at most 15 digits they are the only ones that do:
 * without their last zeros they are the shortest. NULL: x is not like that.
 */
static char *put_decimal(char *at, double x)
{
	const double size = x < 0 ? -x : x;

	if (!(size < 1e9) || (size < 1e-3 && size != 0))
		return NULL;
	const uint64_t m = (uint64_t)(size * 1e6 + 0.5);
	if ((double)m / 1e6 != size)
		return NULL;
	uint32_t rest = (uint32_t)(m % 1000000);
	unsigned int digits = 6;
	for (; digits > 1 && rest % 10 == 0; rest /= 10)
		digits--;
	if (x < 0)
		*at++ = '-';
	at = put_uint(at, m / 1000000);
	*at++ = '.';
	pw_digits_write(at, rest, digits);
	return at + digits;
}

#define FLOAT_WORST 40 /* two quotes and -1.7976931348623157e+308 */

/* The pw_bytes points into room that is there, and so must not grow. */
static char *put_float(char *at, double x)
{
	char *const end = put_decimal(at, x);
	struct pw_bytes aimed = {at, 0, FLOAT_WORST};

	if (end != NULL)
		return end;
	pw_text_add_float(&aimed, x);
	return at + aimed.length;
}

static char *put_float_json(char *at, double x)
{
	if (x - x == 0)
		return put_float(at, x);
	*at = '"';
	at = put_float(at + 1, x);
	*at = '"';
	return at + 1;
}

BOUNDED_KERNEL(format_bool, uint8_t, 5, at = put_bool(at, x))
BOUNDED_KERNEL(format_int, int64_t, 21, at = put_int(at, x))
BOUNDED_KERNEL(format_float, double, FLOAT_WORST, at = put_float(at, x))
BOUNDED_KERNEL(format_float_json, double, FLOAT_WORST + 2, at = put_float_json(at, x))

static void end_cell(struct pw_cell *c, uint32_t i)
{
	c->ends[i + 1] = c->text.length;
}

static void add_null(struct pw_cell *c)
{
	pw_bytes_add(&c->text, c->null.data, c->null.length);
}

static void add_quoted(struct pw_cell *c, const char *data, size_t n)
{
	char *const at = pw_bytes_room(&c->text, n * QUOTE_WORST + 2);

	c->text.length += (size_t)(c->quote(at, data, n, c->style->delimiter) - at);
}

static void format_text(struct pw_cell *c, uint32_t from, uint32_t count)
{
	const uint32_t *offsets = c->column->offsets;
	const char *bytes = c->column->bytes;

	for (uint32_t i = 0; i < count; i++) {
		pw_bytes_add(&c->text, c->lead, c->lead_length);
		if (pw_column_null(c->column, from + i))
			add_null(c);
		else
			add_quoted(c, bytes + offsets[from + i],
				   offsets[from + i + 1] - offsets[from + i]);
		end_cell(c, i);
	}
}

/* Takes any type, by way of the text that pw_text writes. */
static void format_any(struct pw_cell *c, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		pw_bytes_add(&c->text, c->lead, c->lead_length);
		if (pw_column_null(c->column, from + i)) {
			add_null(c);
		} else {
			c->scratch.length = 0;
			pw_text_add(&c->scratch, c->column, from + i);
			add_quoted(c, c->scratch.data, c->scratch.length);
		}
		end_cell(c, i);
	}
}

static void format_json(struct pw_cell *c, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		pw_bytes_add(&c->text, c->lead, c->lead_length);
		if (pw_column_null(c->column, from + i))
			add_null(c);
		else
			pw_text_add_json(&c->text, c->column, from + i);
		end_cell(c, i);
	}
}

static void format_time(struct pw_cell *c, uint32_t from, uint32_t count)
{
	const struct pw_run *run = c->batch->runs;
	uint32_t before = 0; /* rows of the runs before run */

	for (uint32_t i = 0; i < count; i++) {
		while (from + i - before >= run->rows)
			before += run++->rows;
		pw_bytes_add(&c->text, c->lead, c->lead_length);
		if (run->time != PW_TIME_END)
			c->text.length +=
				(size_t)(put_uint(pw_bytes_room(&c->text, 20), run->time) -
					 (c->text.data + c->text.length));
		else
			pw_bytes_text(&c->text,
				      c->style->form == PW_CELLS_JSON ? "\"end\"" : "end");
		end_cell(c, i);
	}
}

static void format_diff(struct pw_cell *c, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		pw_bytes_add(&c->text, c->lead, c->lead_length);
		char *const at = pw_bytes_room(&c->text, 21);
		c->text.length += (size_t)(put_int(at, pw_batch_diff(c->batch, from + i)) - at);
		end_cell(c, i);
	}
}

/* ---- which kernel for which column ---- */

/* Can a number, a time or base64 hold this delimiter? Then csv must look at every cell. */
static bool delimiter_in_values(char d)
{
	return strchr("+-.:/=", d) != NULL;
}

static void choose_kernel(struct pw_cell *c, struct pw_type type)
{
	static char *(*const quotes[])(char *, const char *, size_t, char) = {
		[PW_CELLS_CSV] = pw_cells_quote_csv,
		[PW_CELLS_JSON] = quote_json,
		[PW_CELLS_SHOWN] = quote_shown,
		[PW_CELLS_RAW] = quote_raw,
	};
	const enum pw_cells_form form = c->style->form;
	const bool json = form == PW_CELLS_JSON;

	c->quote = quotes[form];
	c->null = json                     ? PW_SLICE("null")
		  : form == PW_CELLS_SHOWN ? PW_SLICE("null")
					   : PW_SLICE("");
	c->format = json ? format_json : format_any;
	if (type.depth > 0)
		return;
	const bool plain = form != PW_CELLS_CSV || !delimiter_in_values(c->style->delimiter);
	if (type.base == PW_STR || (type.base == PW_JSON && !json))
		c->format = format_text;
	else if (type.base == PW_BYTES && form == PW_CELLS_RAW)
		c->format = format_text;
	else if (type.base == PW_BOOL)
		c->format = format_bool;
	else if (type.base == PW_INT && plain)
		c->format = format_int;
	else if (type.base == PW_FLOAT && plain)
		c->format = json ? format_float_json : format_float;
}

/* The text in front of each cell of column i. */
static void make_lead(struct pw_cell *c, size_t i, const char *name)
{
	struct pw_bytes lead = {0};

	if (c->style->form == PW_CELLS_JSON && c->style->names) {
		pw_bytes_put(&lead, i == 0 ? '{' : ',');
		pw_text_add_json_string(&lead, name, strlen(name));
		pw_bytes_put(&lead, ':');
	} else if (c->style->form == PW_CELLS_CSV && i > 0) {
		pw_bytes_put(&lead, c->style->delimiter);
	}
	c->lead_length = lead.length;
	pw_bytes_room(&lead, PW_CELLS_SLACK);
	c->lead = lead.data;
}

void pw_cells_init(struct pw_cells *c, const struct pw_schema *schema,
		   const struct pw_cells_style *style)
{
	const size_t n = schema->count;

	*c = (struct pw_cells){.style = *style, .count = n + (style->changes ? 2 : 0)};
	c->cells = pw_mem_zero(c->count + 1, sizeof *c->cells);
	for (size_t i = 0; i < c->count; i++) {
		struct pw_cell *cell = &c->cells[i];
		cell->style = &c->style;
		if (i < n) {
			choose_kernel(cell, schema->fields[i].type);
			make_lead(cell, i, schema->fields[i].name);
		} else {
			cell->format = i == n ? format_time : format_diff;
			make_lead(cell, i, i == n ? "_time" : "_diff");
		}
	}
}

void pw_cells_release(struct pw_cells *c)
{
	for (size_t i = 0; i < c->count; i++) {
		pw_bytes_release(&c->cells[i].text);
		pw_bytes_release(&c->cells[i].scratch);
		free(c->cells[i].ends);
		free(c->cells[i].at);
		free(c->cells[i].lead);
	}
	free(c->cells);
	*c = (struct pw_cells){0};
}

/* ---- batches and blocks ---- */

static void run_kernel(struct pw_cell *c, uint32_t from, uint32_t count)
{
	c->ends = pw_mem_grow(c->ends, &c->capacity, (size_t)count + 2, sizeof *c->ends);
	c->ends[0] = 0;
	c->text.length = 0;
	c->format(c, from, count);
	pw_bytes_room(&c->text, PW_CELLS_SLACK);
}

/* Formats the entries of a dictionary, and after them the null. */
static void format_dictionary(struct pw_cell *c, const struct pw_column *column)
{
	const uint32_t entries = column->inner->rows;

	if (c->at == NULL)
		c->at = pw_mem_alloc(PW_CELLS_BLOCK, sizeof *c->at);
	c->column = column->inner;
	run_kernel(c, 0, entries);
	pw_bytes_add(&c->text, c->lead, c->lead_length);
	add_null(c);
	end_cell(c, entries);
	pw_bytes_room(&c->text, PW_CELLS_SLACK);
	c->column = column;
}

void pw_cells_bind(struct pw_cells *c, const struct pw_batch *batch)
{
	c->batch = batch;
	for (size_t i = 0; i < c->count; i++) {
		struct pw_cell *cell = &c->cells[i];
		cell->batch = batch;
		if (i >= batch->schema->count)
			continue;
		cell->column = &batch->columns[i];
		cell->encoding = batch->rows == 0 ? PW_PLAIN : cell->column->encoding;
		if (cell->encoding == PW_CONSTANT)
			run_kernel(cell, 0, 1);
		else if (cell->encoding == PW_DICTIONARY)
			format_dictionary(cell, cell->column);
	}
}

static void find_entries(struct pw_cell *c, uint32_t from, uint32_t count)
{
	const uint16_t *codes = c->column->codes + from;
	const uint8_t *valid = c->column->valid;
	const uint32_t null = c->column->inner->rows;

	if (valid == NULL)
		for (uint32_t i = 0; i < count; i++)
			c->at[i] = codes[i];
	else
		for (uint32_t i = 0; i < count; i++)
			c->at[i] = pw_bit(valid, from + i) ? codes[i] : null;
}

void pw_cells_format(struct pw_cells *c, uint32_t from, uint32_t count)
{
	c->from = from;
	c->rows = count;
	for (size_t i = 0; i < c->count; i++) {
		struct pw_cell *cell = &c->cells[i];
		if (cell->encoding == PW_PLAIN)
			run_kernel(cell, from, count);
		else if (cell->encoding == PW_DICTIONARY)
			find_entries(cell, from, count);
	}
}

/* The exact number of bytes of the block's cells. */
static size_t block_bytes(const struct pw_cells *c)
{
	size_t all = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct pw_cell *cell = &c->cells[i];
		if (cell->encoding == PW_PLAIN)
			all += cell->ends[c->rows];
		else if (cell->encoding == PW_CONSTANT)
			all += cell->ends[1] * c->rows;
		else
			for (uint32_t r = 0; r < c->rows; r++)
				all += pw_cells_at(cell, r).length;
	}
	return all;
}

static char *copy_row(const struct pw_cells *c, uint32_t row, struct pw_slice tail, char *at)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct pw_slice s = pw_cells_at(&c->cells[i], row);
		at = copy(at, s.data, s.length);
	}
	memcpy(at, tail.data, tail.length);
	return at + tail.length;
}

void pw_cells_rows(const struct pw_cells *c, struct pw_bytes *out, struct pw_slice tail)
{
	const size_t need = block_bytes(c) + c->rows * tail.length + PW_CELLS_SLACK;
	char *const start = pw_bytes_room(out, need), *at = start;

	for (uint32_t r = 0; r < c->rows; r++)
		at = copy_row(c, r, tail, at);
	out->length += (size_t)(at - start);
}

void pw_cells_row(const struct pw_cells *c, uint32_t row, struct pw_bytes *out,
		  struct pw_slice tail)
{
	size_t need = tail.length + PW_CELLS_SLACK;

	for (size_t i = 0; i < c->count; i++)
		need += pw_cells_at(&c->cells[i], row).length;
	char *const at = pw_bytes_room(out, need);
	out->length += (size_t)(copy_row(c, row, tail, at) - at);
}
