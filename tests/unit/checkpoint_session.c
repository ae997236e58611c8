/* What sessions of pw-window remember, saved and loaded. */
#include "../../lib/op/window.h"
#include "check.h"
#include "checkpoints.h"

static char *const aggregates[] = {"count()", "sum(v)", "min(f)", "list(s)",
				   "n = count(DISTINCT s)"};

/* The same wish, with aggregates and without, of rows that only add and of others. */
static void check(struct pw_window_wish wish, uint32_t rises)
{
	struct trial t = {.kind = &pw_session_op,
			  .inputs = 1,
			  .policy = PW_REJECT_SKIP,
			  .keys = 4,
			  .values = 30,
			  .rises = rises,
			  .rows = 8};

	t.wish = &wish;
	for (uint64_t seed = 1; seed <= 80; seed++) {
		t.append_only[0] = seed & 1;
		t.odd = seed & 2;
		wish.count = seed & 4 ? 5 : 0;
		wish.exprs = (char *const *)aggregates;
		CHECK(survives(&t, seed));
	}
}

static void by_gap(void)
{
	check((struct pw_window_wish){.time = "v", .session = "3"}, 0);
	check((struct pw_window_wish){.time = "f", .session = "0.25", .keys = "k,s"}, 1);
}

static void by_condition(void)
{
	check((struct pw_window_wish){.time = "v",
				      .session_while = "next - cur < 3 AND next % 4 > 0"},
	      0);
	check((struct pw_window_wish){.time = "v", .session_while = "cur % 3 > 0", .keys = "k"}, 1);
}

static void closed(void)
{
	check((struct pw_window_wish){.time = "v", .session = "3", .cutoff = "4"}, 2);
	check((struct pw_window_wish){.time = "v", .session = "2", .cutoff = "0", .keys = "k"}, 3);
	check((struct pw_window_wish){.time = "f",
				      .session = "0.3",
				      .cutoff = "0.5",
				      .keys = "k",
				      .max_step = "4"},
	      2);
}

static void taken_away(void)
{
	check((struct pw_window_wish){.time = "v", .session = "3", .cutoff = "2", .no_keep = true},
	      2);
	check(
		(struct pw_window_wish){
			.time = "v", .session = "4", .cutoff = "9", .no_keep = true, .keys = "k"},
		3);
}

int main(void)
{
	TEST(by_gap);
	TEST(by_condition);
	TEST(closed);
	TEST(taken_away);
	return check_done();
}
