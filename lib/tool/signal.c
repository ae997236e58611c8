#include "signal.h"
#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { GRACE_MS = 1000, TICK_US = 200000 };

static volatile sig_atomic_t stops, reports, stalled, continued;
static int64_t stopped_at; /* ms, when the stop was first looked at; 0: not yet */
static int ends[2] = {-1, -1};

static void wake(void)
{
	const int saved = errno;

	if (write(ends[1], "", 1) < 0) /* a full pipe is readable anyway */
		errno = saved;
	errno = saved;
}

/* Ticks interrupt a write that hangs, so that give_up is asked again. */
static void on_tick(int number)
{
	(void)number;
}

static bool give_up(void)
{
	if (stops == 0 || pw_signal_stop_left() > 0)
		return false;
	stalled = 1;
	return true;
}

static void on_stop(int number)
{
	const struct itimerval ticks = {{0, TICK_US}, {0, TICK_US}};

	if (stops++ > 0 && number == SIGINT) {
		signal(SIGINT, SIG_DFL);
		raise(SIGINT);
	}
	setitimer(ITIMER_REAL, &ticks, NULL);
	wake();
}

static void on_report(int number)
{
	(void)number;
	reports = 1;
	wake();
}

static void on_screen(int number)
{
	if (number == SIGCONT)
		continued = 1;
	wake();
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction old, new = {.sa_handler = handler};

	if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
		return;
	sigemptyset(&new.sa_mask);
	sigaction(number, &new, NULL);
}

void pw_signal_start(void)
{
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		ends[0] = ends[1] = -1; /* then only EINTR ends a wait */
	handle(SIGUSR1, on_report); /* before the others: whoever finds those caught may send it */
	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
	handle(SIGALRM, on_tick);
	pw_io_on_interrupt(give_up);
	signal(SIGPIPE, SIG_IGN);
}

void pw_signal_watch_screen(void)
{
	handle(SIGWINCH, on_screen);
	handle(SIGCONT, on_screen);
}

int pw_signal_fd(void)
{
	return ends[0];
}

void pw_signal_drain(void)
{
	char bytes[64];

	while (read(ends[0], bytes, sizeof bytes) > 0)
		;
}

bool pw_signal_stop(void)
{
	return stops > 0;
}

int64_t pw_signal_stop_left(void)
{
	if (stopped_at == 0)
		stopped_at = pw_io_ms();
	return stopped_at + GRACE_MS - pw_io_ms();
}

bool pw_signal_stalled(void)
{
	return stalled != 0;
}

bool pw_signal_continued(void)
{
	const bool came = continued != 0;

	if (came)
		continued = 0;
	return came;
}

bool pw_signal_report(void)
{
	const bool asked = reports != 0;

	if (asked)
		reports = 0;
	return asked;
}

void pw_signal_die_of_pipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}
