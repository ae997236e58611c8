/* The program, its pipes and its lines. */
#include "../base/io.h"
#include "connector_program_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, LINE_MAX_BYTES = 64 << 20 };

extern char **environ;

static bool on_path(const char *name)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		const size_t n = strcspn(path, ":");
		char *file =
			pw_mem_print("%.*s/%s", n == 0 ? 1 : (int)n, n == 0 ? "." : path, name);
		struct stat st;
		const bool found = pw_io()->stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
				   pw_io()->access(file, X_OK) == 0;
		free(file);
		if (found)
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

/* The child has the signals of a program that a shell has begun. */
static int spawn(struct pw_connector_program *p, const char *url, int input, int output)
{
	char *const argv[] = {p->name, (char *)(uintptr_t)url, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, 0);
	posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGPIPE);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	const int error = posix_spawnp(&p->pid, p->name, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	return error == 0 ? 0 : -1;
}

int pw_connector_program_start(struct pw_connector_program *p, const char *url)
{
	const int scheme = (int)strcspn(url, ":");
	int input[2], output[2];

	*p = (struct pw_connector_program){.to = -1, .from = -1};
	p->name = pw_mem_print("pw-read-%.*s", scheme, url);
	if (!on_path(p->name))
		return pw_fail(PW_USAGE, "no connector for %.*s:// (%s is not on PATH)", scheme,
			       url, p->name);
	if (pipe2(input, O_CLOEXEC) < 0)
		return pw_fail_system("pipe");
	if (pipe2(output, O_CLOEXEC) < 0) {
		pw_io()->close(input[0]);
		pw_io()->close(input[1]);
		return pw_fail_system("pipe");
	}
	const int spawned = spawn(p, url, input[0], output[1]);
	p->to = input[1];
	p->from = output[0];
	if (spawned < 0) {
		p->pid = 0;
		pw_fail_system(p->name);
	}
	pw_io()->close(input[0]);
	pw_io()->close(output[1]);
	return spawned;
}

/* A reader without a reader gets SIGPIPE, as everybody; here that is no end. */
int pw_connector_program_tell(struct pw_connector_program *p, const char *text, size_t length)
{
	sigset_t pipe_signal, before;
	const struct timespec at_once = {0};

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	const int result = pw_io_write_full(p->to, text, length);
	const int error = errno;
	if (result < 0 && error == EPIPE)
		sigtimedwait(&pipe_signal, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0 || error == EPIPE)
		return 0;
	errno = error;
	pw_fail_system("write");
	return pw_fail_at("%s", p->name);
}

/* 1: more; 0: nothing now, or nothing any more; -1 */
static int more(struct pw_connector_program *p)
{
	struct pollfd ready = {.fd = p->from, .events = POLLIN};

	if (p->ended || pw_io()->poll(&ready, 1, 0) == 0)
		return 0;
	if (p->at > 0) {
		memmove(p->data, p->data + p->at, p->end - p->at);
		p->end -= p->at;
		p->at = 0;
	}
	if (p->capacity - p->end < READ_BYTES)
		p->data = pw_mem_grow(p->data, &p->capacity, p->end + READ_BYTES, 1);
	const ssize_t got = pw_io_read(p->from, p->data + p->end, p->capacity - p->end);
	if (got < 0) {
		pw_fail_system("read");
		return pw_fail_at("%s", p->name);
	}
	p->end += (size_t)got;
	p->ended = got == 0;
	return got > 0;
}

int pw_connector_program_next(struct pw_connector_program *p, char **line)
{
	size_t looked = 0;
	char *end;

	while ((end = p->end - p->at == looked ? NULL
					       : memchr(p->data + p->at + looked, '\n',
							p->end - p->at - looked)) == NULL) {
		looked = p->end - p->at;
		if (looked > LINE_MAX_BYTES)
			return pw_fail(PW_DATA, "%s: line %llu: is longer than 64 MB", p->name,
				       (unsigned long long)p->line + 1);
		const int got = more(p);
		if (got < 0)
			return -1;
		if (got == 0 && p->ended && looked > 0)
			return pw_fail(PW_DATA, "%s: line %llu: ends without line end", p->name,
				       (unsigned long long)p->line + 1);
		if (got == 0)
			return 0;
	}
	*end = '\0';
	*line = p->data + p->at;
	p->at = (size_t)(end + 1 - p->data);
	p->line++;
	if (memchr(*line, '\0', (size_t)(end - *line)) != NULL)
		return pw_fail(PW_DATA, "%s: line %llu: holds a NUL", p->name,
			       (unsigned long long)p->line);
	return 1;
}

bool pw_connector_program_has_line(const struct pw_connector_program *p)
{
	return p->end > p->at && memchr(p->data + p->at, '\n', p->end - p->at) != NULL;
}

int pw_connector_program_take(struct pw_connector_program *p, size_t n, const char **bytes)
{
	while (p->end - p->at < n) {
		const int got = more(p);
		if (got < 0)
			return -1;
		if (got == 0 && p->ended)
			return pw_fail(PW_DATA, "%s: line %llu: %zu of %zu bytes follow", p->name,
				       (unsigned long long)p->line, p->end - p->at, n);
		if (got == 0)
			return 0;
	}
	*bytes = p->data + p->at;
	p->at += n;
	return 1;
}

int pw_connector_program_broken(struct pw_connector_program *p)
{
	int status = 0;

	if (p->pid > 0) {
		while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
			;
		p->pid = 0;
	}
	if (WIFSIGNALED(status))
		return pw_fail(PW_SYSTEM, "%s: was ended by signal %d", p->name, WTERMSIG(status));
	return pw_fail(PW_SYSTEM, "%s: ended without 'finished' (its exit status is %d)", p->name,
		       WEXITSTATUS(status));
}

/* It is given a second after it has been told twice: its pipes are closed, and SIGTERM. */
void pw_connector_program_stop(struct pw_connector_program *p)
{
	enum { STEP_MS = 5, STEPS = 200 };

	if (p->to >= 0)
		pw_io()->close(p->to);
	if (p->from >= 0)
		pw_io()->close(p->from);
	if (p->pid > 0) {
		int left = STEPS;
		kill(p->pid, SIGTERM);
		while (waitpid(p->pid, NULL, WNOHANG) == 0) {
			if (left-- == 0)
				kill(p->pid, SIGKILL);
			pw_io()->poll(NULL, 0, STEP_MS);
		}
	}
	free(p->name);
	free(p->data);
	*p = (struct pw_connector_program){.to = -1, .from = -1};
}
