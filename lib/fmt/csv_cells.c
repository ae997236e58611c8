#include "../base/utf8.h"
#include "../data/text.h"
#include "csv_cells_internal.h"
#include "infer.h"

#include <math.h>

/* 10^0 .. 10^22: the powers of ten that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline bool int_of(const char *p, uint32_t n, int64_t *x)
{
	const bool minus = *p == '-';
	uint64_t value = 0;
	uint32_t i = minus;

	if (n > 18 || n <= i)
		return pw_text_int((struct pw_slice){p, n}, x) == 0;
	for (; i < n; i++) {
		const unsigned digit = (unsigned)(unsigned char)p[i] - '0';
		if (digit > 9)
			return pw_text_int((struct pw_slice){p, n}, x) == 0;
		value = value * 10 + digit;
	}
	*x = minus ? -(int64_t)value : (int64_t)value;
	return true;
}

/*
 * Digits with a point among them: as an integer below 2^53 over a power of
 * ten up to 10^22, both exact, so that the quotient is correctly rounded
 * (Clinger). Other texts take the long way.
 */
static inline bool float_of(const char *p, uint32_t n, double *x)
{
	const bool minus = *p == '-';
	uint64_t value = 0;
	uint32_t i = minus, decimals = 0;

	if (n > 16 || n <= i)
		return pw_text_float((struct pw_slice){p, n}, x) == 0;
	for (; i < n; i++) {
		const unsigned digit = (unsigned)(unsigned char)p[i] - '0';
		if (digit <= 9)
			value = value * 10 + digit;
		else if (p[i] == '.' && decimals == 0 && i > minus && i + 1 < n)
			decimals = n - 1 - i;
		else
			return pw_text_float((struct pw_slice){p, n}, x) == 0;
	}
	if (value > UINT64_C(1) << 53)
		return pw_text_float((struct pw_slice){p, n}, x) == 0;
	*x = (double)value / powers[decimals];
	if (minus)
		*x = 0.0 - *x;
	return true;
}

static inline bool int_cell(const struct pw_parser_column *column, const struct pw_csv_cell *cell,
			    int64_t *x)
{
	const struct pw_slice s = pw_csv_cell_slice(cell);

	/* would inference have taken it for an int, too? */
	return int_of(cell->data, cell->length, x) &&
	       (column->declared || pw_infer_plain(s) || pw_infer_fits(PW_INT, s));
}

static inline bool float_cell(const struct pw_parser_column *column, const struct pw_csv_cell *cell,
			      double *x)
{
	const struct pw_slice s = pw_csv_cell_slice(cell);

	/* would inference have taken it for a float, too? */
	return float_of(cell->data, cell->length, x) &&
	       (column->declared || (pw_infer_plain(s) && fabs(*x) < PW_INFER_EXACT) ||
		pw_infer_fits(PW_FLOAT, s));
}

static inline bool time_cell(const struct pw_parser_column *column, const struct pw_csv_cell *cell,
			     int64_t *x)
{
	const struct pw_slice s = {cell->data, cell->length};
	const bool utc = column->type.base == PW_DATETIME_UTC;

	if (column->format != NULL)
		return pw_text_datetime_format(s, column->format, x) == 0;
	return (utc ? pw_text_datetime_utc(s, x) : pw_text_datetime(s, x)) == 0;
}

static inline bool duration_cell(const struct pw_parser_column *column,
				 const struct pw_csv_cell *cell, int64_t *x)
{
	(void)column;
	return pw_text_duration((struct pw_slice){cell->data, cell->length}, x) == 0;
}

/* Appends the default or null for an empty cell that is no text; false: it may be neither. */
static bool append_empty(const struct pw_parser_column *column, struct pw_vector *v)
{
	if (pw_parser_default(column, v))
		return true;
	if (column->type.required)
		return false;
	pw_vector_null(v);
	return true;
}

/* One loop for all types whose values are words of a vector. */
#define WORDS(NAME, WORD, CONVERT)                                                                 \
	static size_t NAME(const struct pw_parser_column *column, const struct pw_csv_cell *cells, \
			   size_t n, struct pw_vector *v)                                          \
	{                                                                                          \
		size_t i = 0;                                                                      \
		while (i < n) {                                                                    \
			WORD *to = pw_vector_room(v, (uint32_t)(n - i));                           \
			const size_t from = i;                                                     \
			while (i < n && cells[i].length > 0 &&                                     \
			       CONVERT(column, &cells[i], &to[i - from]))                          \
				i++;                                                               \
			pw_vector_filled(v, (uint32_t)(i - from));                                 \
			if (i < n && (cells[i].length > 0 || !append_empty(column, v)))            \
				return i;                                                          \
			i += i < n;                                                                \
		}                                                                                  \
		return i;                                                                          \
	}

WORDS(append_ints, int64_t, int_cell)
WORDS(append_floats, double, float_cell)
WORDS(append_times, int64_t, time_cell)
WORDS(append_durations, int64_t, duration_cell)

static bool is_null(const struct pw_csv_cell *cell, bool text)
{
	return cell->length == 0 && !(text && cell->quoted);
}

static bool text_is_safe(const struct pw_csv_cell *cell)
{
	return memchr(cell->data, 0, cell->length) == NULL &&
	       pw_utf8_valid(cell->data, cell->length);
}

static size_t append_texts(const struct pw_parser_column *column, const struct pw_csv_cell *cells,
			   size_t n, bool unsafe, struct pw_vector *v)
{
	for (size_t i = 0; i < n; i++) {
		if (__builtin_expect(is_null(&cells[i], true), 0)) {
			if (!append_empty(column, v))
				return i;
		} else if (__builtin_expect(unsafe, 0) && !text_is_safe(&cells[i])) {
			return i;
		} else {
			pw_vector_text(v, cells[i].data, cells[i].length);
		}
	}
	return n;
}

/* Texts of a column that one of them may make another. */
static size_t append_undecided(const struct pw_parser_column *column,
			       const struct pw_csv_cell *cells, size_t n, bool unsafe,
			       struct pw_vector *v)
{
	struct pw_parser_undecided *u;
	size_t i = 0;

	while (i < n && (u = pw_parser_undecided(column)) != NULL) {
		const size_t from = i;
		while (i < n && is_null(&cells[i], true))
			i++;
		const size_t nulls = append_texts(column, cells + from, i - from, unsafe, v);
		if (nulls < i - from || i == n)
			return from + nulls;
		if (!pw_parser_decide(u, pw_infer_kind(pw_csv_cell_slice(&cells[i]))) ||
		    append_texts(column, cells + i, 1, unsafe, v) == 0)
			return i;
		i++;
	}
	return i + append_texts(column, cells + i, n - i, unsafe, v);
}

/* bool, bytes, json, uuid, lists: one by one */
static size_t append_others(const struct pw_parser_column *column, const struct pw_csv_cell *cells,
			    size_t n, bool unsafe, struct pw_vector *v)
{
	for (size_t i = 0; i < n; i++) {
		const struct pw_slice s = {cells[i].data, cells[i].length};
		if (is_null(&cells[i], false)) {
			if (!append_empty(column, v))
				return i;
		} else if ((unsafe && !text_is_safe(&cells[i])) ||
			   (!column->declared && !pw_infer_fits(column->type.base, s)) ||
			   pw_parser_text(column, s, v) < 0) {
			return i;
		}
	}
	return n;
}

size_t pw_csv_cells_append(const struct pw_parser_column *column, const struct pw_csv_cell *cells,
			   size_t n, bool unsafe, struct pw_vector *v)
{
	if (column->type.depth > 0)
		return append_others(column, cells, n, unsafe, v);
	switch (column->type.base) {
	case PW_INT:
		return append_ints(column, cells, n, v);
	case PW_FLOAT:
		return append_floats(column, cells, n, v);
	case PW_STR:
		return pw_parser_undecided(column) == NULL
			       ? append_texts(column, cells, n, unsafe, v)
			       : append_undecided(column, cells, n, unsafe, v);
	case PW_DATETIME:
	case PW_DATETIME_UTC:
		return append_times(column, cells, n, v);
	case PW_DURATION:
		return append_durations(column, cells, n, v);
	default:
		return append_others(column, cells, n, unsafe, v);
	}
}

bool pw_csv_cells_null(const struct pw_parser_column *column, const struct pw_csv_cell *cell)
{
	const bool text = column->type.depth == 0 && column->type.base == PW_STR;

	return is_null(cell, text) && column->value == NULL;
}

const char *pw_csv_cells_why(struct pw_parser *p, const struct pw_csv_cell *cell)
{
	if (memchr(cell->data, 0, cell->length) != NULL)
		return "holds a NUL byte";
	if (!pw_utf8_valid(cell->data, cell->length))
		return pw_parser_not_utf8(p);
	return NULL;
}
