#include "hash.h"
#include "io.h"
#include "mem.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Set once, before any table exists; not a state that changes under anyone. */
static uint64_t key, odd_key;

void pw_hash_start(void)
{
	uint64_t drawn[2] = {0};

	if (pw_io()->getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn) {
		struct timespec now = {0};
		pw_io()->clock_gettime(CLOCK_REALTIME, &now);
		drawn[0] = (uint64_t)now.tv_nsec ^ ((uint64_t)now.tv_sec << 30);
		drawn[1] = (uint64_t)(uintptr_t)&drawn ^ drawn[0] * UINT64_C(0x9e3779b97f4a7c15);
	}
	key = drawn[0];
	odd_key = drawn[1] | 1;
}

uint64_t pw_hash_bytes(const void *data, size_t length)
{
	return XXH3_64bits_withSeed(data, length, key);
}

uint64_t pw_hash_word(uint64_t word)
{
	const __uint128_t m =
		(__uint128_t)(word ^ key) * (odd_key ^ UINT64_C(0x9e3779b97f4a7c15) << 1);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t pw_hash_checksum_avx2(const void *data, size_t length);

uint64_t pw_hash_checksum(const void *data, size_t length)
{
#ifdef __x86_64__
	if (length > 1024 && __builtin_cpu_supports("avx2"))
		return pw_hash_checksum_avx2(data, length);
#endif
	return XXH3_64bits(data, length);
}

struct pw_hash_stream {
	XXH3_state_t xxh;
};

struct pw_hash_stream *pw_hash_stream_make(void)
{
	struct pw_hash_stream *s = pw_mem_aligned(sizeof *s);

	pw_hash_stream_start(s);
	return s;
}

void pw_hash_stream_start(struct pw_hash_stream *s)
{
	XXH3_64bits_reset(&s->xxh);
}

void pw_hash_stream_add(struct pw_hash_stream *s, const void *data, size_t length)
{
	XXH3_64bits_update(&s->xxh, data, length);
}

uint64_t pw_hash_stream_value(const struct pw_hash_stream *s)
{
	return XXH3_64bits_digest(&s->xxh);
}

void pw_hash_stream_free(struct pw_hash_stream *s)
{
	free(s);
}
