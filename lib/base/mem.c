#include "mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*on_exhausted)(void);

void pw_mem_on_exhausted(void (*call)(void))
{
	on_exhausted = call;
}

_Noreturn void pw_mem_exceeded(const char *what)
{
	char text[256];
	const int n = snprintf(text, sizeof text, "%s: %s\n", program_invocation_short_name, what);

	if (on_exhausted != NULL)
		on_exhausted();
	if (write(STDERR_FILENO, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1) < 0)
		_exit(5);
	_exit(5);
}

_Noreturn void pw_mem_exhausted(void)
{
	pw_mem_exceeded("out of memory");
}

static size_t product(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		pw_mem_exhausted();
	return bytes > 0 ? bytes : 1;
}

void *pw_mem_alloc(size_t count, size_t size)
{
	void *p = malloc(product(count, size));

	if (p == NULL)
		pw_mem_exhausted();
	return p;
}

void *pw_mem_zero(size_t count, size_t size)
{
	void *p = calloc(1, product(count, size));

	if (p == NULL)
		pw_mem_exhausted();
	return p;
}

void *pw_mem_resize(void *p, size_t count, size_t size)
{
	p = realloc(p, product(count, size));
	if (p == NULL)
		pw_mem_exhausted();
	return p;
}

void *pw_mem_aligned(size_t bytes)
{
	void *p;

	if (bytes > SIZE_MAX - 64)
		pw_mem_exhausted();
	p = aligned_alloc(64, bytes == 0 ? 64 : (bytes + 63) / 64 * 64);
	if (p == NULL)
		pw_mem_exhausted();
	return p;
}

char *pw_mem_copy(const char *text, size_t length)
{
	char *copy;

	if (length == SIZE_MAX)
		pw_mem_exhausted();
	copy = pw_mem_alloc(length + 1, 1);
	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *pw_mem_print(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		pw_mem_exhausted();
	va_end(args);
	return text;
}

void *pw_mem_grow(void *p, size_t *capacity, size_t need, size_t size)
{
	size_t more = *capacity + *capacity / 2;

	if (need <= *capacity)
		return p;
	if (more < need)
		more = need;
	if (more < 16)
		more = 16;
	p = pw_mem_resize(p, more, size);
	pw_mem_poison((char *)p + *capacity * size, (more - *capacity) * size);
	*capacity = more;
	return p;
}
