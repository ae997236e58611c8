/*
 * pw_codec - compressed bytes become plain ones
 *
 * A codec is chosen by the suffix of the file's name, or, where there is no
 * name, by the first bytes. Several compressed pieces, one after the other, are
 * one text, as gzip and zstd have it.
 *
 * Use:      open, step until all bytes are decoded, close.
 * Fails:    "gzip: ...", "zstd: ..." (PW_DATA).
 */
#ifndef PW_CONN_CODEC_H
#define PW_CONN_CODEC_H

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../base/packing.h"

PW_C_BEGIN

struct pw_codec_step {
	const char *in; /* moves on as it is used */
	size_t in_left;
	char *out;
	size_t out_left;
};

struct pw_codec {
	enum pw_packing packing;
	void *(*open)(void);

	/* Decodes until in or out is used up. 1: the bytes so far end a piece; 0: within one; -1 */
	int (*step)(void *state, struct pw_codec_step *s);
	void (*close)(void *state);
};

/* The codec of a compression, and of a path; NULL: plain. */
const struct pw_codec *pw_codec_of(enum pw_packing packing);
const struct pw_codec *pw_codec_of_path(const char *path);

extern const struct pw_codec pw_gz, pw_zst;

PW_C_END

#endif
