#include "between.h"

#include <math.h>
#include <string.h>

double pw_between_real(uint64_t word, uint8_t base)
{
	double x;

	if (base != PW_FLOAT)
		return (double)(int64_t)word;
	memcpy(&x, &word, sizeof x);
	return x;
}

uint64_t pw_between_word(double x)
{
	uint64_t word;

	x = pw_float_canonical(x);
	memcpy(&word, &x, sizeof word);
	return word;
}

/* b - a, of places or of values */
static double distance(uint64_t a, uint64_t b, uint8_t base)
{
	if (base == PW_FLOAT)
		return pw_between_real(b, base) - pw_between_real(a, base);
	return (double)((__int128)(int64_t)b - (int64_t)a);
}

/* The share of the way from a to b at which x lies, where a division overflows. */
static double share(double a, double x, double b)
{
	return (x / 2 - a / 2) / (b / 2 - a / 2);
}

uint64_t pw_between_float(double v0, double v1, uint64_t a, uint64_t x, uint64_t b, uint8_t base)
{
	const double whole = distance(a, b, base);
	double part = distance(a, x, base), y;

	if (whole == 0)
		return pw_between_word(v0);
	y = v0 + (v1 - v0) * part / whole;
	if (!isfinite(whole) || (!isfinite(y) && isfinite(v0) && isfinite(v1))) {
		/* too large on the way */
		part = share(pw_between_real(a, base), pw_between_real(x, base),
			     pw_between_real(b, base));
		y = v0 * (1 - part) + v1 * part;
	}
	return pw_between_word(y);
}

/* Can the number be multiplied by another such number, and by 2? */
static bool fits(__int128 x)
{
	return x < INT64_C(1) << 62 && x > -(INT64_C(1) << 62);
}

uint64_t pw_between_whole(int64_t v0, int64_t v1, uint64_t a, uint64_t x, uint64_t b, uint8_t base)
{
	const __int128 rise = (__int128)v1 - v0;
	const double whole = distance(a, b, base);

	if (whole == 0)
		return (uint64_t)v0;
	if (base != PW_FLOAT) {
		const __int128 all = (__int128)(int64_t)b - (int64_t)a;
		const __int128 part = (__int128)(int64_t)x - (int64_t)a;

		if (fits(rise) && fits(part)) {
			const __int128 halves = 2 * rise * part / all;

			return (uint64_t)(v0 +
					  (int64_t)((halves + (halves > 0) - (halves < 0)) / 2));
		}
	}
	const double part =
		share(pw_between_real(a, base), pw_between_real(x, base), pw_between_real(b, base));
	const __int128 y = v0 + (__int128)rint((double)rise * part);
	const int64_t low = v0 < v1 ? v0 : v1, high = v0 < v1 ? v1 : v0;

	return (uint64_t)(y < low ? low : y > high ? high : (int64_t)y);
}
