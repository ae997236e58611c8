#include "windows.h"

#include "../base/fail.h"
#include "../data/civil.h"
#include "../data/text.h"

#include <math.h>

/*
 * Bounds while they are looked for: whole numbers of 128 bits, which hold
 * those beyond the range of places too. On a real axis they are places of doubles,
 * infinite ones included.
 */
typedef __int128 bound;

#define DAY_NS     (PW_DAY_SECONDS * PW_NS_SECOND)
#define MONDAY     INT64_C(94694400000000000) /* 1973-01-01T00:00 */
#define FAR        (INT64_C(1) << 52)         /* windows of doubles are counted up to here */
#define MONTHS_MAX 12000                      /* of a period; datetimes span 585 years */
#define DAYS_MAX   400000                     /* likewise */
#define MONTH_DAYS 30.436875                  /* of a period, on average */

/* ---- options ---- */

/* "1y6mo" and the like, of the two units given, the larger first: how many of the smaller; 0: it is none. */
static int64_t read_units(const char *text, const char *large, int64_t times, const char *small)
{
	const char *p = text;
	int64_t sum = 0;
	bool done = false;

	while (*p != '\0') {
		int64_t x = 0;
		const char *digits = p;

		for (; *p >= '0' && *p <= '9'; p++) /* too many are too many */
			x = x > DAYS_MAX ? x : x * 10 + (*p - '0');
		if (p == digits || done)
			return 0;
		if (strncmp(p, small, strlen(small)) == 0) {
			p += strlen(small);
			done = true;
		} else if (strncmp(p, large, strlen(large)) == 0 && sum == 0) {
			p += strlen(large);
			x *= times;
		} else {
			return 0;
		}
		sum += x;
	}
	return sum;
}

static bool has_letter(const char *text, const char *letters)
{
	return strpbrk(text, letters) != NULL;
}

static int check_calendar(const struct pw_period *p, const char *option, const char *text)
{
	const int64_t most = p->unit == PW_PERIOD_MONTHS ? MONTHS_MAX : DAYS_MAX;

	if (p->count <= most)
		return 0;
	return pw_fail(PW_USAGE, "%s: '%s' is longer than the 585 years that datetimes span",
		       option, text);
}

static int read_period(const struct pw_windows *w, const char *option, const char *text,
		       struct pw_period *p)
{
	const enum pw_base base = w->axis->type.base;
	const bool of_datetimes = base == PW_DATETIME || base == PW_DATETIME_UTC;

	*p = (struct pw_period){.unit = PW_PERIOD_MONTHS};
	if (of_datetimes && (p->count = read_units(text, "y", 12, "mo")) > 0)
		return check_calendar(p, option, text);
	p->unit = PW_PERIOD_DAYS;
	if (w->has_zone && (p->count = read_units(text, "w", 7, "d")) > 0)
		return check_calendar(p, option, text);
	p->unit = PW_PERIOD_FIXED;
	if (of_datetimes && (strstr(text, "mo") != NULL || has_letter(text, "y")))
		return pw_fail(
			PW_USAGE,
			"%s: '%s' is not a whole number of months (1mo), of years (1y) or of "
			"both (1y6mo), which nothing else can stand beside",
			option, text);
	if (w->has_zone && has_letter(text, "dw"))
		return pw_fail(
			PW_USAGE,
			"%s: '%s' is not a whole number of weeks and days, which with --zone "
			"are those of the zone; write hours for a length that is always the "
			"same",
			option, text);
	if (pw_axis_length(w->axis, option, text, &p->fixed) < 0)
		return -1;
	if (!(p->fixed.real > 0))
		return pw_fail(PW_USAGE, "%s: '%s' is not above 0", option, text);
	return 0;
}

/* How long a period is, about, for comparing it with others. */
static double measure(const struct pw_period *p)
{
	if (p->unit == PW_PERIOD_FIXED)
		return p->fixed.real;
	return (double)DAY_NS * (double)p->count * (p->unit == PW_PERIOD_MONTHS ? MONTH_DAYS : 1);
}

static int check_sliding(const struct pw_windows *w, const struct pw_windows_wish *wish)
{
	const double count = ceil(measure(&w->length) / measure(&w->hop));

	if (!(count <= PW_WINDOWS_MOST))
		return pw_fail(
			PW_USAGE,
			"--sliding: at '%s' each '%s' a row would be in %.0f windows, and at "
			"most %d are taken",
			wish->sliding, wish->every, count, PW_WINDOWS_MOST);
	if (w->has_zone && w->hop.unit == PW_PERIOD_FIXED && w->length.unit != PW_PERIOD_FIXED)
		return pw_fail(
			PW_USAGE,
			"--sliding: '%s' is counted in days of the zone, and --every '%s' is "
			"not: write both in days, or both in hours",
			wish->sliding, wish->every);
	return 0;
}

static int read_zone(struct pw_windows *w, const char *zone)
{
	if (zone == NULL)
		return 0;
	if (w->axis->type.base != PW_DATETIME_UTC)
		return pw_fail(
			PW_USAGE,
			"--zone: the times are of type %s, and only a datetime_utc is a moment "
			"that zones have local times for",
			pw_type_name(w->axis->type));
	if (pw_zone_load(&w->zone, pw_slice_of(zone)) < 0)
		return pw_fail_at("--zone");
	w->has_zone = true;
	return 0;
}

static int read_origin(struct pw_windows *w, const char *origin)
{
	w->has_first = origin != NULL;
	if (origin != NULL)
		return pw_axis_time(w->axis, "--origin", origin, &w->origin);
	if (w->axis->type.base == PW_DATETIME || w->axis->type.base == PW_DATETIME_UTC)
		w->origin.whole = MONDAY;
	return 0;
}

/* ---- local time ---- */

static pw_place clamp(bound x)
{
	return x < INT64_MIN ? INT64_MIN : x > INT64_MAX ? INT64_MAX : (pw_place)x;
}

static bound local_of(struct pw_windows *w, bound utc)
{
	const bound second = PW_NS_SECOND;
	const bound floored = utc / second - (utc % second < 0);

	if (!w->has_zone)
		return utc;
	return utc + second * pw_zone_offset(&w->zone, (int64_t)floored);
}

static bound utc_of(struct pw_windows *w, bound local)
{
	const bound second = PW_NS_SECOND;
	const bound floored = local / second - (local % second < 0);

	if (!w->has_zone)
		return local;
	return pw_zone_utc(&w->zone, (int64_t)floored) * second + (local - floored * second);
}

static bound plus_months(bound local, int64_t months)
{
	const bound days = local / DAY_NS - (local % DAY_NS < 0);
	int64_t year;
	int month, day;

	pw_civil_date((int64_t)days, &year, &month, &day);
	months += year * 12 + month - 1;
	year = months / 12 - (months % 12 < 0);
	month = (int)(months - year * 12) + 1;
	if (day > pw_civil_month_days(year, month))
		day = pw_civil_month_days(year, month);
	return (bound)pw_civil_days(year, month, day) * DAY_NS + (local - days * DAY_NS);
}

static bound plus(bound local, const struct pw_period *p, int64_t times)
{
	return p->unit == PW_PERIOD_MONTHS ? plus_months(local, p->count * times)
					   : local + (bound)DAY_NS * p->count * times;
}

int pw_windows_open(struct pw_windows *w, struct pw_axis *axis, const struct pw_windows_wish *wish)
{
	*w = (struct pw_windows){.axis = axis, .tumbling = wish->tumbling != NULL};
	if (read_zone(w, wish->zone) < 0 || read_origin(w, wish->origin) < 0)
		return -1;
	if (w->tumbling) {
		if (read_period(w, "--tumbling", wish->tumbling, &w->hop) < 0)
			return -1;
		w->length = w->hop;
	} else if (read_period(w, "--sliding", wish->sliding, &w->length) < 0 ||
		   read_period(w, "--every", wish->every, &w->hop) < 0 ||
		   check_sliding(w, wish) < 0) {
		return -1;
	}
	pw_axis_exact(axis, &w->origin);
	pw_axis_exact(axis, &w->hop.fixed);
	pw_axis_exact(axis, &w->length.fixed);
	w->origin_local = w->origin.whole;
	if (w->has_zone && w->has_first)
		w->origin_local = clamp(local_of(w, w->origin.whole));
	else if (w->has_zone)
		w->origin.whole = clamp(utc_of(w, w->origin_local));
	return 0;
}

void pw_windows_release(struct pw_windows *w)
{
	pw_zone_release(&w->zone);
	*w = (struct pw_windows){0};
}

/* ---- bounds ---- */

static double real_start(const struct pw_windows *w, int64_t k)
{
	const double distance = w->hop.fixed.real * (double)k;

	return w->origin.real + distance;
}

/* A start before it becomes a time of the axis: as local time, where the calendar counts. */
static bound raw_start(const struct pw_windows *w, int64_t k)
{
	if (w->axis->real)
		return pw_axis_place(real_start(w, k));
	if (w->hop.unit == PW_PERIOD_FIXED)
		return (bound)w->hop.fixed.whole * k + w->origin.whole;
	return plus(w->origin_local, &w->hop, k);
}

static bound start_of(struct pw_windows *w, int64_t k)
{
	const bound start = raw_start(w, k);

	return w->hop.unit == PW_PERIOD_FIXED ? start : utc_of(w, start);
}

static bound end_of(struct pw_windows *w, int64_t k)
{
	const struct pw_period *length = &w->length, *hop = &w->hop;

	if (w->tumbling)
		return start_of(w, k + 1);
	if (w->axis->real)
		return pw_axis_place(real_start(w, k) + length->fixed.real);
	if (length->unit == PW_PERIOD_FIXED)
		return start_of(w, k) + length->fixed.whole;
	if (hop->unit == PW_PERIOD_MONTHS && length->unit == PW_PERIOD_MONTHS)
		return utc_of(w, plus_months(w->origin_local, hop->count * k + length->count));
	return utc_of(w, plus(raw_start(w, k), length, 1));
}

void pw_windows_bounds(struct pw_windows *w, int64_t k, pw_place *start, pw_place *end)
{
	*start = (pw_place)start_of(w, k);
	*end = (pw_place)end_of(w, k);
}

/* ---- the windows of a time ---- */

static int64_t floor_div(bound x, bound y)
{
	return (int64_t)(x / y - (x % y < 0));
}

/* About the last window that starts at or before the time. False: it is too far. */
static bool guess(struct pw_windows *w, pw_place place, int64_t *k)
{
	if (w->axis->real) {
		const double x = floor((pw_axis_real(place) - w->origin.real) / w->hop.fixed.real);

		if (!(fabs(x) < (double)FAR))
			return false;
		*k = (int64_t)x;
		return true;
	}
	if (w->hop.unit == PW_PERIOD_FIXED) {
		const bound x = ((bound)place - w->origin.whole) / w->hop.fixed.whole;

		*k = (int64_t)x;
		return x > -INT64_MAX / 2 && x < INT64_MAX / 2;
	}
	const bound distance = local_of(w, place) - w->origin_local;

	*k = floor_div(distance, (bound)measure(&w->hop));
	return true;
}

/* The last window that starts at or before the time. */
static bool find_last(struct pw_windows *w, pw_place place, int64_t *k)
{
	if (!guess(w, place, k))
		return false;
	while (start_of(w, *k) > place)
		--*k;
	while (start_of(w, *k + 1) <= place)
		if (++*k >= INT64_MAX / 2 || (w->axis->real && *k >= FAR))
			return false;
	return true;
}

/* The first window that ends after the time; last is the last that starts before it. */
static int64_t find_first(struct pw_windows *w, pw_place place, int64_t last)
{
	const bound length = w->length.fixed.whole, hop = w->hop.fixed.whole;
	int64_t k = last;

	if (w->tumbling)
		return last;
	if (w->length.unit == PW_PERIOD_FIXED && w->hop.unit == PW_PERIOD_FIXED) {
		if (!w->axis->real) /* the last start at or before time - length, and one more */
			return floor_div((bound)place - length - w->origin.whole, hop) + 1;
		k -= (int64_t)(w->length.fixed.real / w->hop.fixed.real);
	}
	while (end_of(w, k) > place)
		k--;
	while (end_of(w, k) <= place && k <= last)
		k++;
	return k;
}

static bool fits(const struct pw_windows *w, bound x)
{
	return w->axis->real ? isfinite(pw_axis_real((pw_place)x))
			     : x >= INT64_MIN && x <= INT64_MAX;
}

/* Doubles so far out that neighbouring windows start at the same one. */
static bool too_fine(struct pw_windows *w, int64_t first, int64_t last)
{
	return w->axis->real && (start_of(w, first - 1) == start_of(w, first) ||
				 start_of(w, last) == start_of(w, last + 1));
}

/* The times that windows first .. last are the windows of. */
static void set_extent(struct pw_windows *w, int64_t first, int64_t last, struct pw_pane *pane)
{
	bound from = start_of(w, last), to = start_of(w, last + 1);

	if (!w->tumbling) {
		const bound ended = end_of(w, first - 1);

		from = ended > from ? ended : from;
	}
	if (first <= last && end_of(w, first) < to)
		to = end_of(w, first);
	pane->from = clamp(from);
	pane->to = clamp(to);
}

bool pw_windows_pane(struct pw_windows *w, pw_place place, struct pw_pane *pane)
{
	int64_t first, last;

	if (w->has_first && place < start_of(w, 0)) {
		*pane = (struct pw_pane){.from = INT64_MIN, .to = (pw_place)start_of(w, 0)};
		return true;
	}
	if (!find_last(w, place, &last))
		return false;
	first = find_first(w, place, last);
	if (too_fine(w, first, last))
		return false;
	set_extent(w, first, last, pane);
	if (w->has_first && first < 0)
		first = 0;
	pane->first = first;
	pane->count = first <= last ? (uint32_t)(last - first + 1) : 0;
	return pane->count == 0 || (fits(w, start_of(w, first)) && fits(w, end_of(w, last)));
}

const char *pw_windows_unsound(const struct pw_windows *w)
{
	return w->axis->real ? "the event time is too far out for windows of that length"
			     : "a bound of a window of the event time is beyond 64 bits";
}

/* The days of the shortest run of so many months. */
static int64_t least_days(int64_t months)
{
	int64_t least = INT64_MAX;

	for (int64_t m = 0; m < 4800; m++) {
		const int64_t end = m + months;
		const int64_t days = pw_civil_days(end / 12, (int)(end % 12) + 1, 1) -
				     pw_civil_days(m / 12, (int)(m % 12) + 1, 1);

		least = days < least ? days : least;
	}
	return least;
}

struct pw_length pw_windows_least(const struct pw_windows *w)
{
	const struct pw_period *p = &w->length;
	struct pw_length least = p->fixed;

	if (p->unit == PW_PERIOD_FIXED)
		return least;
	least.whole = clamp((bound)DAY_NS *
			    (p->unit == PW_PERIOD_DAYS ? p->count : least_days(p->count)));
	if (w->has_zone)
		least.whole -= 3600 * PW_NS_SECOND;
	least.real = (double)least.whole;
	return least;
}
