/* types, schemas, commit times */
#include "../../lib/data/schema.h"
#include "../../lib/base/fail.h"
#include "../../lib/time/time.h"
#include "check.h"

static bool reads(const char *text, enum pw_base base, int depth, bool required)
{
	struct pw_type t;

	return pw_type_parse(pw_slice_of(text), &t) == 0 && t.base == base && t.depth == depth &&
	       t.required == required;
}

static void types_are_read(void)
{
	CHECK(reads("int", PW_INT, 0, false));
	CHECK(reads("INT!", PW_INT, 0, true));
	CHECK(reads("str not null", PW_STR, 0, true));
	CHECK(reads("list<list<datetime_utc>>!", PW_DATETIME_UTC, 2, true));
	CHECK(reads(" list < uuid > ", PW_UUID, 1, false));
	for (int base = 0; base < PW_BASES; base++)
		for (uint8_t depth = 0; depth < 3; depth++) {
			const struct pw_type t = {(uint8_t)base, depth, depth == 1};
			CHECK(reads(pw_type_name(t), (enum pw_base)base, depth, depth == 1));
		}
}

static void bad_types_are_named(void)
{
	struct pw_type t;

	CHECK(pw_type_parse(PW_SLICE("flaot"), &t) < 0);
	CHECK(strstr(pw_fail_text(), "did you mean 'float'?") != NULL);
	CHECK(pw_type_parse(PW_SLICE("list<int"), &t) < 0 && pw_fail_status() == PW_USAGE);
	CHECK(pw_type_parse(PW_SLICE(""), &t) < 0);
	CHECK(pw_type_parse(PW_SLICE("list<list<list<list<list<list<list<list<list<int>>>>>>>>>"),
			    &t) < 0);
}

static void make(struct pw_schema *s)
{
	CHECK(pw_schema_add(s, PW_SLICE("id"), PW_TYPE(PW_INT), true) == 0);
	CHECK(pw_schema_add(s, PW_SLICE("City"), PW_TYPE(PW_STR), false) == 0);
	CHECK(pw_schema_add(s, PW_SLICE("a `b`, c"), PW_LIST_OF(PW_TYPE(PW_FLOAT)), false) == 0);
}

static void columns_are_found(void)
{
	struct pw_schema s = {0};
	int list[PW_COLUMNS_MAX];

	make(&s);
	CHECK(pw_schema_find(&s, PW_SLICE("id")) == 0);
	CHECK(pw_schema_find(&s, PW_SLICE("city")) == 1);
	CHECK(pw_schema_find(&s, PW_SLICE("town")) == -1);
	CHECK(pw_schema_need(&s, PW_SLICE("cty")) == -1);
	CHECK(strcmp(pw_fail_text(), "'cty' is not a column (did you mean 'City'?)") == 0);
	CHECK(pw_schema_need(&s, PW_SLICE("elephant")) == -1);
	CHECK(strstr(pw_fail_text(), "; the columns are id City") != NULL);
	CHECK(pw_schema_list(&s, "City, `a ``b``, c`", list) == 2 && list[0] == 1 && list[1] == 2);
	CHECK(pw_schema_list(&s, "id,id", list) == -1);
	CHECK(pw_schema_list(&s, "id,", list) == -1);
	CHECK(pw_schema_list(&s, "id,`a", list) == -1);
	pw_schema_release(&s);
}

static void doubles_are_refused(void)
{
	struct pw_schema s = {0};

	make(&s);
	CHECK(pw_schema_add(&s, PW_SLICE("id"), PW_TYPE(PW_INT), false) < 0);
	CHECK(pw_schema_add(&s, PW_SLICE(""), PW_TYPE(PW_INT), false) < 0);
	CHECK(pw_schema_add(&s, (struct pw_slice){"a\0b", 3}, PW_TYPE(PW_INT), false) < 0);
	CHECK(s.count == 3);
	pw_schema_release(&s);
}

static void schemas_are_printed_and_copied(void)
{
	struct pw_schema s = {0}, copy;
	struct pw_bytes b = {0};

	make(&s);
	pw_schema_copy(&copy, &s);
	CHECK(pw_schema_equal(&s, &copy));
	pw_schema_print(&b, &copy);
	CHECK(strcmp(pw_bytes_string(&b), "id int, City str, `a ``b``, c` list<float>") == 0);
	copy.fields[0].type.base = PW_STR;
	CHECK(!pw_schema_equal(&s, &copy));
	pw_bytes_release(&b);
	pw_schema_release(&s);
	pw_schema_release(&copy);
	pw_schema_release(&copy);
}

static void times_are_read_and_written(void)
{
	static const char *const good[] = {"0", "2", "1700000000000", "18446744073709551613",
					   "end"};
	static const char *const bad[] = {
		"", "-2", "1.5", "18446744073709551616", "99999999999999999999999", "END", " 2"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct pw_bytes b = {0};
		pw_time t;
		CHECK(pw_time_parse(pw_slice_of(good[i]), &t) == 0);
		pw_time_print(&b, t);
		CHECK(strcmp(pw_bytes_string(&b), good[i]) == 0);
		pw_bytes_release(&b);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		pw_time t;
		CHECK(pw_time_parse(pw_slice_of(bad[i]), &t) < 0);
	}
	CHECK(pw_time_is_odd(3) && !pw_time_is_odd(4) && !pw_time_is_odd(PW_TIME_END));
	CHECK(pw_time_after(4) == 5);
}

int main(void)
{
	TEST(types_are_read);
	TEST(bad_types_are_named);
	TEST(columns_are_found);
	TEST(doubles_are_refused);
	TEST(schemas_are_printed_and_copied);
	TEST(times_are_read_and_written);
	return check_done();
}
