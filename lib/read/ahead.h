/*
 * pw_ahead - rows that have been read, and wait until the journal covers them
 *
 * Use:      open; append rows to the builder that room returns, and put them if
 *           they are to wait; batch lends the waiting rows in their order, and
 *           drop forgets them all; close.
 * Memory:   as many builders as ever waited at a time, and one.
 */
#ifndef PW_READ_AHEAD_H
#define PW_READ_AHEAD_H

#include "../data/builder.h"

struct pw_ahead {
	const struct pw_schema *schema;
	struct pw_builder **items;
	struct pw_batch *batches; /* the rows of an item that wait, perhaps not all of them */
	size_t count, capacity;   /* items that wait */
	size_t made;              /* items from count on are empty */
};

void pw_ahead_open(struct pw_ahead *a, const struct pw_schema *schema);
void pw_ahead_close(struct pw_ahead *a);

struct pw_builder *pw_ahead_room(struct pw_ahead *a); /* empty */

/* A batch of rows that lie in room waits. */
void pw_ahead_put(struct pw_ahead *a, const struct pw_batch *batch);

const struct pw_batch *pw_ahead_batch(const struct pw_ahead *a, size_t i);
void pw_ahead_drop(struct pw_ahead *a);

/* Takes rows of times below that out of a builder. */
void pw_ahead_skip(struct pw_builder *b, pw_time below);

/* The first rows (at least one) of a builder, whose runs are shortened in place. */
struct pw_batch pw_ahead_first(struct pw_builder *b, uint32_t rows);

#endif
