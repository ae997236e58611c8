/* The connector of clock:D, on a clock of the test's own. */
#include "../../lib/conn/ticks.h"
#include "../../lib/base/io.h"
#include "../../lib/time/clock.h"
#include "check.h"

#include <stdlib.h>

#define MS INT64_C(1000000)

static int64_t boot; /* ns */

static int fake_clock(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){boot / 1000000000, boot % 1000000000};
	return 0;
}

static const struct pw_io fake = {.clock_gettime = fake_clock};

struct line {
	struct pw_connector_options options;
	struct pw_connector *c;
	char *source;
	struct pw_clock clock;
	struct pw_bytes said;
	int64_t timeout; /* of the last IDLE */
};

/* The run began at that ms since 1970, which is now. */
static bool start(struct line *l, const char *source, bool follow, int64_t ms)
{
	*l = (struct line){.options = {.follow = follow, .source_count = 1}};
	l->source = pw_mem_print("%s", source);
	l->options.sources = &l->source;
	l->options.clock = &l->clock;
	l->clock = (struct pw_clock){.start = ms * MS, .boot = boot};
	l->c = pw_connector_open(pw_connector_of(source), &l->options);
	return l->c != NULL;
}

static void stop(struct line *l)
{
	pw_connector_close(l->c);
	free(l->source);
	pw_bytes_release(&l->said);
}

/* What is said up to the next IDLE or FINISHED, all of it consumed: rows as their minutes, seconds and ms. */
static const char *hear(struct line *l)
{
	static const char *const names[] = {"begin", "", "end", "{", "}", "idle", "finished"};
	struct pw_piece p;

	pw_bytes_clear(&l->said);
	do {
		p = (struct pw_piece){0};
		if (l->c->kind->read(l->c, &p) < 0)
			return "failed";
		pw_bytes_print(&l->said, "%s%s", l->said.length > 0 ? " " : "", names[p.kind]);
		if (p.kind == PW_PIECE_BEGIN)
			pw_bytes_print(&l->said, "(%s)", p.origin->key);
		for (size_t i = 0; p.kind == PW_PIECE_DATA && i < p.length; i += PW_TICKS_LINE)
			pw_bytes_print(&l->said, "%s%.9s", i > 0 ? "," : "", p.data + i + 14);
		if (p.kind == PW_PIECE_DATA)
			l->c->kind->consume(l->c, p.origin, p.length);
		l->timeout = p.timeout_ms;
	} while (p.kind != PW_PIECE_IDLE && p.kind != PW_PIECE_FINISHED);
	return pw_bytes_string(&l->said);
}

#define SAYS(l, text) CHECK(strcmp(hear(l), (text)) == 0)

/* ms since 1970 of the row of that number of clock:10s; 100 is 1973-01-01T00:16:40Z */
static int64_t row(int64_t n)
{
	return 94694400000 + n * 10000;
}

static void a_static_read_is_one_row(void)
{
	struct line l;

	CHECK(start(&l, "clock:10s", false, row(100) + 9999));
	boot += 30000 * MS; /* the run began before */
	SAYS(&l, "begin(clock:10s@100) { 16:40.000 } finished");
	boot += 10000 * MS;
	SAYS(&l, "finished");
	stop(&l);
}

static void followed_each_row_has_its_time(void)
{
	struct line l;

	CHECK(start(&l, "clock:10s", true, row(100) + 4000));
	SAYS(&l, "idle"); /* the first load, which has no row */
	CHECK(l.timeout == 0);
	SAYS(&l, "begin(clock:10s@100) { 16:40.000 } idle");
	CHECK(l.timeout == 6000);
	boot += 5999 * MS;
	SAYS(&l, "idle");
	CHECK(l.timeout == 1);
	boot += MS;
	SAYS(&l, "begin(clock:10s@100) { 16:50.000 } idle");
	boot += 30000 * MS; /* the reader was held up */
	SAYS(&l, "begin(clock:10s@100) { 17:00.000,17:10.000,17:20.000 } idle");
	stop(&l);
}

static void of_rows_far_behind_the_last_one_is_given(void)
{
	struct line l;

	CHECK(start(&l, "clock:10s", true, row(100)));
	SAYS(&l, "idle");
	SAYS(&l, "begin(clock:10s@100) { 16:40.000 } idle");
	boot += (PW_TICKS_LATE + 1) * 10000 * MS;
	SAYS(&l, "begin(clock:10s@1101) { 03:30.000 } idle");
	stop(&l);
}

/* Commits have even ms: the row of an odd one waits for the next. */
static void no_row_is_later_than_its_commit(void)
{
	struct line l;

	CHECK(start(&l, "clock:5ms", true, row(0) + 1));
	SAYS(&l, "idle");
	SAYS(&l, "begin(clock:5ms@0) { 00:00.000 } idle");
	CHECK(l.timeout == 5);
	boot += 4 * MS;
	SAYS(&l, "idle");
	CHECK(l.timeout == 1);
	boot += MS;
	SAYS(&l, "begin(clock:5ms@0) { 00:00.005 } idle");
	stop(&l);
}

static void a_later_run_leaves_out_what_has_passed(void)
{
	struct pw_offsets offsets = {0};
	struct line l;

	pw_offsets_set(&offsets, "clock:10s@90", "{\"offset\":31}");
	pw_offsets_set(&offsets, "clock:10s@95", "{\"offset\":93}"); /* 95, 96, 97 */
	CHECK(start(&l, "clock:10s", true, row(98) + 1));
	CHECK(l.c->kind->seek(l.c, &offsets) == 0);
	boot += 10000 *
		MS; /* a row whose time comes after the run's start is not of the catch-up */
	SAYS(&l, "begin(clock:10s@95) { 16:20.000 } idle");
	SAYS(&l, "begin(clock:10s@95) { 16:30.000 } idle");
	stop(&l);
	CHECK(start(&l, "clock:10s", true, row(99)));
	CHECK(l.c->kind->seek(l.c, &offsets) == 0);
	SAYS(&l, "begin(clock:10s@99) { 16:30.000 } idle");
	stop(&l);
	CHECK(start(&l, "clock:10s", false, row(97) + 1)); /* nothing is new */
	CHECK(l.c->kind->seek(l.c, &offsets) == 0);
	SAYS(&l, "finished");
	stop(&l);
	pw_offsets_release(&offsets);
}

static void rows_are_made_again(void)
{
	struct pw_offsets offsets = {0};
	struct pw_piece p = {.key = "clock:10s@95", .offset = 31, .length = 62};
	struct line l;

	pw_offsets_set(&offsets, "clock:10s@95", "{\"offset\":93}");
	CHECK(start(&l, "clock:10s", true, row(200)));
	CHECK(l.c->kind->seek(l.c, &offsets) == 0);
	CHECK(l.c->kind->read(l.c, &p) == 0);
	CHECK(p.kind == PW_PIECE_DATA && p.offset == 31 && p.length == 62);
	CHECK(strncmp(p.data, "1973-01-01T00:16:00.000000000Z\n1973-01-01T00:16:10.000000000Z\n",
		      62) == 0);
	p = (struct pw_piece){.key = "clock:10s@94", .length = 31};
	CHECK(l.c->kind->read(l.c, &p) < 0 && pw_fail_status() == PW_STATE);
	pw_fail_clear();
	stop(&l);
	pw_offsets_release(&offsets);
}

static void what_is_no_interval_is_refused(void)
{
	static const char *const bad[] = {"clock:",     "clock:0s",  "clock:-1s",   "clock:10",
					  "clock://1s", "clock:1us", "clock:36501d"};
	int64_t ns;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK(pw_connector_of(bad[i]) == &pw_connector_clock);
		CHECK(pw_ticks_interval(bad[i], &ns) < 0 && pw_fail_status() == PW_USAGE);
		pw_fail_clear();
	}
	CHECK(pw_ticks_interval("clock:1h30m", &ns) == 0 && ns == 5400000 * MS);
	CHECK(pw_connector_of("./clock:1s") == &pw_connector_files);
}

int main(void)
{
	pw_io_use(&fake);
	TEST(a_static_read_is_one_row);
	TEST(followed_each_row_has_its_time);
	TEST(of_rows_far_behind_the_last_one_is_given);
	TEST(no_row_is_later_than_its_commit);
	TEST(a_later_run_leaves_out_what_has_passed);
	TEST(rows_are_made_again);
	TEST(what_is_no_interval_is_refused);
	pw_io_use(NULL);
	return check_done();
}
