/* The index with AVX2 and carry-less multiplication, chosen at run time. */
#include "csv_index_internal.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,popcnt,pclmul"))),               \
			     apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,pclmul")
#endif

#define BITS32(p, i, c)                                                                            \
	((uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(                               \
		 _mm256_loadu_si256((const __m256i *)((p) + 32 * (i))), _mm256_set1_epi8(c)))      \
	 << (32 * (i)))
#define INDEX_BITS(bits, p, c) ((bits) = BITS32(p, 0, c) | BITS32(p, 1, c))
#define INDEX_SEEN_INIT                                                                            \
	__m256i seen_high = _mm256_setzero_si256(), seen_nul = _mm256_setzero_si256()
#define INDEX_SEEN(p)                                                                              \
	do {                                                                                       \
		const __m256i a = _mm256_loadu_si256((const __m256i *)(p));                        \
		const __m256i b = _mm256_loadu_si256((const __m256i *)((p) + 32));                 \
		const __m256i zero = _mm256_setzero_si256();                                       \
		seen_high = _mm256_or_si256(seen_high, _mm256_or_si256(a, b));                     \
		seen_nul =                                                                         \
			_mm256_or_si256(seen_nul, _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), zero)); \
	} while (0)
#define INDEX_HIGH (_mm256_movemask_epi8(seen_high) != 0)
#define INDEX_NUL  (_mm256_movemask_epi8(seen_nul) != 0)

static inline uint64_t prefix_xor(uint64_t x)
{
	const __m128i ones = _mm_set1_epi8((char)0xff);
	return (uint64_t)_mm_cvtsi128_si64(
		_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), ones, 0));
}

#define INDEX_PREFIX_XOR(x) prefix_xor(x)
#define INDEX_NAME          pw_csv_index_avx2
#include "csv_index.inc"

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

bool pw_csv_index_has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	       __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt") &&
	       __builtin_cpu_supports("pclmul");
}

#else

void pw_csv_index_avx2(struct pw_csv_index *x, const char *data, size_t n, char delimiter,
		       char quote)
{
	pw_csv_index_base(x, data, n, delimiter, quote);
}

bool pw_csv_index_has_avx2(void)
{
	return false;
}
#endif
