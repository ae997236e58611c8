#include "check.h"

#include "../../lib/base/io.h"
#include "../../lib/read/pace.h"

static int64_t now_ns; /* the clock */

static int clock_of_ours(clockid_t clock, struct timespec *ts)
{
	CHECK(clock == CLOCK_BOOTTIME);
	*ts = (struct timespec){now_ns / 1000000000, now_ns % 1000000000};
	return 0;
}

static void fake_clock(void)
{
	static struct pw_io table;

	table = *pw_io();
	table.clock_gettime = clock_of_ours;
	pw_io_use(&table);
}

#define MS INT64_C(1000000)

static void times_pass_as_fast_as_the_speed_says(void)
{
	struct pw_pace p;

	now_ns = 5000 * MS;
	CHECK(pw_pace_open(&p, "60x", NULL) == 0);
	pw_pace_start(&p, 1000000);
	CHECK(pw_pace_now(&p) == 1000000);
	CHECK(pw_pace_due(&p, 1000000) == 5000 * MS);
	CHECK(pw_pace_due(&p, 999998) == 5000 * MS);
	CHECK(pw_pace_due(&p, 1060000) == 6000 * MS);
	now_ns += 500 * MS;
	CHECK(pw_pace_now(&p) == 1030000);
	pw_pace_start(&p, 7); /* it has begun */
	CHECK(pw_pace_now(&p) == 1030000);
}

static void half_as_fast(void)
{
	struct pw_pace p;

	now_ns = 0;
	CHECK(pw_pace_open(&p, ".5x", NULL) == 0 && p.speed == 0.5);
	pw_pace_start(&p, 10);
	CHECK(pw_pace_due(&p, 12) == 4 * MS);
	now_ns = 4 * MS - 1;
	CHECK(pw_pace_now(&p) == 11);
	now_ns = 4 * MS;
	CHECK(pw_pace_now(&p) == 12);
}

static void counted_from_a_time(void)
{
	struct pw_pace p;

	now_ns = 0;
	CHECK(pw_pace_open(&p, "1x", "1970-01-01T00:01:00") == 0);
	pw_pace_start(&p, 10);
	CHECK(p.from == 60000 && pw_pace_now(&p) == 60000);
	CHECK(pw_pace_due(&p, 10) == 0 && pw_pace_due(&p, 60000) == 0);
	CHECK(pw_pace_due(&p, 61000) == 1000 * MS);
	CHECK(pw_pace_open(&p, "1x", "end") == 0);
	pw_pace_start(&p, 10);
	CHECK(pw_pace_now(&p) == PW_TIME_END && pw_pace_due(&p, PW_TIME_END) == 0);
}

static void as_fast_as_it_goes(void)
{
	struct pw_pace p;

	CHECK(pw_pace_open(&p, NULL, NULL) == 0);
	pw_pace_start(&p, 10);
	CHECK(pw_pace_now(&p) == PW_TIME_END);
	CHECK(pw_pace_open(&p, "max", "4") == 0 && p.speed == 0);
}

/* A time may pass when it is due, and not a ns before. */
static void due_and_now_agree(void)
{
	static const char *const speeds[] = {"1x", "3x", "0.7x", "60x", "1000000x", "0.001x"};
	struct pw_pace p;

	for (size_t s = 0; s < sizeof speeds / sizeof *speeds; s++) {
		now_ns = 123456789;
		CHECK(pw_pace_open(&p, speeds[s], NULL) == 0);
		pw_pace_start(&p, 1700000000000);
		for (pw_time t = 1700000000000; t < 1700000000000 + 2000; t += 2) {
			now_ns = pw_pace_due(&p, t);
			CHECK(pw_pace_now(&p) >= t);
			now_ns -= 10;
			CHECK(t == 1700000000000 || pw_pace_now(&p) < t);
		}
	}
}

static void far_times_are_never_due(void)
{
	struct pw_pace p;

	now_ns = 0;
	CHECK(pw_pace_open(&p, "0.000001x", NULL) == 0);
	pw_pace_start(&p, 0);
	CHECK(pw_pace_due(&p, PW_TIME_END) == INT64_MAX);
	now_ns = INT64_MAX / 2;
	CHECK(pw_pace_open(&p, "1000000000000x", NULL) == 0);
	p.started = true;
	CHECK(pw_pace_now(&p) == PW_TIME_END);
}

static void what_is_no_speed(void)
{
	static const char *const wrong[] = {"",    "x",    "60",   ".x",    "0x",   "0.0x",
					    "-1x", "+1x",  "1e3x", "0x10x", "nanx", "infx",
					    "1x ", "1,5x", "fast", "1xx",   "."};
	struct pw_pace p;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK(pw_pace_open(&p, wrong[i], NULL) < 0 && pw_fail_status() == PW_USAGE);
		pw_fail_clear();
	}
	CHECK(pw_pace_open(&p, "1x", "noon") < 0 && pw_fail_status() == PW_USAGE);
	pw_fail_clear();
}

int main(void)
{
	fake_clock();
	TEST(times_pass_as_fast_as_the_speed_says);
	TEST(half_as_fast);
	TEST(counted_from_a_time);
	TEST(as_fast_as_it_goes);
	TEST(due_and_now_agree);
	TEST(far_times_are_never_due);
	TEST(what_is_no_speed);
	return check_done();
}
