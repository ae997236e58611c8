/* Commit times and promises on a clock of the test's own: whatever the wall clock does. */
#include "../../lib/time/commits.h"
#include "../../lib/base/io.h"
#include "check.h"

#define MS INT64_C(1000000)

static int64_t wall, boot; /* ns */

static int fake_clock(clockid_t clock, struct timespec *t)
{
	const int64_t ns = clock == CLOCK_REALTIME ? wall : boot;

	*t = (struct timespec){ns / 1000000000, ns % 1000000000};
	return 0;
}

static const struct pw_io fake = {.clock_gettime = fake_clock};

static void the_wall_clock_is_read_once(void)
{
	struct pw_clock c;

	pw_io_use(&fake);
	wall = 1000 * MS;
	boot = 7 * MS;
	pw_clock_start(&c);
	CHECK(pw_clock_now(&c) == 1000 * MS);
	wall = 0; /* steps back */
	boot += 3 * MS;
	CHECK(pw_clock_now(&c) == 1003 * MS);
	wall = 5000000 * MS; /* jumps */
	boot += 1;
	CHECK(pw_clock_now(&c) == 1003 * MS + 1);
	pw_io_use(NULL);
}

static void even_ms(void)
{
	CHECK(pw_clock_even(0) == 0);
	CHECK(pw_clock_even(2 * MS - 1) == 0);
	CHECK(pw_clock_even(2 * MS) == 2);
	CHECK(pw_clock_even(1795323320019 * MS) == 1795323320018);
	CHECK(pw_clock_even(-5 * MS) == 0);
}

static struct pw_commits open_at(int64_t now)
{
	struct pw_commits c;

	pw_commits_open(&c, 0, true, 5 * MS, now);
	return c;
}

/* Rows come at now; the time that they get. */
static pw_time rows_at(struct pw_commits *c, int64_t now)
{
	const pw_time time = pw_commits_time(c, now);

	pw_commits_rows(c, time, now);
	return time;
}

static void the_first_load_is_one_commit(void)
{
	struct pw_commits c = open_at(1000 * MS);

	CHECK(rows_at(&c, 1000 * MS) == 0);
	CHECK(!pw_commits_due(&c, false, 9000 * MS)); /* however long it takes */
	CHECK(rows_at(&c, 9000 * MS) == 0);
	CHECK(pw_commits_due(&c, true, 9000 * MS));
	CHECK(pw_commits_cut(&c, 9000 * MS, 9000 * MS) == 9004);
}

static void an_empty_first_load_is_a_commit(void)
{
	struct pw_commits c = open_at(1000 * MS);

	CHECK(pw_commits_due(&c, true, 1000 * MS));
	CHECK(pw_commits_cut(&c, 1000 * MS, 1000 * MS) == 1004);
	CHECK(!pw_commits_due(&c, true, 2000 * MS)); /* later ones have rows */
	CHECK(pw_commits_next(&c) == 1005 * MS);
	rows_at(&c, 1001 * MS); /* ... and keeps nobody waiting */
	CHECK(pw_commits_due(&c, true, 1001 * MS));
}

static void a_pipe_holds_nothing_from_before(void)
{
	struct pw_commits c;

	pw_commits_open(&c, 0, false, 5 * MS, 1000 * MS);
	CHECK(rows_at(&c, 1001 * MS) == 0);
	CHECK(!pw_commits_due(&c, false, 1005 * MS));
	CHECK(pw_commits_due(&c, false, 1006 * MS));
}

static void cut_when_idle_but_not_too_soon(void)
{
	struct pw_commits c = open_at(1000 * MS);

	rows_at(&c, 1000 * MS);
	pw_commits_cut(&c, 1000 * MS, 1000 * MS);
	CHECK(rows_at(&c, 1001 * MS) == 1004); /* not below what was promised */
	CHECK(!pw_commits_due(&c, true, 1001 * MS));
	CHECK(pw_commits_next(&c) == 1005 * MS);
	CHECK(pw_commits_due(&c, true, 1005 * MS));
	CHECK(pw_commits_cut(&c, 1005 * MS, 1005 * MS) == 1010);
	CHECK(rows_at(&c, 1100 * MS) == 1100);
	CHECK(pw_commits_due(&c, true, 1100 * MS)); /* the last one is long ago */
}

static void what_a_sync_takes_is_not_added(void)
{
	struct pw_commits c = open_at(1000 * MS);

	rows_at(&c, 1000 * MS);
	CHECK(pw_commits_cut(&c, 1000 * MS, 1003 * MS) ==
	      1008); /* promised from when it is durable */
	rows_at(&c, 1004 * MS);
	CHECK(!pw_commits_due(&c, true, 1004 * MS));
	CHECK(pw_commits_next(&c) == 1005 * MS);
	CHECK(pw_commits_due(&c, true, 1005 * MS));
	pw_commits_cut(&c, 1005 * MS,
		       1025 * MS); /* longer than an autocommit: the next comes at once */
	rows_at(&c, 1025 * MS);
	CHECK(pw_commits_due(&c, true, 1025 * MS));
}

static void cut_soon_when_never_idle(void)
{
	struct pw_commits c = open_at(1000 * MS);

	pw_commits_cut(&c, 1000 * MS, 1000 * MS);
	rows_at(&c, 1020 * MS);
	CHECK(!pw_commits_due(&c, false, 1024 * MS));
	rows_at(&c, 1024 * MS); /* counted from the first row */
	CHECK(pw_commits_due(&c, false, 1025 * MS));
}

static void times_rise_and_are_even(void)
{
	struct pw_commits c = open_at(1000 * MS);
	pw_time last = 0;

	pw_commits_cut(&c, 1000 * MS, 1000 * MS);
	for (int64_t i = 0; i < 1000; i++) {
		const int64_t now = 1000 * MS + i * MS / 10; /* ten in a ms */
		const pw_time promised = c.promised;
		const pw_time time = rows_at(&c, now);
		CHECK(time > last && time % 2 == 0 && time >= promised);
		CHECK(pw_commits_cut(&c, now, now) > time);
		last = time;
	}
}

static void silence_is_promised_in_steps(void)
{
	static const int64_t steps[] = {5, 10, 20, 40, 80, 100, 100};
	struct pw_commits c = open_at(1000 * MS);
	int64_t now = 1000 * MS;

	pw_commits_cut(&c, now, now);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		CHECK(pw_commits_next(&c) == now + steps[i] * MS);
		CHECK(c.promised >= pw_clock_even(now + steps[i] * MS));
		CHECK(!pw_commits_step(&c, now + steps[i] * MS - 1));
		now += steps[i] * MS;
		CHECK(pw_commits_step(&c, now));
		CHECK(c.promised > pw_clock_even(now) && c.promised % 2 == 0);
	}
	rows_at(&c, now + MS);
	CHECK(!pw_commits_step(&c, now + 1000 * MS)); /* not with a commit in hand */
	pw_commits_cut(&c, now + 50 * MS, now + 50 * MS);
	CHECK(pw_commits_next(&c) == now + 55 * MS); /* from the beginning */
}

static void only_where_the_source_says(void)
{
	struct pw_commits c;

	pw_commits_open(&c, 0, true, -1, 1000 * MS);
	rows_at(&c, 1000 * MS);
	CHECK(!pw_commits_due(&c, true, 5000 * MS));
	CHECK(pw_commits_next(&c) == INT64_MAX);
	pw_commits_cut(&c, 5000 * MS, 5000 * MS);
	CHECK(pw_commits_next(&c) == 5005 * MS);
	CHECK(pw_commits_step(&c, 5005 * MS));
}

static void a_first_time_that_is_later(void)
{
	struct pw_commits c;

	pw_commits_open(&c, 2000, true, 5 * MS, 1000 * MS);
	CHECK(c.promised == 2000);
	CHECK(rows_at(&c, 1000 * MS) == 2000);
	CHECK(pw_commits_cut(&c, 1001 * MS, 1001 * MS) == 2002);
	CHECK(rows_at(&c, 1002 * MS) == 2002);
}

int main(void)
{
	TEST(the_wall_clock_is_read_once);
	TEST(even_ms);
	TEST(the_first_load_is_one_commit);
	TEST(an_empty_first_load_is_a_commit);
	TEST(a_pipe_holds_nothing_from_before);
	TEST(cut_when_idle_but_not_too_soon);
	TEST(what_a_sync_takes_is_not_added);
	TEST(cut_soon_when_never_idle);
	TEST(times_rise_and_are_even);
	TEST(silence_is_promised_in_steps);
	TEST(only_where_the_source_says);
	TEST(a_first_time_that_is_later);
	return check_done();
}
