#include "infer.h"

#include "../data/text.h"

enum kind {
	BOOL = 1,
	INT = 2,
	FLOAT = 4,
	WORD = 8, /* nan, inf: a float beside numbers, a text alone (it may be a name) */
	DATETIME = 16,
	UTC = 32,
	TEXT = 64
};

static inline bool digit_at(struct pw_slice s, size_t i)
{
	return i < s.length && s.data[i] >= '0' && s.data[i] <= '9';
}

/* A number that keeps its meaning when it is rewritten. */
static enum kind number(struct pw_slice s)
{
	const size_t sign = s.data[0] == '-';
	int64_t x;
	double y;
	if (digit_at(s, sign) && s.data[sign] == '0' && digit_at(s, sign + 1))
		return TEXT;
	if (pw_text_int(s, &x) == 0)
		return INT;
	size_t i = sign;
	while (digit_at(s, i))
		i++;
	if (i == s.length) /* an int that is too long */
		return TEXT;
	if (s.data[i] == '.' && i + 1 == s.length)
		return TEXT;
	if (pw_text_float(s, &y))
		return TEXT;
	return y - y == 0 ? FLOAT : WORD;
}

static bool is_word(struct pw_slice s, const char *word)
{
	size_t i = 0;
	while (i < s.length && (s.data[i] | 0x20) == word[i])
		i++;
	return i == s.length && word[i] == '\0';
}

static enum kind classify(struct pw_slice s)
{
	int64_t x;
	double y;
	if (s.length == 0)
		return TEXT;
	if (s.length >= 10 && s.data[4] == '-' && digit_at(s, 0)) {
		if (pw_text_datetime(s, &x) == 0)
			return DATETIME;
		return pw_text_datetime_utc(s, &x) == 0 ? UTC : TEXT;
	}
	if (digit_at(s, 0) || s.data[0] == '-' || s.data[0] == '.')
		return number(s);
	if (is_word(s, "true") || is_word(s, "false"))
		return BOOL;
	if (s.data[0] != '+' && pw_text_float(s, &y) == 0)
		return WORD;
	return TEXT;
}

void pw_infer_add(struct pw_infer *i, struct pw_slice cell, bool quoted)
{
	if (i->seen & TEXT || (cell.length == 0 && !quoted))
		return;
	i->seen |= (uint8_t)classify(cell);
}

enum pw_base pw_infer_base(const struct pw_infer *i)
{
	switch (i->seen) {
	case BOOL:
		return PW_BOOL;
	case INT:
		return PW_INT;
	case DATETIME:
		return PW_DATETIME;
	case UTC:
		return PW_DATETIME_UTC;
	case FLOAT:
	case FLOAT | INT:
	case FLOAT | WORD:
	case INT | WORD:
	case FLOAT | INT | WORD:
		return PW_FLOAT;
	default:
		return PW_STR;
	}
}

bool pw_infer_fits(enum pw_base base, struct pw_slice cell)
{
	static const uint8_t fit[PW_BASES] = {
		[PW_BOOL] = BOOL,         [PW_INT] = INT,          [PW_FLOAT] = INT | FLOAT | WORD,
		[PW_DATETIME] = DATETIME, [PW_DATETIME_UTC] = UTC, [PW_STR] = 0xff,
	};
	return base == PW_STR || (fit[base] & classify(cell)) != 0;
}
