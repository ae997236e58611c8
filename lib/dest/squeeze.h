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
#include "../base/packing.h"

PW_C_BEGIN

struct pw_squeeze {
	enum pw_packing kind;
	void *stream;
};

void pw_squeeze_open(struct pw_squeeze *s, enum pw_packing kind);
void pw_squeeze_add(struct pw_squeeze *s, const void *data, size_t length, struct pw_bytes *out);
void pw_squeeze_flush(struct pw_squeeze *s, struct pw_bytes *out); /* all that is in comes out */
void pw_squeeze_end(struct pw_squeeze *s, struct pw_bytes *out);
void pw_squeeze_release(struct pw_squeeze *s);

PW_C_END

#endif
