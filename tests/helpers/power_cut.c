/*
 * power_cut - what is left of a folder when the power goes
 *
 *   power_cut ROOT IMAGE
 *
 * The first time, when there is no IMAGE: makes it, all of ROOT being on disk. Then programs run
 * with fault.so and FAULT_DISK=ROOT:IMAGE, are killed, and power_cut makes of ROOT what had been
 * synced by then (image.h), which is the state that the next run begins with.
 */
#include "image.h"

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "power_cut: %s: %s\n", what, strerror(errno));
	exit(5);
}

static void join(char into[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(into, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		die(name);
	}
}

/* Calls each for the names of a folder, which may go while it runs. */
static void walk(const struct image *m, const char *folder,
		 void (*each)(const struct image *, const char *))
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		die(folder);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		join(path, folder, entry->d_name);
		each(m, path);
	}
	closedir(dir);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void take(const struct image *m, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return;
	if (image_sync(m, path) < 0)
		die(path);
	if (is_folder(path))
		walk(m, path, take);
}

static void discard(const struct image *m, const char *path)
{
	if (is_folder(path))
		walk(m, path, discard);
	if (remove(path) < 0)
		die(path);
}

static void rebuild(const struct image *m, const char *key, const char *path);

/* A line of a folder's: `KEY MODE NAME`. */
static void rebuild_line(const struct image *m, const char *line, const char *folder)
{
	char key[40], name[NAME_MAX + 1], path[PATH_MAX];
	unsigned mode;

	if (sscanf(line, "%39s %o %255[^\n]", key, &mode, name) != 3) {
		errno = EINVAL;
		die(line);
	}
	join(path, folder, name);
	if (S_ISDIR(mode)) {
		if (mkdir(path, 0700) < 0)
			die(path);
		rebuild(m, key, path);
	} else if (S_ISREG(mode)) {
		char saved[PATH_MAX];
		join(saved, m->folder, key);
		FILE *to = fopen(path, "wx"), *from = fopen(saved, "r");
		if (to == NULL || (from == NULL && errno != ENOENT) ||
		    (from != NULL && image_copy(from, to) < 0) || fclose(to) != 0)
			die(path);
		if (from != NULL)
			fclose(from);
	} else {
		return;
	}
	if (chmod(path, mode & 07777) < 0)
		die(path);
}

static void rebuild(const struct image *m, const char *key, const char *path)
{
	char saved[PATH_MAX], *line = NULL;
	size_t size = 0;

	join(saved, m->folder, key);
	FILE *from = fopen(saved, "r");
	if (from == NULL && errno != ENOENT)
		die(saved);
	while (from != NULL && getline(&line, &size, from) > 0)
		rebuild_line(m, line, path);
	free(line);
	if (from != NULL)
		fclose(from);
}

int main(int argc, char **argv)
{
	struct image m = {0};

	if (argc != 3) {
		fprintf(stderr, "usage: power_cut ROOT IMAGE\n");
		return 2;
	}
	if (realpath(argv[1], m.root) == NULL)
		die(argv[1]);
	if (mkdir(argv[2], 0700) < 0 && errno != EEXIST)
		die(argv[2]);
	if (realpath(argv[2], m.folder) == NULL)
		die(argv[2]);
	char root[PATH_MAX];
	join(root, m.folder, "root");
	if (access(root, F_OK) == 0) {
		walk(&m, m.root, discard);
		rebuild(&m, "root", m.root);
		walk(&m, m.folder, discard);
	}
	take(&m, m.root);
	return 0;
}
