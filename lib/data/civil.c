#include "civil.h"

/*
 * Years are counted from March, so that the leap day is the last: month m
 * (0 = March) begins on day (153m + 2) / 5 of its year, and a 400-year era has
 * 146,097 days. Day 719,468 of era 0 is 1970-01-01.
 */
enum { ERA_DAYS = 146097, EPOCH = 719468 };

bool pw_civil_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int pw_civil_month_days(int64_t year, int month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && pw_civil_leap(year) ? 29 : days[month - 1];
}

int64_t pw_civil_days(int64_t year, int month, int day)
{
	const int64_t y = month > 2 ? year : year - 1;
	const int64_t era = (y >= 0 ? y : y - 399) / 400;
	const int64_t of_era = y - era * 400;
	const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
}

void pw_civil_date(int64_t days, int64_t *year, int *month, int *day)
{
	const int64_t d = days + EPOCH;
	const int64_t era = (d >= 0 ? d : d - (ERA_DAYS - 1)) / ERA_DAYS;
	const uint32_t in_era = (uint32_t)(d - era * ERA_DAYS);
	const uint32_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	const uint32_t in_year = in_era - (365 * y + y / 4 - y / 100);
	const uint32_t m = (5 * in_year + 2) / 153;
	*day = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = era * 400 + y + (*month <= 2);
}

int pw_civil_weekday(int64_t days)
{
	const int64_t w = (days + 4) % 7; /* day 0 was a Thursday */
	return (int)(w < 0 ? w + 7 : w);
}

void pw_civil_from_ns(int64_t ns, struct pw_civil *c)
{
	int64_t seconds = ns / PW_NS_SECOND;
	int64_t rest = ns % PW_NS_SECOND;
	if (rest < 0) {
		rest += PW_NS_SECOND;
		seconds--;
	}
	int64_t days = seconds / PW_DAY_SECONDS;
	int64_t of_day = seconds % PW_DAY_SECONDS;
	if (of_day < 0) {
		of_day += PW_DAY_SECONDS;
		days--;
	}
	const uint32_t s = (uint32_t)of_day;
	pw_civil_date(days, &c->year, &c->month, &c->day);
	c->hour = (int)(s / 3600);
	c->minute = (int)(s / 60 % 60);
	c->second = (int)(s % 60);
	c->ns = (int)rest;
}

bool pw_civil_valid(const struct pw_civil *c)
{
	/* far years could overflow the days; none beyond four digits is within 64 bits of ns */
	return c->year >= 0 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= pw_civil_month_days(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
	       c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59 &&
	       c->ns >= 0 && c->ns <= 999999999;
}

bool pw_civil_to_ns(const struct pw_civil *c, int64_t *ns)
{
	if (!pw_civil_valid(c))
		return false;
	int64_t seconds = pw_civil_days(c->year, c->month, c->day) * PW_DAY_SECONDS +
			  c->hour * 3600 + c->minute * 60 + c->second;
	int64_t rest = c->ns;
	/* towards zero, so that the first second of the range doesn't overflow on its way */
	if (seconds < 0 && rest > 0) {
		seconds++;
		rest -= PW_NS_SECOND;
	}
	return !__builtin_mul_overflow(seconds, PW_NS_SECOND, ns) &&
	       !__builtin_add_overflow(*ns, rest, ns);
}
