#include "reject_file.h"
#include "../base/io.h"
#include "../base/near.h"
#include "../base/path.h"
#include "../conn/paths.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const policies[] = {"stop", "null", "skip"};
enum { POLICIES = sizeof policies / sizeof *policies };

static bool is_policy(const char *what)
{
	for (size_t i = 0; i < POLICIES; i++)
		if (strcmp(what, policies[i]) == 0)
			return true;
	return false;
}

int pw_reject_word(const char *what)
{
	if (what == NULL || is_policy(what))
		return 0;
	if (strcmp(what, "-") == 0 || strcmp(what, "/dev/stdout") == 0 ||
	    pw_reject_descriptor(what) == STDOUT_FILENO)
		return pw_fail(PW_USAGE, "--on-error: the stream itself goes to stdout"
					 " (/dev/stderr writes rejected rows there)");
	if (strpbrk(what, "./") != NULL)
		return 0;
	const char *near = pw_near(what, strlen(what), policies, POLICIES);
	if (near != NULL)
		return pw_fail(PW_USAGE,
			       "--on-error: '%s' is not stop, null or skip (did you mean '%s'? a"
			       " file of that name is './%s')",
			       what, near, what);
	return pw_fail(PW_USAGE,
		       "--on-error: '%s' is not stop, null or skip, and a FILE has a dot or a slash"
		       " in its name (write './%s')",
		       what, what);
}

int pw_reject_descriptor(const char *path)
{
	int fd, end = 0;

	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if ((sscanf(path, "/dev/fd/%d%n", &fd, &end) == 1 ||
	     sscanf(path, "/proc/self/fd/%d%n", &fd, &end) == 1) &&
	    path[end] == '\0' && fd >= 0)
		return fd;
	return -1;
}

/* ---- two names ---- */

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (pw_io()->stat(a, &x) == 0 && pw_io()->stat(b, &y) == 0)
		return x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
		       (S_ISREG(x.st_mode) || S_ISFIFO(x.st_mode));
	char *p = pw_path_resolve(a), *q = pw_path_resolve(b);
	const bool same = p != NULL && q != NULL && strcmp(p, q) == 0;

	free(p);
	free(q);
	return same;
}

static bool lies_in(const char *path, const char *directory)
{
	struct stat st;

	if (pw_io()->stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	char *p = pw_path_resolve(path), *d = pw_path_resolve(directory);
	const bool lies = p != NULL && d != NULL && pw_paths_below(p, d) != NULL;

	free(p);
	free(d);
	return lies;
}

/* A source, as pw-read takes it: a file, a directory or a pattern. */
static int spare_source(const char *path, const char *source)
{
	if (lies_in(path, source))
		return pw_fail(PW_USAGE,
			       "--on-error: '%s' lies in '%s', which is read: rejected rows would"
			       " become data (choose another directory)",
			       path, source);
	if (same_file(path, source) ||
	    (strpbrk(source, "*?[") != NULL && fnmatch(source, path, FNM_PATHNAME) == 0))
		return pw_fail(PW_USAGE,
			       "--on-error: '%s' is a source of this pipeline (choose another file"
			       " for rejected rows)",
			       path);
	return 0;
}

/* ---- the stages upstream ---- */

static bool is_reader(const struct pw_stage *s)
{
	return strcmp(s->program, "pw-read") == 0; /* what lies upstream of it is history */
}

/* The file of rejected rows of a stage, or NULL. */
static const char *file_of(const struct pw_stage *s)
{
	static const char name[] = "--on-error=";

	for (size_t i = 0; i < s->option_count; i++)
		if (strncmp(s->options[i], name, sizeof name - 1) == 0) {
			const char *what = s->options[i] + sizeof name - 1;
			return is_policy(what) ? NULL : what;
		}
	return NULL;
}

/* Does the file spare the sources of a stage and of those upstream? */
static int spare_sources(const struct pw_stage *s, const char *path)
{
	for (size_t i = 0; i < s->option_count && is_reader(s); i++)
		if (strncmp(s->options[i], "--", 2) != 0 && spare_source(path, s->options[i]) < 0)
			return -1;
	for (size_t i = 0; i < s->input_count && !is_reader(s); i++)
		if (spare_sources(&s->inputs[i], path) < 0)
			return -1;
	return 0;
}

static bool equal_stages(const struct pw_stage *a, const struct pw_stage *b)
{
	if (strcmp(a->program, b->program) != 0 || a->option_count != b->option_count ||
	    a->input_count != b->input_count || (a->name == NULL) != (b->name == NULL) ||
	    (a->name != NULL && strcmp(a->name, b->name) != 0))
		return false;
	for (size_t i = 0; i < a->option_count; i++)
		if (strcmp(a->options[i], b->options[i]) != 0)
			return false;
	for (size_t i = 0; i < a->input_count; i++)
		if (!equal_stages(&a->inputs[i], &b->inputs[i]))
			return false;
	return true;
}

/*
 * A stage at or upstream of s, but not self, that writes rejected rows to the
 * file. The lineage shows a stage again for each way that leads to it: those are one.
 */
static const struct pw_stage *other_writer(const struct pw_stage *s, const char *path,
					   const struct pw_stage *self)
{
	const char *file = file_of(s);

	if (file != NULL && same_file(file, path) && (self == NULL || !equal_stages(s, self)))
		return s;
	for (size_t i = 0; i < s->input_count && !is_reader(s); i++) {
		const struct pw_stage *found = other_writer(&s->inputs[i], path, self);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static const struct pw_stage *writer_upstream(const struct pw_tool *t, const char *path,
					      const struct pw_stage *self)
{
	const struct pw_stage *found = NULL;

	for (size_t i = 0; i < t->input_count && found == NULL; i++)
		found = other_writer(&pw_tool_head(t, i)->stage, path, self);
	return found;
}

static int shared(const char *path, const struct pw_stage *other)
{
	return pw_fail(PW_USAGE,
		       "--on-error: '%s' is the file of %s, too: with --state each stage needs a"
		       " file of its own",
		       path, other->name != NULL ? other->name : other->program);
}

/* ---- what is there ---- */

/* The folder that the file would be made in takes files. */
static int check_folder(const char *path)
{
	char *folder = pw_mem_copy(path, strlen(path)), *slash = strrchr(folder, '/');
	const char *name = slash == NULL ? "." : slash == folder ? "/" : folder;
	int rc = 0;

	if (slash != NULL)
		*slash = '\0';
	if (name != folder ? pw_io()->access(name, W_OK | X_OK) < 0
			   : pw_io()->access(folder, W_OK | X_OK) < 0)
		rc = pw_fail_system(path);
	free(folder);
	return rc;
}

/* A file that holds something begins as rejected rows do, or else it is something dear. */
static int check_content(const char *path)
{
	static const char begin[] = "{\"reason\":";
	char have[sizeof begin - 1];
	const int fd = pw_io()->open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return pw_fail_system(path);
	const ssize_t n = pw_io_read_full(fd, have, sizeof have);
	const int saved = errno;

	pw_io()->close(fd);
	errno = saved;
	if (n < 0)
		return pw_fail_system(path);
	if (memcmp(have, begin, (size_t)n) != 0)
		return pw_fail(
			PW_USAGE,
			"--on-error: '%s' holds something else than rejected rows: it is left"
			" as it is (choose another file, or remove it)",
			path);
	return 0;
}

static int check_file(const char *path)
{
	struct stat st;

	if (pw_reject_descriptor(path) >= 0)
		return 0;
	if (pw_io()->stat(path, &st) < 0)
		return errno == ENOENT ? check_folder(path) : pw_fail_system(path);
	if (S_ISDIR(st.st_mode))
		return pw_fail(PW_USAGE, "--on-error: '%s' is a directory, expected a file", path);
	if (pw_io()->access(path, W_OK) < 0)
		return pw_fail_system(path);
	return S_ISREG(st.st_mode) ? check_content(path) : 0;
}

int pw_reject_file_check(const struct pw_tool *t, const char *path)
{
	for (int i = 0; i < t->arg_count && t->input_count == 0; i++)
		if (spare_source(path, t->args[i]) < 0) /* a reader's */
			return -1;
	for (size_t i = 0; i < t->input_count; i++)
		if (spare_sources(&pw_tool_head(t, i)->stage, path) < 0 ||
		    spare_source(path, t->inputs[i].what) < 0)
			return -1;
	if (pw_tool_has_state(t)) {
		const struct pw_stage *other = writer_upstream(t, path, NULL);
		if (other != NULL)
			return shared(path, other);
	}
	return check_file(path);
}

/* With state: two different stages at or upstream of s, seen from all inputs, with one file. */
static int check_apart(const struct pw_tool *t, const struct pw_stage *s)
{
	const char *file = file_of(s);
	const struct pw_stage *other =
		file != NULL && pw_reject_descriptor(file) < 0 ? writer_upstream(t, file, s) : NULL;

	if (other != NULL)
		return shared(file, other);
	for (size_t i = 0; i < s->input_count && !is_reader(s); i++)
		if (check_apart(t, &s->inputs[i]) < 0)
			return -1;
	return 0;
}

int pw_reject_file_spares(const struct pw_tool *t, const char *destination)
{
	const struct pw_stage *writer =
		strcmp(destination, "-") == 0 ? NULL : writer_upstream(t, destination, NULL);

	if (writer != NULL)
		return pw_fail(PW_USAGE, "%s: is the file for rejected rows of %s (--on-error)",
			       destination, writer->name != NULL ? writer->name : writer->program);
	for (size_t i = 0; i < t->input_count && pw_tool_has_state(t); i++)
		if (check_apart(t, &pw_tool_head(t, i)->stage) < 0)
			return -1;
	return 0;
}
