/*
 * pw_axis - event times: the values of a time column as places on a line
 *
 * A place is an int64_t that sorts as the times do, so that thresholds and
 * clocks are compared as whole numbers whatever the type. On a whole axis (int,
 * datetime, datetime_utc) it is the value itself; on a real one (float, or int
 * with fractional lengths) it stands for a double, and pw_axis_real gives that.
 *
 * A length is what options say: whole numbers and fractions for ints and
 * floats, durations (10s, 1d) for datetimes.
 *
 * Use:      axis = {0}; pw_axis_open; a pw_axis_length per option; then, if a
 *           length must not be rounded, pw_axis_exact; then places of columns.
 * Promises: an axis does not change once places have been asked for. Sums are
 *           computed in the time's own type: those of whole axes stop at the ends of int64,
 *           those of real ones are rounded once.
 * Fails:    PW_USAGE, "-t: ..." or "--delay: ...".
 */
#ifndef PW_DATA_AXIS_H
#define PW_DATA_AXIS_H

#include "column.h"
#include "schema.h"

PW_C_BEGIN

typedef int64_t pw_place;

#define PW_PLACE_FIRST INT64_MIN /* before every time: a clock that nothing has moved */
#define PW_PLACE_LAST  INT64_MAX

struct pw_axis {
	int column;          /* of the schema it was opened with */
	struct pw_type type; /* of the column */
	bool real;           /* places stand for doubles */
};

/* A length on an axis, below 0 or not. Of an int axis both are there. */
struct pw_length {
	int64_t whole; /* a fraction is rounded up: t + whole <= c is t + real <= c for whole t, c */
	double real;
	bool fraction; /* real is no whole number, on an axis of ints */
};

/* The time column of an option: an int, float, datetime or datetime_utc. 0, or fails. */
int pw_axis_open(struct pw_axis *a, const struct pw_schema *s, const char *option,
		 const char *column);

/* Reads a length; 0, or fails: not a number, not a duration, not finite, out of range. */
int pw_axis_length(const struct pw_axis *a, const char *option, const char *text,
		   struct pw_length *length);

/* Reads a time, such as that of --origin, in the type of the axis (an int axis takes fractions). */
int pw_axis_time(const struct pw_axis *a, const char *option, const char *text,
		 struct pw_length *time);

/*
 * The length is used as it is: if it is a fraction, an axis of ints becomes a
 * real one. Call it for every length whose rounding would be seen.
 */
void pw_axis_exact(struct pw_axis *a, const struct pw_length *length);

/* The type of bounds computed on the axis: the column's own; float of a real axis. */
struct pw_type pw_axis_bound(const struct pw_axis *a);

/* The place that stands for a double (no NaN), and back; places compare as the doubles do. */
static inline pw_place pw_axis_place(double x)
{
	int64_t bits;

	x += 0.0; /* -0.0 is 0.0 */
	memcpy(&bits, &x, sizeof bits);
	return bits ^ ((bits >> 63) & INT64_MAX);
}

static inline double pw_axis_real(pw_place p)
{
	double x;

	p ^= (p >> 63) & INT64_MAX;
	memcpy(&x, &p, sizeof x);
	return x;
}

static inline pw_place pw_axis_plus(const struct pw_axis *a, pw_place p,
				    const struct pw_length *length)
{
	int64_t sum;

	if (a->real)
		return pw_axis_place(pw_axis_real(p) + length->real);
	if (__builtin_add_overflow(p, length->whole, &sum))
		return length->whole < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/*
 * The places of rows [from, from + count) of the time column c, whatever its
 * encoding; that of a null is PW_PLACE_FIRST. Returns the number of the first
 * row whose time is not finite or (an int on a real axis) is beyond 2^53, else
 * -1; such rows have PW_PLACE_FIRST too, and pw_axis_unsound says what is wrong.
 */
int64_t pw_axis_places(const struct pw_axis *a, const struct pw_column *c, uint32_t from,
		       uint32_t count, pw_place *places);

/*
 * The place of the value that a row key (pw_rowkey, ascending) begins with, of the
 * time column; PW_PLACE_FIRST: it is null, or has no place.
 */
pw_place pw_axis_of_key(const struct pw_axis *a, struct pw_slice key);

/* Why row i of the column has no place, as the reason of a row error; NULL: it has one, or is null. */
const char *pw_axis_unsound(const struct pw_axis *a, const struct pw_column *c, uint32_t i);

/* Appends a place as the axis writes it, for messages: 12, 2026-01-02T00:00:00. */
void pw_axis_describe(const struct pw_axis *a, pw_place p, struct pw_bytes *b);

PW_C_END

#endif
