/*
 * pw_dest - what the kinds of destination share
 */
#ifndef PW_DEST_DEST_INTERNAL_H
#define PW_DEST_DEST_INTERNAL_H

#include "../base/fail.h"
#include "../base/io.h"
#include "dest.h"
#include "squeeze.h"

/* "NAME: WHAT: errno's text" */
int pw_dest_fail(const struct pw_dest *d, const char *what);

/* Writes to the descriptor. */
int pw_dest_put(struct pw_dest *d, const void *data, size_t n);

/* Syncs the descriptor, if asked to, and closes it. */
int pw_dest_close(struct pw_dest *d, bool sync);

/* The last line of a file of this length gets an end, if it has none: 1; 0: it had one; or -1. */
int pw_dest_end_line(const struct pw_dest *d, int fd, uint64_t length);

/* ---- bytes that are compressed on the way, if the name says so: pack.c ---- */

struct pw_dest_pack {
	struct pw_squeeze squeeze;
	struct pw_bytes out;
};

void pw_dest_pack_open(struct pw_dest_pack *p, const char *name);
int pw_dest_pack_write(struct pw_dest_pack *p, struct pw_dest *d, const void *data, size_t n);
int pw_dest_pack_flush(struct pw_dest_pack *p, struct pw_dest *d);
int pw_dest_pack_end(struct pw_dest_pack *p, struct pw_dest *d);
void pw_dest_pack_release(struct pw_dest_pack *p);

/* ---- bytes that wait in a file beside the one that they are for: beside.c ---- */

/*
 * temp is in the directory of path, has a name that ends in .tmp, and the mode
 * of the file at path. It is NULL, and d.hidden false, once what was written
 * is visible: from then on d.fd is the file at path itself.
 */
struct pw_dest_beside {
	struct pw_dest d;
	char *path; /* links followed */
	char *temp;
	struct pw_dest_pack pack;
	uint64_t bytes; /* written, before compression */
};

/* The kinds' functions. */
int pw_dest_beside_open(struct pw_dest *d);
int pw_dest_beside_write(struct pw_dest *d, const void *data, size_t n);
void pw_dest_beside_drop(struct pw_dest *d);

/* The sync of both kinds: publish makes the hidden bytes visible. */
int pw_dest_beside_sync(struct pw_dest_beside *b, enum pw_dest_sync how,
			int (*publish)(struct pw_dest_beside *b));

/* For publish: what was written is visible, and nothing has the name temp any more. */
void pw_dest_beside_shown(struct pw_dest_beside *b);

#endif
