/*
 * pw_arena - many small things that are released together
 *
 * Use:      struct pw_arena a = {0}; pw_arena_alloc; pw_arena_release.
 * Promises: memory does not move; it is aligned to 16 bytes (alloc) or to
 *           nothing (bytes, copy). Chunks have 64 KB to 1 MB; a bigger piece has
 *           a chunk of its own.
 */
#ifndef PW_BASE_ARENA_H
#define PW_BASE_ARENA_H

#include "bytes.h"

PW_C_BEGIN

struct pw_arena_chunk;

struct pw_arena {
	struct pw_arena_chunk *chunk; /* the newest; it links to the others */
	char *next, *end;             /* the free bytes of the newest chunk */
	size_t held;                  /* bytes taken from the system */
};

void *pw_arena_alloc(struct pw_arena *a, size_t bytes); /* not cleared */

/* For pw_arena_bytes: a piece from a new chunk, as no chunk has room for it. */
char *pw_arena_grow(struct pw_arena *a, size_t bytes);

/* A piece that is aligned to nothing, not cleared. */
static inline char *pw_arena_bytes(struct pw_arena *a, size_t bytes)
{
	if (a->next == NULL || (size_t)(a->end - a->next) < bytes)
		return pw_arena_grow(a, bytes);
	char *p = a->next;
	a->next += bytes;
	return p;
}

char *pw_arena_copy(struct pw_arena *a, const void *data, size_t bytes);
char *pw_arena_string(struct pw_arena *a, const char *text, size_t length); /* plus a NUL */
void pw_arena_release(struct pw_arena *a);

PW_C_END

#endif
