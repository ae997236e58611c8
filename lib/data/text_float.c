/*
 * Floats from and to text, correctly rounded both ways.
 *
 * Three grounds, each exact where it is used: a double quotient of a mantissa
 * below 2^53 and a power of ten up to 10^22, both exact, is rounded once; a
 * long double one (64 bits, powers up to 10^27) is rounded twice, which is
 * harmless unless the first rounding lands halfway between two doubles; all
 * else is for strtod and printf.
 */
#include "digits.h"
#include "text.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#if LDBL_MANT_DIG == 64
#define WIDE 1
#else
#define WIDE 0
#endif

static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
			       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
			       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

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

#if WIDE
static const long double wide_power[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,
					 1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
					 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
					 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};
#endif

/* mantissa * 10^exponent, if one of the fast grounds holds. */
static bool scale(uint64_t mantissa, int64_t exponent, double *x)
{
	if (mantissa <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) {
		*x = exponent < 0 ? (double)mantissa / power[-exponent]
				  : (double)mantissa * power[exponent];
		return true;
	}
#if WIDE
	if (exponent >= -27 && exponent <= 27) {
		const long double y = exponent < 0 ? (long double)mantissa / wide_power[-exponent]
						   : (long double)mantissa * wide_power[exponent];
		uint64_t bits;
		memcpy(&bits, &y, sizeof bits);
		*x = (double)y;
		return (bits & 0x7ff) != 0x400;
	}
#endif
	return false;
}

/* A decimal number taken apart; its digits stay in the text. */
struct decimal {
	uint64_t mantissa;     /* the first 19 significant digits */
	int64_t exponent;      /* of ten, behind them */
	size_t dropped;        /* significant digits behind the 19th */
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

/* The exponent behind an e: 0, or -1. Beyond 10^15 it stays there: no text has as many digits. */
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
 * What decides how a decimal rounds lies in its first 768 digits (midpoints
 * between doubles have at most that many) and in whether anything but zeros
 * follows them: a 1 behind the digits that are kept stands for the rest. So
 * memory is bounded whatever the length of the number.
 */
enum { KEPT_DIGITS = 800 };

static int slow_decimal(const struct decimal *d, double *x)
{
	char text[KEPT_DIGITS + 40];
	size_t n = 0;
	int64_t exponent = d->written;
	bool behind = false, rest = false;
	for (const char *p = d->from; p < d->to; p++) {
		if (*p == '.') {
			behind = true;
			continue;
		}
		const bool kept = n < KEPT_DIGITS && (n > 0 || *p != '0');
		if (kept)
			text[n++] = *p;
		else if (n > 0)
			rest |= *p != '0';
		exponent += (int64_t)(!kept && n > 0) - behind;
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
	if (d.mantissa && (d.dropped || !scale(d.mantissa, d.exponent, &y)) && slow_decimal(&d, &y))
		return -1;
	*x = signed_value(y, negative);
	return 0;
}

/*
 * Up to eight characters without an exponent, as most numbers are: the point,
 * found in the word, is closed by moving what is before it up a byte.
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
	const double y = (double)pw_digits_value(w) / power[fraction];
	*x = signed_value(y, negative);
	return 0;
}

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
 * Of 15 digits at most one decimal reads back as x, so if the nearest does, it
 * is the one, and without the zeros at its end the shortest. tens is
 * floor(log10(x)), or one less.
 */
static bool by_double(double x, int tens, struct shortest *s)
{
	for (int e = 14 - tens;; e--) {
		const double y = e >= 0 ? x * power[e] : x / power[-e];
		if (y >= 1e15)
			continue; /* tens was one less */
		s->digits = (uint64_t)(y + 0.5);
		s->exponent = -e;
		return x == (e >= 0 ? (double)s->digits / power[e] : (double)s->digits * power[-e]);
	}
}

/* Where by_double has an answer. */
static inline bool double_reaches(int tens)
{
	return tens >= -8 && tens <= 35;
}

/*
 * The nearest decimal of 15 (where by_double doesn't reach), 16 or 17 digits.
 * The product is off by less than 2^-64 of itself, 0.01 of a unit of the 17th
 * digit: a fraction near a half is left to printf, as are powers of two.
 */
static bool by_wide(double x, int tens, struct shortest *s)
{
#if WIDE
	for (int n = double_reaches(tens) ? 16 : 15; n <= 17; n++) {
		int e = n - 1 - tens;
		if (e > 27 || e < -26)
			return false;
		long double y =
			e < 0 ? (long double)x / wide_power[-e] : (long double)x * wide_power[e];
		if (y >= wide_power[n]) {
			e--;
			y = e < 0 ? (long double)x / wide_power[-e]
				  : (long double)x * wide_power[e];
		}
		const long long nearest = llrintl(y);
		if (fabsl(y - (long double)nearest) > 0.48L)
			return false;
		*s = (struct shortest){(uint64_t)nearest, -e};
		double back;
		if (!scale(s->digits, s->exponent, &back))
			return false;
		if (back == x)
			return true;
	}
#else
	(void)x, (void)tens, (void)s;
#endif
	return false;
}

/* Of x > 0. */
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
		const double y = x * power[n];
		const uint64_t nearest = (uint64_t)(y + 0.5);
		/* a quotient is slow: only when the product is off by rounding at most */
		if (fabs(y - (double)nearest) < y * 1e-15 && (double)nearest / power[n] == x) {
			*s = (struct shortest){nearest, -n};
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
