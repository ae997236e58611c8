#include "codec.h"

const struct pw_codec *pw_codec_of(enum pw_packing packing)
{
	static const struct pw_codec *const codecs[PW_PACKINGS] = {
		[PW_GZIP] = &pw_gz,
		[PW_ZSTD] = &pw_zst,
	};

	return codecs[packing];
}

const struct pw_codec *pw_codec_of_path(const char *path)
{
	return pw_codec_of(pw_packing_of_path(path));
}
