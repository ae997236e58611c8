#include "column.h"

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

static int compare_floats(double x, double y)
{
	if (x != x || y != y) /* NaN is the greatest */
		return (x != x) - (y != y);
	return COMPARE(x, y);
}

static int compare_texts(struct pw_slice x, struct pw_slice y)
{
	const size_t n = x.length < y.length ? x.length : y.length;
	const int c = n > 0 ? memcmp(x.data, y.data, n) : 0;

	return c != 0 ? c : COMPARE(x.length, y.length);
}

static int compare_lists(const struct pw_column *a, uint32_t i, const struct pw_column *b,
			 uint32_t j)
{
	uint32_t x, x_end, y, y_end;

	pw_column_list(a, i, &x, &x_end);
	pw_column_list(b, j, &y, &y_end);
	for (; x < x_end && y < y_end; x++, y++) {
		const int c = pw_column_compare(a->inner, x, b->inner, y);
		if (c != 0)
			return c;
	}
	return (x < x_end) - (y < y_end);
}

int pw_column_compare(const struct pw_column *a, uint32_t i, const struct pw_column *b, uint32_t j)
{
	const bool no_x = pw_column_null(a, i), no_y = pw_column_null(b, j);

	if (no_x || no_y)
		return no_x - no_y;
	switch (pw_type_form(a->type)) {
	case PW_FORM_BYTE:
		return COMPARE(pw_column_bool(a, i), pw_column_bool(b, j));
	case PW_FORM_WORD:
		if (a->type.base == PW_FLOAT)
			return compare_floats(pw_column_float(a, i), pw_column_float(b, j));
		return COMPARE(pw_column_int(a, i), pw_column_int(b, j));
	case PW_FORM_WIDE:
		return memcmp(pw_column_uuid(a, i), pw_column_uuid(b, j), 16);
	case PW_FORM_TEXT:
		return compare_texts(pw_column_text(a, i), pw_column_text(b, j));
	case PW_FORM_LIST:
		return compare_lists(a, i, b, j);
	}
	return 0;
}
