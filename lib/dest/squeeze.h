/*
 * pw_squeeze - bytes compressed as gzip (zlib) or zstd, as they come
 *
 * Use:      open; add until all is in; end; release. What comes out is
 *           appended to a pw_bytes, which the caller empties.
 * Promises: the same bytes in give the same bytes out (no time, no name).
 */
#ifndef PW_DEST_SQUEEZE_H
#define PW_DEST_SQUEEZE_H

#include "../base/bytes.h"

PW_C_BEGIN

enum pw_squeeze_kind { PW_SQUEEZE_NONE, PW_SQUEEZE_GZ, PW_SQUEEZE_ZST };

struct pw_squeeze {
	enum pw_squeeze_kind kind;
	void *stream;
};

/* By the suffix: .gz, .zst, or none. */
enum pw_squeeze_kind pw_squeeze_kind_of_path(const char *path);

void pw_squeeze_open(struct pw_squeeze *s, enum pw_squeeze_kind kind);
void pw_squeeze_add(struct pw_squeeze *s, const void *data, size_t length, struct pw_bytes *out);
void pw_squeeze_flush(struct pw_squeeze *s, struct pw_bytes *out); /* all that is in comes out */
void pw_squeeze_end(struct pw_squeeze *s, struct pw_bytes *out);
void pw_squeeze_release(struct pw_squeeze *s);

PW_C_END

#endif
