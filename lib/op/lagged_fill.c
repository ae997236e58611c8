/* Interpolated columns: the rows that they need, and the values that go out. */
#include "../data/between.h"
#include "lagged_internal.h"

#include <math.h>

/* ---- single values of row keys ---- */

/* A number or time of a row key. */
static struct pw_lagged_fill word_of(struct pw_lagged *l, struct pw_slice row, int column)
{
	struct pw_lagged_walk w = pw_lagged_walk(l, row);

	while (l->rows->order.list[w.next] != column)
		pw_lagged_take(l, &w, NULL);
	pw_vector_clear(&l->word);
	l->word.type = l->schema->fields[column].type;
	pw_lagged_take(l, &w, &l->word);
	const struct pw_column *c = pw_vector_view(&l->word);

	if (pw_column_null(c, 0))
		return (struct pw_lagged_fill){.null = true};
	return (struct pw_lagged_fill){false, (uint64_t)pw_column_int(c, 0)};
}

/* The value of a row in the column that is interpolated along; null: it has none. */
static struct pw_lagged_fill place_of(struct pw_lagged *l, struct pw_slice row)
{
	struct pw_lagged_fill x = word_of(l, row, l->line);
	const uint8_t base = l->schema->fields[l->line].type.base;

	x.null |= base == PW_FLOAT && !isfinite(pw_between_real(x.word, base));
	return x;
}

/*
 * The rows that matter on each side of a change: the next row, whose neighbour
 * changes, and one more, which that row shows. Interpolation needs all rows whose
 * nearest value may change, which end where each column has had a value, and the
 * rows that those take their values from, which end where each column has had one
 * again.
 */
bool pw_lagged_wants(void *context, const struct pw_slice *row)
{
	struct pw_lagged *l = context;

	if (!row) {
		l->walked = 0;
		l->missing = l->filled_count;
		memset(l->met, 0, l->filled_count);
		l->beyond = false;
		return true;
	}
	l->walked++;
	const bool placed = l->filled_count > 0 && !place_of(l, *row).null;

	for (int round = 0; round < 2 && l->missing > 0; round++) {
		for (size_t i = 0; placed && i < l->filled_count; i++) {
			if (l->met[i] || word_of(l, *row, l->filled[i].column).null)
				continue;
			l->met[i] = true;
			l->missing--;
		}
		if (l->missing > 0 || l->beyond)
			break;
		l->beyond = true;
		l->missing = l->filled_count;
		memset(l->met, 0, l->filled_count);
	}
	return l->walked < 2 || l->missing > 0;
}

/* ---- interpolation ---- */

void pw_lagged_read_points(struct pw_lagged *l)
{
	const size_t width = l->filled_count + 1;

	l->known =
		pw_mem_grow(l->known, &l->known_capacity, l->near.count * width, sizeof *l->known);
	for (size_t r = 0; r < l->near.count; r++) {
		struct pw_lagged_fill *point = l->known + r * width;

		point[0] = place_of(l, l->near.rows[r].row);
		for (size_t i = 0; i < l->filled_count; i++)
			point[i + 1] = word_of(l, l->near.rows[r].row, l->filled[i].column);
	}
}

/* The value that goes out for column i of a row, with the nearest rows that have one. */
static struct pw_lagged_fill fill_between(struct pw_lagged *l, size_t i, uint32_t row,
					  uint32_t before, uint32_t after)
{
	const size_t width = l->filled_count + 1;
	const struct pw_lagged_fill *x = l->known + row * width;
	const struct pw_lagged_fill *a =
		before == PW_STRETCH_NONE ? NULL : l->known + before * width;
	const struct pw_lagged_fill *b = after == PW_STRETCH_NONE ? NULL : l->known + after * width;
	const uint8_t base = l->schema->fields[l->filled[i].column].type.base;
	const uint8_t along = l->schema->fields[l->line].type.base;
	const bool real = l->filled[i].real;
	const size_t v = i + 1;

	if (!x[v].null)
		return real ? (struct pw_lagged_fill){false, pw_between_word(pw_between_real(
								     x[v].word, base))}
			    : x[v];
	if (x->null || (!a && !b))
		return (struct pw_lagged_fill){.null = true};
	if (!a || !b) {
		const uint64_t word = a ? a[v].word : b[v].word;

		return (struct pw_lagged_fill){
			false, real ? pw_between_word(pw_between_real(word, base)) : word};
	}
	if (real)
		return (struct pw_lagged_fill){false,
					       pw_between_float(pw_between_real(a[v].word, base),
								pw_between_real(b[v].word, base),
								a->word, x->word, b->word, along)};
	return (struct pw_lagged_fill){false,
				       pw_between_whole((int64_t)a[v].word, (int64_t)b[v].word,
							a->word, x->word, b->word, along)};
}

static bool is_there(struct pw_lagged *l, size_t row, bool after)
{
	const struct pw_stretch_row *r = &l->near.rows[row];

	return (after ? r->after.copies : r->before.copies) > 0;
}

/* The number of the row, if it has a value of column i to interpolate from; else `was`. */
static uint32_t nearest(struct pw_lagged *l, size_t row, size_t i, uint32_t was)
{
	const struct pw_lagged_fill *point = l->known + row * (l->filled_count + 1);

	return point->null || point[i + 1].null ? was : (uint32_t)row;
}

/* Fills all rows as they are before, or after. On the first way the words hold row numbers. */
void pw_lagged_fill_side(struct pw_lagged *l, bool after)
{
	const size_t width = l->filled_count;

	l->fills[after] = pw_mem_grow(l->fills[after], &l->fill_capacity[after],
				      l->near.count * width + 1, sizeof *l->fills[after]);
	for (size_t i = 0; i < width; i++) {
		uint32_t last = PW_STRETCH_NONE;

		for (size_t r = 0; r < l->near.count; r++) {
			l->fills[after][r * width + i].word = last;
			if (is_there(l, r, after))
				last = nearest(l, r, i, last);
		}
		last = PW_STRETCH_NONE;
		for (size_t r = l->near.count; r-- > 0;) {
			struct pw_lagged_fill *f = &l->fills[after][r * width + i];

			*f = fill_between(l, i, (uint32_t)r, (uint32_t)f->word, last);
			if (is_there(l, r, after))
				last = nearest(l, r, i, last);
		}
	}
}

bool pw_lagged_same_fills(struct pw_lagged *l, size_t row)
{
	const struct pw_lagged_fill *a = l->fills[0] + row * l->filled_count;
	const struct pw_lagged_fill *b = l->fills[1] + row * l->filled_count;

	for (size_t i = 0; i < l->filled_count; i++)
		if (a[i].null != b[i].null || a[i].word != b[i].word)
			return false;
	return true;
}
