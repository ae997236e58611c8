#include "axis.h"

#include "../base/fail.h"
#include "names.h"
#include "text.h"

#include <endian.h>
#include <math.h>

#define EXACT (INT64_C(1) << 53) /* a double holds every whole number up to here */

static bool of_numbers(const struct pw_axis *a)
{
	return a->type.base == PW_INT || a->type.base == PW_FLOAT;
}

int pw_axis_open(struct pw_axis *a, const struct pw_schema *s, const char *option,
		 const char *column)
{
	const int at = pw_names_column(s, column);

	if (at < 0)
		return pw_fail_at("%s", option);
	a->column = at;
	a->type = s->fields[at].type;
	a->real = a->type.base == PW_FLOAT;
	if (a->type.depth == 0 &&
	    (of_numbers(a) || a->type.base == PW_DATETIME || a->type.base == PW_DATETIME_UTC))
		return 0;
	return pw_fail(PW_USAGE,
		       "%s: column '%s' is %s %s, and an event time is an int, a float, a datetime "
		       "or a datetime_utc",
		       option, s->fields[at].name, pw_type_article(a->type), pw_type_name(a->type));
}

/* ---- lengths and times of options ---- */

static void set_whole(struct pw_length *l, int64_t x)
{
	*l = (struct pw_length){.whole = x, .real = (double)x};
}

static int set_real(struct pw_length *l, const char *option, const char *text, double x)
{
	const double up = ceil(x);

	if (!isfinite(x))
		return pw_fail(PW_USAGE, "%s: '%s' is not finite", option, text);
	*l = (struct pw_length){.real = x, .fraction = up != x};
	l->whole = up >= 0x1p63 ? INT64_MAX : up < -0x1p63 ? INT64_MIN : (int64_t)up;
	return 0;
}

static int read_number(const struct pw_axis *a, const char *option, const char *text,
		       const char *what, struct pw_length *l)
{
	const struct pw_slice s = pw_slice_of(text);
	int64_t whole;
	double real;

	if (pw_text_int(s, &whole) == 0) {
		set_whole(l, whole);
		return 0;
	}
	if (pw_text_float(s, &real) == 0)
		return set_real(l, option, text, real);
	return pw_fail(PW_USAGE, "%s: '%s' is not a number, and %s %s column has %s", option, text,
		       pw_type_article(a->type), pw_type_name(a->type), what);
}

int pw_axis_length(const struct pw_axis *a, const char *option, const char *text,
		   struct pw_length *length)
{
	int64_t ns;

	if (of_numbers(a))
		return read_number(a, option, text, "plain numbers as lengths of time", length);
	if (pw_text_duration(pw_slice_of(text), &ns) < 0)
		return pw_fail(PW_USAGE,
			       "%s: '%s' is not a duration such as 90s, 5m or 1d, and a %s "
			       "column has no other lengths of time",
			       option, text, pw_type_name(a->type));
	set_whole(length, ns);
	return 0;
}

int pw_axis_time(const struct pw_axis *a, const char *option, const char *text,
		 struct pw_length *time)
{
	const struct pw_slice s = pw_slice_of(text);
	const bool utc = a->type.base == PW_DATETIME_UTC;
	int64_t ns;

	if (of_numbers(a))
		return read_number(a, option, text, "plain numbers as times", time);
	if ((utc ? pw_text_datetime_utc(s, &ns) : pw_text_datetime(s, &ns)) < 0)
		return pw_fail(PW_USAGE, "%s: '%s' is not a %s; write it as %s", option, text,
			       pw_type_name(a->type),
			       utc ? "2026-01-31T00:00:00Z" : "2026-01-31T00:00");
	set_whole(time, ns);
	return 0;
}

void pw_axis_exact(struct pw_axis *a, const struct pw_length *length)
{
	if (length->fraction)
		a->real = true;
}

struct pw_type pw_axis_bound(const struct pw_axis *a)
{
	struct pw_type type = a->real ? PW_TYPE(PW_FLOAT) : a->type;

	type.required = false;
	return type;
}

/* ---- places ---- */

static const char *const not_finite = "the event time is not finite";
static const char *const too_large =
	"the event time is beyond 2^53, and fractional lengths make it a float";

static bool sound_float(double x)
{
	return isfinite(x);
}

static bool sound_int(int64_t x)
{
	return x >= -EXACT && x <= EXACT;
}

static int64_t places_of_floats(const double *values, uint32_t count, pw_place *places)
{
	int64_t first = -1;

	for (uint32_t i = 0; i < count; i++)
		places[i] = sound_float(values[i]) ? pw_axis_place(values[i]) : PW_PLACE_FIRST;
	for (uint32_t i = 0; i < count && first < 0; i++)
		if (!sound_float(values[i]))
			first = i;
	return first;
}

static int64_t places_of_ints(const int64_t *values, uint32_t count, pw_place *places)
{
	int64_t first = -1;

	for (uint32_t i = 0; i < count; i++)
		places[i] =
			sound_int(values[i]) ? pw_axis_place((double)values[i]) : PW_PLACE_FIRST;
	for (uint32_t i = 0; i < count && first < 0; i++)
		if (!sound_int(values[i]))
			first = i;
	return first;
}

/* The places of values, none of which is null as far as this function knows. */
static int64_t places_of(const struct pw_axis *a, const void *values, uint32_t count,
			 pw_place *places)
{
	if (a->type.base == PW_FLOAT)
		return places_of_floats(values, count, places);
	if (a->real)
		return places_of_ints(values, count, places);
	memcpy(places, values, count * sizeof *places);
	return -1;
}

int64_t pw_axis_places(const struct pw_axis *a, const struct pw_column *c, uint32_t from,
		       uint32_t count, pw_place *places)
{
	int64_t first;

	if (count == 0)
		return -1;
	if (c->encoding == PW_CONSTANT) {
		first = places_of(a, c->values, 1, places);
		if (pw_column_null(c, 0)) {
			places[0] = PW_PLACE_FIRST;
			first = -1;
		}
		for (uint32_t i = 1; i < count; i++)
			places[i] = places[0];
		return first < 0 ? -1 : (int64_t)from;
	}
	first = places_of(a, (const char *)c->values + (size_t)8 * from, count, places);
	if (c->valid != NULL)
		for (uint32_t i = 0; i < count; i++)
			if (!pw_bit(c->valid, from + i))
				places[i] = PW_PLACE_FIRST;
	/* the value of a null is zero, and so is sound */
	return first < 0 ? -1 : (int64_t)from + first;
}

pw_place pw_axis_of_key(const struct pw_axis *a, struct pw_slice key)
{
	uint64_t word;

	if (key.data[0] != 1) /* a null's mark is another */
		return PW_PLACE_FIRST;
	memcpy(&word, key.data + 1, sizeof word);
	const pw_place place = (pw_place)(be64toh(word) ^ (UINT64_C(1) << 63));

	if (a->type.base == PW_FLOAT) /* keys order doubles as places do */
		return sound_float(pw_axis_real(place)) ? place : PW_PLACE_FIRST;
	if (a->real)
		return sound_int(place) ? pw_axis_place((double)place) : PW_PLACE_FIRST;
	return place;
}

const char *pw_axis_unsound(const struct pw_axis *a, const struct pw_column *c, uint32_t i)
{
	if (pw_column_null(c, i))
		return NULL;
	if (a->type.base == PW_FLOAT)
		return sound_float(pw_column_float(c, i)) ? NULL : not_finite;
	return !a->real || sound_int(pw_column_int(c, i)) ? NULL : too_large;
}

void pw_axis_describe(const struct pw_axis *a, pw_place p, struct pw_bytes *b)
{
	if (a->real)
		pw_text_add_float(b, pw_axis_real(p));
	else if (a->type.base == PW_INT)
		pw_text_add_int(b, p);
	else
		pw_text_add_datetime(b, p, a->type.base == PW_DATETIME_UTC);
}
