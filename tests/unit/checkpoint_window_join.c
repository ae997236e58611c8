/* The state of window joins, which is that of all parts of a chain, saved and loaded. */
#include "../../lib/op/join.h"
#include "check.h"
#include "checkpoints.h"

static void all_kinds(struct pw_join_wish wish, struct trial t)
{
	for (int kind = PW_JOIN_INNER; kind <= PW_JOIN_FULL; kind++) {
		wish.kind = (enum pw_join_kind)kind;
		wish.suffix = "_l,_r";
		t.kind = &pw_window_join_op;
		t.wish = &wish;
		t.inputs = 2;
		for (uint64_t seed = 1; seed <= 15; seed++)
			CHECK(survives(&t, seed));
	}
}

static void tumbling(void)
{
	all_kinds((struct pw_join_wish){.keys = "k", .time = "v,w", .tumbling = "3"},
		  (struct trial){.keys = 4, .values = 9, .rows = 8});
}

static void sliding(void)
{
	all_kinds((struct pw_join_wish){.time = "v,w", .sliding = "4", .every = "2"},
		  (struct trial){.append_only = {true, false}, .keys = 4, .values = 9, .rows = 5});
}

static void sessions(void)
{
	all_kinds((struct pw_join_wish){.keys = "k", .time = "v,w", .session = "2"},
		  (struct trial){.keys = 3, .values = 12, .rows = 5});
}

int main(void)
{
	TEST(tumbling);
	TEST(sliding);
	TEST(sessions);
	return check_done();
}
