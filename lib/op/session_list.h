/*
 * pw_session_list - the sessions of a key, in the order of their times
 *
 * Sessions are numbers, which the caller gives; the list knows where each one
 * starts. It is a row of chunks of entries that ascend, so that whatever is put
 * in or taken out moves one chunk's entries and no more, and what comes at the end moves
 * nothing.
 *
 * Use:      struct pw_session_list l = {0}; insert, remove, move; find, next,
 *           previous; release. A list without entries holds no memory.
 * Places:   good until the list changes.
 */
#ifndef PW_OP_SESSION_LIST_H
#define PW_OP_SESSION_LIST_H

#include "../data/axis.h"

PW_C_BEGIN

#define PW_SESSION_NONE UINT32_MAX

struct pw_session_entry {
	pw_place start;
	uint32_t id;
};

struct pw_session_chunk {
	uint32_t count, capacity;
	struct pw_session_entry entries[];
};

/* No chunk is empty. */
struct pw_session_list {
	struct pw_session_chunk **chunks;
	uint32_t count, capacity;
	size_t bytes;
};

struct pw_session_at {
	uint32_t chunk, entry;
};

/* The last entry that starts at or before the place; false if there is none. */
bool pw_session_list_find(const struct pw_session_list *l, pw_place place,
			  struct pw_session_at *at);

static inline const struct pw_session_entry *pw_session_list_get(const struct pw_session_list *l,
								 struct pw_session_at at)
{
	return &l->chunks[at.chunk]->entries[at.entry];
}

/* Go to the neighbour; false if there is none. */
bool pw_session_list_next(const struct pw_session_list *l, struct pw_session_at *at);
bool pw_session_list_previous(const struct pw_session_list *l, struct pw_session_at *at);

/* The first entry; PW_SESSION_NONE if there is none. */
static inline uint32_t pw_session_list_first(const struct pw_session_list *l)
{
	return l->count == 0 ? PW_SESSION_NONE : l->chunks[0]->entries[0].id;
}

/* No entry starts there yet. */
void pw_session_list_insert(struct pw_session_list *l, pw_place start, uint32_t id);

/* The entry that starts there is there. */
void pw_session_list_remove(struct pw_session_list *l, pw_place start);

/* The entry that starts at `from` starts at `to` now; no other one is between. */
void pw_session_list_move(struct pw_session_list *l, pw_place from, pw_place to);

void pw_session_list_release(struct pw_session_list *l);

PW_C_END

#endif
