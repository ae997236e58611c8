/* The inputs of pw_tool are opened here, and their heads waited for. */
#include "../base/io.h"
#include "input_internal.h"
#include "spawn.h"
#include "state_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int read_by_pw_read(const char *path)
{
	char *program = pw_spawn_path("pw-read");
	const int fd = pw_spawn_reader((char *[]){program, "--", (char *)path, NULL});

	free(program);
	return fd;
}

/* Does the file begin as a stream does? */
static bool holds_stream(int fd)
{
	char begin[4];
	const bool is = pw_io_read_full(fd, begin, sizeof begin) == sizeof begin &&
			memcmp(begin, PW_FRAME_TEXT, sizeof begin) == 0;

	return pw_io()->lseek(fd, 0, SEEK_SET) == 0 && is;
}

/* <(...) is a descriptor of ours: the programs that we start must not hold it open. */
static void close_on_exec(const char *path)
{
	int fd, end = 0;

	if (sscanf(path, "/dev/fd/%d%n", &fd, &end) == 1 && path[end] == '\0')
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int open_path(const char *path)
{
	struct stat st;
	const int fd = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return pw_fail_system(path);
	close_on_exec(path);
	if (pw_io()->fstat(fd, &st) < 0)
		return pw_fail_system(path);
	if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || holds_stream(fd)))
		return fd;
	pw_io()->close(fd);
	return read_by_pw_read(path);
}

static int open_input(const char *what)
{
	if (strncmp(what, "exec:", 5) == 0)
		return pw_spawn_reader((char *[]){"sh", "-c", (char *)what + 5, NULL});
	if (strcmp(what, "-") != 0)
		return open_path(what);
	if (isatty(STDIN_FILENO))
		return pw_fail(PW_USAGE, "stdin is a terminal; put `pw-read FILE |` before this");
	return STDIN_FILENO;
}

void pw_tool_close(struct pw_input *in)
{
	pw_io()->close(in->source.fd);
	in->source.fd = -1;
	pw_spool_release(&in->spool);
}

/* A stream in a file has its end, also if its head says that its source was followed. */
static bool is_saved(const struct pw_input *in)
{
	struct stat st;

	return in->source.fd >= 0 && pw_io()->fstat(in->source.fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Takes the head, if it is there. */
static void look_for_head(struct pw_tool *t, struct pw_input *in)
{
	struct pw_event ev;
	const int rc = pw_source_next(&in->source, &ev);

	if (rc == PW_SOURCE_WANT)
		return;
	if (rc < 0)
		pw_tool_broken(t, in);
	else if (ev.kind == PW_EVENT_END)
		pw_tool_follow(t, ev.status);
	in->source.head.followed &= !is_saved(in);
	in->headed = true;
}

/* The first input without a head, or NULL. */
static struct pw_input *headless(struct pw_tool *t)
{
	for (size_t i = 0; i < t->input_count; i++)
		if (!t->inputs[i].headed)
			return &t->inputs[i];
	return NULL;
}

static size_t default_memory(void)
{
	const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

	return pages > 0 && bytes > 0 ? (size_t)pages / 4 * (size_t)bytes : (size_t)1 << 30;
}

/* Adds an input whose head has not come yet. */
static void add_input(struct pw_tool *t, int fd, const char *name)
{
	struct pw_input *in = &t->inputs[t->input_count++];

	in->name = pw_mem_copy(name, strlen(name));
	pw_spool_init(&in->spool, &t->budget);
	pw_source_open(&in->source, fd);
	in->source.spool = &in->spool;
}

static void wait_for_heads(struct pw_tool *t)
{
	struct pw_input *in;

	while ((in = headless(t)) != NULL) {
		t->waiting = t->input_count > 1 ? in->name : NULL;
		pw_tool_fill(t);
		for (size_t i = 0; i < t->input_count; i++)
			if (!t->inputs[i].headed && !t->inputs[i].ended)
				look_for_head(t, &t->inputs[i]);
	}
	t->waiting = NULL;
}

static int check_inputs(char *const *what, size_t count)
{
	size_t stdins = 0;

	if (count > PW_INPUTS_MAX)
		return pw_fail(PW_USAGE, "%zu inputs, at most %d are allowed", count,
			       PW_INPUTS_MAX);
	for (size_t i = 0; i < count; i++)
		stdins += strcmp(what[i], "-") == 0;
	return stdins < 2 ? 0
			  : pw_fail(PW_USAGE, "only one of the inputs can be -, which is stdin");
}

static void open_inputs(struct pw_tool *t, char *const *what, const char *const *names,
			size_t count)
{
	pw_must(t, check_inputs(what, count));
	if (t->budget.limit == 0)
		t->budget.limit = default_memory();
	t->inputs = pw_mem_zero(count, sizeof *t->inputs);
	for (size_t i = 0; i < count; i++) {
		const int fd = open_input(what[i]);
		if (fd < 0)
			pw_must(t, names != NULL ? pw_fail_at("%s", names[i]) : -1);
		add_input(t, fd,
			  names != NULL               ? names[i]
			  : strcmp(what[i], "-") == 0 ? "stdin"
						      : what[i]);
		t->inputs[i].what = what[i];
	}
	wait_for_heads(t);
}

void pw_tool_inputs(struct pw_tool *t, char *const *what, const char *const *names, size_t count)
{
	open_inputs(t, what, names, count);
	pw_state_join(t);
}

/* A stream that was saved in a pipeline with state belongs to no run any more. */
static void drop_states(struct pw_tool *t)
{
	for (size_t i = 0; i < t->input_count; i++) {
		free(t->inputs[i].source.head.state);
		t->inputs[i].source.head.state = NULL;
	}
}

void pw_tool_streams(struct pw_tool *t, char *const *what, const char *const *names, size_t count)
{
	open_inputs(t, what, names, count);
	drop_states(t);
}

void pw_tool_stream(struct pw_tool *t, const char *path)
{
	const int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : pw_io()->open(path, O_RDONLY, 0);

	if (fd < 0)
		pw_must(t, pw_fail_system(path));
	t->inputs = pw_mem_zero(1, sizeof *t->inputs);
	add_input(t, fd, strcmp(path, "-") == 0 ? "stdin" : path);
	t->inputs[0].what = path;
	wait_for_heads(t);
	drop_states(t);
}

void pw_tool_input(struct pw_tool *t)
{
	pw_tool_inputs(t, (char *[]){"-"}, NULL, 1);
}

const struct pw_head *pw_tool_head(const struct pw_tool *t, size_t input)
{
	return &t->inputs[input].source.head;
}

void pw_tool_hold(struct pw_tool *t, size_t input, bool held)
{
	t->inputs[input].held = held;
}
