/*
 * pw_timeline - the rows of a lookup, those of each key in the order of their times
 *
 * Use:      beside a lookup whose `listed` is set: per batch add, before the
 *           batch is added to the lookup; finish, after pw_lookup_finish; then
 *           find. The rows found are t->ids[from] to t->ids[to - 1], numbers of
 *           the lookup's rows.
 * Promises: rows of one key and one time are in the order of the table. Where
 *           finds of a key come with rising times, each takes a few steps; else
 *           logarithmic time.
 * Memory:   12 bytes per row, 4 per key.
 */
#ifndef PW_STATE_TIMELINE_H
#define PW_STATE_TIMELINE_H

#include "../data/reach.h"
#include "lookup.h"

PW_C_BEGIN

struct pw_timeline {
	pw_place *places; /* per row of the lookup; after finish, beside ids */
	size_t capacity;
	const uint32_t *first; /* the lookup's: where a slot begins in ids */
	uint32_t *ids;         /* the lookup's */
	uint32_t *hints;       /* per slot: where the last find began */
};

/* The places of the rows of a batch that the lookup is given next. */
void pw_timeline_add(struct pw_timeline *t, const struct pw_lookup *l, const pw_place *places,
		     uint32_t count);
void pw_timeline_finish(struct pw_timeline *t, const struct pw_lookup *l);

/* The rows of a slot whose times are in the range: [*from, *to). */
void pw_timeline_find(struct pw_timeline *t, uint32_t slot, struct pw_places range, uint32_t *from,
		      uint32_t *to);

size_t pw_timeline_bytes(const struct pw_timeline *t, const struct pw_lookup *l);
void pw_timeline_release(struct pw_timeline *t);

PW_C_END

#endif
