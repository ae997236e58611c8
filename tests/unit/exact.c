/* Exact sums: against known answers, in any order, after retraction, over the whole range. */
#include "../../lib/agg/exact.h"
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct sum {
	uint64_t w[PW_EXACT_SUM], q[PW_EXACT_SQUARES];
	int64_t n;
};

static void add(struct sum *s, double x, int64_t copies)
{
	if (copies == 1 || copies == -1)
		pw_exact_add(s->w, x, copies < 0 ? UINT64_MAX : 0);
	else
		pw_exact_add_slow(s->w, x, copies);
	pw_exact_add_square(s->q, x, copies);
	s->n += copies;
}

static void drop(struct sum *s)
{
	pw_exact_release(s->w, PW_EXACT_SUM);
	pw_exact_release(s->q, PW_EXACT_SQUARES);
}

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static double sum_of(int n, const double *x)
{
	struct sum s = {0};

	for (int i = 0; i < n; i++)
		add(&s, x[i], 1);
	const double answer = pw_exact_sum(s.w);
	drop(&s);
	return answer;
}
#define SUM(...) sum_of(sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static void known_sums(void)
{
	CHECK(same(SUM(0.1, 0.2, 0.3), 0.6));
	CHECK(same(SUM(0.1, 0.1, 0.1, 0.1), 0.4));
	CHECK(same(SUM(1e100, 1, -1e100), 1));
	CHECK(same(SUM(1e308, 1e308, -1e308), 1e308));
	CHECK(same(SUM(1e308, 1e308), INFINITY));
	CHECK(same(SUM(DBL_MAX, 0x1p969), DBL_MAX));
	CHECK(same(SUM(5e-324, 5e-324), 1e-323));
	CHECK(same(SUM(1, 0x1p-53), 1));
	CHECK(same(SUM(1, 0x1p-53, 5e-324), 1 + DBL_EPSILON));
	CHECK(same(SUM(1 + DBL_EPSILON, 0x1p-53), 1 + 2 * DBL_EPSILON));
	CHECK(same(SUM(-1.5, 1.5), 0));
	CHECK(same(SUM(-2.5, -0.0), -2.5));
	CHECK(same(SUM(INFINITY, 1), INFINITY));
	CHECK(isnan(SUM(INFINITY, -INFINITY)));
	CHECK(isnan(SUM(NAN, 1)));
	CHECK(same(SUM(0x1p86, 1, 0x1p86), 0x1p87));
	CHECK(same(SUM(0x1p-76, -0x1p-76, 0x1p-128), 0x1p-128));
}

static void infinities_go_again(void)
{
	struct sum s = {0};

	add(&s, 2.5, 1);
	add(&s, INFINITY, 2);
	add(&s, NAN, 1);
	CHECK(isnan(pw_exact_sum(s.w)));
	add(&s, NAN, -1);
	CHECK(same(pw_exact_sum(s.w), INFINITY));
	CHECK(isnan(pw_exact_variance(s.w, s.q, s.n, 0, false)));
	add(&s, INFINITY, -2);
	CHECK(same(pw_exact_sum(s.w), 2.5));
	CHECK(same(pw_exact_variance(s.w, s.q, s.n, 0, false), 0));
	CHECK(!pw_exact_is_zero(s.w, PW_EXACT_SUM));
	add(&s, 2.5, -1);
	CHECK(pw_exact_is_zero(s.w, PW_EXACT_SUM));
	CHECK(pw_exact_is_zero(s.q, PW_EXACT_SQUARES));
	drop(&s);
}

static uint64_t state = 88172645463325252;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A finite double of any exponent within the range given. */
static double draw_double(int low, int high)
{
	const double x = ldexp((double)(draw() >> 11) + 1, -53);

	return ldexp(draw() & 1 ? x : -x, low + (int)(draw() % (uint64_t)(high - low + 1)));
}

/* The window and the full accumulator give the same, in any order, with copies. */
static void window_is_full(void)
{
	for (int round = 0; round < 2000; round++) {
		struct sum a = {0}, b = {0};
		double x[40];
		int64_t copies[40];
		const int low = round % 4 == 0 ? -1080 : -90, high = round % 4 == 0 ? 1000 : 100;

		add(&b, 1e300, 1); /* promotes */
		add(&b, 1e-300, 1);
		for (int i = 0; i < 40; i++) {
			x[i] = draw_double(low, high);
			copies[i] = i % 5 ? 1 : (int64_t)(draw() % 1000000007) - 3;
			add(&a, x[i], copies[i]);
		}
		for (int i = 39; i >= 0; i--)
			add(&b, x[i], copies[i]);
		add(&b, 1e300, -1);
		add(&b, 1e-300, -1);
		CHECK(same(pw_exact_sum(a.w), pw_exact_sum(b.w)));
		CHECK(a.n == b.n);
		if (a.n > 1) {
			CHECK(same(pw_exact_mean(a.w, a.n), pw_exact_mean(b.w, b.n)));
			CHECK(same(pw_exact_variance(a.w, a.q, a.n, 1, false),
				   pw_exact_variance(b.w, b.q, b.n, 1, false)));
			CHECK(same(pw_exact_variance(a.w, a.q, a.n, 0, true),
				   pw_exact_variance(b.w, b.q, b.n, 0, true)));
		}
		for (int i = 0; i < 40; i++)
			add(&a, x[i], -copies[i]);
		CHECK(pw_exact_is_zero(a.w, PW_EXACT_SUM));
		CHECK(pw_exact_is_zero(a.q, PW_EXACT_SQUARES));
		drop(&a);
		drop(&b);
	}
}

static void two_values_round_once(void)
{
	for (int i = 0; i < 100000; i++) {
		const double x = draw_double(-5, 5), y = draw_double(-3, 3);

		CHECK(same(SUM(x, y), x + y));
		CHECK(same(SUM(ldexp(x, -1060), ldexp(y, -1060)),
			   ldexp(x, -1060) + ldexp(y, -1060)));
	}
}

static void means(void)
{
	struct sum s = {0};

	add(&s, 1, 1);
	add(&s, 0, 2);
	CHECK(same(pw_exact_mean(s.w, 3), 1.0 / 3));
	for (int i = 0; i < 10000; i++) {
		const double x = draw_double(-1000, 1000);
		struct sum t = {0};

		add(&t, x, 1);
		CHECK(same(pw_exact_mean(t.w, i + 1), x / (i + 1)));
		drop(&t);
	}
	drop(&s);
	CHECK(same(pw_exact_int_mean(((pw_int128)1 << 100), 3), ldexp(1, 100) / 3));
	CHECK(same(pw_exact_int_mean(-((pw_int128)1 << 100), 3), -ldexp(1, 100) / 3));
	CHECK(same(pw_exact_int_mean(-7, 2), -3.5));
	CHECK(pw_exact_int_divide(7, 2) == 4 && pw_exact_int_divide(5, 2) == 2);
	CHECK(pw_exact_int_divide(-7, 2) == -4 && pw_exact_int_divide(-5, 2) == -2);
	CHECK(pw_exact_int_divide(-8, 3) == -3);
}

static void variances(void)
{
	struct sum s = {0};
	uint64_t squares[3] = {0};
	const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
	pw_int128 sum = 0;

	for (int i = 0; i < 8; i++) {
		add(&s, 1e9 + x[i], 1);
		sum += 1000000000 + (int64_t)x[i];
		pw_exact_int_square(squares, 1000000000 + (int64_t)x[i], 1);
	}
	CHECK(same(pw_exact_variance(s.w, s.q, 8, 0, false), 4));
	CHECK(same(pw_exact_variance(s.w, s.q, 8, 0, true), 2));
	CHECK(same(pw_exact_variance(s.w, s.q, 8, 1, false), 32.0 / 7));
	CHECK(same(pw_exact_int_variance(sum, squares, 8, 0, true), 2));
	CHECK(same(pw_exact_int_variance(sum, squares, 8, 1, false), 32.0 / 7));
	drop(&s);
	for (int i = 0; i < 1000; i++) { /* two values: half their distance */
		const int64_t a = (int64_t)draw() >> (i % 40), b = (int64_t)draw() >> (i % 40);

		memset(squares, 0, sizeof squares);
		pw_exact_int_square(squares, a, 1);
		pw_exact_int_square(squares, b, 3);
		pw_exact_int_square(squares, b, -2);
		const pw_int128 apart = (pw_int128)a - b;
		const double half = (double)(pw_uint128)(apart < 0 ? -apart : apart) / 2;
		CHECK(same(pw_exact_int_variance((pw_int128)a + b, squares, 2, 0, true), half));
	}
	memset(squares, 0, sizeof squares);
	for (int i = 0; i < 3; i++) {
		pw_exact_int_square(squares, INT64_MIN, INT64_MAX);
		pw_exact_int_square(squares, INT64_MIN, -INT64_MAX);
	}
	CHECK(squares[0] == 0 && squares[1] == 0 && squares[2] == 0);
}

static void extreme_variances(void)
{
	struct sum s = {0};

	add(&s, 1e-320, 1);
	add(&s, -1e-320, 1);
	CHECK(same(pw_exact_variance(s.w, s.q, 2, 0, true), 1e-320));
	CHECK(same(pw_exact_variance(s.w, s.q, 2, 0, false), 0));
	add(&s, DBL_MAX, 1);
	CHECK(same(pw_exact_variance(s.w, s.q, 3, 0, false), INFINITY));
	CHECK(pw_exact_variance(s.w, s.q, 3, 0, true) > 8e307);
	drop(&s);
}

static void saved_and_loaded(void)
{
	const double x[] = {0, 1.5, -3e20, 1e200, INFINITY, NAN};

	for (int n = 0; n <= 6; n++) {
		struct sum s = {0}, t = {0};
		struct pw_bytes b = {0};

		for (int i = 0; i < n; i++)
			add(&s, x[i], 3);
		pw_exact_save(s.w, PW_EXACT_SUM, &b);
		pw_exact_save(s.q, PW_EXACT_SQUARES, &b);
		const char *at = b.data, *end = at + b.length;
		CHECK(pw_exact_load(t.w, PW_EXACT_SUM, &at, end) == 0);
		CHECK(pw_exact_load(t.q, PW_EXACT_SQUARES, &at, end) == 0 && at == end);
		add(&s, 0.1, 1);
		add(&t, 0.1, 1);
		CHECK(same(pw_exact_sum(s.w), pw_exact_sum(t.w)));
		CHECK(same(pw_exact_variance(s.w, s.q, 3 * n + 1, 0, false),
			   pw_exact_variance(t.w, t.q, 3 * n + 1, 0, false)));
		drop(&t);
		at = b.data;
		CHECK(pw_exact_load(t.w, PW_EXACT_SUM, &at, at + 7) == -1);
		drop(&s);
		pw_bytes_release(&b);
	}
}

/* Two sums that are added are the sum of all values, whichever of them are promoted. */
static void sums_of_sums(void)
{
	for (int round = 0; round < 3000; round++) {
		struct sum part[2] = {{{0}, {0}, 0}, {{0}, {0}, 0}}, whole = {0};
		const int low = round % 4 == 0 ? -1080 : -90, high = round % 4 == 0 ? 1000 : 100;
		const bool huge = round % 3 == 0; /* windows that are nearly full */

		for (int i = 0; i < 12; i++) {
			const double x = i == 0 && round % 7 == 0 ? INFINITY
					 : huge                   ? draw_double(80, 86)
								  : draw_double(low, high);
			const int64_t copies = huge ? INT64_C(1) << (20 + draw() % 22) : 1;

			add(&part[draw() % 2], x, copies);
			add(&whole, x, copies);
		}
		pw_exact_merge(part[0].w, part[1].w, PW_EXACT_SUM);
		pw_exact_merge(part[0].q, part[1].q, PW_EXACT_SQUARES);
		CHECK(same(pw_exact_sum(part[0].w), pw_exact_sum(whole.w)));
		CHECK(same(pw_exact_variance(part[0].w, part[0].q, whole.n, 0, false),
			   pw_exact_variance(whole.w, whole.q, whole.n, 0, false)));
		drop(&part[0]);
		drop(&part[1]);
		drop(&whole);
	}
}

int main(void)
{
	TEST(known_sums);
	TEST(infinities_go_again);
	TEST(two_values_round_once);
	TEST(window_is_full);
	TEST(sums_of_sums);
	TEST(means);
	TEST(variances);
	TEST(extreme_variances);
	TEST(saved_and_loaded);
	return check_done();
}
