#include "aside_file.h"
#include "../base/io.h"
#include "../base/path.h"
#include "../conn/paths.h"
#include "reject.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int pw_aside_descriptor(const char *path)
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

bool pw_aside_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0 ||
	       pw_aside_descriptor(path) == STDOUT_FILENO;
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
static int spare_source(const struct pw_aside_kind *kind, const char *path, const char *source)
{
	if (lies_in(path, source))
		return pw_fail(PW_USAGE,
			       "%s: '%s' lies in '%s', which is read: %s would become data"
			       " (choose another directory)",
			       kind->option, path, source, kind->rows);
	if (same_file(path, source) ||
	    (strpbrk(source, "*?[") != NULL && fnmatch(source, path, FNM_PATHNAME) == 0))
		return pw_fail(PW_USAGE,
			       "%s: '%s' is a source of this pipeline (choose another file for %s)",
			       kind->option, path, kind->rows);
	return 0;
}

/* ---- the stages upstream ---- */

static bool is_reader(const struct pw_stage *s)
{
	return strcmp(s->program, "pw-read") == 0; /* what lies upstream of it is history */
}

static const struct pw_aside_kind *const kinds[] = {&pw_aside_rejected, &pw_aside_late};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The file that a stage writes such rows to, or NULL. */
static const char *file_of(const struct pw_stage *s, const struct pw_aside_kind *kind)
{
	const size_t n = strlen(kind->option);

	for (size_t i = 0; i < s->option_count; i++)
		if (strncmp(s->options[i], kind->option, n) == 0 && s->options[i][n] == '=') {
			const char *what = s->options[i] + n + 1;
			return kind == &pw_aside_rejected && pw_reject_is_policy(what) ? NULL
										       : what;
		}
	return NULL;
}

/* Does the file spare the sources of a stage and of those upstream? */
static int spare_sources(const struct pw_aside_kind *kind, const struct pw_stage *s,
			 const char *path)
{
	for (size_t i = 0; i < s->option_count && is_reader(s); i++)
		if (strncmp(s->options[i], "--", 2) != 0 &&
		    spare_source(kind, path, s->options[i]) < 0)
			return -1;
	for (size_t i = 0; i < s->input_count && !is_reader(s); i++)
		if (spare_sources(kind, &s->inputs[i], path) < 0)
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

/* A stage, and the kind of rows that it writes to a file. */
struct writer {
	const struct pw_stage *stage; /* NULL: none */
	const struct pw_aside_kind *kind;
};

/*
 * A stage at or upstream of s, but not self, that writes rows that it leaves
 * out to the file. The lineage shows a stage again for each way that leads to it:
 * those are one.
 */
static struct writer other_writer(const struct pw_stage *s, const char *path,
				  const struct pw_stage *self)
{
	struct writer found = {0};

	for (size_t k = 0; k < KINDS; k++) {
		const char *file = file_of(s, kinds[k]);

		if (file != NULL && same_file(file, path) &&
		    (self == NULL || !equal_stages(s, self)))
			return (struct writer){s, kinds[k]};
	}
	for (size_t i = 0; i < s->input_count && !is_reader(s) && found.stage == NULL; i++)
		found = other_writer(&s->inputs[i], path, self);
	return found;
}

static struct writer writer_upstream(const struct pw_tool *t, const char *path,
				     const struct pw_stage *self)
{
	struct writer found = {0};

	for (size_t i = 0; i < t->input_count && found.stage == NULL; i++)
		found = other_writer(&pw_tool_head(t, i)->stage, path, self);
	return found;
}

static const char *name_of(const struct pw_stage *s)
{
	return s->name != NULL ? s->name : s->program;
}

/* May two stages write to one file, the one rows of this kind, the other of that? */
static bool may_share(const struct pw_tool *t, const struct pw_aside_kind *kind,
		      const struct writer *other)
{
	return kind == other->kind && kind->shared && !pw_tool_has_state(t);
}

static int shared(const struct pw_aside_kind *kind, const char *path, const struct writer *other)
{
	return pw_fail(PW_USAGE, "%s: '%s' is the file of %s, too: %s needs a file of its own",
		       kind->option, path, name_of(other->stage),
		       kind->shared && kind == other->kind ? "with --state each stage"
							   : "each stage");
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

/* A file that holds something begins as such rows do, or else it is something dear. */
static int check_content(const struct pw_aside_kind *kind, const char *path, struct pw_slice begin)
{
	struct pw_bytes have = {0};
	const int fd = pw_io()->open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return pw_fail_system(path);
	const ssize_t n = pw_io_read_full(fd, pw_bytes_room(&have, begin.length), begin.length);
	const int saved = errno;
	const bool good = n >= 0 && memcmp(have.data, begin.data, (size_t)n) == 0;

	pw_bytes_release(&have);
	pw_io()->close(fd);
	errno = saved;
	if (n < 0)
		return pw_fail_system(path);
	if (!good)
		return pw_fail(PW_USAGE,
			       "%s: '%s' holds something else than %s%s: it is left as it is"
			       " (choose another file, or remove it)",
			       kind->option, path, kind->rows,
			       kind->csv ? " of this stage's columns" : "");
	return 0;
}

static int check_file(const struct pw_aside_kind *kind, const char *path, struct pw_slice begin)
{
	struct stat st;

	if (pw_aside_descriptor(path) >= 0)
		return 0;
	if (pw_io()->stat(path, &st) < 0)
		return errno == ENOENT ? check_folder(path) : pw_fail_system(path);
	if (S_ISDIR(st.st_mode))
		return pw_fail(PW_USAGE, "%s: '%s' is a directory, expected a file", kind->option,
			       path);
	if (pw_io()->access(path, W_OK) < 0)
		return pw_fail_system(path);
	return S_ISREG(st.st_mode) ? check_content(kind, path, begin) : 0;
}

/* The files that the stage itself has open are others. */
static int check_own(const struct pw_tool *t, const struct pw_aside_kind *kind, const char *path)
{
	for (const struct pw_aside *a = t->asides; a != NULL; a = a->next)
		if (same_file(path, a->path))
			return pw_fail(PW_USAGE,
				       "%s: '%s' is the file for %s, too (choose another)",
				       kind->option, path, a->kind->rows);
	return 0;
}

int pw_aside_file_check(const struct pw_tool *t, const struct pw_aside_kind *kind, const char *path,
			struct pw_slice begin)
{
	for (int i = 0; i < t->arg_count && t->input_count == 0; i++)
		if (spare_source(kind, path, t->args[i]) < 0) /* a reader's */
			return -1;
	for (size_t i = 0; i < t->input_count; i++)
		if (spare_sources(kind, &pw_tool_head(t, i)->stage, path) < 0 ||
		    spare_source(kind, path, t->inputs[i].what) < 0)
			return -1;
	struct writer other = {0};

	if (pw_aside_descriptor(path) < 0) /* its number says nothing in another process */
		other = writer_upstream(t, path, NULL);
	if (other.stage != NULL && !may_share(t, kind, &other))
		return shared(kind, path, &other);
	return check_own(t, kind, path) < 0 ? -1 : check_file(kind, path, begin);
}

/* Two different stages at or upstream of s, seen from all inputs, with one file that they may not share. */
static int check_apart(const struct pw_tool *t, const struct pw_stage *s)
{
	for (size_t k = 0; k < KINDS; k++) {
		const char *file = file_of(s, kinds[k]);
		struct writer other = {0};

		if (file != NULL && pw_aside_descriptor(file) < 0)
			other = writer_upstream(t, file, s);
		if (other.stage != NULL && !may_share(t, kinds[k], &other))
			return shared(kinds[k], file, &other);
	}
	for (size_t i = 0; i < s->input_count && !is_reader(s); i++)
		if (check_apart(t, &s->inputs[i]) < 0)
			return -1;
	return 0;
}

int pw_aside_file_spares(const struct pw_tool *t, const char *destination)
{
	struct writer writer = {0};

	if (strcmp(destination, "-") != 0)
		writer = writer_upstream(t, destination, NULL);
	if (writer.stage != NULL)
		return pw_fail(PW_USAGE, "%s: is the file for %s of %s (%s)", destination,
			       writer.kind->rows, name_of(writer.stage), writer.kind->option);
	for (size_t i = 0; i < t->input_count; i++)
		if (check_apart(t, &pw_tool_head(t, i)->stage) < 0)
			return -1;
	return 0;
}
