#include "kernel_internal.h"
#include "point_internal.h"

#include <utf8proc.h>

/*
 * Case by Unicode's simple mappings (a code point becomes one code point: the
 * sharp s stays), and normalisation.
 */

static bool is_ascii(struct pw_slice t)
{
	unsigned char all = 0;
	for (size_t i = 0; i < t.length; i++)
		all |= (unsigned char)t.data[i];
	return all < 0x80;
}

static inline char ascii_upper(char c)
{
	return (char)(c - (c >= 'a' && c <= 'z') * 32);
}

static inline char ascii_lower(char c)
{
	return (char)(c + (c >= 'A' && c <= 'Z') * 32);
}

typedef utf8proc_int32_t point_map(utf8proc_int32_t c);

static void add_mapped(struct pw_bytes *to, struct pw_slice t, point_map *map)
{
	for (const char *p = t.data, *end = t.data + t.length; p < end;)
		pw_point_add(to, (uint32_t)map((int32_t)pw_point_take(&p)));
}

static void add_upper(struct pw_bytes *to, struct pw_slice t)
{
	if (!is_ascii(t)) {
		add_mapped(to, t, utf8proc_toupper);
		return;
	}
	char *at = pw_bytes_room(to, t.length);
	for (size_t i = 0; i < t.length; i++)
		at[i] = ascii_upper(t.data[i]);
	to->length += t.length;
}

static void add_lower(struct pw_bytes *to, struct pw_slice t)
{
	if (!is_ascii(t)) {
		add_mapped(to, t, utf8proc_tolower);
		return;
	}
	char *at = pw_bytes_room(to, t.length);
	for (size_t i = 0; i < t.length; i++)
		at[i] = ascii_lower(t.data[i]);
	to->length += t.length;
}

static int32_t swapped(int32_t c)
{
	const int32_t up = utf8proc_toupper(c);
	return up != c ? up : utf8proc_tolower(c);
}

/* Letters, digits, and the marks upon them: what words are made of. */
static bool in_word(int32_t c)
{
	const utf8proc_category_t k = utf8proc_category(c);
	return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO);
}

static void add_title(struct pw_bytes *to, struct pw_slice t)
{
	bool inside = false;
	for (const char *p = t.data, *end = t.data + t.length; p < end;) {
		const int32_t c = (int32_t)pw_point_take(&p);
		pw_point_add(to, (uint32_t)(inside ? utf8proc_tolower(c) : utf8proc_totitle(c)));
		inside = in_word(c);
	}
}

#define CASE_KERNEL(name, body)                                                                    \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		const struct pw_text_view view = pw_text_view_of(s->in[0]);                        \
		PW_TEXT_LOOP({                                                                     \
			const struct pw_slice t = pw_text_view_at(&view, i);                       \
			body;                                                                      \
		})                                                                                 \
	}

CASE_KERNEL(upper, add_upper(&s->text, t))
CASE_KERNEL(lower, add_lower(&s->text, t))
CASE_KERNEL(title, add_title(&s->text, t))
CASE_KERNEL(swapcase, add_mapped(&s->text, t, swapped))

/* ---- normalisation ---- */

/* Appends the text in a normal form; false if the library can't. spare is scratch. */
static bool add_normal(struct pw_bytes *to, struct pw_bytes *spare, struct pw_slice t,
		       utf8proc_option_t form)
{
	const uint8_t *text = (const uint8_t *)t.data;
	utf8proc_ssize_t have = (utf8proc_ssize_t)t.length * 4 + 4, want;
	int32_t *points;

	for (;;) { /* one more round for the few texts that grow */
		pw_bytes_clear(spare);
		points = (int32_t *)(void *)pw_bytes_room(spare,
							  (size_t)(have + 1) * sizeof *points);
		want = utf8proc_decompose(text, (utf8proc_ssize_t)t.length, points, have, form);
		if (want < 0)
			return false;
		if (want <= have)
			break;
		have = want;
	}
	want = utf8proc_reencode(points, want, form);
	if (want < 0)
		return false;
	pw_bytes_add(to, (const char *)points, (size_t)want);
	return true;
}

static void normalise(struct pw_step *s, uint32_t n, utf8proc_option_t form)
{
	const struct pw_text_view view = pw_text_view_of(s->in[0]);
	PW_TEXT_LOOP({
		const struct pw_slice t = pw_text_view_at(&view, i);
		if (is_ascii(t) && !(form & UTF8PROC_CASEFOLD))
			pw_bytes_add(&s->text, t.data, t.length);
		else if (!add_normal(&s->text, &s->spare, t, form))
			pw_step_error(s, i);
	})
}

#define NORMAL_KERNEL(name, form)                                                                  \
	static void name(struct pw_step *s, uint32_t n)                                            \
	{                                                                                          \
		normalise(s, n, (utf8proc_option_t)(UTF8PROC_STABLE | (form)));                    \
	}

NORMAL_KERNEL(nfc, UTF8PROC_COMPOSE)
NORMAL_KERNEL(nfd, UTF8PROC_DECOMPOSE)
NORMAL_KERNEL(nfkc, UTF8PROC_COMPOSE | UTF8PROC_COMPAT)
NORMAL_KERNEL(nfkd, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT)
NORMAL_KERNEL(casefold, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD)
NORMAL_KERNEL(strip_accents, UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK)

#define CASED(name, kernel, text, from, to)                                                        \
	{                                                                                          \
		name, "str(str)", .run = kernel, .reason = "the text has no normal form",          \
				  .help = text, .example = from, .result = to                      \
	}

static const struct pw_function table[] = {
	CASED("upper", upper, "in capital letters", "upper('żaba')", "ŻABA"),
	CASED("ucase", upper, "another name of upper", "ucase('ab')", "AB"),
	CASED("lower", lower, "in small letters", "lower('ŻABA')", "żaba"),
	CASED("lcase", lower, "another name of lower", "lcase('AB')", "ab"),
	CASED("title", title, "every word with a capital letter", "title('the old man')",
	      "The Old Man"),
	CASED("swapcase", swapcase, "small letters made capital, and the other way",
	      "swapcase('aBc')", "AbC"),
	CASED("casefold", casefold, "as texts are compared when case does not matter",
	      "casefold('Straße')", "strasse"),
	CASED("nfc_normalize", nfc, "in Unicode's form NFC: letters with their accents in one",
	      "length(nfc_normalize('e\\u0301'))", "1"),
	CASED("nfd_normalize", nfd, "in the form NFD: accents apart", "length(nfd_normalize('é'))",
	      "2"),
	CASED("nfkc_normalize", nfkc, "in the form NFKC: ligatures and the like resolved too",
	      "nfkc_normalize('ﬁne')", "fine"),
	CASED("nfkd_normalize", nfkd, "in the form NFKD", "nfkd_normalize('ﬁne')", "fine"),
	CASED("strip_accents", strip_accents, "without the accents upon letters",
	      "strip_accents('Zoë')", "Zoe"),
};

const struct pw_functions pw_kernel_case = {table, sizeof table / sizeof *table,
					    "case and normal forms"};
