/*
 * pretty: an aligned table for people. Numbers stand right, a null is `null`,
 * control characters are shown as escapes. The text is not made to be read back.
 *
 * Columns are as wide as the widest cell of the first MEASURED rows or
 * MEASURED_BYTES (or of what there is when the writer is flushed), and where
 * lines have a width, as pw_fit shares it. A cell that comes later and is wider
 * pushes the rest of its line to the right; where lines have a width it is
 * shortened, but for a number: that line is shared out anew.
 */
#include "../base/utf8.h"
#include "fit.h"
#include "writer.h"

#include <stdlib.h>

#define MEASURED       10000
#define MEASURED_BYTES ((size_t)16 << 20)
#define FULL           ((size_t)64 << 10)

#define BOLD     "\033[1m"
#define DIM      "\033[2m"
#define NORMAL   "\033[0m"
#define ELLIPSIS "…"

struct pretty {
	struct pw_fit_column *columns;
	struct pw_fit_column *other; /* of a line that is shared out anew */
	struct pw_bytes *names;      /* as they are shown */
	struct pw_slice *cells;      /* of the line in hand */
	bool *nulls;
	bool cut;   /* columns are left out */
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

static enum pw_fit_kind kind_of(const struct pw_writer *w, size_t i)
{
	if (i >= w->schema->count)
		return PW_FIT_NUMBER;
	const struct pw_type type = w->schema->fields[i].type;
	if (type.depth > 0)
		return PW_FIT_TEXT;
	switch (type.base) {
	case PW_STR:
	case PW_BYTES:
	case PW_JSON:
		return PW_FIT_TEXT;
	case PW_BOOL:
	case PW_DATETIME:
	case PW_DATETIME_UTC:
	case PW_UUID:
		return PW_FIT_VALUE;
	default:
		return PW_FIT_NUMBER;
	}
}

static struct pw_slice shown_name(const struct pretty *p, size_t i)
{
	return (struct pw_slice){p->names[i].data, p->names[i].length};
}

static int open_pretty(struct pw_writer *w)
{
	const struct pw_cells_style style = {.form = PW_CELLS_SHOWN,
					     .changes = w->options->changes};
	struct pretty *p = w->own = pw_mem_zero(1, sizeof *p);

	pw_cells_init(&w->cells, w->schema, &style);
	const size_t n = w->cells.count;
	p->columns = pw_mem_zero(n + 1, sizeof *p->columns);
	p->other = pw_mem_zero(n + 1, sizeof *p->other);
	p->names = pw_mem_zero(n + 1, sizeof *p->names);
	p->cells = pw_mem_zero(n + 1, sizeof *p->cells);
	p->nulls = pw_mem_zero(n + 1, sizeof *p->nulls);
	for (size_t i = 0; i < n; i++) {
		pw_cells_add_shown(&p->names[i], pw_slice_of(column_name(w, i)));
		p->columns[i].kind = kind_of(w, i);
		p->columns[i].wide = pw_utf8_width(p->names[i].data, p->names[i].length);
	}
	return 0;
}

static void close_pretty(struct pw_writer *w)
{
	struct pretty *p = w->own;

	if (p == NULL)
		return;
	for (size_t i = 0; p->names != NULL && i < w->cells.count; i++)
		pw_bytes_release(&p->names[i]);
	free(p->columns);
	free(p->other);
	free(p->names);
	free(p->cells);
	free(p->nulls);
	free(p->ends);
	pw_bytes_release(&p->text);
	free(p);
}

/* ---- cells ---- */

static size_t code_point(const char *s, size_t length)
{
	size_t n = 1;

	while (n < length && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The bytes of the longest beginning of a text that takes at most width columns, and how many it takes. */
static size_t fitting(struct pw_slice s, size_t width, size_t *taken)
{
	size_t i = 0, before = 0;

	*taken = 0;
	while (i < s.length) {
		const size_t n = code_point(s.data + i, s.length - i);
		const bool makes_emoji = n == 3 && memcmp(s.data + i, "\xef\xb8\x8f", 3) == 0;
		const size_t wide = makes_emoji ? before == 1 : pw_utf8_width(s.data + i, n);
		if (wide > width - *taken)
			break;
		*taken += wide;
		before = wide > 0 ? wide : before;
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

/* What a cell without room is cut to; a value that must not be cut is not shown at all. */
static struct pw_slice shorten(struct pw_slice s, const struct pw_fit_column *column,
			       bool may_be_cut, size_t *wide)
{
	size_t n = 0;

	*wide = 0;
	if (may_be_cut)
		n = fitting(s, column->width - 1, wide);
	return (struct pw_slice){s.data, n};
}

/* A cell that its column has no room for is shortened, and ends in an ellipsis; it may be a name. */
static void add_cell(struct pw_writer *w, const struct pw_fit_column *column, struct pw_slice s,
		     const char *look, bool name, bool last)
{
	const bool right = column->kind == PW_FIT_NUMBER;
	size_t wide = pw_utf8_width(s.data, s.length);
	const bool cut = wide > column->width && w->options->width > 0;

	if (cut) {
		s = shorten(s, column, name || column->kind == PW_FIT_TEXT, &wide);
		wide++;
	}
	const size_t pad = wide < column->width ? column->width - wide : 0;
	if (right)
		blanks(&w->out, pad);
	if (look != NULL)
		pw_bytes_text(&w->out, look);
	pw_bytes_add(&w->out, s.data, s.length);
	if (cut)
		pw_bytes_text(&w->out, ELLIPSIS);
	if (look != NULL)
		pw_bytes_text(&w->out, NORMAL);
	if (!right && !last)
		blanks(&w->out, pad);
}

/* ---- lines ---- */

static size_t last_shown(const struct pw_writer *w)
{
	const struct pretty *p = w->own;
	size_t i = w->cells.count;

	while (i > 0 && p->columns[i - 1].width == 0)
		i--;
	return i;
}

/* In place of the columns that are left out. */
static void add_mark(struct pw_writer *w, size_t shown)
{
	const size_t gap = shown > 0 ? PW_FIT_GAP : 0;

	if (w->options->width <= gap)
		return;
	blanks(&w->out, gap);
	pw_bytes_text(&w->out, ELLIPSIS);
}

static void add_names(struct pw_writer *w)
{
	const char *look = w->options->colour ? BOLD : NULL;
	struct pretty *p = w->own;
	const size_t end = last_shown(w);
	size_t shown = 0;

	for (size_t i = 0; i < end; i++) {
		if (p->columns[i].width == 0)
			continue;
		blanks(&w->out, shown++ > 0 ? PW_FIT_GAP : 0);
		add_cell(w, &p->columns[i], shown_name(p, i), look, true, i + 1 == end && !p->cut);
	}
	if (p->cut)
		add_mark(w, shown);
	pw_bytes_put(&w->out, '\n');
}

static void add_dashes(struct pw_writer *w)
{
	const bool colour = w->options->colour;
	struct pretty *p = w->own;
	size_t shown = 0;

	for (size_t i = 0; i < w->cells.count; i++) {
		const size_t width = p->columns[i].width;
		if (width == 0)
			continue;
		blanks(&w->out, shown++ > 0 ? PW_FIT_GAP : 0);
		if (colour)
			pw_bytes_text(&w->out, DIM);
		memset(pw_bytes_room(&w->out, width), '-', width);
		w->out.length += width;
		if (colour)
			pw_bytes_text(&w->out, NORMAL);
	}
	pw_bytes_put(&w->out, '\n');
}

/* The columns of the line in hand: those of all lines, unless one of its values needs more room. */
static const struct pw_fit_column *columns_of_line(struct pw_writer *w)
{
	struct pretty *p = w->own;
	const size_t n = w->cells.count;
	bool wider = false;

	if (w->options->width == 0)
		return p->columns;
	for (size_t i = 0; i < n && !wider; i++)
		wider = p->columns[i].kind != PW_FIT_TEXT && p->columns[i].width > 0 &&
			p->cells[i].length > p->columns[i].width &&
			pw_utf8_width(p->cells[i].data, p->cells[i].length) > p->columns[i].width;
	if (!wider)
		return p->columns;
	size_t shown = 0;
	for (size_t i = 0; i < n; i++) {
		if (p->columns[i].width == 0)
			continue;
		const size_t wide = pw_utf8_width(p->cells[i].data, p->cells[i].length);
		const bool text = p->columns[i].kind == PW_FIT_TEXT;
		struct pw_fit_column *c = &p->other[shown++];
		c->kind = p->columns[i].kind;
		c->wide = !text && wide > p->columns[i].width ? wide : p->columns[i].width;
		c->cells = c->wide;
	}
	if (pw_fit(p->other, shown, w->options->width) > 0)
		return p->columns; /* nothing helps: the value is not shown */
	for (size_t i = n; i-- > 0;)
		p->other[i].width = p->columns[i].width > 0 ? p->other[--shown].width : 0;
	for (size_t i = 0; i < n; i++)
		p->other[i].kind = p->columns[i].kind;
	return p->other;
}

/* The line in hand. */
static void add_line(struct pw_writer *w)
{
	struct pretty *p = w->own;
	const struct pw_fit_column *columns = columns_of_line(w);
	const size_t end = last_shown(w);
	size_t shown = 0;

	for (size_t i = 0; i < end; i++) {
		if (columns[i].width == 0)
			continue;
		blanks(&w->out, shown++ > 0 ? PW_FIT_GAP : 0);
		add_cell(w, &columns[i], p->cells[i],
			 p->nulls[i] && w->options->colour ? DIM : NULL, false, i + 1 == end);
	}
	pw_bytes_put(&w->out, '\n');
}

static void begin(struct pw_writer *w)
{
	struct pretty *p = w->own;

	p->begun = true;
	w->left_out = pw_fit(p->columns, w->cells.count, w->options->width);
	p->cut = w->left_out > 0;
	add_names(w);
	add_dashes(w);
}

/* Writes the rows that have waited, now that the widths are known. */
static int flush_pretty(struct pw_writer *w)
{
	struct pretty *p = w->own;
	const size_t columns = w->cells.count;
	size_t from = 0;

	if (!p->begun)
		begin(w);
	for (size_t i = 0; i < p->held;) {
		for (size_t c = 0; c < columns; c++, i++) {
			/* the low bit of an end says that the cell is null */
			const size_t to = p->ends[i] >> 1;
			p->cells[c] = (struct pw_slice){p->text.data + from, to - from};
			p->nulls[c] = p->ends[i] & 1;
			from = to;
		}
		add_line(w);
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
		struct pw_fit_column *column = &p->columns[c];
		column->cells = wide > column->cells ? wide : column->cells;
		column->wide = wide > column->wide ? wide : column->wide;
		pw_bytes_add(&p->text, s.data, s.length);
		p->ends[p->held++] = p->text.length << 1 | cell_null(&w->cells, c, row);
	}
}

static void add_row(struct pw_writer *w, uint32_t row)
{
	struct pretty *p = w->own;

	for (size_t c = 0; c < w->cells.count; c++) {
		p->cells[c] = pw_cells_at(&w->cells.cells[c], row);
		p->nulls[c] = cell_null(&w->cells, c, row);
	}
	add_line(w);
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
