#include "clock.h"
#include "../base/io.h"

static int64_t read_clock(clockid_t clock)
{
	struct timespec t = {0};

	pw_io()->clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t pw_clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

void pw_clock_start(struct pw_clock *c)
{
	c->start = read_clock(CLOCK_REALTIME);
	c->boot = pw_clock_boot();
}

int64_t pw_clock_now(const struct pw_clock *c)
{
	return c->start + (pw_clock_boot() - c->boot);
}

pw_time pw_clock_even(int64_t ns)
{
	return ns < 0 ? 0 : (pw_time)(ns / 2000000) * 2;
}
