/*
 * pw_line - lines of text in a file that only grows: journals, the list of stages
 *
 *   {"json": ...} 4711 0123456789abcdef\n
 *
 * A line has JSON, the number of bytes of the file that were durable when the
 * line was written, and a check: the XXH3-64 of the check of the line above
 * (none for the first line) and of this line up to the blank before its check.
 */
#ifndef PW_STORE_LINE_H
#define PW_STORE_LINE_H

#include "../time/time.h"

#include <jansson.h>

PW_C_BEGIN

/* The check that the next line is chained to. */
struct pw_line_chain {
	char digits[17]; /* "": none yet */
};

struct pw_line {
	struct pw_slice json;
	uint64_t durable;
	size_t from, to; /* where it stands, with its newline */
};

/* Appends a line; value stays the caller's. */
void pw_line_add(struct pw_bytes *text, struct pw_line_chain *chain, const json_t *value,
		 uint64_t durable);

/* Appends a line of JSON text. */
void pw_line_add_text(struct pw_bytes *text, struct pw_line_chain *chain, struct pw_slice json,
		      uint64_t durable);

/*
 * The line at *at of a text; *at moves to the next one. 1; 0: no more lines; -1:
 * fails (PW_STATE), the line is damaged or torn, and *at stays.
 */
int pw_line_next(struct pw_slice text, size_t *at, struct pw_line_chain *chain,
		 struct pw_line *line);

PW_C_END

#endif
