/*
 * pw_csv_index - where the cells and lines of plain CSV end
 *
 * Bytes are looked at 64 at a time as bitmaps (delimiter, quote, CR, LF). A
 * running parity of the quotes says which bytes lie within quotes; a doubled
 * quote leaves and enters at once, which is right for structure.
 *
 * Promises: delimiters and newlines hold, ascending, the places of all
 *           delimiters and LFs outside quotes in data[0, done); done is n,
 *           or less where the room was used up or where the bytes after are
 *           not plain: a quote within an unquoted cell, text after a closing
 *           quote, a CR that is no part of CRLF.
 *           Every variant gives the same answer.
 * Bounds:   the arrays have 64 entries more than their room; n < 2^31.
 */
#ifndef PW_FMT_CSV_INDEX_INTERNAL_H
#define PW_FMT_CSV_INDEX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_csv_index {
	uint32_t *delimiters, *newlines;
	size_t delimiter_room, newline_room;
	size_t delimiter_count, newline_count;
	size_t done;
	/* whether [0, done), or the bytes just after, hold such a byte: */
	bool quotes;
	bool cr;
	bool high; /* above 127 */
	bool nul;
};

#define PW_CSV_INDEX_SLACK 64

typedef void pw_csv_index_fn(struct pw_csv_index *x, const char *data, size_t n, char delimiter,
			     char quote);

/* The fastest that this machine runs. quote 0: nothing is quoted. */
pw_csv_index_fn *pw_csv_index_best(void);

pw_csv_index_fn pw_csv_index_base; /* any machine of this architecture */
pw_csv_index_fn pw_csv_index_avx2; /* only where pw_csv_index_has_avx2 */
bool pw_csv_index_has_avx2(void);

#endif
