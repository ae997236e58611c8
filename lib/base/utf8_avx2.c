/*
 * The same answer as the automaton's, 32 bytes at a time, on x86 with AVX2.
 *
 * Whether two neighbouring bytes can stand together is looked up in three
 * tables of 16 entries, by the first one's high and low half and by the
 * second's high half; each entry is a set of faults, and a pair has the faults
 * that are in all three. What the pairs can't say, that the third and fourth
 * byte of a long character are tails, is seen from the bytes two and three
 * before. (J. Keiser, D. Lemire: Validating UTF-8 in less than one
 * instruction per byte, 2021.)
 */
#include "utf8.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum {
	SHORT = 1 << 0,     /* a lead without a tail after it: 11______ 0_______ or 11______ */
	LONG = 1 << 1,      /* a tail after ASCII: 0_______ 10______ */
	OVER3 = 1 << 2,     /* 11100000 100_____ */
	LARGE = 1 << 3,     /* 11110100 1001____, 11110100 101_____, and leads above */
	SURROGATE = 1 << 4, /* 11101101 101_____ */
	OVER2 = 1 << 5,     /* 1100000_ 10______ */
	LARGE8 = 1 << 6,    /* 11110101 and above, with 1000____; also OVER4: 11110000 1000____ */
	TAILS = 1 << 7,     /* 10______ 10______: a fault but in a long character */
	CARRY = SHORT | LONG | TAILS /* faults that don't depend on the low half */
};

#define ROW(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                                        \
	_mm256_setr_epi8((char)(a), (char)(b), (char)(c), (char)(d), (char)(e), (char)(f),         \
			 (char)(g), (char)(h), (char)(i), (char)(j), (char)(k), (char)(l),         \
			 (char)(m), (char)(n), (char)(o), (char)(p), (char)(a), (char)(b),         \
			 (char)(c), (char)(d), (char)(e), (char)(f), (char)(g), (char)(h),         \
			 (char)(i), (char)(j), (char)(k), (char)(l), (char)(m), (char)(n),         \
			 (char)(o), (char)(p))

#define AVX2 __attribute__((target("avx2")))

/* The bytes n before those of now; before are the 32 in front. */
#define BEFORE(now, before, n)                                                                     \
	_mm256_alignr_epi8(now, _mm256_permute2x128_si256(before, now, 0x21), 16 - (n))

AVX2 static inline __m256i half(__m256i v)
{
	return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
}

AVX2 static inline __m256i pairs(__m256i now, __m256i first)
{
	const __m256i first_high =
		ROW(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, TAILS, TAILS, TAILS, TAILS,
		    SHORT | OVER2, SHORT, SHORT | OVER3 | SURROGATE, SHORT | LARGE | LARGE8);
	const __m256i first_low = ROW(
		CARRY | OVER3 | OVER2 | LARGE8, CARRY | OVER2, CARRY, CARRY, CARRY | LARGE,
		CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8,
		CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8,
		CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8 | SURROGATE,
		CARRY | LARGE | LARGE8, CARRY | LARGE | LARGE8);
	const __m256i second_high =
		ROW(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
		    LONG | OVER2 | TAILS | OVER3 | LARGE8, LONG | OVER2 | TAILS | OVER3 | LARGE,
		    LONG | OVER2 | TAILS | SURROGATE | LARGE,
		    LONG | OVER2 | TAILS | SURROGATE | LARGE, SHORT, SHORT, SHORT, SHORT);
	const __m256i low = _mm256_and_si256(first, _mm256_set1_epi8(0x0f));
	return _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(first_high, half(first)),
						 _mm256_shuffle_epi8(first_low, low)),
				_mm256_shuffle_epi8(second_high, half(now)));
}

/* Non-zero where a byte is at fault. */
AVX2 static inline __m256i faults(__m256i now, __m256i before)
{
	const __m256i third = BEFORE(now, before, 2), fourth = BEFORE(now, before, 3);
	/* 0x80 where two before is e0 or above, or three before f0 or above */
	const __m256i long3 = _mm256_subs_epu8(third, _mm256_set1_epi8(0xe0 - 0x80));
	const __m256i long4 = _mm256_subs_epu8(fourth, _mm256_set1_epi8(0xf0 - 0x80));
	const __m256i must =
		_mm256_and_si256(_mm256_or_si256(long3, long4), _mm256_set1_epi8((char)0x80));
	return _mm256_xor_si256(must, pairs(now, BEFORE(now, before, 1)));
}

/* Does a character that begins in these bytes go on after them? Non-zero where one does. */
AVX2 static inline __m256i unfinished(__m256i now)
{
	static const uint8_t most[32] = {255, 255, 255, 255, 255, 255,      255,      255,
					 255, 255, 255, 255, 255, 255,      255,      255,
					 255, 255, 255, 255, 255, 255,      255,      255,
					 255, 255, 255, 255, 255, 0xf0 - 1, 0xe0 - 1, 0xc0 - 1};
	return _mm256_subs_epu8(now, _mm256_loadu_si256((const __m256i *)most));
}

AVX2 static inline bool ascii128(const char *p)
{
	const __m256i *v = (const __m256i *)p;
	const __m256i low = _mm256_or_si256(_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1));
	const __m256i high = _mm256_or_si256(_mm256_loadu_si256(v + 2), _mm256_loadu_si256(v + 3));
	return _mm256_movemask_epi8(_mm256_or_si256(low, high)) == 0;
}

AVX2 bool pw_utf8_avx2_valid(const char *text, size_t length)
{
	__m256i bad = _mm256_setzero_si256(), before = bad, open = bad;
	size_t i = 0;
	while (length - i >= 32) {
		if (length - i >= 128 && ascii128(text + i)) {
			bad = _mm256_or_si256(bad, open);
			before = open = _mm256_setzero_si256();
			i += 128;
			continue;
		}
		const __m256i now = _mm256_loadu_si256((const __m256i *)(text + i));
		if (_mm256_movemask_epi8(now) == 0) {
			bad = _mm256_or_si256(bad, open);
			open = _mm256_setzero_si256();
		} else {
			bad = _mm256_or_si256(bad, faults(now, before));
			open = unfinished(now);
		}
		before = now;
		i += 32;
	}
	/* the rest, with zeros after it, in which no character may go on */
	char rest[32] = {0};
	memcpy(rest, text + i, length - i);
	const __m256i now = _mm256_loadu_si256((const __m256i *)rest);
	bad = _mm256_or_si256(bad, faults(now, before));
	return _mm256_testz_si256(bad, bad);
}

bool pw_utf8_avx2_here(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
bool pw_utf8_avx2_valid(const char *text, size_t length)
{
	return pw_utf8_valid(text, length);
}

bool pw_utf8_avx2_here(void)
{
	return false;
}
#endif
