/*
 * pw_parser - bytes of a file or a pipe become rows
 *
 * A kind of format (csv, jsonl, lines, file) is a const struct of seven
 * functions; pw_parser_kinds lists them. The caller owns the bytes: it hands
 * in [data, data + n), says whether these are the last of the file, and keeps
 * what was not consumed for the next call. A parser never holds part of a
 * record, so that an offset into the source is all that a restart needs.
 *
 * Use:      pw_parser_open with options (lent, must outlive it);
 *           to infer: per file begin, then sample until the file or the limit
 *           is reached; then columns;
 *           bind the layout (lent, must outlive it); per file begin, then
 *           parse into a builder until all is consumed; close.
 * Promises: what is consumed ends at the end of a record, or is what stands
 *           between records (a header, comments, blank lines);
 *           rows come in the order of the source; a row is complete or absent.
 * Memory:   grows with the records of one block, not with the file.
 * Fails:    "FILE:LINE: column 'NAME': 'VALUE' is not a float ..." (PW_DATA):
 *           the whole place is in the message, the caller adds nothing.
 */
#ifndef PW_FMT_PARSER_H
#define PW_FMT_PARSER_H

#include "../base/magic.h"
#include "../data/builder.h"
#include "found.h"

PW_C_BEGIN

/*
 * A column that is a str for want of values that say more: the values that come are
 * looked at, and one that would have made it another type does not fit.
 */
struct pw_parser_undecided {
	uint32_t seen; /* enum pw_kind: its values so far */
	bool json;     /* they come from JSON lines */
	bool decided;  /* it is a str, whatever comes */
};

/* Has it had no value yet, but perhaps empty texts? */
static inline bool pw_parser_lacks_values(const struct pw_parser_undecided *u)
{
	return (u->seen & ~(uint32_t)PW_KIND_EMPTY) == 0;
}

/* A column of the output, as the layout has it. */
struct pw_parser_column {
	const char *name;
	struct pw_type type;
	const char *pointer; /* JSON pointer ("/pet/age"); NULL: the member or header `name` */
	const char *format;  /* of pw_text_datetime_format; NULL: ISO 8601 */
	const struct pw_column *value; /* default: a column whose row 0 is it; NULL: none */
	bool declared;                 /* false: inferred, and a misfit says how to declare it */
	struct pw_parser_undecided *undecided; /* NULL: its type is known */
};

struct pw_parser_layout {
	const struct pw_parser_column *columns;
	size_t count;
};

/* How a record is treated that is no row, or has a cell that does not fit. */
enum pw_parser_policy {
	PW_PARSER_STOP, /* fail */
	PW_PARSER_NULL, /* the cell becomes null; a record that is no row fails */
	PW_PARSER_SKIP  /* the row is dropped, and handed to options->reject if that is set */
};

/*
 * A rejected row: why (the message, with its place), where, and the row as
 * JSON (an object of its cells by name; a string where it is no row at all).
 */
typedef void pw_parser_reject_fn(void *context, const char *reason, const char *file, uint64_t line,
				 struct pw_slice row);

struct pw_parser_options {
	char delimiter; /* csv: ',' or '\t' ... */
	char quote;     /* csv: '"'; 0: nothing is quoted */
	char comment;   /* csv: lines that begin with it are skipped; 0: none */
	bool look; /* csv: the delimiter is not declared, and may be found by looking (csv_delimiter.c) */
	bool look_quote; /* csv: likewise the quote, where names in other quotes are refused */
	bool no_header;  /* csv */
	bool only;    /* columns of the source that the layout lacks are dropped; else they fail */
	bool changes; /* the two last columns, or the members, _time and _diff make the change */
	bool odd;     /* --changes: odd times are allowed */
	bool double_times;
	bool append_only; /* --changes: a diff below 0 fails */
	bool kept;        /* a state directory keeps the columns */
	bool meta;        /* three more columns after the layout's: _path, _line, _modified */
	size_t max_line; /* bytes of a record; the caller enforces the limit (pw_parser_too_long) */
	size_t infer_rows;
	enum pw_parser_policy policy;
	pw_parser_reject_fn *reject;
	void *context;
};

#define PW_PARSER_LINE_MAX   ((size_t)64 << 20)
#define PW_PARSER_INFER_ROWS 10000

struct pw_parser;

struct pw_parser_kind {
	const char *name;            /* "csv", as -f has it */
	const char *const *suffixes; /* ".csv", ..., NULL */
	size_t size;                 /* of the kind's struct, which begins with struct pw_parser */
	/* A file begins: its name and time are in p already. Also called before sampling. */
	int (*begin)(struct pw_parser *p);

	/*
	 * Learns columns and types from whole records until p->sampled reaches
	 * options->infer_rows. Bytes consumed; 0: it needs more bytes.
	 */
	ptrdiff_t (*sample)(struct pw_parser *p, const char *data, size_t n, bool last);

	/*
	 * NULL: no record names the columns. After bind: compares the names of a
	 * file with the layout, without reading rows. 0; 1: it needs more bytes;
	 * or it fails.
	 */
	int (*header)(struct pw_parser *p, const char *data, size_t n, bool last);

	/*
	 * The columns found, in the order of the source (without _time and
	 * _diff), appended to f, with inferred types. 0, or fails.
	 */
	int (*columns)(struct pw_parser *p, struct pw_found *f);

	/* p->layout has been set: fails where the kind cannot do it (PW_USAGE). */
	int (*bind)(struct pw_parser *p);

	/*
	 * Appends rows to out, whose schema is the layout's columns and, with
	 * meta, three more, until out is full (pw_builder_full), no whole record
	 * is left, or a promise about time has been met (p->promised rises: rows
	 * before it are in out). Bytes consumed; 0: out is full or it needs more
	 * bytes (never when last and out is empty).
	 */
	ptrdiff_t (*parse)(struct pw_parser *p, const char *data, size_t n, bool last,
			   struct pw_builder *out);

	void (*close)(struct pw_parser *p);
};

struct pw_parser_lines {
	uint64_t *items;
	size_t count, capacity;
};

/* The members with which every kind's struct begins. */
struct pw_parser {
	const struct pw_parser_kind *kind;
	const struct pw_parser_options *options;
	const struct pw_parser_layout *layout;
	const char *file;  /* for messages and _path */
	int64_t modified;  /* of the file, ns since the epoch, or INT64_MIN: unknown */
	uint64_t line;     /* where the next record begins, from 1 */
	size_t preface;    /* bytes of this file that parse has consumed before its first row */
	bool looked;       /* the first bytes of this file are no other format's */
	char delimiter;    /* csv: that which sample has found by looking; 0: that of the options */
	uint64_t rejected; /* rows dropped so far */
	uint64_t nulled;   /* cells made null so far */
	size_t sampled;    /* records seen by sample */
	bool differs;      /* csv: a file that sample has seen has not the columns of the first */
	pw_time time; /* of the last row; without --changes that of all rows, set by the caller */
	pw_time promised; /* no more times below it, says a row with _diff 0 */
	pw_time above;    /* --changes: rows have this time or a later one; others are committed */
	pw_time most;    /* --changes: rows have this time or an earlier one, or, if it is 0, any */
	int64_t diff;    /* of the current row, in case it is rejected; 1 without --changes */
	uint64_t unseen; /* jsonl: rows with members that inference did not see, ignored */
	struct pw_bytes why; /* of pw_parser_not_utf8 */
	struct pw_parser_lines
		*lines; /* set by the caller, or NULL: takes the line of each row appended */
	struct pw_bytes unseen_first; /* "FILE:LINE: member 'NAME'", of the first of them */
};

/* All kinds, ended by NULL. */
extern const struct pw_parser_kind *const pw_parser_kinds[];

/* By name; NULL: none. By the suffix of a path (without .gz, .zst): lines, where none fits. */
const struct pw_parser_kind *pw_parser_kind_named(const char *name);
const struct pw_parser_kind *pw_parser_kind_of_path(const char *path);

struct pw_parser *pw_parser_open(const struct pw_parser_kind *kind,
				 const struct pw_parser_options *options);
int pw_parser_begin(struct pw_parser *p, const char *file, int64_t modified);
int pw_parser_bind(struct pw_parser *p, const struct pw_parser_layout *layout);
void pw_parser_close(struct pw_parser *p); /* NULL: nothing */

/* ---- for the kinds ---- */

/* "FILE:LINE: what"; -1 */
int pw_parser_fail(struct pw_parser *p, uint64_t line, const char *format, ...) PW_PRINTF(3, 4);

/*
 * The first bytes of a file: 0; 1: more are needed; -1: it fails, since they are
 * those of another format, which is named with the command that helps.
 */
int pw_parser_look(struct pw_parser *p, const char *data, size_t n, bool last);

/* Appends the command that makes a text of the file: "iconv -f LATIN1 ...". */
void pw_parser_advise(const struct pw_parser *p, const struct pw_magic *m, struct pw_bytes *b);

/* "is not valid UTF-8" with the command that makes it so. Lent until the next call. */
const char *pw_parser_not_utf8(struct pw_parser *p);

/* Fails: no end of the record within n bytes, more than max_line. */
int pw_parser_too_long(struct pw_parser *p, size_t n);

/*
 * A cell does not fit column c of the layout: sets the message, "FILE:LINE:
 * column 'NAME': 'FOUND' is not a float (declare it: -s 'NAME str')", and says
 * what to do: -1 (fail), PW_PARSER_NULL (append a null; the message is cleared
 * and the cell counted), PW_PARSER_SKIP (drop the row: pw_parser_reject). kind
 * is that of the value; 0: no declaration is advised. why replaces "is not a
 * float"; NULL: that. At most some 60 bytes of found are shown.
 */
int pw_parser_misfit(struct pw_parser *p, uint64_t line, size_t c, struct pw_slice found,
		     enum pw_kind kind, const char *why);

/*
 * A value of that kind comes to the column. True: it is a str with it as it was
 * without; false: the value does not fit, and is as if it had not been there.
 */
bool pw_parser_decide(struct pw_parser_undecided *u, enum pw_kind kind);

/* The column whose values have to be shown to pw_parser_decide, or NULL. */
static inline struct pw_parser_undecided *pw_parser_undecided(const struct pw_parser_column *c)
{
	return c->undecided == NULL || c->undecided->decided ? NULL : c->undecided;
}

/* A null in a required column, found or made: -1 or PW_PARSER_SKIP. */
int pw_parser_null(struct pw_parser *p, uint64_t line, size_t c);

/* A fault of the whole row, its message set: -1 or PW_PARSER_SKIP. */
int pw_parser_bad_row(struct pw_parser *p);

/* Reports the row that is dropped, with the message there is, and clears that. */
void pw_parser_reject(struct pw_parser *p, uint64_t line, struct pw_slice row);

/*
 * The cells _time and _diff of a row: checks them against the options and the
 * row before, moves p->time, sets *d. 0, or fails. *d is 0 where the row is a
 * promise (its other cells must be null): p->promised has moved, no row comes
 * of it, and parse returns right after it.
 */
int pw_parser_change(struct pw_parser *p, uint64_t line, struct pw_slice time, struct pw_slice diff,
		     int64_t *d);

/*
 * Appends the meta columns' values of a row to out, if the options ask for
 * them, and notes its line, if the caller does. To be called for each row when
 * pw_parser_notes says so.
 */
void pw_parser_meta(struct pw_parser *p, struct pw_builder *out, uint64_t line);

/*
 * Appends the value that a text means to the vector of column c, by its type
 * and time format (bytes are base64). 0, or -1 without a message.
 */
int pw_parser_text(const struct pw_parser_column *c, struct pw_slice s, struct pw_vector *v);

static inline bool pw_parser_notes(const struct pw_parser *p)
{
	return p->options->meta || p->lines != NULL;
}

/* Appends the default of column c; false: it has none. */
bool pw_parser_default(const struct pw_parser_column *c, struct pw_vector *v);

extern const struct pw_parser_kind pw_csv, pw_tsv, pw_json, pw_lines, pw_whole;

PW_C_END

#endif
