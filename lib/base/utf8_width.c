/* A file of its own: only programs that draw tables load libutf8proc. */
#include "utf8.h"

#include <stdint.h>
#include <utf8proc.h>

size_t pw_utf8_width(const char *text, size_t length)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	size_t width = 0;
	for (size_t i = 0; i < length;) {
		if (p[i] < 0x80) {
			width += p[i] >= 0x20 && p[i] != 0x7f;
			i++;
			continue;
		}
		utf8proc_int32_t c;
		const utf8proc_ssize_t n =
			utf8proc_iterate(p + i, (utf8proc_ssize_t)(length - i), &c);
		if (n <= 0) /* not valid: the caller's contract is broken, a byte is a column */
			width++, i++;
		else
			width += (size_t)utf8proc_charwidth(c), i += (size_t)n;
	}
	return width;
}
