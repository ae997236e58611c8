/*
 * pw_clock - the one clock from which a run takes its times
 *
 * The wall clock is read once, when the run starts; from there on the boot
 * clock counts, which nobody sets and which goes on while the machine sleeps.
 * A wall clock that jumps or steps back while the run lives changes nothing.
 */
#ifndef PW_TIME_CLOCK_H
#define PW_TIME_CLOCK_H

#include "time.h"

PW_C_BEGIN

/* ms since 1970: where a clock may begin, so that it can go on for 10 years (to 2262) */
#define PW_CLOCK_MOST UINT64_C(8900000000000)

struct pw_clock {
	int64_t start; /* ns since 1970, when the boot clock showed boot */
	int64_t boot;  /* ns */
};

/* The run starts now. */
void pw_clock_start(struct pw_clock *c);

/* ns since 1970 */
int64_t pw_clock_now(const struct pw_clock *c);

/* The time of the boot clock, in ns. */
int64_t pw_clock_boot(void);

/* The even ms at or below ns since 1970. */
pw_time pw_clock_even(int64_t ns);

PW_C_END

#endif
