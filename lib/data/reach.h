/*
 * pw_reach - which event times of one stream are near enough to a time of another
 *
 * A left time t and a right time u are near enough where
 * t + lower <= u <= t + upper. The times that a time reaches are those of a
 * range of places, so that they are found in an order of places.
 *
 * Use:      pw_reach_open; then pw_reach_right of left places, pw_reach_left of
 *           right ones.
 * Promises: u is in the range of t exactly if t is in that of u. Sums of floats
 *           are rounded once, as the sums t + lower and t + upper are, in both
 *           directions; sums of whole numbers are exact and don't stop at the
 *           ends of int64.
 * Fails:    PW_USAGE, "--interval: ...".
 */
#ifndef PW_DATA_REACH_H
#define PW_DATA_REACH_H

#include "axis.h"

PW_C_BEGIN

struct pw_reach {
	bool real; /* of both axes */
	struct pw_length lower, upper;
};

/* A range of places, both ends included; first > last: none. */
struct pw_places {
	pw_place first, last;
};

/*
 * Reads "L,U". axes: of the left and the right times, of types that go together;
 * both become real ones where one is, or where a bound is a fraction.
 */
int pw_reach_open(struct pw_reach *r, struct pw_axis axes[2], const char *option, const char *text);

/* The right times that a left time reaches, and the left ones that a right one does. */
struct pw_places pw_reach_right(const struct pw_reach *r, pw_place t);
struct pw_places pw_reach_left(const struct pw_reach *r, pw_place u);

/* Many places at once: left ones if side is 0, right ones if it is 1. */
void pw_reach_all(const struct pw_reach *r, int side, const pw_place *places, uint32_t count,
		  struct pw_places *reached);

PW_C_END

#endif
