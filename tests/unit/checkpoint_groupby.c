/* What pw-groupby remembers, saved and loaded. */
#include "../../lib/op/grouped.h"
#include "check.h"
#include "checkpoints.h"

/* exprs ends with NULL. */
static void check(const char *keys, char *const *exprs, struct trial t)
{
	struct pw_grouped_wish wish = {.keys = keys, .exprs = exprs};

	while (exprs[wish.count] != NULL)
		wish.count++;
	t.kind = &pw_grouped_op;
	t.wish = &wish;
	t.inputs = 1;
	for (uint64_t seed = 1; seed <= 40; seed++)
		CHECK(survives(&t, seed));
}

static void sums(void)
{
	char *exprs[] = {"count",          "sum(v)",
			 "sum(f)",         "stddev_pop(f)",
			 "stddev_pop(v)",  "count(s) FILTER (WHERE v > 3)",
			 "bool_or(v > 4)", NULL};

	check("k", exprs, (struct trial){.keys = 20, .values = 12, .rows = 20});
}

static void values(void)
{
	char *exprs[] = {
		"min(v)",       "max(f)",  "median(f)", "count(DISTINCT v)", "list(s ORDER BY v)",
		"argmin(s, v)", "mode(v)", NULL};

	check("s,k", exprs, (struct trial){.keys = 6, .values = 12, .rows = 12});
}

static void values_that_stay(void)
{
	char *exprs[] = {"min(v)",      "max(s)",    "count(DISTINCT s)",
			 "earliest(v)", "latest(s)", "approx_count_distinct(f)",
			 "median(v)",   NULL};

	check("k", exprs,
	      (struct trial){.append_only = {true}, .keys = 6, .values = 50, .rows = 12});
}

static void one_group(void)
{
	char *exprs[] = {"count", "set(v)", NULL};

	check(NULL, exprs, (struct trial){.keys = 3, .values = 5, .rows = 3});
}

static void only_keys(void)
{
	char *exprs[] = {NULL};

	check("s", exprs, (struct trial){.keys = 3, .values = 9, .rows = 3});
}

int main(void)
{
	TEST(sums);
	TEST(values);
	TEST(values_that_stay);
	TEST(one_group);
	TEST(only_keys);
	return check_done();
}
