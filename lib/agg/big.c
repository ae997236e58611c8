#include "big_internal.h"

#include "../base/fail.h"

#include <math.h>

__extension__ typedef unsigned __int128 wide;

static void trim(struct pw_big *x)
{
	while (x->count > 0 && x->words[x->count - 1] == 0)
		x->count--;
}

static void push(struct pw_big *x, uint64_t word)
{
	if (word == 0)
		return;
	if (x->count == PW_BIG_WORDS)
		pw_bug("a number outgrew pw_big");
	x->words[x->count++] = word;
}

bool pw_big_set(struct pw_big *x, const uint64_t *words, int count)
{
	const bool negative = (int64_t)words[count - 1] < 0;
	const uint64_t mask = negative ? UINT64_MAX : 0;
	wide carry = negative;

	for (int i = 0; i < count; i++) {
		carry += words[i] ^ mask;
		x->words[i] = (uint64_t)carry;
		carry >>= 64;
	}
	x->count = count;
	trim(x);
	return negative;
}

void pw_big_shift(struct pw_big *x, int bits)
{
	const int words = bits / 64, rest = bits % 64;
	uint64_t carry = 0;

	if (x->count == 0 || bits == 0)
		return;
	if (x->count + words > PW_BIG_WORDS)
		pw_bug("a number outgrew pw_big");
	memmove(x->words + words, x->words, (size_t)x->count * sizeof *x->words);
	memset(x->words, 0, (size_t)words * sizeof *x->words);
	x->count += words;
	if (rest == 0)
		return;
	for (int i = words; i < x->count; i++) {
		const uint64_t word = x->words[i];

		x->words[i] = word << rest | carry;
		carry = word >> (64 - rest);
	}
	push(x, carry);
}

void pw_big_scale(struct pw_big *x, uint64_t by)
{
	wide carry = 0;

	for (int i = 0; i < x->count; i++) {
		carry += (wide)x->words[i] * by;
		x->words[i] = (uint64_t)carry;
		carry >>= 64;
	}
	push(x, (uint64_t)carry);
	trim(x);
}

void pw_big_square(struct pw_big *square, const struct pw_big *x)
{
	if (2 * x->count > PW_BIG_WORDS)
		pw_bug("a number outgrew pw_big");
	square->count = 2 * x->count;
	memset(square->words, 0, (size_t)square->count * sizeof *square->words);
	for (int i = 0; i < x->count; i++) {
		wide carry = 0;

		for (int k = 0; k < x->count; k++) {
			carry += (wide)x->words[i] * x->words[k] + square->words[i + k];
			square->words[i + k] = (uint64_t)carry;
			carry >>= 64;
		}
		square->words[i + x->count] = (uint64_t)carry;
	}
	trim(square);
}

void pw_big_subtract(struct pw_big *x, const struct pw_big *y)
{
	uint64_t borrow = 0;

	for (int i = 0; i < x->count; i++) {
		const wide take = (wide)(i < y->count ? y->words[i] : 0) + borrow;

		borrow = take > x->words[i];
		x->words[i] -= (uint64_t)take;
	}
	if (borrow || y->count > x->count)
		x->count = 0;
	trim(x);
}

bool pw_big_divide(struct pw_big *x, uint64_t by)
{
	uint64_t rest = 0;

	for (int i = x->count - 1; i >= 0; i--) {
		const wide part = (wide)rest << 64 | x->words[i];

		x->words[i] = (uint64_t)(part / by);
		rest = (uint64_t)(part % by);
	}
	trim(x);
	return rest != 0;
}

static int bit_length(const struct pw_big *x)
{
	return x->count == 0 ? 0 : x->count * 64 - __builtin_clzll(x->words[x->count - 1]);
}

/* The bits of x from number at on (at may be negative), as many as fit in 128. */
static wide bits_from(const struct pw_big *x, int at)
{
	wide bits = 0;

	for (int i = x->count - 1; i >= 0; i--) {
		const int shift = i * 64 - at;

		if (shift >= 128)
			continue;
		if (shift >= 0)
			bits |= (wide)x->words[i] << shift;
		else if (shift > -64)
			bits |= x->words[i] >> -shift;
	}
	return bits;
}

static bool any_below(const struct pw_big *x, int at)
{
	for (int i = 0; i < x->count && i * 64 < at; i++) {
		const uint64_t mask =
			at - i * 64 >= 64 ? UINT64_MAX : (UINT64_C(1) << (at - i * 64)) - 1;

		if (x->words[i] & mask)
			return true;
	}
	return false;
}

double pw_big_double(const struct pw_big *x, int exponent, bool more)
{
	const int length = bit_length(x), top = length - 1 + exponent;
	/* 53 bits, fewer of a subnormal: its lowest weighs 2^-1074 */
	const int bits = top >= -1022 ? 53 : top + 1075;
	const int drop = length - bits;

	if (length == 0 || bits < 0)
		return 0;
	if (top > 1024)
		return INFINITY;
	uint64_t rounded = bits == 0 ? 0 : (uint64_t)bits_from(x, drop);
	const bool half = drop > 0 && ((x->words[(drop - 1) / 64] >> ((drop - 1) % 64)) & 1);

	if (half && (more || (rounded & 1) || any_below(x, drop - 1)))
		rounded++;
	return ldexp((double)rounded, exponent + drop);
}

double pw_big_root(const struct pw_big *x, int exponent, bool more)
{
	struct pw_big root = {1, {0}};
	int drop = bit_length(x) - 128;

	if (x->count == 0)
		return 0;
	if ((exponent + drop) & 1)
		drop++; /* an even exponent halves; 127 bits are left */
	const wide top = bits_from(x, drop);
	wide low = 0, high = (wide)1 << 64;

	while (high - low > 1) { /* low^2 <= top < high^2 */
		const wide middle = low + (high - low) / 2;

		if (middle * middle <= top)
			low = middle;
		else
			high = middle;
	}
	root.words[0] = (uint64_t)low;
	return pw_big_double(&root, (exponent + drop) / 2,
			     more || low * low != top || any_below(x, drop));
}
