/*
 * pw_reader - files become batches: the static reading of pw-read
 *
 * Use:      set tool, paths, kind (by pw_reader_format or pw_reader_guess) and
 *           options; pw_reader_rejects; pw_reader_sample, which finds the
 *           columns; set layout, pw_reader_bind; then pw_reader_next until 0;
 *           pw_reader_report; pw_reader_close.
 * Promises: files in order, one after the other, each read once from its
 *           beginning but for the sample; what is sampled of standard input
 *           or of a pipe is kept and not read twice;
 *           before it waits for a pipe, what has come is handed out;
 *           of a file that grows, what it held when it was opened is read, but
 *           for a last record without its end, and it stays open behind that.
 * Memory:   a buffer of 256 KB (or of block), more for a longer record (up to max_line)
 *           or for the sample of a pipe (up to SAMPLE_BYTES).
 * Fails:    the message names file and line.
 */
#ifndef PW_READ_READER_H
#define PW_READ_READER_H

#include "../conn/file.h"
#include "../fmt/layout.h"
#include "../tool/reject.h"

#include <sys/stat.h>

struct pw_reader {
	struct pw_tool *tool;
	const struct pw_parser_kind *kind;
	struct pw_parser_options options;
	struct pw_reject reject;
	char **paths;
	size_t path_count, path_at;
	size_t infer_rows;
	size_t block; /* 0, or bytes to read at a time; rows are then handed out after each */
	bool grows; /* the files are followed: a last line without its end is neither sample nor row */
	bool steps; /* rows are handed out after each parse, perhaps none: their bytes are in the buffer */
	bool whole;     /* of a file that grows: all the same, what stands last is a row */
	uint64_t until; /* ... no byte from there on is read; 0: no such place */
	struct stat
		begun; /* ... the file as it was when its rows were begun, here or by who sets it */
	uint64_t got;  /* ... bytes that were read of it, */
	struct pw_bytes header; /* ... and those that name the columns */
	struct pw_parser *parser;
	struct pw_file file;
	bool open;  /* paths[path_at] is */
	bool ended; /* ... and all its bytes are in the buffer */
	bool kept;  /* ... and has been sampled: the buffer holds it from its beginning */
	char *data; /* what has come and is not parsed yet: from .. to */
	size_t from, to, capacity;
};

/* The format by name: 0; 1, it is that of saved streams, which we don't read; -1 (PW_USAGE). */
int pw_reader_format(struct pw_reader *r, const char *name);

/* The format by the suffixes of the paths, which must agree: 0, or fails (PW_USAGE). */
int pw_reader_guess(struct pw_reader *r);

/* Is the first path called like a saved stream? */
bool pw_reader_stored(const struct pw_reader *r);

/* What becomes of rows with an error, as the tool's --on-error says; fails as pw_reject_open. */
int pw_reader_rejects(struct pw_reader *r);

/*
 * The columns of the files, appended to found, with inferred types of those
 * that wish->declared does not name. 0, or fails.
 */
int pw_reader_sample(struct pw_reader *r, const struct pw_layout_wish *wish,
		     struct pw_schema *found);

int pw_reader_bind(struct pw_reader *r, const struct pw_parser_layout *layout);

/*
 * Its one file, which grows, is read from an offset on, where that line begins;
 * header: the text that names its columns. 0, or fails.
 */
int pw_reader_begin_at(struct pw_reader *r, struct pw_slice header, uint64_t offset, uint64_t line);

/* What was read up to `until` goes on, up to the next. */
void pw_reader_go_on(struct pw_reader *r, uint64_t until);

/* Bytes of the file that have become rows, or what stands between rows. */
static inline uint64_t pw_reader_offset(const struct pw_reader *r)
{
	return r->got - (r->to - r->from);
}

/*
 * Appends rows to out (empty). 1: there are some, or a promise about time has
 * moved r->parser->promised; 0: all has been read; -1.
 */
int pw_reader_next(struct pw_reader *r, struct pw_builder *out);

/* Says what was left out, made null or rejected; fails as pw_reject_close. */
int pw_reader_report(struct pw_reader *r);

void pw_reader_close(struct pw_reader *r);

#endif
