/*
 * How pw_tool writes checkpoints: a child that was forked at a time of the grid
 * writes the state as it was then, while the program goes on. The file of a
 * checkpoint gets its name only when the one before it has got its own.
 */
#include "../base/io.h"
#include "signal.h"
#include "state_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_batch(void *to, const struct pw_batch *batch)
{
	return pw_checkpoint_batch(to, batch);
}

/* Waits until the other end of a pipe has been closed. */
static void await_end(int fd)
{
	struct pollfd end = {.fd = fd};

	while (pw_io()->poll(&end, 1, -1) < 0 || (end.revents & POLLHUP) == 0)
		;
}

/* before: the pipe of the child that writes the checkpoint before this one; -1: there is none. */
static int write_checkpoint(struct pw_state *s, pw_time time, bool full, int before)
{
	struct pw_checkpoint_writer w;
	const uint64_t rows = full ? s->checkpointer->rows(s->remembered) : 0;

	if (pw_checkpoint_begin(&w, &s->checkpoints, time, full, rows) < 0 ||
	    pw_checkpointer_save(s->checkpointer, s->remembered, full, &s->schema, time,
				 write_batch, &w) < 0)
		goto failed;
	if (before >= 0)
		await_end(before);
	if (pw_checkpoint_finish(&w) == 0)
		return 0;
failed:
	pw_checkpoint_drop(&w);
	return -1;
}

/* A checkpoint is there: those that no restart can need are deleted. */
static void written(struct pw_tool *t)
{
	struct pw_state *s = t->state;
	pw_time least;

	pw_must(t, pw_checkpoints_written(&s->checkpoints));
	if (s->checkpoints.count < 2)
		return;
	pw_must(t, pw_store_least(&s->store, &least));
	pw_must(t, pw_checkpoints_trim(&s->checkpoints, least));
}

/* The pipeline goes first: a child has time until the next checkpoint is due. */
static void step_back(void)
{
	const struct sched_param none = {0};

	sched_setscheduler(0, SCHED_BATCH, &none);
	setpriority(PRIO_PROCESS, 0, 10);
}

/* The child: only its file, and how it has ended, may be seen of it. */
static _Noreturn void be_child(struct pw_state *s, pid_t parent, int fd, pw_time time, bool full)
{
	const int before = s->child_count > 0 ? s->children[s->child_count - 1].fd : -1;

	pw_mem_on_exhausted(NULL);
	pw_io_on_interrupt(NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(PW_SYSTEM);
	step_back();
	if (write_checkpoint(s, time, full, before) < 0) {
		const char *text = pw_fail_text();
		pw_io_write_full(fd, text, strlen(text));
		_exit((int)pw_fail_status());
	}
	_exit(PW_OK);
}

static void start_child(struct pw_tool *t, pw_time time, bool full)
{
	struct pw_state *s = t->state;
	const pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		pw_must(t, pw_fail_system("pipe"));
	const pid_t pid = fork();
	if (pid < 0)
		pw_must(t, pw_fail_system("checkpoint: fork"));
	if (pid == 0)
		be_child(s, parent, ends[1], time, full);
	close(ends[1]);
	s->children[s->child_count++] =
		(struct pw_state_child){.pid = pid, .fd = ends[0], .first = s->first};
}

void pw_state_checkpoint(struct pw_tool *t, pw_time time, bool fork_it)
{
	struct pw_state *s = t->state;

	if (!fork_it)
		pw_state_reap(t, true);
	else if (s->child_count == PW_STATE_CHILDREN)
		pw_state_reap(t, false);
	const bool full = pw_checkpoints_want_full(&s->checkpoints) ||
			  s->checkpointer->changed(s->remembered) == PW_CHECKPOINTER_FULL;
	if (fork_it)
		start_child(t, time, full);
	else
		pw_must(t, write_checkpoint(s, time, full, -1));
	pw_checkpoints_begun(&s->checkpoints, time, full);
	s->checkpointer->saved(s->remembered);
	s->dirty = false;
	if (!fork_it)
		written(t);
}

static void reap_first(struct pw_tool *t)
{
	struct pw_state *s = t->state;
	const struct pw_state_child child = s->children[0];
	struct pw_bytes text = {0};
	int status;

	if (pw_io_load_from(child.fd, "checkpoint", 1 << 20, &text) < 0)
		pw_must(t, -1);
	while (waitpid(child.pid, &status, 0) < 0)
		if (errno != EINTR)
			pw_must(t, pw_fail_system("checkpoint: waitpid"));
	close(child.fd);
	memmove(s->children, s->children + 1, --s->child_count * sizeof child);
	s->child_ready = false;
	if (WIFSIGNALED(status))
		pw_must(t, pw_fail(PW_SYSTEM, "checkpoint: died of signal %d", WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		pw_must(t, pw_fail((enum pw_status)WEXITSTATUS(status), "checkpoint: %s",
				   text.length > 0 ? pw_bytes_string(&text) : "failed"));
	pw_bytes_release(&text);
	written(t);
}

void pw_state_reap(struct pw_tool *t, bool all)
{
	const size_t there = t->state->child_count;

	for (size_t n = all ? there : there > 0; n > 0; n--)
		reap_first(t);
}
