#include "../base/utf8.h"
#include "csv_internal.h"

#include <stdio.h>
#include <stdlib.h>

size_t pw_csv_header_skip(struct pw_csv_file *c, const char *data, size_t n, bool last, bool *more)
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

static int fail_header(struct pw_csv_file *c, const char *format, const char *name)
{
	char text[PW_NAME_MAX + 128];

	snprintf(text, sizeof text, format, name);
	return pw_parser_fail(&c->p, c->p.line, "%s", text);
}

/* Has the header a cell of that text? */
static bool is_given(const struct pw_csv_file *c, const struct pw_bytes *name)
{
	for (size_t i = 0; i < c->record.count; i++)
		if (pw_slice_equal(pw_csv_cell_slice(&c->record.cells[i]),
				   (struct pw_slice){name->data, name->length}))
			return true;
	return false;
}

/* A column without a name is called by its place, and apart from those that have one. */
static void make_name(const struct pw_csv_file *c, size_t i, struct pw_bytes *name)
{
	pw_bytes_print(name, "column%zu", i + 1);
	for (size_t n = 2; !c->p.options->no_header && is_given(c, name); n++) {
		pw_bytes_clear(name);
		pw_bytes_print(name, "column%zu_%zu", i + 1, n);
	}
	pw_bytes_string(name);
}

static int name_of(struct pw_csv_file *c, size_t i, struct pw_bytes *name)
{
	const struct pw_csv_cell *cell = &c->record.cells[i];

	pw_bytes_clear(name);
	if (cell->length == 0 || c->p.options->no_header) {
		make_name(c, i, name);
		return 0;
	}
	if (cell->length > PW_NAME_MAX)
		return pw_parser_fail(&c->p, c->p.line,
				      "the name of column %zu has %u bytes, at most %d", i + 1,
				      cell->length, PW_NAME_MAX);
	if (memchr(cell->data, 0, cell->length) != NULL)
		return pw_parser_fail(&c->p, c->p.line, "the name of column %zu holds a NUL byte",
				      i + 1);
	if (!pw_utf8_valid(cell->data, cell->length))
		return pw_parser_fail(&c->p, c->p.line, "the name of column %zu %s", i + 1,
				      pw_parser_not_utf8(&c->p));
	pw_bytes_add(name, cell->data, cell->length);
	pw_bytes_string(name);
	return 0;
}

/* The two last columns of a file of changes. */
static int take_changes(struct pw_csv_file *c, struct pw_schema *s)
{
	const size_t n = s->count;

	if (!c->p.options->changes)
		return 0;
	if (n < 2 || strcmp(s->fields[n - 2].name, "_time") != 0 ||
	    strcmp(s->fields[n - 1].name, "_diff") != 0)
		return pw_parser_fail(&c->p, c->p.line,
				      "--changes: the last two columns are '%s', expected"
				      " '_time,_diff'",
				      n == 0 ? "none" : s->fields[n - 1].name);
	c->time_at = n - 2;
	c->diff_at = n - 1;
	for (size_t i = n - 2; i < n; i++)
		free(s->fields[i].name);
	s->count -= 2;
	return 0;
}

/* The columns of this file, by the record that is its header (or first line). */
static int header_schema(struct pw_csv_file *c, struct pw_schema *s)
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
			result = pw_schema_add(
				s, pw_slice_of(i + 2 == c->record.count ? "_time" : "_diff"),
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

/* Makes room in the index for records of this width. */
static void size_index(struct pw_csv_file *c)
{
	const size_t slack = PW_CSV_INDEX_SLACK, per = c->width - 1;
	const size_t most = PW_CSV_BLOCK_ROWS * per < PW_CSV_BLOCK_BYTES ? PW_CSV_BLOCK_ROWS * per
									 : PW_CSV_BLOCK_BYTES;

	free(c->index.delimiters);
	free(c->index.newlines);
	c->index.delimiters = pw_mem_alloc(most + slack, sizeof(uint32_t));
	c->index.newlines = pw_mem_alloc(PW_CSV_BLOCK_ROWS + slack, sizeof(uint32_t));
}

/* The file's first record is in c->record: names, or with --no-header the first row. */
static int take_header(struct pw_csv_file *c)
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
		result = pw_csv_columns_agree(c, &s);
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

/* Is it the first header, with a delimiter that nobody has declared? */
static bool may_look(const struct pw_csv_file *c)
{
	return c->p.options->look && !c->p.options->no_header && c->p.layout == NULL &&
	       c->first == NULL && c->p.delimiter == 0;
}

/* Is the header that has been read one cell, or none by its quotes? */
static bool may_be_other(const struct pw_csv_file *c)
{
	const struct pw_csv_record *r = &c->record;

	return r->fault == PW_CSV_AFTER_QUOTE || r->fault == PW_CSV_BARE_QUOTE ||
	       (r->fault == PW_CSV_FINE && r->count == 1 && !r->cells[0].quoted);
}

/* "sep=;", with which a file says to a spreadsheet what divides it. */
static bool says_delimiter(const struct pw_csv_file *c, const char *data, size_t used)
{
	const bool looks = !c->p.options->no_header && used > 5 && memcmp(data, "sep=", 4) == 0;

	return looks && (data[5] == '\n' || (data[5] == '\r' && used == 7 && data[6] == '\n'));
}

static int fail_delimiter(struct pw_csv_file *c, const char *data)
{
	static const struct pw_magic rest = {"text", "tail -n +2 FILE", "tail -n +2", NULL, true};
	struct pw_bytes b = {0};

	pw_parser_advise(&c->p, &rest, &b);
	pw_parser_fail(&c->p, c->p.line,
		       "'%.5s' is no header, and says to spreadsheets what divides the cells: %s",
		       data, pw_bytes_string(&b));
	pw_bytes_release(&b);
	return -1;
}

/* Reads the header. The bytes that it takes; 0: more are needed; -1 */
static ptrdiff_t read_names(struct pw_csv_file *c, const char *data, size_t n, bool last)
{
	const char quote = c->p.options->quote;
	size_t used = pw_csv_record_read(&c->record, data, n, last, c->delimiter, quote);

	if (says_delimiter(c, data, used))
		return fail_delimiter(c, data);
	if (used > 0 && may_look(c)) {
		const int found = may_be_other(c) ? pw_csv_delimiter_find(c, data, n, last)
						  : pw_csv_delimiter_compare(c, data, n, last);
		if (found < 0 || found == PW_CSV_MORE)
			return found < 0 ? -1 : 0;
		used = pw_csv_record_read(&c->record, data, n, last, c->delimiter, quote);
	}
	if (used > 0 && c->record.fault != PW_CSV_FINE)
		return pw_csv_record_fail(&c->record, &c->p, data);
	return (ptrdiff_t)used;
}

/* Names in single quotes would be taken with them, and a comma within would divide. */
static int check_quotes(struct pw_csv_file *c)
{
	const struct pw_csv_record *r = &c->record;

	if (!c->p.options->look_quote || c->p.options->no_header)
		return 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct pw_csv_cell *cell = &r->cells[i];
		if (cell->quoted || cell->length < 2 || cell->data[0] != '\'' ||
		    cell->data[cell->length - 1] != '\'')
			return 0;
	}
	return pw_parser_fail(
		&c->p, c->p.line,
		"the names are in single quotes: --quote \"'\" takes those for quotes,"
		" --quote '\"' for a part of the names");
}

ptrdiff_t pw_csv_header_read(struct pw_csv_file *c, const char *data, size_t n, bool last,
			     bool *more)
{
	const int look = c->started ? 0 : pw_parser_look(&c->p, data, n, last);
	if (look != 0) {
		*more = look > 0;
		return look < 0 ? -1 : 0;
	}
	size_t at = c->started ? 0 : skip_bom(data, n, last, more);

	c->started = !*more;
	while (!*more && at < n) {
		const size_t skipped = pw_csv_header_skip(c, data + at, n - at, last, more);
		if (*more)
			break;
		if (skipped > 0) {
			at += skipped;
			continue;
		}
		const ptrdiff_t used = read_names(c, data + at, n - at, last);
		if (used < 0)
			return -1;
		if (used == 0) {
			*more = true;
			return (ptrdiff_t)at;
		}
		if (check_quotes(c) < 0 || take_header(c) < 0)
			return -1;
		if (c->p.options->no_header)
			return (ptrdiff_t)at;
		c->p.line += c->record.newlines;
		return (ptrdiff_t)at + used;
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
