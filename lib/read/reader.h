/*
 * pw_reader - files become batches: the static reading of pw-read
 *
 * Use:      set tool, paths, kind (by pw_reader_format or pw_reader_guess) and
 *           options; pw_reader_rejects; pw_reader_sample, which finds the
 *           columns; set layout, pw_reader_bind; then pw_reader_next until
 *           PW_READER_DONE, with pw_reader_wait after each PW_READER_WAITS;
 *           pw_reader_report; pw_reader_close.
 * Promises: files come in order, one after the other, each read once from its
 *           beginning but for the sample; the sample of standard input or of
 *           a pipe stays in the buffer, and is not read twice;
 *           before a pipe is waited for, the rows that have come are handed
 *           out;
 *           of a file that grows, what it held when it was opened is read, but
 *           for a last record without its end, and the file stays open there.
 * Memory:   a buffer of 256 KB (or of block), more for a longer record (up to
 *           max_line) or for the sample of a pipe (up to SAMPLE_BYTES).
 * Fails:    the message names file and line.
 */
#ifndef PW_READ_READER_H
#define PW_READ_READER_H

#include "../conn/file.h"
#include "../fmt/layout.h"
#include "../tool/reject.h"

#include <sys/stat.h>

enum pw_reader_answer {
	PW_READER_DONE, /* all has been read */
	PW_READER_ROWS, /* rows were appended, or a promise about time has moved parser->promised */
	PW_READER_WAITS /* a pipe has nothing now */
};

struct pw_reader {
	struct pw_tool *tool;
	const struct pw_parser_kind *kind;
	struct pw_parser_options options;
	struct pw_reject reject;
	struct pw_parser *parser;
	char **paths;
	size_t path_count, path_at;
	size_t alike; /* so many of the first files have one set of columns: they were sampled */
	size_t infer_rows;
	size_t block; /* bytes to read at a time, each of which hands out its rows; 0: 256 KB, and many */
	bool steps; /* rows, perhaps none, are handed out after each parse: their bytes are in the buffer */

	/* files that grow: they are followed, or resumed */
	bool grows;        /* files grow: a last line without its end is neither sample nor row */
	bool whole;        /* a last line without its end is a row all the same */
	uint64_t until;    /* no byte of the file from there on is read; 0: no such place */
	struct stat begun; /* the file as it was when its rows were begun, here or by who sets it */
	uint64_t got;      /* bytes that were read of the file */
	struct pw_bytes header; /* the bytes that name its columns */

	/* the file in hand, paths[path_at] */
	struct pw_file file;
	bool open;
	bool ended;   /* all its bytes are in the buffer */
	bool sampled; /* the file was sampled: the buffer holds it from its beginning */

	char *data; /* bytes that have come and are not parsed yet: from .. to */
	size_t from, to, capacity;
	size_t wanted; /* to is to reach it before the bytes are parsed again; 0: they can be now */
};

/* The format by name: 0; 1, it is that of saved streams, which a reader does not read; -1 (PW_USAGE). */
int pw_reader_format(struct pw_reader *r, const char *name);

/* The format by the suffixes of the paths, which must agree: 0, or fails (PW_USAGE). */
int pw_reader_guess(struct pw_reader *r);

/* Is the first path called like a saved stream? */
bool pw_reader_stored(const struct pw_reader *r);

/* Rows with an error are treated as the tool's --on-error says; fails as pw_reject_open. */
int pw_reader_rejects(struct pw_reader *r);

/*
 * The columns of the files, appended to found, with inferred types of those
 * that wish->declared does not name. 0, or fails.
 */
int pw_reader_sample(struct pw_reader *r, const struct pw_layout_wish *wish,
		     struct pw_found *found);

/* Has a record named the columns, all of them declared? Then no row is looked at. */
bool pw_reader_is_declared(const struct pw_reader *r, const struct pw_layout_wish *wish);

/* A delimiter that sample has found by looking is that of the options from now on, and is said. */
void pw_reader_keep_delimiter(struct pw_reader *r);

int pw_reader_bind(struct pw_reader *r, const struct pw_parser_layout *layout);

/*
 * After bind: compares the headers of several files with the layout, before any
 * row is read. Pipes are left out, and of files that grow those whose header is
 * not there yet. 0, or fails.
 */
int pw_reader_check_headers(struct pw_reader *r);

/*
 * The reader's one file, which grows, is read from an offset on, where that line
 * begins; header: the text that names its columns. 0, or fails.
 */
int pw_reader_begin_at(struct pw_reader *r, struct pw_slice header, uint64_t offset, uint64_t line);

/* A file that was read up to `until` goes on, up to another place. */
void pw_reader_go_on(struct pw_reader *r, uint64_t until);

/* Bytes of the file that have become rows, or what stands between rows. */
static inline uint64_t pw_reader_offset(const struct pw_reader *r)
{
	return r->got - (r->to - r->from);
}

/* Appends rows to out (empty): enum pw_reader_answer; -1. */
int pw_reader_next(struct pw_reader *r, struct pw_builder *out);

/* After PW_READER_WAITS. A stop whose second is over ends the program. */
void pw_reader_wait(struct pw_reader *r);

/* Says what was left out, made null or rejected; fails as pw_reject_close. */
int pw_reader_report(struct pw_reader *r);

void pw_reader_close(struct pw_reader *r);

#endif
