/*
 * pw_watch - which names have been touched, as the kernel tells (inotify)
 *
 * Use:      open; add directories, and single files that lie elsewhere; next
 *           until 0; wait until fd can be read.
 * Promises: none that an event comes: it may be missing (network file systems,
 *           limits, an overrun queue). So the caller must also look for itself
 *           now and then; at once and often when `blind`.
 * Lends:    the names of an event, until the next call.
 */
#ifndef PW_CONN_WATCH_H
#define PW_CONN_WATCH_H

#include "../base/bytes.h"

PW_C_BEGIN

struct pw_watch_place {
	int id;
	char *path;
};

struct pw_watch {
	int fd;                        /* -1: there is no notification */
	bool blind;                    /* not everything that was added is watched */
	bool closes;                   /* set after open: files being closed are events too */
	struct pw_watch_place *places; /* ascending by id */
	size_t count, capacity;
	char *data; /* events: from .. to */
	size_t from, to;
	size_t other; /* the event in hand goes to this place of its id next */
};

struct pw_watch_event {
	const char *place; /* as it was added; NULL: events were lost, look everywhere */
	const char *name;  /* within the directory; NULL: the place itself */
	bool grown;        /* only its bytes have changed */
	bool closed;       /* whoever wrote it has closed it, or has moved it here whole */
	bool is_directory;
};

/* poll: events are not asked for, as if the kernel had none. */
void pw_watch_open(struct pw_watch *w, bool poll);

/*
 * place: a file, or a directory, which is written as the text that stands before
 * the names in it: "logs/", or "" for the current one. Adding a place again costs
 * little; events of a directory that is added by two names come twice.
 */
void pw_watch_add(struct pw_watch *w, const char *place);

/* 1: an event; 0: none now. */
int pw_watch_next(struct pw_watch *w, struct pw_watch_event *event);

void pw_watch_close(struct pw_watch *w);

PW_C_END

#endif
