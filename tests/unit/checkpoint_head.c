/* What pw-head remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-head.c"
#undef main

static void check(bool grows, const char *columns, const char *count)
{
	const struct keeping k = {.args = {"-o", "v:desc", "-n", count, "-k", columns},
				  .append_only = {grows},
				  .keys = 6,
				  .values = 30,
				  .rows = 12};

	for (uint64_t seed = 1; seed <= 6; seed++)
		CHECK(keeping(&k, seed));
}

static void of_rows_that_stay(void)
{
	check(true, "k", "3");
	check(true, "k,s", "2");
}

static void of_rows_that_go(void)
{
	check(false, "k", "3");
	check(false, "k,s", "2");
}

int main(void)
{
	TEST(of_rows_that_stay);
	TEST(of_rows_that_go);
	return check_done();
}
