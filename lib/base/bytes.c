#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>

void pw_bytes_text(struct pw_bytes *b, const char *text)
{
	pw_bytes_add(b, text, strlen(text));
}

void pw_bytes_vprint(struct pw_bytes *b, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	const int n = vsnprintf(NULL, 0, format, args);
	if (n > 0) {
		vsnprintf(pw_bytes_room(b, (size_t)n + 1), (size_t)n + 1, format, again);
		b->length += (size_t)n;
	}
	va_end(again);
}

void pw_bytes_print(struct pw_bytes *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	pw_bytes_vprint(b, format, args);
	va_end(args);
}

const char *pw_bytes_string(struct pw_bytes *b)
{
	*pw_bytes_room(b, 1) = '\0';
	return b->data;
}

void pw_bytes_clear(struct pw_bytes *b)
{
	pw_mem_poison(b->data, b->length);
	b->length = 0;
}

void pw_bytes_release(struct pw_bytes *b)
{
	free(b->data);
	*b = (struct pw_bytes){0};
}
