/*
 * pw_packing - the compressions that are read and written: one table of them
 *
 * A compression has a name, the suffix of its files, and the bytes with which
 * its files begin. Who compresses (lib/dest/squeeze.c) and decompresses
 * (lib/conn/codec.c), and who looks at what stands before the suffix (lib/fmt),
 * all ask here.
 */
#ifndef PW_BASE_PACKING_H
#define PW_BASE_PACKING_H

#include "lang.h"

#include <stdbool.h>
#include <stddef.h>

PW_C_BEGIN

enum pw_packing { PW_UNPACKED, PW_GZIP, PW_ZSTD, PW_PACKINGS };

#define PW_PACKING_BYTES 4 /* as many first bytes are always enough to know one */

const char *pw_packing_name(enum pw_packing p); /* "gzip"; that of PW_UNPACKED is "" */

const char *pw_packing_suffix(enum pw_packing p); /* ".gz" */

/* By the suffix of a path, in letters of any case. */
enum pw_packing pw_packing_of_path(const char *path);

/* The length of a path without that suffix. */
size_t pw_packing_stem(const char *path);

/* By the first bytes. *more: with more bytes the answer may be another. */
enum pw_packing pw_packing_of_bytes(const char *data, size_t n, bool *more);

PW_C_END

#endif
