#include "display_internal.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int pw_display_start(struct pw_tool *t)
{
	int ends[2];
	char *program = pw_spawn_path("pw-write");

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
