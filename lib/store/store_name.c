/* The names of stages. */
#include "../base/hash.h"
#include "store.h"

#include <stdlib.h>

enum { NAME_MAX_BYTES = 100 };

static bool is_name(const char *text)
{
	const size_t length = strlen(text);

	return length > 0 && length <= NAME_MAX_BYTES && text[0] != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

static void add_part(struct pw_bytes *b, const char *text)
{
	pw_bytes_print(b, "%zu:%s", strlen(text), text);
}

char *pw_store_name(const struct pw_stage *stage)
{
	struct pw_bytes b = {0};
	char *input;

	if (!is_name(stage->program)) {
		pw_fail(PW_USAGE, "'%.64s' is no name of a program", stage->program);
		return NULL;
	}
	if (stage->name != NULL && !is_name(stage->name)) {
		pw_fail(PW_USAGE,
			"--name: '%.120s': letters, digits, '.', '_' and '-' make a name, at most "
			"%d",
			stage->name, NAME_MAX_BYTES);
		return NULL;
	}
	if (stage->name != NULL)
		return pw_mem_print("%s-%s", stage->program, stage->name);
	for (size_t i = 0; i < stage->option_count; i++)
		add_part(&b, stage->options[i]);
	pw_bytes_put(&b, '|');
	for (size_t i = 0; i < stage->input_count; i++) {
		if ((input = pw_store_name(&stage->inputs[i])) == NULL) {
			pw_bytes_release(&b);
			return NULL;
		}
		add_part(&b, input);
		free(input);
	}
	const uint64_t hash = pw_hash_checksum(b.data, b.length);
	pw_bytes_release(&b);
	return pw_mem_print("%s-%012" PRIx64, stage->program, hash >> 16);
}
