/*
 * pw_mem - memory that is there or ends the program
 *
 * Promises: no function returns NULL; running out of memory prints one line
 *           and exits with status 5 (a filter's truth is in its checkpoint).
 *           Sizes are products checked for overflow.
 * Callers:  never pass a length read from outside before it has passed its
 *           limit.
 */
#ifndef PW_BASE_MEM_H
#define PW_BASE_MEM_H

#include "lang.h"

#include <stddef.h>
#include <string.h>

PW_C_BEGIN

void *pw_mem_alloc(size_t count, size_t size); /* not cleared */
void *pw_mem_zero(size_t count, size_t size);  /* cleared */
void *pw_mem_resize(void *p, size_t count, size_t size);
void *pw_mem_aligned(size_t bytes);                 /* to 64 bytes */
char *pw_mem_copy(const char *text, size_t length); /* plus a NUL */
char *pw_mem_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Grows the array p of *capacity elements so that it holds at least need of
 * them, by half or more, and returns it. Elements keep their values; new ones
 * are not cleared.
 */
void *pw_mem_grow(void *p, size_t *capacity, size_t need, size_t size);

/*
 * Fills memory whose contents are undefined from now on, in checked builds: who reads it before it
 * is written reads nonsense, and not, by chance, what had been there.
 */
static inline void pw_mem_poison(void *p, size_t bytes)
{
#ifdef PW_CHECKED
	if (bytes > 0)
		memset(p, 0xa5, bytes);
#else
	(void)p;
	(void)bytes;
#endif
}

/* For memory that others allocate (a library, the system), when they say that there is none. */
PW_NORETURN void pw_mem_exhausted(void);

/*
 * A limit of ours that stands for memory (4 GB in a column of a batch) is
 * exceeded: ends the program as running out of it does, with this reason.
 */
PW_NORETURN void pw_mem_exceeded(const char *what);

/* Called, if set, before the program exits for want of memory (by lib/tool). */
void pw_mem_on_exhausted(void (*call)(void));

PW_C_END

#endif
