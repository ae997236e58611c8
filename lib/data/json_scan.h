/*
 * pw_json_scan - the inner loops of reading JSON strings and numbers, for
 *                json.c and the format's hot path
 */
#ifndef PW_DATA_JSON_SCAN_H
#define PW_DATA_JSON_SCAN_H

#include "../base/lang.h"

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

PW_C_BEGIN

/*
 * The first byte from p on that ends the plain part of a string: a quote, a
 * backslash or a control character; else end. *high becomes non-zero when a
 * byte before it is not ASCII.
 */
static inline const char *pw_json_scan(const char *p, const char *end, unsigned *high)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);
	while (end - p >= 16) {
		const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		const __m128i stop = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, escape)),
			_mm_cmpeq_epi8(_mm_min_epu8(x, control), x));
		const unsigned stops = (unsigned)_mm_movemask_epi8(stop);
		const unsigned highs = (unsigned)_mm_movemask_epi8(x);
		if (stops) {
			*high |= highs & (stops - 1) & ~stops;
			return p + __builtin_ctz(stops);
		}
		*high |= highs;
		p += 16;
	}
#endif
	for (; p < end; p++) {
		const unsigned char c = (unsigned char)*p;
		if (c == '"' || c == '\\' || c < 0x20)
			break;
		*high |= c & 0x80;
	}
	return p;
}

/*
 * The end of a number at p of at most 15 characters without exponent, which
 * ends well below end; *real says whether it has a point. NULL: it is
 * another, or none, and has to be looked at a byte at a time.
 */
static inline const char *pw_json_scan_number(const char *p, const char *end, unsigned *real)
{
#ifdef __SSE2__
	if (end - p < 16)
		return NULL;
	const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
	/* bit i: character i is no digit */
	const unsigned others = (unsigned)_mm_movemask_epi8(_mm_xor_si128(
		_mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit), _mm_set1_epi8(-1)));
	const unsigned first = *p == '-';
	unsigned rest = others & ~first;
	unsigned stop = rest ? (unsigned)__builtin_ctz(rest) : 16;
	if (stop == 16 || stop == first || (p[first] == '0' && stop > first + 1))
		return NULL;
	*real = p[stop] == '.';
	if (*real) {
		const unsigned point = stop;
		rest &= rest - 1;
		stop = rest ? (unsigned)__builtin_ctz(rest) : 16;
		if (stop == 16 || stop == point + 1)
			return NULL;
	}
	return (p[stop] | 0x20) == 'e' ? NULL : p + stop;
#else
	(void)p, (void)end, (void)real;
	return NULL;
#endif
}

PW_C_END

#endif
