#include "exact.h"

#include "../data/type.h"
#include "big_internal.h"

#include <math.h>
#include <stdlib.h>

/*
 * How a sum lies in memory. The full forms hold 2^63 times the greatest
 * double (or its square) and reach down to the lowest bit of the least.
 */
struct form {
	int words, base;           /* of the window; base: weight of its lowest bit */
	int full_words, full_base; /* of the full accumulator */
	int limit;                 /* bits of a window that values may use */
};

static const struct form forms[2] = {
	{PW_EXACT_SUM, -128, 34, -1074, 256 - 41},
	{PW_EXACT_SQUARES, -216, 68, -2148, 384 - 41},
};

struct full {
	int64_t nans, above, below; /* copies of NaN, infinity, -infinity */
	uint64_t words[];
};

static const struct form *form_of(size_t count)
{
	return &forms[count == PW_EXACT_SQUARES];
}

static struct full *promoted(const uint64_t *w, size_t count)
{
	return w[count - 1] == PW_EXACT_FULL ? (struct full *)(uintptr_t)w[0] : NULL;
}

/*
 * Adds a magnitude of 192 bits, or its negative, at a bit of a number in two's
 * complement.
 */
static void add_at(uint64_t *w, int count, int place, const uint64_t magnitude[3], bool negative)
{
	const int word = place / 64, shift = place % 64;
	const uint64_t mask = negative ? UINT64_MAX : 0;
	uint64_t part[4], spill = 0;
	pw_uint128 carry = negative;

	for (int i = 0; i < 3; i++) {
		part[i] = magnitude[i] << shift | spill;
		spill = shift ? magnitude[i] >> (64 - shift) : 0;
	}
	part[3] = spill;
	for (int i = word; i < count; i++) {
		if (i - word >= 4 && carry == (mask & 1))
			break; /* the words above have only zeros to add */
		carry += w[i];
		carry += (i - word < 4 ? part[i - word] : 0) ^ mask;
		w[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

/* Adds a window to a full accumulator. */
static void add_window(struct full *f, const uint64_t *w, size_t count)
{
	const struct form *form = form_of(count);
	const int shift = form->base - form->full_base; /* of the window in the full form */

	for (size_t i = 0; i < count; i++)
		add_at(f->words, form->full_words, shift + 64 * (int)i, (uint64_t[3]){w[i], 0, 0},
		       false);
	if ((int64_t)w[count - 1] < 0)
		add_at(f->words, form->full_words, shift + 64 * (int)count, (uint64_t[3]){1, 0, 0},
		       true);
}

static struct full *promote(uint64_t *w, size_t count)
{
	const size_t words = (size_t)form_of(count)->full_words;
	struct full *f = pw_mem_zero(1, sizeof *f + words * sizeof *f->words);

	add_window(f, w, count);
	memset(w, 0, count * sizeof *w);
	w[0] = (uint64_t)(uintptr_t)f;
	w[count - 1] = PW_EXACT_FULL;
	return f;
}

/* copies times magnitude, of up to 128 bits; returns the product's length in bits */
static int times(uint64_t product[3], pw_uint128 magnitude, uint64_t copies)
{
	pw_uint128 carry = (pw_uint128)(uint64_t)magnitude * copies;

	product[0] = (uint64_t)carry;
	carry = (carry >> 64) + (pw_uint128)(uint64_t)(magnitude >> 64) * copies;
	product[1] = (uint64_t)carry;
	product[2] = (uint64_t)(carry >> 64);
	for (int i = 2; i >= 0; i--)
		if (product[i])
			return i * 64 + 64 - __builtin_clzll(product[i]);
	return 0;
}

static void count_special(struct full *f, double x, int64_t copies)
{
	int64_t *which = isnan(x) ? &f->nans : x > 0 ? &f->above : &f->below;

	*which += copies;
}

/* magnitude times 2^(exponent), copies of it, to a sum of either form */
static void add_general(uint64_t *w, size_t count, pw_uint128 magnitude, int exponent,
			uint64_t copies, bool negative)
{
	const struct form *form = form_of(count);
	struct full *f = promoted(w, count);
	uint64_t product[3];
	const int length = times(product, magnitude, copies), place = exponent - form->base;

	if (!f) {
		const uint64_t room = w[count - 1] + PW_EXACT_ROOM;

		if (place >= 0 && place + length <= form->limit && room < 2 * PW_EXACT_ROOM) {
			add_at(w, form->words, place, product, negative);
			return;
		}
		f = promote(w, count);
	}
	add_at(f->words, form->full_words, exponent - form->full_base, product, negative);
}

/* x as a magnitude and the exponent of its lowest bit; false if it is not finite */
static bool take_apart(double x, uint64_t *magnitude, int *exponent)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	const int e = (int)(bits >> 52) & 0x7ff;

	*magnitude = (bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)(e != 0) << 52;
	*exponent = (e ? e : 1) - 1075;
	return e != 0x7ff;
}

static struct full *full_of(uint64_t *w, size_t count)
{
	struct full *f = promoted(w, count);

	return f ? f : promote(w, count);
}

static uint64_t absolute(int64_t x)
{
	return x < 0 ? -(uint64_t)x : (uint64_t)x;
}

void pw_exact_add_slow(uint64_t *w, double x, int64_t copies)
{
	uint64_t magnitude;
	int exponent;

	if (!take_apart(x, &magnitude, &exponent))
		count_special(full_of(w, PW_EXACT_SUM), x, copies);
	else if (magnitude != 0)
		add_general(w, PW_EXACT_SUM, magnitude, exponent, absolute(copies),
			    (x < 0) != (copies < 0));
}

void pw_exact_add_square(uint64_t *w, double x, int64_t copies)
{
	uint64_t magnitude;
	int exponent;

	if (!take_apart(x, &magnitude, &exponent))
		count_special(full_of(w, PW_EXACT_SQUARES), x * x, copies);
	else if (magnitude != 0)
		add_general(w, PW_EXACT_SQUARES, (pw_uint128)magnitude * magnitude, 2 * exponent,
			    absolute(copies), copies < 0);
}

static void add_words(uint64_t *into, const uint64_t *from, int count)
{
	pw_uint128 carry = 0;

	for (int i = 0; i < count; i++) {
		carry += (pw_uint128)into[i] + from[i];
		into[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

/* Can two windows that have this be added without leaving [-2^62, 2^62) at the top? */
static bool has_room(const uint64_t *w, size_t count)
{
	return w[count - 1] + PW_EXACT_ROOM / 2 < PW_EXACT_ROOM;
}

void pw_exact_merge(uint64_t *into, const uint64_t *from, size_t count)
{
	const struct full *more = promoted(from, count);

	if (more == NULL && has_room(into, count) && has_room(from, count)) {
		add_words(into, from, (int)count);
		return;
	}
	struct full *f = full_of(into, count);

	if (more == NULL) {
		add_window(f, from, count);
		return;
	}
	f->nans += more->nans;
	f->above += more->above;
	f->below += more->below;
	add_words(f->words, more->words, form_of(count)->full_words);
}

void pw_exact_release(uint64_t *w, size_t count)
{
	free(promoted(w, count));
	memset(w, 0, count * sizeof *w);
}

bool pw_exact_is_zero(const uint64_t *w, size_t count)
{
	const struct full *f = promoted(w, count);
	uint64_t any = 0;

	if (f && (f->nans || f->above || f->below))
		return false;
	const uint64_t *words = f ? f->words : w;
	const int n = f ? form_of(count)->full_words : (int)count;

	for (int i = 0; i < n; i++)
		any |= words[i];
	return any == 0;
}

/* The magnitude of a sum and the weight of its lowest bit; returns whether it is negative. */
static bool magnitude_of(const uint64_t *w, size_t count, struct pw_big *big, int *exponent)
{
	const struct form *form = form_of(count);
	const struct full *f = promoted(w, count);

	*exponent = f ? form->full_base : form->base;
	return f ? pw_big_set(big, f->words, form->full_words) : pw_big_set(big, w, form->words);
}

/* The answer that infinities and NaNs decide; 0 when there are none. */
static double special(const uint64_t *w, size_t count)
{
	const struct full *f = promoted(w, count);

	if (!f || (!f->nans && !f->above && !f->below))
		return 0;
	if (f->nans || (f->above && f->below))
		return pw_float_canonical(NAN);
	return f->above ? INFINITY : -INFINITY;
}

double pw_exact_mean(const uint64_t *w, int64_t n)
{
	const double odd = special(w, PW_EXACT_SUM);
	struct pw_big big;
	int exponent;

	if (odd != 0)
		return odd;
	const bool negative = magnitude_of(w, PW_EXACT_SUM, &big, &exponent);
	bool more = false;

	if (n != 1) { /* 128 bits after the point: the quotient has 64 or more */
		pw_big_shift(&big, 128);
		exponent -= 128;
		more = pw_big_divide(&big, (uint64_t)n);
	}
	const double x = pw_big_double(&big, exponent, more);
	return negative ? 0 - x : x;
}

double pw_exact_sum(const uint64_t *w)
{
	return pw_exact_mean(w, 1);
}

/* (n * squares - sum^2) / (n * (n - less)), of magnitudes times 2^exponent */
static double variance(struct pw_big *sum, int sum_exponent, struct pw_big *squares,
		       int squares_exponent, int64_t n, int less, bool root)
{
	struct pw_big square;
	int exponent = 2 * sum_exponent;

	pw_big_square(&square, sum);
	pw_big_scale(squares, (uint64_t)n);
	if (squares_exponent > exponent) {
		pw_big_shift(squares, squares_exponent - exponent);
	} else {
		pw_big_shift(&square, exponent - squares_exponent);
		exponent = squares_exponent;
	}
	pw_big_subtract(squares, &square);
	/* the divisor has at most 126 bits: the quotient has 128 or more */
	pw_big_shift(squares, 256);
	bool more = pw_big_divide(squares, (uint64_t)n);
	more |= pw_big_divide(squares, (uint64_t)(n - less));
	return root ? pw_big_root(squares, exponent - 256, more)
		    : pw_big_double(squares, exponent - 256, more);
}

double pw_exact_variance(const uint64_t *sum, const uint64_t *squares, int64_t n, int less,
			 bool root)
{
	struct pw_big a, b;
	int a_exponent, b_exponent;

	if (special(sum, PW_EXACT_SUM) != 0)
		return pw_float_canonical(NAN);
	magnitude_of(sum, PW_EXACT_SUM, &a, &a_exponent);
	magnitude_of(squares, PW_EXACT_SQUARES, &b, &b_exponent);
	return variance(&a, a_exponent, &b, b_exponent, n, less, root);
}

static bool big_of_int(struct pw_big *big, pw_int128 x)
{
	return pw_big_set(big, (uint64_t[2]){(uint64_t)x, (uint64_t)(x >> 64)}, 2);
}

double pw_exact_int_mean(pw_int128 sum, int64_t n)
{
	const int64_t exact = INT64_C(1) << 53; /* below, the division rounds once */
	struct pw_big big;

	if (sum > -exact && sum < exact && n < exact)
		return (double)(int64_t)sum / (double)n + 0.0;
	const bool negative = big_of_int(&big, sum);

	pw_big_shift(&big, 128);
	const bool more = pw_big_divide(&big, (uint64_t)n);
	const double x = pw_big_double(&big, -128, more);
	return negative ? 0 - x : x;
}

double pw_exact_int_variance(pw_int128 sum, const uint64_t squares[3], int64_t n, int less,
			     bool root)
{
	struct pw_big a, b;

	big_of_int(&a, sum);
	if (pw_big_set(&b, squares, 3))
		b.count = 0;
	return variance(&a, 0, &b, 0, n, less, root);
}

pw_int128 pw_exact_int_divide(pw_int128 sum, int64_t n)
{
	pw_int128 floor = sum / n, rest = sum % n;

	if (rest < 0) {
		floor--;
		rest += n;
	}
	if (rest > n - rest || (rest == n - rest && (floor & 1)))
		floor++;
	return floor;
}

void pw_exact_save(const uint64_t *w, size_t count, struct pw_bytes *b)
{
	const struct full *f = promoted(w, count);

	pw_bytes_put(b, f != NULL);
	if (f)
		pw_bytes_add(b, f, sizeof *f + (size_t)form_of(count)->full_words * sizeof *w);
	else
		pw_bytes_add(b, w, count * sizeof *w);
}

int pw_exact_load(uint64_t *w, size_t count, const char **at, const char *end)
{
	if (*at == end || (uint8_t) * *at > 1)
		return -1;
	const bool full = *(*at)++;
	struct full *f = NULL;
	const size_t length = full ? sizeof *f + (size_t)form_of(count)->full_words * sizeof *w
				   : count * sizeof *w;

	if ((size_t)(end - *at) < length)
		return -1;
	memset(w, 0, count * sizeof *w);
	if (full)
		f = promote(w, count);
	memcpy(full ? (void *)f : (void *)w, *at, length);
	*at += length;
	return !full && w[count - 1] == PW_EXACT_FULL ? -1 : 0;
}
