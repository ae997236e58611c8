/* What pw-keep remembers, saved and loaded. */
#include "../../lib/op/keep.h"
#include "check.h"
#include "checkpoints.h"

static void check(bool odd, uint32_t keys)
{
	const struct trial t = {.kind = &pw_keep_op,
				.inputs = 1,
				.unique = true,
				.keyed = true,
				.odd = odd,
				.keys = keys,
				.values = 6,
				.rows = 9};

	for (uint64_t seed = 1; seed <= 100; seed++)
		CHECK(survives(&t, seed));
}

static void of_data(void)
{
	check(false, 12);
}

static void of_data_and_forgetting(void)
{
	check(true, 12);
	check(true, 2);
}

int main(void)
{
	TEST(of_data);
	TEST(of_data_and_forgetting);
	return check_done();
}
