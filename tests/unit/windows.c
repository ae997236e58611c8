/* The windows of a time, against the definition: all windows looked at, one by one. */
#include "../../lib/op/windows.h"
#include "../../lib/base/fail.h"
#include "../../lib/data/text.h"
#include "check.h"

#include <stdlib.h>
#include <time.h>

/* Windows of an axis over a column of that type. */
struct setting {
	struct pw_schema schema;
	struct pw_axis axis;
	struct pw_windows w;
};

static int set(struct setting *s, const char *type, const struct pw_windows_wish *wish)
{
	struct pw_type t;

	*s = (struct setting){0};
	CHECK(pw_type_parse(pw_slice_of(type), &t) == 0);
	CHECK(pw_schema_add(&s->schema, PW_SLICE("t"), t, false) >= 0);
	CHECK(pw_axis_open(&s->axis, &s->schema, "-t", "t") == 0);
	return pw_windows_open(&s->w, &s->axis, wish);
}

static void unset(struct setting *s)
{
	pw_windows_release(&s->w);
	pw_schema_release(&s->schema);
}

static uint64_t seed = 1;

static int64_t any(int64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)((seed >> 33) % (uint64_t)below);
}

/* Is [start, end) among the windows of the pane, once? */
static bool has(struct setting *s, const struct pw_pane *p, pw_place start, pw_place end)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		pw_place a, b;

		pw_windows_bounds(&s->w, p->first + i, &a, &b);
		found += a == start && b == end;
	}
	return found == 1;
}

/* The bounds of window k by definition, as places. */
typedef void bounds_of(const struct setting *s, int64_t k, pw_place *start, pw_place *end);

/* The pane of t has the windows with start <= t < end and no others, and so has every time in it. */
static bool agrees(struct setting *s, bounds_of *of, int64_t least, pw_place t)
{
	struct pw_pane p;
	uint32_t count = 0;
	pw_place from = INT64_MIN, to = INT64_MAX;

	if (!pw_windows_pane(&s->w, t, &p) || t < p.from || t >= p.to)
		return false;
	for (int64_t k = least; k <= 300; k++) {
		pw_place start, end;

		of(s, k, &start, &end);
		if (start <= t && t < end) {
			count++;
			if (!has(s, &p, start, end))
				return false;
		}
		from = start <= t && start > from ? start : from;
		from = end <= t && end > from ? end : from;
		to = start > t && start < to ? start : to;
		to = end > t && end < to ? end : to;
	}
	return count == p.count && p.from >= from && p.to <= to;
}

/* ---- ints ---- */

static int64_t length_, hop_, origin_;

static void of_ints(const struct setting *s, int64_t k, pw_place *start, pw_place *end)
{
	(void)s;
	*start = origin_ + hop_ * k;
	*end = *start + length_;
}

static void ints(void)
{
	for (int trial = 0; trial < 400; trial++) {
		char length[32], hop[32], origin[32];
		const bool given = any(2), tumbling = any(3) == 0;
		struct setting s;
		int wrong = 0;

		hop_ = 1 + any(9);
		length_ = tumbling ? hop_ : 1 + any(30);
		origin_ = given ? any(40) - 20 : 0;
		snprintf(length, sizeof length, "%lld", (long long)length_);
		snprintf(hop, sizeof hop, "%lld", (long long)hop_);
		snprintf(origin, sizeof origin, "%lld", (long long)origin_);
		CHECK(set(&s, "int",
			  &(struct pw_windows_wish){.tumbling = tumbling ? length : NULL,
						    .sliding = tumbling ? NULL : length,
						    .every = tumbling ? NULL : hop,
						    .origin = given ? origin : NULL}) == 0);
		for (pw_place t = -60; t < 60; t++)
			wrong += !agrees(&s, of_ints, given ? 0 : -300, t);
		CHECK(wrong == 0);
		unset(&s);
	}
}

/* ---- floats ---- */

static double real_length, real_hop, real_origin;
static bool real_tumbling;

static void of_floats(const struct setting *s, int64_t k, pw_place *start, pw_place *end)
{
	const double distance = real_hop * (double)k, next = real_hop * (double)(k + 1);

	(void)s;
	*start = pw_axis_place(real_origin + distance);
	*end = pw_axis_place(real_tumbling ? real_origin + next
					   : real_origin + distance + real_length);
}

static void floats(const char *type)
{
	static const double hops[] = {0.1, 0.3, 1.0 / 3, 2.5, 7, 1e-9, 1e15};

	for (int trial = 0; trial < 400; trial++) {
		char length[40], hop[40], origin[40];
		const bool given = any(2);
		struct setting s;
		int wrong = 0;

		real_hop = hops[any(type[0] == 'i' ? 4 : 7)];
		real_tumbling = any(2);
		real_length = real_tumbling ? real_hop : real_hop * (double)(1 + any(50)) / 10;
		real_origin = given ? real_hop * (double)(any(200) - 100) / 7 : 0;
		snprintf(length, sizeof length, "%.17g", real_length);
		snprintf(hop, sizeof hop, "%.17g", real_hop);
		snprintf(origin, sizeof origin, "%.17g", real_origin);
		CHECK(set(&s, type,
			  &(struct pw_windows_wish){.tumbling = real_tumbling ? length : NULL,
						    .sliding = real_tumbling ? NULL : length,
						    .every = real_tumbling ? NULL : hop,
						    .origin = given ? origin : NULL}) == 0);
		if (!s.axis.real) { /* all are whole numbers */
			unset(&s);
			continue;
		}
		for (int i = 0; i < 100; i++) {
			pw_place t, end;

			of_floats(&s, any(200) - 100, &t, &end);
			t += any(3) - 1; /* just below a bound, on it, just above */
			wrong += !agrees(&s, of_floats, given ? 0 : -300, t);
		}
		CHECK(wrong == 0);
		unset(&s);
	}
}

static void of_doubles(void)
{
	floats("float");
}

static void of_ints_and_fractions(void)
{
	floats("int");
}

/* ---- the calendar ---- */

static struct tm origin_date;
static int step_months, step_days, long_months, long_days;

/* The moment that comes so many days, and then months, and then days after a date of the C library. */
static pw_place moment(struct tm date, int days_first, int months, int days)
{
	date.tm_mday += days_first;
	date.tm_isdst = -1;
	mktime(&date);
	const int day = date.tm_mday;

	date.tm_mon += months;
	date.tm_mday = 1;
	date.tm_isdst = -1;
	mktime(&date);
	struct tm next = date;

	next.tm_mon++;
	next.tm_mday = 0; /* the last day of this month */
	next.tm_isdst = -1;
	mktime(&next);
	date.tm_mday = (day < next.tm_mday ? day : next.tm_mday) + days;
	date.tm_hour = origin_date.tm_hour;
	date.tm_isdst = -1;
	const int64_t seconds = (int64_t)mktime(&date), most = INT64_MAX / 1000000000;

	return (seconds > most ? most : seconds < -most ? -most : seconds) * 1000000000;
}

static void of_dates(const struct setting *s, int64_t k, pw_place *start, pw_place *end)
{
	const int n = (int)k;

	(void)s;
	*start = moment(origin_date, n * step_days, n * step_months, 0);
	*end = moment(origin_date, n * step_days, n * step_months + long_months, long_days);
}

static void dates(const char *zone, const char *sliding, const char *every, const char *origin)
{
	struct setting s;
	int wrong = 0;
	pw_place low, high, end;

	setenv("TZ", zone ? zone : "UTC", 1);
	tzset();
	CHECK(set(&s, "datetime_utc",
		  &(struct pw_windows_wish){
			  .sliding = sliding, .every = every, .origin = origin, .zone = zone}) ==
	      0);
	of_dates(&s, -120, &low, &end);
	of_dates(&s, 120, &high, &end);
	for (int i = 0; i < 200; i++) {
		pw_place t, start;

		of_dates(&s, any(200) - 100, &start, &t);
		t = any(2) ? t : start;
		t += (any(3) - 1) * any(3) * INT64_C(1800000000000);
		wrong += !agrees(&s, of_dates, origin ? 0 : -300, t);
	}
	CHECK(wrong == 0);
	if (wrong)
		printf("# %s each %s: %d differ\n", sliding, every, wrong);
	unset(&s);
}

static void set_steps(int months, int days, int of_months, int of_days)
{
	step_months = months;
	step_days = days;
	long_months = of_months;
	long_days = of_days;
	origin_date = (struct tm){.tm_year = 73, .tm_mday = 1};
}

static void months_and_years(void)
{
	set_steps(1, 0, 1, 0);
	dates(NULL, "1mo", "1mo", NULL);
	dates("Europe/Oslo", "1mo", "1mo", NULL);
	set_steps(1, 0, 15, 0);
	dates(NULL, "1y3mo", "1mo", NULL);
	set_steps(12, 0, 12, 0);
	dates("America/New_York", "1y", "1y", NULL);
	set_steps(1, 0, 1, 0);
	origin_date = (struct tm){.tm_year = 100, .tm_mday = 31, .tm_hour = 6};
	dates(NULL, "1mo", "1mo", "2000-01-31T06:00:00Z");
	set_steps(1, 0, 0, 7);
	dates("Europe/Oslo", "7d", "1mo", NULL);
}

static void days_of_a_zone(void)
{
	set_steps(0, 1, 0, 1);
	dates("Europe/Oslo", "1d", "1d", NULL);
	dates("America/New_York", "1d", "1d", NULL);
	set_steps(0, 7, 0, 14);
	dates("Australia/Sydney", "2w", "1w", NULL);
	set_steps(0, 1, 1, 0);
	dates("Europe/Oslo", "1mo", "1d", NULL);
	set_steps(0, 1, 0, 2);
	origin_date = (struct tm){.tm_year = 123, .tm_mon = 2, .tm_mday = 20, .tm_hour = 8};
	dates("Europe/Oslo", "2d", "1d", "2023-03-20T07:00:00Z");
}

static int64_t hours_of(struct setting *s, const char *time)
{
	struct pw_pane p = {0};
	pw_place start, end, t;

	CHECK(pw_text_datetime_utc(pw_slice_of(time), &t) == 0);
	CHECK(pw_windows_pane(&s->w, t, &p) && p.count == 1);
	pw_windows_bounds(&s->w, p.first, &start, &end);
	return (end - start) / INT64_C(3600000000000);
}

static void days_of_23_and_25_hours(void)
{
	struct setting s;

	CHECK(set(&s, "datetime_utc",
		  &(struct pw_windows_wish){.tumbling = "1d", .zone = "Europe/Oslo"}) == 0);
	CHECK(hours_of(&s, "2023-03-25T12:00:00Z") == 24);
	CHECK(hours_of(&s, "2023-03-26T12:00:00Z") == 23);
	CHECK(hours_of(&s, "2023-10-29T12:00:00Z") == 25);
	CHECK(pw_windows_least(&s.w).whole == INT64_C(23) * 3600000000000);
	unset(&s);
	CHECK(set(&s, "datetime_utc",
		  &(struct pw_windows_wish){.tumbling = "24h", .zone = "Europe/Oslo"}) == 0);
	CHECK(hours_of(&s, "2023-03-26T12:00:00Z") == 24);
	unset(&s);
	/* midnight is skipped: the day begins with its first moment, 01:00 */
	CHECK(set(&s, "datetime_utc",
		  &(struct pw_windows_wish){.tumbling = "1d", .zone = "America/Sao_Paulo"}) == 0);
	CHECK(hours_of(&s, "2018-11-04T12:00:00Z") == 23);
	CHECK(hours_of(&s, "2018-02-17T12:00:00Z") == 25);
	unset(&s);
}

static void shortest(void)
{
	struct setting s;

	CHECK(set(&s, "datetime", &(struct pw_windows_wish){.tumbling = "1mo"}) == 0);
	CHECK(pw_windows_least(&s.w).whole == INT64_C(28) * 86400000000000);
	unset(&s);
	CHECK(set(&s, "datetime", &(struct pw_windows_wish){.tumbling = "1y2mo"}) == 0);
	CHECK(pw_windows_least(&s.w).whole == INT64_C(424) * 86400000000000);
	unset(&s);
}

/* ---- what can't be ---- */

static void beyond(void)
{
	struct pw_pane p;
	struct setting s;

	CHECK(set(&s, "int", &(struct pw_windows_wish){.tumbling = "10"}) == 0);
	CHECK(!pw_windows_pane(&s.w, INT64_MAX, &p) && !pw_windows_pane(&s.w, INT64_MIN, &p));
	CHECK(pw_windows_pane(&s.w, INT64_MAX - 10, &p) && p.count == 1);
	unset(&s);
	CHECK(set(&s, "int", &(struct pw_windows_wish){.tumbling = "1"}) == 0);
	CHECK(!pw_windows_pane(&s.w, INT64_MAX, &p));
	unset(&s);
	CHECK(set(&s, "int", &(struct pw_windows_wish){.tumbling = "9223372036854775807"}) == 0);
	CHECK(pw_windows_pane(&s.w, INT64_MAX - 1, &p) && p.first == 0);
	CHECK(pw_windows_pane(&s.w, -1, &p) && p.first == -1);
	CHECK(!pw_windows_pane(&s.w, INT64_MIN, &p));
	unset(&s);
	CHECK(set(&s, "float", &(struct pw_windows_wish){.tumbling = "0.1"}) == 0);
	CHECK(!pw_windows_pane(&s.w, pw_axis_place(1e300), &p));
	CHECK(!pw_windows_pane(&s.w, pw_axis_place(-1e16), &p));
	unset(&s);
	CHECK(set(&s, "float", &(struct pw_windows_wish){.tumbling = "0.1", .origin = "1e16"}) ==
	      0);
	CHECK(!pw_windows_pane(&s.w, pw_axis_place(1e16), &p));
	CHECK(pw_windows_pane(&s.w, pw_axis_place(0), &p) && p.count == 0);
	unset(&s);
	CHECK(set(&s, "datetime", &(struct pw_windows_wish){.tumbling = "1mo"}) == 0);
	CHECK(!pw_windows_pane(&s.w, INT64_MAX, &p) && !pw_windows_pane(&s.w, INT64_MIN, &p));
	unset(&s);
}

static void refuses(const char *type, struct pw_windows_wish wish, const char *words)
{
	struct setting s;

	pw_fail_clear();
	CHECK(set(&s, type, &wish) < 0);
	CHECK(pw_fail_status() == PW_USAGE && strstr(pw_fail_text(), words) != NULL);
	if (strstr(pw_fail_text(), words) == NULL)
		printf("# %s\n", pw_fail_text());
	unset(&s);
}

static void refused(void)
{
#define WISH(...) ((struct pw_windows_wish){__VA_ARGS__})
	refuses("int", WISH(.tumbling = "0"), "--tumbling: '0' is not above 0");
	refuses("int", WISH(.tumbling = "-3"), "is not above 0");
	refuses("int", WISH(.tumbling = "5m"), "'5m' is not a number");
	refuses("int", WISH(.tumbling = "1mo"), "'1mo' is not a number");
	refuses("int", WISH(.sliding = "5", .every = "0"), "--every: '0' is not above 0");
	refuses("int", WISH(.sliding = "1e9", .every = "1"), "would be in 1000000000 windows");
	refuses("int", WISH(.tumbling = "5", .zone = "Europe/Oslo"), "of type int");
	refuses("datetime", WISH(.tumbling = "1d", .zone = "Europe/Oslo"), "of type datetime");
	refuses("datetime_utc", WISH(.tumbling = "1d", .zone = "Europe/Osl"), "--zone: ");
	refuses("datetime", WISH(.tumbling = "1mo2d"), "nothing else can stand beside");
	refuses("datetime", WISH(.tumbling = "0mo"), "is not a whole number of months");
	refuses("datetime", WISH(.tumbling = "1.5mo"), "is not a whole number of months");
	refuses("datetime", WISH(.tumbling = "9999999999y"), "longer than the 585 years");
	refuses("datetime_utc", WISH(.tumbling = "1d12h", .zone = "Europe/Oslo"), "write hours");
	refuses("datetime_utc", WISH(.sliding = "1d", .every = "1h", .zone = "Europe/Oslo"),
		"write both in days");
	refuses("datetime", WISH(.tumbling = "10"), "'10' is not a duration");
	refuses("datetime", WISH(.tumbling = "1d", .origin = "7"),
		"--origin: '7' is not a datetime");
}

int main(void)
{
	TEST(ints);
	TEST(of_doubles);
	TEST(of_ints_and_fractions);
	TEST(months_and_years);
	TEST(days_of_a_zone);
	TEST(days_of_23_and_25_hours);
	TEST(shortest);
	TEST(beyond);
	TEST(refused);
	return check_done();
}
