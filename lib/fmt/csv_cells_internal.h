/*
 * pw_csv_cells - cells of one column become values, many at a time
 *
 * A cell is lent: it points into the caller's bytes, without its quotes and
 * with doubled quotes made one.
 */
#ifndef PW_FMT_CSV_CELLS_INTERNAL_H
#define PW_FMT_CSV_CELLS_INTERNAL_H

#include "parser.h"

struct pw_csv_cell {
	const char *data;
	uint32_t length;
	uint32_t
		quoted; /* the cell was in quotes, so that an empty one is the empty text, not null */
};

static inline struct pw_slice pw_csv_cell_slice(const struct pw_csv_cell *cell)
{
	return (struct pw_slice){cell->data, cell->length};
}

/*
 * Appends the values of n cells to v, by the column's type: an empty cell is
 * the default of the column, or null if it has none. unsafe: the bytes may hold NULs or be no UTF-8, and
 * are looked at. Returns how many cells went in before the first that doesn't
 * fit (n: all).
 */
size_t pw_csv_cells_append(const struct pw_parser_column *column, const struct pw_csv_cell *cells,
			   size_t n, bool unsafe, struct pw_vector *v);

/* Is the cell a null of that column, which has no default? */
bool pw_csv_cells_null(const struct pw_parser_column *column, const struct pw_csv_cell *cell);

/* Why a text cell doesn't fit ("is not valid UTF-8"); NULL: it does not fit its column's type. */
const char *pw_csv_cells_why(struct pw_parser *p, const struct pw_csv_cell *cell);

#endif
