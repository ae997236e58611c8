#include "fit.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The least that it may have. A column of width 0 has a blank for its cells. */
static size_t least(const struct pw_fit_column *c)
{
	const size_t n = c->kind == PW_FIT_TEXT ? smaller(c->wide, PW_FIT_LEAST)
						: smaller(c->wide, c->cells);

	return n > 0 ? n : 1;
}

static size_t capped(const struct pw_fit_column *c, size_t cap)
{
	const size_t n = smaller(c->wide, cap), m = least(c);

	return n > m ? n : m;
}

/* The width of a line whose columns are not wider than the cap, unless they must be. */
static size_t line(const struct pw_fit_column *columns, size_t count, size_t cap)
{
	size_t sum = 0, shown = 0;

	for (size_t i = 0; i < count; i++)
		if (columns[i].width > 0) {
			sum += capped(&columns[i], cap);
			shown++;
		}
	return shown > 0 ? sum + (shown - 1) * PW_FIT_GAP : 0;
}

/* Leaves out the last column of the least kind there is. */
static void leave_out(struct pw_fit_column *columns, size_t count)
{
	for (int kind = PW_FIT_TEXT; kind <= PW_FIT_NUMBER; kind++)
		for (size_t i = count; i-- > 0;)
			if (columns[i].width > 0 && (int)columns[i].kind == kind) {
				columns[i].width = 0;
				return;
			}
}

static void set(struct pw_fit_column *columns, size_t count, size_t cap)
{
	for (size_t i = 0; i < count; i++)
		if (columns[i].width > 0)
			columns[i].width = capped(&columns[i], cap);
}

size_t pw_fit(struct pw_fit_column *columns, size_t count, size_t room)
{
	const size_t mark = PW_FIT_GAP + 1;
	size_t out = 0, low = 0, high = 0;

	for (size_t i = 0; i < count; i++) {
		columns[i].width = 1;
		high = columns[i].wide > high ? columns[i].wide : high;
	}
	if (room > 0)
		while (out < count && line(columns, count, 0) + (out > 0 ? mark : 0) > room) {
			leave_out(columns, count);
			out++;
		}
	const size_t left = out == 0 ? room : room > mark ? room - mark : 0;
	/* the greatest cap that fits; low does */
	while (room > 0 && low < high) {
		const size_t middle = low + (high - low + 1) / 2;
		if (line(columns, count, middle) <= left)
			low = middle;
		else
			high = middle - 1;
	}
	set(columns, count, high);
	return out;
}
