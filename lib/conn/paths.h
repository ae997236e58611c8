/*
 * pw_paths - what SOURCE arguments stand for: files, in order
 *
 * A file stands for itself, "-" for standard input; a directory for all files
 * below it, at any depth; a pattern (* ? [) for all that match, sorted by
 * their bytes. Files found in a directory or by a pattern are left out when
 * their name begins with '.' or ends in '~', '.tmp', '.part' or '.swp'.
 *
 * Fails:    "PATH: No such file or directory" (PW_SYSTEM), "'PATTERN' matches
 *           no file" (PW_SYSTEM). A directory without files is no failure: it
 *           adds none. A link that leads nowhere is one, even if live: what it
 *           stands for is missing; but not where what is followed may come yet.
 */
#ifndef PW_CONN_PATHS_H
#define PW_CONN_PATHS_H

#include "../base/bytes.h"
#include "../base/fail.h"

PW_C_BEGIN

struct pw_paths {
	char **items;
	size_t count, capacity;
	bool live; /* what comes and goes meanwhile is no failure, nor is a pattern without files */
	bool follow;   /* links that lead nowhere yet are left out */
	char *nowhere; /* the first of them */
	struct pw_paths
		*places; /* lent: takes the directories that were listed; NULL: nobody asks */
};

int pw_paths_add(struct pw_paths *p, const char *source);

/*
 * A path that a directory has listed can't be seen, says errno: 0, it has gone;
 * 1, it is a link that leads nowhere, and may yet if we follow; or fails.
 */
int pw_paths_unseen(const char *path, bool follow);

void pw_paths_release(struct pw_paths *p);

/* The directory that a source is looked for in: itself, or what is in front of a pattern's first. */
char *pw_paths_root(const char *source);

/* Is path below directory? Then what follows it; else NULL. */
const char *pw_paths_below(const char *path, const char *directory);

/*
 * A file in root has been read by an earlier run, from that device. 0, or fails
 * (PW_SYSTEM) if root is not there, or is the empty place where another file
 * system was mounted then: its files have not gone for that.
 */
int pw_paths_rooted(const char *root, const char *file, uint64_t device);

/*
 * Would the source, looked at again, stand for this file as well? It need not
 * be there yet.
 */
bool pw_paths_take(const char *source, const char *path);

/* Is it a name that directories and patterns leave out? */
bool pw_paths_hidden(const char *name);

PW_C_END

#endif
