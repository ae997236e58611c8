/* What pw-update remembers, saved and loaded. */
#include "../../lib/op/update.h"
#include "check.h"
#include "checkpoints.h"

/* The other side's columns are called as these. */
static void rows_of(bool left_grows, bool right_grows)
{
	struct pw_update_wish wish = {.keys = "k"};
	struct trial t = {.kind = &pw_update_op,
			  .wish = &wish,
			  .inputs = 2,
			  .append_only = {left_grows, right_grows},
			  .same_names = true,
			  .unique = true,
			  .keys = 25,
			  .values = 9,
			  .rows = 6};

	for (uint64_t seed = 1; seed <= 40; seed++)
		CHECK(survives(&t, seed));
	wish.cells = true;
	t.policy = PW_REJECT_NULL;
	for (uint64_t seed = 1; seed <= 40; seed++)
		CHECK(survives(&t, seed));
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
