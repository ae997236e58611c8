/*
 * Operators as objects: two of a kind in one process, which are handed the
 * same random streams in different batches, in turn, emit the same.
 */
#include "../../lib/op/concat.h"
#include "../../lib/op/dedup.h"
#include "../../lib/op/filter.h"
#include "../../lib/op/flatten.h"
#include "../../lib/op/grouped.h"
#include "../../lib/op/head.h"
#include "../../lib/op/join.h"
#include "../../lib/op/keep.h"
#include "../../lib/op/lag.h"
#include "../../lib/op/select.h"
#include "../../lib/op/update.h"
#include "../../lib/op/watermark.h"
#include "check.h"
#include "operators.h"

/* Steps of two runs in random turns; which of them ends first, and is closed first, is random, too. */
static bool same(const struct trial *t, struct cutting cutting_a, struct cutting cutting_b)
{
	struct run a, b;
	struct run *left[] = {&a, &b};

	run_open(&a, t, cutting_a, false, 0);
	run_open(&b, t, cutting_b, false, 0);
	for (uint32_t count = 2; count > 0;) {
		const uint32_t i = draw(count);
		struct run *r = left[i];

		if (run_step(r, PW_TIME_END))
			continue;
		run_end(r);
		run_close(r);
		left[i] = left[--count];
	}
	return lines_same(&a.emitted, &b.emitted) && a.reject.count == b.reject.count;
}

/* kind, wish and inputs of t are those given; seeds: how many streams are tried. */
static void check(const struct pw_op_kind *kind, const void *wish, int inputs, struct trial t)
{
	t.kind = kind;
	t.wish = wish;
	t.inputs = inputs;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		random_state = seed;
		trial_generate(&t);
		CHECK(same(&t, one_row, large));
		CHECK(same(&t, at_random, at_random));
		CHECK(same(&t, one_row, at_random));
	}
}

/* Streams of all sorts: that change or only add, of many commits or of one. */
static void check_all(const struct pw_op_kind *kind, const void *wish, int inputs, struct trial t)
{
	const int sorts = 1 << inputs;

	for (int sort = 0; sort < sorts * sorts; sort++) {
		t.append_only[0] = sort & 1;
		t.is_static[0] = sort & 2;
		t.append_only[1] = sort & 4;
		t.is_static[1] = sort & 8;
		check(kind, wish, inputs, t);
	}
}

static void filter(void)
{
	const struct pw_filter_wish wish = {"v > 3 and s <> 'text 2'"};

	check_all(&pw_filter_op, &wish, 1, (struct trial){.keys = 9, .values = 20, .rows = 15});
}

static void concat(void)
{
	const struct trial t = {.same_names = true, .keys = 9, .values = 20, .rows = 15};

	check_all(&pw_concat_op, NULL, 1, t);
	check_all(&pw_concat_op, NULL, 2, t);
}

static void flatten(void)
{
	static const char *const columns[] = {"s", "l", "j"};

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		const struct pw_flatten_wish wish = {columns[i]};

		check_all(&pw_flatten_op, &wish, 1,
			  (struct trial){.lists = true, .keys = 9, .values = 20, .rows = 15});
	}
}

/* Columns that are there, that are computed, that are named anew; rows that are rejected. */
static void select_columns(void)
{
	char *expressions[] = {"*", "w = v * 2", "u = 10 // (v - 1)", "t = s || 'x'"};
	const char *renames[] = {"f=float,k=key", "w=double"};
	const struct pw_select_wish wish = {.add = true,
					    .expressions = expressions + 1,
					    .expression_count = 3,
					    .drop = "s",
					    .renames = {renames, 2}};
	const struct pw_select_wish less = {.expressions = expressions, .expression_count = 1};
	struct trial t = {.keys = 9, .values = 20, .rows = 15, .policy = PW_REJECT_SKIP};

	check_all(&pw_select_op, &wish, 1, t);
	t.policy = PW_REJECT_NULL;
	check_all(&pw_select_op, &wish, 1, t);
	check_all(&pw_select_op, &less, 1, t);
}

static void dedup(void)
{
	static const struct pw_dedup_wish wishes[] = {
		{.keys = "k", .by = "v"},
		{.by = "f"},
		{.keys = "k,s", .by = "v", .accept = "new > old"},
		{.keys = "k", .by = "v", .accept = "10 // (new - 4) > old"},
	};
	struct trial t = {.keys = 9, .values = 40, .rows = 15};

	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		t.policy = i == 3 ? PW_REJECT_SKIP : PW_REJECT_STOP;
		check_all(&pw_dedup_op, &wishes[i], 1, t);
	}
}

static void update(void)
{
	struct pw_update_wish wish = {.keys = "k"};
	struct trial t = {.same_names = true, .unique = true, .keys = 25, .values = 9, .rows = 6};

	check_all(&pw_update_op, &wish, 2, t);
	wish.cells = true;
	t.policy = PW_REJECT_NULL;
	check_all(&pw_update_op, &wish, 2, t);
	t.policy = PW_REJECT_SKIP;
	check_all(&pw_update_op, &wish, 2, t);
}

static void head(void)
{
	const struct pw_head_wish wish = {.keys = "k", .order = "v:desc", .count = 3};
	const struct pw_head_wish all = {.order = "s,v", .count = 7};

	check_all(&pw_head_op, &wish, 1, (struct trial){.keys = 6, .values = 30, .rows = 12});
	check_all(&pw_head_op, &all, 1, (struct trial){.keys = 6, .values = 30, .rows = 12});
}

static void lag(void)
{
	char *values[] = {"s"};
	const struct pw_lag_wish plain = {.keys = "k", .order = "v", .differences = "v,f"};
	const struct pw_lag_wish filled = {
		.order = "v", .interpolate = "f", .values = values, .value_count = 1};

	check_all(&pw_lag_op, &plain, 1, (struct trial){.keys = 6, .values = 30, .rows = 12});
	check_all(&pw_lag_op, &filled, 1, (struct trial){.keys = 4, .values = 40, .rows = 8});
}

static void watermark(void)
{
	static const struct pw_watermark_wish wishes[] = {
		{.time = "v", .cutoff = "3"},
		{.time = "v", .cutoff = "2", .max_step = "9"},
		{.time = "f", .delay = "0.25"},
		{.time = "v", .forget = "6"},
		{.time = "v", .forget = "4", .keep = true},
		{.time = "v", .cutoff = "4", .delay = "2", .forget = "5", .keep = true},
		{.time = "f", .cutoff = "0.5", .delay = "0", .forget = "0.4"},
	};
	struct trial t = {.keys = 4, .values = 9, .rows = 12, .rises = 1, .policy = PW_REJECT_SKIP};

	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		t.odd = false;
		check_all(&pw_watermark_op, &wishes[i], 1, t);
		t.odd = true;
		check_all(&pw_watermark_op, &wishes[i], 1, t);
	}
}

static void keep(void)
{
	struct trial t = {.unique = true, .keyed = true, .keys = 9, .values = 5, .rows = 9};

	check_all(&pw_keep_op, NULL, 1, t);
	t.odd = true;
	check_all(&pw_keep_op, NULL, 1, t);
}

static void grouped(void)
{
	char *exprs[] = {"count",
			 "sum(v)",
			 "sum(f)",
			 "stddev_pop(f)",
			 "bool_or(v > 4)",
			 "min(v)",
			 "max(s)",
			 "median(f)",
			 "count(DISTINCT v)",
			 "list(s ORDER BY v)",
			 "set(v)",
			 "argmin(s, v)",
			 "mode(v)",
			 "rate = sum(v) / count()"};
	char *growing[] = {"earliest(v)", "latest(s)", "approx_count_distinct(f)", "max(v)"};
	const struct pw_grouped_wish wish = {
		.keys = "k", .exprs = exprs, .count = sizeof exprs / sizeof *exprs};
	const struct pw_grouped_wish one = {.exprs = exprs, .count = 5};
	const struct pw_grouped_wish grows = {
		.keys = "s", .exprs = growing, .count = sizeof growing / sizeof *growing};
	struct trial t = {.keys = 9, .values = 20, .rows = 15};

	check_all(&pw_grouped_op, &wish, 1, t);
	check_all(&pw_grouped_op, &one, 1, t);
	t.append_only[0] = true;
	check(&pw_grouped_op, &grows, 1, t);
	t.is_static[0] = true;
	check(&pw_grouped_op, &grows, 1, t);
}

static void join(void)
{
	char *select[] = {"k", "x = left.v + right.w", "10 // (w - 1)"};
	struct trial t = {.keys = 8, .values = 6, .rows = 8};

	for (int kind = 0; kind < PW_JOIN_KINDS; kind++) {
		struct pw_join_wish wish = {.kind = (enum pw_join_kind)kind,
					    .keys = kind == PW_JOIN_CROSS ? NULL : "k",
					    .suffix = "_l,_r"};

		t.rows = kind == PW_JOIN_CROSS ? 3 : 8;
		check_all(&pw_join_op, &wish, 2, t);
	}
	struct pw_join_wish wish = {.keys = "k",
				    .null_equal = true,
				    .select = select,
				    .select_count = sizeof select / sizeof *select};

	t.policy = PW_REJECT_SKIP;
	check_all(&pw_join_op, &wish, 2, t);
	wish.now = true;
	t.append_only[0] = true;
	check(&pw_join_op, &wish, 2, t);
}

static void interval(void)
{
	char *select[] = {"k", "x = left.v + right.w", "10 // (w - 1)"};
	struct trial t = {.keys = 5, .values = 12, .rows = 8};

	for (int kind = 0; kind < PW_JOIN_CROSS; kind++) {
		struct pw_join_wish wish = {.kind = (enum pw_join_kind)kind,
					    .keys = "k",
					    .time = "v,w",
					    .interval = "-1,2",
					    .suffix = "_l,_r"};

		check_all(&pw_interval_op, &wish, 2, t);
		wish.cutoff = "1";
		t.odd = true;
		check(&pw_interval_op, &wish, 2, t);
		t.odd = false;
	}
	struct pw_join_wish wish = {.keys = "k",
				    .time = "f,w",
				    .interval = "-2,2.5",
				    .select = select,
				    .select_count = sizeof select / sizeof *select};

	t.policy = PW_REJECT_SKIP;
	check_all(&pw_interval_op, &wish, 2, t);
}

int main(void)
{
	TEST(filter);
	TEST(concat);
	TEST(flatten);
	TEST(select_columns);
	TEST(dedup);
	TEST(update);
	TEST(head);
	TEST(lag);
	TEST(watermark);
	TEST(keep);
	TEST(grouped);
	TEST(join);
	TEST(interval);
	return check_done();
}
