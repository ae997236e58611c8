#include "hash.h"
#include "io.h"

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
	const __uint128_t m = (__uint128_t)(word ^ key) *
			      (odd_key ^ UINT64_C(0x9e3779b97f4a7c15) << 1);

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
