#include "../../lib/fmt/infer.h"
#include "check.h"

#include <stdarg.h>

/* The verdict on a column of these cells; the last is NULL. */
static struct pw_verdict verdict_of(const char *cell, va_list more)
{
	uint32_t seen = 0;
	for (; cell != NULL; cell = va_arg(more, const char *))
		if (*cell != '\0')
			seen |= (uint32_t)pw_infer_kind(pw_slice_of(cell));
	return pw_infer_verdict(seen, false);
}

/* The base of such a column; -1: it is in doubt. */
static int base_of(const char *cell, ...)
{
	va_list more;
	va_start(more, cell);
	const struct pw_verdict v = verdict_of(cell, more);
	va_end(more);
	return v.doubt != 0 ? -1 : (int)v.base;
}

static bool open_of(const char *cell, ...)
{
	va_list more;
	va_start(more, cell);
	const struct pw_verdict v = verdict_of(cell, more);
	va_end(more);
	return v.open;
}

#define DOUBT (-1)

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

/* As programs write a missing value that quote every cell. */
static void empty_texts(void)
{
	static const uint32_t others[] = {PW_KIND_BOOL,     PW_KIND_INT,  PW_KIND_FLOAT,
					  PW_KIND_DATETIME, PW_KIND_UTC,  PW_KIND_LONG,
					  PW_KIND_CODE,     PW_KIND_TEXT, PW_KIND_FOREIGN};

	CHECK(pw_infer_kind(PW_SLICE("")) == PW_KIND_EMPTY);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const struct pw_verdict v = pw_infer_verdict(others[i], false);
		const struct pw_verdict with = pw_infer_verdict(others[i] | PW_KIND_EMPTY, false);
		CHECK(v.base == with.base && v.open == with.open && v.doubt == with.doubt);
	}
	CHECK(pw_infer_verdict(PW_KIND_EMPTY, false).base == PW_STR);
	CHECK(pw_infer_verdict(PW_KIND_EMPTY, false).open);
}

static void codes_are_text(void)
{
	static const char *const texts[] = {
		"00501",       "T",           "F",
		"yes",         "t",           "-",
		"-.",          ".",           "e5",
		"1e",          "0x10",        "2023-02-29",
		"2023-01-01Z", "20:00",       "nan",
		"inf",         "-inf",        "Infinity",
		"[1]",         "{}",          "1e5x",
		"32E0134",     "47e5",        "9E999",
		"+4917012345", "2023-01-01x", "192.168.100.200",
		"1,2,3",       "12 34",       "1,",
		",1",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		CHECK(base_of(texts[i], NULL) == PW_STR);
	CHECK(base_of("90210", "00501", NULL) == PW_STR);
	CHECK(base_of("32E0134", "00501", "+4917012345", NULL) == PW_STR);
	CHECK(base_of("18446744073709551615", "00501", NULL) == PW_STR);
}

/* Numbers alone are never text, and none is rounded or made another. */
static void numbers_in_doubt(void)
{
	static const char *const numbers[] = {
		"9223372036854775808",
		"12345678901234567890123",
		"+5",
		"+1.5",
		"-007",
		"00.5",
		"1.",
		"1e+999",
		"-1.5e999",
		"1,234",
		"3,14",
		"1.234,56",
		"1'000",
		"1_000",
		" 1",
		"1 ",
		" 1.5 ",
		"-1,234,567.89",
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		CHECK(base_of(numbers[i], NULL) == DOUBT);
		CHECK(base_of("7", numbers[i], NULL) == DOUBT);
		CHECK(base_of("1.5", "", numbers[i], NULL) == DOUBT);
		CHECK(base_of("true", numbers[i], NULL) == PW_STR);
		CHECK(base_of(numbers[i], "x", NULL) == PW_STR);
	}
	CHECK(base_of("9007199254740993", "1", NULL) == PW_INT);
	CHECK(base_of("9007199254740992", "-9007199254740992", "0.5", NULL) == PW_FLOAT);
	CHECK(base_of("9007199254740993", "0.5", NULL) == DOUBT);
	CHECK(base_of("-9007199254740993", "nan", NULL) == DOUBT);
	CHECK(base_of("47e5", "12", NULL) == DOUBT);
	CHECK(base_of("47e5", "12", "1.5", NULL) == PW_FLOAT);
	CHECK(base_of("47e5", "1e+5", NULL) == PW_FLOAT);
	CHECK(base_of("007", "12", "1.5", NULL) == DOUBT);
	CHECK(base_of("+4917012345", "12", NULL) == DOUBT);
}

static void times_in_doubt(void)
{
	CHECK(base_of("9999-12-31", NULL) == DOUBT);
	CHECK(base_of("2024-01-01", "1600-01-01T00:00:00", NULL) == DOUBT);
	CHECK(base_of("2024-01-01T00:00:00.1234567891", NULL) == DOUBT);
	CHECK(base_of("2024-01-01T00:00:00.1234567890", NULL) == PW_DATETIME);
	CHECK(base_of("9999-12-31T00:00Z", "2024-01-01T00:00Z", NULL) == DOUBT);
	CHECK(base_of("2024-01-01", "2024-01-01T00:00Z", NULL) == DOUBT);
	CHECK(base_of("2024-01-01T00:00+02:00", "2024-01-01T00:00Z", NULL) == PW_DATETIME_UTC);
	CHECK(base_of("9999-12-31", "never", NULL) == PW_STR);
	CHECK(base_of("9999-02-30", "2024-01-01", NULL) == PW_STR);
}

static void mixtures(void)
{
	CHECK(base_of("nan", "1", NULL) == PW_FLOAT);
	CHECK(base_of("1.5", "-Infinity", NULL) == PW_FLOAT);
	CHECK(base_of("nan", "x", NULL) == PW_STR);
	CHECK(base_of("true", "1", NULL) == PW_STR);
	CHECK(base_of("2024-01-01", "5", NULL) == PW_STR);
}

static void open_columns(void)
{
	CHECK(open_of(NULL) && open_of("nan", NULL) && open_of("32E0134", NULL));
	CHECK(open_of("007", "12", NULL) && open_of("+4917012345", NULL));
	CHECK(!open_of("x", NULL) && !open_of("true", "12", NULL) && !open_of("12", NULL));
}

/*
 * Whatever a column has had, a later value makes it no other type without being
 * noticed: it is among those that fit the type, or the column is open.
 */
static void no_way_round(void)
{
	static const char *const one[] = {"true",
					  "7",
					  "9007199254740993",
					  "1e5",
					  "1.5",
					  "1e+999",
					  "nan",
					  "007",
					  "+4917012345",
					  "+5",
					  "+1.5",
					  "3,14",
					  "2024-01-01",
					  "2024-01-01T00:00Z",
					  "9999-12-31",
					  "x",
					  "9223372036854775808"};
	const size_t n = sizeof one / sizeof *one;
	size_t wrong = 0;
	for (uint32_t set = 0; set < 1u << n; set++) {
		uint32_t seen = 0;
		for (size_t i = 0; i < n; i++)
			seen |= set >> i & 1 ? (uint32_t)pw_infer_kind(pw_slice_of(one[i])) : 0;
		const struct pw_verdict v = pw_infer_verdict(seen, false);
		for (size_t i = 0; i < n && v.doubt == 0 && !v.open; i++) {
			const struct pw_verdict w = pw_infer_verdict(
				seen | (uint32_t)pw_infer_kind(pw_slice_of(one[i])), false);
			if (pw_infer_fits(v.base, pw_slice_of(one[i])))
				wrong += w.base != v.base || w.doubt != 0;
		}
	}
	CHECK(wrong == 0);
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
	TEST(empty_texts);
	TEST(codes_are_text);
	TEST(numbers_in_doubt);
	TEST(times_in_doubt);
	TEST(mixtures);
	TEST(open_columns);
	TEST(no_way_round);
	TEST(later_cells);
	TEST(plain_numbers);
	return check_done();
}
