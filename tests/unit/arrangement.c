#include "../../lib/state/arrangement.h"
#include "../../lib/base/hash.h"
#include "../../lib/base/keysort.h"
#include "check.h"

#include <stdlib.h>

static struct pw_slice key_of(char *buffer, uint32_t i)
{
	const int n =
		sprintf(buffer, "%s%u", i % 5 == 0 ? "a long prefix that is shared " : "k", i);

	return (struct pw_slice){buffer, (size_t)n};
}

/* Against the plainest model: an array of what each key should count. */
static void counts_like_an_array(void)
{
	enum { KEYS = 20000, STEPS = 300000 };
	struct pw_arrangement a;
	int64_t *model = calloc(KEYS, sizeof *model);
	char text[64];

	srand(1);
	pw_arrangement_init(&a, sizeof(int64_t));
	for (int i = 0; i < STEPS; i++) {
		const uint32_t key = (uint32_t)rand() % KEYS;
		const struct pw_slice s = key_of(text, key);
		bool fresh;
		if (i % 5000 == 0)
			pw_arrangement_trim(&a);
		if (rand() % 3 == 0) {
			const uint32_t slot = pw_arrangement_find(&a, s);
			CHECK((slot != PW_SLOT_NONE) == (model[key] != 0));
			if (slot != PW_SLOT_NONE)
				pw_arrangement_drop(&a, slot);
			model[key] = 0;
			continue;
		}
		int64_t *n = pw_arrangement_record(&a, pw_arrangement_put(&a, s, &fresh));
		CHECK(*n == model[key] && fresh == (model[key] == 0));
		*n = ++model[key];
	}
	uint32_t live = 0;
	for (uint32_t key = 0; key < KEYS; key++)
		live += model[key] != 0;
	CHECK(live == a.live);
	for (uint32_t slot = 0; slot < a.slots; slot++)
		live -= pw_arrangement_live(&a, slot);
	CHECK(live == 0);
	pw_arrangement_release(&a);
	free(model);
}

/* Keys that lie beside each other go, and come again. */
static void gives_memory_back(void)
{
	enum { KEYS = 6 * PW_RECORDS_PER_CHUNK, GONE = KEYS - 100 };
	struct pw_arrangement a;
	char text[64];
	size_t full;

	pw_arrangement_init(&a, 64);
	for (uint32_t key = 0; key < KEYS; key++) {
		int64_t *n =
			pw_arrangement_record(&a, pw_arrangement_put(&a, key_of(text, key), NULL));
		*n = key + 1;
	}
	full = pw_arrangement_bytes(&a);
	for (uint32_t key = 0; key < GONE; key++)
		pw_arrangement_drop(&a, pw_arrangement_find(&a, key_of(text, key)));
	pw_arrangement_trim(&a);
	CHECK(pw_arrangement_bytes(&a) + 3 * PW_RECORDS_PER_CHUNK * 64 < full);
	for (uint32_t key = 0; key < KEYS; key++) {
		bool fresh;
		const int64_t *n = pw_arrangement_record(
			&a, pw_arrangement_put(&a, key_of(text, key), &fresh));

		CHECK(fresh == (key < GONE) && *n == (fresh ? 0 : key + 1));
	}
	CHECK(a.trimmed == 0);
	pw_arrangement_release(&a);
}

static const struct pw_slice *sorted_keys;

static struct pw_slice sorted_key(const void *keys, uint32_t id)
{
	return ((const struct pw_slice *)keys)[id];
}

static int by_bytes(const void *x, const void *y)
{
	const struct pw_slice a = sorted_keys[*(const uint32_t *)x],
			      b = sorted_keys[*(const uint32_t *)y];
	const size_t n = a.length < b.length ? a.length : b.length;

	return memcmp(a.data, b.data, n) ?: (a.length > b.length) - (a.length < b.length);
}

static void sorts_like_qsort(void)
{
	enum { KEYS = 20000 };
	static char bytes[KEYS][40];
	static struct pw_slice keys[KEYS];
	static uint32_t ids[KEYS], again[KEYS];

	srand(2);
	for (uint32_t i = 0; i < KEYS; i++) {
		const size_t n = (size_t)rand() % 40;
		for (size_t j = 0; j < n; j++)
			bytes[i][j] = (char)(rand() % (j < 20 ? 2 : 200));
		keys[i] = (struct pw_slice){bytes[i], n};
		ids[i] = again[i] = i;
	}
	sorted_keys = keys;
	pw_keysort(ids, KEYS, sorted_key, keys);
	qsort(again, KEYS, sizeof *again, by_bytes);
	for (uint32_t i = 0; i < KEYS; i++)
		CHECK(by_bytes(&ids[i], &again[i]) == 0);
}

/* Keys that share nearly all of 16 MB: no stack may grow with what they share. */
static void sorts_long_shared_prefixes(void)
{
	enum { KEYS = 64, LENGTH = 16 << 20 };
	char *text = malloc(LENGTH);
	struct pw_slice keys[KEYS];
	uint32_t ids[KEYS];

	memset(text, 'x', LENGTH);
	for (uint32_t i = 0; i < KEYS; i++) {
		keys[i] = (struct pw_slice){text + i, LENGTH - i};
		ids[i] = (i * 23) % KEYS;
	}
	pw_keysort(ids, KEYS, sorted_key, keys);
	for (uint32_t i = 0; i < KEYS; i++)
		CHECK(ids[i] == KEYS - 1 - i);
	free(text);
}

int main(void)
{
	pw_hash_start();
	TEST(counts_like_an_array);
	TEST(gives_memory_back);
	TEST(sorts_long_shared_prefixes);
	TEST(sorts_like_qsort);
	return check_done();
}
