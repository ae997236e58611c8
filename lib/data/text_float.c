/*
 * Floats from text, correctly rounded: by the means of text_internal.h where they
 * reach, else by strtod.
 */
#include "digits.h"
#include "text.h"
#include "text_internal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const double pw_text_power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#if PW_TEXT_WIDE
const long double pw_text_wide_power[28] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,
					    1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
					    1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
					    1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
#endif

/* A decimal number taken apart; its digits stay in the text. */
struct decimal {
	uint64_t mantissa;     /* the first 19 significant digits */
	int64_t exponent;      /* of ten, by which they are multiplied */
	size_t dropped;        /* significant digits after the 19th */
	const char *from, *to; /* the digits, a point among them or not */
	int64_t written;       /* the exponent as it is written */
};

enum { MANTISSA_DIGITS = 19 };

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static const char *take_digits(const char *p, const char *end, struct decimal *d, int64_t after)
{
	for (; p < end && is_digit(*p); p++) {
		if (d->mantissa < UINT64_C(1000000000000000000)) { /* below 10^18: a 19th fits */
			d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
			d->exponent -= after;
		} else {
			d->dropped++;
			d->exponent += 1 - after;
		}
	}
	return p;
}

/* The exponent after an e: 0, or -1. Beyond 10^15 it stays there: no text has as many digits. */
static int take_exponent(const char *p, const char *end, int64_t *exponent)
{
	const bool negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return -1;
	int64_t e = 0;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return -1;
		if (e < INT64_C(100000000000000))
			e = e * 10 + (*p - '0');
	}
	*exponent = negative ? -e : e;
	return 0;
}

static int take_decimal(const char *p, const char *end, struct decimal *d)
{
	*d = (struct decimal){.from = p};
	const char *q = take_digits(p, end, d, 0);
	size_t digits = (size_t)(q - p);
	if (q < end && *q == '.') {
		p = q + 1;
		q = take_digits(p, end, d, 1);
		digits += (size_t)(q - p);
	}
	d->to = q;
	if (digits == 0)
		return -1;
	if (q < end) {
		if ((*q | 0x20) != 'e' || take_exponent(q + 1, end, &d->written))
			return -1;
		d->exponent += d->written;
	}
	return 0;
}

/*
 * A decimal rounds as its first 768 digits say (midpoints between doubles have at
 * most that many), and as the question says whether only zeros follow them: a 1
 * after the digits that are taken stands for the rest. So memory is bounded whatever
 * the length of the number.
 */
enum { TAKEN_DIGITS = 800 };

static int slow_decimal(const struct decimal *d, double *x)
{
	char text[TAKEN_DIGITS + 40];
	size_t n = 0;
	int64_t exponent = d->written;
	bool fraction = false, rest = false;
	for (const char *p = d->from; p < d->to; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		const bool taken = n < TAKEN_DIGITS && (n > 0 || *p != '0');
		if (taken)
			text[n++] = *p;
		else if (n > 0)
			rest |= *p != '0';
		exponent += (int64_t)(!taken && n > 0) - fraction;
	}
	if (rest) {
		text[n++] = '1';
		exponent--;
	}
	if (exponent > 400)
		exponent = n > 0 ? 400 : 0;
	if (exponent < -2000)
		exponent = -2000;
	snprintf(text + n, sizeof text - n, "e%d", (int)exponent);
	const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	*x = strtod_l(text, NULL, c);
	freelocale(c);
	return isinf(*x) ? -1 : 0;
}

static bool is_word(const char *p, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] | 0x20) != word[i])
			return false;
	return word[n] == '\0';
}

/* The sign as a bit: signs come in no order that a branch could learn. And -0.0 becomes 0.0. */
static inline double signed_value(double x, bool negative)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof bits);
	bits |= (uint64_t)negative << 63;
	memcpy(&x, &bits, sizeof x);
	return x + 0.0;
}

static int any_float(const char *p, size_t n, bool negative, double *x)
{
	struct decimal d;
	if (n >= 3 && !is_digit(*p) && *p != '.') {
		if (is_word(p, n, "nan"))
			return *x = pw_float_canonical(NAN), 0;
		if (!is_word(p, n, n == 3 ? "inf" : "infinity"))
			return -1;
		return *x = negative ? -INFINITY : INFINITY, 0;
	}
	if (take_decimal(p, p + n, &d))
		return -1;
	double y = 0;
	if (d.mantissa && (d.dropped || !pw_text_scale(d.mantissa, d.exponent, &y)) &&
	    slow_decimal(&d, &y))
		return -1;
	*x = signed_value(y, negative);
	return 0;
}

/*
 * Up to eight characters without an exponent, as most numbers are: the point,
 * found in the word, is closed by moving the bytes below it up by one.
 */
int pw_text_float(struct pw_slice s, double *x)
{
	if (s.length == 0)
		return -1;
	const bool negative = s.data[0] == '-';
	const size_t sign = negative | (s.data[0] == '+');
	const char *p = s.data + sign;
	const size_t n = s.length - sign;
	if (n == 0)
		return -1;
	if (n > 8)
		return any_float(p, n, negative, x);
	uint64_t w = pw_digits_align(pw_digits_load(p, n), n);
	const uint64_t apart = w ^ UINT64_C(0x2e2e2e2e2e2e2e2e);
	const uint64_t points =
		(apart - UINT64_C(0x0101010101010101)) & ~apart & UINT64_C(0x8080808080808080);
	unsigned int fraction = 0;
	if (points) {
		/* the lowest mark is right; one above it may be false, but then w isn't digits */
		const unsigned int at = (unsigned int)__builtin_ctzll(points) & ~7U;
		const uint64_t below = (UINT64_C(1) << at) - 1;
		fraction = 7 - at / 8;
		w = (w & ~below & ~(UINT64_C(0xff) << at)) | (w & below) << 8 | '0';
	}
	if (!pw_digits_all(w) || (points && n == 1))
		return any_float(p, n, negative, x);
	const double y = (double)pw_digits_value(w) / pw_text_power[fraction];
	*x = signed_value(y, negative);
	return 0;
}
