/* Waiting and stopping, of pw_tool. */
#include "../base/io.h"
#include "../time/clock.h"
#include "input_internal.h"
#include "progress_internal.h"
#include "report_internal.h"
#include "signal.h"
#include "state_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIGNAL_LAG_MS = 100, PATIENCE_MS = 3000 };

int pw_tool_patience(void)
{
	const char *ms = getenv("PW_PATIENCE_MS");

	return ms != NULL && atoi(ms) > 0 ? atoi(ms) : PATIENCE_MS;
}

bool pw_tool_stopping(const struct pw_tool *t)
{
	(void)t;
	return pw_signal_stop();
}

bool pw_tool_overdue(const struct pw_tool *t)
{
	(void)t;
	return pw_signal_stop() && pw_signal_stop_left() <= 0;
}

void pw_tool_reader_gone(struct pw_tool *t)
{
	if (!pw_signal_stop())
		pw_signal_die_of_pipe();
	pw_progress_clear(t);
	exit(t->frontier == 0 ? PW_STOPPED : PW_OK);
}

/* The descriptor whose reader may go; stdout until an output is opened; -1: none. */
static int reader_of(const struct pw_tool *t)
{
	if (t->has_output)
		return t->output.fd;
	if (t->flush != NULL)
		return t->flush_fd;
	return t->program->sink ? -1 : STDOUT_FILENO;
}

/* ms of a wait that must not end before the deadline; -1: for ever */
static int timeout_until(int64_t deadline)
{
	const int64_t left = deadline == INT64_MAX ? -1 : deadline - pw_clock_boot();

	if (deadline == INT64_MAX)
		return -1;
	return left <= 0                   ? 0
	       : left / 1000000 >= INT_MAX ? INT_MAX
					   : (int)((left + 999999) / 1000000);
}

/* How long poll may sleep: until the deadline, a word to the user, or the end of a stop's second. */
static int sleep_ms(const struct pw_tool *t, int64_t deadline)
{
	int ms = timeout_until(deadline);

	if (t->waiting != NULL && (ms < 0 || ms > pw_tool_patience()))
		ms = pw_tool_patience();
	if (t->flush_at != 0) {
		const int64_t left = t->flush_at - pw_io_ms();
		ms = left < 1 ? 1 : ms < 0 || ms > left ? (int)left : ms;
	}
	if (!pw_signal_stop())
		return ms;
	const int64_t left = pw_signal_stop_left();
	return ms < 0 || ms > left ? (int)left + 1 : ms;
}

/* fds has room for two more than n. Once without sleeping, so that what has come goes before what is written. */
static enum pw_waited poll_until(struct pw_tool *t, struct pollfd *fds, nfds_t n, int64_t deadline,
				 bool idle)
{
	const int reader = reader_of(t);
	nfds_t all = n;
	int timeout = 0;

	fds[all++] = (struct pollfd){.fd = pw_signal_fd(), .events = POLLIN};
	if (reader >= 0)
		fds[all++] = (struct pollfd){.fd = reader};
	for (;;) {
		const int ready = pw_io()->poll(fds, all, timeout);
		if (ready < 0 && errno != EINTR)
			pw_must(t, pw_fail_system("poll"));
		if (ready > 0 && all > n + 1 && (fds[n + 1].revents & (POLLERR | POLLHUP)) != 0)
			pw_tool_reader_gone(t);
		if (ready > 0 && fds[n].revents != 0)
			pw_signal_drain();
		pw_report_look(t);
		for (nfds_t i = 0; i < n && ready > 0; i++)
			if (fds[i].revents != 0)
				return PW_WAITED_READY;
		pw_tool_flush(t);
		if (ready == 0 && t->waiting != NULL && timeout == pw_tool_patience()) {
			pw_tool_say(t, "waiting for %s", t->waiting);
			t->waiting = NULL;
		}
		if (pw_signal_stop() && (idle || pw_signal_stop_left() <= 0))
			return PW_WAITED_STOP;
		if (timeout_until(deadline) == 0)
			return PW_WAITED_DUE;
		timeout = sleep_ms(t, deadline);
	}
}

bool pw_tool_poll(struct pw_tool *t, struct pollfd *fds, nfds_t n)
{
	return poll_until(t, fds, n, INT64_MAX, false) == PW_WAITED_READY;
}

enum pw_waited pw_tool_wait_until(struct pw_tool *t, int fd, int64_t deadline, bool idle)
{
	struct pollfd fds[3] = {{.fd = fd, .events = POLLIN}};

	return poll_until(t, fds, fd < 0 ? 0 : 1, deadline, idle);
}

bool pw_tool_wait(struct pw_tool *t, int fd)
{
	return pw_tool_wait_until(t, fd, INT64_MAX, false) == PW_WAITED_READY;
}

void pw_tool_stopped(struct pw_tool *t)
{
	if (t->frontier == 0)
		pw_tool_follow(t, PW_STOPPED);
	pw_tool_suspend(t);
	exit(pw_tool_finish(t));
}

/* A stop whose second is over: what has not come does not come. */
void pw_tool_break_off(struct pw_tool *t)
{
	if (t->frontier == 0)
		pw_tool_follow(t, PW_STOPPED);
	for (size_t i = 0; i < t->input_count; i++) {
		if (!t->inputs[i].ended)
			pw_tool_close(&t->inputs[i]);
		t->inputs[i].ended = true;
	}
	t->ending = PW_SUSPENDED;
	if (t->state != NULL)
		t->state->broken = true;
}

/*
 * A pipe that closes without END is an error, but not when the signal that
 * stops us has killed the program before us (tee): it may be a moment behind.
 */
void pw_tool_broken(struct pw_tool *t, struct pw_input *in)
{
	struct pollfd signals = {.fd = pw_signal_fd(), .events = POLLIN};

	if (in->source.closed && !pw_signal_stop())
		pw_io()->poll(&signals, 1, SIGNAL_LAG_MS);
	if (in->source.closed && pw_signal_stop()) {
		pw_tool_break_off(t);
		return;
	}
	if (in->source.closed && t->state != NULL)
		pw_store_is_refused(&t->state->store); /* a tee dies with one of its readers */
	if (!in->source.begun && pw_fail_status() == PW_DATA &&
	    strcmp(pw_fail_text(), PW_SOURCE_STRANGER) == 0)
		pw_fail(PW_DATA, "%s is not a pw stream; put `pw-read -f csv - |` before this",
			in->name);
	else
		pw_fail_at("%s", in->name);
	pw_tool_fail(t);
}
