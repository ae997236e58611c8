#include "../base/io.h"
#include "../base/near.h"
#include "reader.h"

#include <fcntl.h>
#include <strings.h>

static int unknown(const char *name)
{
	static const char *const names[] = {"csv", "tsv", "jsonl", "lines", "file", "pws"};
	struct stat st;
	const char *near = pw_near(name, strlen(name), names, sizeof names / sizeof *names);

	if (pw_io()->stat(name, &st) == 0 || strchr(name, '.') != NULL || strchr(name, '/') != NULL)
		return pw_fail(PW_USAGE, "'%s' is not a format (did you mean -F %s?)", name, name);
	if (near != NULL)
		return pw_fail(PW_USAGE, "'%s' is not a format (did you mean '%s'?)", name, near);
	return pw_fail(PW_USAGE, "'%s' is not a format: csv, tsv, jsonl, lines, file, pws", name);
}

int pw_reader_format(struct pw_reader *r, const char *name)
{
	r->kind = pw_parser_kind_named(name);
	if (r->kind != NULL)
		return 0;
	return strcasecmp(name, "pws") == 0 ? 1 : unknown(name);
}

bool pw_reader_stored(const struct pw_reader *r)
{
	const char *path = r->path_count > 0 ? r->paths[0] : "";
	const size_t n = strlen(path);

	return n > 4 && strcasecmp(path + n - 4, ".pws") == 0;
}

/* A pattern of the files in its directory that end as it does. */
static void add_pattern(struct pw_bytes *b, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');

	if (slash == NULL || dot == NULL || dot < slash) {
		pw_magic_add_word(b, path);
		return;
	}
	pw_bytes_print(b, "'%.*s/*%s'", (int)(slash - path), path, dot);
}

static int fail_mixed(const struct pw_reader *r, size_t i)
{
	const char *a = r->paths[0], *b = r->paths[i];
	const struct pw_parser_kind *other = pw_parser_kind_of_path(b);
	/* the advice is for the one that has columns */
	const char *kept = r->kind == &pw_lines ? b : a;
	struct pw_bytes pattern = {0};

	add_pattern(&pattern, kept);
	pw_fail(PW_USAGE,
		"%s is %s and %s is %s: read those of one format, as with %s, or say which all are"
		" with -f",
		a, r->kind->name, b, other->name, pw_bytes_string(&pattern));
	pw_bytes_release(&pattern);
	return -1;
}

/*
 * A name that says that the file is of another format. If its bytes say so too,
 * the parser names it when it has seen them.
 */
static int check_name(const char *path)
{
	const struct pw_magic *m = pw_magic_of_path(path);
	char first[PW_MAGIC_BYTES];
	ssize_t n = 0;

	if (m == NULL)
		return 0;
	const int fd = pw_io()->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	if (fd >= 0) {
		n = pw_io_read(fd, first, sizeof first);
		pw_io()->close(fd);
	}
	struct pw_bytes b = {0};
	const bool named = pw_magic_is_nested(m);
	if (n > 0 && pw_magic_of(first, (size_t)n) == NULL && !named) {
		pw_bytes_print(&b,
			       "%s: its name says %s, and its bytes do not: say what it is with -f",
			       path, m->name);
	} else if (named || n <= 0) {
		pw_bytes_print(&b, "%s: %s is not read: ", path, m->name);
		pw_magic_advice(m, path, PW_UNPACKED, "csv", &b);
	}
	const int rc = b.length > 0 ? pw_fail(PW_USAGE, "%s", pw_bytes_string(&b)) : 0;
	pw_bytes_release(&b);
	return rc;
}

int pw_reader_guess(struct pw_reader *r)
{
	for (size_t i = 0; i < r->path_count; i++) {
		const char *path = r->paths[i];
		if (strcmp(path, "-") == 0)
			return pw_fail(PW_USAGE,
				       "stdin: say its format with -f csv, tsv, jsonl, lines,"
				       " file or pws");
		const struct pw_parser_kind *kind = pw_parser_kind_of_path(path);
		if (check_name(path) < 0)
			return -1;
		if (i > 0 && kind != r->kind)
			return fail_mixed(r, i);
		r->kind = kind;
	}
	if (r->kind == NULL) /* there are no files: any will do */
		r->kind = &pw_csv;
	return 0;
}
