#include "../../lib/base/utf8.h"
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The grammar of RFC 3629, section 4, taken literally: bytes of the character at p, or 0. */
static size_t character(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char size, low[4], high[4];
	} form[] = {
		{1, {0x00}, {0x7f}},
		{2, {0xc2, 0x80}, {0xdf, 0xbf}},
		{3, {0xe0, 0xa0, 0x80}, {0xe0, 0xbf, 0xbf}},
		{3, {0xe1, 0x80, 0x80}, {0xec, 0xbf, 0xbf}},
		{3, {0xed, 0x80, 0x80}, {0xed, 0x9f, 0xbf}},
		{3, {0xee, 0x80, 0x80}, {0xef, 0xbf, 0xbf}},
		{4, {0xf0, 0x90, 0x80, 0x80}, {0xf0, 0xbf, 0xbf, 0xbf}},
		{4, {0xf1, 0x80, 0x80, 0x80}, {0xf3, 0xbf, 0xbf, 0xbf}},
		{4, {0xf4, 0x80, 0x80, 0x80}, {0xf4, 0x8f, 0xbf, 0xbf}},
	};
	for (size_t f = 0; f < sizeof form / sizeof *form; f++) {
		size_t i = 0;
		while (i < form[f].size && i < n && p[i] >= form[f].low[i] &&
		       p[i] <= form[f].high[i])
			i++;
		if (i == form[f].size)
			return i;
	}
	return 0;
}

static bool agrees(const char *text, size_t length)
{
	size_t at = 0, count = 0;
	for (size_t n;
	     at < length && (n = character((const unsigned char *)text + at, length - at));)
		at += n, count++;
	if (pw_utf8_avx2_here() && pw_utf8_avx2_valid(text, length) != (at == length))
		return false;
	return pw_utf8_valid_prefix(text, length) == at &&
	       pw_utf8_valid(text, length) == (at == length) && pw_utf8_count(text, at) == count;
}

static uint64_t seed = 88172645463325252;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Every sequence of one to three bytes, and four with interesting ends. */
static void all_short(void)
{
	bool good = true;
	char t[4];
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++)
			for (int c = 0; c < 256; c += a < 0xe0 ? 51 : 1) {
				t[0] = (char)a, t[1] = (char)b, t[2] = (char)c;
				for (size_t n = 1; n <= 3; n++)
					good = good && agrees(t, n);
				if (a < 0xf0)
					continue;
				for (int d = 0x7f; d <= 0xc0; d += d == 0x80 ? 0x3f : 1) {
					t[3] = (char)d;
					good = good && agrees(t, 4);
				}
			}
	CHECK(good);
}

/* Texts of ASCII runs and characters, each with one byte damaged or cut off. */
static void random_texts(void)
{
	static const char *const piece[] = {"a",
					    "hello, world; hello ",
					    "\xc3\xa9",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x91\x8d",
					    "\xed\x9f\xbf",
					    "\xf4\x8f\xbf\xbf"};
	bool good = true;
	for (int round = 0; round < 100000; round++) {
		char t[300];
		size_t n = 0;
		const unsigned int most = 1 + (unsigned int)(next() % 40);
		while (n < 250 && next() % most) {
			const char *p = piece[next() % (sizeof piece / sizeof *piece)];
			memcpy(t + n, p, strlen(p));
			n += strlen(p);
		}
		good = good && pw_utf8_valid(t, n) && agrees(t, n);
		if (n == 0)
			continue;
		good = good && agrees(t, next() % n);
		t[next() % n] = (char)next();
		good = good && agrees(t, n);
	}
	CHECK(good);
}

/* Every fault of two or three bytes, at every place of the blocks that the fast ways cut. */
static void all_places(void)
{
	static const char *const piece[] = {
		"\x80",
		"\xc3",
		"\xc1\x81",
		"\xe0\x9f\x80",
		"\xed\xa0\x80",
		"\xe2\x82",
		"\xf0\x8f\x80\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf0\x9f\x91",
		"\xff",
		"\xc3\xa9",
		"\xe2\x82\xac",
		"\xf0\x9f\x91\x8d",
	};
	bool good = true;
	for (size_t i = 0; i < sizeof piece / sizeof *piece; i++)
		for (size_t length = 1; length < 140; length += length < 100 ? 1 : 13)
			for (size_t at = 0; at < length; at++) {
				char t[160];
				memset(t, 'a', sizeof t);
				memcpy(t + at, piece[i], strlen(piece[i]));
				good = good && agrees(t, length);
			}
	CHECK(good);
}

/* It reads nothing behind the text: every length at the end of a block of its own. */
static void reads_no_further(void)
{
	for (size_t n = 0; n < 200; n++) {
		char *p = malloc(n + 1);
		memset(p, 'x', n);
		CHECK(pw_utf8_valid(p, n));
		CHECK(pw_utf8_valid_prefix(p, n) == n);
		free(p);
	}
}

static size_t width(const char *text)
{
	return pw_utf8_width(text, strlen(text));
}

static void widths(void)
{
	CHECK(width("") == 0);
	CHECK(width("abc") == 3);
	CHECK(width("gr\xc3\xb6\xc3\x9f"
		    "e") == 5);
	CHECK(width("e\xcc\x81") == 1);                /* combining acute */
	CHECK(width("\xe6\x97\xa5\xe6\x9c\xac") == 4); /* two ideographs */
	CHECK(width("\xef\xbd\xb1") == 1);             /* halfwidth katakana */
	CHECK(width("\xef\xbc\xa1") == 2);             /* fullwidth A */
	CHECK(width("\xe0\xa4\x95\xe0\xa4\xbe") ==
	      2); /* a letter of Devanagari and a mark beside it */
	CHECK(width("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab") ==
	      2);                              /* a syllable of Hangul in pieces */
	CHECK(width("\xf0\x9f\x98\x80") == 2); /* an emoji */
	CHECK(width("\xe2\x9d\xa4") == 1);     /* a heart, and one that is an emoji */
	CHECK(width("\xe2\x9d\xa4\xef\xb8\x8f") == 2);
	CHECK(width("\xe2\x80\x8b\xef\xbb\xbf") ==
	      0);                              /* a space without width, a mark of byte order */
	CHECK(width("\xf0\x9f\x91\x8d") == 2); /* thumb */
	CHECK(width("a\xe2\x80\x8b"
		    "b") == 2); /* zero width space */
	CHECK(width("a\tb\x7f") == 2);
}

int main(void)
{
	TEST(all_short);
	TEST(random_texts);
	TEST(all_places);
	TEST(reads_no_further);
	TEST(widths);
	return check_done();
}
