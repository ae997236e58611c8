/*
 * pw_dirty - which keys of an arrangement have changed since they were saved
 *
 * Use:      init (the arrangement is lent); pw_dirty_mark per key that may
 *           have changed, pw_dirty_drop instead of pw_arrangement_drop; to
 *           save, walk; clear. Nothing is noted until on is set.
 * Promises: a walk of a delta meets each live key that was marked, once;
 *           pw_dirty_gone meets each marked key that was dropped. A key that
 *           was dropped and came again is met by both, and is there.
 * Memory:   a byte per slot, 4 bytes per marked key, a dropped key's bytes.
 *           When dropped keys take more than the keys that are left, they are
 *           released, and the next checkpoint must be full.
 */
#ifndef PW_STATE_DIRTY_H
#define PW_STATE_DIRTY_H

#include "arrangement.h"
#include "checkpointer.h"

PW_C_BEGIN

struct pw_dirty {
	bool on; /* changes are noted */
	struct pw_arrangement *keys;
	uint8_t *marks;     /* by slot: generation, if the slot is in slots */
	uint8_t generation; /* another one after each clear, never 0 */
	size_t mark_capacity;
	uint32_t *slots;
	size_t count, capacity;
	struct pw_bytes gone; /* of dropped keys: the length, 4 bytes, and the bytes */
	bool lost;            /* gone has been released */
};

void pw_dirty_init(struct pw_dirty *d, struct pw_arrangement *keys);
void pw_dirty_release(struct pw_dirty *d);

void pw_dirty_add(struct pw_dirty *d, uint32_t slot); /* pw_dirty_mark where on is set */

static inline void pw_dirty_mark(struct pw_dirty *d, uint32_t slot)
{
	if (d->on)
		pw_dirty_add(d, slot);
}

/* Drops the slot from the arrangement; the key is remembered if it was marked. */
void pw_dirty_drop(struct pw_dirty *d, uint32_t slot);

enum pw_checkpointer_change pw_dirty_changed(const struct pw_dirty *d);
void pw_dirty_clear(struct pw_dirty *d); /* all changes have been saved */

/* The next live slot, of all keys or of the marked ones; false after the last. *at begins as 0. */
bool pw_dirty_walk(const struct pw_dirty *d, bool all, size_t *at, uint32_t *slot);

/* The next key that was dropped; false after the last. *at begins as 0. */
bool pw_dirty_gone(const struct pw_dirty *d, size_t *at, struct pw_slice *key);

PW_C_END

#endif
