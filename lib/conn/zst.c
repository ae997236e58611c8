/* zstd, its window limited to 128 MB */
#include "codec.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { WINDOW_LOG = 27 };

struct zst {
	ZSTD_DStream *z;
	bool ended;
};

static void *zst_open(void)
{
	struct zst *s = pw_mem_zero(1, sizeof *s);

	s->z = ZSTD_createDStream();
	if (s->z == NULL)
		pw_mem_exhausted();
	ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, WINDOW_LOG);
	return s;
}

static int zst_step(void *state, struct pw_codec_step *s)
{
	struct zst *z = state;

	/* Output may be left over when all input has been taken. */
	for (;;) {
		ZSTD_inBuffer in = {s->in, s->in_left, 0};
		ZSTD_outBuffer out = {s->out, s->out_left, 0};
		const size_t left = ZSTD_decompressStream(z->z, &out, &in);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			pw_mem_exhausted();
		if (ZSTD_isError(left))
			return pw_fail(PW_DATA, "zstd: %s", ZSTD_getErrorName(left));
		s->in += in.pos;
		s->in_left -= in.pos;
		s->out += out.pos;
		s->out_left -= out.pos;
		if (in.pos > 0 || out.pos > 0)
			z->ended = left == 0;
		if (s->out_left == 0 || (in.pos == 0 && out.pos == 0))
			break;
	}
	return z->ended;
}

static void zst_close(void *state)
{
	struct zst *z = state;

	ZSTD_freeDStream(z->z);
	free(z);
}

const struct pw_codec pw_zst = {PW_ZSTD, zst_open, zst_step, zst_close};
