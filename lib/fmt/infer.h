/*
 * pw_infer - the type of a column of text, from its cells
 *
 * Use:      struct pw_infer i = {0}; pw_infer_add per cell; pw_infer_base.
 * Promises: every cell added fits the base found, and the text of a cell is
 *           not lost by it: 00501, +5 and 99999999999999999999 are text.
 *
 *   bool          true, false, in any case (not t, yes, 1)
 *   int           64 bits, no leading zeros, no +
 *   float         such numbers with an exponent, or with a point that is not
 *                 their last character; ints among them; nan and inf, if
 *                 there are numbers beside them
 *   datetime      as pw_text_datetime reads it, a date alone too
 *   datetime_utc  the same with a zone
 *   str           all else, a mixture of the above, and a column of nulls
 *
 * Quotes say nothing about the type (many programs quote every cell), but an
 * empty cell is null when it is bare and a text when it is quoted. Lists and
 * objects in cells are text: json is inferred from JSON lines only.
 */
#ifndef PW_FMT_INFER_H
#define PW_FMT_INFER_H

#include "../data/type.h"

PW_C_BEGIN

struct pw_infer {
	uint8_t seen; /* a bit per kind of cell */
};

void pw_infer_add(struct pw_infer *i, struct pw_slice cell, bool quoted);
enum pw_base pw_infer_base(const struct pw_infer *i);

/*
 * Would a cell that is not null have been taken for that base? The base was found
 * from the first rows; a cell of a later row that does not fit is an error.
 */
bool pw_infer_fits(enum pw_base base, struct pw_slice cell);

/*
 * A quick pw_infer_fits for loops over cells. number: a text that pw_text_int or
 * pw_text_float has read. True: pw_infer_fits is true as well; false: ask that.
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
