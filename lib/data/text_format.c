/* Datetimes by a format, directive by directive. */
#include "../base/fail.h"
#include "civil.h"
#include "text.h"

static const char *const months[] = {"january",   "february", "march",    "april",
				     "may",       "june",     "july",     "august",
				     "september", "october",  "november", "december"};
static const char *const weekdays[] = {"sunday",   "monday", "tuesday", "wednesday",
				       "thursday", "friday", "saturday"};

/* The parts that have been read so far; -1: not read. */
struct parse {
	const char *p, *end;
	int64_t year, month, day, of_year; /* of_year: %j */
	int64_t hour, minute, second, ns;
	int64_t half;    /* 0 am, 1 pm */
	int64_t weekday; /* 0 Sunday */
	int64_t offset;  /* of the zone, in seconds */
	int64_t epoch;   /* seconds, of %s */
	bool has_epoch, before_epoch;
	bool too_fine; /* the fraction has more digits than ns */
};

static void skip_blanks(struct parse *t)
{
	while (t->p < t->end && *t->p == ' ')
		t->p++;
}

/* Reads a number of least to most digits, with or without blanks in front, as ctime(3) pads days. */
static bool number(struct parse *t, int least, int most, int64_t *x)
{
	int n = 0;
	skip_blanks(t);
	int64_t v = 0;
	for (; n < most && t->p < t->end && (unsigned char)(*t->p - '0') <= 9; n++)
		v = v * 10 + (*t->p++ - '0');
	*x = v;
	return n >= least;
}

/* One of the names, whole or its first three letters, in any case. */
static bool name(struct parse *t, const char *const *names, int count, int64_t *x)
{
	for (int i = 0; i < count; i++) {
		int n = 0;
		while (names[i][n] && t->p + n < t->end && (t->p[n] | 0x20) == names[i][n])
			n++;
		if (n < 3)
			continue;
		t->p += names[i][n] ? 3 : n;
		*x = i;
		return true;
	}
	return false;
}

static bool fraction(struct parse *t)
{
	int64_t scale = 100000000;
	const char *from = t->p;
	for (t->ns = 0; t->p < t->end && (unsigned char)(*t->p - '0') <= 9; t->p++, scale /= 10) {
		t->too_fine |= scale == 0 && *t->p != '0';
		t->ns += (*t->p - '0') * scale;
	}
	return t->p > from;
}

static bool half(struct parse *t)
{
	if (t->end - t->p < 2 || (t->p[1] | 0x20) != 'm')
		return false;
	const char c = (char)(t->p[0] | 0x20);
	t->half = c == 'p';
	t->p += 2;
	return c == 'a' || c == 'p';
}

static bool zone(struct parse *t)
{
	const size_t n = pw_text_zone((struct pw_slice){t->p, (size_t)(t->end - t->p)}, &t->offset);
	t->p += n;
	return n > 0;
}

static bool epoch(struct parse *t)
{
	t->has_epoch = true;
	skip_blanks(t);
	t->before_epoch = t->p < t->end && *t->p == '-';
	t->p += t->before_epoch;
	return t->p < t->end && *t->p != ' ' && number(t, 1, 11, &t->epoch);
}

static bool short_year(struct parse *t)
{
	if (!number(t, 2, 2, &t->year))
		return false;
	t->year += t->year < 69 ? 2000 : 1900; /* as POSIX has it */
	return true;
}

static bool month_name(struct parse *t)
{
	const bool found = name(t, months, 12, &t->month);
	t->month++;
	return found;
}

static bool run(struct parse *t, const char *format);

static bool directive(struct parse *t, char c)
{
	switch (c) {
	case 'Y':
		return number(t, 4, 4, &t->year);
	case 'y':
		return short_year(t);
	case 'm':
		return number(t, 1, 2, &t->month);
	case 'b':
	case 'B':
	case 'h':
		return month_name(t);
	case 'd':
	case 'e':
		return number(t, 1, 2, &t->day);
	case 'j':
		return number(t, 1, 3, &t->of_year);
	case 'a':
	case 'A':
		return name(t, weekdays, 7, &t->weekday);
	case 'H':
	case 'I':
		return number(t, 1, 2, &t->hour);
	case 'M':
		return number(t, 1, 2, &t->minute);
	case 'S':
		return number(t, 1, 2, &t->second);
	case 'f':
		return fraction(t);
	case 'p':
		return half(t);
	case 'z':
		return zone(t);
	case 's':
		return epoch(t);
	case 'F':
		return run(t, "%Y-%m-%d");
	case 'T':
		return run(t, "%H:%M:%S");
	default:
		return t->p < t->end && *t->p++ == '%'; /* %%: the format has been checked */
	}
}

static bool run(struct parse *t, const char *format)
{
	for (; *format; format++) {
		if (*format == ' ') {
			skip_blanks(t);
		} else if (*format != '%') {
			if (t->p == t->end || *t->p++ != *format)
				return false;
		} else if (*++format == '\0' || !directive(t, *format)) {
			return false;
		}
	}
	return true;
}

/* Seconds since the epoch, with ns counted up from them. 0, or PW_TEXT_BEYOND */
static int since_epoch(struct parse *t, int64_t *ns)
{
	const int64_t sign = t->before_epoch ? -1 : 1;
	return __builtin_mul_overflow(t->epoch * sign, PW_NS_SECOND, ns) ||
			       __builtin_add_overflow(*ns, sign * t->ns, ns)
		       ? PW_TEXT_BEYOND
		       : 0;
}

/* The month and day that %j says; false: they are not those that the text says, too. */
static bool take_day_of_year(struct parse *t)
{
	int month, day;
	if (t->of_year < 1 || t->of_year > 365 + pw_civil_leap(t->year))
		return false;
	pw_civil_date(pw_civil_days(t->year, 1, 1) + t->of_year - 1, &t->year, &month, &day);
	if ((t->month >= 0 && t->month != month) || (t->day >= 0 && t->day != day))
		return false;
	t->month = month, t->day = day;
	return true;
}

/* 0, -1 or PW_TEXT_BEYOND */
static int from_fields(struct parse *t, int64_t *ns)
{
	if (t->of_year >= 0 && !take_day_of_year(t))
		return -1;
	if (t->half >= 0) {
		if (t->hour < 1 || t->hour > 12)
			return -1;
		t->hour = t->hour % 12 + 12 * t->half;
	}
	const struct pw_civil c = {t->year,
				   (int)(t->month < 0 ? 1 : t->month),
				   (int)(t->day < 0 ? 1 : t->day),
				   (int)t->hour,
				   (int)t->minute,
				   (int)t->second,
				   (int)t->ns};
	if (!pw_civil_valid(&c) ||
	    (t->weekday >= 0 &&
	     t->weekday != pw_civil_weekday(pw_civil_days(c.year, c.month, c.day))))
		return -1;
	return pw_civil_to_ns(&c, ns) ? 0 : PW_TEXT_BEYOND;
}

int pw_text_datetime_format(struct pw_slice s, const char *format, int64_t *ns)
{
	struct parse t = {.p = s.data,
			  .end = s.data + s.length,
			  .year = 1970,
			  .month = -1,
			  .day = -1,
			  .of_year = -1,
			  .half = -1,
			  .weekday = -1};
	if (!run(&t, format) || t.p != t.end)
		return -1;
	const int rc = t.has_epoch ? since_epoch(&t, ns) : from_fields(&t, ns);
	if (rc < 0)
		return rc;
	return t.too_fine || __builtin_sub_overflow(*ns, t.offset * PW_NS_SECOND, ns)
		       ? PW_TEXT_BEYOND
		       : 0;
}

int pw_text_datetime_format_check(const char *format, bool utc)
{
	bool twelve = false, half_day = false, zoned = false, any = false;
	for (const char *p = format; *p; p++) {
		if (*p != '%')
			continue;
		p++;
		if (*p == '\0' || strchr("YymbBhdejaAHIMSfpzsFT%", *p) == NULL)
			return pw_fail(PW_USAGE,
				       "time format '%s': '%%%.1s' is not one of "
				       "%%Y %%y %%m %%b %%B %%d %%e %%j %%a %%A %%H %%I %%M %%S "
				       "%%f %%p %%z "
				       "%%s %%F %%T %%%%",
				       format, p);
		any |= *p != '%';
		twelve |= *p == 'I';
		half_day |= *p == 'p';
		zoned |= *p == 'z';
	}
	if (!any)
		return pw_fail(PW_USAGE, "time format '%s' has no %%Y, %%m, ... in it", format);
	if (twelve != half_day)
		return pw_fail(PW_USAGE, "time format '%s': %%I and %%p belong together", format);
	if (zoned && !utc)
		return pw_fail(PW_USAGE, "time format '%s': %%z needs the type datetime_utc",
			       format);
	return 0;
}
