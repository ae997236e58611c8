#include "squeeze.h"
#include "../base/fail.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define STEP       ((size_t)64 << 10) /* bytes of room per call */
#define GZ_LEVEL   6
#define ZST_LEVEL  3
#define GZ_WRAPPER 16 /* zlib: gzip header and trailer instead of its own */

void pw_squeeze_open(struct pw_squeeze *s, enum pw_packing kind)
{
	*s = (struct pw_squeeze){.kind = kind};
	if (kind == PW_GZIP) {
		z_stream *z = s->stream = pw_mem_zero(1, sizeof *z);
		const int rc = deflateInit2(z, GZ_LEVEL, Z_DEFLATED, MAX_WBITS + GZ_WRAPPER, 8,
					    Z_DEFAULT_STRATEGY);
		if (rc == Z_MEM_ERROR)
			pw_mem_exhausted();
		if (rc != Z_OK)
			pw_bug("zlib does not start");
	} else if (kind == PW_ZSTD) {
		ZSTD_CCtx *z = s->stream = ZSTD_createCCtx();
		if (z == NULL)
			pw_mem_exhausted();
		if (ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, ZST_LEVEL)))
			pw_bug("zstd does not start");
		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	}
}

static void add_gz(z_stream *z, const void *data, size_t length, int flush, struct pw_bytes *out)
{
	const unsigned char *next = data;
	int rc;

	do {
		const size_t part = length < STEP ? length : STEP;
		z->next_in = (unsigned char *)(uintptr_t)next;
		z->avail_in = (uInt)part;
		const int mode = part == length ? flush : Z_NO_FLUSH;
		do {
			z->next_out = (unsigned char *)pw_bytes_room(out, STEP);
			z->avail_out = (uInt)STEP;
			rc = deflate(z, mode);
			out->length += STEP - z->avail_out;
		} while (z->avail_out == 0 || (mode == Z_FINISH && rc != Z_STREAM_END));
		next += part;
		length -= part;
	} while (length > 0);
}

static void add_zst(ZSTD_CCtx *z, const void *data, size_t length, ZSTD_EndDirective mode,
		    struct pw_bytes *out)
{
	ZSTD_inBuffer in = {data, length, 0};
	size_t left;

	do {
		ZSTD_outBuffer to = {pw_bytes_room(out, STEP), STEP, 0};
		left = ZSTD_compressStream2(z, &to, &in, mode);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			pw_mem_exhausted();
		if (ZSTD_isError(left))
			pw_bug("zstd: %s", ZSTD_getErrorName(left));
		out->length += to.pos;
	} while (mode != ZSTD_e_continue ? left != 0 : in.pos < in.size);
}

void pw_squeeze_add(struct pw_squeeze *s, const void *data, size_t length, struct pw_bytes *out)
{
	if (length == 0)
		return;
	if (s->kind == PW_GZIP)
		add_gz(s->stream, data, length, Z_NO_FLUSH, out);
	else if (s->kind == PW_ZSTD)
		add_zst(s->stream, data, length, ZSTD_e_continue, out);
	else
		pw_bytes_add(out, data, length);
}

void pw_squeeze_flush(struct pw_squeeze *s, struct pw_bytes *out)
{
	if (s->kind == PW_GZIP)
		add_gz(s->stream, "", 0, Z_SYNC_FLUSH, out);
	else if (s->kind == PW_ZSTD)
		add_zst(s->stream, "", 0, ZSTD_e_flush, out);
}

void pw_squeeze_end(struct pw_squeeze *s, struct pw_bytes *out)
{
	if (s->kind == PW_GZIP)
		add_gz(s->stream, "", 0, Z_FINISH, out);
	else if (s->kind == PW_ZSTD)
		add_zst(s->stream, "", 0, ZSTD_e_end, out);
}

void pw_squeeze_release(struct pw_squeeze *s)
{
	if (s->kind == PW_GZIP && s->stream != NULL) {
		deflateEnd(s->stream);
		free(s->stream);
	} else if (s->kind == PW_ZSTD) {
		ZSTD_freeCCtx(s->stream);
	}
	*s = (struct pw_squeeze){0};
}
