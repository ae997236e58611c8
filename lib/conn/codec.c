#include "codec.h"

#include <strings.h>

static const struct pw_codec *const codecs[] = {&pw_gz, &pw_zst, NULL};

const struct pw_codec *pw_codec_of_path(const char *path)
{
	const size_t n = strlen(path);

	for (const struct pw_codec *const *c = codecs; *c != NULL; c++) {
		const size_t m = strlen((*c)->suffix);
		if (n > m && strcasecmp(path + n - m, (*c)->suffix) == 0)
			return *c;
	}
	return NULL;
}
