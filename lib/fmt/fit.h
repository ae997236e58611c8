/*
 * pw_fit - how wide the columns of a table are on a screen
 *
 * Texts are shortened, the widest first, all to one width, but not below
 * PW_FIT_LEAST. Numbers, and other values of a fixed form, are never cut. If
 * there is not room enough for all columns, some are left out: texts, the last
 * one first; then other values; then numbers.
 */
#ifndef PW_FMT_FIT_H
#define PW_FMT_FIT_H

#include "../base/lang.h"

#include <stddef.h>

PW_C_BEGIN

#define PW_FIT_LEAST 2 /* columns of a text that is shortened: a letter and an ellipsis */
#define PW_FIT_GAP   2 /* blanks between columns */

enum pw_fit_kind { PW_FIT_TEXT, PW_FIT_VALUE, PW_FIT_NUMBER };

struct pw_fit_column {
	enum pw_fit_kind kind;
	size_t wide;  /* its widest cell, the name among them */
	size_t cells; /* its widest cell but for the name, which may be shortened */
	size_t width; /* pw_fit sets it; 0: the column is left out */
};

/*
 * Sets the widths for lines of so many columns, 0: any number. Returns how many
 * are left out. If any is, the lines have room for a gap and one character
 * more, unless not even that fits.
 */
size_t pw_fit(struct pw_fit_column *columns, size_t count, size_t room);

PW_C_END

#endif
