#include "utf8.h"

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * A deterministic automaton whose states are shift counts: entry c of the
 * table holds, at bit position s, the state that follows s on byte c, so a
 * step is a load, a shift and a mask, and no branch depends on the text.
 * BAD is 0 and absorbs: it may be looked at once for many bytes.
 */
enum {
	BAD = 0,
	OK = 6,     /* between two characters */
	TAIL1 = 12, /* one more byte 80..bf */
	TAIL2 = 18,
	TAIL3 = 24,
	AFTER_E0 = 30, /* a0..bf, then one: else it is overlong */
	AFTER_ED = 36, /* 80..9f, then one: else it is a surrogate */
	AFTER_F0 = 42, /* 90..bf, then two: else it is overlong */
	AFTER_F4 = 48  /* 80..8f, then two: else it is above U+10FFFF */
};

#define GO(from, to) ((uint64_t)(to) << (from))
#define TAILS        (GO(TAIL1, OK) | GO(TAIL2, TAIL1) | GO(TAIL3, TAIL2))

static const uint64_t step[256] = {
	[0x00 ... 0x7f] = GO(OK, OK),
	[0x80 ... 0x8f] = TAILS | GO(AFTER_ED, TAIL1) | GO(AFTER_F4, TAIL2),
	[0x90 ... 0x9f] = TAILS | GO(AFTER_ED, TAIL1) | GO(AFTER_F0, TAIL2),
	[0xa0 ... 0xbf] = TAILS | GO(AFTER_E0, TAIL1) | GO(AFTER_F0, TAIL2),
	[0xc2 ... 0xdf] = GO(OK, TAIL1),
	[0xe0] = GO(OK, AFTER_E0),
	[0xe1 ... 0xec] = GO(OK, TAIL2),
	[0xed] = GO(OK, AFTER_ED),
	[0xee ... 0xef] = GO(OK, TAIL2),
	[0xf0] = GO(OK, AFTER_F0),
	[0xf1 ... 0xf3] = GO(OK, TAIL3),
	[0xf4] = GO(OK, AFTER_F4),
};

static inline unsigned int run(unsigned int state, const unsigned char *p, size_t n)
{
	/* only the low six bits are the state: a shift looks at no others */
	uint64_t s = state;
	for (size_t i = 0; i < n; i++)
		s = step[p[i]] >> (s & 63);
	return (unsigned int)s & 63;
}

/* Are the 16 (or the 64) bytes at p all below 0x80? */
#ifdef __SSE2__
static inline bool ascii16(const unsigned char *p)
{
	return _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)p)) == 0;
}
static inline bool ascii64(const unsigned char *p)
{
	const __m128i *v = (const __m128i *)p;
	const __m128i low = _mm_or_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1));
	const __m128i high = _mm_or_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3));
	return _mm_movemask_epi8(_mm_or_si128(low, high)) == 0;
}
#else
static inline bool ascii16(const unsigned char *p)
{
	uint64_t w[2];
	memcpy(w, p, sizeof w);
	return ((w[0] | w[1]) & UINT64_C(0x8080808080808080)) == 0;
}
static inline bool ascii64(const unsigned char *p)
{
	return ascii16(p) && ascii16(p + 16) && ascii16(p + 32) && ascii16(p + 48);
}
#endif

/*
 * Runs from the start; returns the offset of the first block with a fault, or
 * the length. *state is the automaton's there.
 */
static size_t scan(const unsigned char *p, size_t length, unsigned int *state)
{
	size_t i = 0;
	*state = OK;
	while (length - i >= 16) {
		if (*state == OK) {
			while (length - i >= 64 && ascii64(p + i))
				i += 64;
			if (length - i < 16)
				break;
			if (ascii16(p + i)) {
				i += 16;
				continue;
			}
		}
		*state = run(*state, p + i, 16);
		if (*state == BAD)
			return i;
		i += 16;
	}
	*state = run(*state, p + i, length - i);
	return *state == BAD ? i : length;
}

/* Are all of 1 to 15 bytes below 0x80? Looked at as two words that may overlap. */
static inline bool ascii_short(const char *p, size_t n)
{
	uint64_t a = 0, b = 0;
	if (n >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
	} else {
		a = (unsigned char)(p[0] | p[n >> 1] | p[n - 1]);
	}
	return ((a | b) & UINT64_C(0x8080808080808080)) == 0;
}

bool pw_utf8_valid(const char *text, size_t length)
{
	unsigned int state;
	if (length < 16) {
		if (length == 0 || ascii_short(text, length))
			return true;
	} else if (length >= 64 && pw_utf8_avx2_here()) {
		return pw_utf8_avx2_valid(text, length);
	}
	scan((const unsigned char *)text, length, &state);
	return state == OK;
}

size_t pw_utf8_valid_prefix(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned int state;
	size_t at = scan(p, length, &state);
	if (state == OK)
		return length;
	/* back over the last character before at, which may be the one that is not complete */
	for (int back = 0; back < 4 && at > 0; back++)
		if ((p[--at] & 0xc0) != 0x80)
			break;
	size_t good = at;
	state = OK;
	for (size_t i = at; i < length && state != BAD; i++) {
		state = run(state, p + i, 1);
		if (state == OK)
			good = i + 1;
	}
	return good;
}

size_t pw_utf8_count(const char *text, size_t length)
{
	const signed char *p = (const signed char *)text;
	size_t n = 0;
	for (size_t i = 0; i < length; i++)
		n += p[i] >= -64; /* not 80..bf: the first byte of a character */
	return n;
}
