/*
 * pw_pool - small pieces of memory that come and go
 *
 * Use:      struct pw_pool p = {0}; pw_pool_alloc; pw_pool_free with the same
 *           size; pw_pool_release drops all pieces of up to PW_POOL_MAX bytes
 *           at once; free larger ones first, which are the heap's.
 * Promises: aligned to 8; no header per piece; what is freed is used again
 *           for pieces of its size.
 */
#ifndef PW_STATE_POOL_H
#define PW_STATE_POOL_H

#include "../base/arena.h"

PW_C_BEGIN

#define PW_POOL_MAX 1024

struct pw_pool {
	struct pw_arena arena;
	void *free[PW_POOL_MAX / 8 +
		   1]; /* free pieces by size in words, linked by their first words */
	size_t large;  /* bytes of larger pieces */
};

void *pw_pool_alloc(struct pw_pool *p, size_t bytes); /* not cleared */
void pw_pool_free(struct pw_pool *p, void *piece, size_t bytes);
void pw_pool_release(struct pw_pool *p);
size_t pw_pool_bytes(const struct pw_pool *p);

/* A text in state: its length, and its bytes. */
struct pw_blob {
	uint32_t length;
	char data[];
};

struct pw_blob *pw_pool_blob(struct pw_pool *p, struct pw_slice s);
void pw_pool_free_blob(struct pw_pool *p, struct pw_blob *b);

static inline struct pw_slice pw_blob_slice(const struct pw_blob *b)
{
	return (struct pw_slice){b->data, b->length};
}

PW_C_END

#endif
