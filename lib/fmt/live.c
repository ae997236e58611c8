#include "live.h"
#include "../base/io.h"
#include "../base/utf8.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#define EVERY 100  /* ms from draw to draw, at least */
#define SHARE 10   /* a draw takes at most one part of so many of the time */
#define TICK  1000 /* ms: the status line is no older */

#define UP          "\r\033[%zuA" /* so many lines up, to the first column */
#define CLEAR_LINE  "\033[K"      /* from the cursor on */
#define CLEAR_BELOW "\033[J"
#define DIM         "\033[2m"
#define NORMAL      "\033[0m"

enum {
	HEADER = 2,
	BELOW = 2
}; /* lines that are not rows: the names and the dashes; the status line and the cursor's */

void pw_live_init(struct pw_live *l, int fd, bool colour, pw_writer_fn *write, void *to)
{
	const int64_t now = pw_io_ms();

	*l = (struct pw_live){.fd = fd,
			      .colour = colour,
			      .write = write,
			      .to = to,
			      .next = now + EVERY,
			      .tick = now + TICK};
	l->samples[0].at = l->samples[1].at = now;
}

void pw_live_release(struct pw_live *l)
{
	pw_bytes_release(&l->text);
	pw_bytes_release(&l->out);
	free(l->widths);
	*l = (struct pw_live){0};
}

void pw_live_note(struct pw_live *l, uint64_t changes, pw_time frontier)
{
	l->changes = changes;
	l->frontier = frontier;
}

bool pw_live_due(const struct pw_live *l)
{
	return pw_io_ms() >= l->next;
}

bool pw_live_idle(const struct pw_live *l)
{
	return pw_io_ms() >= l->tick;
}

/* Finds the columns and lines of the terminal; 80 and 24 if it does not say. */
static void terminal_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size;
	const int rc = ioctl(fd, TIOCGWINSZ, &size);

	*columns = rc == 0 && size.ws_col > 0 ? size.ws_col : 80;
	*lines = rc == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

bool pw_live_resized(const struct pw_live *l)
{
	size_t columns, lines;

	if (l->columns == 0)
		return false;
	terminal_size(l->fd, &columns, &lines);
	return columns != l->columns || lines != l->lines;
}

/* ---- text ---- */

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* Takes the rows that fill so many lines, and counts all of them. */
static void first_rows(struct pw_live *l, const struct pw_table *table, size_t room,
		       struct pw_builder *rows)
{
	pw_diff copies;

	l->rows = l->shown = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct pw_slice row = pw_table_row(table, i, &copies);
		const uint64_t left = room - l->shown;
		const uint64_t n = (uint64_t)copies < left ? (uint64_t)copies : left;
		l->rows += (uint64_t)copies;
		if (n == 0)
			continue;
		pw_roworder_decode(table->order, row, rows);
		pw_builder_row(rows, 0, (pw_diff)n);
		l->shown += n;
	}
}

static int add_rows(struct pw_live *l, const struct pw_table *table, size_t room)
{
	const struct pw_writer_options how = {.colour = l->colour, .width = l->columns};
	const struct pw_schema *schema = table->order->schema;
	struct pw_builder rows;
	struct pw_writer w;
	int rc;

	pw_builder_init(&rows, schema);
	first_rows(l, table, room, &rows);
	rc = pw_writer_open(&w, &pw_writer_pretty, schema, &how, to_bytes, &l->text);
	if (rc == 0)
		rc = pw_writer_batch(&w, pw_builder_view(&rows));
	if (rc == 0)
		rc = pw_writer_flush(&w);
	pw_writer_close(&w);
	pw_builder_release(&rows);
	return rc;
}

static void add_status(struct pw_live *l, bool last)
{
	struct pw_bytes line = {0};
	const int64_t now = pw_io_ms();

	pw_live_status(l, last ? 0 : now, pw_io_ns(CLOCK_REALTIME) / 1000000, &line);
	if (line.length > l->columns)
		line.length = l->columns;
	if (l->colour)
		pw_bytes_text(&l->text, DIM);
	pw_bytes_add(&l->text, line.data, line.length);
	pw_bytes_text(&l->text, l->colour ? NORMAL "\n" : "\n");
	pw_bytes_release(&line);
	if (now - l->samples[1].at >= TICK) {
		l->samples[0] = l->samples[1];
		l->samples[1] = (struct pw_live_sample){now, l->changes};
	}
	l->tick = now + TICK;
}

/* ---- the screen ---- */

/* How many columns a line takes; colours take none. */
static size_t width_of(const char *line, size_t length)
{
	size_t width = 0, from = 0;

	for (size_t i = 0; i < length; i++) {
		if (line[i] != '\033')
			continue;
		width += pw_utf8_width(line + from, i - from);
		while (i < length && line[i] != 'm')
			i++;
		from = i + 1;
	}
	return from < length ? width + pw_utf8_width(line + from, length - from) : width;
}

/* How many lines the drawn ones take now: a terminal that became narrower has wrapped them. */
static size_t height(const struct pw_live *l, size_t columns)
{
	size_t lines = 0;

	for (size_t i = 0; i < l->drawn; i++)
		lines += l->widths[i] > columns ? (l->widths[i] + columns - 1) / columns : 1;
	return lines;
}

static void move_up(struct pw_live *l, size_t lines)
{
	pw_bytes_clear(&l->out);
	if (lines > 0)
		pw_bytes_print(&l->out, UP, lines);
}

/* Draws the first lines of the text over what is there, so that nothing flickers. */
static void overwrite(struct pw_live *l, size_t most)
{
	const char *at = l->text.data, *end = at + l->text.length;

	for (; at < end && most > 0; most--) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const size_t length = (size_t)(line_end - at), width = width_of(at, length);
		pw_bytes_add(&l->out, at, length);
		if (width < l->columns) /* else clearing would take the last character off */
			pw_bytes_text(&l->out, CLEAR_LINE);
		pw_bytes_put(&l->out, '\n');
		l->widths = pw_mem_grow(l->widths, &l->capacity, l->drawn + 1, sizeof *l->widths);
		l->widths[l->drawn++] = width;
		at = line_end + 1;
	}
}

static int write_out(struct pw_live *l)
{
	pw_bytes_text(&l->out, CLEAR_BELOW);
	return l->write(l->to, l->out.data, l->out.length);
}

static int draw(struct pw_live *l, struct pw_table *table, bool last)
{
	const int64_t start = pw_io_ms();

	terminal_size(l->fd, &l->columns, &l->lines);
	const size_t most = l->lines > BELOW ? l->lines - BELOW : 0;
	pw_table_arrange(table, true);
	pw_bytes_clear(&l->text);
	if (add_rows(l, table, most > HEADER ? most - HEADER : 0) < 0)
		return -1;
	move_up(l, height(l, l->columns));
	l->drawn = 0;
	overwrite(l, most);
	pw_bytes_clear(&l->text);
	add_status(l, last);
	overwrite(l, 1);
	const int rc = write_out(l);
	const int64_t now = pw_io_ms(), pause = SHARE * (now - start);
	l->next = now + (pause > EVERY ? pause : EVERY);
	return rc;
}

int pw_live_draw(struct pw_live *l, struct pw_table *table)
{
	return draw(l, table, false);
}

int pw_live_last(struct pw_live *l, struct pw_table *table)
{
	return draw(l, table, true);
}

int pw_live_tick(struct pw_live *l)
{
	if (l->drawn == 0)
		return 0;
	move_up(l, 1);
	l->drawn--;
	pw_bytes_clear(&l->text);
	add_status(l, false);
	overwrite(l, 1);
	return write_out(l);
}

int pw_live_clear(struct pw_live *l)
{
	size_t columns, lines;

	if (l->drawn == 0)
		return 0;
	terminal_size(l->fd, &columns, &lines);
	move_up(l, height(l, columns));
	l->drawn = 0;
	return write_out(l);
}

void pw_live_lost(struct pw_live *l)
{
	l->drawn = 0;
}
