#include "packing.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *suffix, *begins;
	size_t length;
} packings[PW_PACKINGS] = {
	[PW_UNPACKED] = {"", "", "", 0},
	[PW_GZIP] = {"gzip", ".gz", "\x1f\x8b\x08", 3},
	[PW_ZSTD] = {"zstd", ".zst", "\x28\xb5\x2f\xfd", 4},
};

const char *pw_packing_name(enum pw_packing p)
{
	return packings[p].name;
}

const char *pw_packing_suffix(enum pw_packing p)
{
	return packings[p].suffix;
}

enum pw_packing pw_packing_of_path(const char *path)
{
	const size_t n = strlen(path);

	for (int p = PW_GZIP; p < PW_PACKINGS; p++) {
		const size_t m = strlen(packings[p].suffix);
		if (n > m && strcasecmp(path + n - m, packings[p].suffix) == 0)
			return (enum pw_packing)p;
	}
	return PW_UNPACKED;
}

size_t pw_packing_stem(const char *path)
{
	return strlen(path) - strlen(packings[pw_packing_of_path(path)].suffix);
}

enum pw_packing pw_packing_of_bytes(const char *data, size_t n, bool *more)
{
	*more = false;
	for (int p = PW_GZIP; p < PW_PACKINGS; p++) {
		const size_t m = packings[p].length, k = n < m ? n : m;
		if (k > 0 && memcmp(data, packings[p].begins, k) != 0)
			continue;
		if (k == m)
			return (enum pw_packing)p;
		*more = true;
	}
	return PW_UNPACKED;
}
