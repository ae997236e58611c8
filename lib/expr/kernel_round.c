#include "kernel_internal.h"

#include <math.h>

/* Rounding to digits, and the functions of analysis that are seldom wanted. */

static inline double in_domain(double x, double r, bool *wrong)
{
	*wrong = r != r && x == x;
	return pw_float_canonical(r);
}

PW_KERNEL_1(sinh_float, double, double, pw_float_canonical(sinh(x)))
PW_KERNEL_1(cosh_float, double, double, cosh(x))
PW_KERNEL_1(tanh_float, double, double, pw_float_canonical(tanh(x)))
PW_KERNEL_1(asinh_float, double, double, pw_float_canonical(asinh(x)))
PW_KERNEL_1_CHECKED(acosh_float, double, double, in_domain(x, acosh(x), &wrong))
PW_KERNEL_1_CHECKED(atanh_float, double, double, in_domain(x, atanh(x), &wrong))
PW_KERNEL_1_CHECKED(cot_float, double, double,
		    ((void)(wrong = x == 0 || (x - x != 0 && x == x)),
		     pw_float_canonical(1 / tan(x))))
PW_KERNEL_1(round_even, double, double, pw_float_canonical(rint(x)))

/* The step away from zero to an even number: -1.5 gives -2. */
static inline double even(double x)
{
	const double r = ceil(fabs(x) / 2) * 2;
	return pw_float_canonical(x < 0 ? -r : r);
}

PW_KERNEL_1(even_float, double, double, even(x))

static inline double logarithm(double base, double x, bool *wrong)
{
	const double bottom = log(base);
	*wrong = base <= 0 || x <= 0 || bottom == 0;
	return pw_float_canonical(log(x) / bottom);
}

PW_KERNEL_2_CHECKED(log_float, double, double, logarithm(x, y, &wrong))

/* 10^digits as an int, for digits below 0; 0: beyond all ints */
static uint64_t unit_of(int64_t digits)
{
	uint64_t unit = 1;
	if (digits < -19)
		return 0;
	for (; digits < 0; digits++)
		unit *= 10;
	return unit;
}

/* Half of 10^19 is more than any int's magnitude, half of 10^18 is not. */
static inline int64_t round_whole(int64_t x, int64_t digits, bool *wrong)
{
	const uint64_t unit = digits < 0 ? unit_of(digits) : 1;
	const uint64_t size = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
	uint64_t r = 0;
	*wrong = false;
	if (unit == 1)
		return x;
	if (unit != 0 && size - size % unit <= UINT64_MAX - unit)
		r = size - size % unit + (size % unit >= unit - size % unit ? unit : 0);
	*wrong = r > (uint64_t)INT64_MAX;
	return x < 0 ? (int64_t)(0 - r) : (int64_t)r;
}

PW_KERNEL_2_CHECKED(round_int, int64_t, int64_t, round_whole(x, y, &wrong))

static inline int64_t factorial(int64_t x, bool *wrong)
{
	int64_t r = 1;
	*wrong = x < 0 || x > 20;
	for (int64_t k = 2; !*wrong && k <= x; k++)
		r *= k;
	return r;
}

PW_KERNEL_1_CHECKED(factorial_int, int64_t, int64_t, factorial(x, &wrong))

#define DOMAIN "the argument is outside the function's domain"
#define MATH(name, signature, kernel, why_not, text, from, to)                                     \
	{                                                                                          \
		name, signature, .run = kernel, .reason = why_not, .help = text, .example = from,  \
				 .result = to                                                      \
	}

static const struct pw_function table[] = {
	MATH("round", "int(int,int)", round_int, "overflow: the result does not fit in 64 bits",
	     "rounded to tens (-1), hundreds (-2), ...", "round(1250, -2)", "1300"),
	MATH("round_even", "float(float)", round_even, NULL,
	     "the nearest whole number, ties to the even one", "round_even(2.5)", "2.0"),
	MATH("even", "float(float)", even_float, NULL, "the next even number away from zero",
	     "even(-1.5)", "-2.0"),
	MATH("log", "float(float,float)", log_float, DOMAIN,
	     "the logarithm to the base given first", "log(2, 8)", "3.0"),
	MATH("factorial", "int(int)", factorial_int, DOMAIN, "the product of 1 to x, for 0 to 20",
	     "factorial(5)", "120"),
	MATH("sinh", "float(float)", sinh_float, NULL, "the hyperbolic sine", "sinh(0)", "0.0"),
	MATH("cosh", "float(float)", cosh_float, NULL, "the hyperbolic cosine", "cosh(0)", "1.0"),
	MATH("tanh", "float(float)", tanh_float, NULL, "the hyperbolic tangent", "tanh(0)", "0.0"),
	MATH("asinh", "float(float)", asinh_float, NULL, "the inverse of sinh", "asinh(0)", "0.0"),
	MATH("acosh", "float(float)", acosh_float, DOMAIN, "the inverse of cosh", "acosh(1)",
	     "0.0"),
	MATH("atanh", "float(float)", atanh_float, DOMAIN, "the inverse of tanh", "atanh(0)",
	     "0.0"),
	MATH("cot", "float(float)", cot_float, DOMAIN, "the cotangent", "round(cot(0.5), 6)",
	     "1.830488"),
};

const struct pw_functions pw_kernel_round = {table, sizeof table / sizeof *table,
					     "rounding and analysis"};
