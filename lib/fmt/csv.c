/*
 * csv, tsv - cells between delimiters, a record a line
 *
 * Two ways lead to rows. The fast one takes blocks of plain records: the
 * index finds all delimiters and line ends, a block is regular when each line
 * has as many cells as the header, and each column is then converted over all
 * rows of the block. The careful one takes one record, and knows all that the
 * grammar allows and all faults. A block ends before the first record that is
 * not regular or has a cell that does not fit; the careful way takes that one.
 */
#include "csv_index.h"
#include "csv_record.h"
#include "infer.h"
#include "../base/near.h"
#include "../base/utf8.h"
#include "../data/text.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BLOCK_ROWS = 1024,
	BLOCK_BYTES = 128 << 10, /* the index and the cells of a block stay in the L2 cache */
	WINDOW_FIRST = 8         /* rows of a block behind an irregular record */
};

struct csv {
	struct pw_parser p;
	char delimiter;
	bool started;              /* the file's first bytes have been seen: no BOM any more */
	bool begun;                /* the file's header has been read */
	struct pw_schema found;    /* columns of the first file, with types once inferred */
	char *first;               /* its name */
	struct pw_infer *guesses;  /* per column found, while sampling */
	size_t width;              /* cells of a record of this file */
	size_t *places;            /* column of this file -> column found, or SIZE_MAX */
	size_t *sources;           /* column of the layout -> cell of a record, or SIZE_MAX: absent */
	size_t time_at, diff_at;   /* --changes */
	struct pw_csv_record record;
	/* the block */
	pw_csv_index_fn *index_fn;
	struct pw_csv_index index;
	size_t window;             /* rows to try: fewer behind an irregular record */
	uint32_t starts[BLOCK_ROWS], ends[BLOCK_ROWS];
	struct pw_csv_cell cells[BLOCK_ROWS];
	pw_time times[BLOCK_ROWS];
	int64_t diffs[BLOCK_ROWS];
	struct pw_bytes scratch;
};

/* ---- faults of a whole record ---- */

static int fail_fault(struct csv *c, const char *data)
{
	const struct pw_csv_record *r = &c->record;
	uint64_t line = c->p.line;

	for (const char *p = data; p < data + r->fault_at; p++)
		line += *p == '\n';
	switch (r->fault) {
	case PW_CSV_BARE_QUOTE:
		return pw_parser_fail(&c->p, line, "a quote within an unquoted cell, number %zu of the line"
				      " (double it and quote the cell, or --quote '' if quotes are text)",
				      r->count + 1);
	case PW_CSV_BEHIND:
		return pw_parser_fail(&c->p, line, "text behind the closing quote of cell %zu",
				      r->count + 1);
	case PW_CSV_BARE_CR:
		return pw_parser_fail(&c->p, line, "a carriage return within cell %zu, outside quotes",
				      r->count + 1);
	default:
		return pw_parser_fail(&c->p, line, "the quote that opens cell %zu is never closed",
				      r->count + 1);
	}
}

static int fail_ragged(struct csv *c)
{
	const size_t n = c->record.count;

	return pw_parser_fail(&c->p, c->p.line, "%zu cell%s, expected %zu as in the %s", n,
			      n == 1 ? "" : "s", c->width,
			      c->p.options->no_header ? "first line" : "header");
}

/*
 * A record that stands between rows: a comment, or blank. Bytes it takes; 0:
 * it is neither, or its end is not there yet (*more).
 */
static size_t skip_between(struct csv *c, const char *data, size_t n, bool last, bool *more)
{
	const char comment = c->p.options->comment;
	const bool is_comment = comment != 0 && data[0] == comment;
	const bool blank = data[0] == '\n' || (data[0] == '\r' && (n == 1 || data[1] == '\n'));

	if (!is_comment && !(blank && c->width != 1))
		return 0;
	const char *lf = memchr(data, '\n', n);
	if (lf == NULL && !last) {
		*more = true;
		return 0;
	}
	c->p.line += lf != NULL;
	return lf == NULL ? n : (size_t)(lf + 1 - data);
}

/* ---- the header ---- */

static int fail_header(struct csv *c, const char *format, const char *name)
{
	char text[PW_NAME_MAX + 128];

	snprintf(text, sizeof text, format, name);
	return pw_parser_fail(&c->p, c->p.line, "%s", text);
}

static int name_of(struct csv *c, size_t i, struct pw_bytes *name)
{
	const struct pw_csv_cell *cell = &c->record.cells[i];

	pw_bytes_clear(name);
	if (cell->length == 0 || c->p.options->no_header) {
		pw_bytes_print(name, "column%zu", i + 1);
		pw_bytes_string(name);
		return 0;
	}
	if (cell->length > PW_NAME_MAX)
		return pw_parser_fail(&c->p, c->p.line, "the name of column %zu has %u bytes, at most %d",
				      i + 1, cell->length, PW_NAME_MAX);
	if (memchr(cell->data, 0, cell->length) != NULL ||
	    !pw_utf8_valid(cell->data, cell->length))
		return pw_parser_fail(&c->p, c->p.line, "the name of column %zu is not valid UTF-8", i + 1);
	pw_bytes_add(name, cell->data, cell->length);
	pw_bytes_string(name);
	return 0;
}

/* The two last columns of a file of changes. */
static int take_changes(struct csv *c, struct pw_schema *s)
{
	const size_t n = s->count;

	if (!c->p.options->changes)
		return 0;
	if (n < 2 || strcmp(s->fields[n - 2].name, "_time") != 0 ||
	    strcmp(s->fields[n - 1].name, "_diff") != 0)
		return pw_parser_fail(&c->p, c->p.line, "--changes: the last two columns are '%s', expected"
				      " '_time,_diff'", n == 0 ? "none" : s->fields[n - 1].name);
	c->time_at = n - 2;
	c->diff_at = n - 1;
	for (size_t i = n - 2; i < n; i++)
		free(s->fields[i].name);
	s->count -= 2;
	return 0;
}

/* The columns of this file, by the record that is its header (or first line). */
static int header_schema(struct csv *c, struct pw_schema *s)
{
	struct pw_bytes name = {0};
	int result = 0;

	if (c->record.count > PW_COLUMNS_MAX)
		return pw_parser_fail(&c->p, c->p.line, "%zu columns, at most %d", c->record.count,
				      PW_COLUMNS_MAX);
	for (size_t i = 0; i < c->record.count && result == 0; i++) {
		result = name_of(c, i, &name);
		if (result < 0)
			break;
		const struct pw_slice n = {name.data, name.length};
		if (c->p.options->no_header && c->p.options->changes && i + 2 >= c->record.count)
			result = pw_schema_add(s, pw_slice_of(i + 2 == c->record.count ? "_time" : "_diff"),
					       PW_TYPE(PW_STR), false);
		else
			result = pw_schema_add(s, n, PW_TYPE(PW_STR), false);
		if (result < 0) {
			pw_fail_clear();
			fail_header(c, "column '%s' is there twice", name.data);
		}
	}
	pw_bytes_release(&name);
	return result < 0 ? -1 : take_changes(c, s);
}

static size_t find_exact(const struct pw_schema *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/*
 * Where the columns of this file are among those found, and, once there is a
 * layout, whether it knows them all.
 */
static int agree(struct csv *c, const struct pw_schema *s)
{
	const struct pw_parser_layout *layout = c->p.layout;

	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->fields[i].name;
		bool known = layout == NULL || c->p.options->only;
		c->places[i] = find_exact(&c->found, name);
		if (c->p.options->no_header)
			known |= layout != NULL && i < layout->count;
		for (size_t k = 0; !known && k < layout->count; k++)
			known = strcmp(layout->columns[k].name, name) == 0;
		if (!known)
			return fail_header(c, "column '%s' is not in the first file"
					      " (--only reads the declared ones)", name);
	}
	return 0;
}

/* A declared column that the file lacks. */
static int fail_absent(struct csv *c, const struct pw_schema *s, const char *name)
{
	const char *names[PW_COLUMNS_MAX];

	if (c->p.options->no_header)
		return fail_header(c, "column '%s' is declared, and the line has no cell for it", name);
	for (size_t i = 0; i < s->count; i++)
		names[i] = s->fields[i].name;
	const char *near = pw_near(name, strlen(name), names, s->count);
	return near == NULL ? fail_header(c, "column '%s' is not in the header", name)
			    : pw_parser_fail(&c->p, c->p.line,
					     "column '%s' is not in the header (did you mean '%s'?)", name,
					     near);
}

static int bind_sources(struct csv *c, const struct pw_schema *s)
{
	const struct pw_parser_layout *layout = c->p.layout;

	if (layout == NULL)
		return 0;
	for (size_t i = 0; i < layout->count; i++) {
		const struct pw_parser_column *column = &layout->columns[i];
		c->sources[i] = c->p.options->no_header ? (i < s->count ? i : SIZE_MAX)
							: find_exact(s, column->name);
		if (c->sources[i] == SIZE_MAX && column->value == NULL)
			return fail_absent(c, s, column->name);
	}
	return 0;
}

/* Room of the index for records of this width. */
static void size_index(struct csv *c)
{
	const size_t slack = PW_CSV_INDEX_SLACK, per = c->width - 1;
	const size_t most = BLOCK_ROWS * per < BLOCK_BYTES ? BLOCK_ROWS * per : BLOCK_BYTES;

	free(c->index.delimiters);
	free(c->index.newlines);
	c->index.delimiters = pw_mem_alloc(most + slack, sizeof(uint32_t));
	c->index.newlines = pw_mem_alloc(BLOCK_ROWS + slack, sizeof(uint32_t));
}

/* The file's first record is in c->record: names, or with --no-header the first row. */
static int take_header(struct csv *c)
{
	struct pw_schema s = {0};
	int result = header_schema(c, &s);

	if (result == 0) {
		c->width = c->record.count;
		c->places = pw_mem_resize(c->places, c->width, sizeof *c->places);
		size_index(c);
		if (c->first == NULL) {
			pw_schema_copy(&c->found, &s);
			c->first = pw_mem_print("%s", c->p.file);
		}
		result = agree(c, &s);
		if (result == 0)
			result = bind_sources(c, &s);
	}
	pw_schema_release(&s);
	c->begun = true;
	return result;
}

static size_t skip_bom(const char *data, size_t n, bool last, bool *more)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (n >= 3 || last)
		return n >= 3 && memcmp(data, bom, 3) == 0 ? 3 : 0;
	*more = n == 0 || memcmp(data, bom, n) == 0;
	return 0;
}

/*
 * Reads up to the first record of the file. Bytes consumed; 0: more are
 * needed; -1. With --no-header that record is a row and is not consumed.
 */
static ptrdiff_t read_header(struct csv *c, const char *data, size_t n, bool last, bool *more)
{
	size_t at = c->started ? 0 : skip_bom(data, n, last, more);

	c->started = !*more;
	while (!*more && at < n) {
		const size_t skipped = skip_between(c, data + at, n - at, last, more);
		if (*more)
			break;
		if (skipped > 0) {
			at += skipped;
			continue;
		}
		const size_t used = pw_csv_record_read(&c->record, data + at, n - at, last,
						       c->delimiter, c->p.options->quote);
		if (used == 0) {
			*more = true;
			break;
		}
		if (c->record.fault != PW_CSV_FINE)
			return fail_fault(c, data + at);
		if (take_header(c) < 0)
			return -1;
		if (c->p.options->no_header)
			return (ptrdiff_t)at;
		c->p.line += c->record.newlines;
		return (ptrdiff_t)(at + used);
	}
	if (!last) {
		*more = true;
		return (ptrdiff_t)at;
	}
	if (c->p.options->no_header) {
		c->begun = true;
		return (ptrdiff_t)at;
	}
	return pw_fail(PW_DATA, "%s: no header: the file is empty (--no-header reads rows alone)",
		       c->p.file);
}

/* ---- the careful way ---- */

/* The row as JSON, for the file of rejected rows. */
static void row_as_json(struct csv *c, struct pw_bytes *b)
{
	const struct pw_parser_layout *layout = c->p.layout;

	pw_bytes_put(b, '{');
	for (size_t i = 0; i < layout->count; i++) {
		const size_t at = c->sources[i];
		if (i > 0)
			pw_bytes_put(b, ',');
		pw_text_add_json_string(b, layout->columns[i].name, strlen(layout->columns[i].name));
		pw_bytes_put(b, ':');
		if (at >= c->record.count ||
		    (c->record.cells[at].length == 0 && !c->record.cells[at].quoted))
			pw_bytes_text(b, "null");
		else if (pw_utf8_valid(c->record.cells[at].data, c->record.cells[at].length))
			pw_text_add_json_string(b, c->record.cells[at].data,
						c->record.cells[at].length);
		else
			pw_bytes_text(b, "\"?\"");
	}
	pw_bytes_put(b, '}');
}

static void reject(struct csv *c, const char *data, size_t n)
{
	struct pw_bytes b = {0};

	if (c->record.fault == PW_CSV_FINE && c->record.count == c->width)
		row_as_json(c, &b);
	else if (pw_utf8_valid(data, n))
		pw_text_add_json_string(&b, data, n);
	else
		pw_bytes_text(&b, "null");
	pw_parser_reject(&c->p, c->p.line, (struct pw_slice){b.data, b.length});
	pw_bytes_release(&b);
}

/* One cell of a row into its column: 0, -1 or PW_PARSER_SKIP. */
static int one_cell(struct csv *c, size_t i, struct pw_builder *out)
{
	static const struct pw_csv_cell empty = {"", 0, 0};
	const struct pw_parser_column *column = &c->p.layout->columns[i];
	const struct pw_csv_cell *cell =
		c->sources[i] == SIZE_MAX ? &empty : &c->record.cells[c->sources[i]];
	int verdict;

	if (pw_csv_cells_append(column, cell, 1, true, &out->vectors[i]) == 1)
		return 0;
	if (pw_csv_cells_null(column, cell))
		return pw_parser_null(&c->p, c->p.line, i);
	verdict = pw_parser_misfit(&c->p, c->p.line, i,
				   (struct pw_slice){cell->data, cell->length},
				   pw_csv_cells_why(column, cell));
	if (verdict != PW_PARSER_NULL)
		return verdict;
	pw_vector_null(&out->vectors[i]);
	return 0;
}

static struct pw_slice cell_slice(const struct pw_csv_cell *cell)
{
	return (struct pw_slice){cell->data, cell->length};
}

/* A row with _diff 0 has nothing else. */
static int check_promise(struct csv *c)
{
	for (size_t i = 0; i < c->record.count; i++)
		if (i != c->time_at && i != c->diff_at && c->record.cells[i].length > 0)
			return pw_parser_fail(&c->p, c->p.line,
					      "a row with _diff 0 is a promise about time, its other cells"
					      " must be empty");
	return 0;
}

/* The record in c->record as a row: 0, -1 or PW_PARSER_SKIP. */
static int one_row(struct csv *c, const char *data, struct pw_builder *out)
{
	int64_t diff = 1;
	int verdict = 0;

	if (c->record.fault != PW_CSV_FINE) {
		fail_fault(c, data);
		return c->record.fault == PW_CSV_UNCLOSED ? -1 : pw_parser_bad_row(&c->p);
	}
	if (c->record.count != c->width) {
		fail_ragged(c);
		return pw_parser_bad_row(&c->p);
	}
	if (c->p.options->changes) {
		if (pw_parser_change(&c->p, c->p.line, cell_slice(&c->record.cells[c->time_at]),
				     cell_slice(&c->record.cells[c->diff_at]), &diff) < 0)
			return -1;
		if (diff == 0)
			return check_promise(c);
	}
	for (size_t i = 0; i < c->p.layout->count && verdict == 0; i++)
		verdict = one_cell(c, i, out);
	if (verdict != 0) {
		pw_builder_undo(out);
		return verdict;
	}
	pw_parser_meta(&c->p, out, c->p.line);
	pw_builder_row(out, c->p.time, diff);
	return 0;
}

/* Of a record, without its line end. */
static size_t line_length(const char *data, size_t used)
{
	used -= used > 0 && data[used - 1] == '\n';
	return used - (used > 0 && data[used - 1] == '\r');
}

/* One record, or what stands between records. Bytes consumed; 0: more are needed; -1. */
static ptrdiff_t careful(struct csv *c, const char *data, size_t n, bool last,
			 struct pw_builder *out)
{
	bool more = false;
	size_t used = skip_between(c, data, n, last, &more);
	int verdict;

	if (used > 0 || more)
		return (ptrdiff_t)used;
	used = pw_csv_record_read(&c->record, data, n, last, c->delimiter, c->p.options->quote);
	if (used == 0)
		return 0;
	if (line_length(data, used) > c->p.options->max_line)
		return pw_parser_too_long(&c->p, used);
	verdict = one_row(c, data, out);
	if (verdict < 0)
		return -1;
	if (verdict == PW_PARSER_SKIP)
		reject(c, data, used);
	c->p.line += c->record.newlines;
	return (ptrdiff_t)used;
}

/* ---- the fast way ---- */

/*
 * How many lines from the first on are regular: starts and ends (of the last
 * cell) of their rows are set.
 */
static size_t regular_rows(struct csv *c, const char *data)
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
		if ((comment != 0 && data[start] == comment) || end - start > c->p.options->max_line)
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
static void cut_cells(struct csv *c, const char *data, size_t at, size_t rows)
{
	const size_t per = c->width - 1;
	const uint32_t *behind = c->index.delimiters + at; /* the delimiter behind the cell */
	struct pw_csv_cell *cell = c->cells;

	for (size_t r = 0; r < rows; r++, behind += per, cell++) {
		const uint32_t from = at == 0 ? c->starts[r] : behind[-1] + 1;
		const uint32_t to = at == per ? c->ends[r] : *behind;
		*cell = (struct pw_csv_cell){data + from, to - from, 0};
	}
	if (!c->index.quotes)
		return;
	for (size_t r = 0; r < rows; r++)
		if (c->cells[r].length > 0 && c->cells[r].data[0] == c->p.options->quote)
			pw_csv_record_unquote(&c->cells[r], c->p.options->quote, &c->scratch);
}

/* Times and diffs of rows, up to the first promise or fault; p->time is as before. */
static size_t block_changes(struct csv *c, const char *data, size_t rows)
{
	const pw_time time = c->p.time, promised = c->p.promised;
	struct pw_csv_cell *cells = c->cells;
	size_t r = 0;

	cut_cells(c, data, c->time_at, rows);
	for (; r < rows; r++)
		if (pw_time_parse(cell_slice(&cells[r]), &c->times[r]) < 0)
			break;
	rows = r;
	cut_cells(c, data, c->diff_at, rows);
	for (r = 0; r < rows; r++) {
		struct pw_bytes text = {0};
		int64_t diff;
		pw_time_print(&text, c->times[r]);
		const int result = pw_parser_change(&c->p, 0, (struct pw_slice){text.data, text.length},
						    cell_slice(&cells[r]), &diff);
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

static void block_meta(struct csv *c, const char *data, size_t rows, struct pw_builder *out)
{
	uint64_t line = c->p.line;

	for (size_t r = 0; r < rows && c->p.options->meta; r++) {
		pw_parser_meta(&c->p, out, line);
		if (r + 1 < rows)
			line += lines_in(data + c->starts[r], data + c->starts[r + 1]);
	}
}

/* Converts rows column by column; how many went in before the first that does not fit. */
static size_t block_columns(struct csv *c, const char *data, size_t rows, bool unsafe,
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

static void block_end_rows(struct csv *c, size_t rows, struct pw_builder *out)
{
	if (!c->p.options->changes) {
		pw_builder_rows(out, c->p.time, (uint32_t)rows);
		return;
	}
	for (size_t r = 0; r < rows; r++)
		pw_builder_row(out, c->times[r], c->diffs[r]);
	c->p.time = c->times[rows - 1];
}

/* A block of regular records. Bytes consumed; 0: the next record is for the careful way. */
static size_t block(struct csv *c, const char *data, size_t n, struct pw_builder *out)
{
	const size_t room = PW_BATCH_ROWS - out->rows;
	struct pw_csv_index *x = &c->index;
	size_t rows, used, all;
	bool unsafe;

	c->window = c->window < room ? c->window : room;
	x->newline_room = c->window;
	x->delimiter_room = c->width > 1 ? c->window * (c->width - 1) : 1;
	c->index_fn(x, data, n < BLOCK_BYTES ? n : BLOCK_BYTES, c->delimiter, c->p.options->quote);
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
	c->window = rows < all ? WINDOW_FIRST : c->window * 2 < BLOCK_ROWS ? c->window * 2 : BLOCK_ROWS;
	return used;

irregular:
	c->window = WINDOW_FIRST;
	return 0;
}

static ptrdiff_t csv_parse(struct pw_parser *p, const char *data, size_t n, bool last,
			   struct pw_builder *out)
{
	struct csv *c = (struct csv *)p;
	const pw_time promised = p->promised;
	size_t at = 0;

	if (!c->begun) {
		bool more = false;
		const ptrdiff_t used = read_header(c, data, n, last, &more);
		if (used < 0 || more)
			return used;
		at = (size_t)used;
	}
	while (at < n && !pw_builder_full(out) && p->promised == promised) {
		size_t used = block(c, data + at, n - at, out);
		if (used == 0) {
			const ptrdiff_t taken = careful(c, data + at, n - at, last, out);
			if (taken < 0)
				return -1;
			if (taken == 0)
				break;
			used = (size_t)taken;
		}
		at += used;
	}
	return (ptrdiff_t)at;
}

/* ---- learning the columns ---- */

static void guess(struct csv *c)
{
	for (size_t i = 0; i < c->width - (c->p.options->changes ? 2 : 0); i++)
		if (c->places[i] != SIZE_MAX)
			pw_infer_add(&c->guesses[c->places[i]], cell_slice(&c->record.cells[i]),
				     c->record.cells[i].quoted);
}

static ptrdiff_t csv_sample(struct pw_parser *p, const char *data, size_t n, bool last)
{
	struct csv *c = (struct csv *)p;
	size_t at = 0;

	if (!c->begun) {
		bool more = false;
		const ptrdiff_t used = read_header(c, data, n, last, &more);
		if (used < 0 || more || !c->begun)
			return used;
		at = (size_t)used;
	}
	if (c->guesses == NULL)
		c->guesses = pw_mem_zero(c->found.count + 1, sizeof *c->guesses);
	while (at < n && p->sampled < p->options->infer_rows) {
		bool more = false;
		size_t used = skip_between(c, data + at, n - at, last, &more);
		if (more)
			break;
		if (used == 0) {
			used = pw_csv_record_read(&c->record, data + at, n - at, last, c->delimiter,
						  p->options->quote);
			if (used == 0)
				break;
			p->line += c->record.newlines;
			p->sampled++;
			/* what is wrong with it is said when it is read in earnest */
			if (c->record.count == c->width && c->record.fault == PW_CSV_FINE)
				guess(c);
		}
		at += used;
	}
	return (ptrdiff_t)at;
}

static int csv_columns(struct pw_parser *p, struct pw_schema *s)
{
	struct csv *c = (struct csv *)p;

	for (size_t i = 0; i < c->found.count; i++) {
		const struct pw_type type =
			c->guesses == NULL ? PW_TYPE(PW_STR) : PW_TYPE((uint8_t)pw_infer_base(&c->guesses[i]));
		if (pw_schema_add(s, pw_slice_of(c->found.fields[i].name), type, false) < 0)
			return -1;
	}
	return 0;
}

/* ---- the rest ---- */

static int csv_begin(struct pw_parser *p)
{
	struct csv *c = (struct csv *)p;

	c->delimiter = p->options->delimiter;
	c->started = c->begun = false;
	c->width = 0;
	c->window = BLOCK_ROWS;
	c->index_fn = pw_csv_index_best();
	return 0;
}

static int csv_bind(struct pw_parser *p)
{
	struct csv *c = (struct csv *)p;

	for (size_t i = 0; i < p->layout->count; i++)
		if (p->layout->columns[i].pointer != NULL)
			return pw_fail(PW_USAGE, "column '%s': 'from' is for jsonl, not for csv",
				       p->layout->columns[i].name);
	c->sources = pw_mem_resize(c->sources, p->layout->count + 1, sizeof *c->sources);
	return 0;
}

static void csv_close(struct pw_parser *p)
{
	struct csv *c = (struct csv *)p;

	pw_schema_release(&c->found);
	pw_csv_record_release(&c->record);
	pw_bytes_release(&c->scratch);
	free(c->first);
	free(c->guesses);
	free(c->places);
	free(c->sources);
	free(c->index.delimiters);
	free(c->index.newlines);
}

static const char *const csv_suffixes[] = {".csv", NULL};
static const char *const tsv_suffixes[] = {".tsv", ".tab", NULL};

const struct pw_parser_kind pw_csv = {
	.name = "csv",
	.suffixes = csv_suffixes,
	.size = sizeof(struct csv),
	.header = true,
	.begin = csv_begin,
	.sample = csv_sample,
	.columns = csv_columns,
	.bind = csv_bind,
	.parse = csv_parse,
	.close = csv_close,
};

/* The same; that its delimiter is a tab is for whoever sets the options. */
const struct pw_parser_kind pw_tsv = {
	.name = "tsv",
	.suffixes = tsv_suffixes,
	.size = sizeof(struct csv),
	.header = true,
	.begin = csv_begin,
	.sample = csv_sample,
	.columns = csv_columns,
	.bind = csv_bind,
	.parse = csv_parse,
	.close = csv_close,
};
