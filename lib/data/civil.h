/*
 * pw_civil - days and dates of the proleptic Gregorian calendar
 *
 * Promises: exact for every int32 year; pure arithmetic, no time zone.
 */
#ifndef PW_DATA_CIVIL_H
#define PW_DATA_CIVIL_H

#include "../base/lang.h"

#include <stdbool.h>
#include <stdint.h>

PW_C_BEGIN

#define PW_NS_SECOND   INT64_C(1000000000)
#define PW_DAY_SECONDS 86400

struct pw_civil {
	int64_t year;
	int month, day;           /* 1 to 12, 1 to 31 */
	int hour, minute, second; /* 0 to 23, 59, 59 */
	int ns;                   /* 0 to 999,999,999 */
};

bool pw_civil_leap(int64_t year);
int pw_civil_month_days(int64_t year, int month);

/* Days since 1970-01-01 of a date that exists. */
int64_t pw_civil_days(int64_t year, int month, int day);

/* The date of that day. */
void pw_civil_date(int64_t days, int64_t *year, int *month, int *day);

/* ns since 1970-01-01T00:00:00 and the parts of that moment. */
void pw_civil_from_ns(int64_t ns, struct pw_civil *c);

/* Is there such a date and time of day, whether 64 bits of ns hold it or not? */
bool pw_civil_valid(const struct pw_civil *c);

/*
 * The other way; false when a field is out of its range (a second of 60 is), the
 * day doesn't exist or the moment is outside 64 bits (1677-09-21 to 2262-04-11).
 */
bool pw_civil_to_ns(const struct pw_civil *c, int64_t *ns);

/* 0 Sunday to 6 Saturday. */
int pw_civil_weekday(int64_t days);

PW_C_END

#endif
