/*
 * pw_identity - is this still the file that was read, as far as it was read?
 *
 * A file is known by device and inode, which stay when it is renamed, and by
 * prints of its bytes, which tell it from another file that has got its inode,
 * and a file that was appended to from one that was changed. The prints of the
 * head are of the first 64, 256, 1024 and 4096 bytes, and of all bytes if there
 * are fewer, so that a shorter file can be compared as well; the print of the tail
 * is of up to 4096 bytes before the offset. The first 64 and the last 256 bytes are
 * kept as they are, so that a file can be seen to be a part of another, however
 * short. Offset and prints of a compressed file
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

enum {
	PW_IDENTITY_STEPS = 4,
	PW_IDENTITY_BYTES = 4096,
	PW_IDENTITY_PLAIN = 64,
	PW_IDENTITY_LAST = 256,
	PW_IDENTITY_LASTS = 2
};

struct pw_identity {
	uint64_t device, inode, size;
	int64_t modified; /* ns */
	int64_t changed;  /* ns: of anything about the file; 0: unknown */
	uint64_t offset, line;
	uint64_t
		header; /* bytes at the beginning that name the columns; 0: there are none, or unknown */
	uint64_t head[PW_IDENTITY_STEPS + 1]; /* prints; the last is of head_length bytes */
	uint32_t head_length;
	uint32_t tail_length; /* min(offset, 4096), or 0: there is no print */
	uint64_t tail;        /* print */
	uint64_t lasts
		[PW_IDENTITY_LASTS]; /* prints of the last 256 and 1024 bytes, if there are so many */
	uint32_t first_length,
		last_length; /* min(head_length, 64), min(tail_length, 256); 0: unknown */
	char first[PW_IDENTITY_PLAIN], last[PW_IDENTITY_LAST];
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

/*
 * Is a file that has become shorter, and begins with these n bytes, the beginning of
 * what was read? Its header is no sign of that. Of a file that had less than 64
 * bytes a line is enough.
 */
bool pw_identity_shortened(const struct pw_identity *id, const char *data, size_t n);

/*
 * Are these the last n bytes that were read, as far as can be told? Up to 256 are
 * compared, of more the prints.
 */
bool pw_identity_ends(const struct pw_identity *id, const char *data, size_t n);

/* Is the first line that was read, after the header, also the last? Such a log is not known by its lines. */
bool pw_identity_repeats(const struct pw_identity *id);

/* Are the n bytes before id->offset, which are these, the ones that were there? n: at least tail_length */
bool pw_identity_continues(const struct pw_identity *id, const char *data, size_t n);

/*
 * The value of a file's key: {"path": ..., "device": ..., "inode": ..., "size":
 * ..., "modified": ..., "offset": ..., "line": ..., "head": [length, prints],
 * "tail": [length, print]}; and "changed", "header", "first" and "last" (hexadecimal),
 * "lasts" (prints), which may be missing, "home": the path that it was first seen
 * at, if that is another (NULL: it is not), and "file": where the file of a path with
 * links lies (place; NULL: path has none). Decoding gives a new path, and a new
 * place and home or NULL, which the caller frees.
 */
void pw_identity_encode(struct pw_bytes *out, const char *path, const char *place, const char *home,
			const struct pw_identity *id);
int pw_identity_decode(struct pw_identity *id, char **path, char **place, char **home,
		       const char *value);

/* A path as text that JSON can hold: bytes that are no UTF-8 as %XX, and % then as %25. */
char *pw_identity_text(const char *path);
char *pw_identity_path(const char *text); /* the path that such a text stands for */

PW_C_END

#endif
