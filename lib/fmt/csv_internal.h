/*
 * csv - the pieces of the CSV parser, and what they share
 *
 * csv_header.c reads up to the first row, csv_columns.c compares the header with
 * those before it, csv_delimiter.c finds what divides it; csv_block.c is the fast way from
 * bytes to rows, csv.c the careful one, with sampling and the kinds.
 */
#ifndef PW_FMT_CSV_INTERNAL_H
#define PW_FMT_CSV_INTERNAL_H

#include "csv_index_internal.h"
#include "csv_record_internal.h"
#include "infer.h"

enum {
	PW_CSV_BLOCK_ROWS = 1024,
	PW_CSV_BLOCK_BYTES =
		128 << 10,      /* the index and the cells of a block stay in the L2 cache */
	PW_CSV_WINDOW_FIRST = 8 /* rows of the block after an irregular record */
};

struct pw_csv_file {
	struct pw_parser p;
	char delimiter;
	bool started;                 /* the file's first bytes have been seen: no BOM any more */
	bool begun;                   /* the file's header has been read */
	struct pw_schema found;       /* columns of the first file, with types once inferred */
	char *first;                  /* its name */
	struct pw_found_kinds *kinds; /* per column found, while sampling; or NULL */
	size_t kind_count;
	size_t width;            /* cells of a record of this file */
	size_t *places;          /* column of this file -> column found, or SIZE_MAX */
	size_t *sources;         /* column of the layout -> cell of a record, or SIZE_MAX: absent */
	size_t time_at, diff_at; /* --changes */
	struct pw_csv_record record;
	/* the block */
	pw_csv_index_fn *index_fn;
	struct pw_csv_index index;
	size_t window; /* rows to try: fewer after an irregular record */
	uint32_t starts[PW_CSV_BLOCK_ROWS], ends[PW_CSV_BLOCK_ROWS];
	struct pw_csv_cell cells[PW_CSV_BLOCK_ROWS];
	pw_time times[PW_CSV_BLOCK_ROWS];
	int64_t diffs[PW_CSV_BLOCK_ROWS];
	struct pw_bytes scratch;
};

/*
 * Reads up to the first record of the file. Bytes consumed; -1; *more: it
 * needs more bytes. With --no-header that record is a row and is not consumed.
 */
ptrdiff_t pw_csv_header_read(struct pw_csv_file *c, const char *data, size_t n, bool last,
			     bool *more);

/* The columns of this file against those of the first, and the layout: 0, or fails. */
int pw_csv_columns_agree(struct pw_csv_file *c, const struct pw_schema *s);

/* What looking for the delimiter has come to; or it fails. */
enum { PW_CSV_KEEP, PW_CSV_MORE, PW_CSV_FOUND };

/* data begins with the header, which c->delimiter does not divide. */
int pw_csv_delimiter_find(struct pw_csv_file *c, const char *data, size_t n, bool last);

/* Likewise if it is divided: fails where another delimiter divides it and the rows as well. c->record stays the header. */
int pw_csv_delimiter_compare(struct pw_csv_file *c, const char *data, size_t n, bool last);

/* A header of one cell holds this delimiter; 0: none. And as --delimiter has it. */
char pw_csv_delimiter_likely(const struct pw_csv_file *c, const struct pw_schema *s);
const char *pw_csv_delimiter_shown(char delimiter);

/*
 * A record that stands between rows: a comment, or blank. Bytes it takes; 0:
 * it is neither, or its end is not there yet (*more).
 */
size_t pw_csv_header_skip(struct pw_csv_file *c, const char *data, size_t n, bool last, bool *more);

/* A block of regular records. Bytes consumed; 0: the next record is for the careful way. */
size_t pw_csv_block(struct pw_csv_file *c, const char *data, size_t n, struct pw_builder *out);

#endif
