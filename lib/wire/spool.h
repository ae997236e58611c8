/*
 * pw_spool - bytes of an input that are read before they can be used
 *
 * An input that is ahead of another is read all the same, so that a program that
 * writes both is not blocked. The bytes of the input that is ahead wait here: in memory up to a limit that
 * all spools of a program share, then in an unlinked file.
 *
 * Use:      add at the end, take from the front; release.
 * Promises: what is taken is what was added, in order. Once bytes have gone
 *           to the file later ones do too, until the file is empty again.
 * Fails:    "spool: write: No space left on device" (PW_SYSTEM).
 */
#ifndef PW_WIRE_SPOOL_H
#define PW_WIRE_SPOOL_H

#include "../base/bytes.h"

#include <sys/types.h>

PW_C_BEGIN

/* How much the spools of a program hold in memory, and may. */
struct pw_spool_budget {
	size_t held, limit;
};

struct pw_spool_chunk;

struct pw_spool {
	struct pw_spool_budget *budget;
	struct pw_spool_chunk *first,
		*last;  /* bytes in memory, which come before those in the file */
	int fd;         /* the file, or -1 */
	off_t from, to; /* bytes of the file that are still to be taken */
};

void pw_spool_init(struct pw_spool *s, struct pw_spool_budget *budget);
void pw_spool_release(struct pw_spool *s);
bool pw_spool_empty(const struct pw_spool *s);
int pw_spool_add(struct pw_spool *s, const void *data, size_t n);

/* At most n bytes from the front; their number (0: empty), or -1. */
ssize_t pw_spool_take(struct pw_spool *s, void *data, size_t n);

PW_C_END

#endif
