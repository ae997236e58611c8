/* Tables held, commits summed up, and the table on a terminal, with a clock of our own. */
#include "../../lib/base/hash.h"
#include "../../lib/base/io.h"
#include "../../lib/fmt/live.h"
#include "../../lib/state/commit.h"
#include "check.h"

#include <stdlib.h>

static struct pw_schema schema;
static struct pw_roworder order;

static void row(struct pw_builder *b, pw_time time, pw_diff diff, const char *k, int64_t n)
{
	if (k != NULL)
		pw_vector_text(&b->vectors[0], k, strlen(k));
	else
		pw_vector_null(&b->vectors[0]);
	pw_vector_word(&b->vectors[1], n);
	pw_builder_row(b, time, diff);
}

/* The table's rows as "a 1 x2;b 3 x1;". */
static const char *rows_of(struct pw_table *t, bool sorted)
{
	static struct pw_bytes text;
	pw_diff copies;

	pw_bytes_clear(&text);
	pw_table_arrange(t, sorted);
	for (size_t i = 0; i < t->count; i++) {
		struct pw_builder b;
		pw_builder_init(&b, &schema);
		pw_roworder_decode(&order, pw_table_row(t, i, &copies), &b);
		pw_builder_row(&b, 0, 1);
		const struct pw_batch *one = pw_builder_view(&b);
		const struct pw_slice k = pw_column_null(&one->columns[0], 0)
						  ? PW_SLICE("null")
						  : pw_column_text(&one->columns[0], 0);
		pw_bytes_print(&text, "%.*s %d x%d;", (int)k.length, k.data,
			       (int)pw_column_int(&one->columns[1], 0), (int)copies);
		pw_builder_release(&b);
	}
	return pw_bytes_string(&text);
}

static int batch(struct pw_table *t, struct pw_builder *b)
{
	const int rc = pw_table_batch(t, pw_builder_view(b));

	pw_builder_clear(b);
	return rc;
}

static void sums_up(void)
{
	struct pw_builder b;
	struct pw_table t;

	pw_builder_init(&b, &schema);
	pw_table_init(&t, &order, false);
	row(&b, 2, 1, "b", 1);
	row(&b, 2, 2, "a", 7);
	row(&b, 2, 1, NULL, 3);
	row(&b, 4, -1, "a", 7);
	CHECK(batch(&t, &b) == 0);
	CHECK(strcmp(rows_of(&t, true), "a 7 x2;b 1 x1;null 3 x1;") == 0); /* 4 is open */
	CHECK(strcmp(rows_of(&t, false), "b 1 x1;a 7 x2;null 3 x1;") == 0);
	row(&b, 4, -1, "b", 1);
	CHECK(batch(&t, &b) == 0 && pw_table_frontier(&t, 4) == 0);
	CHECK(strcmp(rows_of(&t, true), "a 7 x2;b 1 x1;null 3 x1;") == 0);
	CHECK(pw_table_frontier(&t, 5) == 0);
	CHECK(strcmp(rows_of(&t, true), "a 7 x1;null 3 x1;") == 0);
	/* A row that goes below nothing within a commit, and comes back */
	row(&b, 6, -5, "c", 1);
	row(&b, 6, 5, "c", 1);
	CHECK(batch(&t, &b) == 0 && pw_table_frontier(&t, 7) == 0);
	CHECK(strcmp(rows_of(&t, true), "a 7 x1;null 3 x1;") == 0);
	row(&b, 8, -2, "a", 7);
	CHECK(batch(&t, &b) == 0 && pw_table_finish(&t) < 0);
	CHECK(strcmp(pw_fail_text(), "time 8: the row (k 'a', n 7) has -1 copies: more are taken "
				     "away than were added") == 0);
	pw_table_release(&t);
	pw_builder_release(&b);
}

static void lists(void)
{
	struct pw_builder b;
	struct pw_table t;

	pw_builder_init(&b, &schema);
	pw_table_init(&t, &order, true);
	row(&b, 0, 1, "b", 1);
	row(&b, 0, 2, "a", 7);
	row(&b, 2, 1, "a", -7);
	CHECK(batch(&t, &b) == 0);
	CHECK(strcmp(rows_of(&t, true), "a 7 x1;a 7 x1;b 1 x1;") == 0);
	CHECK(pw_table_finish(&t) == 0);
	CHECK(strcmp(rows_of(&t, true), "a -7 x1;a 7 x1;a 7 x1;b 1 x1;") == 0);
	row(&b, 4, -1, "b", 1);
	CHECK(batch(&t, &b) < 0 &&
	      strstr(pw_fail_text(), "the row (k 'b', n 1) is taken away") != NULL);
	pw_table_release(&t);
	pw_builder_release(&b);
}

/* The same rows in both forms sort the same, whatever order they came in. */
static void both_sort_alike(void)
{
	struct pw_builder b;
	struct pw_table listed, summed;
	uint64_t x = 88172645463325252u;

	pw_builder_init(&b, &schema);
	pw_table_init(&listed, &order, true);
	pw_table_init(&summed, &order, false);
	for (int i = 0; i < 3000; i++) {
		char k[24];
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		snprintf(k, sizeof k, "%.*s", (int)(x % 12), "aaaaaaaaab\xc3\xbf");
		row(&b, 0, 1, x % 17 == 0 ? NULL : k, (int64_t)(x % 1000) * 3000 + i);
	}
	CHECK(pw_table_batch(&listed, pw_builder_view(&b)) == 0 && pw_table_finish(&listed) == 0);
	CHECK(pw_table_batch(&summed, pw_builder_view(&b)) == 0 && pw_table_finish(&summed) == 0);
	char *one = strdup(rows_of(&listed, true));
	CHECK(listed.count == 3000 && strcmp(one, rows_of(&summed, true)) == 0);
	free(one);
	pw_table_release(&listed);
	pw_table_release(&summed);
	pw_builder_release(&b);
}

static int note(void *to, struct pw_slice key, pw_time time, pw_diff diff)
{
	struct pw_bytes name = {0};

	pw_roworder_describe(&order, key, &name);
	pw_bytes_print(to, "%d %+d %s;", (int)time, (int)diff, pw_bytes_string(&name));
	pw_bytes_release(&name);
	return 0;
}

static void commits(void)
{
	struct pw_bytes seen = {0};
	struct pw_commit c;
	struct pw_builder b;

	pw_builder_init(&b, &schema);
	pw_commit_init(&c, &order, note, &seen);
	row(&b, 2, 1, "a", 1);
	row(&b, 2, 1, "b", 1);
	row(&b, 2, 1, "a", 1);
	row(&b, 4, 1, "c", 1);
	row(&b, 4, -2, "a", 1);
	CHECK(pw_commit_batch(&c, pw_builder_view(&b)) == 0);
	CHECK(strcmp(pw_bytes_string(&seen), "2 +2 k 'a', n 1;2 +1 k 'b', n 1;") == 0);
	pw_builder_clear(&b);
	row(&b, 4, -1, "c", 1);
	CHECK(pw_commit_batch(&c, pw_builder_view(&b)) == 0 && pw_commit_frontier(&c, 4) == 0);
	pw_bytes_clear(&seen);
	CHECK(pw_commit_frontier(&c, 5) == 0);
	CHECK(strcmp(pw_bytes_string(&seen), "4 -2 k 'a', n 1;") == 0);
	pw_bytes_clear(&seen);
	CHECK(pw_commit_finish(&c) == 0 && seen.length == 0);
	pw_commit_release(&c);
	pw_builder_release(&b);
	pw_bytes_release(&seen);
}

static int64_t fake_ms;

static int fake_clock(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){fake_ms / 1000, fake_ms % 1000 * 1000000};
	return 0;
}

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

static void live(void)
{
	struct pw_io io = *pw_io();
	struct pw_bytes screen = {0};
	struct pw_live l;
	struct pw_table t;
	struct pw_builder b;

	io.clock_gettime = fake_clock;
	pw_io_use(&io);
	pw_builder_init(&b, &schema);
	pw_table_init(&t, &order, false);
	pw_live_init(&l, -1, false, to_bytes, &screen); /* no terminal: 80 by 24 */
	CHECK(!pw_live_due(&l));
	fake_ms = 100;
	CHECK(pw_live_due(&l));
	row(&b, 0, 3, "a", 1);
	CHECK(batch(&t, &b) == 0 && pw_table_finish(&t) == 0);
	CHECK(pw_live_draw(&l, &t) == 0 && !pw_live_due(&l));
	CHECK(strcmp(pw_bytes_string(&screen),
		     "k  n\033[K\n-  -\033[K\na  1\033[K\na  1\033[K\n"
		     "a  1\033[K\n3 rows; 0 changes/s\033[K\n\033[J") == 0);
	for (int i = 0; i < 100; i++)
		row(&b, 2, 1, "b", i);
	row(&b, 2, -2, "a", 1);
	CHECK(batch(&t, &b) == 0 && pw_table_finish(&t) == 0);
	pw_bytes_clear(&screen);
	CHECK(pw_live_draw(&l, &t) == 0 && l.drawn == 23);
	CHECK(strncmp(pw_bytes_string(&screen), "\r\033[6Ak   n\033[K\n", 14) == 0);
	pw_bytes_clear(&screen);
	CHECK(pw_live_clear(&l) == 0 && l.drawn == 0);
	CHECK(strcmp(pw_bytes_string(&screen), "\r\033[23A\033[J") == 0);
	pw_live_release(&l);
	pw_table_release(&t);
	pw_builder_release(&b);
	pw_bytes_release(&screen);
	pw_io_use(NULL);
}

int main(void)
{
	pw_hash_start();
	if (pw_schema_add(&schema, PW_SLICE("k"), PW_TYPE(PW_STR), false) < 0 ||
	    pw_schema_add(&schema, PW_SLICE("n"), PW_TYPE(PW_INT), false) < 0 ||
	    pw_roworder_init(&order, &schema, NULL) < 0)
		return 1;
	TEST(sums_up);
	TEST(lists);
	TEST(both_sort_alike);
	TEST(commits);
	TEST(live);
	return check_done();
}
