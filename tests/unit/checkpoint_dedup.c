/* What pw-dedup remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-dedup.c"
#undef main

static void latest(void)
{
	const struct keeping k = {.args = {"-k", "k", "-o", "v"},
				  .append_only = {true},
				  .keys = 12,
				  .values = 30,
				  .rows = 15};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void latest_of_changes(void)
{
	const struct keeping k = {
		.args = {"-k", "s,k", "-o", "f"}, .keys = 5, .values = 30, .rows = 15};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void accepted(void)
{
	const struct keeping k = {
		.args = {"-k", "k", "-o", "v", "--accept", "new > old or new < 0"},
		.keys = 8,
		.values = 40,
		.rows = 15};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void one_row(void)
{
	const struct keeping k = {.args = {"-o", "v"}, .keys = 8, .values = 40, .rows = 4};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

int main(void)
{
	TEST(latest);
	TEST(latest_of_changes);
	TEST(accepted);
	TEST(one_row);
	return check_done();
}
