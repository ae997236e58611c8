/* What pw-groupby remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-groupby.c"
#undef main

static void sums(void)
{
	const struct keeping k = {.args = {"-k", "k", "count", "sum(v)", "sum(f)", "stddev_pop(f)",
					   "stddev_pop(v)", "count(s) FILTER (WHERE v > 3)",
					   "bool_or(v > 4)"},
				  .keys = 20,
				  .values = 12,
				  .rows = 20};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void values(void)
{
	const struct keeping k = {.args = {"-k", "s,k", "min(v)", "max(f)", "median(f)",
					   "count(DISTINCT v)", "list(s ORDER BY v)",
					   "argmin(s, v)", "mode(v)"},
				  .keys = 6,
				  .values = 12,
				  .rows = 12};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void values_that_stay(void)
{
	const struct keeping k = {.args = {"-k", "k", "min(v)", "max(s)", "count(DISTINCT s)",
					   "earliest(v)", "latest(s)", "approx_count_distinct(f)",
					   "median(v)"},
				  .append_only = {true},
				  .keys = 6,
				  .values = 50,
				  .rows = 12};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void one_group(void)
{
	const struct keeping k = {.args = {"count", "set(v)"}, .keys = 3, .values = 5, .rows = 3};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void only_keys(void)
{
	const struct keeping k = {.args = {"-k", "s"}, .keys = 3, .values = 9, .rows = 3};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
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
