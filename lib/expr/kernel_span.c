#include "kernel_internal.h"

#include "../data/civil.h"

#include <math.h>

/* Durations in units, numbers as times, times rounded to a duration. */

#define NS_MINUTE (60 * PW_NS_SECOND)
#define NS_HOUR   (3600 * PW_NS_SECOND)
#define NS_DAY    (PW_DAY_SECONDS * PW_NS_SECOND)

/* ---- durations: whole units towards zero ---- */

PW_KERNEL_1(in_ns, int64_t, int64_t, x)
PW_KERNEL_1(in_us, int64_t, int64_t, x / 1000)
PW_KERNEL_1(in_ms, int64_t, int64_t, x / 1000000)
PW_KERNEL_1(in_seconds, int64_t, int64_t, x / PW_NS_SECOND)
PW_KERNEL_1(in_minutes, int64_t, int64_t, x / NS_MINUTE)
PW_KERNEL_1(in_hours, int64_t, int64_t, x / NS_HOUR)
PW_KERNEL_1(in_days, int64_t, int64_t, x / NS_DAY)
PW_KERNEL_1(in_weeks, int64_t, int64_t, x / (7 * NS_DAY))

static inline int64_t scaled(int64_t x, int64_t unit, bool *wrong)
{
	int64_t r;
	*wrong = __builtin_mul_overflow(x, unit, &r);
	return r;
}

PW_KERNEL_1_CHECKED(of_us, int64_t, int64_t, scaled(x, 1000, &wrong))
PW_KERNEL_1_CHECKED(of_ms, int64_t, int64_t, scaled(x, 1000000, &wrong))
PW_KERNEL_1_CHECKED(of_weeks, int64_t, int64_t, scaled(x, 7 * NS_DAY, &wrong))

/* ---- seconds as a float ---- */

/* The whole seconds apart, so that no digit is lost that a float can hold. */
static inline int64_t ns_of_seconds(double x, bool *wrong)
{
	const double whole = floor(x);
	int64_t r = 0;
	*wrong = !(fabs(x) < 9.3e9);
	if (*wrong || __builtin_mul_overflow((int64_t)whole, PW_NS_SECOND, &r))
		*wrong = true;
	else
		*wrong = __builtin_add_overflow(r, (int64_t)rint((x - whole) * 1e9), &r);
	return *wrong ? 0 : r;
}

PW_KERNEL_1_CHECKED(of_seconds, double, int64_t, ns_of_seconds(x, &wrong))

/* ---- times rounded to a multiple of a duration since 1970 ---- */

static inline int64_t floor_time(int64_t x, int64_t width, bool *wrong)
{
	int64_t r = 0;
	*wrong = width <= 0;
	if (*wrong)
		return 0;
	const int64_t rest = x % width;
	*wrong = __builtin_sub_overflow(x, rest < 0 ? rest + width : rest, &r);
	return r;
}

/* Half a width goes up. */
static inline int64_t round_time(int64_t x, int64_t width, bool *wrong)
{
	int64_t r = floor_time(x, width, wrong);
	if (*wrong)
		return 0;
	if ((uint64_t)(x - r) >= (uint64_t)width - (uint64_t)(x - r))
		*wrong = __builtin_add_overflow(r, width, &r);
	return r;
}

PW_KERNEL_2_CHECKED(time_floor, int64_t, int64_t, floor_time(x, y, &wrong))
PW_KERNEL_2_CHECKED(time_round, int64_t, int64_t, round_time(x, y, &wrong))
PW_KERNEL_2_CHECKED(bucket, int64_t, int64_t, floor_time(y, x, &wrong))

#define RANGE "the time is out of range (years 1677 to 2262)"
#define WIDTH "the duration is not above 0, or the time is out of range"
#define IN(name, kernel, value)                                                                    \
	{                                                                                          \
		name, "int(duration)", .run = kernel, .help = "a duration's whole " name,          \
				       .example = name "(-15d)", .result = value                   \
	}
#define SPAN(name, signature, kernel, why_not, text, from, to)                                     \
	{                                                                                          \
		name, signature, .run = kernel, .reason = why_not, .help = text, .example = from,  \
				 .result = to                                                      \
	}

static const struct pw_function table[] = {
	IN("nanoseconds", in_ns, "-1296000000000000"),
	IN("microseconds", in_us, "-1296000000000"),
	IN("milliseconds", in_ms, "-1296000000"),
	IN("seconds", in_seconds, "-1296000"),
	IN("minutes", in_minutes, "-21600"),
	IN("hours", in_hours, "-360"),
	IN("days", in_days, "-15"),
	IN("weeks", in_weeks, "-2"),
	SPAN("to_weeks", "duration(int)", of_weeks, RANGE, "weeks as a duration", "to_weeks(2)",
	     "14d"),
	SPAN("to_nanoseconds", "duration(int)", in_ns, RANGE, "nanoseconds as a duration",
	     "to_nanoseconds(1500000000)", "1.5s"),
	SPAN("to_seconds", "duration(float)", of_seconds, RANGE, "seconds as a duration",
	     "to_seconds(1.5)", "1.5s"),
	SPAN("to_timestamp", "datetime_utc(float)", of_seconds, RANGE,
	     "seconds since 1970, and parts of them, as a time", "to_timestamp(1.5)",
	     "1970-01-01T00:00:01.5Z"),
	SPAN("epoch_ms", "datetime_utc(int)", of_ms, RANGE, "milliseconds since 1970 as a time",
	     "epoch_ms(1500)", "1970-01-01T00:00:01.5Z"),
	SPAN("make_timestamp_us", "datetime_utc(int)", of_us, RANGE,
	     "microseconds since 1970 as a time", "make_timestamp_us(1500000)",
	     "1970-01-01T00:00:01.5Z"),
	SPAN("floor", "D(D,duration)", time_floor, WIDTH,
	     "the last multiple of the duration since 1970 that is not later",
	     "floor(datetime '2023-05-15T12:23:12', 10m)", "2023-05-15T12:20:00"),
	SPAN("round", "D(D,duration)", time_round, WIDTH,
	     "the nearest multiple of the duration since 1970, the later of two",
	     "round(datetime '2023-05-15T12:23:12', 15s)", "2023-05-15T12:23:15"),
	SPAN("time_bucket", "D(duration,D)", bucket, WIDTH,
	     "floor with its arguments the other way round",
	     "time_bucket(1h, datetime '2023-05-15T12:23:12')", "2023-05-15T12:00:00"),
};

const struct pw_functions pw_kernel_span = {table, sizeof table / sizeof *table,
					    "durations and rounded times"};
