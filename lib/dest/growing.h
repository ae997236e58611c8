/*
 * pw_growing - a file that a line with state adds to, run after run
 *
 * A record says how long the file was at a time C, and what its first and
 * last bytes were. What a line writes after that is compared with what the
 * file holds already, and only what lies behind its end is added: a line that
 * was killed writes the same bytes again, and a kill never makes a file
 * shorter.
 *
 * Use:      open, with what the record says, or without; begin before the
 *           first byte, if there is no record: the file is as the first record
 *           is to say; add; sync and describe for a record; close.
 * Fails:    "out.csv: byte 120: ..." and the like (PW_STATE), where the file
 *           is not what the line has written; or PW_SYSTEM.
 */
#ifndef PW_DEST_GROWING_H
#define PW_DEST_GROWING_H

#include "../base/bytes.h"

#include <jansson.h>
#include <stdint.h>

PW_C_BEGIN

struct pw_growing {
	char *name; /* for messages: as the user wrote it */
	char *path; /* absolute, links followed */
	int fd;
	bool begun;
	uint64_t at;     /* so far it is what the line has written */
	uint64_t length; /* of the file */
	uint64_t added;
	bool unsynced;
	uint64_t behind; /* so far the bytes are on their way to the disk, or there */
};

/* record: what describe has made, or NULL. 0 or -1 */
int pw_growing_open(struct pw_growing *g, const char *destination, const json_t *record);

/* Creates the file; anew: empties it, else its last line gets its end. */
int pw_growing_begin(struct pw_growing *g, bool anew);

int pw_growing_add(struct pw_growing *g, const void *data, size_t n);

/* Does the file hold more than the line has written? Fails if so, for the end of a run. */
int pw_growing_whole(const struct pw_growing *g);

int pw_growing_sync(struct pw_growing *g);

/* The file as it was when it had this length; NULL: fails. */
json_t *pw_growing_describe(const struct pw_growing *g, uint64_t length);

void pw_growing_close(struct pw_growing *g);

PW_C_END

#endif
