/* What pw-watermark remembers, saved and loaded. */
#include "../../lib/op/watermark.h"
#include "check.h"
#include "checkpoints.h"

static void check(const struct pw_watermark_wish *wish)
{
	struct trial t = {.kind = &pw_watermark_op,
			  .wish = wish,
			  .inputs = 1,
			  .policy = PW_REJECT_SKIP,
			  .keys = 4,
			  .values = 9,
			  .rises = 1,
			  .rows = 12};

	for (uint64_t seed = 1; seed <= 60; seed++) {
		t.append_only[0] = seed & 1;
		t.odd = seed & 2;
		CHECK(survives(&t, seed));
	}
}

static void cutoff(void)
{
	check(&(struct pw_watermark_wish){.time = "v", .cutoff = "3"});
	check(&(struct pw_watermark_wish){.time = "f", .cutoff = "0.3", .max_step = "0.7"});
}

static void delay(void)
{
	check(&(struct pw_watermark_wish){.time = "v", .delay = "2"});
	check(&(struct pw_watermark_wish){.time = "f", .delay = "0.45"});
}

static void forget(void)
{
	check(&(struct pw_watermark_wish){.time = "v", .forget = "5"});
	check(&(struct pw_watermark_wish){.time = "v", .forget = "3", .keep = true});
}

static void all_three(void)
{
	check(&(struct pw_watermark_wish){.time = "v", .cutoff = "4", .delay = "2", .forget = "6"});
	check(&(struct pw_watermark_wish){
		.time = "f", .cutoff = "0.5", .delay = "0.1", .forget = "0.4", .keep = true});
}

int main(void)
{
	TEST(cutoff);
	TEST(delay);
	TEST(forget);
	TEST(all_three);
	return check_done();
}
