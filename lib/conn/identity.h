/*
 * pw_identity - is this still the file that was read, as far as it was read?
 *
 * A file is known by device and inode, which stay when it is renamed, and by
 * prints of its bytes, which tell it from another file that has got its inode,
 * and a file that was appended to from one that was changed. The prints of the
 * head are of the first 64, 256, 1024 and 4096 bytes, and of all bytes if there
 * are fewer, so that a shorter file can be compared as well; the print of the tail
 * is of up to 4096 bytes before the offset. Offset and prints of a compressed file
 * are those of its plain text.
 *
 * Use:      set the members, then the prints; encode; decode in a later run, and
 *           compare.
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
	uint64_t head[PW_IDENTITY_STEPS + 1]; /* prints; the last is of head_length bytes */
	uint32_t head_length;
	uint32_t tail_length; /* min(offset, 4096), or 0: there is no print */
	uint64_t tail;        /* print */
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
 * Does a file that begins with these n bytes look like this one after it was
 * edited? Then its first line, which may be a header that all such files have,
 * and some bytes after it are the same, 64 bytes or more in all.
 */
bool pw_identity_resembles(const struct pw_identity *id, const char *data, size_t n);

/* Are the n bytes before id->offset, which are these, the ones that were there? n: at least tail_length */
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
char *pw_identity_path(const char *text); /* the path that such a text stands for */

PW_C_END

#endif
