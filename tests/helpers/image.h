/*
 * image - what a disk would hold if the power went now
 *
 * A folder IMAGE beside a folder ROOT holds what of ROOT has been synced: a
 * file's bytes since fsync of it, a folder's names since fsync of the folder,
 * nothing else. So a new name is lost without fsync of its folder, and a file
 * that is named but was never synced is empty. (Harsher than most file systems,
 * and all that POSIX promises.)
 *
 * IMAGE/KEY: of a file its bytes; of a folder a line per name, `KEY MODE NAME`. A KEY is the
 * inode's number and time of birth, in hex; ROOT's is "root". Names hold no newlines.
 */
#ifndef PW_TESTS_IMAGE_H
#define PW_TESTS_IMAGE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
	char root[PATH_MAX], folder[PATH_MAX]; /* absolute */
};

struct image_key {
	char text[40];
	unsigned mode;
};

static inline int image_key(const struct image *m, const char *path, struct image_key *key)
{
	struct statx s;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_MODE | STATX_BTIME, &s) <
	    0)
		return -1;
	key->mode = s.stx_mode;
	if (strcmp(path, m->root) == 0)
		strcpy(key->text, "root");
	else
		snprintf(key->text, sizeof key->text, "%llx.%llx.%x", (unsigned long long)s.stx_ino,
			 (unsigned long long)s.stx_btime.tv_sec, s.stx_btime.tv_nsec);
	return 0;
}

static inline int image_copy(FILE *from, FILE *to)
{
	char block[65536];
	size_t n;

	while ((n = fread(block, 1, sizeof block, from)) > 0)
		fwrite(block, 1, n, to);
	return ferror(from) || ferror(to) ? -1 : 0;
}

static inline int image_list(const struct image *m, const char *path, FILE *to)
{
	char name[2 * PATH_MAX];
	struct image_key key;
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (image_key(m, name, &key) == 0)
			fprintf(to, "%s %o %s\n", key.text, key.mode, entry->d_name);
	}
	closedir(dir);
	return 0;
}

/* ROOT's file or folder of this path is on disk as it is now; 0, or -1 with errno. */
static inline int image_sync(const struct image *m, const char *path)
{
	char part[PATH_MAX + 100], whole[PATH_MAX + 50];
	struct image_key key;
	int result;

	if (image_key(m, path, &key) < 0)
		return -1;
	snprintf(whole, sizeof whole, "%s/%s", m->folder, key.text);
	snprintf(part, sizeof part, "%s.part%d", whole, (int)getpid());
	FILE *to = fopen(part, "w"), *from = NULL;
	if (to == NULL)
		return -1;
	if (S_ISDIR(key.mode))
		result = image_list(m, path, to);
	else
		result = (from = fopen(path, "r")) == NULL ? -1 : image_copy(from, to);
	if (from != NULL)
		fclose(from);
	if (fclose(to) != 0 || result < 0)
		return -1;
	return rename(part, whole);
}

/* Is the path ROOT or below it? */
static inline bool image_holds(const struct image *m, const char *path)
{
	const size_t n = strlen(m->root);

	return strncmp(path, m->root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

#endif
