/* The index with what every machine of the architecture has: SSE2 on amd64, plain words elsewhere. */
#include "csv_index_internal.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

#define BITS16(p, i, c)                                                                            \
	((uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(                                     \
		 _mm_loadu_si128((const __m128i *)((p) + 16 * (i))), _mm_set1_epi8(c)))            \
	 << (16 * (i)))
#define INDEX_BITS(bits, p, c)                                                                     \
	((bits) = BITS16(p, 0, c) | BITS16(p, 1, c) | BITS16(p, 2, c) | BITS16(p, 3, c))
#define INDEX_SEEN_INIT __m128i seen_high = _mm_setzero_si128(), seen_nul = _mm_setzero_si128()
#define SEEN16(p, i)                                                                               \
	do {                                                                                       \
		const __m128i v = _mm_loadu_si128((const __m128i *)((p) + 16 * (i)));              \
		seen_high = _mm_or_si128(seen_high, v);                                            \
		seen_nul = _mm_or_si128(seen_nul, _mm_cmpeq_epi8(v, _mm_setzero_si128()));         \
	} while (0)
#define INDEX_SEEN(p)                                                                              \
	do {                                                                                       \
		SEEN16(p, 0);                                                                      \
		SEEN16(p, 1);                                                                      \
		SEEN16(p, 2);                                                                      \
		SEEN16(p, 3);                                                                      \
	} while (0)
#define INDEX_HIGH (_mm_movemask_epi8(seen_high) != 0)
#define INDEX_NUL  (_mm_movemask_epi8(seen_nul) != 0)

#else

static inline uint64_t bits_of(const char *p, char c)
{
	uint64_t bits = 0;
	for (int i = 0; i < 64; i++)
		bits |= (uint64_t)(p[i] == c) << i;
	return bits;
}
#define INDEX_BITS(bits, p, c) ((bits) = bits_of(p, c))
#define INDEX_SEEN_INIT        unsigned char seen_high = 0, seen_nul = 0
#define INDEX_SEEN(p)                                                                              \
	do {                                                                                       \
		for (int i = 0; i < 64; i++) {                                                     \
			seen_high |= (unsigned char)(p)[i];                                        \
			seen_nul |= (p)[i] == 0;                                                   \
		}                                                                                  \
	} while (0)
#define INDEX_HIGH (seen_high >> 7 != 0)
#define INDEX_NUL  (seen_nul != 0)
#endif

static inline uint64_t prefix_xor(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

#define INDEX_PREFIX_XOR(x) prefix_xor(x)
#define INDEX_NAME          pw_csv_index_base
#include "csv_index.inc"

pw_csv_index_fn *pw_csv_index_best(void)
{
	return pw_csv_index_has_avx2() ? pw_csv_index_avx2 : pw_csv_index_base;
}
