/* Bytes as text: uuid, base64, JSON strings. */
#include "text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { NONE = 255 };

static inline unsigned int hex(char c)
{
	const unsigned int d = (unsigned int)(unsigned char)c - '0';
	const unsigned int l = (unsigned int)((unsigned char)c | 0x20) - 'a';
	return d <= 9 ? d : l <= 5 ? l + 10 : NONE;
}

static const uint8_t uuid_groups[] = {4, 2, 2, 2, 6}; /* bytes, with a dash between */

int pw_text_uuid(struct pw_slice s, uint8_t x[16])
{
	uint8_t bytes[16], *to = bytes;
	const char *p = s.data;
	unsigned int bad = 0;
	if (s.length != 36)
		return -1;
	for (size_t g = 0; g < sizeof uuid_groups; g++) {
		if (g > 0)
			bad |= *p++ != '-';
		for (int i = 0; i < uuid_groups[g]; i++, p += 2) {
			const unsigned int high = hex(p[0]), low = hex(p[1]);
			bad |= (high | low) & 0xf0;
			*to++ = (uint8_t)(high << 4 | low);
		}
	}
	if (bad)
		return -1;
	memcpy(x, bytes, 16);
	return 0;
}

void pw_text_add_uuid(struct pw_bytes *b, const uint8_t x[16])
{
	static const char digits[] = "0123456789abcdef";
	char *p = pw_bytes_room(b, 36);
	for (size_t g = 0; g < sizeof uuid_groups; g++) {
		if (g > 0)
			*p++ = '-';
		for (int i = 0; i < uuid_groups[g]; i++, x++) {
			*p++ = digits[*x >> 4];
			*p++ = digits[*x & 15];
		}
	}
	b->length += 36;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline uint32_t sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : NONE;
}

/* Four characters, the last pad of them padding: 0 to 3 bytes. False when they aren't base64. */
static bool quartet(const char *p, size_t pad, char *to)
{
	uint32_t bits = 0, bad = 0;
	for (size_t i = 0; i < 4; i++) {
		const uint32_t six = i < 4 - pad ? sextet(p[i]) : 0;
		bad |= six & 0xc0;
		bits = bits << 6 | (six & 63);
	}
	for (size_t i = 0; i < 3 - pad; i++)
		to[i] = (char)(bits >> (16 - 8 * i));
	/* bits after the last byte are 0, so that there is one text for the bytes */
	return !bad && (bits & ((UINT32_C(1) << 8 * pad) - 1)) == 0;
}

int pw_text_base64(struct pw_slice s, struct pw_bytes *x)
{
	if (s.length % 4 != 0)
		return -1;
	if (s.length == 0)
		return 0;
	const size_t pad = (s.data[s.length - 1] == '=') +
			   (size_t)(s.data[s.length - 1] == '=' && s.data[s.length - 2] == '=');
	char *to = pw_bytes_room(x, s.length / 4 * 3);
	for (size_t i = 0; i < s.length; i += 4, to += 3)
		if (!quartet(s.data + i, i + 4 == s.length ? pad : 0, to))
			return -1;
	x->length += s.length / 4 * 3 - pad;
	return 0;
}

void pw_text_add_base64(struct pw_bytes *b, const void *data, size_t length)
{
	const unsigned char *p = data;
	char *to = pw_bytes_room(b, (length / 3 + 1) * 4), *start = to;
	for (; length >= 3; length -= 3, p += 3, to += 4) {
		const uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		to[0] = base64_digits[bits >> 18];
		to[1] = base64_digits[bits >> 12 & 63];
		to[2] = base64_digits[bits >> 6 & 63];
		to[3] = base64_digits[bits & 63];
	}
	if (length > 0) {
		const uint32_t bits = (uint32_t)p[0] << 16 | (length > 1 ? (uint32_t)p[1] << 8 : 0);
		to[0] = base64_digits[bits >> 18];
		to[1] = base64_digits[bits >> 12 & 63];
		to[2] = length > 1 ? base64_digits[bits >> 6 & 63] : '=';
		to[3] = '=';
		to += 4;
	}
	b->length += (size_t)(to - start);
}

static inline bool needs_escape(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* How many characters at p stand for themselves in a JSON string. */
static size_t plain(const char *p, size_t length)
{
	size_t i = 0;
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);
	for (; length - i >= 16; i += 16) {
		const __m128i v = _mm_loadu_si128((const __m128i *)(p + i));
		const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, control), v);
		const __m128i hit = _mm_or_si128(
			low, _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
		const int mask = _mm_movemask_epi8(hit);
		if (mask)
			return i + (size_t)__builtin_ctz((unsigned int)mask);
	}
#endif
	while (i < length && !needs_escape(p[i]))
		i++;
	return i;
}

static void add_escape(struct pw_bytes *b, unsigned char c)
{
	static const char names[] = "btn.fr"; /* of 8 to 13; 11 has none */
	char e[6] = {'\\', (char)c};
	size_t n = 2;
	if (c >= 8 && c <= 13 && c != 11) {
		e[1] = names[c - 8];
	} else if (c < 0x20) {
		memcpy(e + 1, c & 0x10 ? "u001" : "u000", 4);
		e[5] = "0123456789abcdef"[c & 15];
		n = 6;
	}
	pw_bytes_add(b, e, n);
}

void pw_text_add_json_string(struct pw_bytes *b, const char *data, size_t length)
{
	pw_bytes_put(b, '"');
	for (size_t i = 0; i < length;) {
		const size_t n = plain(data + i, length - i);
		pw_bytes_add(b, data + i, n);
		i += n;
		if (i < length)
			add_escape(b, (unsigned char)data[i++]);
	}
	pw_bytes_put(b, '"');
}
