/* What pw-window remembers of tumbling and sliding windows, saved and loaded. */
#include "../../lib/op/window.h"
#include "check.h"
#include "checkpoints.h"

static char *const aggregates[] = {"count()", "sum(v)", "max(s)", "list(f)"};

/* With aggregates, by k and over all rows, and without. */
static void check(struct pw_window_wish wish)
{
	for (uint64_t seed = 1; seed <= 90; seed++) {
		const bool rows = seed % 3 == 0;
		struct trial t = {.inputs = 1,
				  .policy = PW_REJECT_SKIP,
				  .append_only = {seed & 1},
				  .odd = seed & 2,
				  .keys = 4,
				  .values = 9,
				  .rises = 1,
				  .rows = 12};

		wish.keys = seed % 3 == 1 ? "k" : NULL;
		wish.exprs = aggregates;
		wish.count = rows ? 0 : sizeof aggregates / sizeof *aggregates;
		t.kind = pw_window_kind(&wish);
		t.wish = &wish;
		/* rows that nothing asks the clock about are not remembered */
		if (wish.max_step && !t.append_only[0])
			continue;
		if (rows && !wish.delay && !wish.cutoff && !wish.once && !wish.max_step)
			continue;
		CHECK(t.kind != NULL && survives(&t, seed));
	}
}

#define WISH(...) ((struct pw_window_wish){.time = "v", __VA_ARGS__})

static void plain(void)
{
	check(WISH(.tumbling = "5"));
	check(WISH(.sliding = "6", .every = "2"));
	check(WISH(.sliding = "3", .every = "5", .origin = "2"));
}

static void delay(void)
{
	check(WISH(.tumbling = "5", .delay = "3"));
	check(WISH(.sliding = "7", .every = "3", .delay = "6"));
}

static void cutoff(void)
{
	check(WISH(.tumbling = "5", .cutoff = "2"));
	check(WISH(.sliding = "7", .every = "3", .cutoff = "0", .no_keep = true));
	check(WISH(.tumbling = "2.5", .cutoff = "1.5", .no_keep = true));
}

static void both(void)
{
	check(WISH(.sliding = "7", .every = "3", .delay = "4", .cutoff = "1"));
	check(WISH(.tumbling = "4", .delay = "4", .cutoff = "3", .no_keep = true));
}

static void once(void)
{
	check(WISH(.tumbling = "4", .once = ""));
	check(WISH(.sliding = "6", .every = "2", .once = "2"));
	check((struct pw_window_wish){
		.time = "f", .tumbling = "0.3", .once = "0.1", .max_step = "0.5"});
}

int main(void)
{
	TEST(plain);
	TEST(delay);
	TEST(cutoff);
	TEST(both);
	TEST(once);
	return check_done();
}
