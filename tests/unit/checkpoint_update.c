/* What pw-update remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-update.c"
#undef main

/* The other side's columns are called as these. */
static void rows_of(bool left_grows, bool right_grows)
{
	struct keeping k = {.args = {"-k", "k", "0", "1"},
			    .append_only = {left_grows, right_grows},
			    .same_names = true,
			    .unique = true,
			    .keys = 25,
			    .values = 9,
			    .rows = 6};

	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
	k.args[4] = "--cells";
	k.args[5] = "--on-error";
	k.args[6] = "null";
	for (uint64_t seed = 1; seed <= 8; seed++)
		CHECK(keeping(&k, seed));
}

static void both_change(void)
{
	rows_of(false, false);
}

static void one_changes(void)
{
	rows_of(true, false);
	rows_of(false, true);
}

static void both_grow(void)
{
	rows_of(true, true);
}

int main(void)
{
	TEST(both_change);
	TEST(one_changes);
	TEST(both_grow);
	return check_done();
}
