/*
 * pw_digits - decimal digits, eight at a time
 *
 * A word holds up to eight characters, the first in the lowest byte. Digits
 * are right-aligned when the last is in the highest byte and '0' fills what
 * is below: then the word's value is that of the digits.
 *
 * Promises: pw_digits_load reads exactly the n bytes at p.
 */
#ifndef PW_DATA_DIGITS_H
#define PW_DATA_DIGITS_H

#include "../base/lang.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

PW_C_BEGIN

#define PW_DIGITS_ZEROS UINT64_C(0x3030303030303030)

/* The n characters at p (1 to 8) as the low bytes of a word; what is above them is 0. */
static inline uint64_t pw_digits_load(const char *p, size_t n)
{
	if (n >= 8) {
		uint64_t w;
		memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		w = __builtin_bswap64(w);
#endif
		return w;
	}
	const unsigned char *u = (const unsigned char *)p;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (n >= 4) {
		uint32_t low, high;
		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		return low | (uint64_t)high << (8 * (n - 4));
	}
	/* one to three: bytes that coincide are the same byte twice */
	return u[0] | (uint64_t)u[n >> 1] << (8 * (n >> 1)) | (uint64_t)u[n - 1] << (8 * (n - 1));
#else
	uint64_t w = 0;
	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)u[i] << (8 * i);
	return w;
#endif
}

/* The low n bytes of w (1 to 8), right-aligned. */
static inline uint64_t pw_digits_align(uint64_t w, size_t n)
{
	return n == 8 ? w : w << (64 - 8 * n) | PW_DIGITS_ZEROS >> (8 * n);
}

static inline bool pw_digits_all(uint64_t w)
{
	const uint64_t high = UINT64_C(0xf0f0f0f0f0f0f0f0), six = UINT64_C(0x0606060606060606);
	return (((w & high) ^ PW_DIGITS_ZEROS) | (((w + six) & high) ^ PW_DIGITS_ZEROS)) == 0;
}

/* The value of eight digits: pairs, then fours, then all, in three multiplications. */
static inline uint32_t pw_digits_value(uint64_t w)
{
	const uint64_t pair = UINT64_C(0x000000ff000000ff);
	w -= PW_DIGITS_ZEROS;
	w = w * 10 + (w >> 8);
	return (uint32_t)(((w & pair) * UINT64_C(0x000f424000000064) +
			   ((w >> 16) & pair) * UINT64_C(0x0000271000000001)) >>
			  32);
}

extern const char pw_digits_pairs[200]; /* "00" to "99" */

/* How many digits x has: 1 to 20. */
static inline unsigned int pw_digits_count(uint64_t x)
{
	unsigned int n = 1;
	for (; x >= 10000; x /= 10000)
		n += 4;
	return n + (x >= 10) + (x >= 100) + (x >= 1000);
}

/* Writes x with n digits at p, zeros in front. */
static inline void pw_digits_write(char *p, uint64_t x, unsigned int n)
{
	for (; n >= 2; x /= 100)
		memcpy(p + (n -= 2), pw_digits_pairs + 2 * (x % 100), 2);
	if (n)
		p[0] = (char)('0' + x % 10);
}

PW_C_END

#endif
