/*
 * clock - a preloaded library: time passes faster or slower for the programs under test
 *
 * Use:      LD_PRELOAD=build/helpers/clock.so CLOCK_RATE=0.02 pw-read ...; hurry and
 *           dawdle in await.bash do that.
 *
 * With CLOCK_RATE=20 a second of the program's clocks (CLOCK_MONOTONIC and CLOCK_BOOTTIME) is a
 * twentieth of a second of ours, and poll sleeps as long by that clock as it was told to. A test
 * that lets a limit of the program run out need not wait for it, and a test in which a limit must
 * not run out (the second after a stop, the 10 s for a lock) does not fail because the machine is
 * busy. All programs of a pipeline need the same rate, since readers of one run share a clock.
 * CLOCK_REALTIME is left as it is: the times of files are compared with it. Programs of other
 * projects are left alone.
 */
#include <dlfcn.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double rate = 1;

__attribute__((constructor)) static void start(void)
{
	static const char *const others[] = {"scripted\n", "recorder\n"};
	const char *text = getenv("CLOCK_RATE");
	char name[32] = "";
	FILE *f = fopen("/proc/self/comm", "r");

	if (f == NULL || fgets(name, sizeof name, f) == NULL)
		name[0] = '\0';
	if (f != NULL)
		fclose(f);
	if (text == NULL || atof(text) <= 0)
		return;
	if (strncmp(name, "pw-", 3) == 0)
		rate = atof(text);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(name, others[i]) == 0)
			rate = atof(text);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static int (*next)(clockid_t, struct timespec *);

	if (next == NULL)
		next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	const int result = next(clock, t);
	if (result < 0 || rate == 1 || (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME))
		return result;
	const int64_t ns = (int64_t)(((double)t->tv_sec * 1e9 + (double)t->tv_nsec) * rate);
	t->tv_sec = ns / 1000000000;
	t->tv_nsec = ns % 1000000000;
	return 0;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	static int (*next)(struct pollfd *, nfds_t, int);

	if (next == NULL)
		next = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
	if (timeout > 0 && rate != 1) {
		const double ours = timeout / rate + 1;
		timeout = ours > INT_MAX ? INT_MAX : (int)ours;
	}
	return next(fds, n, timeout);
}
