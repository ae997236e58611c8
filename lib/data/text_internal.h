/*
 * text_internal - decimals that become doubles, or doubles decimals, without a search
 *
 * A double quotient of a mantissa up to 2^53 and a power of ten up to 10^22,
 * both exact, is rounded once. A long double one (64 bits, powers up to 10^27)
 * is rounded twice, which is harmless unless the first rounding lands halfway
 * between two doubles. (Valgrind's long doubles have 53 bits: there it does harm.)
 */
#ifndef PW_DATA_TEXT_INTERNAL_H
#define PW_DATA_TEXT_INTERNAL_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

extern const double pw_text_power[23]; /* 10^0 to 10^22 */

#if LDBL_MANT_DIG == 64
#define PW_TEXT_WIDE 1
extern const long double pw_text_wide_power[28]; /* 10^0 to 10^27 */
#else
#define PW_TEXT_WIDE 0
#endif

/* mantissa * 10^exponent, correctly rounded; false: not by these means. */
static inline bool pw_text_scale(uint64_t mantissa, int64_t exponent, double *x)
{
	if (mantissa <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) {
		*x = exponent < 0 ? (double)mantissa / pw_text_power[-exponent]
				  : (double)mantissa * pw_text_power[exponent];
		return true;
	}
#if PW_TEXT_WIDE
	if (exponent >= -27 && exponent <= 27) {
		const long double y =
			exponent < 0 ? (long double)mantissa / pw_text_wide_power[-exponent]
				     : (long double)mantissa * pw_text_wide_power[exponent];
		uint64_t bits;
		memcpy(&bits, &y, sizeof bits);
		*x = (double)y;
		return (bits & 0x7ff) != 0x400;
	}
#endif
	return false;
}

#endif
