/*
 * pw_bytes - a growing run of bytes; pw_slice - a lent one
 *
 * Use:      struct pw_bytes b = {0}; append; read b.data, b.length; release.
 *           A released or zero struct is empty and may be released again.
 */
#ifndef PW_BASE_BYTES_H
#define PW_BASE_BYTES_H

#include "mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

PW_C_BEGIN

struct pw_slice {
	const char *data; /* not ended by a NUL */
	size_t length;
};

struct pw_bytes {
	char *data;
	size_t length;
	size_t capacity;
};

#define PW_SLICE(literal) ((struct pw_slice){(literal), sizeof(literal) - 1})

static inline struct pw_slice pw_slice_of(const char *text)
{
	return (struct pw_slice){text, strlen(text)};
}

static inline bool pw_slice_equal(struct pw_slice a, struct pw_slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Compares as memcmp does; where one slice begins the other, the shorter comes first. */
static inline int pw_slice_compare(struct pw_slice a, struct pw_slice b)
{
	const size_t shared = a.length < b.length ? a.length : b.length;
	const int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

	return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* Makes room for n more bytes at the end; returns where they start. */
static inline char *pw_bytes_room(struct pw_bytes *b, size_t n)
{
	if (b->capacity - b->length < n)
		b->data = (char *)pw_mem_grow(b->data, &b->capacity, b->length + n, 1);
	return b->data + b->length;
}

static inline void pw_bytes_add(struct pw_bytes *b, const void *data, size_t n)
{
	if (n == 0)
		return;
	memcpy(pw_bytes_room(b, n), data, n);
	b->length += n;
}

static inline void pw_bytes_put(struct pw_bytes *b, char c)
{
	*pw_bytes_room(b, 1) = c;
	b->length++;
}

void pw_bytes_text(struct pw_bytes *b, const char *text);
void pw_bytes_print(struct pw_bytes *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void pw_bytes_vprint(struct pw_bytes *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
void pw_bytes_shown(struct pw_bytes *b, const char *text);         /* control characters as \xNN */
void pw_bytes_hex(struct pw_bytes *b, const void *data, size_t n); /* two small digits a byte */
bool pw_bytes_unhex(struct pw_bytes *b, struct pw_slice text);     /* false: it is not such text */
const char *pw_bytes_string(struct pw_bytes *b); /* ended by a NUL that is not counted */
void pw_bytes_clear(struct pw_bytes *b);         /* keeps the memory */
void pw_bytes_release(struct pw_bytes *b);

PW_C_END

#endif
