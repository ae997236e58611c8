/*
 * Floats to text: the fewest digits that read back the same, and of those the
 * nearest; by the means of text_internal.h where they reach, else by printf.
 */
#include "digits.h"
#include "text.h"
#include "text_internal.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t whole_power[] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
};

/* The decimal digits * 10^exponent. */
struct shortest {
	uint64_t digits;
	int exponent;
};

static bool reads_back(uint64_t digits, int exponent, double x)
{
	char text[40];
	double y;
	snprintf(text, sizeof text, "%" PRIu64 "e%d", digits, exponent);
	return pw_text_float(pw_slice_of(text), &y) == 0 && y == x;
}

/*
 * By printf, for what the fast grounds don't reach: a decimal of n digits that
 * reads back is sought with n rising from where it may exist, 15 for normal
 * numbers (zeros at its end go later), 1 for subnormal ones. The nearest
 * decimal may fail though its upper neighbour reads back where doubles lie
 * closer below than above: at powers of two.
 */
static struct shortest by_printf(double x)
{
	const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), old = uselocale(c);
	struct shortest s = {0, 0};
	for (int n = x < DBL_MIN ? 1 : 15; n <= 17; n++) {
		char text[40];
		snprintf(text, sizeof text, "%.*e", n - 1, x);
		const char *p = text;
		for (s.digits = 0; *p != 'e'; p++)
			if (*p != '.')
				s.digits = s.digits * 10 + (uint64_t)(*p - '0');
		s.exponent = atoi(p + 1) - (n - 1);
		if (n == 17 || reads_back(s.digits, s.exponent, x))
			break;
		if (reads_back(s.digits + 1, s.exponent, x)) {
			s.digits++;
			break;
		}
	}
	uselocale(old);
	freelocale(c);
	return s;
}

/*
 * At most one decimal of 15 digits reads back as x. So if the nearest does, that is
 * the one, and without the zeros at its end it is the shortest. tens is
 * floor(log10(x)), or one less.
 */
static bool by_double(double x, int tens, struct shortest *s)
{
	for (int e = 14 - tens;; e--) {
		const double y = e >= 0 ? x * pw_text_power[e] : x / pw_text_power[-e];
		if (y >= 1e15)
			continue; /* tens was one less */
		s->digits = (uint64_t)(y + 0.5);
		s->exponent = -e;
		return x == (e >= 0 ? (double)s->digits / pw_text_power[e]
				    : (double)s->digits * pw_text_power[-e]);
	}
}

/* The values for which by_double has an answer. */
static inline bool double_reaches(int tens)
{
	return tens >= -8 && tens <= 35;
}

/*
 * The nearest decimal of 15 (where by_double doesn't reach), 16 or 17 digits.
 * The product is off by half a unit of its 64th bit at most, 0.004 of a unit of
 * the 17th digit and 0.0005 of the 16th: a fraction that near a half is left to
 * printf, as are powers of two.
 */
static bool by_wide(double x, int tens, struct shortest *s)
{
#if PW_TEXT_WIDE
	for (int n = double_reaches(tens) ? 16 : 15; n <= 17; n++) {
		int e = n - 1 - tens;
		if (e > 27 || e < -26)
			return false;
		long double y = e < 0 ? (long double)x / pw_text_wide_power[-e]
				      : (long double)x * pw_text_wide_power[e];
		if (y >= pw_text_wide_power[n]) {
			e--;
			y = e < 0 ? (long double)x / pw_text_wide_power[-e]
				  : (long double)x * pw_text_wide_power[e];
		}
		const long long nearest = llrintl(y);
		if (fabsl(y - (long double)nearest) > (n == 17 ? 0.495L : 0.499L))
			return false;
		*s = (struct shortest){(uint64_t)nearest, -e};
		double back;
		if (!pw_text_scale(s->digits, s->exponent, &back))
			return false;
		if (back == x)
			return true;
	}
#else
	(void)x, (void)tens, (void)s;
#endif
	return false;
}

/* The shortest decimal that reads back as x, which is above 0. */
static struct shortest shortest(double x)
{
	uint64_t bits;
	struct shortest s;
	memcpy(&bits, &x, sizeof bits);
	const int two = (int)(bits >> 52) - 1023; /* x is at least 2^two */
	const int tens = (two * 1262611) >> 22;   /* two * log10(2), rounded down */
	const bool power_of_two = (bits & ((UINT64_C(1) << 52) - 1)) == 0;
	if ((double_reaches(tens) && by_double(x, tens, &s)) ||
	    (!power_of_two && by_wide(x, tens, &s)))
		return s;
	return by_printf(x);
}

static void drop_zeros(struct shortest *s)
{
	static const struct {
		uint64_t power;
		int zeros;
	} steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		while (s->digits % steps[i].power == 0) {
			s->digits /= steps[i].power;
			s->exponent += steps[i].zeros;
		}
}

/*
 * Most floats have few decimals, and then the first power of ten that makes
 * them whole is near. What comes out is below 10^15, so it is the shortest.
 */
static bool by_few_decimals(double x, struct shortest *s)
{
	if (x >= 1e9)
		return false;
	for (int n = 1; n <= 6; n++) {
		const double y = x * pw_text_power[n];
		const int64_t nearest = (int64_t)(y + 0.5); /* faster than unsigned */
		/* a quotient is slow: only when the product is off by rounding at most */
		if (fabs(y - (double)nearest) < y * 1e-15 &&
		    (double)nearest / pw_text_power[n] == x) {
			*s = (struct shortest){(uint64_t)nearest, -n};
			return true;
		}
	}
	return false;
}

/* digits / 10^decimals with all of them: 1234.5, 0.00012. */
static char *put_fixed(char *p, uint64_t digits, unsigned int decimals)
{
	const uint64_t scale = decimals < 18 ? whole_power[decimals] : UINT64_MAX;
	const uint64_t whole = digits / scale;
	const unsigned int n = pw_digits_count(whole);
	pw_digits_write(p, whole, n);
	p[n] = '.';
	pw_digits_write(p + n + 1, digits - whole * scale, decimals);
	return p + n + 1 + decimals;
}

/* d.ddde-5, 1e100 */
static char *put_scientific(char *p, const struct shortest *s)
{
	const unsigned int n = pw_digits_count(s->digits);
	const int tens = (int)n - 1 + s->exponent;
	pw_digits_write(p + 1, s->digits, n);
	p[0] = p[1];
	p[1] = '.';
	p += n > 1 ? n + 1 : 1;
	*p++ = 'e';
	if (tens < 0)
		*p++ = '-';
	const unsigned int e = (unsigned int)(tens < 0 ? -tens : tens), width = pw_digits_count(e);
	pw_digits_write(p, e, width);
	return p + width;
}

static char *put_shortest(char *p, double x)
{
	struct shortest s;
	if (!by_few_decimals(x, &s)) {
		s = shortest(x);
		drop_zeros(&s);
	}
	const bool small = x < 1e-4, large = x >= 1e16;
	if (small || large)
		return put_scientific(p, &s);
	if (s.exponent < 0)
		return put_fixed(p, s.digits, (unsigned int)-s.exponent);
	return put_fixed(p, s.digits * whole_power[s.exponent] * 10, 1);
}

void pw_text_add_float(struct pw_bytes *b, double x)
{
	char *start = pw_bytes_room(b, 40), *p = start;
	if (x != x) {
		pw_bytes_add(b, "nan", 3);
		return;
	}
	*p = '-';
	p += x < 0;
	x = fabs(x);
	if (x < 1e15 && (double)(int64_t)x == x) {
		p = put_fixed(p, (uint64_t)x * 10, 1);
	} else if (isinf(x)) {
		memcpy(p, "inf", 3);
		p += 3;
	} else {
		p = put_shortest(p, x);
	}
	b->length += (size_t)(p - start);
}
