/* What pw-join remembers, saved and loaded. */
#include "check.h"
#include "checkpoints.h"

#define main program_main
#include "../../bin/pw-join.c"
#undef main

static void all_kinds(bool left_grows, bool right_grows, const char *more)
{
	static const char *const kinds[] = {"--inner", "--left", "--right", "--full",
					    "--semi",  "--anti", "--cross"};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const bool cross = i == 6;
		struct keeping k = {.args = {kinds[i], "0", "1", "--suffix", "_l,_r"},
				    .append_only = {left_grows, right_grows},
				    .keys = 8,
				    .values = 6,
				    .rows = cross ? 3 : 10};
		int n = 5;

		if (!cross) {
			k.args[n++] = "-k";
			k.args[n++] = "k";
		}
		if (more)
			k.args[n++] = more;
		for (uint64_t seed = 1; seed <= 3; seed++)
			CHECK(keeping(&k, seed));
	}
}

static void both_change(void)
{
	all_kinds(false, false, NULL);
}

static void both_grow(void)
{
	all_kinds(true, true, NULL);
}

static void one_changes(void)
{
	all_kinds(false, true, "--null-equal");
	all_kinds(true, false, NULL);
}

static void answered_once(void)
{
	const struct keeping k = {.args = {"--left", "--now", "-k", "k", "0", "1", "v", "w", "t"},
				  .append_only = {true},
				  .keys = 8,
				  .values = 6,
				  .rows = 10};

	for (uint64_t seed = 1; seed <= 6; seed++)
		CHECK(keeping(&k, seed));
}

int main(void)
{
	TEST(both_change);
	TEST(both_grow);
	TEST(one_changes);
	TEST(answered_once);
	return check_done();
}
