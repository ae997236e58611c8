/* gzip, and zlib's own form, by zlib */
#include "codec.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct gz {
	z_stream z;
	bool ended; /* the piece has ended; more input begins another */
};

enum { WINDOW_AND_DETECT = 15 + 32 };

static void *gz_open(void)
{
	struct gz *g = pw_mem_zero(1, sizeof *g);

	const int status = inflateInit2(&g->z, WINDOW_AND_DETECT);

	if (status == Z_MEM_ERROR)
		pw_mem_exhausted();
	if (status != Z_OK)
		pw_bug("inflateInit2: %s", g->z.msg == NULL ? "failed" : g->z.msg);
	return g;
}

static uInt bounded(size_t n)
{
	return n < INT_MAX ? (uInt)n : INT_MAX;
}

/* Zeros after a piece fill a block of a tape or a disk, and are nothing. */
static void skip_padding(struct pw_codec_step *s)
{
	while (s->in_left > 0 && *s->in == '\0') {
		s->in++;
		s->in_left--;
	}
}

static int gz_step(void *state, struct pw_codec_step *s)
{
	struct gz *g = state;

	/* Output may be left over when all input has been taken. */
	while (s->out_left > 0 && (s->in_left > 0 || !g->ended)) {
		if (g->ended)
			skip_padding(s);
		if (g->ended && s->in_left == 0)
			break;
		const uInt in = bounded(s->in_left), out = bounded(s->out_left);
		if (g->ended)
			inflateReset(&g->z);
		g->ended = false;
		g->z.next_in = (unsigned char *)(uintptr_t)s->in;
		g->z.avail_in = in;
		g->z.next_out = (unsigned char *)s->out;
		g->z.avail_out = out;
		const int status = inflate(&g->z, Z_NO_FLUSH);
		if (status == Z_MEM_ERROR)
			pw_mem_exhausted();
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return pw_fail(PW_DATA, "gzip: %s",
				       g->z.msg == NULL ? "damaged data" : g->z.msg);
		s->in += in - g->z.avail_in;
		s->in_left -= in - g->z.avail_in;
		s->out += out - g->z.avail_out;
		s->out_left -= out - g->z.avail_out;
		g->ended = status == Z_STREAM_END;
		if (in == g->z.avail_in && out == g->z.avail_out)
			break;
	}
	return g->ended;
}

static void gz_close(void *state)
{
	struct gz *g = state;

	inflateEnd(&g->z);
	free(g);
}

const struct pw_codec pw_gz = {PW_GZIP, gz_open, gz_step, gz_close};
