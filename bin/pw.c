/*
 * pw - runs the tools, or lists them
 *
 *   pw NAME ARG...   runs pw-NAME ARG..., the one beside this program or else the one on PATH
 *   pw, pw help      lists the tools beside this program, each with its summary
 *   pw help functions  lists the functions of expressions
 *   pw help NAME     shows the page of a tool or a topic (expr, pws, state); without man, its -h
 *   pw --version
 *
 * Some programs whose names begin with pw- belong to another project (PipeWire), and may lie in
 * the same folder: pw neither runs nor lists them.
 */
#include "../lib/base/bytes.h"
#include "../lib/base/fail.h"
#include "../lib/base/near.h"
#include "../lib/expr/function.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* clang-format off */
static const char *const foreign[] = {
	"cat", "top", "dump", "record", "play", "mon", "link", "dot", "cli", "metadata", "loopback",
	"profiler", "jack", "mididump", "midiplay", "midirecord", "dsdplay", "reserve", "v4l2",
	"container", "config",
};
/* clang-format on */

struct tools {
	char *folder;       /* where this program lies */
	const char **names; /* without pw-, sorted */
	size_t count, capacity;
};

static bool is_foreign(const char *name)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strcmp(name, foreign[i]) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_tools(struct tools *t)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	if (n <= 0 || n == sizeof(self))
		return;
	while (n > 1 && self[n - 1] != '/')
		n--;
	t->folder = pw_mem_copy(self, (size_t)n);

	DIR *folder = opendir(t->folder);
	for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
		if (strncmp(e->d_name, "pw-", 3) != 0 || is_foreign(e->d_name + 3))
			continue;
		t->names = pw_mem_grow(t->names, &t->capacity, t->count + 1, sizeof(*t->names));
		t->names[t->count++] = pw_mem_copy(e->d_name + 3, strlen(e->d_name + 3));
	}
	if (folder != NULL)
		closedir(folder);
	if (t->count > 0)
		qsort(t->names, t->count, sizeof(*t->names), by_name);
}

static bool is_tool(const struct tools *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->names[i], name) == 0)
			return true;
	return false;
}

/* The text of the line "pw-NAME: ..." of -h; empty if there is no such line. */
static void summary(const struct tools *t, const char *name, char *line, int size)
{
	char *path = pw_mem_print("%spw-%s", t->folder, name);
	size_t skip = strlen("pw-") + strlen(name) + strlen(": ");
	int ends[2];
	line[0] = '\0';
	if (pipe(ends) < 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(path, path, "-h", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	FILE *help = fdopen(ends[0], "r");
	bool found = false;
	while (help != NULL && !found && fgets(line, size, help) != NULL)
		found = strncmp(line, path + strlen(t->folder), skip - 2) == 0 &&
			line[skip - 2] == ':' && strlen(line) > skip;
	memmove(line, found ? line + skip : "", found ? strlen(line + skip) + 1 : 1);
	line[strcspn(line, "\n")] = '\0';
	if (help != NULL)
		fclose(help);
	if (child > 0)
		waitpid(child, NULL, 0);
	free(path);
}

static void list(const struct tools *t)
{
	char line[512];
	printf("pw runs small filters that compute incrementally; put them in a pipeline:\n\n"
	       "  pw-read trips.csv | pw-groupby -k city count 'sum(amount)' | pw-write\n\n");
	for (size_t i = 0; i < t->count; i++) {
		summary(t, t->names[i], line, sizeof(line));
		printf("  pw-%-10s %s\n", t->names[i], line);
	}
	printf("\n`pw NAME ...` runs pw-NAME; `pw help NAME` shows its page; `pw help pw` the "
	       "model.\n");
}

static int unknown(const struct tools *t, const char *name)
{
	const char *near = pw_near(name, strlen(name), t->names, t->count);
	if (is_foreign(name))
		fprintf(stderr,
			"pw: 'pw-%s' belongs to PipeWire; 'pw help' lists the tools of pw\n", name);
	else if (near != NULL)
		fprintf(stderr, "pw: '%s' is not a tool (did you mean '%s'?)\n", name, near);
	else
		fprintf(stderr, "pw: '%s' is not a tool; 'pw help' lists them\n", name);
	return PW_USAGE;
}

/* The page in the source tree or in the installed one; NULL if there is none. */
static char *page(const struct tools *t, const char *name)
{
	static const char *const forms[] = {"pw-%s.1", "pw-%s.7", "pw-%s.5",
					    "%s.5",    "%s.7",    "%s.1"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *form = forms[i];
		const char *prefix = strncmp(form, "pw-", 3) == 0 ? "pw-" : "";
		char section = form[strlen(form) - 1];
		char *path = pw_mem_print("%s../../man/%s%s.%c", t->folder, prefix, name, section);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
		path = pw_mem_print("%s../share/man/man%c/%s%s.%c", t->folder, section, prefix,
				    name, section);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int help(const struct tools *t, const char *name)
{
	if (strncmp(name, "pw-", 3) == 0)
		name += 3;
	char *file = strchr(name, '/') == NULL ? page(t, name) : NULL;
	if (file != NULL) {
		execlp("man", "man", "-l", file, (char *)NULL);
		execlp("mandoc", "mandoc", "-a", file, (char *)NULL);
	}
	if (is_tool(t, name)) {
		char *path = pw_mem_print("%spw-%s", t->folder, name);
		execl(path, path, "-h", (char *)NULL);
	}
	if (file == NULL)
		return unknown(t, name);
	fprintf(stderr, "pw: no 'man' to show %s with\n", file);
	return PW_SYSTEM;
}

static void list_functions(void)
{
	struct pw_bytes text = {0};
	pw_function_help(&text);
	fwrite(text.data, 1, text.length, stdout);
	pw_bytes_release(&text);
}

static int run(const struct tools *t, char **args)
{
	char *beside = pw_mem_print("%spw-%s", t->folder ? t->folder : "", args[0]);
	char *name = pw_mem_print("pw-%s", args[0]);
	char *given = args[0];
	if (strchr(given, '/') != NULL || is_foreign(given))
		return unknown(t, given);
	args[0] = name;
	if (t->folder != NULL)
		execv(beside, args);
	if (errno == ENOENT || t->folder == NULL)
		execvp(name, args);
	if (errno == ENOENT)
		return unknown(t, given);
	fprintf(stderr, "pw: %s: %s\n", name, strerror(errno));
	return PW_SYSTEM;
}

int main(int argc, char **argv)
{
	struct tools tools = {0};
	const char *word = argc > 1 ? argv[1] : "help";
	int fd;
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		; /* so that no pipe gets the number of a closed 0, 1 or 2 */
	close(fd);
	find_tools(&tools);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		printf("pw %s\n", PW_VERSION);
	else if (strcmp(word, "help") != 0 && strcmp(word, "-h") != 0 &&
		 strcmp(word, "--help") != 0)
		return run(&tools, argv + 1);
	else if (argc > 2 && strcmp(argv[2], "functions") == 0)
		list_functions();
	else if (argc > 2)
		return help(&tools, argv[2]);
	else
		list(&tools);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "pw: stdout: write: %s\n", strerror(errno));
		return PW_SYSTEM;
	}
	return PW_OK;
}
