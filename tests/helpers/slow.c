/*
 * slow - a preloaded library: programs stop for a moment, as they do on a busy machine, but often
 *
 * Use:      SLOW=1 tests/run WORD...; or LD_PRELOAD=build/helpers/slow.so bats tests/live/follow.bats
 *
 * A third of the pw programs (and tee) sleep for up to 250 ms when they start, and all of them for
 * up to 60 ms before or behind one in 20 of their calls of read, pread, write, fsync, rename, poll
 * and inotify_add_watch. Where a test relies on the order of two events and has awaited but one of
 * them, the other is late sooner or later. Nothing else is changed, so no test may fail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STARTS = 3, START_MS = 250, CALLS = 20, CALL_MS = 60 };

static uint64_t state; /* 0: this program is left alone */

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void pause_for(uint64_t ms)
{
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void perhaps(void)
{
	const int saved = errno;

	if (state != 0 && draw() % CALLS == 0)
		pause_for(draw() % CALL_MS);
	errno = saved;
}

__attribute__((constructor)) static void start(void)
{
	char name[32] = "";
	struct timespec now;
	FILE *f = fopen("/proc/self/comm", "r");

	if (f == NULL || fgets(name, sizeof name, f) == NULL)
		name[0] = '\0';
	if (f != NULL)
		fclose(f);
	if (strncmp(name, "pw-", 3) != 0 && strcmp(name, "tee\n") != 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	state = ((uint64_t)getpid() << 32 | (uint64_t)now.tv_nsec) * 0x9e3779b97f4a7c15 | 1;
	if (draw() % STARTS == 0)
		pause_for(draw() % START_MS);
}

/* The call of this name, with pauses; its parameters with their types, and without. */
#define SLOW(type, name, parameters, arguments)                                                    \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*next) parameters;                                                     \
		if (next == NULL)                                                                  \
			next = (type(*) parameters)dlsym(RTLD_NEXT, #name);                        \
		perhaps();                                                                         \
		const type result = next arguments;                                                \
		perhaps();                                                                         \
		return result;                                                                     \
	}

SLOW(ssize_t, read, (int fd, void *data, size_t n), (fd, data, n))
SLOW(ssize_t, pread, (int fd, void *data, size_t n, off_t at), (fd, data, n, at))
SLOW(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n))
SLOW(int, fsync, (int fd), (fd))
SLOW(int, rename, (const char *from, const char *to), (from, to))
SLOW(int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
SLOW(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
