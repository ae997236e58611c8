/*
 * pw_point - the code points of valid UTF-8
 */
#ifndef PW_EXPR_POINT_INTERNAL_H
#define PW_EXPR_POINT_INTERNAL_H

#include "../base/bytes.h"

/* Bytes of the code point that begins with this one. */
static inline size_t pw_point_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The code point at *at, which moves past it. */
static inline uint32_t pw_point_take(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	const size_t n = pw_point_length(*p);
	uint32_t c = *p;
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*at += n;
	return c;
}

static inline void pw_point_add(struct pw_bytes *b, uint32_t c)
{
	char t[4];
	size_t n = 0;
	if (c < 0x80) {
		t[n++] = (char)c;
	} else if (c < 0x800) {
		t[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		t[n++] = (char)(0xe0 | c >> 12);
		t[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		t[n++] = (char)(0xf0 | c >> 18);
		t[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		t[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		t[n++] = (char)(0x80 | (c & 0x3f));
	pw_bytes_add(b, t, n);
}

/* The byte at which code point number `count` begins; the length if there are fewer. */
static inline size_t pw_point_offset(struct pw_slice s, int64_t count)
{
	size_t at = 0;
	for (; count > 0 && at < s.length; count--)
		at += pw_point_length((unsigned char)s.data[at]);
	return at;
}

/* Code points from to (counted from 0, to not included) of t, as far as they are there. */
static inline struct pw_slice pw_point_cut(struct pw_slice t, int64_t from, int64_t to)
{
	if (from < 0)
		from = 0;
	if (to <= from)
		return (struct pw_slice){t.data, 0};
	const size_t a = pw_point_offset(t, from);
	const struct pw_slice rest = {t.data + a, t.length - a};
	return (struct pw_slice){rest.data, pw_point_offset(rest, to - from)};
}

#endif
