/*
 * pw_ahead - rows that have been read, and wait until the journal covers them
 *
 * Use:      open; rows are appended to what room returns, and keep it; batch
 *           lends them in order, and drop forgets them all; close.
 * Memory:   as many builders as were ever kept at a time.
 */
#ifndef PW_READ_AHEAD_H
#define PW_READ_AHEAD_H

#include "../data/builder.h"

struct pw_ahead {
	const struct pw_schema *schema;
	struct pw_builder **items;
	struct pw_batch *batches; /* of those kept: some of a builder's rows */
	size_t count, capacity;
	size_t made; /* items beyond count are empty */
	uint64_t rows;
};

void pw_ahead_open(struct pw_ahead *a, const struct pw_schema *schema);
void pw_ahead_close(struct pw_ahead *a);

struct pw_builder *pw_ahead_room(struct pw_ahead *a); /* empty */

/* The first rows of room are kept. */
void pw_ahead_keep(struct pw_ahead *a, uint32_t rows);

const struct pw_batch *pw_ahead_batch(const struct pw_ahead *a, size_t i);
void pw_ahead_drop(struct pw_ahead *a);

/* Takes away rows of times below that. */
void pw_ahead_skip(struct pw_builder *b, pw_time below);

/* The first rows of a batch; its runs are shortened in place. */
struct pw_batch pw_ahead_first(struct pw_builder *b, uint32_t rows);

#endif
