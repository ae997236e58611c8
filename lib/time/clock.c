#include "clock.h"
#include "../base/io.h"

int64_t pw_clock_boot(void)
{
	return pw_io_ns(CLOCK_BOOTTIME);
}

void pw_clock_start(struct pw_clock *c)
{
	c->start = pw_io_ns(CLOCK_REALTIME);
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
