/*
 * csv_referee - what libcsv makes of a text, in its strict mode
 *
 * Use:      struct referee r = {0}; referee_read; look at refused, cells,
 *           rows; referee_release.
 * The rules that libcsv leaves to its caller are added here, as pw-read(1)
 * has them: blanks belong to the cell; a blank line is no row, but in a table
 * of one column a row holding null; each row has as many cells as the first;
 * a CR that is not before LF (or at the very end) is refused, and so are
 * texts that hold a NUL or are no UTF-8.
 */
#ifndef CSV_REFEREE_H
#define CSV_REFEREE_H

#include "../../lib/base/bytes.h"
#include "../../lib/base/utf8.h"
#include "../../lib/data/text.h"

#include <csv.h>

struct referee {
	struct pw_bytes out;  /* a line per row: [cell, ...] as JSON */
	struct pw_bytes line; /* the row in hand */
	size_t width;         /* of the first row; 0: none yet */
	size_t cells;         /* of the row in hand */
	size_t rows;
	bool refused;
	bool after_cr; /* the last event was a CR */
};

static void referee_cell(void *data, size_t n, void *context)
{
	struct referee *const r = context;
	if (r->after_cr)
		r->refused = true;
	r->after_cr = false;
	pw_bytes_text(&r->line, r->cells++ > 0 ? "," : "[");
	if (data == NULL) {
		pw_bytes_text(&r->line, "null");
	} else if (!pw_utf8_valid(data, n) || memchr(data, 0, n) != NULL) {
		r->refused = true;
	} else {
		pw_text_add_json_string(&r->line, data, n);
	}
}

static void referee_end(struct referee *r)
{
	if (r->cells == 0 && r->width == 1) {
		pw_bytes_text(&r->line, "[null");
		r->cells = 1;
	}
	if (r->cells > 0) {
		if (r->width == 0)
			r->width = r->cells;
		if (r->cells != r->width)
			r->refused = true;
		pw_bytes_add(&r->out, r->line.data, r->line.length);
		pw_bytes_text(&r->out, "]\n");
		r->rows++;
	}
	pw_bytes_clear(&r->line);
	r->cells = 0;
}

static void referee_row(int c, void *context)
{
	struct referee *const r = context;
	const bool second = c == '\n' && r->after_cr;
	if (c == '\r' && r->after_cr)
		r->refused = true;
	r->after_cr = c == '\r';
	if (!second)
		referee_end(r);
}

static int referee_no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void referee_read(struct referee *r, const char *data, size_t n, char delimiter)
{
	struct csv_parser p;
	if (n >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		n -= 3;
	}
	csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_EMPTY_IS_NULL);
	csv_set_delim(&p, (unsigned char)delimiter);
	csv_set_space_func(&p, referee_no_space);
	if (csv_parse(&p, data, n, referee_cell, referee_row, r) != n ||
	    csv_fini(&p, referee_cell, referee_row, r) != 0)
		r->refused = true;
	csv_free(&p);
}

static void referee_release(struct referee *r)
{
	pw_bytes_release(&r->out);
	pw_bytes_release(&r->line);
}

#endif
