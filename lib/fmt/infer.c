#include "infer.h"

#include "../data/text.h"

enum {
	REAL_INTS = PW_KIND_INT | PW_KIND_WIDE | PW_KIND_LONG,
	CODES = PW_KIND_WORD | PW_KIND_CODE | PW_KIND_ZEROS | PW_KIND_PHONE,
	NUMBERS = REAL_INTS | PW_KIND_FLOAT | PW_KIND_HUGE | CODES | PW_KIND_ODD_INT |
		  PW_KIND_ODD_REAL | PW_KIND_FOREIGN,
	TIMES = PW_KIND_DATETIME | PW_KIND_UTC | PW_KIND_BEYOND,
	PHONE_DIGITS = 7
};

static inline bool digit_at(struct pw_slice s, size_t i)
{
	return i < s.length && s.data[i] >= '0' && s.data[i] <= '9';
}

static size_t skip_digits(struct pw_slice s, size_t i)
{
	while (digit_at(s, i))
		i++;
	return i;
}

/* ---- numbers ---- */

/* Digits and nothing else, from the sign on. */
static enum pw_kind whole_number(struct pw_slice s, size_t sign)
{
	const bool zeros = s.data[sign] == '0' && s.length > sign + 1;
	int64_t x;

	if (s.data[0] == '+')
		return s.length - sign < PHONE_DIGITS ? PW_KIND_ODD_INT : PW_KIND_PHONE;
	if (zeros)
		return sign ? PW_KIND_ODD_INT : PW_KIND_ZEROS;
	if (pw_text_int(s, &x) < 0)
		return PW_KIND_LONG;
	return x > (int64_t)PW_INFER_EXACT || x < -(int64_t)PW_INFER_EXACT ? PW_KIND_WIDE
									   : PW_KIND_INT;
}

/* Is it a number to its last character, whatever its size? i: where its first digits end. */
static bool is_real(struct pw_slice s, size_t sign, size_t i)
{
	size_t digits = i - sign;

	if (i < s.length && s.data[i] == '.') {
		const size_t end = skip_digits(s, i + 1);
		digits += end - i - 1;
		i = end;
	}
	if (digits == 0 || i == s.length)
		return digits > 0;
	if ((s.data[i] | 0x20) != 'e')
		return false;
	i++;
	i += i < s.length && (s.data[i] == '-' || s.data[i] == '+');
	return i < s.length && skip_digits(s, i) == s.length;
}

/* A text that begins as a number does. */
static enum pw_kind number(struct pw_slice s)
{
	const size_t sign = s.data[0] == '-' || s.data[0] == '+';
	const size_t i = skip_digits(s, sign);
	double x;

	if (i == s.length)
		return i > sign ? whole_number(s, sign) : PW_KIND_TEXT;
	const bool fits = pw_text_float(s, &x) == 0;
	if (!fits && !is_real(s, sign, i))
		return PW_KIND_TEXT;
	if (i == sign && s.data[i] != '.') /* -inf and the like */
		return PW_KIND_WORD;
	if (sign == 0 && (s.data[i] | 0x20) == 'e' && digit_at(s, i + 1))
		return PW_KIND_CODE;
	if (!fits)
		return PW_KIND_HUGE;
	if (s.data[0] == '+' || s.data[s.length - 1] == '.' ||
	    (s.data[sign] == '0' && digit_at(s, sign + 1)))
		return PW_KIND_ODD_REAL;
	return PW_KIND_FLOAT;
}

/*
 * Groups of three digits after separators of one kind, and then perhaps a fraction.
 * Points make groups only before a comma: 192.168.100.200 is no number.
 */
static bool is_grouped(struct pw_slice s, size_t sign)
{
	size_t i = skip_digits(s, sign);
	const char separator = i < s.length ? s.data[i] : 0;
	const char mark = separator == '.' ? ',' : '.';

	if (separator == 0 || strchr(",.' _", separator) == NULL || i - sign > 3 || i == sign)
		return false;
	while (i < s.length && s.data[i] == separator) {
		const size_t end = skip_digits(s, i + 1);
		if (end - i != 4)
			return false;
		i = end;
	}
	if (i < s.length && s.data[i] == mark)
		return skip_digits(s, i + 1) == s.length;
	return i == s.length && separator != '.';
}

/* "1,234,567.5" or "3,14" or " 5 ": a number that only a person reads. */
static bool is_foreign(struct pw_slice s)
{
	while (s.length > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
		s.data++, s.length--;
	while (s.length > 0 && (s.data[s.length - 1] == ' ' || s.data[s.length - 1] == '\t'))
		s.length--;
	if (s.length == 0)
		return false;
	const size_t sign = s.data[0] == '-' || s.data[0] == '+';
	const size_t i = skip_digits(s, sign);
	if (!digit_at(s, sign) && !(i < s.length && s.data[i] == '.'))
		return false;
	if (is_real(s, sign, i) || is_grouped(s, sign))
		return true;
	return i > sign && i + 1 < s.length && s.data[i] == ',' &&
	       skip_digits(s, i + 1) == s.length;
}

/* ---- cells ---- */

static bool is_word(struct pw_slice s, const char *word)
{
	size_t i = 0;
	while (i < s.length && (s.data[i] | 0x20) == word[i])
		i++;
	return i == s.length && word[i] == '\0';
}

enum pw_kind pw_infer_time(struct pw_slice s)
{
	int64_t x;
	int rc = pw_text_datetime(s, &x);

	if (rc == 0)
		return PW_KIND_DATETIME;
	if (rc != PW_TEXT_BEYOND)
		rc = pw_text_datetime_utc(s, &x);
	return rc == 0 ? PW_KIND_UTC : rc == PW_TEXT_BEYOND ? PW_KIND_BEYOND : PW_KIND_TEXT;
}

enum pw_kind pw_infer_kind(struct pw_slice s)
{
	double y;
	enum pw_kind kind = PW_KIND_TEXT;

	if (s.length == 0)
		return PW_KIND_EMPTY;
	if (s.length >= 10 && s.data[4] == '-' && digit_at(s, 0))
		return pw_infer_time(s);
	const char c = s.data[0];
	if (digit_at(s, 0) || c == '-' || c == '.' || c == '+')
		kind = number(s);
	else if (is_word(s, "true") || is_word(s, "false"))
		return PW_KIND_BOOL;
	else if (c != ' ' && c != '\t')
		return pw_text_float(s, &y) == 0 ? PW_KIND_WORD : PW_KIND_TEXT;
	return kind == PW_KIND_TEXT && is_foreign(s) ? PW_KIND_FOREIGN : kind;
}

/* ---- columns ---- */

/* The first kind of the list that was seen. */
static enum pw_kind first_of(uint32_t seen, const enum pw_kind *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seen & list[i])
			return list[i];
	return 0;
}

static struct pw_verdict of_numbers(uint32_t seen)
{
	static const enum pw_kind never[] = {PW_KIND_FOREIGN, PW_KIND_HUGE, PW_KIND_LONG,
					     PW_KIND_ODD_REAL, PW_KIND_ODD_INT};
	static const enum pw_kind alone[] = {PW_KIND_PHONE, PW_KIND_ZEROS};
	const uint32_t plain = seen & ~(uint32_t)CODES;
	const bool reals = (seen & (PW_KIND_FLOAT | PW_KIND_WORD)) != 0;
	enum pw_kind doubt;

	if (plain == 0 || (seen & PW_KIND_ZEROS && (plain & ~(uint32_t)REAL_INTS) == 0 &&
			   (seen & PW_KIND_WORD) == 0))
		return (struct pw_verdict){.base = PW_STR, .open = true};
	doubt = first_of(seen, never, sizeof never / sizeof *never);
	if (doubt == 0)
		doubt = first_of(seen, alone, sizeof alone / sizeof *alone);
	if (doubt == 0 && seen & PW_KIND_CODE && !reals)
		doubt = PW_KIND_CODE;
	if (doubt == 0 && reals && seen & PW_KIND_WIDE)
		doubt = PW_KIND_WIDE;
	return (struct pw_verdict){.base = doubt   ? PW_STR
					   : reals ? PW_FLOAT
						   : PW_INT,
				   .doubt = doubt};
}

static struct pw_verdict of_times(uint32_t seen)
{
	if (seen & PW_KIND_BEYOND)
		return (struct pw_verdict){.base = PW_STR, .doubt = PW_KIND_BEYOND};
	if (seen == (PW_KIND_DATETIME | PW_KIND_UTC))
		return (struct pw_verdict){.base = PW_STR, .doubt = PW_KIND_DATETIME};
	return (struct pw_verdict){.base = seen == PW_KIND_UTC ? PW_DATETIME_UTC : PW_DATETIME};
}

/* In JSON lines nan and inf are strings, and so texts, but for numbers beside them. */
static uint32_t words_as_text(uint32_t seen)
{
	if ((seen & PW_KIND_WORD) == 0 || seen == PW_KIND_WORD ||
	    (seen & NUMBERS & ~(uint32_t)PW_KIND_WORD) != 0)
		return seen;
	return (seen & ~(uint32_t)PW_KIND_WORD) | PW_KIND_TEXT;
}

struct pw_verdict pw_infer_verdict(uint32_t seen, bool json)
{
	if (json)
		seen = words_as_text(seen);
	seen &= ~(uint32_t)PW_KIND_EMPTY;
	const bool bools = (seen & PW_KIND_BOOL) != 0, numbers = (seen & NUMBERS) != 0;
	const bool times = (seen & TIMES) != 0, text = (seen & PW_KIND_TEXT) != 0;

	if (seen == 0)
		return (struct pw_verdict){.base = PW_STR, .open = true};
	if (json && (seen & PW_KIND_OTHER || bools + numbers + (times || text) > 1))
		return (struct pw_verdict){.base = PW_JSON};
	if (text || bools + numbers + times > 1)
		return (struct pw_verdict){.base = PW_STR};
	if (bools)
		return (struct pw_verdict){.base = PW_BOOL};
	return numbers ? of_numbers(seen) : of_times(seen);
}

bool pw_infer_fits(enum pw_base base, struct pw_slice cell)
{
	static const uint32_t fit[PW_BASES] = {
		[PW_BOOL] = PW_KIND_BOOL,
		[PW_INT] = PW_KIND_INT | PW_KIND_WIDE,
		[PW_FLOAT] = PW_KIND_INT | PW_KIND_FLOAT | PW_KIND_WORD | PW_KIND_CODE,
		[PW_DATETIME] = PW_KIND_DATETIME,
		[PW_DATETIME_UTC] = PW_KIND_UTC,
	};
	return base == PW_STR || (fit[base] & (uint32_t)pw_infer_kind(cell)) != 0;
}
