#include "../../lib/data/reach.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <float.h>
#include <math.h>
#include <string.h>

static struct pw_reach reach(const char *left, const char *right, const char *bounds)
{
	struct pw_reach r = {0};
	struct pw_axis axes[2] = {0};
	const char *const types[] = {left, right};

	for (int side = 0; side < 2; side++) {
		struct pw_schema s = {0};
		struct pw_type t;

		CHECK(pw_type_parse(pw_slice_of(types[side]), &t) == 0);
		CHECK(pw_schema_add(&s, pw_slice_of("t"), t, false) >= 0);
		CHECK(pw_axis_open(&axes[side], &s, "-t", "t") == 0);
		pw_schema_release(&s);
	}
	if (pw_reach_open(&r, axes, "--interval", bounds) < 0)
		return r;
	pw_fail_clear();
	CHECK(axes[0].real == r.real && axes[1].real == r.real);
	return r;
}

static bool holds(struct pw_places p, pw_place x)
{
	return p.first <= x && x <= p.last;
}

static void bounds(void)
{
	CHECK(!reach("int", "int", "-2,3").real);
	CHECK(reach("int", "int", "-2.5,3").real);
	CHECK(reach("int", "float", "-2,3").real);
	CHECK(reach("float", "int", "-2,3").real);
	CHECK(reach("datetime", "datetime", "-2m,1m").lower.whole == -INT64_C(120000000000));
	CHECK(pw_fail_status() == PW_OK);
	reach("int", "int", "3,-2");
	CHECK(strstr(pw_fail_text(), "'3,-2': the lower bound is above the upper one") != NULL);
	reach("int", "int", "3");
	CHECK(strstr(pw_fail_text(), "'3' is not L,U") != NULL);
	reach("datetime", "datetime", "1m,2m,3m");
	CHECK(strstr(pw_fail_text(), "such as -5m,0s") != NULL);
	reach("datetime", "datetime", "1,2");
	CHECK(strstr(pw_fail_text(), "'1' is not a duration") != NULL);
	reach("float", "float", "9007199254740993,9007199254740992");
	CHECK(strstr(pw_fail_text(), "above") == NULL); /* as floats they are equal */
	pw_fail_clear();
}

static void whole_numbers(void)
{
	const struct pw_reach r = reach("int", "int", "-2,3");
	const struct pw_places p = pw_reach_right(&r, 10), q = pw_reach_left(&r, 10);

	CHECK(p.first == 8 && p.last == 13);
	CHECK(q.first == 7 && q.last == 12);
	/* sums beyond the ends of int64 */
	CHECK(pw_reach_right(&r, INT64_MAX).first == INT64_MAX - 2);
	CHECK(pw_reach_right(&r, INT64_MAX).last == INT64_MAX);
	CHECK(pw_reach_left(&r, INT64_MIN).first == INT64_MIN);
	CHECK(pw_reach_left(&r, INT64_MIN).last == INT64_MIN + 2);
	const struct pw_reach far = reach("int", "int", "5,6");

	CHECK(pw_reach_right(&far, INT64_MAX - 4).first > pw_reach_right(&far, INT64_MAX - 4).last);
	CHECK(pw_reach_left(&far, INT64_MIN + 4).first > pw_reach_left(&far, INT64_MIN + 4).last);
	const struct pw_reach all = reach("int", "int", "-9223372036854775808,9223372036854775807");

	CHECK(holds(pw_reach_left(&all, INT64_MIN), -1) && holds(pw_reach_right(&all, 0), -7));
}

static uint64_t state = 1;

static double draw(void)
{
	static const double some[] = {0, 1, 0.1, 0.3, 1e9, 1e-9, 1e300, 3, 1e16, DBL_MIN, DBL_MAX};

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	double x = some[(state >> 33) % (sizeof some / sizeof *some)];

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	if (state >> 63)
		x = -x;
	if ((state >> 40) % 3 == 0)
		x *= 1 + (double)((state >> 42) % 5);
	if (!isfinite(x))
		x = DBL_MAX;
	return (state >> 50) % 3 == 0 ? nextafter(x, 0) : x;
}

/* u is in the reach of t exactly if t is in that of u; and as the sums say. */
static void doubles(void)
{
	for (int i = 0; i < 200000; i++) {
		double lower = draw(), upper = draw(), t = draw(), u = draw();

		if (lower > upper)
			continue;
		if (i % 3 == 0)
			u = t + lower;
		else if (i % 3 == 1)
			u = nextafter(t + upper, u);
		if (!isfinite(u))
			continue;
		const struct pw_reach r = {
			.real = true, .lower = {.real = lower}, .upper = {.real = upper}};
		const bool near = t + lower <= u && u <= t + upper;

		CHECK(holds(pw_reach_right(&r, pw_axis_place(t)), pw_axis_place(u)) == near);
		CHECK(holds(pw_reach_left(&r, pw_axis_place(u)), pw_axis_place(t)) == near);
	}
}

static void many(void)
{
	const struct pw_reach r = reach("int", "int", "0,5");
	const pw_place places[] = {3, -1};
	struct pw_places right[2], left[2];

	pw_reach_all(&r, 0, places, 2, right);
	pw_reach_all(&r, 1, places, 2, left);
	CHECK(right[1].first == -1 && right[1].last == 4);
	CHECK(left[0].first == -2 && left[0].last == 3);
}

int main(void)
{
	TEST(bounds);
	TEST(whole_numbers);
	TEST(doubles);
	TEST(many);
	return check_done();
}
