#include "advice.h"

#include "../base/utf8.h"
#include "../data/text.h"

void pw_advice_value(struct pw_bytes *b, struct pw_slice s)
{
	const size_t most = 60;
	size_t n = s.length < most ? s.length : most;

	while (n < s.length && n > most - 4 && ((unsigned char)s.data[n] & 0xc0) == 0x80)
		n--;
	const bool plain = pw_utf8_valid(s.data, n);
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s.data[i];
		if (c < 32 || c == 127 || (c > 127 && !plain))
			pw_bytes_print(b, "\\x%02x", c);
		else
			pw_bytes_put(b, (char)c);
	}
	if (n < s.length)
		pw_bytes_text(b, "...");
}

const char *pw_advice_why(enum pw_kind doubt)
{
	switch (doubt) {
	case PW_KIND_LONG:
		return "is beyond 64 bits";
	case PW_KIND_WIDE:
		return "is beyond 2^53, and would be rounded beside fractions";
	case PW_KIND_HUGE:
		return "is beyond the range of a float";
	case PW_KIND_CODE:
	case PW_KIND_ZEROS:
	case PW_KIND_PHONE:
		return "is a code or a number, and beside numbers that is unclear";
	case PW_KIND_ODD_INT:
	case PW_KIND_ODD_REAL:
		return "is a number in a form that is read only if it is declared";
	case PW_KIND_FOREIGN:
		return "is a number in a form that is not read";
	case PW_KIND_BEYOND:
		return PW_TEXT_BEYOND_REASON;
	case PW_KIND_DATETIME:
		return "has no time zone, and others have one";
	case PW_KIND_UTC:
		return "has a time zone, and others have none";
	default:
		return NULL;
	}
}

/* ---- the declaration ---- */

/* The type of numbers that takes all that were seen. */
static enum pw_base number_type(uint32_t seen)
{
	const uint32_t ints =
		PW_KIND_INT | PW_KIND_WIDE | PW_KIND_ODD_INT | PW_KIND_PHONE | PW_KIND_ZEROS;

	return (seen & ~ints) == 0 ? PW_INT : PW_FLOAT;
}

static void print_one(struct pw_bytes *b, const struct pw_advice *a, enum pw_base base)
{
	struct pw_schema shown = *a->columns;
	struct pw_field *last = &shown.fields[shown.count - 1];
	const struct pw_type type = last->type;
	struct pw_bytes text = {0};

	if (!a->by_place) {
		shown.fields = last;
		shown.count = 1;
	}
	last->type = PW_TYPE((uint8_t)base);
	pw_schema_print(&text, &shown);
	last->type = type;
	pw_bytes_text(b, "-s '");
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '\'')
			pw_bytes_text(b, "'\\''");
		else
			pw_bytes_put(b, text.data[i]);
	pw_bytes_text(b, a->kept ? "' --reset" : "'");
	pw_bytes_release(&text);
}

void pw_advice_declare(struct pw_bytes *b, const struct pw_advice *a, uint32_t seen)
{
	seen &= ~(uint32_t)PW_KIND_EMPTY;
	const struct pw_verdict v = pw_infer_verdict(seen, a->json);
	const enum pw_base any = a->json && (seen & PW_KIND_TEXT) == 0 ? PW_JSON : PW_STR;

	pw_bytes_text(b, "declare it: ");
	switch (v.doubt) {
	case PW_KIND_NONE:
		print_one(b, a, v.base);
		break;
	case PW_KIND_LONG:
	case PW_KIND_WIDE:
		print_one(b, a, PW_FLOAT);
		pw_bytes_text(b, " if it may be rounded, else ");
		print_one(b, a, any);
		break;
	case PW_KIND_HUGE:
		print_one(b, a, any);
		break;
	case PW_KIND_FOREIGN:
	case PW_KIND_BEYOND:
	case PW_KIND_DATETIME:
	case PW_KIND_UTC:
		print_one(b, a, PW_STR);
		break;
	default:
		print_one(b, a, number_type(seen));
		pw_bytes_text(b, " if it is a number, else ");
		print_one(b, a, PW_STR);
	}
}
