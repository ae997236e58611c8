#include "check.h"
#include "streams.h"

#include "../../lib/read/replay.h"

#include <unistd.h>

/* ---- a clock that stands still, but while somebody waits ---- */

static int64_t now_ns;

static int clock_of_ours(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	*ts = (struct timespec){now_ns / 1000000000, now_ns % 1000000000};
	return 0;
}

static int poll_of_ours(struct pollfd *fds, nfds_t n, int timeout)
{
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = 0;
	CHECK(timeout >= 0); /* nothing else would end the wait */
	now_ns += (int64_t)timeout * 1000000;
	return 0;
}

static void fake_clock(void)
{
	static struct pw_io table;

	table = *pw_io();
	table.clock_gettime = clock_of_ours;
	table.poll = poll_of_ours;
	pw_io_use(&table);
}

/* ---- files of random times, and what is to become of them ---- */

enum { FILES_MAX = 80, ROWS_MAX = 40 };

static struct {
	size_t files, rows[FILES_MAX];
	unsigned times[FILES_MAX][ROWS_MAX];
	char *paths[FILES_MAX];
	pw_time origin; /* the least first time */
	size_t count;
	struct wanted {
		int64_t id;
		pw_time own, commit;
	} wanted[FILES_MAX * ROWS_MAX];
} plan;

static void draw_file(size_t f, unsigned span)
{
	unsigned at = draw(span);
	char path[64];

	snprintf(path, sizeof path, "%s/%zu.csv",
		 getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp", f);
	FILE *file = fopen(path, "w");
	fprintf(file, "at,id\n");
	plan.rows[f] = draw(8) == 0 ? 0 : draw(ROWS_MAX);
	for (size_t i = 0; i < plan.rows[f]; i++) {
		plan.times[f][i] = draw(5) == 0 && at > 30 ? at - draw(30) : at;
		fprintf(file, "%u,%zu\n", plan.times[f][i], f * ROWS_MAX + i);
		at += draw(span / 10 + 2);
	}
	fclose(file);
	plan.paths[f] = strdup(path);
}

/* Reads the rule from the page: the least next value, of equal ones the first file's. */
static void merge(void)
{
	size_t at[FILES_MAX] = {0};
	pw_time now = 0;

	plan.count = 0;
	for (;;) {
		size_t best = plan.files;
		for (size_t f = 0; f < plan.files; f++)
			if (at[f] < plan.rows[f] &&
			    (best == plan.files ||
			     plan.times[f][at[f]] < plan.times[best][at[best]]))
				best = f;
		if (best == plan.files)
			break;
		const pw_time own = ((pw_time)plan.times[best][at[best]] + 1) / 2 * 2;
		if (plan.count == 0)
			plan.origin = own;
		now = own > now ? own : now;
		plan.wanted[plan.count++] =
			(struct wanted){(int64_t)(best * ROWS_MAX + at[best]), own, now};
		at[best]++;
	}
}

static void draw_plan(size_t files, unsigned span)
{
	for (size_t f = 0; f < plan.files; f++)
		free(plan.paths[f]);
	plan.files = files;
	for (size_t f = 0; f < files; f++)
		draw_file(f, span);
	merge();
}

/* ---- the replay of it ---- */

static const struct pw_program program = {.name = "test"};

struct run {
	struct pw_tool tool;
	struct pw_reader reader;
	struct pw_declare declared;
	struct pw_found found;
	struct pw_layout layout;
	struct pw_replay replay;
	struct pw_builder rows;
};

static void open_run(struct run *r, const char *speed, const char *from)
{
	const struct pw_layout_wish layout = {.declared = &r->declared};
	const struct pw_replay_wish wish = {
		.column = "at", .unit = "ms", .speed = speed, .from = from};

	*r = (struct run){.tool.program = &program,
			  .reader = {.tool = &r->tool,
				     .kind = &pw_csv,
				     .paths = plan.paths,
				     .path_count = plan.files,
				     .options = {.delimiter = ',',
						 .quote = '"',
						 .max_line = PW_PARSER_LINE_MAX}}};
	CHECK(pw_declare_read(&r->declared, "at int, id int") == 0);
	CHECK(pw_layout_make(&r->layout, &layout, &r->found) == 0);
	CHECK(pw_reader_bind(&r->reader, &r->layout.view) == 0);
	CHECK(pw_replay_open(&r->replay, &wish, &r->layout.schema) == 0);
	CHECK(pw_replay_start(&r->replay, &r->reader, &r->layout.view) == 0);
	pw_builder_init(&r->rows, &r->layout.schema);
}

static void close_run(struct run *r)
{
	pw_replay_close(&r->replay);
	pw_reader_close(&r->reader);
	pw_builder_release(&r->rows);
	pw_layout_release(&r->layout);
	pw_declare_release(&r->declared);
}

/* ns of the clock at which a time may pass, in exact arithmetic; speed is in tenths */
static int64_t due(pw_time time, pw_time from, int64_t tenths)
{
	return time <= from ? 0
			    : (int64_t)((time - from) * 10000000 + (pw_time)tenths - 1) / tenths;
}

static void check_rows(struct run *r, size_t *at, pw_time from, int64_t tenths)
{
	const struct pw_batch *b = pw_builder_view(&r->rows);

	for (uint32_t i = 0; i < b->rows; i++, (*at)++) {
		const struct wanted *w = &plan.wanted[*at];
		CHECK(*at < plan.count && pw_column_int(&b->columns[1], i) == w->id);
		CHECK(pw_batch_time(b, i) == w->commit && w->commit >= r->replay.promised);
		if (tenths == 0)
			continue;
		CHECK(now_ns >= due(w->own, from, tenths));
		CHECK(now_ns < due(w->commit, from, tenths) + 1000001);
	}
}

static void run(const char *speed, int64_t tenths, const char *from, pw_time from_time)
{
	static struct run r;
	pw_time promised = 0;
	size_t at = 0;
	int kind;

	now_ns = 0;
	open_run(&r, speed, from);
	const pw_time origin = from != NULL ? from_time : plan.origin;
	for (;;) {
		pw_builder_clear(&r.rows);
		const int64_t before = now_ns;
		kind = pw_replay_next(&r.replay, &r.rows);
		CHECK(now_ns == before); /* it does not wait */
		if (kind < 0 || kind == PW_READ_END)
			break;
		CHECK((kind == PW_READ_ROWS) == (r.rows.rows > 0));
		if (kind == PW_READ_IDLE) { /* it has said what it waits for */
			CHECK(at < plan.count && promised == plan.wanted[at].commit);
			pw_replay_wait(&r.replay);
			continue;
		}
		check_rows(&r, &at, origin, tenths);
		if (kind == PW_READ_FRONTIER) { /* what is promised is all that is known */
			CHECK(r.replay.promised > promised);
			CHECK(at < plan.count && r.replay.promised == plan.wanted[at].commit);
			CHECK(at == 0 || plan.wanted[at - 1].commit < r.replay.promised);
			promised = r.replay.promised;
		}
	}
	CHECK(kind == PW_READ_END && at == plan.count);
	CHECK(r.replay.files.awake == 0);
	close_run(&r);
}

static void without_a_pace(void)
{
	for (int i = 0; i < 30; i++) {
		draw_plan(1 + draw(8), 200);
		run("max", 0, NULL, 0);
	}
}

static void at_a_pace(void)
{
	for (int i = 0; i < 60; i++) {
		draw_plan(1 + draw(8), 10 + draw(2000));
		run("1x", 10, NULL, 0);
		run("0.7x", 7, NULL, 0);
		run("60x", 600, NULL, 0);
	}
}

static void from_a_time(void)
{
	for (int i = 0; i < 60; i++) {
		draw_plan(1 + draw(8), 2000);
		run("3x", 30, "1000", 1000);
		run("2.5x", 25, "0", 0);
	}
}

/* So many that most sleep until their time. */
static void of_many_files(void)
{
	for (int i = 0; i < 20; i++) {
		draw_plan(70 + draw(10), i % 2 == 0 ? 100000 : 300);
		run("max", 0, NULL, 0);
		run("1000x", 10000, NULL, 0);
	}
}

int main(void)
{
	fake_clock();
	TEST(without_a_pace);
	TEST(at_a_pace);
	TEST(from_a_time);
	TEST(of_many_files);
	return check_done();
}
