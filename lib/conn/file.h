/*
 * pw_file - the bytes of one file or of standard input, decompressed
 *
 * Use:      open, read until 0, close.
 * A file is compressed if its name says so; standard input and pipes, which have
 * no name, if their first bytes say so.
 *
 * Promises: bytes come in order, by read(2) in blocks: a file that shrinks ends
 *           early, and does no more harm.
 * Fails:    "NAME: No such file or directory", "NAME: Is a directory"
 *           (PW_SYSTEM); "NAME: gzip: ...", "NAME: its name says gzip, and ..."
 *           (PW_DATA).
 */
#ifndef PW_CONN_FILE_H
#define PW_CONN_FILE_H

#include "codec.h"

PW_C_BEGIN

struct pw_file {
	const char *name; /* lent; "-" is standard input */
	int fd;
	int64_t modified; /* ns since the epoch; INT64_MIN: unknown */
	int64_t size;     /* of a regular plain file, else -1 */
	bool waits;       /* a pipe or a terminal: reading may wait */
	bool ended;       /* read has answered 0 */
	bool unknown;     /* its first bytes will say whether it is compressed */
	bool checked;     /* compressed: its first bytes are as its name says */
	const struct pw_codec *codec;
	void *state;
	char *packed; /* bytes as they were read, compressed or looked at: from .. to */
	size_t from, to;
	bool whole;      /* the compressed bytes so far end a piece */
	bool packed_end; /* there are no more compressed bytes */
	bool grows;      /* set by the caller: an answer of 0 is not final, more may come */
};

int pw_file_open(struct pw_file *f, const char *name);

/* Up to n bytes: how many, 0 at the end, -1. */
ptrdiff_t pw_file_read(struct pw_file *f, char *data, size_t n);

/* Would a read answer now? */
bool pw_file_ready(const struct pw_file *f);

void pw_file_close(struct pw_file *f);

PW_C_END

#endif
