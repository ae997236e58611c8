#include "../../lib/data/between.h"
#include "check.h"

#include <float.h>

static int64_t whole(int64_t v0, int64_t v1, int64_t a, int64_t x, int64_t b)
{
	return (int64_t)pw_between_whole(v0, v1, (uint64_t)a, (uint64_t)x, (uint64_t)b, PW_INT);
}

static double real(double v0, double v1, double a, double x, double b)
{
	return pw_between_real(pw_between_float(v0, v1, pw_between_word(a), pw_between_word(x),
						pw_between_word(b), PW_FLOAT),
			       PW_FLOAT);
}

static void wholes(void)
{
	CHECK(whole(0, 10, 0, 3, 10) == 3);
	CHECK(whole(0, 1, 0, 1, 2) == 1); /* a half goes away from v0 */
	CHECK(whole(0, -1, 0, 1, 2) == -1);
	CHECK(whole(0, 1, 0, 1, 3) == 0);
	CHECK(whole(7, 9, 5, 5, 5) == 7);
	CHECK(whole((INT64_C(1) << 62) - 1, 0, 0, 1, (INT64_C(1) << 62) - 1) ==
	      (INT64_C(1) << 62) - 2);
}

static void extremes(void)
{
	CHECK(whole(INT64_MIN, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MAX) == INT64_MIN);
	CHECK(whole(INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX, INT64_MAX) == INT64_MAX);
	CHECK(real(-DBL_MAX, DBL_MAX, -DBL_MAX, 0, DBL_MAX) == 0);
	CHECK(real(0, DBL_MAX, 0, 1, 2) == DBL_MAX / 2);
}

static void floats(void)
{
	CHECK(real(1, 3, 10, 11, 14) == 1.5);
	CHECK(real(4, 8, 2, 2, 2) == 4);
	CHECK(pw_between_word(-0.0) == 0);
}

int main(void)
{
	TEST(wholes);
	TEST(extremes);
	TEST(floats);
	return check_done();
}
