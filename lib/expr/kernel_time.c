#include "kernel_internal.h"

#include "../data/civil.h"
#include "../data/text.h"

#include <stdlib.h>
#include <strings.h>

static inline int64_t floor_divide(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

static inline int64_t day_of(int64_t ns)
{
	return floor_divide(ns, PW_DAY_SECONDS * PW_NS_SECOND);
}

/* ---- fields ---- */

static inline struct pw_civil civil(int64_t ns)
{
	struct pw_civil c;
	pw_civil_from_ns(ns, &c);
	return c;
}

static inline int64_t day_of_year(int64_t ns)
{
	return day_of(ns) - pw_civil_days(civil(ns).year, 1, 1) + 1;
}

/* Monday 1 to Sunday 7 */
static inline int64_t iso_weekday(int64_t ns)
{
	const int day = pw_civil_weekday(day_of(ns));
	return day == 0 ? 7 : day;
}

/* The year whose ISO week it is: that of the week's Thursday. */
static inline int64_t iso_year(int64_t ns)
{
	int64_t year;
	int month, day;
	pw_civil_date(day_of(ns) - iso_weekday(ns) + 4, &year, &month, &day);
	return year;
}

static inline int64_t iso_week(int64_t ns)
{
	const int64_t thursday = day_of(ns) - iso_weekday(ns) + 4;
	return (thursday - pw_civil_days(iso_year(ns), 1, 1)) / 7 + 1;
}

/* Nanoseconds of the day. */
static inline int64_t of_day(int64_t ns)
{
	return ns - day_of(ns) * (PW_DAY_SECONDS * PW_NS_SECOND);
}

PW_KERNEL_1(year, int64_t, int64_t, civil(x).year)
PW_KERNEL_1(quarter, int64_t, int64_t, (civil(x).month + 2) / 3)
PW_KERNEL_1(month, int64_t, int64_t, civil(x).month)
PW_KERNEL_1(week, int64_t, int64_t, iso_week(x))
PW_KERNEL_1(isoyear, int64_t, int64_t, iso_year(x))
PW_KERNEL_1(day, int64_t, int64_t, civil(x).day)
PW_KERNEL_1(dayofweek, int64_t, int64_t, pw_civil_weekday(day_of(x)))
PW_KERNEL_1(isodow, int64_t, int64_t, iso_weekday(x))
PW_KERNEL_1(dayofyear, int64_t, int64_t, day_of_year(x))
PW_KERNEL_1(hour, int64_t, int64_t, of_day(x) / (3600 * PW_NS_SECOND))
PW_KERNEL_1(minute, int64_t, int64_t, of_day(x) / (60 * PW_NS_SECOND) % 60)
PW_KERNEL_1(second, int64_t, int64_t, of_day(x) / PW_NS_SECOND % 60)
PW_KERNEL_1(millisecond, int64_t, int64_t, of_day(x) / 1000000 % 1000)
PW_KERNEL_1(microsecond, int64_t, int64_t, of_day(x) / 1000 % 1000000)
PW_KERNEL_1(nanosecond, int64_t, int64_t, of_day(x) % PW_NS_SECOND)
PW_KERNEL_1(epoch_ms, int64_t, int64_t, floor_divide(x, 1000000))
PW_KERNEL_1(epoch_us, int64_t, int64_t, floor_divide(x, 1000))
PW_KERNEL_1(epoch_ns, int64_t, int64_t, x)
PW_KERNEL_1(total_seconds, int64_t, double, (double)x / 1e9)

static inline int64_t scaled(int64_t x, int64_t unit, bool *wrong)
{
	int64_t r;
	*wrong = __builtin_mul_overflow(x, unit, &r);
	return r;
}

PW_KERNEL_1_CHECKED(from_seconds, int64_t, int64_t, scaled(x, PW_NS_SECOND, &wrong))
PW_KERNEL_1_CHECKED(from_ms, int64_t, int64_t, scaled(x, 1000000, &wrong))
PW_KERNEL_1_CHECKED(from_us, int64_t, int64_t, scaled(x, 1000, &wrong))
PW_KERNEL_1_CHECKED(from_minutes, int64_t, int64_t, scaled(x, 60 * PW_NS_SECOND, &wrong))
PW_KERNEL_1_CHECKED(from_hours, int64_t, int64_t, scaled(x, 3600 * PW_NS_SECOND, &wrong))
PW_KERNEL_1_CHECKED(from_days, int64_t, int64_t, scaled(x, PW_DAY_SECONDS *PW_NS_SECOND, &wrong))

/* ---- units ---- */

enum unit { UNIT_MONTH = 0, UNIT_QUARTER, UNIT_YEAR, UNIT_DECADE, UNIT_CENTURY, UNIT_FIXED };

static const struct unit_name {
	const char *name;
	enum unit unit;
	int64_t ns; /* of a fixed one; of the others, months */
} units[] = {
	{"nanosecond", UNIT_FIXED, 1},
	{"microsecond", UNIT_FIXED, 1000},
	{"millisecond", UNIT_FIXED, 1000000},
	{"second", UNIT_FIXED, PW_NS_SECOND},
	{"minute", UNIT_FIXED, 60 * PW_NS_SECOND},
	{"hour", UNIT_FIXED, 3600 * PW_NS_SECOND},
	{"day", UNIT_FIXED, PW_DAY_SECONDS *PW_NS_SECOND},
	{"week", UNIT_FIXED, 7 * PW_DAY_SECONDS *PW_NS_SECOND},
	{"month", UNIT_MONTH, 1},
	{"quarter", UNIT_QUARTER, 3},
	{"year", UNIT_YEAR, 12},
	{"decade", UNIT_DECADE, 120},
	{"century", UNIT_CENTURY, 1200},
};

/* NULL: there is no such unit. A plural s is allowed. */
static const struct unit_name *unit_of(struct pw_slice name)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const size_t n = strlen(units[i].name);
		if ((name.length == n || (name.length == n + 1 && (name.data[n] | 0x20) == 's')) &&
		    strncasecmp(name.data, units[i].name, n) == 0)
			return &units[i];
	}
	return NULL;
}

static int unit_prepare(struct pw_step *s)
{
	const struct pw_step *arg = s->args[0];
	if (!arg->done || pw_column_null(&arg->out, 0))
		return 0;
	const struct pw_slice name = pw_column_text(&arg->out, 0);
	s->state = (void *)(uintptr_t)unit_of(name);
	if (s->state != NULL)
		return 0;
	return pw_fail(PW_USAGE,
		       "'%.*s' is not a unit of time (second minute hour day week month "
		       "quarter year ...)",
		       (int)(name.length < 64 ? name.length : 64), name.data);
}

/* Weeks begin on Monday: 1970-01-01 was a Thursday. */
#define WEEK_SHIFT (3 * PW_DAY_SECONDS * PW_NS_SECOND)

static inline int truncate_time(int64_t ns, const struct unit_name *u, int64_t *result)
{
	if (u->unit == UNIT_FIXED) {
		int64_t rest = ns % u->ns;
		if (u->name[0] == 'w')
			rest = (rest + WEEK_SHIFT) % u->ns;
		if (rest < 0)
			rest += u->ns;
		return __builtin_sub_overflow(ns, rest, result) ? -1 : 0;
	}
	struct pw_civil c = civil(ns);
	const int64_t month = c.year * 12 + c.month - 1, first = month - month % u->ns;
	c = (struct pw_civil){.year = first / 12, .month = (int)(first % 12) + 1, .day = 1};
	return pw_civil_to_ns(&c, result) ? 0 : -1;
}

/* How many of the unit's starts lie after a and not after b. */
static int64_t starts_between(int64_t a, int64_t b, const struct unit_name *u)
{
	if (u->unit == UNIT_FIXED && u->name[0] == 'w')
		return floor_divide(day_of(b) + 3, 7) - floor_divide(day_of(a) + 3, 7);
	if (u->unit == UNIT_FIXED)
		return floor_divide(b, u->ns) - floor_divide(a, u->ns);
	const struct pw_civil x = civil(a), y = civil(b);
	return floor_divide(y.year * 12 + y.month - 1, u->ns) -
	       floor_divide(x.year * 12 + x.month - 1, u->ns);
}

static void date_trunc(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view names = pw_text_view_of(s->in[0]);
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		r[i] = 0;
		if (pw_step_dead(s, i))
			continue;
		const struct unit_name *u =
			s->state ? s->state : unit_of(pw_text_view_at(&names, i));
		if (u == NULL || truncate_time(pw_int_at(s->in[1], i), u, &r[i]) < 0)
			pw_step_error(s, i);
	}
}

static void date_diff(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view names = pw_text_view_of(s->in[0]);
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		r[i] = 0;
		if (pw_step_dead(s, i))
			continue;
		const struct unit_name *u =
			s->state ? s->state : unit_of(pw_text_view_at(&names, i));
		if (u == NULL)
			pw_step_error(s, i);
		else
			r[i] = starts_between(pw_int_at(s->in[1], i), pw_int_at(s->in[2], i), u);
	}
}

/* The same day so many months on, or the month's last if it has no such day. */
static void add_months(struct pw_step *s, uint32_t n)
{
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		struct pw_civil c = civil(pw_int_at(s->in[0], i));
		const int64_t by = pw_int_at(s->in[1], i);
		r[i] = 0;
		if (by > 12000 || by < -12000) {
			if (!pw_step_dead(s, i))
				pw_step_error(s, i);
			continue;
		}
		const int64_t month = c.year * 12 + c.month - 1 + by;
		c.year = floor_divide(month, 12);
		c.month = (int)(month - c.year * 12) + 1;
		if (c.day > pw_civil_month_days(c.year, c.month))
			c.day = pw_civil_month_days(c.year, c.month);
		if (!pw_civil_to_ns(&c, &r[i]) && !pw_step_dead(s, i))
			pw_step_error(s, i);
	}
}

static void last_day(struct pw_step *s, uint32_t n)
{
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		struct pw_civil c = civil(pw_int_at(s->in[0], i));
		c = (struct pw_civil){.year = c.year, .month = c.month};
		c.day = pw_civil_month_days(c.year, c.month);
		r[i] = 0;
		if (!pw_civil_to_ns(&c, &r[i]) && !pw_step_dead(s, i))
			pw_step_error(s, i);
	}
}

/* make_datetime(year, month, day[, hour, minute, second]) */
static void make_datetime(struct pw_step *s, uint32_t n)
{
	int64_t *r = s->values;
	for (uint32_t i = 0; i < n; i++) {
		int64_t part[6] = {0};
		bool fits = true;
		for (uint32_t k = 0; k < s->arg_count; k++) {
			part[k] = pw_int_at(s->in[k], i);
			fits &= part[k] >= -9999 && part[k] <= 9999;
		}
		const struct pw_civil c = {.year = part[0],
					   .month = fits ? (int)part[1] : 0,
					   .day = fits ? (int)part[2] : 0,
					   .hour = fits ? (int)part[3] : 0,
					   .minute = fits ? (int)part[4] : 0,
					   .second = fits ? (int)part[5] : 0};
		r[i] = 0;
		if ((!fits || !pw_civil_to_ns(&c, &r[i])) && !pw_step_dead(s, i))
			pw_step_error(s, i);
	}
}

/* ---- text ---- */

static const char *const month_names[] = {
	"January", "February", "March",     "April",   "May",      "June",
	"July",    "August",   "September", "October", "November", "December",
};
static const char *const day_names[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static void monthname(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_bytes_text(&s->text, month_names[civil(pw_int_at(s->in[0], i)).month - 1]))
}

static void dayname(struct pw_step *s, uint32_t n)
{
	PW_TEXT_LOOP(pw_bytes_text(&s->text,
				   day_names[pw_civil_weekday(day_of(pw_int_at(s->in[0], i)))]))
}

/* One %-field; false: there is no such. */
static bool add_field(struct pw_bytes *b, char field, int64_t ns, bool utc)
{
	const struct pw_civil c = civil(ns);
	const int weekday = pw_civil_weekday(day_of(ns));
	const int hour = c.hour % 12 == 0 ? 12 : c.hour % 12;

	switch (field) {
	case 'Y':
		pw_bytes_print(b, "%04d", (int)c.year);
		break;
	case 'y':
		pw_bytes_print(b, "%02d", (int)(c.year % 100));
		break;
	case 'm':
		pw_bytes_print(b, "%02d", c.month);
		break;
	case 'd':
		pw_bytes_print(b, "%02d", c.day);
		break;
	case 'e':
		pw_bytes_print(b, "%2d", c.day);
		break;
	case 'H':
		pw_bytes_print(b, "%02d", c.hour);
		break;
	case 'I':
		pw_bytes_print(b, "%02d", hour);
		break;
	case 'M':
		pw_bytes_print(b, "%02d", c.minute);
		break;
	case 'S':
		pw_bytes_print(b, "%02d", c.second);
		break;
	case 'f':
		pw_bytes_print(b, "%06d", c.ns / 1000);
		break;
	case 'g':
		pw_bytes_print(b, "%03d", c.ns / 1000000);
		break;
	case 'n':
		pw_bytes_print(b, "%09d", c.ns);
		break;
	case 'p':
		pw_bytes_text(b, c.hour < 12 ? "AM" : "PM");
		break;
	case 'j':
		pw_bytes_print(b, "%03d", (int)day_of_year(ns));
		break;
	case 'B':
		pw_bytes_text(b, month_names[c.month - 1]);
		break;
	case 'b':
		pw_bytes_add(b, month_names[c.month - 1], 3);
		break;
	case 'A':
		pw_bytes_text(b, day_names[weekday]);
		break;
	case 'a':
		pw_bytes_add(b, day_names[weekday], 3);
		break;
	case 'u':
		pw_bytes_print(b, "%d", (int)iso_weekday(ns));
		break;
	case 'w':
		pw_bytes_print(b, "%d", weekday);
		break;
	case 'V':
		pw_bytes_print(b, "%02d", (int)iso_week(ns));
		break;
	case 'G':
		pw_bytes_print(b, "%04d", (int)iso_year(ns));
		break;
	case 's':
		pw_text_add_int(b, floor_divide(ns, PW_NS_SECOND));
		break;
	case 'z':
		pw_bytes_text(b, utc ? "+0000" : "");
		break;
	case 'Z':
		pw_bytes_text(b, utc ? "UTC" : "");
		break;
	case 'F':
		pw_bytes_print(b, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
		break;
	case 'T':
		pw_bytes_print(b, "%02d:%02d:%02d", c.hour, c.minute, c.second);
		break;
	case '%':
		pw_bytes_put(b, '%');
		break;
	default:
		return false;
	}
	return true;
}

static bool add_time(struct pw_bytes *b, struct pw_slice format, int64_t ns, bool utc)
{
	for (size_t i = 0; i < format.length; i++) {
		if (format.data[i] != '%')
			pw_bytes_put(b, format.data[i]);
		else if (++i >= format.length || !add_field(b, format.data[i], ns, utc))
			return false;
	}
	return true;
}

static int strftime_prepare(struct pw_step *s)
{
	const struct pw_column *c = &s->args[1]->out;
	if (!s->args[1]->done || pw_column_null(c, 0))
		return 0;
	pw_bytes_clear(&s->spare);
	return add_time(&s->spare, pw_column_text(c, 0), 0, false)
		       ? 0
		       : pw_fail(PW_USAGE, "the format has a field that there is not");
}

static void run_strftime(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view formats = pw_text_view_of(s->in[1]);
	const bool utc = s->in[0]->type.base == PW_DATETIME_UTC;
	PW_TEXT_LOOP({
		if (!add_time(&s->text, pw_text_view_at(&formats, i), pw_int_at(s->in[0], i), utc))
			pw_step_error(s, i);
	})
}

/* With a zone in the format the result is a moment. */
static bool in_utc(const struct pw_step *s)
{
	return s->type.base == PW_DATETIME_UTC;
}

static int strptime_prepare(struct pw_step *s)
{
	const struct pw_column *c = &s->args[1]->out;
	if (!s->args[1]->done || pw_column_null(c, 0))
		return 0;
	const struct pw_slice format = pw_column_text(c, 0);
	pw_bytes_clear(&s->spare);
	pw_bytes_add(&s->spare, format.data, format.length);
	return pw_text_datetime_format_check(pw_bytes_string(&s->spare), in_utc(s));
}

/* The format's text, and whether it is one, is looked at when it changes. */
static void run_strptime(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view a = pw_text_view_of(s->in[0]), b = pw_text_view_of(s->in[1]);
	int64_t *r = s->values;
	bool good = false, any = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct pw_slice format = pw_text_view_at(&b, i);
		r[i] = 0;
		if (pw_step_dead(s, i))
			continue;
		if (!any ||
		    !pw_slice_equal(format, (struct pw_slice){s->spare.data, s->spare.length})) {
			pw_bytes_clear(&s->spare);
			pw_bytes_add(&s->spare, format.data, format.length);
			good = memchr(format.data, 0, format.length) == NULL &&
			       pw_text_datetime_format_check(pw_bytes_string(&s->spare),
							     in_utc(s)) == 0;
			if (!good)
				pw_fail_clear();
			any = true;
		}
		if (!good || pw_text_datetime_format(pw_text_view_at(&a, i),
						     pw_bytes_string(&s->spare), &r[i]) < 0)
			pw_step_error(s, i);
	}
}

static bool is_beyond(struct pw_slice t, struct pw_slice f, bool utc)
{
	struct pw_bytes format = {0};
	int64_t ns;
	bool beyond;

	pw_bytes_add(&format, f.data, f.length);
	const char *text = pw_bytes_string(&format);
	beyond = memchr(f.data, 0, f.length) == NULL &&
		 pw_text_datetime_format_check(text, utc) == 0 &&
		 pw_text_datetime_format(t, text, &ns) == PW_TEXT_BEYOND;
	pw_fail_clear();
	pw_bytes_release(&format);
	return beyond;
}

static void why_strptime(const struct pw_step *s, uint32_t row, struct pw_bytes *text)
{
	const struct pw_slice t = pw_column_text(&s->args[0]->out, row);
	const struct pw_slice f = pw_column_text(&s->args[1]->out, row);
	if (is_beyond(t, f, in_utc(s))) {
		pw_bytes_print(text, "'%.*s' " PW_TEXT_BEYOND_REASON,
			       (int)(t.length < 100 ? t.length : 100), t.data);
		return;
	}
	pw_bytes_print(text, "'%.*s' is not a time written as '%.*s'",
		       (int)(t.length < 100 ? t.length : 100), t.data,
		       (int)(f.length < 100 ? f.length : 100), f.data);
}

/* ---- the commit's time ---- */

static void commit_time(struct pw_step *s, uint32_t n)
{
	int64_t *r = s->values;
	uint32_t i = 0;
	for (uint32_t k = 0; k < s->batch->run_count; k++) {
		const struct pw_run run = s->batch->runs[k];
		int64_t ns = 0;
		const bool fits = run.time <= INT64_MAX / 1000000;
		if (fits)
			ns = (int64_t)run.time * 1000000;
		for (uint32_t end = i + run.rows; i < end && i < n; i++) {
			r[i] = ns;
			if (!fits)
				pw_step_error(s, i);
		}
	}
}

#define RANGE "the time is out of range (years 1677 to 2262)"
#define FIELD(name, kernel, text, value)                                                           \
	{                                                                                          \
		name, "int(D)", .run = kernel, .help = text,                                       \
				.example = name "(datetime '2024-02-29T13:14:15.016')",            \
				.result = value                                                    \
	}

static const struct pw_function table[] = {
	FIELD("year", year, "the year", "2024"),
	FIELD("quarter", quarter, "the quarter, 1 to 4", "1"),
	FIELD("month", month, "the month, 1 to 12", "2"),
	FIELD("week", week, "the ISO week, 1 to 53", "9"),
	FIELD("weekofyear", week, "another name of week", "9"),
	FIELD("isoyear", isoyear, "the year to which the ISO week belongs", "2024"),
	FIELD("day", day, "the day of the month, 1 to 31", "29"),
	FIELD("dayofmonth", day, "another name of day", "29"),
	FIELD("dayofweek", dayofweek, "Sunday 0 to Saturday 6", "4"),
	FIELD("isodow", isodow, "Monday 1 to Sunday 7", "4"),
	FIELD("dayofyear", dayofyear, "the day of the year, 1 to 366", "60"),
	FIELD("hour", hour, "the hour, 0 to 23", "13"),
	FIELD("minute", minute, "the minute, 0 to 59", "14"),
	FIELD("second", second, "the second, 0 to 59", "15"),
	FIELD("millisecond", millisecond, "milliseconds of the second, 0 to 999", "16"),
	FIELD("microsecond", microsecond, "microseconds of the second, 0 to 999999", "16000"),
	FIELD("nanosecond", nanosecond, "nanoseconds of the second, 0 to 999999999", "16000000"),
	{"epoch", "float(D)", .run = total_seconds, .help = "seconds since 1970",
	 .example = "epoch(datetime '2024-02-29T13:14:15.016')", .result = "1709212455.016"},
	FIELD("epoch_ms", epoch_ms, "milliseconds since 1970, rounded down", "1709212455016"),
	FIELD("epoch_us", epoch_us, "microseconds since 1970, rounded down", "1709212455016000"),
	FIELD("epoch_ns", epoch_ns, "nanoseconds since 1970", "1709212455016000000"),
	{"epoch_ns", "int(duration)", .run = epoch_ns, .help = "a duration's nanoseconds",
	 .example = "epoch_ns(1us)", .result = "1000"},
	{"total_seconds", "float(duration)", .run = total_seconds, .help = "a duration's seconds",
	 .example = "total_seconds(1m30s)", .result = "90.0"},
	{"to_timestamp", "datetime_utc(int)", .run = from_seconds, .reason = RANGE,
	 .help = "seconds since 1970 as a time", .example = "to_timestamp(86400)",
	 .result = "1970-01-02T00:00:00Z"},
	{"make_timestamp_ms", "datetime_utc(int)", .run = from_ms, .reason = RANGE,
	 .help = "milliseconds since 1970 as a time", .example = "make_timestamp_ms(1500)",
	 .result = "1970-01-01T00:00:01.5Z"},
	{"make_timestamp_ns", "datetime_utc(int)", .run = epoch_ns,
	 .help = "nanoseconds since 1970 as a time", .example = "make_timestamp_ns(0)",
	 .result = "1970-01-01T00:00:00Z"},
	{"make_date", "datetime(int,int,int)", .run = make_datetime,
	 .reason = "there is no such date, or it is out of range",
	 .help = "year, month and day as a datetime", .example = "make_date(2024, 2, 29)",
	 .result = "2024-02-29T00:00:00"},
	{"make_timestamp", "datetime(int,int,int,int,int,int)", .run = make_datetime,
	 .reason = "there is no such time, or it is out of range",
	 .help = "year, month, day, hour, minute and second as a datetime",
	 .example = "make_timestamp(2024, 2, 29, 12, 30, 5)", .result = "2024-02-29T12:30:05"},
	{"to_days", "duration(int)", .run = from_days, .reason = RANGE,
	 .help = "days as a duration", .example = "to_days(2)", .result = "2d"},
	{"to_hours", "duration(int)", .run = from_hours, .reason = RANGE,
	 .help = "hours as a duration", .example = "to_hours(2)", .result = "2h"},
	{"to_minutes", "duration(int)", .run = from_minutes, .reason = RANGE,
	 .help = "minutes as a duration", .example = "to_minutes(90)", .result = "1h30m"},
	{"to_seconds", "duration(int)", .run = from_seconds, .reason = RANGE,
	 .help = "seconds as a duration", .example = "to_seconds(90)", .result = "1m30s"},
	{"to_milliseconds", "duration(int)", .run = from_ms, .reason = RANGE,
	 .help = "milliseconds as a duration", .example = "to_milliseconds(1500)",
	 .result = "1.5s"},
	{"to_microseconds", "duration(int)", .run = from_us, .reason = RANGE,
	 .help = "microseconds as a duration", .example = "to_microseconds(1500000)",
	 .result = "1.5s"},
	{"date_trunc", "D(str,D)", 0, date_trunc, unit_prepare,
	 .reason = "no such unit, or the time is out of range",
	 .help = "rounded down to a unit; weeks start on Monday",
	 .example = "date_trunc('week', datetime '2020-03-04T11:13:00')",
	 .result = "2020-03-02T00:00:00"},
	{"date_diff", "int(str,D,D)", 0, date_diff, unit_prepare, .reason = "no such unit",
	 .help = "how many starts of the unit lie between two times",
	 .example = "date_diff('month', datetime '2024-01-31', datetime '2024-02-01')",
	 .result = "1"},
	{"add_months", "D(D,int)", .run = add_months, .reason = RANGE,
	 .help = "the same day so many months on, or that month's last",
	 .example = "add_months(datetime '2024-01-31', 1)", .result = "2024-02-29T00:00:00"},
	{"last_day", "D(D)", .run = last_day, .reason = RANGE, .help = "the month's last day",
	 .example = "last_day(datetime '2024-02-03T04:05:06')", .result = "2024-02-29T00:00:00"},
	{"monthname", "str(D)", .run = monthname, .help = "the month's English name",
	 .example = "monthname(datetime '2024-02-29')", .result = "February"},
	{"dayname", "str(D)", .run = dayname, .help = "the weekday's English name",
	 .example = "dayname(datetime '2024-02-29')", .result = "Thursday"},
	{"strftime", "str(D,str)", 0, run_strftime, strftime_prepare,
	 .reason = "the format has a field that there is not",
	 .help = "a time written by a format of % fields",
	 .example = "strftime(datetime '2024-02-29', '%d.%m.%y')", .result = "29.02.24"},
	{"strptime", "datetime(str,str)", 0, run_strptime, strptime_prepare, NULL, why_strptime,
	 .help = "a time read by a format of % fields",
	 .example = "strptime('29.02.2024', '%d.%m.%Y')", .result = "2024-02-29T00:00:00"},
	{"strptime", "datetime_utc(str,str)", .help = "the same, when the format has a zone, %z",
	 .example = "strptime('29.02.2024 12:00 +0200', '%d.%m.%Y %H:%M %z')",
	 .result = "2024-02-29T10:00:00Z"},
	{"strptime_utc", "datetime_utc(str,str)", 0, run_strptime, strptime_prepare, NULL,
	 why_strptime, .help = "a moment read by a format; without a zone in UTC",
	 .example = "strptime_utc('29.02.2024', '%d.%m.%Y')", .result = "2024-02-29T00:00:00Z"},
	{"commit_time", "datetime_utc()", PW_PER_ROW, commit_time, .reason = RANGE,
	 .help = "the time of the row's commit; needs an append-only input"},
};

const struct pw_functions pw_kernel_time = {table, sizeof table / sizeof *table, "time"};
