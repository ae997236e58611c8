/* Where the file of a path with links lies: a log that is renamed there is looked for there. */
#include "files_internal.h"

#include "../base/io.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

char *pw_files_folder(const char *path)
{
	return pw_mem_copy(path, (size_t)(pw_paths_name(path) - path));
}

/* The folder as it would be called from the root if it had no links. */
static char *whole(const char *folder)
{
	char here[PATH_MAX];
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	if (folder[0] == '/')
		return pw_mem_copy(folder, n);
	if (getcwd(here, sizeof here) == NULL)
		return pw_mem_copy("", 0);
	return n == 0 || strcmp(folder, "./") == 0
		       ? pw_mem_print("%s", here)
		       : pw_mem_print("%s/%.*s", strcmp(here, "/") == 0 ? "" : here, (int)n,
				      folder);
}

/* Many files lie in one folder, so the last one is remembered. */
static void look_at_folder(struct pw_files *f, const char *folder)
{
	if (f->folder != NULL && strcmp(f->folder, folder) == 0)
		return;
	free(f->folder);
	free(f->folder_place);
	f->folder = pw_mem_print("%s", folder);
	f->folder_place = realpath(folder[0] == '\0' ? "." : folder, NULL);
	char *plain = whole(folder);
	if (f->folder_place != NULL && strcmp(plain, f->folder_place) == 0) {
		free(f->folder_place);
		f->folder_place = NULL;
	}
	free(plain);
}

char *pw_files_place(struct pw_files *f, const char *path)
{
	struct stat st;

	if (pw_io()->lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return realpath(path, NULL);
	char *folder = pw_files_folder(path);
	look_at_folder(f, folder);
	free(folder);
	return f->folder_place == NULL
		       ? NULL
		       : pw_mem_print("%s/%s", f->folder_place, pw_paths_name(path));
}

const char *pw_files_where(const struct pw_log *log)
{
	return log->place != NULL ? log->place : log->origin.name;
}
