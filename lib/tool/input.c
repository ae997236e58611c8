/* The inputs of pw_tool: opening, waiting, merging, stopping. */
#include "../base/io.h"
#include "input.h"
#include "progress.h"
#include "signal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIGNAL_LAG_MS = 100 };

static void report(struct pw_tool *t)
{
	struct pw_bytes frontier = {0};
	struct timespec now;

	pw_time_print(&frontier, t->frontier);
	pw_io()->clock_gettime(CLOCK_REALTIME, &now);
	const double lag = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)t->frontier / 1e3;
	pw_progress_clear(t);
	fprintf(stderr, "%s: rows in %" PRIu64 ", out %" PRIu64 ", frontier %s", pw_tool_stage(t),
		t->rows_in, t->rows_out, pw_bytes_string(&frontier));
	if (t->frontier > 0 && t->frontier < PW_TIME_END && lag >= 0)
		fprintf(stderr, ", lag %.3fs", lag);
	fprintf(stderr, ", state %zu bytes\n", t->state_bytes);
	pw_bytes_release(&frontier);
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

/*
 * Waits until one of the first n of fds is ready, flushing first if that
 * takes a wait. fds has room for two more. False when a stop is overdue.
 */
static bool wait_for(struct pw_tool *t, struct pollfd *fds, nfds_t n)
{
	nfds_t all = n;
	int timeout = 0;

	fds[all++] = (struct pollfd){.fd = pw_signal_fd(), .events = POLLIN};
	if (t->has_output || t->flush != NULL)
		fds[all++] = (struct pollfd){.fd = t->has_output ? t->output.fd : t->flush_fd};
	for (;;) {
		const int ready = pw_io()->poll(fds, all, timeout);
		if (ready < 0 && errno != EINTR)
			pw_must(t, pw_fail_system("poll"));
		if (ready > 0 && all > n + 1 && (fds[n + 1].revents & (POLLERR | POLLHUP)) != 0)
			pw_signal_die_of_pipe();
		if (ready > 0 && fds[n].revents != 0)
			pw_signal_drain();
		if (pw_signal_report())
			report(t);
		for (nfds_t i = 0; i < n && ready > 0; i++)
			if (fds[i].revents != 0)
				return true;
		pw_tool_flush(t);
		timeout = -1;
		if (pw_signal_stop()) {
			const int64_t left = pw_signal_stop_left();
			if (left <= 0)
				return false;
			timeout = (int)left + 1;
		}
	}
}

bool pw_tool_wait(struct pw_tool *t, int fd)
{
	struct pollfd fds[3] = {{.fd = fd, .events = POLLIN}};

	return wait_for(t, fds, 1);
}

void pw_tool_stopped(struct pw_tool *t)
{
	if (t->frontier == 0)
		pw_tool_follow(t, PW_STOPPED);
	pw_tool_suspend(t);
	exit(pw_tool_finish(t));
}

/* A stop whose second is over: what has not come does not come. */
static void break_off(struct pw_tool *t)
{
	if (t->frontier == 0)
		pw_tool_follow(t, PW_STOPPED);
	for (size_t i = 0; i < t->input_count; i++) {
		if (!t->inputs[i].ended)
			pw_source_close(&t->inputs[i].source);
		t->inputs[i].ended = true;
	}
	t->ending = PW_SUSPENDED;
}

/*
 * A pipe that closes without END is an error, but not when the signal that
 * stops us has killed the program before us (tee): it may be a moment behind.
 */
static void broken(struct pw_tool *t, struct pw_input *in)
{
	struct pollfd signals = {.fd = pw_signal_fd(), .events = POLLIN};

	if (in->source.closed && !pw_signal_stop())
		pw_io()->poll(&signals, 1, SIGNAL_LAG_MS);
	if (in->source.closed && pw_signal_stop()) {
		break_off(t);
		return;
	}
	if (!in->source.begun && pw_fail_status() == PW_DATA &&
	    strcmp(pw_fail_text(), "not a pw stream") == 0)
		pw_fail(PW_DATA, "%s is not a pw stream; put \"pw-read -f csv - |\" before this",
			in->name);
	else
		pw_fail_at("%s", in->name);
	pw_tool_fail(t);
}

static void input_ended(struct pw_tool *t, struct pw_input *in, const struct pw_event *ev)
{
	if (ev->ending == PW_FAILED)
		pw_tool_follow(t, ev->status);
	if (ev->ending == PW_SUSPENDED)
		t->ending = PW_SUSPENDED;
	in->ended = true;
	in->ending = ev->ending;
	in->frontier = PW_TIME_END;
	in->durable = ev->time;
	pw_source_close(&in->source);
}

/* Reads once from every input that waits for bytes and has some. */
static void fill(struct pw_tool *t)
{
	struct pollfd *fds = pw_mem_zero(t->input_count + 2, sizeof *fds);
	size_t *which = pw_mem_alloc(t->input_count, sizeof *which), n = 0;

	for (size_t i = 0; i < t->input_count; i++)
		if (!t->inputs[i].ended) {
			which[n] = i;
			fds[n++] = (struct pollfd){.fd = t->inputs[i].source.fd, .events = POLLIN};
		}
	if (wait_for(t, fds, n)) {
		for (size_t i = 0; i < n; i++)
			if (fds[i].revents != 0 &&
			    pw_source_fill(&t->inputs[which[i]].source) < 0)
				broken(t, &t->inputs[which[i]]);
	} else {
		break_off(t);
	}
	free(fds);
	free(which);
}

void pw_tool_input_fd(struct pw_tool *t, int fd, const char *name)
{
	struct pw_event ev;
	struct pw_input *in;
	int rc;

	t->inputs = pw_mem_grow(t->inputs, &t->input_capacity, t->input_count + 1,
				sizeof *t->inputs);
	in = &t->inputs[t->input_count++];
	*in = (struct pw_input){.name = pw_mem_copy(name, strlen(name))};
	pw_source_open(&in->source, fd);
	while ((rc = pw_source_next(&in->source, &ev)) == PW_SOURCE_WANT) {
		if (!pw_tool_wait(t, fd))
			break_off(t);
		else if (pw_source_fill(&in->source) < 0)
			broken(t, in);
	}
	if (rc < 0)
		broken(t, in);
	if (rc == 1 && ev.kind == PW_EVENT_END)
		pw_tool_follow(t, ev.status);
}

void pw_tool_input(struct pw_tool *t, const char *what, const char *name)
{
	if (strcmp(what, "-") != 0) {
		const int fd = pw_io()->open(what, O_RDONLY, 0);
		if (fd < 0)
			pw_must(t, pw_fail_system(what));
		pw_tool_input_fd(t, fd, name != NULL ? name : what);
		return;
	}
	if (isatty(STDIN_FILENO))
		pw_must(t, pw_fail(PW_USAGE, "stdin is a terminal; put \"pw-read FILE |\" before this"));
	pw_tool_input_fd(t, STDIN_FILENO, name != NULL ? name : "stdin");
}

const struct pw_head *pw_tool_head(const struct pw_tool *t, size_t input)
{
	return &t->inputs[input].source.head;
}

/* The least frontier has moved: the event says so. */
static bool frontier_moved(struct pw_tool *t, struct pw_event *ev)
{
	pw_time least = PW_TIME_END;

	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].frontier < least)
			least = t->inputs[i].frontier;
	if (least <= t->frontier)
		return false;
	t->frontier = least;
	*ev = (struct pw_event){.kind = PW_EVENT_FRONTIER, .time = least};
	return true;
}

static bool all_ended(const struct pw_tool *t)
{
	for (size_t i = 0; i < t->input_count; i++)
		if (!t->inputs[i].ended)
			return false;
	return true;
}

/* Has this event of input i something to say to the program? */
static bool taken(struct pw_tool *t, size_t i, struct pw_event *ev)
{
	struct pw_input *in = &t->inputs[i];

	ev->input = (int)i;
	switch (ev->kind) {
	case PW_EVENT_BATCH:
		t->rows_in += ev->batch->rows;
		return true;
	case PW_EVENT_FRONTIER:
		in->frontier = ev->time;
		return frontier_moved(t, ev);
	case PW_EVENT_DURABLE:
		in->durable = ev->time;
		return true;
	case PW_EVENT_END:
		input_ended(t, in, ev);
		return !all_ended(t) && frontier_moved(t, ev);
	case PW_EVENT_HEAD:
		break;
	}
	return false;
}

/* The input whose frontier is behind, of those not tried yet; or -1. */
static int behind(const struct pw_tool *t, const bool *tried)
{
	int best = -1;

	for (size_t i = 0; i < t->input_count; i++)
		if (!tried[i] && !t->inputs[i].ended &&
		    (best < 0 || t->inputs[i].frontier < t->inputs[best].frontier))
			best = (int)i;
	return best;
}

/* An event out of what has been read already. */
static bool buffered(struct pw_tool *t, struct pw_event *ev)
{
	bool tried[PW_INPUTS_MAX] = {0};
	int i;

	while ((i = behind(t, tried)) >= 0) {
		const int rc = pw_source_next(&t->inputs[i].source, ev);
		if (rc < 0)
			broken(t, &t->inputs[i]);
		else if (rc == PW_SOURCE_WANT || rc == 0)
			tried[i] = true;
		else if (taken(t, (size_t)i, ev))
			return true;
	}
	return false;
}

bool pw_tool_next(struct pw_tool *t, struct pw_event *ev)
{
	pw_progress_look(t);
	while (!t->ended) {
		if (pw_signal_stop() && pw_signal_stop_left() <= 0)
			break_off(t);
		if (!all_ended(t) && buffered(t, ev))
			return true;
		if (!all_ended(t)) {
			fill(t);
			continue;
		}
		t->ended = true;
		*ev = (struct pw_event){.kind = PW_EVENT_END, .time = t->frontier,
					.ending = t->ending};
		return true;
	}
	return false;
}
