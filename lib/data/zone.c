#include "zone.h"

#include "../base/fail.h"
#include "../base/io.h"
#include "civil.h"

#include <stddef.h>
#include <stdio.h>

enum { FILE_MAX = 1 << 20, HEADER = 44 };

#define FOREVER INT64_C(0x3fffffffffffffff)

static int64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t x = p[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < n; i++)
		x = x << 8 | p[i];
	return (int64_t)x;
}

/* ---- the rule after the last transition: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool rule_name(const char **p)
{
	const char *from = *p;
	if (**p == '<') {
		while (**p && **p != '>')
			++*p;
		if (**p != '>')
			return false;
		++*p;
		return true;
	}
	while ((**p | 0x20) >= 'a' && (**p | 0x20) <= 'z')
		++*p;
	return *p - from >= 3;
}

static bool rule_number(const char **p, int64_t *x)
{
	const char *from = *p;
	for (*x = 0; **p >= '0' && **p <= '9' && *p - from < 9; ++*p)
		*x = *x * 10 + (**p - '0');
	return *p > from;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool rule_time(const char **p, int64_t *seconds)
{
	const bool negative = **p == '-';
	int64_t part, unit = 3600;

	if (**p == '-' || **p == '+')
		++*p;
	for (*seconds = 0; unit > 0; unit /= 60) {
		if (!rule_number(p, &part))
			return false;
		*seconds += part * unit;
		if (**p != ':')
			break;
		++*p;
	}
	if (negative)
		*seconds = -*seconds;
	return true;
}

static bool rule_day(const char **p, struct pw_zone_day *d)
{
	int64_t a, b = 0, c = 0;

	*d = (struct pw_zone_day){.kind = 'D', .seconds = 7200};
	if (**p == 'J' || **p == 'M')
		d->kind = *(*p)++;
	if (!rule_number(p, &a))
		return false;
	if (d->kind == 'M') {
		if (*(*p)++ != '.' || !rule_number(p, &b) || *(*p)++ != '.' || !rule_number(p, &c))
			return false;
		if (a < 1 || a > 12 || b < 1 || b > 5 || c > 6)
			return false;
		d->month = (int)a;
		d->week = (int)b;
		d->day = (int)c;
	} else if (a > 365) {
		return false;
	} else {
		d->day = (int)a;
	}
	if (**p != '/')
		return true;
	++*p;
	return rule_time(p, &d->seconds);
}

static bool parse_rule(struct pw_zone *z, const char *p)
{
	if (!rule_name(&p) || !rule_time(&p, &z->winter_offset))
		return false;
	z->winter_offset = -z->winter_offset; /* written west of UTC */
	if (*p == '\0')
		return true;
	if (!rule_name(&p))
		return false;
	z->has_summer = true;
	z->summer_offset = z->winter_offset + 3600;
	if (*p != ',') {
		if (!rule_time(&p, &z->summer_offset))
			return false;
		z->summer_offset = -z->summer_offset;
	}
	if (*p++ != ',' || !rule_day(&p, &z->summer_from) || *p++ != ',')
		return false;
	return rule_day(&p, &z->summer_to) && *p == '\0';
}

/* When, in local seconds since 1970, the rule's day of that year comes. */
static int64_t rule_moment(const struct pw_zone_day *d, int64_t year)
{
	int64_t day;

	if (d->kind == 'M') {
		const int64_t first = pw_civil_days(year, d->month, 1);
		const int length = pw_civil_month_days(year, d->month);
		int date = 1 + (d->day - pw_civil_weekday(first) + 7) % 7 + 7 * (d->week - 1);
		while (date > length)
			date -= 7;
		day = first + date - 1;
	} else {
		day = pw_civil_days(year, 1, 1) + d->day;
		if (d->kind == 'J') /* counted from 1, and as if no year were a leap year */
			day += (d->day > 59 && pw_civil_leap(year)) - 1;
	}
	return day * PW_DAY_SECONDS + d->seconds;
}

static int64_t rule_offset(const struct pw_zone *z, int64_t utc)
{
	int64_t year, from, to, local = utc + z->winter_offset;
	int month, day;

	if (!z->has_summer)
		return z->winter_offset;
	pw_civil_date(local / PW_DAY_SECONDS - (local % PW_DAY_SECONDS < 0), &year, &month, &day);
	from = rule_moment(&z->summer_from, year) - z->winter_offset;
	to = rule_moment(&z->summer_to, year) - z->summer_offset;
	const bool summer = from < to ? utc >= from && utc < to : utc >= from || utc < to;
	return summer ? z->summer_offset : z->winter_offset;
}

/* ---- the file ---- */

struct counts {
	size_t ut, standard, leap, time, type, text;
};

static bool read_header(const struct pw_zone *z, size_t at, struct counts *c)
{
	const unsigned char *p = (const unsigned char *)z->file.data + at;

	if (z->file.length < at + HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	size_t *const fields[] = {&c->ut, &c->standard, &c->leap, &c->time, &c->type, &c->text};
	for (size_t i = 0; i < 6; i++) {
		const int64_t x = big_endian(p + 20 + 4 * i, 4);
		if (x < 0 || x > FILE_MAX)
			return false;
		*fields[i] = (size_t)x;
	}
	return true;
}

static size_t block_bytes(const struct counts *c, size_t width)
{
	return c->time * (width + 1) + c->type * 6 + c->text + c->leap * (width + 4) + c->standard +
	       c->ut;
}

static bool parse_file(struct pw_zone *z)
{
	struct counts c;
	size_t at = 0;

	if (!read_header(z, at, &c))
		return false;
	at += HEADER + block_bytes(&c, 4); /* the block of 32 bits */
	if (at > z->file.length || !read_header(z, at, &c))
		return false;
	at += HEADER;
	const size_t end = at + block_bytes(&c, 8);
	if (end > z->file.length || c.type == 0)
		return false;
	const unsigned char *p = (const unsigned char *)z->file.data + at;
	z->count = c.time;
	z->times = p;
	z->types = p + 8 * c.time;
	z->offsets = z->types + c.time;
	z->type_count = c.type;
	for (size_t i = 0; i < c.time; i++)
		if (z->types[i] >= c.type)
			return false;

	pw_bytes_string(&z->file); /* which may move it */
	const ptrdiff_t moved = (const unsigned char *)z->file.data + at - p;
	z->times += moved;
	z->types += moved;
	z->offsets += moved;
	char *rule = z->file.data + end, *stop;
	if (*rule != '\n' || (stop = strchr(rule + 1, '\n')) == NULL)
		return z->file.length == end;
	*stop = '\0';
	z->has_rule = rule[1] != '\0';
	return !z->has_rule || parse_rule(z, rule + 1);
}

static bool good_name(struct pw_slice name)
{
	if (name.length == 0 || name.length > 200 || name.data[0] == '/' || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.length; i++) {
		const char c = name.data[i];
		const bool letter =
			((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
		if (!letter && (c == 0 || strchr("_+-/", c) == NULL))
			return false;
	}
	return true;
}

int pw_zone_load(struct pw_zone *z, struct pw_slice name)
{
	char path[256];

	*z = (struct pw_zone){.from = 1};
	if (good_name(name)) {
		snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)name.length,
			 name.data);
		if (pw_io_load(path, FILE_MAX, &z->file) == 0 && parse_file(z))
			return 0;
		pw_zone_release(z);
	}
	return pw_fail(PW_USAGE, "'%.*s' is not a time zone of this system (like Europe/Oslo)",
		       (int)(name.length < 100 ? name.length : 100), name.data);
}

void pw_zone_release(struct pw_zone *z)
{
	pw_bytes_release(&z->file);
	*z = (struct pw_zone){.from = 1};
}

static int64_t type_offset(const struct pw_zone *z, size_t type)
{
	return big_endian(z->offsets + 6 * type, 4);
}

int64_t pw_zone_offset(struct pw_zone *z, int64_t utc)
{
	size_t low = 0, high = z->count;

	if (utc >= z->from && utc < z->to)
		return z->offset;
	while (low < high) {
		const size_t middle = (low + high) / 2;
		if (big_endian(z->times + 8 * middle, 8) <= utc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->count && z->has_rule)
		return rule_offset(z, utc);
	z->from = low > 0 ? big_endian(z->times + 8 * (low - 1), 8) : -FOREVER;
	z->to = low < z->count ? big_endian(z->times + 8 * low, 8) : FOREVER;
	z->offset = type_offset(z, low > 0 ? z->types[low - 1] : 0);
	return z->offset;
}

int64_t pw_zone_utc(struct pw_zone *z, int64_t local)
{
	/* clocks are moved less than once in two days */
	const int64_t before = pw_zone_offset(z, local - PW_DAY_SECONDS);
	if (pw_zone_offset(z, local - before) == before)
		return local - before;
	const int64_t after = pw_zone_offset(z, local + PW_DAY_SECONDS);
	return pw_zone_offset(z, local - after) == after ? local - after : local - before;
}
