#include "../base/utf8.h"
#include "csv_internal.h"

/*
 * Returns how many lines from the first on are regular. Sets where the first
 * cell of each of these rows starts, and where its last cell ends.
 */
static size_t regular_rows(struct pw_csv_file *c, const char *data)
{
	const struct pw_csv_index *x = &c->index;
	const size_t per = c->width - 1;
	const uint32_t *first = x->delimiters;
	const char comment = c->p.options->comment;
	size_t rows = x->newline_count < c->window ? x->newline_count : c->window, r;
	uint32_t start = 0;

	if (per > 0 && rows > x->delimiter_count / per)
		rows = x->delimiter_count / per;
	for (r = 0; r < rows; r++) {
		const uint32_t end = x->newlines[r];
		if (per > 0 ? first[0] < start || first[per - 1] > end
			    : x->delimiter_count > 0 && first[0] < end)
			break;
		if ((comment != 0 && data[start] == comment) ||
		    end - start > c->p.options->max_line)
			break;
		c->starts[r] = start;
		c->ends[r] = end;
		start = end + 1;
		first += per;
	}
	if (r > 0 && first < x->delimiters + x->delimiter_count && *first < c->ends[r - 1])
		r--; /* the last has more cells than it should */
	if (x->cr)
		for (size_t i = 0; i < r; i++)
			c->ends[i] -= c->ends[i] > c->starts[i] && data[c->ends[i] - 1] == '\r';
	return r;
}

/* The cells of column `at` of the file, of rows [0, rows). */
static void cut_cells(struct pw_csv_file *c, const char *data, size_t at, size_t rows)
{
	const size_t per = c->width - 1;
	const uint32_t *next = c->index.delimiters + at; /* the delimiter after the cell */
	struct pw_csv_cell *cell = c->cells;

	for (size_t r = 0; r < rows; r++, next += per, cell++) {
		const uint32_t from = at == 0 ? c->starts[r] : next[-1] + 1;
		const uint32_t to = at == per ? c->ends[r] : *next;
		*cell = (struct pw_csv_cell){data + from, to - from, 0};
	}
	if (!c->index.quotes)
		return;
	for (size_t r = 0; r < rows; r++)
		if (c->cells[r].length > 0 && c->cells[r].data[0] == c->p.options->quote)
			pw_csv_record_unquote(&c->cells[r], c->p.options->quote, &c->scratch);
}

/* Reads times and diffs of rows, up to the first promise or fault; p->time stays as it is. */
static size_t block_changes(struct pw_csv_file *c, const char *data, size_t rows)
{
	const pw_time time = c->p.time, promised = c->p.promised;
	struct pw_csv_cell *cells = c->cells;
	size_t r = 0;

	cut_cells(c, data, c->time_at, rows);
	for (; r < rows; r++)
		if (pw_time_parse(pw_csv_cell_slice(&cells[r]), &c->times[r]) < 0)
			break;
	rows = r;
	cut_cells(c, data, c->diff_at, rows);
	for (r = 0; r < rows; r++) {
		struct pw_bytes text = {0};
		int64_t diff;
		pw_time_print(&text, c->times[r]);
		const int result =
			pw_parser_change(&c->p, 0, (struct pw_slice){text.data, text.length},
					 pw_csv_cell_slice(&cells[r]), &diff);
		pw_bytes_release(&text);
		if (result < 0)
			pw_fail_clear();
		if (result < 0 || diff == 0)
			break;
		c->times[r] = c->p.time;
		c->diffs[r] = diff;
	}
	c->p.time = time;
	c->p.promised = promised;
	return r;
}

static uint64_t lines_in(const char *from, const char *to)
{
	uint64_t lines = 0;

	while ((from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
		lines++;
		from++;
	}
	return lines;
}

static void block_meta(struct pw_csv_file *c, const char *data, size_t rows, struct pw_builder *out)
{
	uint64_t line = c->p.line;

	for (size_t r = 0; r < rows && pw_parser_notes(&c->p); r++) {
		pw_parser_meta(&c->p, out, line);
		if (r + 1 < rows)
			line += c->index.quotes
					? lines_in(data + c->starts[r], data + c->starts[r + 1])
					: 1;
	}
}

/* Converts rows column by column. Returns how many went in before the first that does not fit. */
static size_t block_columns(struct pw_csv_file *c, const char *data, size_t rows, bool unsafe,
			    struct pw_builder *out)
{
	const struct pw_parser_layout *layout = c->p.layout;
	const size_t all = rows;

	for (size_t i = 0; i < layout->count && rows > 0; i++) {
		struct pw_vector *v = &out->vectors[i];
		if (c->sources[i] == SIZE_MAX) {
			for (size_t r = 0; r < rows; r++)
				pw_parser_default(&layout->columns[i], v);
			continue;
		}
		cut_cells(c, data, c->sources[i], rows);
		rows = pw_csv_cells_append(&layout->columns[i], c->cells, rows, unsafe, v);
	}
	if (rows < all)
		for (size_t i = 0; i < layout->count; i++)
			if (out->vectors[i].rows > out->rows + rows)
				pw_vector_truncate(&out->vectors[i], out->rows + (uint32_t)rows);
	return rows;
}

static void block_end_rows(struct pw_csv_file *c, size_t rows, struct pw_builder *out)
{
	if (!c->p.options->changes) {
		pw_builder_rows(out, c->p.time, (uint32_t)rows);
		return;
	}
	for (size_t r = 0; r < rows; r++)
		pw_builder_row(out, c->times[r], c->diffs[r]);
	c->p.time = c->times[rows - 1];
}

size_t pw_csv_block(struct pw_csv_file *c, const char *data, size_t n, struct pw_builder *out)
{
	const size_t room = PW_BATCH_ROWS - out->rows;
	struct pw_csv_index *x = &c->index;
	size_t rows, used, all;
	bool unsafe;

	c->window = c->window < room ? c->window : room;
	x->newline_room = c->window;
	x->delimiter_room = c->width > 1 ? c->window * (c->width - 1) : 1;
	c->index_fn(x, data, n < PW_CSV_BLOCK_BYTES ? n : PW_CSV_BLOCK_BYTES, c->delimiter,
		    c->p.options->quote);
	rows = all = regular_rows(c, data);
	if (rows == 0)
		goto irregular;
	used = x->newlines[rows - 1] + 1;
	if (x->quotes) {
		pw_bytes_clear(&c->scratch);
		pw_bytes_room(&c->scratch, used);
	}
	unsafe = x->nul || (x->high && !pw_utf8_valid(data, used));
	if (c->p.options->changes)
		rows = block_changes(c, data, rows);
	if (rows > 0)
		rows = block_columns(c, data, rows, unsafe, out);
	if (rows == 0)
		goto irregular;
	block_meta(c, data, rows, out);
	block_end_rows(c, rows, out);
	used = x->newlines[rows - 1] + 1;
	c->p.line += x->quotes ? lines_in(data, data + used) : rows;
	c->window = rows < all                          ? PW_CSV_WINDOW_FIRST
		    : c->window * 2 < PW_CSV_BLOCK_ROWS ? c->window * 2
							: PW_CSV_BLOCK_ROWS;
	return used;

irregular:
	c->window = PW_CSV_WINDOW_FIRST;
	return 0;
}
