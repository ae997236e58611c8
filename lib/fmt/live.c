#include "live.h"
#include "../base/io.h"
#include "../base/utf8.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#define EVERY 100  /* ms from draw to draw, at least */
#define SHARE 10   /* a draw takes at most one part of so many of the time */
#define TICK  1000 /* ms: the status line is no older */

#define UP          "\r\033[%zuA" /* so many lines up, to the first column */
#define HOME        "\033[H"
#define BOTTOM      "\033[9999B" /* the last line */
#define CLEAR_LINE  "\033[K"     /* from the cursor on */
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
	pw_bytes_release(&l->screen);
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

void pw_live_size(int fd, size_t *columns, size_t *lines)
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
	pw_live_size(l->fd, &columns, &lines);
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
		rc = pw_writer_end(&w);
	l->left_out = w.left_out;
	pw_writer_close(&w);
	pw_builder_release(&rows);
	return rc;
}

static void add_status(struct pw_live *l, bool last)
{
	struct pw_bytes line = {0};
	const int64_t now = pw_io_ms();

	pw_live_status(l, last ? 0 : now, pw_io_ns(CLOCK_REALTIME) / 1000000, &line);
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

/* The bytes of a colour at the beginning of a text: they take no column. */
static size_t colour_length(const char *text, size_t n)
{
	const char *end = n > 0 && text[0] == '\033' ? memchr(text, 'm', n) : NULL;

	return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static size_t character_length(const char *text, size_t n)
{
	size_t i = 1;

	while (i < n && ((unsigned char)text[i] & 0xc0) == 0x80)
		i++;
	return i;
}

/*
 * How many lines of a terminal of so many columns a line takes: what was drawn
 * on a wider one has been wrapped, and a character of two columns is not broken.
 * *width: the columns of the last of them.
 */
static size_t wrapped(const char *line, size_t length, size_t columns, size_t *width)
{
	size_t lines = 1;

	*width = 0;
	for (size_t i = 0; i < length;) {
		const size_t colour = colour_length(line + i, length - i);
		if (colour > 0) {
			i += colour;
			continue;
		}
		const size_t n = character_length(line + i, length - i);
		const size_t wide = pw_utf8_width(line + i, n);
		if (*width + wide > columns && *width > 0) {
			lines++;
			*width = 0;
		}
		*width += wide;
		i += n;
	}
	return lines;
}

/* How many lines the drawn ones take now. */
static size_t height(const struct pw_live *l, size_t columns)
{
	const char *at = l->screen.data, *end = at + l->screen.length;
	size_t lines = 0, width;

	for (; at < end; at++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		lines += wrapped(at, (size_t)(lf - at), columns, &width);
		at = lf;
	}
	return lines;
}

static void move_up(struct pw_live *l, size_t lines)
{
	if (lines > 0)
		pw_bytes_print(&l->out, UP, lines);
}

/*
 * What stood above the table goes where lines go that leave the screen at its
 * top, and the table begins there from now on.
 */
static void take_screen(struct pw_live *l, size_t lines)
{
	pw_bytes_text(&l->out, CLEAR_BELOW BOTTOM);
	for (size_t i = 0; i < lines; i++)
		pw_bytes_put(&l->out, '\n');
	l->alone = true;
}

/*
 * Moves to where the drawn lines begin. Nobody can tell what is where after a
 * resize: terminals wrap lines anew or cut them, bring lines back or do not, and
 * may have done so before the last draw had come to them. So the table takes
 * the whole screen then, and draws all of it.
 */
static void move_to_top(struct pw_live *l, size_t columns, size_t lines)
{
	const bool resized = l->columns != 0 && (columns != l->columns || lines != l->lines);

	pw_bytes_clear(&l->out);
	if (!resized || l->drawn == 0 || !l->alone)
		move_up(l, height(l, columns));
	if (!resized || l->drawn == 0)
		return;
	if (!l->alone)
		take_screen(l, lines);
	pw_bytes_text(&l->out, HOME CLEAR_BELOW);
}

/* Draws the first lines of the text over what is there, so that nothing flickers. */
static void overwrite(struct pw_live *l, size_t most)
{
	const char *at = l->text.data, *end = at + l->text.length;
	size_t width;

	for (; at < end && most > 0; most--) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const size_t length = (size_t)(line_end - at);
		wrapped(at, length, SIZE_MAX, &width);
		pw_bytes_add(&l->out, at, length);
		if (width < l->columns) /* else clearing would take the last character off */
			pw_bytes_text(&l->out, CLEAR_LINE);
		pw_bytes_put(&l->out, '\n');
		pw_bytes_add(&l->screen, at, length + 1);
		l->drawn++;
		at = line_end + 1;
	}
}

static void forget(struct pw_live *l)
{
	l->drawn = 0;
	pw_bytes_clear(&l->screen);
}

static int write_out(struct pw_live *l)
{
	pw_bytes_text(&l->out, CLEAR_BELOW);
	return l->write(l->to, l->out.data, l->out.length);
}

static int draw(struct pw_live *l, struct pw_table *table, bool last)
{
	const int64_t start = pw_io_ms();
	size_t columns, lines;

	pw_live_size(l->fd, &columns, &lines);
	move_to_top(l, columns, lines);
	l->columns = columns;
	l->lines = lines;
	const size_t most = l->lines > BELOW ? l->lines - BELOW : 0;
	pw_table_arrange(table, true);
	pw_bytes_clear(&l->text);
	if (add_rows(l, table, most > HEADER ? most - HEADER : 0) < 0)
		return -1;
	forget(l);
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
	pw_bytes_clear(&l->out);
	move_up(l, 1);
	l->drawn--;
	l->screen.length--;
	while (l->screen.length > 0 && l->screen.data[l->screen.length - 1] != '\n')
		l->screen.length--;
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
	pw_live_size(l->fd, &columns, &lines);
	move_to_top(l, columns, lines);
	forget(l);
	return write_out(l);
}

void pw_live_lost(struct pw_live *l)
{
	forget(l);
	l->alone = false;
}
