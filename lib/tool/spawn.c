#include "spawn.h"
#include "../base/fail.h"
#include "../base/io.h"
#include "../base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *pw_spawn_path(const char *name)
{
	char self[4096];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');
		if (slash != NULL) {
			char *path = pw_mem_print("%.*s/%s", (int)(slash - self), self, name);
			if (pw_io()->access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return pw_mem_copy(name, strlen(name));
}

int pw_spawn_reader(char *const argv[])
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return pw_fail_system("pipe");
	const pid_t pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return pw_fail_system("fork");
	}
	if (pid == 0) {
		const int null = open("/dev/null", O_RDONLY);
		signal(SIGPIPE, SIG_DFL);
		if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0)
			execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(PW_SYSTEM);
	}
	close(ends[1]);
	return ends[0];
}
