#include "arena.h"

#include <stdlib.h>

struct pw_arena_chunk {
	struct pw_arena_chunk *next; /* an older one */
	size_t bytes;
};

enum { HEADER = 16, FIRST = 64 << 10, LARGEST = 1 << 20 };

/* A piece larger than a chunk's quarter gets its own, so that little is wasted. */
char *pw_arena_grow(struct pw_arena *a, size_t bytes)
{
	size_t size = a->chunk == NULL ? FIRST : a->chunk->bytes * 2;
	struct pw_arena_chunk *c;

	if (size > LARGEST)
		size = LARGEST;
	const bool own = bytes > size / 4;
	if (own)
		size = bytes + HEADER;
	c = pw_mem_alloc(size, 1);
	pw_mem_poison(c, size);
	a->held += size;
	c->bytes = own ? FIRST : size;
	if (own && a->chunk != NULL) {
		c->next = a->chunk->next;
		a->chunk->next = c;
		return (char *)c + HEADER;
	}
	c->next = a->chunk;
	a->chunk = c;
	a->next = (char *)c + HEADER + bytes;
	a->end = (char *)c + size;
	return (char *)c + HEADER;
}

void *pw_arena_alloc(struct pw_arena *a, size_t bytes)
{
	const size_t pad = (size_t)(-(uintptr_t)a->next & 15);

	bytes = bytes > 0 ? bytes : 1;
	if (a->next == NULL || (size_t)(a->end - a->next) < pad ||
	    (size_t)(a->end - a->next) - pad < bytes)
		return pw_arena_grow(a, bytes);
	char *p = a->next + pad;
	a->next = p + bytes;
	return p;
}

char *pw_arena_copy(struct pw_arena *a, const void *data, size_t bytes)
{
	char *p = pw_arena_bytes(a, bytes);

	if (bytes > 0)
		memcpy(p, data, bytes);
	return p;
}

char *pw_arena_string(struct pw_arena *a, const char *text, size_t length)
{
	char *p = pw_arena_alloc(a, length + 1);

	if (length > 0)
		memcpy(p, text, length);
	p[length] = '\0';
	return p;
}

void pw_arena_release(struct pw_arena *a)
{
	for (struct pw_arena_chunk *c = a->chunk, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct pw_arena){0};
}
