/* What an interval join remembers, saved and loaded. */
#include "../../lib/op/join.h"
#include "check.h"
#include "checkpoints.h"

/* All kinds but cross joins, which have no times. */
static void all_kinds(struct pw_join_wish wish, struct trial t)
{
	for (int kind = 0; kind < PW_JOIN_CROSS; kind++) {
		wish.kind = (enum pw_join_kind)kind;
		wish.suffix = "_l,_r";
		t.kind = &pw_interval_op;
		t.wish = &wish;
		t.inputs = 2;
		for (uint64_t seed = 1; seed <= 15; seed++)
			CHECK(survives(&t, seed));
	}
}

static const struct pw_join_wish by_int = {.keys = "k", .time = "v,w", .interval = "-1,2"};

static void both_change(void)
{
	all_kinds(by_int, (struct trial){.keys = 6, .values = 9, .rows = 8});
}

static void both_grow(void)
{
	all_kinds(by_int,
		  (struct trial){.append_only = {true, true}, .keys = 9, .values = 12, .rows = 6});
}

static void without_keys(void)
{
	const struct pw_join_wish wish = {.time = "v,g", .interval = "-2.25,0.5"};

	all_kinds(wish,
		  (struct trial){.append_only = {false, true}, .keys = 3, .values = 9, .rows = 5});
}

static void with_null_keys(void)
{
	struct pw_join_wish wish = by_int;

	wish.null_equal = true;
	all_kinds(wish, (struct trial){.keys = 2, .values = 12, .rows = 6});
}

/* Rows that go at odd times are forgotten, and still shown. */
static void kept(void)
{
	struct pw_join_wish wish = by_int;

	wish.cutoff = "1";
	all_kinds(wish, (struct trial){.odd = true, .keys = 3, .values = 6, .rows = 6});
	wish.interval = "0,0";
	all_kinds(wish, (struct trial){.odd = true, .keys = 2, .values = 4, .rows = 9});
}

static void not_kept(void)
{
	struct pw_join_wish wish = by_int;

	wish.cutoff = "1";
	wish.no_keep = true;
	all_kinds(wish, (struct trial){.odd = true, .keys = 3, .values = 6, .rows = 6});
}

int main(void)
{
	TEST(both_change);
	TEST(both_grow);
	TEST(without_keys);
	TEST(with_null_keys);
	TEST(kept);
	TEST(not_kept);
	return check_done();
}
