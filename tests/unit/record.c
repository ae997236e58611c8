/* lib/store/record: R from what sinks have recorded, and what their records vouch for. */
#include "../../lib/store/checkpoint.h"
#include "../../lib/store/journal.h"
#include "store.h"

#include <string.h>

static struct pw_stage reader, first, second;
static char *command[] = {"pw-write"};

/* A run of the line with these sinks; the reader's place is the caller's too. */
static struct pw_store begin(const char *dir)
{
	struct pw_store s = {0};

	CHECK(pw_store_start(&s, dir, &reader, 0) == 1);
	return s;
}

static struct pw_store join(const struct pw_store *run, const struct pw_stage *stage)
{
	struct pw_store s = {0};

	CHECK(pw_store_join(&s, run->path, run->run, stage) == 1);
	CHECK(pw_store_register(&s, command, 1) >= 0);
	return s;
}

/* In one run, a sink records a time; 0: none. */
static void record(const struct pw_store *run, const struct pw_stage *stage, pw_time time,
		   bool complete)
{
	struct pw_store s = join(run, stage);
	struct pw_record r;

	CHECK(pw_record_open(&r, &s) == 0);
	if (time > 0)
		CHECK(pw_record_save(&r, time, complete, false,
				     json_pack("{s:i}", "length", (int)time)) == 0);
	pw_record_close(&r);
	pw_store_close(&s);
}

static void restart_point(void)
{
	const char *dir = fresh();
	struct pw_store s = begin(dir);
	pw_time least, held;

	record(&s, &first, 100, false);
	CHECK(pw_store_least(&s, &least) == 0 && least == 100);
	record(&s, &second, 200, false);
	CHECK(pw_store_least(&s, &least) == 0 && least == 100);
	pw_store_close(&s);

	s = begin(dir); /* both have taken part: the least */
	CHECK(s.restart == 100);
	record(&s, &first, 300, true);
	pw_store_close(&s);

	s = begin(dir); /* the second did not record: R stays where it was for it */
	CHECK(s.restart == 100);
	record(&s, &first, 300, true);
	record(&s, &second, 300, true);
	pw_store_close(&s);

	s = begin(dir); /* all of it */
	CHECK(s.restart == s.above && s.above == 300);
	held = s.restart;
	record(&s, &first, 0, false);
	pw_store_close(&s);

	s = begin(dir); /* nobody recorded */
	CHECK(s.restart == held && held < s.start);
	pw_store_close(&s);
	CHECK(pw_store_forget(dir, "pw-write-nobody") < 0 && failed_as(PW_USAGE));
	CHECK(pw_store_forget(dir, "pw-read-x/../pw-write-first") < 0 && failed_as(PW_USAGE));
	CHECK(pw_store_forget(dir, "pw-write-first") == 0);
	s = begin(dir);
	CHECK(s.restart == held);
	pw_store_close(&s);
}

static void what_it_says(void)
{
	const char *dir = fresh();
	struct pw_store s = begin(dir), w;
	struct pw_record r;

	w = join(&s, &first);
	CHECK(pw_record_open(&r, &w) == 0 && !r.known && r.time == 0 && r.destination == NULL);
	CHECK(pw_record_save(&r, 5000, true, true, json_pack("{s:s}", "path", "out.csv")) == 0);
	pw_record_close(&r);
	CHECK(pw_record_open(&r, &w) == 0 && r.known && r.time == 5000 && r.complete &&
	      r.finished && !r.reset);
	CHECK(strcmp(json_string_value(json_object_get(r.destination, "path")), "out.csv") == 0);
	pw_record_close(&r);
	pw_store_close(&w);
	pw_store_close(&s);
	s = begin(dir);
	CHECK(s.finished && s.restart == s.above && s.above == 5000);
	pw_store_close(&s);
	CHECK(pw_store_reset(dir) == 0);
	s = begin(dir);
	CHECK(!s.finished && s.restart == 0 && s.run == 3);
	w = join(&s, &first);
	CHECK(pw_record_open(&r, &w) == 0 && !r.known && r.reset && r.destination != NULL);
	pw_record_close(&r);
	CHECK(pw_store_reset(dir) < 0 && failed_as(PW_BUSY));
	pw_store_close(&w);
	pw_store_close(&s);
}

static void marks(void)
{
	const char *dir = fresh();
	struct pw_store s = begin(dir), w;
	struct pw_journal j;
	struct pw_record r;
	pw_time time;

	CHECK(pw_store_register(&s, command, 1) >= 0 && pw_journal_open(&j, &s) == 0);
	CHECK(pw_journal_begin(&j, json_object()) == 0);
	for (int t = 10; t <= 50; t += 10)
		CHECK(pw_journal_append(&j, json_pack("{s:i}", "time", t)) == 0);
	CHECK(pw_journal_sync(&j) == 0);
	pw_journal_close(&j);
	w = join(&s, &first);
	CHECK(pw_record_open(&r, &w) == 0 && pw_record_save(&r, 40, false, false, NULL) == 0);
	CHECK(!pw_store_mark(&s, "journal", &time));
	pw_record_close(&r);
	pw_store_close(&w);
	pw_store_close(&s);
	for (int again = 0; again < 2;
	     again++) { /* from the record; then from run, when that has moved */
		s = begin(dir);
		CHECK(pw_store_mark(&s, "journal", &time) && time == 30);
		CHECK(!pw_store_mark(&s, "checkpoint", &time));
		if (again == 0)
			record(&s, &first, 0, false);
		pw_store_close(&s);
	}
}

static void passed(void)
{
	struct pw_store s = begin(fresh()), a = join(&s, &first), b = join(&s, &second);
	struct pw_record x, y;
	pw_time least;

	CHECK(pw_record_backlog(&s, &least) == 0 && least == PW_TIME_END);
	CHECK(pw_record_open(&x, &a) == 0 && pw_record_open(&y, &b) == 0);
	CHECK(pw_record_passed(&x, 1000) == 0 && pw_record_passed(&y, 70000) == 0);
	CHECK(pw_record_backlog(&s, &least) == 0 && least == 1000);
	CHECK(pw_record_passed(&x, 90000) == 0);
	CHECK(pw_record_backlog(&s, &least) == 0 && least == 70000);
	/* what had been reached is known to the next run, however often that begins again */
	for (int again = 0; again < 3; again++) {
		pw_record_close(&x);
		CHECK(pw_record_open(&x, &a) == 0 && x.reached == 90000);
		CHECK(pw_record_passed(&x, 500) == 0 && x.reached == 90000);
		CHECK(pw_record_backlog(&s, &least) == 0 && least == 500);
	}
	pw_record_close(&x);
	pw_record_close(&y);
	pw_store_close(&a);
	pw_store_close(&b);
	pw_store_close(&s);
}

static void look(void *to, bool checkpoint, size_t at)
{
	struct pw_store s = {0};

	(void)checkpoint;
	(void)at;
	CHECK(pw_store_start(&s, to, &reader, 0) < 0 && failed_as(PW_STATE));
	pw_store_close(&s);
}

static void damaged(void)
{
	char dir[512], path[600];

	strcpy(dir, fresh());
	struct pw_store s = begin(dir);
	record(&s, &first, 100, false);
	pw_store_close(&s);
	snprintf(path, sizeof path, "%s/pw-write-first/record.json", dir);
	damage(path, 1, look, dir);
	snprintf(path, sizeof path, "%s/run", dir);
	CHECK(unlink(path) == 0);
	look(dir, true, 0);
	CHECK(pw_store_reset(dir) == 0);
	s = begin(dir);
	CHECK(s.restart == 0 && s.run > 1);
	pw_store_close(&s);
}

static void record_faults(void)
{
	int n = 1;

	for (bool hit = true; hit; n++) {
		char dir[512];
		strcpy(dir, fresh());
		struct pw_store s = begin(dir), w = join(&s, &first);
		struct pw_record r;
		CHECK(pw_record_open(&r, &w) == 0 &&
		      pw_record_save(&r, 100, false, false, NULL) == 0);
		faults_on(n, n % 2);
		const int rc = pw_record_save(&r, 200, false, false, NULL);
		hit = faults_off();
		CHECK(hit ? rc < 0 && failed_as(PW_SYSTEM) : rc == 0);
		pw_record_close(&r);
		pw_store_close(&w);
		pw_store_close(&s);
		s = begin(dir);
		CHECK(rc == 0 ? s.restart == 200 : s.restart == 100 || s.restart == 200);
		pw_store_close(&s);
	}
	CHECK(n > 5);
}

/* A state directory that is not all forgotten says so, and can be told again. */
static void reset_faults(void)
{
	bool hit = true;

	for (int n = 1; hit; n++) {
		char dir[512], path[600];
		strcpy(dir, fresh());
		struct pw_store s = begin(dir);
		record(&s, &first, 100, false);
		snprintf(path, sizeof path, "%s/pw-read-old", dir);
		CHECK(mkdir(path, 0700) == 0 && mkdir(strcat(path, "/tracked"), 0700) == 0);
		write_file(strcat(path, "/1-1.pws"), "x", 1);
		pw_store_close(&s);
		faults_on(n, false);
		const int rc = pw_store_reset(dir);
		hit = faults_off();
		CHECK(rc == 0 ? access(path, F_OK) < 0 : hit && failed_as(PW_SYSTEM));
		CHECK(pw_store_reset(dir) == 0 && access(path, F_OK) < 0);
	}
}

int main(void)
{
	faults_on(0, false);
	reader = reader_stage();
	first = stage_behind(&reader, "pw-write", "first");
	second = stage_behind(&reader, "pw-write", "second");
	TEST(restart_point);
	TEST(what_it_says);
	TEST(marks);
	TEST(passed);
	TEST(damaged);
	TEST(record_faults);
	TEST(reset_faults);
	return check_done();
}
