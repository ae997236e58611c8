/*
 * pw_exact - sums of floats, and of their squares, that are exact
 *
 * A sum is a fixed-point number: 256 bits in two's complement whose lowest
 * bit weighs 2^-128 (of squares: 384 bits, 2^-216). A value that does not fit
 * with 40 bits to spare, an infinity or a NaN promotes the sum to a full
 * accumulator on the heap that holds every double, and counts of infinities
 * and NaNs. To take a value away is to add its negative, so a sum depends on the
 * multiset of its values alone, never on their order or on values that have gone.
 *
 * Use:      PW_EXACT_SUM (PW_EXACT_SQUARES) cleared words; add; ask; release.
 * Answers:  the double nearest to the exact value, ties to even.
 *
 *   window   w[3]            w[2]            w[1]            w[0]
 *            2^127 .. 2^64   .. 2^0          .. 2^-64        .. 2^-128
 *   promoted PW_EXACT_FULL   -               -               pointer
 */
#ifndef PW_AGG_EXACT_H
#define PW_AGG_EXACT_H

#include "../base/bytes.h"

PW_C_BEGIN

#define PW_EXACT_SUM     4                   /* words of a sum */
#define PW_EXACT_SQUARES 6                   /* words of a sum of squares */
#define PW_EXACT_FULL    (UINT64_C(1) << 63) /* the top word of a promoted one */

/* 2^62: a top word outside [-2^62, 2^62) is promoted, or about to be */
#define PW_EXACT_ROOM (UINT64_C(1) << 62)

__extension__ typedef __int128 pw_int128;
__extension__ typedef unsigned __int128 pw_uint128;

/* Adds copies (may be negative) of x, or of its square. */
void pw_exact_add_slow(uint64_t *sum, double x, int64_t copies);
void pw_exact_add_square(uint64_t *squares, double x, int64_t copies);

/* Adds a sum (or a sum of squares) to another, which is not the same one. */
void pw_exact_merge(uint64_t *into, const uint64_t *from, size_t count);

void pw_exact_release(uint64_t *words, size_t count);

/* Is it the sum of nothing? */
bool pw_exact_is_zero(const uint64_t *words, size_t count);

double pw_exact_sum(const uint64_t *sum);

/* The sum over n > 0. */
double pw_exact_mean(const uint64_t *sum, int64_t n);

/*
 * The variance of n > 0 values: their squared distance from their mean over
 * n - less (less is 0 or 1, n > less); root: its square root.
 */
double pw_exact_variance(const uint64_t *sum, const uint64_t *squares, int64_t n, int less,
			 bool root);

/* Mean and variance of ints: a sum has 128 bits, a sum of squares 192 (squares[2] is the top word). */
double pw_exact_int_mean(pw_int128 sum, int64_t n);
double pw_exact_int_variance(pw_int128 sum, const uint64_t squares[3], int64_t n, int less,
			     bool root);

/* sum / n to the nearest integer, ties to even */
pw_int128 pw_exact_int_divide(pw_int128 sum, int64_t n);

/* squares += copies * x * x */
static inline void pw_exact_int_square(uint64_t squares[3], int64_t x, int64_t copies)
{
	const pw_uint128 m = (pw_uint128)((pw_int128)x * x);
	const pw_int128 low = (pw_int128)(pw_uint128)(uint64_t)m * copies;
	const pw_int128 high = (pw_int128)(int64_t)(m >> 64) * copies;
	pw_uint128 carry = (pw_uint128)squares[0] + (uint64_t)low;
	pw_int128 rest = (low >> 64) + high + (int64_t)(carry >> 64);

	squares[0] = (uint64_t)carry;
	carry = (pw_uint128)squares[1] + (uint64_t)rest;
	squares[1] = (uint64_t)carry;
	squares[2] += (uint64_t)(rest >> 64) + (uint64_t)(carry >> 64);
}

/* Writes a sum as bytes; reads one: 0, or -1 without a message when save has not made the bytes. */
void pw_exact_save(const uint64_t *words, size_t count, struct pw_bytes *b);
int pw_exact_load(uint64_t *words, size_t count, const char **at, const char *end);

/*
 * Adds x (away 0) or takes it away (away UINT64_MAX). The mantissa, shifted to
 * its place, spans two words; its sign runs on through the words above.
 * Everything unusual goes the slow way: tiny, huge, not finite, promoted,
 * nearly full.
 */
static inline void pw_exact_add(uint64_t *w, double x, uint64_t away)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	const uint32_t exponent = (uint32_t)(bits >> 52) & 0x7ff;
	const uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)(exponent != 0)
									       << 52;
	/* 1075: of the mantissa's lowest bit; 163: below 2^87, 40 bits to spare */
	const uint32_t place = mantissa ? exponent - (1075 - 128) : 64;

	if (__builtin_expect(place >= 163 || w[3] + PW_EXACT_ROOM >= 2 * PW_EXACT_ROOM, 0)) {
		pw_exact_add_slow(w, x, away ? -1 : 1);
		return;
	}
	const uint64_t negate = (uint64_t)((int64_t)bits >> 63) ^ away;
	const pw_int128 value = (int64_t)((mantissa ^ negate) - negate);
	const pw_uint128 v = (pw_uint128)value << (place & 63);
	const uint64_t low = (uint64_t)v, high = (uint64_t)(v >> 64);
	const uint64_t sign = (uint64_t)((int64_t)high >> 63);
	pw_uint128 c;

	switch (place >> 6) {
	case 0:
		c = (pw_uint128)w[0] + low;
		w[0] = (uint64_t)c;
		c = (pw_uint128)w[1] + high + (uint64_t)(c >> 64);
		w[1] = (uint64_t)c;
		c = (pw_uint128)w[2] + sign + (uint64_t)(c >> 64);
		w[2] = (uint64_t)c;
		w[3] += sign + (uint64_t)(c >> 64);
		break;
	case 1:
		c = (pw_uint128)w[1] + low;
		w[1] = (uint64_t)c;
		c = (pw_uint128)w[2] + high + (uint64_t)(c >> 64);
		w[2] = (uint64_t)c;
		w[3] += sign + (uint64_t)(c >> 64);
		break;
	default:
		c = (pw_uint128)w[2] + low;
		w[2] = (uint64_t)c;
		w[3] += high + (uint64_t)(c >> 64);
	}
}

PW_C_END

#endif
