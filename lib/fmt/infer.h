/*
 * pw_infer - the type of a column, from its values
 *
 * Use:      a set of kinds per column, at first 0; add the kind of each value
 *           that is not null (pw_infer_kind: of a cell of text); then
 *           pw_infer_verdict.
 * Promises: every value added fits the base found. No number is rounded but
 *           a fraction, no two texts become one value where a person would
 *           not say so, and numbers or times alone never become text, which
 *           would put them in the order of their bytes: what no type holds as
 *           it stands is in doubt, and to be declared.
 *
 *   bool          true, false, in any case (not t, yes, 1)
 *   int           64 bits, no leading zeros, no +
 *   float         such numbers with an exponent, or with a point that is not
 *                 their last character; ints up to 2^53 among them; nan and
 *                 inf, if there are numbers beside them; digits, e, digits
 *                 (47E5), if a float with a point or a sign in its exponent
 *                 is beside them
 *   datetime      as pw_text_datetime reads it, a date alone too
 *   datetime_utc  the same with a zone
 *   str           all else, a mixture of the above, and a column of nulls;
 *                 codes: ints with leading zeros with or without other ints;
 *                 digits, e, digits; + and 7 digits or more (phone numbers)
 *   json          (from JSON lines) objects, arrays, and mixtures, where
 *                 quotes make a text of a number, but not of nan and inf
 *
 * Quotes say nothing about the type (many programs quote every cell); but in a
 * column of texts an empty cell is null when it is bare and a text when it is
 * quoted, so that a column of nothing but those is a str, and open. Lists and
 * objects in cells are text: json is inferred from JSON lines only.
 */
#ifndef PW_FMT_INFER_H
#define PW_FMT_INFER_H

#include "../data/type.h"

PW_C_BEGIN

enum pw_kind {
	PW_KIND_NONE = 0,
	PW_KIND_BOOL = 1 << 0,
	PW_KIND_INT = 1 << 1,       /* a double holds it */
	PW_KIND_WIDE = 1 << 2,      /* an int beyond 2^53 */
	PW_KIND_LONG = 1 << 3,      /* digits beyond 64 bits */
	PW_KIND_FLOAT = 1 << 4,     /* with a point, or a sign in its exponent */
	PW_KIND_HUGE = 1 << 5,      /* beyond the range of a float */
	PW_KIND_WORD = 1 << 6,      /* nan, inf: a float beside numbers, a text alone */
	PW_KIND_CODE = 1 << 7,      /* 47E5: a float beside floats, a text alone */
	PW_KIND_ZEROS = 1 << 8,     /* 007: a text */
	PW_KIND_PHONE = 1 << 9,     /* +491234567: a text, if there are no numbers beside it */
	PW_KIND_ODD_INT = 1 << 10,  /* +5, -007: an int if that is declared */
	PW_KIND_ODD_REAL = 1 << 11, /* +1.5, 05.2, 5.: a float if that is declared */
	PW_KIND_FOREIGN = 1 << 12,  /* 1,234 or 3,14 or " 5": a number for a person alone */
	PW_KIND_DATETIME = 1 << 13,
	PW_KIND_UTC = 1 << 14,
	PW_KIND_BEYOND = 1 << 15, /* a time that is out of range */
	PW_KIND_TEXT = 1 << 16,
	PW_KIND_OTHER = 1 << 17, /* of JSON: an object, an array */
	PW_KIND_EMPTY = 1 << 18, /* "" of csv: null in any column but one of texts */
};

#define PW_INFER_EXACT 9007199254740992.0 /* 2^53: ints up to it are doubles, all of them */

/* The kind of a cell that is not null. */
enum pw_kind pw_infer_kind(struct pw_slice cell);

/* The kind of a text that can be nothing but a time or a text. */
enum pw_kind pw_infer_time(struct pw_slice text);

struct pw_verdict {
	enum pw_base base;
	bool open;          /* base is PW_STR, and values may come that make it another one */
	enum pw_kind doubt; /* no base can be found, because of this kind of value; 0: none */
};

/* json: the values come from JSON lines. */
struct pw_verdict pw_infer_verdict(uint32_t seen, bool json);

/*
 * Would a cell that is not null have been taken for that base? The base was found
 * from the first rows; a cell of a later row that does not fit is an error.
 */
bool pw_infer_fits(enum pw_base base, struct pw_slice cell);

/*
 * A quick pw_infer_fits for loops over cells. number: a text that pw_text_int or
 * pw_text_float has read. True: pw_infer_fits is true as well, but in a column of
 * floats for numbers from PW_INFER_EXACT on; false: ask pw_infer_fits.
 */
static inline bool pw_infer_plain(struct pw_slice number)
{
	const size_t sign = number.data[0] == '-';
	if (number.length == sign + 1)
		return number.data[sign] != '.';
	const char first = number.data[sign], second = number.data[sign + 1];
	const bool zero = first == '0' && (second == '.' || (second | 0x20) == 'e');
	return ((first >= '1' && first <= '9') || zero) && number.data[number.length - 1] != '.';
}

PW_C_END

#endif
