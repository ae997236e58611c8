/*
 * pw_intern - recent texts of a vector, and their codes in its batch
 *
 * The table outlives batches (texts come again), codes do not: an entry's
 * code holds for the batch in which it was given. pw_intern is a part of
 * pw_vector, and for no one else.
 *
 * Invariants:
 *           1. used counts the places with an epoch; it is at most half of them.
 *           2. A place with an epoch, which is not above that of the table,
 *              holds a text of at most PW_INTERN_LENGTH bytes; one above 16
 *              bytes lies in pool.
 */
#ifndef PW_DATA_INTERN_INTERNAL_H
#define PW_DATA_INTERN_INTERNAL_H

#include "../base/bytes.h"

#define PW_INTERN_LENGTH 256        /* longer texts are not worth it */
#define PW_INTERN_PLACES 65536      /* at most */
#define PW_INTERN_NEW    UINT32_MAX /* the text has no code in this batch yet */

/* 32 bytes, aligned to that: a look-up touches one cache line. */
struct pw_intern_place {
	uint64_t head, tail;
	uint32_t epoch; /* batch in which code was given; 0: the place is empty */
	uint32_t hash;
	uint32_t offset; /* of a text above 16 bytes, in pool */
	uint16_t length;
	uint16_t code;
};

struct pw_intern {
	struct pw_intern_place *places;
	uint32_t mask, used;
	uint32_t epoch;
	uint32_t pause;  /* batches to go until interning is tried again */
	uint32_t paused; /* length of the last pause */
	uint64_t key[2];
	struct pw_bytes pool;
};

void pw_intern_init(struct pw_intern *t);
void pw_intern_release(struct pw_intern *t);
void pw_intern_next_batch(struct pw_intern *t);

/*
 * The code that the text has in this batch, or PW_INTERN_NEW: then it has
 * been given the code fresh.
 */
uint32_t pw_intern_code(struct pw_intern *t, const char *data, size_t length, uint32_t fresh);

#endif
