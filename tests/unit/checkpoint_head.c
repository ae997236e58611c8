/* What pw-head remembers, saved and loaded. */
#include "../../lib/op/head.h"
#include "check.h"
#include "checkpoints.h"

static void check(bool grows, const char *columns, uint64_t count)
{
	const struct pw_head_wish wish = {.keys = columns, .order = "v:desc", .count = count};
	const struct trial t = {.kind = &pw_head_op,
				.wish = &wish,
				.inputs = 1,
				.append_only = {grows},
				.keys = 6,
				.values = 30,
				.rows = 12};

	for (uint64_t seed = 1; seed <= 150; seed++)
		CHECK(survives(&t, seed));
}

static void of_rows_that_stay(void)
{
	check(true, "k", 3);
	check(true, "k,s", 2);
}

static void of_rows_that_go(void)
{
	check(false, "k", 3);
	check(false, "k,s", 2);
}

int main(void)
{
	TEST(of_rows_that_stay);
	TEST(of_rows_that_go);
	return check_done();
}
