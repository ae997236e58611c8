/* What pw-dedup remembers, saved and loaded. */
#include "../../lib/op/dedup.h"
#include "check.h"
#include "checkpoints.h"

static void check(const struct pw_dedup_wish *wish, struct trial t)
{
	t.kind = &pw_dedup_op;
	t.wish = wish;
	t.inputs = 1;
	for (uint64_t seed = 1; seed <= 40; seed++)
		CHECK(survives(&t, seed));
}

static void latest(void)
{
	check(&(struct pw_dedup_wish){.keys = "k", .by = "v"},
	      (struct trial){.append_only = {true}, .keys = 12, .values = 30, .rows = 15});
}

static void latest_of_changes(void)
{
	check(&(struct pw_dedup_wish){.keys = "s,k", .by = "f"},
	      (struct trial){.keys = 5, .values = 30, .rows = 15});
}

static void accepted(void)
{
	check(&(struct pw_dedup_wish){.keys = "k", .by = "v", .accept = "new > old or new < 0"},
	      (struct trial){.keys = 8, .values = 40, .rows = 15});
}

static void one_row_at_all(void)
{
	check(&(struct pw_dedup_wish){.by = "v"},
	      (struct trial){.keys = 8, .values = 40, .rows = 4});
}

int main(void)
{
	TEST(latest);
	TEST(latest_of_changes);
	TEST(accepted);
	TEST(one_row_at_all);
	return check_done();
}
