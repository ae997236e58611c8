/* What pw-join remembers, saved and loaded. */
#include "../../lib/op/join.h"
#include "check.h"
#include "checkpoints.h"

static void all_kinds(bool left_grows, bool right_grows, bool null_equal)
{
	for (int kind = 0; kind < PW_JOIN_KINDS; kind++) {
		const bool cross = kind == PW_JOIN_CROSS;
		const struct pw_join_wish wish = {.kind = (enum pw_join_kind)kind,
						  .keys = cross ? NULL : "k",
						  .suffix = "_l,_r",
						  .null_equal = null_equal};
		const struct trial t = {.kind = &pw_join_op,
					.wish = &wish,
					.inputs = 2,
					.append_only = {left_grows, right_grows},
					.keys = 8,
					.values = 6,
					.rows = cross ? 3 : 10};

		for (uint64_t seed = 1; seed <= 15; seed++)
			CHECK(survives(&t, seed));
	}
}

static void both_change(void)
{
	all_kinds(false, false, false);
}

static void both_grow(void)
{
	all_kinds(true, true, false);
}

static void one_changes(void)
{
	all_kinds(false, true, true);
	all_kinds(true, false, false);
}

static void answered_once(void)
{
	char *select[] = {"v", "w", "t"};
	const struct pw_join_wish wish = {.kind = PW_JOIN_LEFT,
					  .keys = "k",
					  .now = true,
					  .select = select,
					  .select_count = 3};
	const struct trial t = {.kind = &pw_join_op,
				.wish = &wish,
				.inputs = 2,
				.append_only = {true},
				.keys = 8,
				.values = 6,
				.rows = 10};

	for (uint64_t seed = 1; seed <= 150; seed++)
		CHECK(survives(&t, seed));
}

int main(void)
{
	TEST(both_change);
	TEST(both_grow);
	TEST(one_changes);
	TEST(answered_once);
	return check_done();
}
