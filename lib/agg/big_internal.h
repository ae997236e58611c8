/*
 * pw_big - natural numbers of some thousand bits, for rounding exact answers
 *
 * Use:      set, calculate, pw_big_double. No heap; no number outgrows
 *           PW_BIG_WORDS (the callers' are bounded by the range of doubles).
 */
#ifndef PW_AGG_BIG_INTERNAL_H
#define PW_AGG_BIG_INTERNAL_H

#include "../base/bytes.h"

/* The largest: n times a sum of squares, 71 words, and 3 of room for a division. */
#define PW_BIG_WORDS 80

struct pw_big {
	int count; /* words[count - 1] is not 0 */
	uint64_t words[PW_BIG_WORDS];
};

/* The magnitude of a number in two's complement; returns whether it is negative. */
bool pw_big_set(struct pw_big *x, const uint64_t *words, int count);

void pw_big_shift(struct pw_big *x, int bits); /* x *= 2^bits, bits >= 0 */
void pw_big_scale(struct pw_big *x, uint64_t by);
void pw_big_square(struct pw_big *square, const struct pw_big *x);

/* x -= y; where that is negative x becomes 0 */
void pw_big_subtract(struct pw_big *x, const struct pw_big *y);

/* x /= by, rounded down; returns whether there was a remainder. */
bool pw_big_divide(struct pw_big *x, uint64_t by);

/* The double nearest to x * 2^exponent, or a little above if more. Ties to even. */
double pw_big_double(const struct pw_big *x, int exponent, bool more);

/* The double nearest to the square root of x * 2^exponent; more and ties as in pw_big_double. */
double pw_big_root(const struct pw_big *x, int exponent, bool more);

#endif
