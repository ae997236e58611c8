/* What pw-lag remembers, saved and loaded. */
#include "../../lib/op/lag.h"
#include "check.h"
#include "checkpoints.h"

static void check(bool grows)
{
	char *values[] = {"s"};
	const struct pw_lag_wish differences = {.keys = "k", .order = "v", .differences = "v,f"};
	const struct pw_lag_wish interpolate = {
		.order = "v", .interpolate = "f", .values = values, .value_count = 1};
	const struct trial plain = {.kind = &pw_lag_op,
				    .wish = &differences,
				    .inputs = 1,
				    .append_only = {grows},
				    .keys = 6,
				    .values = 30,
				    .rows = 12};
	const struct trial filled = {.kind = &pw_lag_op,
				     .wish = &interpolate,
				     .inputs = 1,
				     .append_only = {grows},
				     .keys = 4,
				     .values = 40,
				     .rows = 8};

	for (uint64_t seed = 1; seed <= 150; seed++) {
		CHECK(survives(&plain, seed));
		CHECK(survives(&filled, seed));
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
