#include "pool.h"

#include <stdlib.h>

static size_t words_of(size_t bytes)
{
	return bytes == 0 ? 1 : (bytes + 7) / 8;
}

void *pw_pool_alloc(struct pw_pool *p, size_t bytes)
{
	const size_t words = words_of(bytes);

	if (bytes > PW_POOL_MAX) {
		p->large += bytes;
		return pw_mem_alloc(bytes, 1);
	}
	void *piece = p->free[words];

	if (!piece)
		return pw_arena_alloc(&p->arena, words * 8);
	memcpy(&p->free[words], piece, sizeof piece);
	pw_mem_poison(piece, words * 8);
	return piece;
}

void pw_pool_free(struct pw_pool *p, void *piece, size_t bytes)
{
	const size_t words = words_of(bytes);

	if (bytes > PW_POOL_MAX) {
		p->large -= bytes;
		free(piece);
		return;
	}
	pw_mem_poison(piece, words * 8);
	memcpy(piece, &p->free[words], sizeof piece);
	p->free[words] = piece;
}

void pw_pool_release(struct pw_pool *p)
{
	pw_arena_release(&p->arena);
	memset(p, 0, sizeof *p);
}

size_t pw_pool_bytes(const struct pw_pool *p)
{
	return p->arena.held + p->large;
}

struct pw_blob *pw_pool_blob(struct pw_pool *p, struct pw_slice s)
{
	struct pw_blob *b = pw_pool_alloc(p, sizeof *b + s.length);

	b->length = (uint32_t)s.length;
	if (s.length)
		memcpy(b->data, s.data, s.length);
	return b;
}

void pw_pool_free_blob(struct pw_pool *p, struct pw_blob *b)
{
	if (b)
		pw_pool_free(p, b, sizeof *b + b->length);
}
