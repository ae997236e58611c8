/*
 * pw_tracked - which tracked files there are, and what they look like
 *
 * Each look takes in the events of the kernel, and looks at the files that are
 * not at rest; now and then it looks at all files there are.
 *
 * Use:      a struct of zeroes whose options are set; open; add files that
 *           earlier runs have read; look, again and again; release.
 * Lends:    files, until forget or release.
 * Fails:    PW_SYSTEM: a source is not there at the first look, or can't be seen;
 *           PW_USAGE: it is named, and no regular file.
 */
#ifndef PW_CONN_TRACKED_H
#define PW_CONN_TRACKED_H

#include "connector.h"
#include "paths.h"
#include "watch.h"

#include <sys/stat.h>

PW_C_BEGIN

enum { PW_TRACKED_REST_MS = 100, PW_TRACKED_LOOK_MS = 1000 };

/* The state of a file at a look. */
struct pw_tracked_look {
	uint64_t device, inode, size;
	int64_t modified, changed; /* ns: of the bytes; of anything */
};

struct pw_tracked_file {
	struct pw_origin origin;     /* first */
	struct pw_tracked_look read; /* when it was read last */
	bool live;                   /* it has been read: the reader has its rows */
	struct pw_tracked_look seen; /* at the last look */
	int64_t since; /* ns of the monotonic clock: since when it has looked so; 0: it was not there */
	int64_t rest;   /* ns for which it must look the same before it is read */
	bool closed;    /* its writer has closed it since it was read */
	bool changing;  /* the reader's: it has changed, and is not at rest */
	bool hasty;     /* it was read within a tick of its last change */
	uint64_t sweep; /* the last one that has found it */
};

struct pw_tracked {
	const struct pw_connector_options *options; /* lent */
	struct pw_tracked_file **files;             /* ascending by path */
	size_t count, capacity;
	struct pw_watch watch;
	uint64_t sweep;        /* how many times all has been looked at */
	int64_t sweep_next;    /* when all is to be looked at again, at the latest */
	int64_t sweep_least;   /* when it may be, at the earliest */
	bool due;              /* all is to be looked at as soon as it may be */
	struct pw_paths whole; /* new names that hold whole files */
};

void pw_tracked_open(struct pw_tracked *t);
void pw_tracked_release(struct pw_tracked *t);

struct pw_tracked_look pw_tracked_look_of(const struct stat *st);
bool pw_tracked_same(const struct pw_tracked_look *a, const struct pw_tracked_look *b);
/* Adds the file, or finds it. */
struct pw_tracked_file *pw_tracked_add(struct pw_tracked *t, const char *path);

/* 0 or -1 */
int pw_tracked_look(struct pw_tracked *t);

/* Forgets files that have gone and of which END has been said. */
void pw_tracked_forget(struct pw_tracked *t);

PW_C_END

#endif
