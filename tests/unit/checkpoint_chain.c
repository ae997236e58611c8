/* What the parts of a chain remember, saved and loaded as one state. */
#include "chains.h"
#include "check.h"
#include "checkpoints.h"

static const struct pw_filter_wish above = {"v > 3"}, below = {"v <= 9"};
static const struct pw_head_wish first = {.keys = "k", .order = "v:desc", .count = 3};
static const struct pw_lag_wish lag = {.keys = "k", .order = "w"};
static const struct pw_join_wish full = {.kind = PW_JOIN_FULL, .keys = "k"},
				 left = {.kind = PW_JOIN_LEFT, .keys = "k", .suffix = "_l,_r"};
static const struct fading_wish fades = {false};

static void check(const struct chain_wish *wish, struct trial t)
{
	t.kind = &chain_op;
	t.wish = wish;
	t.inputs = 2;
	t.keys = 7;
	t.values = 20;
	t.rows = 10;
	for (uint64_t seed = 1; seed <= 100; seed++)
		CHECK(survives(&t, seed));
}

static void parts_in_front_of_a_join(void)
{
	const struct chain_wish wish = {
		{{"left", &pw_head_op, &first, {PW_CHAIN_INPUT(0)}, 1},
		 {"right", &pw_lag_op, &lag, {PW_CHAIN_INPUT(1)}, 1},
		 {"join", &pw_join_op, &full, {0, 1}, 2}},
		3,
	};

	check(&wish, (struct trial){0});
	check(&wish, (struct trial){.append_only = {true, true}});
}

static void parts_without_a_state(void)
{
	const struct chain_wish wish = {
		{{"left", &pw_filter_op, &above, {PW_CHAIN_INPUT(0)}, 1},
		 {"right", &fading_op, &fades, {PW_CHAIN_INPUT(1)}, 1},
		 {"join", &pw_join_op, &full, {0, 1}, 2}},
		3,
	};

	check(&wish, (struct trial){.append_only = {false, true}});
}

static void a_state_of_one_table(void)
{
	const struct chain_wish wish = {
		{{"both", &pw_concat_op, NULL, {PW_CHAIN_INPUT(0), PW_CHAIN_INPUT(1)}, 2},
		 {"some", &pw_head_op, &first, {0}, 1}},
		2,
	};

	check(&wish, (struct trial){.same_names = true});
}

/* A chain is a part like any other. */
static void a_chain_in_a_chain(void)
{
	const struct chain_wish inner = {
		{{"above", &pw_filter_op, &above, {PW_CHAIN_INPUT(0)}, 1},
		 {"some", &pw_head_op, &first, {0}, 1}},
		2,
	};
	const struct chain_wish wish = {
		{{"both", &pw_concat_op, NULL, {PW_CHAIN_INPUT(0), PW_CHAIN_INPUT(1)}, 2},
		 {"left", &chain_op, &inner, {0}, 1},
		 {"right", &pw_filter_op, &below, {0}, 1},
		 {"join", &pw_join_op, &left, {1, 2}, 2}},
		4,
	};

	check(&wish, (struct trial){.same_names = true});
}

int main(void)
{
	TEST(parts_in_front_of_a_join);
	TEST(parts_without_a_state);
	TEST(a_state_of_one_table);
	TEST(a_chain_in_a_chain);
	return check_done();
}
