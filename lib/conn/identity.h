/*
 * pw_identity - is this still the file that was read, as far as it was read?
 *
 * A file is known by device and inode, which renaming keeps, and by prints of
 * what it holds, which tell it from another that has got its inode, and what
 * was appended from what was changed. The head's prints are of its first 64,
 * 256, 1024 and 4096 bytes, and of all there were if fewer, so that a
 * shorter file can be compared as well; the tail's is of up to 4096 bytes before
 * the offset. Of compressed files offset and prints are those of the plain text.
 */
#ifndef PW_CONN_IDENTITY_H
#define PW_CONN_IDENTITY_H

#include "../base/bytes.h"
#include "../base/fail.h"

PW_C_BEGIN

enum { PW_IDENTITY_STEPS = 4, PW_IDENTITY_BYTES = 4096 };

struct pw_identity {
	uint64_t device, inode, size;
	int64_t modified; /* ns */
	uint64_t offset, line;
	uint64_t head[PW_IDENTITY_STEPS + 1]; /* the last: of head_length bytes */
	uint32_t head_length;
	uint32_t tail_length; /* min(offset, 4096), or 0: there is no print */
	uint64_t tail;
};

/* The first n bytes of the file are these (more than 4096 may be given). */
void pw_identity_set_head(struct pw_identity *id, const char *data, size_t n);

/* The n bytes before id->offset are these (more may be given). */
void pw_identity_set_tail(struct pw_identity *id, const char *data, size_t n);

enum pw_identity_answer { PW_IDENTITY_SAME, PW_IDENTITY_OTHER, PW_IDENTITY_UNKNOWN };

/* Does a file that begins with these n bytes begin as this one did? */
enum pw_identity_answer pw_identity_begins(const struct pw_identity *id, const char *data,
					   size_t n);

/*
 * Does a file that begins with these n bytes look like this one, edited? Its
 * first line, which may be a header that each such file has, and what comes
 * next are the same, 64 bytes or more in all.
 */
bool pw_identity_resembles(const struct pw_identity *id, const char *data, size_t n);

/* Are these, the n bytes before id->offset, the ones that were there? n: at least tail_length */
bool pw_identity_continues(const struct pw_identity *id, const char *data, size_t n);

/*
 * The value of a file's key: {"path": ..., "device": ..., "inode": ..., "size":
 * ..., "modified": ..., "offset": ..., "line": ..., "head": [length, prints],
 * "tail": [length, print]}. Decoding gives a new path, which the caller frees.
 */
void pw_identity_encode(struct pw_bytes *out, const char *path, const struct pw_identity *id);
int pw_identity_decode(struct pw_identity *id, char **path, const char *value);

/* A path as text that JSON can hold: bytes that are no UTF-8 as %XX, and % then as %25. */
char *pw_identity_text(const char *path);
char *pw_identity_path(const char *text); /* and back */

PW_C_END

#endif
