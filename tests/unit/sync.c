#include "check.h"
#include "streams.h"

#include "../../lib/read/sync.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * All members live in this process: their locks belong to what they have
 * opened, so each sees the others as if they were programs.
 */

static int64_t now_ns = 1000000000;

static int clock_of_ours(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	*ts = (struct timespec){now_ns / 1000000000, now_ns % 1000000000};
	return 0;
}

static struct pw_schema schema;
static char *directory;

static void set_up(void)
{
	static struct pw_io table;
	char path[] = "/tmp/pw-sync-XXXXXX";

	table = *pw_io();
	table.clock_gettime = clock_of_ours;
	pw_io_use(&table);
	directory = strdup(mkdtemp(path));
	pw_schema_add(&schema, pw_slice_of("n"), PW_TYPE(PW_INT), false);
	pw_schema_add(&schema, pw_slice_of("x"), PW_TYPE(PW_FLOAT), false);
	pw_schema_add(&schema, pw_slice_of("t"), PW_TYPE(PW_DATETIME), false);
	pw_schema_add(&schema, pw_slice_of("d"), PW_TYPE(PW_DURATION), false);
	pw_schema_add(&schema, pw_slice_of("s"), PW_TYPE(PW_STR), false);
}

static void tear_down(void)
{
	char command[200];

	snprintf(command, sizeof command, "rm -r '%s'", directory);
	CHECK(system(command) == 0);
}

/* ---- members ---- */

enum { ROWS = 60, MEMBERS = 4 };

struct member {
	struct pw_sync sync;
	struct pw_builder rows;
	const struct pw_batch *batch;
	uint32_t at;
	bool here;
	struct pw_sync_rule_member model;
};

static struct member members[MEMBERS + 1];

static void enter(struct member *m, const char *option)
{
	static struct pw_tool tool;

	CHECK(pw_sync_open(&m->sync, option, &schema) == 0);
	CHECK(pw_sync_join(&m->sync, &tool, directory, 0) == 0);
	m->here = true;
}

static void rows_of(struct member *m, const int *values, uint32_t n)
{
	pw_builder_release(&m->rows); /* those before */
	pw_builder_init(&m->rows, &schema);
	for (uint32_t i = 0; i < n; i++) {
		if (values[i] == INT32_MIN) {
			pw_vector_null(&m->rows.vectors[0]);
			pw_vector_float(&m->rows.vectors[1], NAN);
			pw_vector_null(&m->rows.vectors[2]);
			pw_vector_null(&m->rows.vectors[3]);
		} else {
			pw_vector_word(&m->rows.vectors[0], values[i]);
			pw_vector_float(&m->rows.vectors[1], values[i] / 4.0);
			pw_vector_word(&m->rows.vectors[2], values[i] * INT64_C(1000000000));
			pw_vector_word(&m->rows.vectors[3], values[i] * INT64_C(1000000000));
		}
		pw_vector_null(&m->rows.vectors[4]);
		pw_builder_row(&m->rows, 0, 1);
	}
	m->batch = pw_builder_view(&m->rows);
	m->at = 0;
}

#define ROWS_OF(m, ...)                                                                            \
	rows_of(m, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* How many rows pass now. */
static int64_t pass(struct member *m)
{
	const int64_t n = pw_sync_pass(&m->sync, m->batch, m->at);

	CHECK(n >= 0 && m->at + n <= m->batch->rows);
	m->at += (uint32_t)n;
	return n;
}

static void leave(struct member *m)
{
	CHECK(pw_sync_end(&m->sync) == 0);
	pw_sync_close(&m->sync);
	pw_builder_release(&m->rows);
	*m = (struct member){0};
}

static void die(struct member *m)
{
	pw_sync_close(&m->sync);
	pw_builder_release(&m->rows);
	*m = (struct member){0};
}

/* The members that are left see who has left without an end, and a second passes. */
static void a_second_passes(void)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].here)
			CHECK(pw_sync_group_ask(&members[i].sync.group, &members[i].sync.answer) ==
			      0);
	now_ns += INT64_C(1000000000);
}

/* ---- hand-made cases ---- */

static void two_keep_step(void)
{
	struct member *a = &members[0], *b = &members[1];

	enter(a, "two,n,5,2");
	ROWS_OF(a, 1, 2, 21, 22);
	CHECK(pass(a) == 0 && pass(a) == 0);
	enter(b, "two,n,5,2");
	CHECK(pass(a) == 0); /* b has shown nothing */
	ROWS_OF(b, 3, 4, 23, 24);
	CHECK(pass(b) == 0);
	CHECK(pass(a) == 2);
	CHECK(pass(a) == 0);
	CHECK(pass(b) == 2); /* 23 is above 21, which a wants */
	CHECK(pass(a) == 2);
	leave(a);
	CHECK(pass(b) == 2);
	leave(b);
}

static void values_of_all_kinds(void)
{
	static const char *const options[] = {"k,n,5,2", "k,x,1.25,2", "k,t,5s,2", "k,d,5s,2"};
	struct member *a = &members[0], *b = &members[1];

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		enter(a, options[i]);
		enter(b, options[i]);
		ROWS_OF(a, INT32_MIN, 1, 9, INT32_MIN, 10);
		ROWS_OF(b, 3, INT32_MIN, 6, 7, 8);
		CHECK(pass(a) == 1); /* what has no value waits for nobody */
		CHECK(pass(a) == 0 && pass(b) == 0);
		CHECK(pass(a) == 1);
		CHECK(pass(b) == 5); /* a wants 9 next */
		ROWS_OF(b, 14);
		CHECK(pass(b) == 0);
		CHECK(pass(a) == 3);
		CHECK(pass(b) == 1);
		leave(a);
		leave(b);
	}
}

static void quarters_count(void)
{
	struct member *a = &members[0], *b = &members[1];

	enter(a, "quarters,x,0.5,2");
	enter(b, "quarters,x,0.5,2");
	ROWS_OF(a, 1);
	ROWS_OF(b, 3, 4, 5);
	CHECK(pass(a) == 0 && pass(b) == 0 && pass(a) == 1 && pass(b) == 1 && pass(b) == 0);
	ROWS_OF(a, 2);
	CHECK(pass(a) == 1);
	CHECK(pass(b) == 1); /* 4 quarters are half behind 2 */
	leave(a);
	leave(b);
}

static void priority_goes_first(void)
{
	struct member *a = &members[0], *b = &members[1];

	enter(a, "p,n,100,2,priority=1");
	enter(b, "p,n,100,2");
	ROWS_OF(a, 10, 20);
	ROWS_OF(b, 5, 15, 25);
	CHECK(pass(b) == 0);
	CHECK(pass(a) == 1); /* 20 is far beyond 5, which b wants */
	CHECK(pass(b) == 1);
	CHECK(pass(b) == 0); /* a has sent 10 */
	CHECK(pass(a) == 1);
	CHECK(pass(b) == 1);
	CHECK(pass(b) == 0);
	leave(a);
	CHECK(pass(b) == 1);
	leave(b);
}

static void the_idle_are_not_waited_for(void)
{
	struct member *a = &members[0], *b = &members[1];

	enter(a, "i,n,5,2,idle=2s");
	enter(b, "i,n,5,2");
	ROWS_OF(b, 1, 2, 30);
	CHECK(pass(b) == 0);
	now_ns += 1999999999;
	CHECK(pass(b) == 0 && b->sync.answer.deadline == now_ns + 1);
	now_ns += 1;
	CHECK(pass(b) == 3);
	ROWS_OF(a, 3, 4, 40); /* it is back: to 30 it may go in any case */
	CHECK(pass(a) == 2);
	ROWS_OF(b, 36, 46);
	CHECK(pass(b) == 1); /* a wants 40 */
	CHECK(pass(a) == 1);
	CHECK(pass(b) == 0);
	CHECK(pw_sync_silent(&a->sync) == 0);
	now_ns += INT64_C(2000000000);
	CHECK(pass(b) == 1);
	leave(b);
	leave(a);
}

static void the_dead_are_not_waited_for(void)
{
	struct member *a = &members[0], *b = &members[1];

	enter(a, "dead,n,5,2");
	enter(b, "dead,n,5,2");
	ROWS_OF(a, 1, 2);
	ROWS_OF(b, 3, 90);
	CHECK(pass(b) == 0 && pass(a) == 2 && pass(b) == 1 && pass(b) == 0);
	die(a);
	CHECK(pass(b) == 0 && b->sync.answer.deadline == now_ns + INT64_C(1000000000));
	now_ns += INT64_C(999999999);
	CHECK(pass(b) == 0);
	now_ns += 1;
	CHECK(pass(b) == 1);
	enter(a, "dead,n,5,2"); /* another in its place is waited for again */
	ROWS_OF(a, 92);
	ROWS_OF(b, 93);
	CHECK(pass(b) == 0 && pass(a) == 1 && pass(b) == 1);
	leave(a);
	leave(b);
}

static void what_an_earlier_line_left_is_nothing(void)
{
	struct member *a = &members[0], *b = &members[1];

	for (int round = 0; round < 3; round++) {
		enter(a, "again,n,5,2");
		ROWS_OF(a, 7);
		CHECK(pass(a) == 0);
		if (round == 1) {
			die(a);
			continue;
		}
		enter(b, "again,n,5,2");
		ROWS_OF(b, 8, 99);
		CHECK(pass(b) == 0 && pass(a) == 1 && pass(b) == 1);
		die(a);
		die(b);
	}
	enter(a, "again,x,0.5,1"); /* nor are its terms */
	ROWS_OF(a, 1, 2, 3);
	CHECK(pass(a) == 3);
	leave(a);
}

static void any_bytes_may_be_in_the_way(void)
{
	char path[200];
	struct member *a = &members[0];

	snprintf(path, sizeof path, "%s/sync/bytes", directory);
	FILE *f = fopen(path, "w");
	for (int i = 0; i < 20000; i++)
		fputc((int)draw(256), f);
	fclose(f);
	enter(a, "bytes,n,5,1");
	ROWS_OF(a, 1, 2, 3);
	CHECK(pass(a) == 3);
	leave(a);
}

/* A group that is full takes nobody in; one that has ended in order counts as there. */
static void as_many_as_there_should_be(void)
{
	struct member *a = &members[0], *b = &members[1];
	struct pw_sync c;

	enter(a, "full,n,5,2");
	enter(b, "full,n,5,2");
	CHECK(pw_sync_open(&c, "full,n,5,2", &schema) == 0);
	CHECK(pw_sync_group_join(&c.group, directory) == 1);
	ROWS_OF(a, 1);
	ROWS_OF(b, 1);
	CHECK(pass(a) == 0 && pass(b) == 1);
	leave(b);
	CHECK(pw_sync_group_join(&c.group, directory) == 1);
	CHECK(pass(a) == 1);
	leave(a);
	CHECK(pw_sync_group_join(&c.group, directory) == 0);
	pw_sync_close(&c);
}

static void another_run_is_another_line(void)
{
	struct member *a = &members[0];
	struct pw_sync c;

	enter(a, "run,n,5,2");
	CHECK(pw_sync_open(&c, "run,n,5,2", &schema) == 0);
	c.group.terms.run = 7;
	CHECK(pw_sync_group_join(&c.group, directory) == 1);
	die(a);
	CHECK(pw_sync_group_join(&c.group, directory) == 0);
	pw_sync_close(&c);
}

static void members_must_agree(void)
{
	static const char *const others[] = {"terms,n,5,3", "terms,n,6,2", "terms,t,5s,2",
					     "terms,n,5.5,2"};
	struct member *a = &members[0];
	struct pw_sync c;

	enter(a, "terms,n,5,2");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		CHECK(pw_sync_open(&c, others[i], &schema) == 0);
		CHECK(pw_sync_group_join(&c.group, directory) < 0 && pw_fail_status() == PW_USAGE);
		CHECK(strncmp(pw_fail_text(), "--sync terms: ", 14) == 0);
		pw_fail_clear();
		pw_sync_close(&c);
	}
	CHECK(pw_sync_open(&c, "terms,x,5.0,2", &schema) == 0); /* an int is a number */
	CHECK(pw_sync_group_join(&c.group, directory) == 0);
	pw_sync_close(&c);
	die(a);
}

static void what_is_no_group(void)
{
	static const char *const wrong[] = {"",
					    "g",
					    "g,n",
					    "g,n,5",
					    "g,n,5,0",
					    "g,n,5,65",
					    "g,n,5,x",
					    "g,n,-1,2",
					    "g,n,5s,2",
					    "g,n,nan,2",
					    "g,n,inf,2",
					    "g,t,5,2",
					    "g,t,-5s,2",
					    "g,d,x,2",
					    "g,s,5,2",
					    "g,z,5,2",
					    ",n,5,2",
					    "../g,n,5,2",
					    ".g,n,5,2",
					    "a b,n,5,2",
					    "g,n,5,2,",
					    "g,n,5,2,priority=x",
					    "g,n,5,2,idle=0s",
					    "g,n,5,2,idle=5",
					    "g,n,5,2,what=1",
					    "g,n,5,2,priority=1,idle="};
	struct pw_sync s;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK(pw_sync_open(&s, wrong[i], &schema) < 0 && pw_fail_status() == PW_USAGE);
		CHECK(strncmp(pw_fail_text(), "--sync: ", 8) == 0);
		pw_fail_clear();
		pw_sync_close(&s);
	}
}

static void nobody_else_may_have_made_the_place(void)
{
	char path[200];
	struct pw_sync c;

	snprintf(path, sizeof path, "%s/open", directory);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/open/sync", directory);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/open", directory);
	CHECK(pw_sync_open(&c, "g,n,5,2", &schema) == 0);
	CHECK(pw_sync_group_join(&c.group, path) < 0 && pw_fail_status() == PW_SYSTEM);
	pw_fail_clear();
	pw_sync_close(&c);
	snprintf(path, sizeof path, "%s/sync/link", directory);
	CHECK(symlink("/etc/passwd", path) == 0);
	CHECK(pw_sync_open(&c, "link,n,5,2", &schema) == 0);
	CHECK(pw_sync_group_join(&c.group, directory) < 0 && pw_fail_status() == PW_SYSTEM);
	pw_fail_clear();
	pw_sync_close(&c);
}

/* ---- any members, in any order, against the rule row by row ---- */

static bool model_may(size_t n, size_t self, long double difference)
{
	struct pw_sync_rule_member all[MEMBERS];
	long double bound;

	for (size_t i = 0; i < n; i++) {
		all[i] = members[i].model;
		if (!all[i].has_last && !all[i].has_next && all[i].active)
			return false;
	}
	return pw_sync_rule_bound(all, n, self, difference, &bound) && all[self].next <= bound;
}

static int64_t model_pass(size_t n, size_t self, long double difference)
{
	struct member *m = &members[self];
	const struct pw_column *c = &m->batch->columns[0];
	uint32_t i = m->at;

	for (; i < m->batch->rows; i++) {
		if (pw_column_null(c, i))
			continue;
		m->model.has_next = true;
		m->model.next = pw_column_int(c, i);
		if (!model_may(n, self, difference))
			return i - m->at;
		if (!m->model.has_last || m->model.next > m->model.last)
			m->model.last = m->model.next;
		m->model.has_last = true;
	}
	m->model.has_next = false;
	return i - m->at;
}

static bool step(size_t n, size_t i, long double difference, size_t *going)
{
	struct member *m = &members[i];

	if (m->at == m->batch->rows) {
		m->model.active = m->model.has_next = false;
		if (draw(2) == 0) {
			CHECK(pw_sync_end(&m->sync) == 0);
		} else if (draw(2) == 0) {
			pw_sync_group_leave(&m->sync.group);
		}
		pw_sync_close(&m->sync);
		pw_builder_release(&m->rows);
		m->here = false;
		a_second_passes();
		(*going)--;
		return true;
	}
	const bool starts = pw_column_null(&m->batch->columns[0], m->at);
	if (starts) { /* rows without a value pass by themselves */
		while (m->at < m->batch->rows && pw_column_null(&m->batch->columns[0], m->at))
			m->at++;
		return true;
	}
	const int64_t want = model_pass(n, i, difference), is = pass(m);
	CHECK(is == want || (printf("# member %zu: %d, expected %d\n", i, (int)is, (int)want), 0));
	return is > 0;
}

static void draw_member(size_t i, size_t n, int difference)
{
	int values[ROWS], at = (int)draw(20);
	const uint32_t rows = 1 + draw(ROWS - 1);
	const int priority = (int)draw(1 + draw(3));
	char option[80];

	members[i] = (struct member){.model = {.active = true, .priority = priority}};
	snprintf(option, sizeof option, "any,n,%d,%zu,priority=%d", difference, n, priority);
	enter(&members[i], option);
	for (uint32_t r = 0; r < rows; r++) {
		values[r] = r > 0 && draw(15) == 0 ? INT32_MIN : at;
		at += draw(8) == 0 ? (int)draw(50) : (int)draw(4);
		at -= draw(8) == 0 ? (int)draw(6) : 0;
	}
	rows_of(&members[i], values, rows);
}

static void as_the_rule_says_row_by_row(void)
{
	for (int round = 0; round < 300; round++) {
		const size_t n = 1 + draw(MEMBERS);
		const int difference = (int)draw(12);
		size_t going = n, blocked = 0;
		for (size_t i = 0; i < n; i++)
			draw_member(i, n, difference);
		for (size_t i = 0; i < n; i++) /* all show a value; before that nothing passes */
			CHECK(n == 1 || i == n - 1 || pass(&members[i]) == 0);
		for (size_t i = 0; i + 1 < n; i++) {
			members[i].model.has_next = true;
			members[i].model.next = pw_column_int(&members[i].batch->columns[0], 0);
		}
		while (going > 0 && blocked < 1000) {
			const size_t i = draw((uint32_t)n);
			blocked =
				members[i].here && step(n, i, difference, &going) ? 0 : blocked + 1;
		}
		CHECK(going == 0);
	}
}

int main(void)
{
	set_up();
	TEST(two_keep_step);
	TEST(values_of_all_kinds);
	TEST(quarters_count);
	TEST(priority_goes_first);
	TEST(the_idle_are_not_waited_for);
	TEST(the_dead_are_not_waited_for);
	TEST(what_an_earlier_line_left_is_nothing);
	TEST(any_bytes_may_be_in_the_way);
	TEST(as_many_as_there_should_be);
	TEST(another_run_is_another_line);
	TEST(members_must_agree);
	TEST(what_is_no_group);
	TEST(nobody_else_may_have_made_the_place);
	TEST(as_the_rule_says_row_by_row);
	tear_down();
	return check_done();
}
