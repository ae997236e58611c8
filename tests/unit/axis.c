#include "../../lib/data/axis.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <float.h>
#include <math.h>

/* An axis over a column of the type. */
static struct pw_axis axis(struct pw_schema *s, const char *type)
{
	struct pw_axis a = {0};
	struct pw_type t;

	pw_schema_release(s);
	*s = (struct pw_schema){0};
	CHECK(pw_type_parse(pw_slice_of(type), &t) == 0);
	CHECK(pw_schema_add(s, pw_slice_of("t"), t, false) >= 0);
	CHECK(pw_axis_open(&a, s, "-t", "t") == 0);
	return a;
}

static bool refuses(int status, const char *words)
{
	return status < 0 && pw_fail_status() == PW_USAGE && strstr(pw_fail_text(), words) != NULL;
}

static void doubles(void)
{
	const double in_order[] = {-DBL_MAX, -1.5, -DBL_MIN, 0, DBL_MIN, 1, 1.5, DBL_MAX};

	for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
		CHECK(pw_axis_real(pw_axis_place(in_order[i])) == in_order[i]);
		if (i > 0)
			CHECK(pw_axis_place(in_order[i - 1]) < pw_axis_place(in_order[i]));
	}
	CHECK(pw_axis_place(-0.0) == pw_axis_place(0.0));
}

static void lengths(void)
{
	struct pw_schema s = {0};
	struct pw_length l;
	struct pw_axis a = axis(&s, "int");

	CHECK(pw_axis_length(&a, "--delay", "3", &l) == 0 && l.whole == 3 && !l.fraction);
	CHECK(pw_axis_length(&a, "--delay", "2.5", &l) == 0 && l.whole == 3 && l.fraction);
	CHECK(pw_axis_length(&a, "--delay", "-2.5", &l) == 0 && l.whole == -2);
	CHECK(refuses(pw_axis_length(&a, "--delay", "3s", &l), "'3s' is not a number"));
	CHECK(refuses(pw_axis_length(&a, "--delay", "inf", &l), "not finite"));
	CHECK(pw_axis_plus(&a, INT64_MAX - 1, &(struct pw_length){.whole = 2}) == INT64_MAX);
	pw_axis_exact(&a, &(struct pw_length){.whole = 3, .real = 2.5, .fraction = true});
	CHECK(a.real && pw_axis_bound(&a).base == PW_FLOAT);
	a = axis(&s, "datetime_utc");
	CHECK(pw_axis_length(&a, "--delay", "1m", &l) == 0 && l.whole == INT64_C(60000000000));
	CHECK(refuses(pw_axis_length(&a, "--delay", "10", &l), "'10' is not a duration"));
	CHECK(refuses(pw_axis_time(&a, "--origin", "2026-01-01", &l), "datetime_utc"));
	CHECK(pw_axis_time(&a, "--origin", "1970-01-01T00:00:01Z", &l) == 0);
	CHECK(l.whole == INT64_C(1000000000));
	pw_schema_release(&s);
}

static void columns(void)
{
	struct pw_schema s = {0};
	const double floats[] = {1, INFINITY, -2.5};
	const int64_t ints[] = {7, INT64_C(1) << 54, -7};
	const uint8_t valid[] = {5};
	struct pw_column c = {.type = PW_TYPE(PW_FLOAT), .rows = 3, .values = floats};
	pw_place places[3];
	struct pw_axis a = axis(&s, "float");

	CHECK(pw_axis_places(&a, &c, 0, 3, places) == 1);
	CHECK(places[1] == PW_PLACE_FIRST && pw_axis_real(places[2]) == -2.5);
	CHECK(pw_axis_unsound(&a, &c, 1) != NULL && pw_axis_unsound(&a, &c, 0) == NULL);
	a = axis(&s, "int");
	c = (struct pw_column){.type = PW_TYPE(PW_INT), .rows = 3, .values = ints, .valid = valid};
	CHECK(pw_axis_places(&a, &c, 1, 2, places) == -1);
	CHECK(places[0] == PW_PLACE_FIRST && places[1] == -7);
	c.valid = NULL;
	a.real = true;
	CHECK(pw_axis_places(&a, &c, 0, 3, places) == 1 && pw_axis_real(places[2]) == -7);
	c.encoding = PW_CONSTANT;
	CHECK(pw_axis_places(&a, &c, 1, 2, places) == -1 && places[1] == places[0]);
	pw_schema_release(&s);
}

static void refused(void)
{
	struct pw_schema s = {0};
	struct pw_axis a;

	CHECK(pw_schema_add(&s, pw_slice_of("stamp"), PW_TYPE(PW_STR), false) >= 0);
	CHECK(refuses(pw_axis_open(&a, &s, "-t", "stamp"), "'stamp' is a str"));
	CHECK(refuses(pw_axis_open(&a, &s, "-t", "stmp"), "'stamp'"));
	pw_schema_release(&s);
}

int main(void)
{
	TEST(doubles);
	TEST(lengths);
	TEST(columns);
	TEST(refused);
	return check_done();
}
