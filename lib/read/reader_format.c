#include "../base/io.h"
#include "../base/near.h"
#include "reader.h"

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

int pw_reader_guess(struct pw_reader *r)
{
	for (size_t i = 0; i < r->path_count; i++) {
		const char *path = r->paths[i];
		if (strcmp(path, "-") == 0)
			return pw_fail(PW_USAGE,
				       "stdin: say its format with -f csv, tsv, jsonl, lines,"
				       " file or pws");
		const struct pw_parser_kind *kind = pw_parser_kind_of_path(path);
		if (i > 0 && kind != r->kind)
			return pw_fail(PW_USAGE, "%s is %s and %s is %s: say which with -f",
				       r->paths[0], r->kind->name, path, kind->name);
		r->kind = kind;
	}
	if (r->kind == NULL) /* there are no files: any will do */
		r->kind = &pw_csv;
	return 0;
}
