#include "live.h"
#include "../base/io.h"

#include <sys/ioctl.h>

#define EVERY 100 /* ms from draw to draw, at least */
#define SHARE 10  /* a draw takes at most one part of so many of the time */

#define UP "\033[%zuA"      /* so many lines up */
#define CLEAR_LINE "\033[K" /* from the cursor on */
#define CLEAR_BELOW "\033[J"

void pw_live_init(struct pw_live *l, int fd, bool colour, pw_writer_fn *write, void *to)
{
	*l = (struct pw_live){
		.fd = fd, .colour = colour, .write = write, .to = to, .next = pw_io_ms() + EVERY};
}

void pw_live_release(struct pw_live *l)
{
	pw_bytes_release(&l->text);
	pw_bytes_release(&l->out);
	*l = (struct pw_live){0};
}

bool pw_live_due(const struct pw_live *l)
{
	return pw_io_ms() >= l->next;
}

/* Columns and lines of the terminal; 80 and 24, if it does not say. */
static void terminal_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size;
	const int rc = ioctl(fd, TIOCGWINSZ, &size);

	*columns = rc == 0 && size.ws_col > 0 ? size.ws_col : 80;
	*lines = rc == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* The rows that fill so many lines. */
static void first_rows(const struct pw_table *table, size_t lines, struct pw_builder *rows)
{
	pw_diff copies;

	for (size_t i = 0; i < table->count && lines > 0; i++) {
		const struct pw_slice row = pw_table_row(table, i, &copies);
		const size_t n = (uint64_t)copies < lines ? (size_t)copies : lines;
		pw_roworder_decode(table->order, row, rows);
		pw_builder_row(rows, 0, (pw_diff)n);
		lines -= n;
	}
}

static int add_rows(struct pw_live *l, const struct pw_table *table, size_t columns, size_t lines)
{
	const struct pw_writer_options how = {.colour = l->colour, .width = columns};
	const struct pw_schema *schema = table->order->schema;
	struct pw_builder rows;
	struct pw_writer w;
	int rc;

	pw_builder_init(&rows, schema);
	first_rows(table, lines, &rows);
	rc = pw_writer_open(&w, &pw_writer_pretty, schema, &how, to_bytes, &l->text);
	if (rc == 0)
		rc = pw_writer_batch(&w, pw_builder_view(&rows));
	if (rc == 0)
		rc = pw_writer_flush(&w);
	pw_writer_close(&w);
	pw_builder_release(&rows);
	return rc;
}

static void move_up(struct pw_live *l)
{
	pw_bytes_clear(&l->out);
	if (l->drawn > 0)
		pw_bytes_print(&l->out, "\r" UP, l->drawn);
	l->drawn = 0;
}

static int write_out(struct pw_live *l)
{
	pw_bytes_text(&l->out, CLEAR_BELOW);
	return l->write(l->to, l->out.data, l->out.length);
}

/* Line by line over the old ones, so that nothing flickers. */
static int draw_text(struct pw_live *l)
{
	const char *at = l->text.data, *end = at + l->text.length;

	move_up(l);
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		pw_bytes_add(&l->out, at, (size_t)(line_end - at));
		pw_bytes_text(&l->out, CLEAR_LINE "\n");
		at = line_end + 1;
		l->drawn++;
	}
	return write_out(l);
}

int pw_live_draw(struct pw_live *l, struct pw_table *table)
{
	const int64_t start = pw_io_ms();
	size_t columns, lines;

	terminal_size(l->fd, &columns, &lines);
	const size_t room = lines > 5 ? lines - 4 : 1; /* header, dashes, status, cursor */
	pw_bytes_clear(&l->text);
	pw_table_arrange(table, true);
	if (add_rows(l, table, columns, room) < 0)
		return -1;
	if (columns >= 32) /* it must not wrap */
		pw_bytes_print(&l->text, "(%zu different row%s)\n", table->count,
			       table->count == 1 ? "" : "s");
	const int rc = draw_text(l);
	const int64_t now = pw_io_ms(), pause = SHARE * (now - start);
	l->next = now + (pause > EVERY ? pause : EVERY);
	return rc;
}

int pw_live_clear(struct pw_live *l)
{
	if (l->drawn == 0)
		return 0;
	move_up(l);
	return write_out(l);
}
