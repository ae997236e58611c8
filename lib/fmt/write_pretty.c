/*
 * pretty: an aligned table for people. Numbers stand right, a null is `null`,
 * control characters are shown as escapes. The text is not made to be read back.
 *
 * Columns are as wide as the widest cell of the first MEASURED rows or
 * MEASURED_BYTES (or of what there is when the writer is flushed); a wider cell
 * that comes later pushes the rest of its line to the right.
 */
#include "../base/utf8.h"
#include "writer.h"

#include <stdlib.h>

#define MEASURED       10000
#define MEASURED_BYTES ((size_t)16 << 20)
#define FULL           ((size_t)64 << 10)
#define GAP            2 /* blanks between columns */

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define NORMAL "\033[0m"

struct pretty {
	size_t *widths;
	bool *right;
	bool begun; /* the header is out, widths are final */
	/* Rows that wait for the widths, as cells one after the other. */
	struct pw_bytes text;
	size_t *ends;
	size_t held, capacity;
};

static const char *column_name(const struct pw_writer *w, size_t i)
{
	const size_t n = w->schema->count;

	return i < n ? w->schema->fields[i].name : i == n ? "_time" : "_diff";
}

static bool is_number(const struct pw_writer *w, size_t i)
{
	if (i >= w->schema->count)
		return true;
	const struct pw_type type = w->schema->fields[i].type;
	return type.depth == 0 &&
	       (type.base == PW_INT || type.base == PW_FLOAT || type.base == PW_DURATION);
}

static int open_pretty(struct pw_writer *w)
{
	const struct pw_cells_style style = {.form = PW_CELLS_SHOWN,
					     .changes = w->options->changes};
	struct pretty *p = w->own = pw_mem_zero(1, sizeof *p);

	pw_cells_init(&w->cells, w->schema, &style);
	p->widths = pw_mem_zero(w->cells.count + 1, sizeof *p->widths);
	p->right = pw_mem_zero(w->cells.count + 1, sizeof *p->right);
	for (size_t i = 0; i < w->cells.count; i++) {
		const char *name = column_name(w, i);
		p->widths[i] = pw_utf8_width(name, strlen(name));
		p->right[i] = is_number(w, i);
	}
	return 0;
}

static void close_pretty(struct pw_writer *w)
{
	struct pretty *p = w->own;

	if (p == NULL)
		return;
	free(p->widths);
	free(p->right);
	free(p->ends);
	pw_bytes_release(&p->text);
	free(p);
}

/* ---- lines ---- */

static size_t code_point(const char *s, size_t length)
{
	size_t n = 1;

	while (n < length && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The bytes of the longest beginning of a text that takes at most width columns. */
static size_t fitting(struct pw_slice s, size_t width)
{
	size_t i = 0;

	while (i < s.length) {
		const size_t n = code_point(s.data + i, s.length - i);
		const size_t wide = pw_utf8_width(s.data + i, n);
		if (wide > width)
			break;
		width -= wide;
		i += n;
	}
	return i;
}

static void blanks(struct pw_bytes *out, size_t n)
{
	if (n > 0)
		memset(pw_bytes_room(out, n), ' ', n);
	out->length += n;
}

/* The columns that a line still has room for; SIZE_MAX: any number. */
static size_t begin_line(const struct pw_writer *w)
{
	return w->options->width > 0 ? w->options->width : SIZE_MAX;
}

/* A cell that the line has no room for is shortened, and ends in an ellipsis. */
static void add_cell(struct pw_writer *w, size_t column, struct pw_slice s, const char *look,
		     size_t *left)
{
	const struct pretty *p = w->own;
	const size_t gap = column > 0 ? GAP : 0;
	const bool last = column + 1 == w->cells.count, right = p->right[column];
	size_t wide = pw_utf8_width(s.data, s.length);
	size_t pad = wide < p->widths[column] ? p->widths[column] - wide : 0;

	if (*left <= gap) {
		*left = 0;
		return;
	}
	*left -= gap;
	blanks(&w->out, gap);
	const bool shorten = wide > *left;
	if (wide + pad > *left)
		pad = shorten ? 0 : *left - wide;
	if (shorten) {
		s.length = fitting(s, *left - 1);
		wide = *left;
	}
	if (right)
		blanks(&w->out, pad);
	if (look != NULL)
		pw_bytes_text(&w->out, look);
	pw_bytes_add(&w->out, s.data, s.length);
	if (shorten)
		pw_bytes_text(&w->out, "…");
	if (look != NULL)
		pw_bytes_text(&w->out, NORMAL);
	if (!right && !last)
		blanks(&w->out, pad);
	*left -= wide + pad;
}

static void add_header(struct pw_writer *w)
{
	const char *look = w->options->colour ? BOLD : NULL;
	struct pretty *p = w->own;
	struct pw_bytes dashes = {0};
	size_t left = begin_line(w), widest = 0;

	for (size_t i = 0; i < w->cells.count; i++) {
		add_cell(w, i, pw_slice_of(column_name(w, i)), look, &left);
		if (p->widths[i] > widest)
			widest = p->widths[i];
	}
	pw_bytes_put(&w->out, '\n');
	memset(pw_bytes_room(&dashes, widest + 1), '-', widest + 1);
	left = begin_line(w);
	for (size_t i = 0; i < w->cells.count; i++)
		add_cell(w, i, (struct pw_slice){dashes.data, p->widths[i]},
			 w->options->colour ? DIM : NULL, &left);
	pw_bytes_put(&w->out, '\n');
	pw_bytes_release(&dashes);
}

static void add_row_cell(struct pw_writer *w, size_t column, struct pw_slice s, bool null,
			 size_t *left)
{
	add_cell(w, column, s, null && w->options->colour ? DIM : NULL, left);
}

/* Writes the rows that have waited, now that the widths are known. */
static int flush_pretty(struct pw_writer *w)
{
	struct pretty *p = w->own;
	const size_t columns = w->cells.count;
	size_t from = 0;

	if (!p->begun)
		add_header(w);
	p->begun = true;
	for (size_t i = 0; i < p->held;) {
		size_t left = begin_line(w);
		for (size_t c = 0; c < columns; c++, i++) {
			/* the low bit of an end says that the cell is null */
			const size_t to = p->ends[i] >> 1;
			add_row_cell(w, c, (struct pw_slice){p->text.data + from, to - from},
				     p->ends[i] & 1, &left);
			from = to;
		}
		pw_bytes_put(&w->out, '\n');
	}
	p->held = 0;
	p->text.length = 0;
	return 0;
}

static bool cell_null(const struct pw_cells *c, size_t column, uint32_t row)
{
	return c->cells[column].column != NULL &&
	       pw_column_null(&c->batch->columns[column], c->from + row);
}

static void hold_row(struct pw_writer *w, uint32_t row)
{
	struct pretty *p = w->own;

	p->ends = pw_mem_grow(p->ends, &p->capacity, p->held + w->cells.count, sizeof *p->ends);
	for (size_t c = 0; c < w->cells.count; c++) {
		const struct pw_slice s = pw_cells_at(&w->cells.cells[c], row);
		const size_t wide = pw_utf8_width(s.data, s.length);
		if (wide > p->widths[c])
			p->widths[c] = wide;
		pw_bytes_add(&p->text, s.data, s.length);
		p->ends[p->held++] = p->text.length << 1 | cell_null(&w->cells, c, row);
	}
}

static void add_row(struct pw_writer *w, uint32_t row)
{
	size_t left = begin_line(w);

	for (size_t c = 0; c < w->cells.count; c++)
		add_row_cell(w, c, pw_cells_at(&w->cells.cells[c], row),
			     cell_null(&w->cells, c, row), &left);
	pw_bytes_put(&w->out, '\n');
}

static int hand_out(struct pw_writer *w)
{
	const size_t n = w->out.length;

	w->out.length = 0;
	return w->write(w->to, w->out.data, n);
}

static int block_pretty(struct pw_writer *w)
{
	const struct pw_cells *c = &w->cells;
	struct pretty *p = w->own;

	for (uint32_t r = 0; r < c->rows; r++) {
		pw_diff copies = c->style.changes ? 1 : pw_batch_diff(c->batch, c->from + r);
		for (; copies > 0; copies--) {
			if (!p->begun &&
			    (p->held >= MEASURED * c->count || p->text.length >= MEASURED_BYTES))
				flush_pretty(w);
			if (p->begun)
				add_row(w, r);
			else
				hold_row(w, r);
			if (w->out.length >= FULL && hand_out(w) < 0)
				return -1;
		}
	}
	return 0;
}

static int batch_pretty(struct pw_writer *w, const struct pw_batch *batch)
{
	pw_cells_bind(&w->cells, batch);
	for (uint32_t from = 0; from < batch->rows; from += PW_CELLS_BLOCK) {
		const uint32_t left = batch->rows - from;
		pw_cells_format(&w->cells, from, left < PW_CELLS_BLOCK ? left : PW_CELLS_BLOCK);
		if (block_pretty(w) < 0)
			return -1;
	}
	return 0;
}

static const char *const suffixes[] = {NULL};

const struct pw_writer_kind pw_writer_pretty = {
	.name = "pretty",
	.suffixes = suffixes,
	.open = open_pretty,
	.batch = batch_pretty,
	.flush = flush_pretty,
	.close = close_pretty,
};
