/*
 * pw_paths - what SOURCE arguments stand for: files, in order
 *
 * A file stands for itself, "-" for standard input; a directory for all files
 * below it, at any depth; a pattern (* ? [) for all that match, sorted by
 * their bytes. Files found in a directory or by a pattern are left out when
 * their name begins with '.' or ends in '~', '.tmp', '.part' or '.swp'.
 *
 * A file that has several names, by links of either kind, is read once: it has
 * the first of the names that are found.
 *
 * Use:      a struct of zeroes whose options are set; add; release.
 * Fails:    "PATH: No such file or directory" (PW_SYSTEM), "'PATTERN' matches
 *           no file" (PW_SYSTEM). A directory without files is no failure: it
 *           adds none. A link that leads nowhere is a failure, even if live, for
 *           its file is missing; unless follow is set, and the file may come yet.
 */
#ifndef PW_CONN_PATHS_H
#define PW_CONN_PATHS_H

#include "../base/bytes.h"
#include "../base/fail.h"

PW_C_BEGIN

struct pw_paths_inode {
	uint64_t device, inode;
	bool used;
};

/* The files that have been found: an open table, at most half full. */
struct pw_paths_inodes {
	struct pw_paths_inode *slots;
	size_t count, capacity; /* a power of two, or 0 */
};

struct pw_paths {
	char **items;
	size_t count, capacity;
	bool live;   /* files may come and go: that is no failure, nor is a pattern without files */
	bool follow; /* links that lead nowhere yet are left out */
	char *nowhere;                /* the first of those links */
	struct pw_paths_inodes found; /* regular files */
	size_t names;                 /* of files, second names counted as well */
	struct pw_paths
		*places; /* lent: takes the directories that were listed; NULL: they are not told */
};

int pw_paths_add(struct pw_paths *p, const char *source);

/*
 * A path that a directory has listed can't be seen; errno says why. 0: it has
 * gone; 1: it is a link that leads nowhere, but may yet, since follow is set; -1
 */
int pw_paths_unseen(const char *path, bool follow);

void pw_paths_release(struct pw_paths *p);

/* Forgets the paths, but not which files have been found. */
void pw_paths_clear(struct pw_paths *p);

/* The directory in which a source is looked for: itself, or the part of a pattern before its first magic name. */
char *pw_paths_root(const char *source);

/* The rest of a path that lies below directory; NULL: it does not. */
const char *pw_paths_below(const char *path, const char *directory);

/*
 * An earlier run has read a file in root, from that device. 0; -1 (PW_SYSTEM):
 * root is not there, or is the empty place where another file system was mounted
 * then, so that the files of root need not have gone.
 */
int pw_paths_rooted(const char *root, const char *file, uint64_t device);

/* Is nothing there any more that a source stands for? Directories below it are not looked into. */
bool pw_paths_gone(const char *source);

/*
 * Would the source, looked at again, stand for this file as well? It need not
 * be there yet.
 */
bool pw_paths_take(const char *source, const char *path);

/* The last name in a path. */
const char *pw_paths_name(const char *path);

/* Sorts paths by their bytes. */
void pw_paths_sort(char **paths, size_t count);

/* Does a pattern's character stand among the first n of the text? */
bool pw_paths_magic(const char *text, size_t n);

/* Is it a name that directories and patterns leave out? */
bool pw_paths_hidden(const char *name);

PW_C_END

#endif
