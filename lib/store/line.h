/*
 * pw_line - lines of a file that only grows: journals, the list of stages
 *
 *   {"json": ...} 4711 0123456789abcdef\n
 *
 * the number of bytes of the file that were durable when the line was written,
 * and the XXH3-64 of the digits of the line before (of the first: none) and
 * this line up to the blank in front of its own.
 */
#ifndef PW_STORE_LINE_H
#define PW_STORE_LINE_H

#include "../time/time.h"

#include <jansson.h>

PW_C_BEGIN

/* The digits that a line is chained to. */
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

/* The same of JSON text. */
void pw_line_add_text(struct pw_bytes *text, struct pw_line_chain *chain, struct pw_slice json,
		      uint64_t durable);

/*
 * The line at *at of a text, which then stands behind it. 1; 0: no more; -1
 * fails (PW_STATE): it is damaged or torn, and *at stays.
 */
int pw_line_next(struct pw_slice text, size_t *at, struct pw_line_chain *chain,
		 struct pw_line *line);

PW_C_END

#endif
