/*
 * pw_csv_record - one record of CSV, byte by byte: the grammar
 *
 * RFC 4180, strictly: a quote opens a cell only as its first byte, is doubled
 * within, and is closed only before a delimiter or the end of the line; a
 * quote within an unquoted cell and text after a closing quote are faults.
 * Lines end in LF or CRLF; a CR elsewhere outside quotes is a fault. libcsv
 * in strict mode agrees, but for a lone CR, which it takes for a line's end
 * (tests/unit/csv.c compares the two).
 *
 * The fast way (csv_index) gives the same cells where it gives any; records that
 * it does not know are read here.
 */
#ifndef PW_FMT_CSV_RECORD_INTERNAL_H
#define PW_FMT_CSV_RECORD_INTERNAL_H

#include "csv_cells_internal.h"

enum pw_csv_fault {
	PW_CSV_FINE,
	PW_CSV_BARE_QUOTE,  /* a quote within an unquoted cell */
	PW_CSV_AFTER_QUOTE, /* text after a closing quote */
	PW_CSV_BARE_CR,     /* a CR that is no part of CRLF */
	PW_CSV_UNCLOSED     /* a quote that is never closed */
};

struct pw_csv_record {
	struct pw_csv_cell *cells;
	size_t count, capacity;
	struct pw_bytes scratch; /* cells whose doubled quotes were made one */
	enum pw_csv_fault fault;
	size_t fault_at;   /* offset of the fault (of the opening quote, when unclosed) */
	uint32_t newlines; /* LFs in what was consumed */
};

/*
 * Reads the record at data. Returns the bytes that it takes, its line end
 * included; 0: its end is not within n bytes (never when last and n > 0). A
 * faulty record takes all up to the next LF after the fault (unclosed: all
 * there is), and has the cells before the fault.
 */
size_t pw_csv_record_read(struct pw_csv_record *r, const char *data, size_t n, bool last,
			  char delimiter, char quote);

/* Says what the record's fault is, and on which line; its bytes begin at data. */
int pw_csv_record_fail(const struct pw_csv_record *r, struct pw_parser *parser, const char *data);

void pw_csv_record_release(struct pw_csv_record *r);

/*
 * Takes the quotes off a cell that begins with one, as it stands in the
 * bytes. Doubled quotes are made one in scratch, which must have room for all
 * cells that are to stay.
 */
static inline void pw_csv_record_unquote(struct pw_csv_cell *cell, char quote,
					 struct pw_bytes *scratch)
{
	const char *from = cell->data + 1;
	const size_t n = cell->length - 2;
	const char *inner = n > 0 ? memchr(from, quote, n) : NULL;

	cell->quoted = 1;
	cell->data = from;
	cell->length = (uint32_t)n;
	if (inner == NULL)
		return;
	char *to = scratch->data + scratch->length, *start = to;
	for (size_t i = 0; i < n; i++) {
		*to++ = from[i];
		i += from[i] == quote;
	}
	cell->data = start;
	cell->length = (uint32_t)(to - start);
	scratch->length += cell->length;
}

#endif
