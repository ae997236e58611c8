/* What pw-lag remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-lag.c"
#undef main

static void check(bool grows)
{
	const struct keeping plain = {.args = {"-o", "v", "-k", "k", "--diff", "v,f"},
				      .append_only = {grows},
				      .keys = 6,
				      .values = 30,
				      .rows = 12};
	const struct keeping filled = {.args = {"-o", "v", "--interpolate", "f", "s"},
				       .append_only = {grows},
				       .keys = 4,
				       .values = 40,
				       .rows = 8};

	for (uint64_t seed = 1; seed <= 6; seed++) {
		CHECK(keeping(&plain, seed));
		CHECK(keeping(&filled, seed));
	}
}

static void of_rows_that_stay(void)
{
	check(true);
}

static void of_rows_that_go(void)
{
	check(false);
}

int main(void)
{
	TEST(of_rows_that_stay);
	TEST(of_rows_that_go);
	return check_done();
}
