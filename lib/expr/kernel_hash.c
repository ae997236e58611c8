#include "kernel_internal.h"

#include "../base/hash.h"
#include "../base/utf8.h"
#include "../data/text.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

/* Digests and encodings of bytes; a text is its bytes in UTF-8. */

#define DIGEST(name, size)                                                                         \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view view = pw_text_view_of(s->in[0]);                        \
		PW_TEXT_LOOP({                                                                     \
			const struct pw_slice t = pw_text_view_at(&view, i);                       \
			struct name##_ctx c;                                                       \
			uint8_t digest[size];                                                      \
			name##_init(&c);                                                           \
			name##_update(&c, t.length, (const uint8_t *)t.data);                      \
			name##_digest(&c, sizeof digest, digest);                                  \
			pw_bytes_hex(&s->text, digest, sizeof digest);                             \
		})                                                                                 \
	}

DIGEST(md5, MD5_DIGEST_SIZE)
DIGEST(sha1, SHA1_DIGEST_SIZE)
DIGEST(sha256, SHA256_DIGEST_SIZE)
DIGEST(sha512, SHA512_DIGEST_SIZE)

static void xxh3(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	for (uint32_t i = 0; i < n; i++) {
		const struct pw_slice t = pw_text_view_at(&view, i);
		((int64_t *)s->values)[i] = (int64_t)pw_hash_checksum(t.data, t.length);
	}
}

/* ---- encodings ---- */

static void hex(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		pw_bytes_hex(&s->text, t.data, t.length);
	})
}

static void unhex(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		if (!pw_bytes_unhex(&s->text, pw_text_view_at(&view, i)))
			pw_step_error(s, i);
	})
}

static void base64(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		pw_text_add_base64(&s->text, t.data, t.length);
	})
}

static void from_base64(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		if (pw_text_base64(pw_text_view_at(&view, i), &s->text) < 0)
			pw_step_error(s, i);
	})
}

/* RFC 3986: letters, digits and -._~ stay. */
static void url_encode(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		for (size_t k = 0; k < t.length; k++) {
			const unsigned char c = (unsigned char)t.data[k];
			const unsigned char low = c | 0x20;
			if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
			    (c != 0 && strchr("-._~", c)))
				pw_bytes_put(&s->text, (char)c);
			else
				pw_bytes_print(&s->text, "%%%02X", c);
		}
	})
}

static bool add_url_decoded(struct pw_bytes *to, struct pw_slice t)
{
	const size_t from = to->length;
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] != '%') {
			pw_bytes_put(to, t.data[i]);
			continue;
		}
		if (t.length - i < 3 || !pw_bytes_unhex(to, (struct pw_slice){t.data + i + 1, 2}))
			return false;
		i += 2;
	}
	return pw_utf8_valid(to->data + from, to->length - from) &&
	       memchr(to->data + from, 0, to->length - from) == NULL;
}

static void url_decode(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		if (t.length > 0 && !add_url_decoded(&s->text, t))
			pw_step_error(s, i);
	})
}

static void encode(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		pw_bytes_add(&s->text, t.data, t.length);
	})
}

static void decode(struct pw_step *s, uint32_t n)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		if (t.length > 0 &&
		    (!pw_utf8_valid(t.data, t.length) || memchr(t.data, 0, t.length) != NULL))
			pw_step_error(s, i);
		else
			pw_bytes_add(&s->text, t.data, t.length);
	})
}

#define TOO_LONG "the text would be too long"
#define BOTH(name, result_type, kernel, text, from, to)                                            \
	{name,         result_type "(str)",          .run = kernel, .reason = TOO_LONG,            \
	 .help = text, .example = name "(" from ")", .result = to},                                \
	{                                                                                          \
		name, result_type "(bytes)", .run = kernel, .reason = TOO_LONG, .help = text,      \
					     .example = name "(encode(" from "))", .result = to    \
	}
#define ONE(name, signature, kernel, why_not, text, from, to)                                      \
	{                                                                                          \
		name, signature, .run = kernel, .reason = why_not, .help = text, .example = from,  \
				 .result = to                                                      \
	}

static const struct pw_function table[] = {
	BOTH("md5", "str", md5, "the MD5 digest in hexadecimal digits", "'abc'",
	     "900150983cd24fb0d6963f7d28e17f72"),
	BOTH("sha1", "str", sha1, "the SHA-1 digest in hexadecimal digits", "'abc'",
	     "a9993e364706816aba3e25717850c26c9cd0d89d"),
	BOTH("sha256", "str", sha256, "the SHA-256 digest in hexadecimal digits", "'abc'",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
	BOTH("sha512", "str", sha512, "the SHA-512 digest in hexadecimal digits", "''",
	     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
	BOTH("xxh3", "int", xxh3, "the 64-bit XXH3 hash, for sharding and sampling", "'abc'",
	     "8696274497037089104"),
	BOTH("hex", "str", hex, "the bytes in hexadecimal digits", "'az'", "617a"),
	ONE("unhex", "bytes(str)", unhex, "not pairs of hexadecimal digits",
	    "the bytes that hexadecimal digits stand for", "decode(unhex('617A'))", "az"),
	BOTH("base64", "str", base64, "the bytes in base 64", "'az'", "YXo="),
	BOTH("to_base64", "str", base64, "another name of base64", "'az'", "YXo="),
	ONE("from_base64", "bytes(str)", from_base64, "not base 64",
	    "the bytes that base 64 stands for", "decode(from_base64('YXo='))", "az"),
	ONE("url_encode", "str(str)", url_encode, TOO_LONG, "with %XX for what URLs reserve",
	    "url_encode('a b&ż')", "a%20b%26%C5%BC"),
	ONE("url_decode", "str(str)", url_decode, "%XX is wrong, or does not stand for UTF-8",
	    "with what %XX stands for", "url_decode('a%20b%26%C5%BC')", "a b&ż"),
	ONE("encode", "bytes(str)", encode, TOO_LONG, "a text's bytes in UTF-8", "hex(encode('ż'))",
	    "c5bc"),
	ONE("decode", "str(bytes)", decode, "the bytes are no text in UTF-8",
	    "the text that bytes in UTF-8 are", "decode(unhex('c5bc'))", "ż"),
};

const struct pw_functions pw_kernel_hash = {table, sizeof table / sizeof *table,
					    "digests and encodings"};
