#include "reach.h"

#include "../base/fail.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static int read_bounds(struct pw_reach *r, const struct pw_axis *a, const char *option,
		       const char *text)
{
	const char *comma = strchr(text, ',');

	if (comma == NULL || strchr(comma + 1, ',') != NULL)
		return pw_fail(PW_USAGE, "%s: '%s' is not L,U: two lengths of time, such as %s",
			       option, text,
			       a->type.base == PW_INT || a->type.base == PW_FLOAT ? "-5,0"
										  : "-5m,0s");
	char *lower = pw_mem_print("%.*s", (int)(comma - text), text);
	const int rc = pw_axis_length(a, option, lower, &r->lower) < 0 ||
				       pw_axis_length(a, option, comma + 1, &r->upper) < 0
			       ? -1
			       : 0;

	free(lower);
	return rc;
}

static bool is_reversed(const struct pw_reach *r)
{
	return r->real ? r->lower.real > r->upper.real : r->lower.whole > r->upper.whole;
}

int pw_reach_open(struct pw_reach *r, struct pw_axis axes[2], const char *option, const char *text)
{
	if (read_bounds(r, &axes[0], option, text) < 0)
		return -1;
	r->real = axes[0].real || axes[1].real || r->lower.fraction || r->upper.fraction;
	axes[0].real = axes[1].real = r->real;
	if (is_reversed(r))
		return pw_fail(PW_USAGE,
			       "%s: '%s': the lower bound is above the upper one, and no pair "
			       "has such times",
			       option, text);
	return 0;
}

/* ---- whole numbers ---- */

static inline struct pw_places whole(pw_place p, __int128_t lower, __int128_t upper)
{
	const __int128_t first = p + lower, last = p + upper;

	if (first > INT64_MAX || last < INT64_MIN)
		return (struct pw_places){INT64_MAX, INT64_MIN};
	return (struct pw_places){first < INT64_MIN ? INT64_MIN : (pw_place)first,
				  last > INT64_MAX ? INT64_MAX : (pw_place)last};
}

/* ---- doubles ---- */

static inline pw_place sum(pw_place p, double length)
{
	return pw_axis_place(pw_axis_real(p) + length);
}

/* The place, or the one of the greatest double if it is beyond that. */
static pw_place finite(pw_place p)
{
	const pw_place least = pw_axis_place(-DBL_MAX), most = pw_axis_place(DBL_MAX);

	return p < least ? least : p > most ? most : p;
}

/*
 * The least double whose sum with the length is q or more; beyond all doubles if
 * there is none. q - length is a good guess; the sum rises with the place, so the
 * answer is found by steps that double, and then by halving.
 */
static pw_place first_that_reaches(pw_place q, double length)
{
	const pw_place end = finite(INT64_MAX) + 1;
	pw_place high = finite(pw_axis_place(pw_axis_real(q) - length)), low;
	uint64_t step = 1;

	/* low does not reach q, or is before all doubles; high does, or is the end */
	if (sum(high, length) >= q) {
		do {
			low = (pw_place)((uint64_t)high - step);
			if (low > high || low < finite(INT64_MIN))
				low = finite(INT64_MIN) - 1;
			else if (sum(low, length) >= q)
				high = low;
			step *= 2;
		} while (low == high);
	} else {
		low = high;
		do {
			high = (pw_place)((uint64_t)low + step);
			if (high < low || high > end)
				high = end;
			else if (sum(high, length) < q && high < end)
				low = high;
			step *= 2;
		} while (low == high);
	}
	while ((uint64_t)high - (uint64_t)low > 1) {
		const pw_place middle =
			(pw_place)((uint64_t)low + ((uint64_t)high - (uint64_t)low) / 2);

		if (sum(middle, length) >= q)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* The greatest double whose sum with the length is q or less: -x for the least -x. */
static pw_place last_that_reaches(pw_place q, double length)
{
	const pw_place p = first_that_reaches(pw_axis_place(-pw_axis_real(q)), -length);

	return p > finite(INT64_MAX) ? finite(INT64_MIN) - 1 : pw_axis_place(-pw_axis_real(p));
}

/* ---- ranges ---- */

struct pw_places pw_reach_right(const struct pw_reach *r, pw_place t)
{
	if (!r->real)
		return whole(t, r->lower.whole, r->upper.whole);
	return (struct pw_places){sum(t, r->lower.real), sum(t, r->upper.real)};
}

struct pw_places pw_reach_left(const struct pw_reach *r, pw_place u)
{
	if (!r->real)
		return whole(u, -(__int128_t)r->upper.whole, -(__int128_t)r->lower.whole);
	return (struct pw_places){first_that_reaches(u, r->upper.real),
				  last_that_reaches(u, r->lower.real)};
}

void pw_reach_all(const struct pw_reach *r, int side, const pw_place *places, uint32_t count,
		  struct pw_places *reached)
{
	for (uint32_t i = 0; side == 0 && i < count; i++)
		reached[i] = pw_reach_right(r, places[i]);
	for (uint32_t i = 0; side != 0 && i < count; i++)
		reached[i] = pw_reach_left(r, places[i]);
}
