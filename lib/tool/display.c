#include "display.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

char *pw_display_beside(const char *name)
{
	char self[4096];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');
		if (slash != NULL) {
			char *path = pw_mem_print("%.*s/%s", (int)(slash - self), self, name);
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return pw_mem_copy(name, strlen(name));
}

int pw_display_start(struct pw_tool *t)
{
	int ends[2];
	char *program = pw_display_beside("pw-write");

	if (pipe2(ends, O_CLOEXEC) < 0)
		return pw_fail_system("pipe");
	const pid_t pid = fork();
	if (pid < 0)
		return pw_fail_system("fork");
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (dup2(ends[0], STDIN_FILENO) >= 0)
			execlp(program, "pw-write", (char *)NULL);
		fprintf(stderr, "%s: %s: %s\n", t->program->name, program, strerror(errno));
		_exit(PW_SYSTEM);
	}
	close(ends[0]);
	free(program);
	t->display = pid;
	return ends[1];
}

int pw_display_wait(struct pw_tool *t)
{
	int status = 0;

	if (t->display == 0)
		return PW_OK;
	while (waitpid(t->display, &status, 0) < 0 && errno == EINTR)
		;
	t->display = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
