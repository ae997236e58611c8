/* A file of its own: only programs that draw tables load libutf8proc. */
#include "utf8.h"

#include <stdint.h>
#include <utf8proc.h>

enum { EMOJI_FOLLOWS = 0xfe0f };

/*
 * Terminals do not agree about everything. A width that is too small breaks a
 * line, one that is too great leaves a blank: so where they differ the greater
 * one is taken. Marks that stand beside their letter (Mc, as Indic scripts have
 * them) and signs that stand in front of a number (of Cf) take a column; of a
 * Hangul syllable in pieces the first one takes both.
 */
static size_t width_of(utf8proc_int32_t c)
{
	if ((c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7fb))
		return 0;
	if ((c >= 0x3248 && c <= 0x324f) || (c >= 0x4dc0 && c <= 0x4dff))
		return 2;
	if ((c >= 0x600 && c <= 0x605) || c == 0x6dd || c == 0x70f || c == 0x890 || c == 0x891 ||
	    c == 0x8e2 || c == 0x110bd || c == 0x110cd)
		return 1;
	const int width = utf8proc_charwidth(c);
	return width > 0 ? (size_t)width : utf8proc_category(c) == UTF8PROC_CATEGORY_MC;
}

size_t pw_utf8_width(const char *text, size_t length)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	size_t width = 0, before = 0; /* before: of the character before */
	for (size_t i = 0; i < length;) {
		if (p[i] < 0x80) {
			before = p[i] >= 0x20 && p[i] != 0x7f;
			width += before;
			i++;
			continue;
		}
		utf8proc_int32_t c;
		const utf8proc_ssize_t n =
			utf8proc_iterate(p + i, (utf8proc_ssize_t)(length - i), &c);
		if (n <= 0) { /* not valid: the caller's contract is broken, a byte is a column */
			before = 1;
			width++, i++;
			continue;
		}
		const size_t wide = c == EMOJI_FOLLOWS ? before == 1 : width_of(c);
		width += wide;
		if (wide > 0 || c == EMOJI_FOLLOWS)
			before = c == EMOJI_FOLLOWS ? 2 : wide;
		i += (size_t)n;
	}
	return width;
}
