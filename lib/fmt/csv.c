/*
 * csv, tsv - cells between delimiters, a record a line
 *
 * Two ways lead to rows. The fast one takes blocks of plain records: the
 * index finds all delimiters and line ends, a block is regular when each line
 * has as many cells as the header, and each column is then converted over all
 * rows of the block. The careful one takes one record, and knows everything
 * that the grammar allows, and each fault. A block ends before the first record
 * that is not regular or has a cell that does not fit; the careful way takes
 * that one.
 */
#include "../base/utf8.h"
#include "../data/text.h"
#include "csv_internal.h"

#include <stdio.h>
#include <stdlib.h>

static int fail_ragged(struct pw_csv_file *c)
{
	const size_t n = c->record.count;

	return pw_parser_fail(&c->p, c->p.line, "%zu cell%s, expected %zu as in the %s%s", n,
			      n == 1 ? "" : "s", c->width,
			      c->p.options->no_header ? "first line" : "header",
			      c->width > 1 ? ""
					   : " (--delimiter says what stands between cells;"
					     " -f lines reads lines as they are)");
}

/* ---- the careful way ---- */

/* The row as JSON, for the file of rejected rows. */
static void row_as_json(struct pw_csv_file *c, struct pw_bytes *b)
{
	const struct pw_parser_layout *layout = c->p.layout;

	pw_bytes_put(b, '{');
	for (size_t i = 0; i < layout->count; i++) {
		const size_t at = c->sources[i];
		if (i > 0)
			pw_bytes_put(b, ',');
		pw_text_add_json_string(b, layout->columns[i].name,
					strlen(layout->columns[i].name));
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

static void reject(struct pw_csv_file *c, const char *data, size_t n)
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
static int one_cell(struct pw_csv_file *c, size_t i, struct pw_builder *out)
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
	verdict = pw_parser_misfit(&c->p, c->p.line, i, pw_csv_cell_slice(cell),
				   pw_infer_kind(pw_csv_cell_slice(cell)),
				   pw_csv_cells_why(&c->p, cell));
	if (verdict != PW_PARSER_NULL)
		return verdict;
	pw_vector_null(&out->vectors[i]);
	return 0;
}

/* A row with _diff 0 has no other values. */
static int check_promise(struct pw_csv_file *c)
{
	for (size_t i = 0; i < c->record.count; i++)
		if (i != c->time_at && i != c->diff_at && c->record.cells[i].length > 0)
			return pw_parser_fail(
				&c->p, c->p.line,
				"a row with _diff 0 is a promise about time, its other cells"
				" must be empty");
	return 0;
}

/* The record in c->record as a row: 0, -1 or PW_PARSER_SKIP. */
static int one_row(struct pw_csv_file *c, const char *data, struct pw_builder *out)
{
	int64_t diff = 1;
	int verdict = 0;

	if (c->record.fault != PW_CSV_FINE) {
		pw_csv_record_fail(&c->record, &c->p, data);
		return c->record.fault == PW_CSV_UNCLOSED ? -1 : pw_parser_bad_row(&c->p);
	}
	if (c->record.count != c->width) {
		fail_ragged(c);
		return pw_parser_bad_row(&c->p);
	}
	if (c->p.options->changes) {
		if (pw_parser_change(&c->p, c->p.line,
				     pw_csv_cell_slice(&c->record.cells[c->time_at]),
				     pw_csv_cell_slice(&c->record.cells[c->diff_at]), &diff) < 0)
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

/* The length of a record without its line end. */
static size_t line_length(const char *data, size_t used)
{
	used -= used > 0 && data[used - 1] == '\n';
	return used - (used > 0 && data[used - 1] == '\r');
}

/* Takes one record, or what stands between records. The bytes consumed; 0: more are needed; -1 */
static ptrdiff_t careful(struct pw_csv_file *c, const char *data, size_t n, bool last,
			 struct pw_builder *out)
{
	bool more = false;
	size_t used = pw_csv_header_skip(c, data, n, last, &more);
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

static ptrdiff_t csv_parse(struct pw_parser *p, const char *data, size_t n, bool last,
			   struct pw_builder *out)
{
	struct pw_csv_file *c = (struct pw_csv_file *)p;
	const pw_time promised = p->promised;
	size_t at = 0;

	if (!c->begun) {
		bool more = false;
		const ptrdiff_t used = pw_csv_header_read(c, data, n, last, &more);
		if (used < 0)
			return -1;
		p->preface += (size_t)used;
		if (more)
			return used;
		at = (size_t)used;
	}
	while (at < n && !pw_builder_full(out) && p->promised == promised) {
		size_t used = pw_csv_block(c, data + at, n - at, out);
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

/* The record in c->record, which begins on that line, shows what its columns hold. */
static void learn(struct pw_csv_file *c, uint64_t line)
{
	for (size_t i = 0; i < c->width - (c->p.options->changes ? 2 : 0); i++) {
		const struct pw_csv_cell *cell = &c->record.cells[i];
		if (c->places[i] == SIZE_MAX || (cell->length == 0 && !cell->quoted))
			continue;
		struct pw_found_kinds *k = &c->kinds[c->places[i]];
		if (k->seen & PW_KIND_TEXT)
			continue;
		const struct pw_slice s = pw_csv_cell_slice(cell);
		pw_found_value(k, pw_infer_kind(s), c->p.file, line, s);
	}
}

static ptrdiff_t csv_sample(struct pw_parser *p, const char *data, size_t n, bool last)
{
	struct pw_csv_file *c = (struct pw_csv_file *)p;
	size_t at = 0;

	if (!c->begun) {
		bool more = false;
		const ptrdiff_t used = pw_csv_header_read(c, data, n, last, &more);
		if (used < 0 || more || !c->begun)
			return used;
		at = (size_t)used;
	}
	if (c->kinds == NULL) {
		c->kind_count = c->found.count;
		c->kinds = pw_mem_zero(c->kind_count + 1, sizeof *c->kinds);
	}
	while (at < n && p->sampled < p->options->infer_rows) {
		bool more = false;
		size_t used = pw_csv_header_skip(c, data + at, n - at, last, &more);
		if (more)
			break;
		if (used == 0) {
			used = pw_csv_record_read(&c->record, data + at, n - at, last, c->delimiter,
						  p->options->quote);
			if (used == 0)
				break;
			/* the fault is reported when the record is parsed */
			if (c->record.count == c->width && c->record.fault == PW_CSV_FINE)
				learn(c, p->line);
			p->line += c->record.newlines;
			p->sampled++;
		}
		at += used;
	}
	return (ptrdiff_t)at;
}

static int csv_header(struct pw_parser *p, const char *data, size_t n, bool last)
{
	bool more = false;

	return pw_csv_header_read((struct pw_csv_file *)p, data, n, last, &more) < 0 ? -1 : more;
}

static int csv_columns(struct pw_parser *p, struct pw_found *f)
{
	const struct pw_csv_file *c = (const struct pw_csv_file *)p;
	static const struct pw_found_kinds none;

	for (size_t i = 0; i < c->found.count; i++)
		if (pw_found_column(f, pw_slice_of(c->found.fields[i].name),
				    c->kinds == NULL ? &none : &c->kinds[i], false,
				    p->options->no_header) < 0)
			return -1;
	return 0;
}

/* ---- the rest ---- */

static int csv_begin(struct pw_parser *p)
{
	struct pw_csv_file *c = (struct pw_csv_file *)p;

	c->delimiter = p->delimiter != 0 ? p->delimiter : p->options->delimiter;
	c->started = c->begun = false;
	c->width = 0;
	c->window = PW_CSV_BLOCK_ROWS;
	c->index_fn = pw_csv_index_best();
	return 0;
}

static int csv_bind(struct pw_parser *p)
{
	struct pw_csv_file *c = (struct pw_csv_file *)p;

	for (size_t i = 0; i < p->layout->count; i++)
		if (p->layout->columns[i].pointer != NULL)
			return pw_fail(PW_USAGE, "column '%s': 'from' is for jsonl, not for csv",
				       p->layout->columns[i].name);
	c->sources = pw_mem_resize(c->sources, p->layout->count + 1, sizeof *c->sources);
	return 0;
}

static void csv_close(struct pw_parser *p)
{
	struct pw_csv_file *c = (struct pw_csv_file *)p;

	pw_schema_release(&c->found);
	pw_csv_record_release(&c->record);
	pw_bytes_release(&c->scratch);
	free(c->first);
	for (size_t i = 0; i < c->kind_count; i++)
		pw_found_kinds_release(&c->kinds[i]);
	free(c->kinds);
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
	.size = sizeof(struct pw_csv_file),
	.header = csv_header,
	.begin = csv_begin,
	.sample = csv_sample,
	.columns = csv_columns,
	.bind = csv_bind,
	.parse = csv_parse,
	.close = csv_close,
};

/* As csv; whoever sets the options sets the tab as delimiter. */
const struct pw_parser_kind pw_tsv = {
	.name = "tsv",
	.suffixes = tsv_suffixes,
	.size = sizeof(struct pw_csv_file),
	.header = csv_header,
	.begin = csv_begin,
	.sample = csv_sample,
	.columns = csv_columns,
	.bind = csv_bind,
	.parse = csv_parse,
	.close = csv_close,
};
