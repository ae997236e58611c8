/* The state of as-of joins, saved and loaded. */
#include "../../lib/op/join.h"
#include "check.h"
#include "checkpoints.h"

/* All ways and kinds. */
static void all(struct pw_join_wish wish, struct trial t)
{
	static const char *const ways[] = {"backward", "forward", "nearest"};
	static const enum pw_join_kind kinds[] = {PW_JOIN_LEFT, PW_JOIN_RIGHT, PW_JOIN_FULL,
						  PW_JOIN_INNER};

	for (size_t w = 0; w < 3; w++)
		for (size_t k = 0; k < 4; k++) {
			wish.asof = ways[w];
			wish.kind = kinds[k];
			wish.kind_given = true;
			wish.suffix = "_l,_r";
			t.kind = &pw_asof_op;
			t.wish = &wish;
			t.inputs = 2;
			for (uint64_t seed = 1; seed <= 8; seed++)
				CHECK(survives(&t, seed));
		}
}

static const struct pw_join_wish by_int = {.keys = "k", .time = "v,w"};

static void both_change(void)
{
	all(by_int, (struct trial){.keys = 6, .values = 9, .rows = 8});
}

static void both_grow(void)
{
	all(by_int,
	    (struct trial){.append_only = {true, true}, .keys = 9, .values = 12, .rows = 6});
}

static void within_a_tolerance(void)
{
	const struct pw_join_wish wish = {.time = "v,g", .tolerance = "1.5"};

	all(wish, (struct trial){.append_only = {false, true}, .keys = 3, .values = 9, .rows = 5});
}

/* Rows that go at odd times are forgotten, and their answers still shown. */
static void kept(void)
{
	struct pw_join_wish wish = by_int;

	wish.cutoff = "1";
	all(wish, (struct trial){.odd = true, .keys = 3, .values = 6, .rows = 6});
}

static void not_kept(void)
{
	struct pw_join_wish wish = by_int;

	wish.cutoff = "1";
	wish.no_keep = true;
	all(wish, (struct trial){.odd = true, .keys = 3, .values = 6, .rows = 6});
}

int main(void)
{
	TEST(both_change);
	TEST(both_grow);
	TEST(within_a_tolerance);
	TEST(kept);
	TEST(not_kept);
	return check_done();
}
