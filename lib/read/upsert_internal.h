/* pw_upsert - shared by its pieces: where the row of a key lies */
#ifndef PW_READ_UPSERT_INTERNAL_H
#define PW_READ_UPSERT_INTERNAL_H

#include "upsert.h"

/* Places of rows: chunk * PW_ROWS_MAX + row + 1; 0: there is none. */
struct pw_upsert_record {
	uint64_t before; /* the row as of the last commit */
	uint64_t now;
	uint64_t touched;
};

static inline const struct pw_batch *pw_upsert_row(const struct pw_upsert *u, uint64_t place,
						   uint32_t *row)
{
	*row = (uint32_t)((place - 1) % PW_ROWS_MAX);
	return &u->chunks[(place - 1) / PW_ROWS_MAX]->view;
}

/* Stores rows as a chunk and finds their keys' u->slots: the place before that of the first. */
uint64_t pw_upsert_store(struct pw_upsert *u, const struct pw_batch *batch);

#endif
