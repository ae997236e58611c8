#include "../../lib/fmt/infer.h"
#include "check.h"

#include <stdarg.h>

/* The base of a column of these cells; the last is NULL. */
static enum pw_base base_of(const char *cell, ...)
{
	struct pw_infer i = {0};
	va_list more;
	va_start(more, cell);
	for (; cell != NULL; cell = va_arg(more, const char *))
		pw_infer_add(&i, pw_slice_of(cell), false);
	va_end(more);
	return pw_infer_base(&i);
}

static void one_kind(void)
{
	CHECK(base_of("true", "FALSE", "", NULL) == PW_BOOL);
	CHECK(base_of("-5", "7", "", "0", "-0", NULL) == PW_INT);
	CHECK(base_of("1.5", "2", ".5", "-.5", "1e5", "-2.5E-3", NULL) == PW_FLOAT);
	CHECK(base_of("2", "1.5", NULL) == PW_FLOAT);
	CHECK(base_of("2024-02-29T10:00:00", "2023-01-01 00:00:00", "2024-01-01", NULL) ==
	      PW_DATETIME);
	CHECK(base_of("2024-02-29T10:00:00Z", "2023-01-01 00:00:00+01", NULL) == PW_DATETIME_UTC);
	CHECK(base_of("a", "1", NULL) == PW_STR);
	CHECK(base_of("1", "a", "2", NULL) == PW_STR);
}

static void nothing_but_nulls(void)
{
	CHECK(base_of(NULL) == PW_STR);
	CHECK(base_of("", "", NULL) == PW_STR);
}

static void text_is_not_lost(void)
{
	static const char *const texts[] = {
		"00501",
		"-007",
		"00.5",
		"+5",
		"+1.5",
		"9223372036854775808",
		"T",
		"F",
		"yes",
		"t",
		"1.",
		"-",
		"-.",
		".",
		"e5",
		"1e",
		"1e999",
		"0x10",
		"1,5",
		" 1",
		"1 ",
		"2023-02-29",
		"2023-01-01Z",
		"20:00",
		"nan",
		"inf",
		"-inf",
		"Infinity",
		"[1]",
		"{}",
		"12345678901234567890123",
		"1e5x",
		"9999-01-01",
		"2023-01-01x",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CHECK(base_of(texts[i], NULL) == PW_STR);
		CHECK(base_of("7", texts[i], NULL) == PW_STR ||
		      pw_infer_fits(PW_FLOAT, pw_slice_of(texts[i])));
	}
	CHECK(base_of("90210", "00501", NULL) == PW_STR);
}

static void mixtures(void)
{
	CHECK(base_of("nan", "1", NULL) == PW_FLOAT);
	CHECK(base_of("1.5", "-Infinity", NULL) == PW_FLOAT);
	CHECK(base_of("nan", "x", NULL) == PW_STR);
	CHECK(base_of("true", "1", NULL) == PW_STR);
	CHECK(base_of("2024-01-01", "2024-01-01T00:00Z", NULL) == PW_STR);
	CHECK(base_of("2024-01-01", "5", NULL) == PW_STR);
}

static void quotes(void)
{
	struct pw_infer i = {0};
	pw_infer_add(&i, PW_SLICE("7"), true);
	CHECK(pw_infer_base(&i) == PW_INT);
	pw_infer_add(&i, PW_SLICE(""), false);
	CHECK(pw_infer_base(&i) == PW_INT);
	pw_infer_add(&i, PW_SLICE(""), true);
	CHECK(pw_infer_base(&i) == PW_STR);
}

static bool fits(enum pw_base base, const char *cell)
{
	return pw_infer_fits(base, pw_slice_of(cell));
}

static void later_cells(void)
{
	CHECK(fits(PW_INT, "5") && !fits(PW_INT, "5.0") && !fits(PW_INT, "005"));
	CHECK(fits(PW_FLOAT, "5") && fits(PW_FLOAT, "nan") && !fits(PW_FLOAT, "005"));
	CHECK(fits(PW_BOOL, "True") && !fits(PW_BOOL, "T") && !fits(PW_BOOL, "1"));
	CHECK(fits(PW_DATETIME, "2024-01-01") && !fits(PW_DATETIME, "2024-01-01T00:00Z"));
	CHECK(fits(PW_STR, "anything") && fits(PW_STR, ""));
	CHECK(!fits(PW_INT, ""));
}

/* What pw_infer_plain lets through, pw_infer_fits would. */
static void plain_numbers(void)
{
	static const char *const numbers[] = {
		"0",  "-0",  "5",    "-5",   "10",  "0.5",  "-0.5", "0e5", "5.",
		"0.", "-0.", "1.e5", "00",   "-00", "05",   "-05",  "+5",  "+0.5",
		".5", "-.5", "nan",  "-inf", "1e5", "00.5", "1.5",  "0.0",
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (pw_infer_plain(pw_slice_of(numbers[i])))
			CHECK(fits(PW_FLOAT, numbers[i]));
	CHECK(pw_infer_plain(PW_SLICE("0")) && pw_infer_plain(PW_SLICE("-0.5")));
	CHECK(pw_infer_plain(PW_SLICE("12")) && !pw_infer_plain(PW_SLICE("012")));
}

int main(void)
{
	TEST(one_kind);
	TEST(nothing_but_nulls);
	TEST(text_is_not_lost);
	TEST(mixtures);
	TEST(quotes);
	TEST(later_cells);
	TEST(plain_numbers);
	return check_done();
}
