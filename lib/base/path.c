#include "path.h"
#include "mem.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Where a link whose own path is resolved leads; NULL: it is none, or can't be read. */
static char *link_target(const char *path)
{
	char target[PATH_MAX];
	const ssize_t n = readlink(path, target, sizeof target - 1);

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	return target[0] == '/'
		       ? pw_mem_print("%s", target)
		       : pw_mem_print("%.*s%s", (int)(last_name(path) - path), path, target);
}

/* The path in its folder, which is there; NULL: it is not. */
static char *in_folder(const char *path)
{
	const char *name = last_name(path);
	char *folder =
		name == path ? pw_mem_print(".") : pw_mem_print("%.*s", (int)(name - path), path);
	char *parent = realpath(folder, NULL);
	char *whole = parent == NULL
			      ? NULL
			      : pw_mem_print("%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);

	free(folder);
	free(parent);
	return whole;
}

char *pw_path_resolve(const char *path)
{
	enum { LINKS_MAX = 40 };
	char *whole = realpath(path, NULL);

	if (whole == NULL && errno == ENOMEM)
		pw_mem_exhausted();
	char *next = pw_mem_print("%s", path);

	for (int i = 0; i < LINKS_MAX && whole == NULL && next != NULL; i++) {
		char *link = in_folder(next);
		free(next);
		next = link == NULL ? NULL : link_target(link);
		if (next == NULL)
			whole = link;
		else
			free(link);
	}
	free(next);
	return whole;
}
