#include "csv_infer.h"
#include "../data/text.h"

#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "07", "-007", "007.5" */
static bool leading_zero(struct pw_slice s)
{
	const size_t sign = s.length > 0 && (s.data[0] == '-' || s.data[0] == '+');

	return s.length > sign + 1 && s.data[sign] == '0' && is_digit(s.data[sign + 1]);
}

static bool all_digits(struct pw_slice s)
{
	const size_t sign = s.length > 0 && (s.data[0] == '-' || s.data[0] == '+');

	for (size_t i = sign; i < s.length; i++)
		if (!is_digit(s.data[i]))
			return false;
	return s.length > sign;
}

static bool is_word(struct pw_slice s, const char *word)
{
	return s.length == strlen(word) && strncasecmp(s.data, word, s.length) == 0;
}

bool pw_csv_infer_fits(enum pw_base base, struct pw_slice s)
{
	switch (base) {
	case PW_BOOL:
		return is_word(s, "true") || is_word(s, "false");
	case PW_INT:
	case PW_FLOAT:
		return !leading_zero(s);
	default:
		return true;
	}
}

static enum pw_base base_of(struct pw_slice s, bool *word)
{
	int64_t whole;
	double x;

	*word = false;
	if (pw_csv_infer_fits(PW_BOOL, s))
		return PW_BOOL;
	if (leading_zero(s))
		return pw_text_datetime(s, &whole) == 0       ? PW_DATETIME
		       : pw_text_datetime_utc(s, &whole) == 0 ? PW_DATETIME_UTC
							      : PW_STR;
	if (pw_text_int(s, &whole) == 0)
		return PW_INT;
	if (all_digits(s))
		return PW_STR;
	if (pw_text_float(s, &x) == 0) {
		*word = !is_digit(s.data[s.length - 1]) && s.data[s.length - 1] != '.';
		return PW_FLOAT;
	}
	if (pw_text_datetime(s, &whole) == 0)
		return PW_DATETIME;
	if (pw_text_datetime_utc(s, &whole) == 0)
		return PW_DATETIME_UTC;
	return PW_STR;
}

void pw_csv_infer_add(struct pw_csv_infer *f, struct pw_slice cell)
{
	bool word;

	if (cell.length == 0 || f->seen & 1u << PW_STR)
		return;
	const enum pw_base base = base_of(cell, &word);
	if (word)
		f->words = true;
	else
		f->seen |= 1u << base;
}

struct pw_type pw_csv_infer_type(const struct pw_csv_infer *f)
{
	const uint32_t numbers = 1u << PW_INT | 1u << PW_FLOAT;

	if (f->seen == 0 || (f->words && (f->seen & numbers) == 0))
		return PW_TYPE(PW_STR);
	if (f->seen == 1u << PW_INT && !f->words)
		return PW_TYPE(PW_INT);
	if ((f->seen & ~numbers) == 0)
		return PW_TYPE(PW_FLOAT);
	for (int base = 0; base < PW_BASES; base++)
		if (f->seen == 1u << base)
			return PW_TYPE((uint8_t)base);
	return PW_TYPE(PW_STR);
}
