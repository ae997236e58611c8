/*
 * pw_dirty - which keys of an arrangement have changed since they were saved
 *
 * Use:      init (the arrangement is lent); pw_dirty_mark per key that may
 *           have changed, pw_dirty_drop instead of pw_arrangement_drop; to
 *           save, walk; clear. Nothing is noted until on is set.
 * Promises: a delta's walk meets each live key that was marked once, and
 *           pw_dirty_gone each marked key that was dropped (it may be there
 *           again: then it is among both, and is to be taken as there).
 * Memory:   a byte per slot, 4 bytes per marked key, a dropped key's bytes.
 *           When those outgrow the keys that are left they are let go, and
 *           only a full save will do.
 */
#ifndef PW_STATE_DIRTY_H
#define PW_STATE_DIRTY_H

#include "arrangement.h"
#include "checkpointer.h"

PW_C_BEGIN

struct pw_dirty {
	bool on;
	struct pw_arrangement *keys;
	uint8_t *marks;     /* by slot; generation: it is in slots */
	uint8_t generation; /* from clear to clear another one, never 0 */
	size_t mark_capacity;
	uint32_t *slots;
	size_t count, capacity;
	struct pw_bytes gone; /* per key its length, 4 bytes, and its bytes */
	bool lost;            /* some of gone have been let go */
};

void pw_dirty_init(struct pw_dirty *d, struct pw_arrangement *keys);
void pw_dirty_release(struct pw_dirty *d);

void pw_dirty_add(struct pw_dirty *d, uint32_t slot); /* pw_dirty_mark, once it is on */

static inline void pw_dirty_mark(struct pw_dirty *d, uint32_t slot)
{
	if (d->on)
		pw_dirty_add(d, slot);
}

/* Drops the slot from the arrangement; the key is remembered if it was marked. */
void pw_dirty_drop(struct pw_dirty *d, uint32_t slot);

enum pw_checkpointer_change pw_dirty_changed(const struct pw_dirty *d);
void pw_dirty_clear(struct pw_dirty *d); /* all has been saved */

/* The next live slot, of all keys or of those marked; false behind the last. *at begins as 0. */
bool pw_dirty_walk(const struct pw_dirty *d, bool all, size_t *at, uint32_t *slot);

/* The next key that was dropped; likewise. */
bool pw_dirty_gone(const struct pw_dirty *d, size_t *at, struct pw_slice *key);

PW_C_END

#endif
