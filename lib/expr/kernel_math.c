#include "kernel_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- ints: outside 64 bits is an error, never a wrap ---- */

static inline int64_t add(int64_t x, int64_t y, bool *wrong)
{
	const uint64_t r = (uint64_t)x + (uint64_t)y;
	*wrong = (int64_t)(((uint64_t)x ^ r) & ((uint64_t)y ^ r)) < 0;
	return (int64_t)r;
}

static inline int64_t subtract(int64_t x, int64_t y, bool *wrong)
{
	const uint64_t r = (uint64_t)x - (uint64_t)y;
	*wrong = (int64_t)(((uint64_t)x ^ (uint64_t)y) & ((uint64_t)x ^ r)) < 0;
	return (int64_t)r;
}

static inline int64_t multiply(int64_t x, int64_t y, bool *wrong)
{
	int64_t r;
	*wrong = __builtin_mul_overflow(x, y, &r);
	return r;
}

static inline int64_t negate(int64_t x, bool *wrong)
{
	*wrong = x == INT64_MIN;
	return (int64_t)(0 - (uint64_t)x);
}

static inline int64_t absolute(int64_t x, bool *wrong)
{
	*wrong = x == INT64_MIN;
	return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
}

/* The quotient rounded down, and the remainder that goes with it (the divisor's sign). */
static inline int64_t divide(int64_t x, int64_t y, bool *wrong)
{
	*wrong = y == 0 || (y == -1 && x == INT64_MIN);
	if (*wrong)
		return 0;
	const int64_t q = x / y;
	return q - (x % y != 0 && (x ^ y) < 0);
}

static inline int64_t modulo(int64_t x, int64_t y, bool *wrong)
{
	*wrong = y == 0;
	if (y == 0 || y == -1)
		return 0;
	const int64_t r = x % y;
	return r != 0 && (r ^ y) < 0 ? r + y : r;
}

PW_KERNEL_2_CHECKED(add_int, int64_t, int64_t, add(x, y, &wrong))
PW_KERNEL_2_CHECKED(subtract_int, int64_t, int64_t, subtract(x, y, &wrong))
PW_KERNEL_2_CHECKED(multiply_int, int64_t, int64_t, multiply(x, y, &wrong))
PW_KERNEL_2_CHECKED(floor_divide_int, int64_t, int64_t, divide(x, y, &wrong))
PW_KERNEL_2_CHECKED(modulo_int, int64_t, int64_t, modulo(x, y, &wrong))
PW_KERNEL_2_CHECKED(divide_int, int64_t, double,
		    pw_float_canonical((double)x / (double)((wrong = y == 0) ? 1 : y)))
PW_KERNEL_1_CHECKED(negate_int, int64_t, int64_t, negate(x, &wrong))
PW_KERNEL_1_CHECKED(absolute_int, int64_t, int64_t, absolute(x, &wrong))
PW_KERNEL_1(sign_int, int64_t, int64_t, (x > 0) - (x < 0))

/* ---- floats: IEEE, but that a division by zero is an error; one NaN, no -0.0 ---- */

static inline double floor_divide(double x, double y, bool *wrong)
{
	*wrong = y == 0;
	return pw_float_canonical(floor(x / y));
}

static inline double modulo_f(double x, double y, bool *wrong)
{
	*wrong = y == 0;
	const double r = fmod(x, y);
	return pw_float_canonical(r != 0 && (r < 0) != (y < 0) ? r + y : r);
}

/* A result that is no number though the argument is one: out of the function's domain. */
static inline double in_domain(double x, double r, bool *wrong)
{
	*wrong = r != r && x == x;
	return pw_float_canonical(r);
}

static inline double logarithm(double x, double r, bool *wrong)
{
	*wrong = x <= 0;
	return pw_float_canonical(r);
}

static inline double power(double x, double y, bool *wrong)
{
	const double r = pow(x, y);
	*wrong = (r != r && x == x && y == y) || (x == 0 && y < 0);
	return pw_float_canonical(r);
}

/* The library's is off by a bit where the root is whole. */
static inline double cube_root(double x)
{
	const double r = cbrt(x), whole = round(r);
	return whole * whole * whole == x ? whole : r;
}

PW_KERNEL_2(add_float, double, double, pw_float_canonical(x + y))
PW_KERNEL_2(subtract_float, double, double, pw_float_canonical(x - y))
PW_KERNEL_2(multiply_float, double, double, pw_float_canonical(x *y))
PW_KERNEL_2_CHECKED(divide_float, double, double,
		    ((void)(wrong = y == 0), pw_float_canonical(x / y)))
PW_KERNEL_2_CHECKED(floor_divide_float, double, double, floor_divide(x, y, &wrong))
PW_KERNEL_2_CHECKED(modulo_float, double, double, modulo_f(x, y, &wrong))
PW_KERNEL_2_CHECKED(power_float, double, double, power(x, y, &wrong))
PW_KERNEL_2(atan2_float, double, double, pw_float_canonical(atan2(x, y)))
PW_KERNEL_1(negate_float, double, double, pw_float_canonical(-x))
PW_KERNEL_1(absolute_float, double, double, fabs(x))
PW_KERNEL_1(sign_float, double, double, (x > 0) - (x < 0))
PW_KERNEL_1(floor_float, double, double, pw_float_canonical(floor(x)))
PW_KERNEL_1(ceil_float, double, double, pw_float_canonical(ceil(x)))
PW_KERNEL_1(trunc_float, double, double, pw_float_canonical(trunc(x)))
PW_KERNEL_1(round_float, double, double, pw_float_canonical(round(x)))
PW_KERNEL_1(exp_float, double, double, exp(x))
PW_KERNEL_1(cbrt_float, double, double, pw_float_canonical(cube_root(x)))
PW_KERNEL_1(atan_float, double, double, pw_float_canonical(atan(x)))
PW_KERNEL_1(degrees_float, double, double, pw_float_canonical(x *(180 / M_PI)))
PW_KERNEL_1(radians_float, double, double, pw_float_canonical(x *(M_PI / 180)))
PW_KERNEL_1(isnan_float, double, uint8_t, x != x)
PW_KERNEL_1(isinf_float, double, uint8_t, x == INFINITY || x == -INFINITY)
PW_KERNEL_1(isfinite_float, double, uint8_t, x - x == 0)
PW_KERNEL_1(same_int, int64_t, int64_t, x)
PW_KERNEL_1_CHECKED(sqrt_float, double, double, in_domain(x, sqrt(x), &wrong))
PW_KERNEL_1_CHECKED(sin_float, double, double, in_domain(x, sin(x), &wrong))
PW_KERNEL_1_CHECKED(cos_float, double, double, in_domain(x, cos(x), &wrong))
PW_KERNEL_1_CHECKED(tan_float, double, double, in_domain(x, tan(x), &wrong))
PW_KERNEL_1_CHECKED(asin_float, double, double, in_domain(x, asin(x), &wrong))
PW_KERNEL_1_CHECKED(acos_float, double, double, in_domain(x, acos(x), &wrong))
PW_KERNEL_1_CHECKED(ln_float, double, double, logarithm(x, log(x), &wrong))
PW_KERNEL_1_CHECKED(log2_float, double, double, logarithm(x, log2(x), &wrong))
PW_KERNEL_1_CHECKED(log10_float, double, double, logarithm(x, log10(x), &wrong))

/*
 * x rounded by the digits of its shortest text, half away from zero: as many
 * stay as stand left of the place 10^-digits.
 */
static double round_text(double x, int64_t digits)
{
	char text[40]; /* d.ddde+XX */
	uint64_t whole = 0;
	int precision = 14;

	do
		snprintf(text, sizeof text, "%.*e", precision, fabs(x));
	while (strtod(text, NULL) != fabs(x) && ++precision <= 16);

	const int64_t stay = atoi(strchr(text, 'e') + 1) + 1 + digits;
	if (stay > precision)
		return x;
	if (stay < 0)
		return 0;
	for (int64_t k = 0; k <= stay; k++) {
		const int d = text[k == 0 ? 0 : k + 1] - '0';
		whole = k < stay ? whole * 10 + (uint64_t)d : whole + (d >= 5);
	}
	snprintf(text, sizeof text, "%s%" PRIu64 "e%d", x < 0 ? "-" : "", whole, (int)-digits);
	return pw_float_canonical(strtod(text, NULL));
}

/*
 * round(x, digits): the float nearest to the decimal that x is rounded to,
 * ties away from zero, where x is what its shortest text says (1.005 is a tie
 * for a person, though the double is below it). Only near a tie is the text
 * made: t is off by two roundings at most.
 */
static double round_decimal(double x, int64_t digits)
{
	static const double tens[] = {1,   1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,
				      1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17};

	if (x - x != 0 || x == 0 || digits > 330)
		return x;
	if (digits < -308)
		return 0;
	if (digits >= 0 && digits <= 17) {
		const double t = x * tens[digits], from_tie = fabs(t - floor(t) - 0.5);
		if (fabs(t) < 0x1p52 && from_tie > fabs(t) * 0x1p-51)
			return pw_float_canonical(round(t) / tens[digits]);
	}
	return round_text(x, digits);
}

static void round_digits(struct pw_step *s, uint32_t n)
{
	double *r = s->values;
	for (uint32_t i = 0; i < n; i++)
		r[i] = round_decimal(pw_float_at(s->in[0], i), pw_int_at(s->in[1], i));
}

static inline uint64_t magnitude(int64_t x)
{
	return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static uint64_t greatest_divisor(uint64_t x, uint64_t y)
{
	while (y != 0) {
		const uint64_t r = x % y;
		x = y;
		y = r;
	}
	return x;
}

static inline int64_t gcd(int64_t x, int64_t y, bool *wrong)
{
	const uint64_t g = greatest_divisor(magnitude(x), magnitude(y));
	*wrong = g > INT64_MAX;
	return (int64_t)g;
}

static inline int64_t lcm(int64_t x, int64_t y, bool *wrong)
{
	const uint64_t g = greatest_divisor(magnitude(x), magnitude(y));
	uint64_t r = 0;
	*wrong = g != 0 && __builtin_mul_overflow(magnitude(x) / g, magnitude(y), &r);
	*wrong |= r > INT64_MAX;
	return (int64_t)r;
}

static inline int64_t shift_left(int64_t x, int64_t y, bool *wrong)
{
	*wrong = y < 0 || y > 63 || x < 0 || (x != 0 && y > __builtin_clzll((uint64_t)x) - 1);
	return *wrong ? 0 : (int64_t)((uint64_t)x << y);
}

static inline int64_t shift_right(int64_t x, int64_t y, bool *wrong)
{
	*wrong = y < 0;
	return x >> (y < 0 ? 0 : y > 63 ? 63 : y);
}

PW_KERNEL_2_CHECKED(gcd_int, int64_t, int64_t, gcd(x, y, &wrong))
PW_KERNEL_2_CHECKED(lcm_int, int64_t, int64_t, lcm(x, y, &wrong))
PW_KERNEL_2(and_int, int64_t, int64_t, x &y)
PW_KERNEL_2(or_int, int64_t, int64_t, x | y)
PW_KERNEL_2(xor_int, int64_t, int64_t, x ^ y)
PW_KERNEL_1(not_int, int64_t, int64_t, ~x)
PW_KERNEL_1(count_int, int64_t, int64_t, __builtin_popcountll((uint64_t)x))
PW_KERNEL_2_CHECKED(left_int, int64_t, int64_t, shift_left(x, y, &wrong))
PW_KERNEL_2_CHECKED(right_int, int64_t, int64_t, shift_right(x, y, &wrong))

static void pi_float(struct pw_step *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((double *)s->values)[i] = M_PI;
}

/* ---- durations by floats ---- */

static inline int64_t to_word(double x, bool *wrong)
{
	const double r = rint(x);
	*wrong = !(r >= -0x1p63 && r < 0x1p63);
	return *wrong ? 0 : (int64_t)r;
}

static void scale(struct pw_step *s, uint32_t n, const struct pw_column *d,
		  const struct pw_column *factor, bool divides)
{
	for (uint32_t i = 0; i < n; i++) {
		const double x = (double)pw_int_at(d, i), y = pw_float_at(factor, i);
		bool wrong;
		((int64_t *)s->values)[i] = to_word(divides ? x / y : x * y, &wrong);
		if ((wrong || (divides && y == 0)) && !pw_step_dead(s, i))
			pw_step_error(s, i);
	}
}

static void duration_by_float(struct pw_step *s, uint32_t n)
{
	scale(s, n, s->in[0], s->in[1], false);
}

static void float_by_duration(struct pw_step *s, uint32_t n)
{
	scale(s, n, s->in[1], s->in[0], false);
}

static void divide_duration(struct pw_step *s, uint32_t n)
{
	scale(s, n, s->in[0], s->in[1], true);
}

/* ---- why a row failed ---- */

/* Division: by zero, or -2^63 // -1. */
static void why_division(const struct pw_step *s, uint32_t row, struct pw_bytes *text)
{
	const struct pw_column *y = &s->args[1]->out;
	const bool is_float = y->type.base == PW_FLOAT;
	const bool zero = is_float ? pw_float_at(y, row) == 0 : pw_int_at(y, row) == 0;
	pw_bytes_text(text,
		      zero ? "division by zero" : "overflow: the result does not fit in 64 bits");
}

#define OVERFLOW      "overflow: the result does not fit in 64 bits"
#define TIME_OVERFLOW "overflow: the time is out of range (years 1677 to 2262)"
#define ZERO          "division by zero"
#define LOG           "the logarithm of a number that is not positive"
#define DOMAIN        "the argument is outside the function's domain"

static const struct pw_function table[] = {
	{"+", "int(int,int)", 0, add_int, .reason = OVERFLOW},
	{"+", "float(float,float)", .run = add_float},
	{"+", "duration(duration,duration)", 0, add_int, .reason = OVERFLOW},
	{"+", "datetime(datetime,duration)", 0, add_int, .reason = TIME_OVERFLOW},
	{"+", "datetime(duration,datetime)", 0, add_int, .reason = TIME_OVERFLOW},
	{"+", "datetime_utc(datetime_utc,duration)", 0, add_int, .reason = TIME_OVERFLOW},
	{"+", "datetime_utc(duration,datetime_utc)", 0, add_int, .reason = TIME_OVERFLOW},
	{"-", "int(int,int)", 0, subtract_int, .reason = OVERFLOW},
	{"-", "float(float,float)", .run = subtract_float},
	{"-", "duration(duration,duration)", 0, subtract_int, .reason = OVERFLOW},
	{"-", "datetime(datetime,duration)", 0, subtract_int, .reason = TIME_OVERFLOW},
	{"-", "datetime_utc(datetime_utc,duration)", 0, subtract_int, .reason = TIME_OVERFLOW},
	{"-", "duration(datetime,datetime)", 0, subtract_int, .reason = OVERFLOW},
	{"-", "duration(datetime_utc,datetime_utc)", 0, subtract_int, .reason = OVERFLOW},
	{"-", "int(int)", 0, negate_int, .reason = OVERFLOW},
	{"-", "float(float)", .run = negate_float},
	{"-", "duration(duration)", 0, negate_int, .reason = OVERFLOW},
	{"*", "int(int,int)", 0, multiply_int, .reason = OVERFLOW},
	{"*", "float(float,float)", .run = multiply_float},
	{"*", "duration(duration,int)", 0, multiply_int, .reason = OVERFLOW},
	{"*", "duration(int,duration)", 0, multiply_int, .reason = OVERFLOW},
	{"*", "duration(duration,float)", 0, duration_by_float, .reason = OVERFLOW},
	{"*", "duration(float,duration)", 0, float_by_duration, .reason = OVERFLOW},
	{"/", "float(int,int)", 0, divide_int, .reason = ZERO},
	{"/", "float(float,float)", 0, divide_float, .reason = ZERO},
	{"/", "float(duration,duration)", 0, divide_int, .reason = ZERO},
	{"/", "duration(duration,float)", 0, divide_duration, .why = why_division},
	{"//", "int(int,int)", 0, floor_divide_int, .why = why_division},
	{"//", "float(float,float)", 0, floor_divide_float, .reason = ZERO},
	{"//", "int(duration,duration)", 0, floor_divide_int, .why = why_division},
	{"//", "duration(duration,int)", 0, floor_divide_int, .why = why_division},
	{"%", "int(int,int)", 0, modulo_int, .reason = ZERO},
	{"%", "float(float,float)", 0, modulo_float, .reason = ZERO},
	{"%", "duration(duration,duration)", 0, modulo_int, .reason = ZERO},
	{"**", "float(float,float)", 0, power_float, .reason = DOMAIN},
	{"abs", "int(int)", 0, absolute_int, .reason = OVERFLOW, .help = "the absolute value",
	 .example = "abs(-3)", .result = "3"},
	{"abs", "float(float)", 0, absolute_float, .help = "the absolute value",
	 .example = "abs(-1.5)", .result = "1.5"},
	{"abs", "duration(duration)", 0, absolute_int, .reason = OVERFLOW,
	 .help = "the absolute value", .example = "abs(-5m)", .result = "5m"},
	{"sign", "int(int)", 0, sign_int, .help = "-1, 0 or 1", .example = "sign(-7)",
	 .result = "-1"},
	{"sign", "float(float)", 0, sign_float, .help = "-1.0, 0.0 or 1.0", .example = "sign(2.5)",
	 .result = "1.0"},
	{"round", "float(float)", 0, round_float,
	 .help = "the nearest whole number, ties away from zero", .example = "round(2.5)",
	 .result = "3.0"},
	{"round", "int(int)", 0, same_int, .help = "an int is whole already", .example = "round(7)",
	 .result = "7"},
	{"round", "float(float,int)", 0, round_digits,
	 .help = "rounded to so many decimals, ties away from zero", .example = "round(1.005, 2)",
	 .result = "1.01"},
	{"floor", "float(float)", 0, floor_float, .help = "the next whole number down",
	 .example = "floor(-1.5)", .result = "-2.0"},
	{"floor", "int(int)", 0, same_int, .help = "an int is whole already", .example = "floor(7)",
	 .result = "7"},
	{"ceil", "float(float)", 0, ceil_float, .help = "the next whole number up",
	 .example = "ceil(1.2)", .result = "2.0"},
	{"ceil", "int(int)", 0, same_int, .help = "an int is whole already", .example = "ceil(7)",
	 .result = "7"},
	{"ceiling", "float(float)", 0, ceil_float, .help = "another name of ceil",
	 .example = "ceiling(1.2)", .result = "2.0"},
	{"trunc", "float(float)", 0, trunc_float, .help = "the whole number towards zero",
	 .example = "trunc(-1.7)", .result = "-1.0"},
	{"sqrt", "float(float)", 0, sqrt_float, .reason = "the square root of a negative number",
	 .help = "the square root", .example = "sqrt(2.25)", .result = "1.5"},
	{"cbrt", "float(float)", 0, cbrt_float, .help = "the cube root", .example = "cbrt(27)",
	 .result = "3.0"},
	{"exp", "float(float)", 0, exp_float, .help = "e to the power of x", .example = "exp(0)",
	 .result = "1.0"},
	{"ln", "float(float)", 0, ln_float, .reason = LOG, .help = "the natural logarithm",
	 .example = "ln(1)", .result = "0.0"},
	{"log10", "float(float)", 0, log10_float, .reason = LOG, .help = "the logarithm to base 10",
	 .example = "log10(1000)", .result = "3.0"},
	{"log", "float(float)", 0, log10_float, .reason = LOG, .help = "another name of log10",
	 .example = "log(100)", .result = "2.0"},
	{"log2", "float(float)", 0, log2_float, .reason = LOG, .help = "the logarithm to base 2",
	 .example = "log2(8)", .result = "3.0"},
	{"pow", "float(float,float)", 0, power_float, .reason = DOMAIN,
	 .help = "x to the power of y, as x ** y", .example = "pow(2, 10)", .result = "1024.0"},
	{"power", "float(float,float)", 0, power_float, .reason = DOMAIN,
	 .help = "another name of pow", .example = "power(2, 0.5)", .result = "1.4142135623730951"},
	{"sin", "float(float)", 0, sin_float, .reason = DOMAIN, .help = "the sine",
	 .example = "sin(0)", .result = "0.0"},
	{"cos", "float(float)", 0, cos_float, .reason = DOMAIN, .help = "the cosine",
	 .example = "cos(0)", .result = "1.0"},
	{"tan", "float(float)", 0, tan_float, .reason = DOMAIN, .help = "the tangent",
	 .example = "tan(0)", .result = "0.0"},
	{"asin", "float(float)", 0, asin_float, .reason = DOMAIN, .help = "the arc sine",
	 .example = "asin(0)", .result = "0.0"},
	{"acos", "float(float)", 0, acos_float, .reason = DOMAIN, .help = "the arc cosine",
	 .example = "acos(1)", .result = "0.0"},
	{"atan", "float(float)", 0, atan_float, .help = "the arc tangent", .example = "atan(0)",
	 .result = "0.0"},
	{"atan2", "float(float,float)", 0, atan2_float, .help = "the angle of the point (y, x)",
	 .example = "atan2(0, 1)", .result = "0.0"},
	{"degrees", "float(float)", 0, degrees_float, .help = "radians as degrees",
	 .example = "degrees(pi())", .result = "180.0"},
	{"radians", "float(float)", 0, radians_float, .help = "degrees as radians",
	 .example = "radians(180)", .result = "3.141592653589793"},
	{"pi", "float()", 0, pi_float, .help = "the number pi", .example = "pi()",
	 .result = "3.141592653589793"},
	{"mod", "int(int,int)", 0, modulo_int, .reason = ZERO, .help = "the remainder, as x % y",
	 .example = "mod(-7, 3)", .result = "2"},
	{"isnan", "bool(float)", 0, isnan_float, .help = "is it not a number?",
	 .example = "isnan(CAST('nan' AS float))", .result = "true"},
	{"isinf", "bool(float)", 0, isinf_float, .help = "is it infinite?",
	 .example = "isinf(CAST('-inf' AS float))", .result = "true"},
	{"isfinite", "bool(float)", 0, isfinite_float, .help = "is it neither infinite nor NaN?",
	 .example = "isfinite(1.5)", .result = "true"},
	{"gcd", "int(int,int)", 0, gcd_int, .reason = OVERFLOW,
	 .help = "the greatest common divisor", .example = "gcd(12, 18)", .result = "6"},
	{"lcm", "int(int,int)", 0, lcm_int, .reason = OVERFLOW, .help = "the least common multiple",
	 .example = "lcm(4, 6)", .result = "12"},
	{"bit_and", "int(int,int)", 0, and_int, .help = "the bits set in both",
	 .example = "bit_and(12, 10)", .result = "8"},
	{"bit_or", "int(int,int)", 0, or_int, .help = "the bits set in either",
	 .example = "bit_or(12, 10)", .result = "14"},
	{"xor", "int(int,int)", 0, xor_int, .help = "the bits set in one of both",
	 .example = "xor(12, 10)", .result = "6"},
	{"bit_not", "int(int)", 0, not_int, .help = "all bits inverted", .example = "bit_not(0)",
	 .result = "-1"},
	{"bit_count", "int(int)", 0, count_int, .help = "how many bits are set",
	 .example = "bit_count(255)", .result = "8"},
	{"bit_left", "int(int,int)", 0, left_int, .reason = OVERFLOW,
	 .help = "bits moved left by so many places", .example = "bit_left(1, 10)",
	 .result = "1024"},
	{"bit_right", "int(int,int)", 0, right_int, .reason = "a shift by less than nothing",
	 .help = "bits moved right by so many places", .example = "bit_right(1024, 3)",
	 .result = "128"},
};

const struct pw_functions pw_kernel_math = {table, sizeof table / sizeof *table, "numbers"};
