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

/* C0, DEL, and C1, which is two bytes in UTF-8. */
void pw_bytes_shown(struct pw_bytes *b, const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		const bool c1 = c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80;
		if (c1)
			text++;
		if (c1 || c < 32 || c == 127)
			pw_bytes_print(b, "\\x%02x", (unsigned char)*text);
		else
			pw_bytes_put(b, *text);
	}
}

void pw_bytes_hex(struct pw_bytes *b, const void *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = data;
	char *at = pw_bytes_room(b, n * 2);

	for (size_t i = 0; i < n; i++) {
		*at++ = digits[from[i] >> 4];
		*at++ = digits[from[i] & 15];
	}
	b->length += n * 2;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

bool pw_bytes_unhex(struct pw_bytes *b, struct pw_slice text)
{
	if (text.length % 2)
		return false;
	for (size_t i = 0; i < text.length; i += 2) {
		const int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
		if (high < 0 || low < 0)
			return false;
		pw_bytes_put(b, (char)(high << 4 | low));
	}
	return true;
}
