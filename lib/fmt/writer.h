/*
 * pw_writer - rows become the bytes of a file
 *
 * A kind of format (csv, tsv, jsonl, lines, pretty) is a const struct of four
 * functions; pw_writer_kinds lists them. pws is in the list for its name and
 * suffix: a stream is saved as it is, through pw_output, and has no functions.
 *
 * Use:      pw_writer_open with options (lent, must outlive it) and a function
 *           that takes bytes; batches; flush whenever the rows so far must be
 *           seen; end; close.
 * Promises: rows come in the order of the batches; a row with diff n comes n
 *           times, or with options.changes once, with two cells more;
 *           the header comes with the first row, or at the end if no row does:
 *           nothing is written before.
 * Callers:  see to it that diffs are above 0, unless options.changes.
 * Memory:   some 256 KB and the text of a block of rows; pretty also the rows
 *           that it measures.
 * Fails:    as the function that takes bytes; lines: "'data' holds a line
 *           end" (PW_DATA); options and schemas it cannot write (PW_USAGE).
 */
#ifndef PW_FMT_WRITER_H
#define PW_FMT_WRITER_H

#include "cells.h"

PW_C_BEGIN

struct pw_writer_options {
	char delimiter; /* csv, tsv: 0 is the kind's own */
	bool no_header; /* csv, tsv */
	bool changes;   /* two more columns, the last: _time and _diff */
	bool append;    /* csv, tsv: a header is there already */
	bool colour;    /* pretty: for a terminal that shows it */
	size_t width;   /* pretty: lines take at most so many columns; 0: any number */
};

struct pw_writer;

struct pw_writer_kind {
	const char *name;            /* "csv", as -f has it */
	const char *const *suffixes; /* ".csv", ..., NULL */
	int (*open)(struct pw_writer *w);
	void (*header)(struct pw_writer *w); /* comes before the first row; NULL: there is none */
	int (*batch)(struct pw_writer *w, const struct pw_batch *batch);
	int (*flush)(struct pw_writer *w);  /* held rows go to w->out; NULL: none are held */
	void (*close)(struct pw_writer *w); /* NULL: nothing to release */
};

typedef int pw_writer_fn(void *to, const void *data, size_t length);

struct pw_writer {
	const struct pw_writer_kind *kind;
	const struct pw_schema *schema; /* lent */
	const struct pw_writer_options *options;
	struct pw_cells cells;
	struct pw_slice tail; /* the bytes that end each row */
	struct pw_bytes out;
	pw_writer_fn *write;
	void *to;
	size_t left_out; /* pretty: columns that the width has no room for, once the header is out */
	bool begun;      /* rows may have come, and the header is in out, or handed out */
	void *own;       /* the kind's */
};

/* All kinds, ended by NULL. */
extern const struct pw_writer_kind *const pw_writer_kinds[];

/* By name: fails (PW_USAGE) "'cvs' is not a format (did you mean 'csv'?)", NULL. */
const struct pw_writer_kind *pw_writer_kind_named(const char *name);

/* By the suffix of a path, .gz and .zst taken off; lines where none fits, as pw-read has it. */
const struct pw_writer_kind *pw_writer_kind_of_path(const char *path);

int pw_writer_open(struct pw_writer *w, const struct pw_writer_kind *kind,
		   const struct pw_schema *schema, const struct pw_writer_options *options,
		   pw_writer_fn *write, void *to);
int pw_writer_batch(struct pw_writer *w, const struct pw_batch *batch);
int pw_writer_flush(struct pw_writer *w);
int pw_writer_end(struct pw_writer *w); /* flushes; the header is there now, whatever has come */
void pw_writer_close(struct pw_writer *w);

/* ---- for the kinds ---- */

/* Formats the batch in blocks with w->cells and w->tail, handing out what is full. */
int pw_writer_rows(struct pw_writer *w, const struct pw_batch *batch);

extern const struct pw_writer_kind pw_writer_csv;
extern const struct pw_writer_kind pw_writer_tsv;
extern const struct pw_writer_kind pw_writer_jsonl;
extern const struct pw_writer_kind pw_writer_lines;
extern const struct pw_writer_kind pw_writer_pretty;
extern const struct pw_writer_kind pw_writer_pws;

PW_C_END

#endif
