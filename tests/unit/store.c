/* lib/store/store and side: who may enter a directory, and when; R, S, the clock. */
#include "store.h"
#include "../../lib/store/line.h"

#include <jansson.h>
#include <string.h>

static struct pw_stage reader, groupby, sink, other;

static void make_stages(void)
{
	static char *options[] = {"returns/"};

	reader = reader_stage();
	groupby = stage_behind(&reader, "pw-groupby", NULL);
	sink = stage_behind(&groupby, "pw-write", "out");
	other = (struct pw_stage){.program = "pw-read", .options = options, .option_count = 1};
}

static int start(struct pw_store *s, const char *dir)
{
	*s = (struct pw_store){0};
	return pw_store_start(s, dir, &reader, 0);
}

/* ---- side files ---- */

static json_t *number(int x)
{
	return json_pack("{s:i,s:s}", "x", x, "text", "caf\xc3\xa9 \"quoted\"");
}

static int number_in(const char *path)
{
	json_t *value;
	uint64_t x = 0;

	if (pw_side_load(path, "stage-1", &value) <= 0)
		return -1;
	CHECK(pw_side_whole(value, "x", &x) == 0);
	json_decref(value);
	return (int)x;
}

static void side_round_trip(void)
{
	const char *path = fresh();
	json_t *value;
	uint64_t run;

	CHECK(pw_side_load(path, NULL, &value) == 0);
	CHECK(pw_side_save(path, "stage-1", 7, number(42)) == 0);
	CHECK(number_in(path) == 42);
	CHECK(pw_side_load(path, "stage-2", &value) < 0 && failed_as(PW_STATE));
	CHECK(pw_side_load(path, NULL, &value) == 1);
	CHECK(pw_side_whole(value, "run", &run) == 0 && run == 7);
	json_decref(value);
	CHECK(pw_side_save(path, "stage-1", 8, number(43)) == 0 && number_in(path) == 43);
}

static void side_other_version(void)
{
	const char *path = fresh();
	json_t *value;

	CHECK(pw_side_save(path, "stage-1", 7, json_pack("{s:i,s:i}", "x", 1, "version", 4)) == 0);
	CHECK(pw_side_load(path, "stage-1", &value) < 0);
	CHECK(strstr(pw_fail_text(), "version is 4") != NULL &&
	      strstr(pw_fail_text(), "--reset") != NULL && failed_as(PW_STATE));
}

static void look_at_side(void *to, bool checkpoint, size_t at)
{
	json_t *value;

	(void)checkpoint;
	(void)at;
	CHECK(pw_side_load(to, "stage-1", &value) < 0 && failed_as(PW_STATE));
}

static void side_damaged(void)
{
	char path[512];

	strcpy(path, fresh());
	CHECK(pw_side_save(path, "stage-1", 7, number(42)) == 0);
	damage(path, 1, look_at_side, path);
	CHECK(number_in(path) == 42);
}

/* The file is on disk before it has its name, and the name before anybody relies on it. */
static void side_order(void)
{
	faults_on(0, false);
	CHECK(pw_side_save(fresh(), "stage-1", 1, number(1)) == 0);
	CHECK(strcmp(ordered, "frf") == 0);
}

static void side_faults(void)
{
	for (int sticky = 0; sticky < 2; sticky++) {
		const char *path = fresh();
		int x = 1, n = 1;
		CHECK(pw_side_save(path, "stage-1", 1, number(x)) == 0);
		for (bool hit = true; hit; n++) {
			faults_on(n, sticky);
			const int rc = pw_side_save(path, "stage-1", 1, number(x + 1));
			hit = faults_off();
			const int is = number_in(path);
			CHECK(hit ? rc < 0 && failed_as(PW_SYSTEM) && (is == x || is == x + 1)
				  : rc == 0 && is == x + 1);
			x = is;
		}
		CHECK(n > 5);
	}
}

/* ---- names ---- */

static char *name_of(const struct pw_stage *stage)
{
	static char name[256];
	char *text = pw_store_name(stage);

	snprintf(name, sizeof name, "%s", text != NULL ? text : "");
	free(text);
	return name;
}

static void names(void)
{
	char *ab[] = {"a", "b"}, *joined[] = {"a1:b"};
	struct pw_stage x = {.program = "pw-select", .options = ab, .option_count = 2};
	struct pw_stage y = {.program = "pw-select", .options = joined, .option_count = 1};
	char first[256];

	strcpy(first, name_of(&x));
	CHECK(strncmp(first, "pw-select-", 10) == 0 && strlen(first) == 22);
	CHECK(strcmp(first, name_of(&y)) != 0);
	CHECK(strcmp(name_of(&sink), "pw-write-out") == 0);
	struct pw_stage behind = stage_behind(&x, "pw-filter", NULL);
	strcpy(first, name_of(&behind));
	x.name = "called";
	CHECK(strcmp(first, name_of(&behind)) != 0);
	x.name = "../x";
	CHECK(pw_store_name(&x) == NULL && failed_as(PW_USAGE));
	x.name = "";
	CHECK(pw_store_name(&x) == NULL && failed_as(PW_USAGE));
	x.name = NULL;
	x.program = "../../bin/sh";
	CHECK(pw_store_name(&x) == NULL && failed_as(PW_USAGE));
}

/* ---- the directory ---- */

static void whose_directory(void)
{
	struct pw_store s;
	char dir[512], file[600];

	strcpy(dir, fresh());
	CHECK(mkdir(dir, 0755) == 0 && start(&s, dir) < 0);
	CHECK(strstr(pw_fail_text(), "0755") != NULL && failed_as(PW_STATE));
	CHECK(chmod(dir, 0700) == 0);
	snprintf(file, sizeof file, "%s/diary.txt", dir);
	write_file(file, "x", 1);
	CHECK(start(&s, dir) < 0 && failed_as(PW_STATE));
	CHECK(unlink(file) == 0 && start(&s, dir) == 1);
	pw_store_close(&s);
	CHECK(pw_store_join(&s, fresh(), 1, &sink) < 0 && failed_as(PW_STATE));
	snprintf(dir, sizeof dir, "%s/a/b/c", fresh());
	CHECK(start(&s, dir) == 1 && s.path[0] == '/');
	pw_store_close(&s);
}

/* ---- runs ---- */

static void runs_follow(void)
{
	const char *dir = fresh();
	struct pw_store s;
	pw_time before = 0;

	for (uint64_t run = 1; run < 4; run++) {
		CHECK(start(&s, dir) == 1 && s.run == run && s.restart == 0 && s.start > before);
		CHECK(s.start % 2 == 0 && s.started && !s.finished && s.interval == 5000);
		before = s.start;
		pw_store_close(&s);
	}
}

/* Has a stage entered that has this one as an input? */
static bool consumed(const struct pw_store *s)
{
	int *processes = pw_store_processes(s, PW_STORE_CONSUMERS);
	const bool any = processes[0] != 0;

	CHECK(!any || processes[0] == getpid());
	free(processes);
	return any;
}

static void who_may_enter(void)
{
	const char *dir = fresh();
	struct pw_store a, b = {0}, c = {0}, d = {0}, again = {0};

	CHECK(start(&a, dir) == 1);
	CHECK(start(&again, dir) == PW_STORE_WAIT);
	CHECK(pw_store_join(&b, dir, 2, &groupby) < 0 && failed_as(PW_BUSY));
	CHECK(!consumed(&a));
	CHECK(pw_store_join(&b, dir, 1, &groupby) == 1 && b.run == 1 && b.start == a.start);
	CHECK(consumed(&a) && !consumed(&b));
	CHECK(pw_store_join(&c, dir, 1, &groupby) < 0);
	CHECK(strstr(pw_fail_text(), "--name") != NULL && failed_as(PW_USAGE));
	CHECK(pw_store_join(&c, dir, 1, &sink) == 1 && consumed(&b));
	CHECK(c.upstream[0] != NULL && strcmp(c.upstream[0], c.name) == 0);
	CHECK(strcmp(c.upstream[1], b.name) == 0 && strcmp(c.upstream[2], a.name) == 0 &&
	      c.upstream[3] == NULL);
	CHECK(pw_store_start(&d, dir, &other, 4000) < 0 && failed_as(PW_USAGE));
	CHECK(pw_store_start(&d, dir, &other, 5000) == 1 && d.run == 1 && !d.started);
	char **stages = pw_store_stages(&a);
	CHECK(stages[3] != NULL && stages[4] == NULL && strcmp(stages[3], d.name) == 0);
	free(stages);

	/* what is left of a killed line holds the next run back, and no longer */
	pw_store_close(&a);
	pw_store_close(&b);
	pw_store_close(&d);
	CHECK(pw_store_start(&again, dir, &reader, 0) == PW_STORE_WAIT);
	pw_store_close(&c);
	CHECK(pw_store_start(&again, dir, &reader, 0) == 1 && again.run == 2);
	CHECK(pw_store_join(&c, dir, 1, &sink) < 0 && failed_as(PW_BUSY));
	pw_store_close(&again);
	CHECK(pw_store_join(&c, dir, 2, &sink) < 0 && failed_as(PW_BUSY));
}

/* Whoever comes first: two readers have one grid, or the second is refused. */
static void one_grid(void)
{
	static const struct {
		uint64_t first, second;
		bool agree;
	} cases[] = {{0, 0, true},    {0, 5000, true}, {5000, 0, true},  {100, 99, true},
		     {100, 0, false}, {0, 100, false}, {100, 102, false}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *dir = fresh();
		struct pw_store a = {0}, b = {0};
		CHECK(pw_store_start(&a, dir, &reader, cases[i].first) == 1);
		if (cases[i].agree)
			CHECK(pw_store_start(&b, dir, &other, cases[i].second) == 1 &&
			      b.interval == a.interval);
		else
			CHECK(pw_store_start(&b, dir, &other, cases[i].second) < 0 &&
			      strstr(pw_fail_text(), "--checkpoint-interval") != NULL &&
			      failed_as(PW_USAGE));
		pw_store_close(&a);
		pw_store_close(&b);
		/* it is of the run: the next has what its readers say */
		CHECK(pw_store_start(&a, dir, &reader, 0) == 1 && a.interval == 5000);
		pw_store_close(&a);
	}
}

static void the_clock(void)
{
	const char *dir = fresh();
	struct pw_store s, other_reader = {0};
	pw_time far;

	CHECK(start(&s, dir) == 1);
	CHECK(pw_store_start(&other_reader, dir, &other, 0) == 1);
	CHECK(pw_store_promise(&s, s.start) == 0 && s.bound == s.start);
	far = s.start + 1000000;
	CHECK(pw_store_promise(&s, far) == 0 && s.bound == far + PW_STORE_AHEAD);
	CHECK(pw_store_promise(&other_reader, far + 5) == 0 && other_reader.bound == s.bound);
	pw_store_close(&s);
	pw_store_close(&other_reader);
	CHECK(start(&s, dir) == 1 && s.start > far + PW_STORE_AHEAD &&
	      s.start < far + PW_STORE_AHEAD + 10);
	pw_store_close(&s);
}

static void start_faults(void)
{
	for (int sticky = 0; sticky < 2; sticky++) {
		char dir[512];
		struct pw_store s;
		uint64_t run = 0;
		pw_time begun = 0;
		int n = 1;
		strcpy(dir, fresh());
		for (bool hit = true; hit; n++) {
			faults_on(n, sticky);
			const int rc = start(&s, dir);
			hit = faults_off();
			CHECK(hit || rc == 1);
			if (rc < 0)
				CHECK(failed_as(PW_SYSTEM));
			pw_store_close(&s);
			/* and then it is as if it had not been, but for numbers */
			CHECK(start(&s, dir) == 1 && s.run > run && s.start > begun &&
			      s.restart == 0);
			run = s.run;
			begun = s.start;
			pw_store_close(&s);
		}
		CHECK(n > 10);
	}
}

struct looking {
	char dir[512];
	bool may_start;
};

static void look_at_start(void *to, bool checkpoint, size_t at)
{
	struct looking *l = to;
	struct pw_store s;
	const int rc = start(&s, l->dir);

	(void)checkpoint;
	(void)at;
	if (rc > 0)
		CHECK(l->may_start);
	else
		CHECK(failed_as(PW_STATE));
	pw_store_close(&s);
}

static void run_and_clock_damaged(void)
{
	static struct looking l;
	char path[600];
	struct pw_store s;

	strcpy(l.dir, fresh());
	CHECK(start(&s, l.dir) == 1 && pw_store_promise(&s, s.start + 100) == 0);
	pw_store_close(&s);
	snprintf(path, sizeof path, "%s/run", l.dir);
	damage(path, 1, look_at_start, &l);
	snprintf(path, sizeof path, "%s/clock", l.dir);
	damage(path, 1, look_at_start, &l);
	/* of a run that is over the list means nothing */
	l.may_start = true;
	snprintf(path, sizeof path, "%s/stages", l.dir);
	damage(path, 101, look_at_start, &l);
}

static void look_at_join(void *to, bool checkpoint, size_t at)
{
	struct pw_store s = {0};
	const struct pw_store *alive = to;
	const int rc = pw_store_join(&s, alive->path, alive->run, &groupby);

	/* a list that is cut at the end of a line is only shorter */
	(void)at;
	if (rc > 0)
		CHECK(checkpoint);
	else
		CHECK(failed_as(PW_STATE) || failed_as(PW_BUSY));
	pw_store_close(&s);
}

static void list_damaged(void)
{
	struct pw_store s;
	char path[600];

	CHECK(start(&s, fresh()) == 1);
	snprintf(path, sizeof path, "%s/stages", s.path);
	damage(path, 1, look_at_join, &s);
	pw_store_close(&s);
}

/* Makes every stage of the list one whose process began a tick later. */
static void delay(const char *path)
{
	static char text[4096];
	struct pw_bytes changed = {0};
	struct pw_line_chain old = {""}, new = {""};
	struct pw_line line;
	size_t at = 0;

	FILE *f = fopen(path, "r+");
	CHECK(f != NULL);
	const struct pw_slice all = {text, fread(text, 1, sizeof text, f)};
	while (pw_line_next(all, &at, &old, &line) == 1) {
		json_t *value = json_loadb(line.json.data, line.json.length, 0, NULL);
		const json_t *started = json_object_get(value, "started");
		if (started != NULL)
			json_object_set_new(value, "started",
					    json_integer(json_integer_value(started) + 1));
		pw_line_add(&changed, &new, value, line.durable);
		json_decref(value);
	}
	rewind(f);
	CHECK(fwrite(changed.data, 1, changed.length, f) == changed.length);
	CHECK(ftruncate(fileno(f), (off_t)changed.length) == 0 && fclose(f) == 0);
	pw_bytes_release(&changed);
}

/* A number of a process that is used again is not taken for the process that had it. */
static void process_numbers(void)
{
	struct pw_store s, d = {0}, late = {0};
	char path[600];

	CHECK(start(&s, fresh()) == 1);
	snprintf(path, sizeof path, "%s/stages", s.path);
	CHECK(pw_store_join(&d, s.path, s.run, &groupby) == 1 && consumed(&s));
	int *alive = pw_store_processes(&s, PW_STORE_ALIVE);
	CHECK(alive[0] == getpid() && alive[1] == getpid() && alive[2] == 0);
	free(alive);
	alive = pw_store_processes(&d, PW_STORE_NAMESAKES);
	CHECK(alive[0] == getpid() && alive[1] == 0);
	free(alive);
	delay(path);
	alive = pw_store_processes(&s, PW_STORE_ALIVE);
	CHECK(alive[0] == 0 && consumed(&s));
	free(alive);
	/* so it is what is left of a killed run, which no reader joins */
	CHECK(pw_store_start(&late, s.path, &other, 0) == PW_STORE_WAIT);
	pw_store_close(&late);
	pw_store_close(&d);
	pw_store_close(&s);
}

static void stage_json(void)
{
	struct pw_store s;
	char dir[512];
	char *command[] = {"pw-read", "orders/"};
	struct pw_record r;

	strcpy(dir, fresh());
	CHECK(start(&s, dir) == 1);
	CHECK(pw_store_register(&s, command, 2) == PW_STORE_REGISTERED);
	pw_store_close(&s);
	CHECK(start(&s, dir) == 1);
	s.restart = 100; /* as if a sink had said so */
	CHECK(pw_store_register(&s, command, 2) == PW_STORE_REGISTERED);
	struct pw_store late = {0};
	CHECK(pw_store_start(&late, dir, &other, 0) == 1);
	late.restart = 100;
	CHECK(pw_store_register(&late, command, 2) == PW_STORE_NEW);
	CHECK(pw_store_register(&late, command, 2) ==
	      PW_STORE_NEW); /* no sink has come, or was killed */
	pw_store_refuse_as_sink(&late);
	CHECK(pw_store_register(&late, command, 2) == PW_STORE_NEW);
	late.run++;
	CHECK(pw_store_register(&late, command, 2) == PW_STORE_ASTRAY);
	late.run--;
	late.restart = 0;
	CHECK(pw_store_register(&late, command, 2) == PW_STORE_REGISTERED);
	late.restart = 100;
	CHECK(pw_store_register(&late, command, 2) == PW_STORE_REGISTERED);
	/* a new sink is written down, and refused where the line goes on */
	struct pw_store w = {0};
	struct pw_stage first = stage_behind(&reader, "pw-write", "out");
	CHECK(pw_store_join(&w, dir, 2, &first) == 1 && pw_store_register(&w, command, 1) >= 0);
	w.restart = 100;
	CHECK(pw_record_open(&r, &w) < 0 && failed_as(PW_BUSY));
	pw_record_close(&r);
	pw_store_close(&late);
	pw_store_close(&s);
	pw_store_close(&w);
	CHECK(start(&s, dir) == 1 && s.restart == 0);
	pw_store_close(&s);
}

/* The first refusal of a run counts, also for stages that the first knows nothing of. */
static void refusals(void)
{
	char dir[512], path[600];
	struct pw_store a = {0}, b = {0};

	strcpy(dir, fresh());
	CHECK(start(&a, dir) == 1 && pw_store_start(&b, dir, &other, 0) == 1);
	CHECK(!pw_store_is_refused(&a) && !pw_store_is_refused(&b));
	pw_store_refuse(&a, PW_BUSY);
	CHECK(a.refused == PW_OK && !pw_store_is_refused(&a));
	pw_store_refuse(&b, PW_STATE);
	CHECK(b.refused == PW_BUSY && pw_store_is_refused(&b));
	pw_store_refuse(&a, PW_BUSY);
	CHECK(a.refused == PW_OK);
	pw_store_close(&a);
	pw_store_close(&b);
	/* the next run has none yet; a damaged file is none, and the failure that there is stays */
	CHECK(start(&a, dir) == 1 && pw_store_start(&b, dir, &other, 0) == 1);
	CHECK(!pw_store_is_refused(&b));
	pw_store_refuse(&a, PW_STATE);
	snprintf(path, sizeof path, "%s/refused", dir);
	write_file(path, "torn", 4);
	pw_fail(PW_DATA, "bad row");
	CHECK(!pw_store_is_refused(&b) && strcmp(pw_fail_text(), "bad row") == 0 &&
	      failed_as(PW_DATA));
	pw_store_refuse(&b, PW_STATE);
	CHECK(b.refused == PW_OK && pw_store_is_refused(&a) && a.refused == PW_STATE);
	pw_store_close(&a);
	pw_store_close(&b);
	/* a disk that fails: each speaks for itself */
	CHECK(start(&a, dir) == 1 && pw_store_start(&b, dir, &other, 0) == 1);
	faults_on(1, true);
	pw_store_refuse(&a, PW_BUSY);
	faults_off();
	CHECK(a.refused == PW_OK && pw_fail_status() == PW_OK);
	pw_store_refuse(&b, PW_BUSY);
	CHECK(b.refused == PW_OK);
	pw_store_close(&a);
	pw_store_close(&b);
}

int main(void)
{
	faults_on(0, false);
	make_stages();
	TEST(side_round_trip);
	TEST(side_other_version);
	TEST(side_damaged);
	TEST(side_order);
	TEST(side_faults);
	TEST(names);
	TEST(whose_directory);
	TEST(runs_follow);
	TEST(who_may_enter);
	TEST(one_grid);
	TEST(the_clock);
	TEST(start_faults);
	TEST(run_and_clock_damaged);
	TEST(list_damaged);
	TEST(process_numbers);
	TEST(stage_json);
	TEST(refusals);
	return check_done();
}
