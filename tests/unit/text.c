#include "../../lib/data/text.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Values of each random test; under a sanitizer, which has less to find, a tenth. */
#if defined(__SANITIZE_ADDRESS__)
#define VALUES(n) ((n) / 10)
#else
#define VALUES(n) (n)
#endif

static uint64_t seed = 88172645463325252;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static struct pw_bytes out;

static struct pw_slice written(void)
{
	return (struct pw_slice){out.data, out.length};
}

/* ---- ints ---- */

static bool is_int(const char *text, int64_t value)
{
	int64_t x = ~value;
	return pw_text_int(pw_slice_of(text), &x) == 0 && x == value;
}

static bool no_int(const char *text)
{
	int64_t x;
	return pw_text_int(pw_slice_of(text), &x) == -1;
}

static void ints(void)
{
	CHECK(is_int("0", 0));
	CHECK(is_int("-0", 0));
	CHECK(is_int("+7", 7));
	CHECK(is_int("007", 7));
	CHECK(is_int("-123", -123));
	CHECK(is_int("12345678", 12345678));
	CHECK(is_int("123456789", 123456789));
	CHECK(is_int("1234567890123456", 1234567890123456));
	CHECK(is_int("9223372036854775807", INT64_MAX));
	CHECK(is_int("-9223372036854775808", INT64_MIN));
	CHECK(is_int("-000000000000000000000000009223372036854775808", INT64_MIN));
	CHECK(is_int("00000000000000000000000000000000000000000000", 0));
	CHECK(no_int("9223372036854775808"));
	CHECK(no_int("-9223372036854775809"));
	CHECK(no_int("18446744073709551616"));
	CHECK(no_int("18446744073709551617"));
	CHECK(no_int("99999999999999999999"));
	CHECK(no_int("100000000000000000000"));
	CHECK(no_int(""));
	CHECK(no_int("-"));
	CHECK(no_int("+-1"));
	CHECK(no_int("1 "));
	CHECK(no_int(" 1"));
	CHECK(no_int("7.0"));
	CHECK(no_int("0x10"));
	CHECK(no_int("1_000"));
	CHECK(no_int("12345678a"));
	CHECK(no_int("a123456789012345678"));
}

/* Any character that isn't a digit, at any place of any length. */
static void ints_are_digits(void)
{
	bool good = true;
	for (size_t n = 1; n <= 19; n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				char t[20];
				int64_t x;
				memset(t, '1', n);
				t[at] = (char)c;
				const bool digit = c >= '0' && c <= '9';
				const bool sign = at == 0 && n > 1 && (c == '-' || c == '+');
				good = good && (pw_text_int((struct pw_slice){t, n}, &x) == 0) ==
						       (digit || sign);
			}
	CHECK(good);
}

static void random_ints(void)
{
	bool good = true;
	for (int i = 0; i < VALUES(1000000); i++) {
		const int64_t x = (int64_t)next() >> (next() & 63);
		char text[32];
		const int n = snprintf(text, sizeof text, "%" PRId64, x);
		pw_bytes_clear(&out);
		pw_text_add_int(&out, x);
		int64_t y = ~x;
		good = good && out.length == (size_t)n && memcmp(text, out.data, (size_t)n) == 0;
		good = good && pw_text_int(written(), &y) == 0 && y == x;
	}
	CHECK(good);
}

/* ---- floats ---- */

static bool is_float(const char *text, double value)
{
	double x = -1;
	if (pw_text_float(pw_slice_of(text), &x))
		return false;
	return memcmp(&x, &value, sizeof x) == 0;
}

static bool no_float(const char *text)
{
	double x;
	return pw_text_float(pw_slice_of(text), &x) == -1;
}

static void floats(void)
{
	CHECK(is_float("0", 0.0));
	CHECK(is_float("-0", 0.0));
	CHECK(is_float("-0.0e5", 0.0));
	CHECK(is_float("1.5", 1.5));
	CHECK(is_float("-1.5e3", -1500));
	CHECK(is_float(".5", 0.5));
	CHECK(is_float("5.", 5));
	CHECK(is_float("+5", 5));
	CHECK(is_float("007.25", 7.25));
	CHECK(is_float("1E+2", 100));
	CHECK(is_float("1e-2", 0.01));
	CHECK(is_float("1234567.", 1234567));
	CHECK(is_float(".1234567", .1234567));
	CHECK(is_float("inf", INFINITY));
	CHECK(is_float("-Infinity", -INFINITY));
	CHECK(is_float("+INF", INFINITY));
	CHECK(is_float("NaN", pw_float_canonical(NAN)));
	CHECK(is_float("-nan", pw_float_canonical(NAN)));
	CHECK(is_float("9007199254740993", 9007199254740992.0));
	CHECK(is_float("9007199254740993.00000000000000000000000001", 9007199254740994.0));
	CHECK(is_float("3.141592653589793238", 3.141592653589793));
	CHECK(is_float("1e-999", 0.0));
	CHECK(is_float("1e-99999999999999999999", 0.0));
	CHECK(is_float("0e99999999999999999999", 0.0));
	CHECK(is_float("5e-324", 5e-324));
	CHECK(is_float("1.7976931348623157e308", 1.7976931348623157e308));
	CHECK(no_float("1.7976931348623159e308"));
	CHECK(no_float("1e999"));
	CHECK(no_float("1e99999999999999999999"));
	CHECK(no_float(""));
	CHECK(no_float("-"));
	CHECK(no_float("."));
	CHECK(no_float("-."));
	CHECK(no_float(".e5"));
	CHECK(no_float("e5"));
	CHECK(no_float("1e"));
	CHECK(no_float("1e+"));
	CHECK(no_float("1e5x"));
	CHECK(no_float("1..2"));
	CHECK(no_float("1.2.3"));
	CHECK(no_float("--1"));
	CHECK(no_float("0x1p3"));
	CHECK(no_float("in"));
	CHECK(no_float("infin"));
	CHECK(no_float("infinityy"));
	CHECK(no_float("nan0"));
	CHECK(no_float("1,5"));
	CHECK(no_float(" 1"));
	CHECK(no_float("1 "));
	CHECK(no_float("12345678/"));
	CHECK(no_float("1.2/"));
}

/* What strtod makes of the same characters is the truth, where both take them. */
static bool like_strtod(const char *text)
{
	char *end;
	double x = 0;
	const double want = strtod(text, &end) + 0.0;
	const bool taken = pw_text_float(pw_slice_of(text), &x) == 0;
	if (*end || end == text || (isinf(want) && strpbrk(text, "iI") == NULL))
		return !taken;
	if (strpbrk(text, "xX(") || text[0] == ' ')
		return !taken;
	return taken && (x == want || (x != x && want != want));
}

static void floats_like_strtod(void)
{
	static const char letters[] = "0123456789.-+eE";
	int faults = 0;
	for (int i = 0; i < VALUES(1000000) && faults < 10; i++) {
		char t[64];
		size_t n = 1 + next() % 9;
		for (size_t k = 0; k < n; k++)
			t[k] = letters[next() % (k && next() % 4 ? 11 : 15)];
		t[n] = '\0';
		if (!like_strtod(t)) {
			printf("# %s\n", t);
			faults++;
		}
		snprintf(t, sizeof t, "%.*s%" PRIu64 ".%0*" PRIu64 "e%d", (int)(next() & 1), "-",
			 next() >> (next() & 63), (int)(next() % 20), next() >> (next() & 63),
			 (int)(next() % 60) - 30);
		if (next() & 1)
			*strchr(t, 'e') = '\0';
		if (!like_strtod(t)) {
			printf("# %s\n", t);
			faults++;
		}
	}
	CHECK(faults == 0);
}

/* Midpoints between doubles, written to their last digit, and a hair to either side. */
static void floats_at_midpoints(void)
{
	static char t[1200];
	bool good = true;
	for (int i = 0; i < VALUES(20000); i++) {
		const uint64_t bits = next() & UINT64_C(0x7fffffffffffffff);
		double x;
		memcpy(&x, &bits, sizeof x);
		if (!isfinite(x) || !isfinite(nextafter(x, INFINITY)))
			continue;
		const long double mid = ((long double)x + (long double)nextafter(x, INFINITY)) / 2;
		snprintf(t, sizeof t, "%.800Le", mid);
		good = good && like_strtod(t);
		char *e = strchr(t, 'e');
		e[-1] = '1'; /* behind the last digit that isn't 0 */
		good = good && like_strtod(t);
	}
	CHECK(good);
}

static void float_of_a_million_digits(void)
{
	const size_t n = 1000000;
	char *t = malloc(n + 32);
	double x;
	memset(t, '9', n);
	CHECK(pw_text_float((struct pw_slice){t, n}, &x) == -1);
	memset(t, '0', n);
	memcpy(t, "0.", 2);
	memcpy(t + n, "125e1000000", 11);
	CHECK(pw_text_float((struct pw_slice){t, n + 11}, &x) == 0 && x == 12.5);
	/* 1 + 2^-53, the midpoint, and something far behind it */
	memset(t, '0', n);
	memcpy(t, "1.00000000000000011102230246251565404236316680908203125", 55);
	CHECK(pw_text_float((struct pw_slice){t, n}, &x) == 0 && x == 1.0);
	t[n - 1] = '1';
	CHECK(pw_text_float((struct pw_slice){t, n}, &x) == 0 && x == 1.0000000000000002);
	free(t);
}

static bool writes(double x, const char *text)
{
	pw_bytes_clear(&out);
	pw_text_add_float(&out, x);
	if (pw_slice_equal(written(), pw_slice_of(text)))
		return true;
	printf("# %.*s, not %s\n", (int)out.length, out.data, text);
	return false;
}

static void writing_floats(void)
{
	CHECK(writes(0.1, "0.1"));
	CHECK(writes(0.30000000000000004, "0.30000000000000004"));
	CHECK(writes(2.5, "2.5"));
	CHECK(writes(-0.75, "-0.75"));
	CHECK(writes(123456.789, "123456.789"));
	CHECK(writes(3.141592653589793238, "3.141592653589793"));
	CHECK(writes(1234567.125, "1234567.125"));
	CHECK(writes(0.0001, "0.0001"));
	CHECK(writes(0.00012345, "0.00012345"));
	CHECK(writes(0.00001, "1e-5"));
	CHECK(writes(1.5e-7, "1.5e-7"));
	CHECK(writes(3, "3.0"));
	CHECK(writes(-20, "-20.0"));
	CHECK(writes(0, "0.0"));
	CHECK(writes(-0.0, "0.0"));
	CHECK(writes(1e15, "1000000000000000.0"));
	CHECK(writes(1.5e15, "1500000000000000.0"));
	CHECK(writes(9007199254740993.0, "9007199254740992.0"));
	CHECK(writes(9999999999999998, "9999999999999998.0"));
	CHECK(writes(1e16, "1e16"));
	CHECK(writes(1.2345678901234568e17, "1.2345678901234568e17"));
	CHECK(writes(1e22, "1e22"));
	CHECK(writes(1e23, "1e23"));
	CHECK(writes(1e100, "1e100"));
	CHECK(writes(-1e300, "-1e300"));
	CHECK(writes(5e-324, "5e-324"));
	CHECK(writes(2.2250738585072014e-308, "2.2250738585072014e-308"));
	CHECK(writes(1.7976931348623157e308, "1.7976931348623157e308"));
	CHECK(writes(ldexp(1, -44), "5.684341886080802e-14"));
	CHECK(writes(NAN, "nan"));
	CHECK(writes(-NAN, "nan"));
	CHECK(writes(INFINITY, "inf"));
	CHECK(writes(-INFINITY, "-inf"));
}

/*
 * Reads back the same by strtod, and with no more digits than printf needs
 * (fewer is possible at powers of two only).
 */
static bool shortest(double x)
{
	pw_bytes_clear(&out);
	pw_text_add_float(&out, x);
	const char *text = pw_bytes_string(&out);
	double y = 0;
	if (strtod(text, NULL) != x || pw_text_float(written(), &y) || y != x)
		return printf("# %.17g became %s\n", x, text), false;
	int digits = 0, zeros = 0;
	for (const char *p = text; *p && *p != 'e'; p++)
		if (*p >= '0' && *p <= '9') {
			zeros = *p == '0' ? zeros + 1 : 0;
			digits += digits || *p != '0';
		}
	digits -= zeros;
	if (digits < 2)
		return true;
	char fewer[40];
	snprintf(fewer, sizeof fewer, "%.*e", digits - 2, x);
	return strtod(fewer, NULL) != x || (printf("# %s, but %s\n", text, fewer), false);
}

static void random_floats(void)
{
	int faults = 0;
	for (int i = 0; i < VALUES(400000) && faults < 10; i++) {
		uint64_t bits = next();
		double x;
		memcpy(&x, &bits, sizeof x); /* of any size */
		faults += isfinite(x) && !shortest(x);
		bits = (bits & UINT64_C(0x800fffffffffffff)) | (uint64_t)(1023 - 40 + i % 120)
								       << 52;
		memcpy(&x, &bits, sizeof x); /* of the sizes that people use */
		faults += !shortest(x);
		const double scales[] = {1, 10, 100, 1000, 1e4, 1e6, 1e9, 1e12};
		x = (double)((int64_t)next() >> (11 + next() % 50)) / scales[next() % 8];
		faults += !shortest(x); /* of few decimals */
	}
	CHECK(faults == 0);
}

static void float_boundaries(void)
{
	int faults = 0;
	for (int e = -1074; e < 1024; e++) {
		const double x = ldexp(1, e);
		faults += !shortest(x) + !shortest(nextafter(x, 0) + (e == -1074) * x) +
			  !shortest(nextafter(x, INFINITY));
	}
	for (int e = -323; e < 309; e++) {
		char t[20];
		snprintf(t, sizeof t, "1e%d", e);
		const double x = strtod(t, NULL);
		faults += !shortest(x) + !shortest(nextafter(x, 0)) +
			  !shortest(nextafter(x, INFINITY));
	}
	for (int i = 0; i < VALUES(50000); i++) {
		const uint64_t bits = next() >> (12 + next() % 50); /* subnormal */
		double x;
		memcpy(&x, &bits, sizeof x);
		faults += x != 0 && !shortest(x);
	}
	CHECK(faults == 0);
}

/* ---- times ---- */

static bool is_datetime(const char *text, int64_t value)
{
	int64_t x = ~value;
	return pw_text_datetime(pw_slice_of(text), &x) == 0 && x == value;
}

static bool is_utc(const char *text, int64_t value)
{
	int64_t x = ~value;
	return pw_text_datetime_utc(pw_slice_of(text), &x) == 0 && x == value;
}

static bool no_datetime(const char *text)
{
	int64_t x;
	return pw_text_datetime(pw_slice_of(text), &x) == -1;
}

static bool no_utc(const char *text)
{
	int64_t x;
	return pw_text_datetime_utc(pw_slice_of(text), &x) == -1;
}

static bool beyond(const char *text)
{
	int64_t x;
	return pw_text_datetime(pw_slice_of(text), &x) == PW_TEXT_BEYOND;
}

static bool beyond_utc(const char *text)
{
	int64_t x;
	return pw_text_datetime_utc(pw_slice_of(text), &x) == PW_TEXT_BEYOND;
}

static bool beyond_format(const char *text, const char *format)
{
	int64_t x;
	return pw_text_datetime_format(pw_slice_of(text), format, &x) == PW_TEXT_BEYOND;
}

#define S INT64_C(1000000000)

static void datetimes(void)
{
	CHECK(is_datetime("1970-01-01", 0));
	CHECK(is_datetime("1970-01-01T00:00", 0));
	CHECK(is_datetime("1970-01-01 00:00:01", S));
	CHECK(is_datetime("1970-01-01T00:00:00.5", S / 2));
	CHECK(is_datetime("1969-12-31T23:59:59.999999999", -1));
	CHECK(is_datetime("1970-01-01T00:00:00.000000001000000", 1));
	CHECK(is_datetime("2024-02-29", 1709164800 * S));
	CHECK(is_datetime("2262-04-11T23:47:16.854775807", INT64_MAX));
	CHECK(is_datetime("1677-09-21T00:12:43.145224192", INT64_MIN));
	CHECK(beyond("2262-04-11T23:47:16.854775808"));
	CHECK(beyond("1677-09-21T00:12:43.145224191"));
	CHECK(beyond("9999-12-31"));
	CHECK(beyond("0000-01-01"));
	CHECK(no_datetime("2023-02-29"));
	CHECK(no_datetime("1900-02-29"));
	CHECK(no_datetime("2023-04-31"));
	CHECK(no_datetime("2023-13-01"));
	CHECK(no_datetime("2023-00-01"));
	CHECK(no_datetime("2023-01-00"));
	CHECK(no_datetime("2023-01-01T24:00:00"));
	CHECK(no_datetime("2023-01-01T23:60:00"));
	CHECK(no_datetime("2016-12-31T23:59:60"));
	CHECK(beyond("2023-01-01T00:00:00.0000000001"));
	CHECK(no_datetime("2023-01-01T00:00:00."));
	CHECK(no_datetime("2023-01-01T00:00:"));
	CHECK(no_datetime("2023-01-01T00:00:0"));
	CHECK(no_datetime("2023-01-01T"));
	CHECK(no_datetime("2023-01-01T00"));
	CHECK(no_datetime("2023-01-01T00:00.5"));
	CHECK(no_datetime("2023-01-01t00:00"));
	CHECK(no_datetime("2023-01-01T00:00Z"));
	CHECK(no_datetime("2023-1-01"));
	CHECK(no_datetime("2023/01/01"));
	CHECK(no_datetime("20230101"));
	CHECK(no_datetime("2023-01-0x"));
	CHECK(no_datetime(""));
	CHECK(is_utc("1970-01-01T00:00Z", 0));
	CHECK(is_utc("1970-01-01 00:00:00.25Z", S / 4));
	CHECK(is_utc("1970-01-01T01:00:00+01:00", 0));
	CHECK(is_utc("1970-01-01T01:00:00+0100", 0));
	CHECK(is_utc("1970-01-01T01:00:00+01", 0));
	CHECK(is_utc("1969-12-31T18:30:00-05:30", 0));
	CHECK(is_utc("1970-01-01T00:00:00.5-00:00", S / 2));
	CHECK(no_utc("1970-01-01T00:00:00"));
	CHECK(no_utc("1970-01-01Z"));
	CHECK(no_utc("1970-01-01"));
	CHECK(no_utc("1970-01-01T00:00:00+1"));
	CHECK(no_utc("1970-01-01T00:00:00+01:"));
	CHECK(no_utc("1970-01-01T00:00:00+01:0"));
	CHECK(no_utc("1970-01-01T00:00:00+24:00"));
	CHECK(no_utc("1970-01-01T00:00:00+00:60"));
	CHECK(no_utc("1970-01-01T00:00:00ZZ"));
	CHECK(no_utc("1970-01-01T00:00:00z"));
	CHECK(beyond_utc("2262-04-11T23:47:16.854775807-00:01"));
	CHECK(beyond_utc("9999-12-31T00:00Z"));
	CHECK(beyond_utc("2023-01-01T00:00:00.0000000001Z"));
	CHECK(no_utc("9999-02-30T00:00Z"));
}

static void random_datetimes(void)
{
	bool good = true;
	for (int i = 0; i < VALUES(300000); i++) {
		const int64_t ns = i % 2 ? (int64_t)next() : (int64_t)next() / S * S;
		int64_t seconds = ns / S, rest = ns % S, back = 0;
		if (rest < 0)
			seconds--, rest += S;
		struct tm tm;
		const time_t t = seconds;
		char text[64];
		gmtime_r(&t, &tm);
		size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
		if (rest) {
			n += (size_t)snprintf(text + n, sizeof text - n, ".%09d", (int)rest);
			while (text[n - 1] == '0')
				n--;
		}
		pw_bytes_clear(&out);
		pw_text_add_datetime(&out, ns, false);
		good = good && out.length == n && memcmp(text, out.data, n) == 0;
		good = good && pw_text_datetime(written(), &back) == 0 && back == ns;
		pw_bytes_clear(&out);
		pw_text_add_datetime(&out, ns, true);
		good = good && out.length == n + 1 && out.data[n] == 'Z';
		good = good && pw_text_datetime_utc(written(), &back) == 0 && back == ns;
	}
	CHECK(good);
}

static bool by_format(const char *text, const char *format, const char *datetime)
{
	int64_t x = 1, y = 0;
	if (pw_text_datetime_format_check(format, true))
		return printf("# %s\n", pw_fail_text()), false;
	const bool read = pw_text_datetime_format(pw_slice_of(text), format, &x) == 0;
	if (datetime == NULL)
		return !read;
	return read && pw_text_datetime(pw_slice_of(datetime), &y) == 0 && x == y;
}

static void datetimes_by_format(void)
{
	CHECK(by_format("03/02/2024 23:05", "%d/%m/%Y %H:%M", "2024-02-03T23:05"));
	CHECK(by_format("3/2/2024 3:05", "%d/%m/%Y %H:%M", "2024-02-03T03:05"));
	CHECK(by_format("20240203", "%Y%m%d", "2024-02-03"));
	CHECK(by_format("03.26.2123", "%m.%d.%Y", "2123-03-26"));
	CHECK(by_format("2023-03-26 04:43:21 PM", "%Y-%m-%d %I:%M:%S %p", "2023-03-26T16:43:21"));
	CHECK(by_format("2023-03-25 12:00:07 am", "%Y-%m-%d %I:%M:%S %p", "2023-03-25T00:00:07"));
	CHECK(by_format("12:30 PM 1970-01-02", "%I:%M %p %F", "1970-01-02T12:30"));
	CHECK(by_format("13:30 PM 1970-01-02", "%I:%M %p %F", NULL));
	CHECK(by_format("0:30 AM 1970-01-02", "%I:%M %p %F", NULL));
	CHECK(by_format("11:14:45 2023-05-12", "%H:%M:%S %Y-%m-%d", "2023-05-12T11:14:45"));
	CHECK(by_format("12/May/2023:00:14:45 +0200", "%d/%b/%Y:%T %z", "2023-05-11T22:14:45"));
	CHECK(by_format("Fri, 12 May 2023", "%a, %d %b %Y", "2023-05-12"));
	CHECK(by_format("Mon, 12 May 2023", "%a, %d %b %Y", NULL));
	CHECK(by_format("Friday 12 SEPTEMBER 2025", "%A %d %B %Y", "2025-09-12"));
	CHECK(by_format(" 7 jun 99", "%e %b %y", "1999-06-07"));
	CHECK(by_format("7 June 68", "%e %b %y", "2068-06-07"));
	CHECK(by_format("2024-060", "%Y-%j", "2024-02-29"));
	CHECK(by_format("2023-366", "%Y-%j", NULL));
	CHECK(by_format("1700000000", "%s", "2023-11-14T22:13:20"));
	CHECK(by_format("-1.5", "%s.%f", "1969-12-31T23:59:58.5"));
	CHECK(by_format("1700000000000", "%s", NULL));
	CHECK(by_format("2023-01-01T00:00:00.123456789", "%FT%T.%f",
			"2023-01-01T00:00:00.123456789"));
	CHECK(by_format("2023-01-01 100%", "%F 100%%", "2023-01-01"));
	CHECK(by_format("2023-02-29", "%F", NULL));
	CHECK(by_format("2023-01-01", "%F ", "2023-01-01"));
	CHECK(by_format("Mon Jan  2 15:04:05 2006", "%a %b %d %T %Y", "2006-01-02T15:04:05"));
	CHECK(by_format("Jan  2  3: 4: 5", "%b %d %H:%M:%S", "1970-01-02T03:04:05"));
	CHECK(by_format(" 2/ 1/2024", "%d/%m/%Y", "2024-01-02"));
	CHECK(by_format("2024  60", "%Y %j", "2024-02-29"));
	CHECK(by_format(" 1:05PM  2024-01-01", "%I:%M %p %F", "2024-01-01T13:05"));
	CHECK(by_format("  2024-01-01", "%F", "2024-01-01"));
	CHECK(by_format("2024-01-02", "%F%d", NULL));
	CHECK(by_format("- 5", "%s", NULL));
	CHECK(by_format("2023-01-01 ", "%F", NULL));
	CHECK(by_format("", "%F", NULL));
	CHECK(by_format("2023-01-01 00:00:60", "%F %T", NULL));
	CHECK(beyond_format("9999-01-01", "%F"));
	CHECK(beyond_format("99991231", "%Y%m%d"));
	CHECK(beyond_format("2023-01-01 0.0000000001", "%F %S.%f"));
	CHECK(beyond_format("99999999999", "%s"));
	CHECK(by_format("9999-02-30", "%F", NULL) && !beyond_format("9999-02-30", "%F"));
	CHECK(pw_text_datetime_format_check("%Y-%Q", true) == -1);
	CHECK(pw_fail_status() == PW_USAGE);
	CHECK(pw_text_datetime_format_check("%Y-%", true) == -1);
	CHECK(pw_text_datetime_format_check("YYYY", true) == -1);
	CHECK(pw_text_datetime_format_check("%%", true) == -1);
	CHECK(pw_text_datetime_format_check("%I", true) == -1);
	CHECK(pw_text_datetime_format_check("%H %p", true) == -1);
	CHECK(pw_text_datetime_format_check("%F %z", false) == -1);
	CHECK(pw_text_datetime_format_check("%F %z", true) == 0);
	pw_fail_clear();
}

static bool is_duration(const char *text, int64_t value)
{
	int64_t x = ~value;
	return pw_text_duration(pw_slice_of(text), &x) == 0 && x == value;
}

static bool no_duration(const char *text)
{
	int64_t x;
	return pw_text_duration(pw_slice_of(text), &x) == -1;
}

static void durations(void)
{
	CHECK(is_duration("0s", 0));
	CHECK(is_duration("90s", 90 * S));
	CHECK(is_duration("1h30m", 5400 * S));
	CHECK(is_duration("1h30m5.25s", 5405 * S + S / 4));
	CHECK(is_duration("-5m", -300 * S));
	CHECK(is_duration("+5m", 300 * S));
	CHECK(is_duration("500ms", S / 2));
	CHECK(is_duration("1.5us", 1500));
	CHECK(is_duration("7d", 604800 * S));
	CHECK(is_duration("1w", 604800 * S));
	CHECK(is_duration("0.5h", 1800 * S));
	CHECK(is_duration("0.000000001s", 1));
	CHECK(is_duration("1.00000000000000000000000000000s", S));
	CHECK(is_duration("9223372036854775807ns", INT64_MAX));
	CHECK(is_duration("-9223372036854775808ns", INT64_MIN));
	CHECK(is_duration("106751d23h47m16.854775807s", INT64_MAX));
	CHECK(no_duration("106751d23h47m16.854775808s"));
	CHECK(no_duration("9223372036854775808ns"));
	CHECK(no_duration("-9223372036854775809ns"));
	CHECK(no_duration("0.5ns"));
	CHECK(no_duration("0.0000000001s"));
	CHECK(no_duration("99999999999999999999999999999999999999999999w"));
	CHECK(no_duration("1000000000000000000w"));
	CHECK(no_duration("30m1h"));
	CHECK(no_duration("1s1s"));
	CHECK(no_duration("5"));
	CHECK(no_duration("0"));
	CHECK(no_duration("s"));
	CHECK(no_duration(""));
	CHECK(no_duration("-"));
	CHECK(no_duration("1h-30m"));
	CHECK(no_duration("1 h"));
	CHECK(no_duration("1.h"));
	CHECK(no_duration(".5h"));
	CHECK(no_duration("1..5h"));
	CHECK(no_duration("1M"));
}

static bool writes_duration(int64_t ns, const char *text)
{
	pw_bytes_clear(&out);
	pw_text_add_duration(&out, ns);
	return pw_slice_equal(written(), pw_slice_of(text));
}

static void writing_durations(void)
{
	CHECK(writes_duration(0, "0s"));
	CHECK(writes_duration(26 * 3600 * S, "1d2h"));
	CHECK(writes_duration(-300 * S, "-5m"));
	CHECK(writes_duration(S * 3 / 2, "1.5s"));
	CHECK(writes_duration(S / 2, "0.5s"));
	CHECK(writes_duration(1, "0.000000001s"));
	CHECK(writes_duration(5405 * S + S / 4, "1h30m5.25s"));
	CHECK(writes_duration(60 * S + 1000000, "1m0.001s"));
	CHECK(writes_duration(INT64_MIN, "-106751d23h47m16.854775808s"));
	bool good = true;
	for (int i = 0; i < VALUES(300000); i++) {
		const int64_t x = (int64_t)next() >> (next() & 63);
		int64_t y = ~x;
		pw_bytes_clear(&out);
		pw_text_add_duration(&out, x);
		good = good && pw_text_duration(written(), &y) == 0 && x == y;
	}
	CHECK(good);
}

static void sizes(void)
{
	uint64_t x = 0;
	CHECK(pw_text_size(PW_SLICE("512"), &x) == 0 && x == 512);
	CHECK(pw_text_size(PW_SLICE("64K"), &x) == 0 && x == 65536);
	CHECK(pw_text_size(PW_SLICE("64m"), &x) == 0 && x == 64 << 20);
	CHECK(pw_text_size(PW_SLICE("1G"), &x) == 0 && x == 1 << 30);
	CHECK(pw_text_size(PW_SLICE("8388608T"), &x) == 0 && x == UINT64_C(1) << 63);
	CHECK(pw_text_size(PW_SLICE("16777216T"), &x) == -1);
	CHECK(pw_text_size(PW_SLICE("1KB"), &x) == -1);
	CHECK(pw_text_size(PW_SLICE("K"), &x) == -1);
	CHECK(pw_text_size(PW_SLICE("-1"), &x) == -1);
	CHECK(pw_text_size(PW_SLICE("1\x0b"), &x) == -1);
	CHECK(pw_text_size(PW_SLICE(""), &x) == -1);
}

/* ---- bytes ---- */

static void bools(void)
{
	static const char *const yes[] = {"true", "TRUE", "T", "t", "yes", "Y", "on", "1"};
	static const char *const no[] = {"false", "False", "F", "f", "no", "N", "oFF", "0"};
	static const char *const neither[] = {"",   "2",    "tru", "truee", "o",
					      "of", "\x11", "10",  " 1"};
	bool x;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		x = false;
		CHECK(pw_text_bool(pw_slice_of(yes[i]), &x) == 0 && x);
		x = true;
		CHECK(pw_text_bool(pw_slice_of(no[i]), &x) == 0 && !x);
	}
	for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
		CHECK(pw_text_bool(pw_slice_of(neither[i]), &x) == -1);
}

static void uuids(void)
{
	uint8_t x[16] = {0};
	CHECK(pw_text_uuid(PW_SLICE("00112233-4455-6677-8899-aAbBcCdDeEfF"), x) == 0);
	for (int i = 0; i < 16; i++)
		CHECK(x[i] == i * 0x11);
	pw_bytes_clear(&out);
	pw_text_add_uuid(&out, x);
	CHECK(pw_slice_equal(written(), PW_SLICE("00112233-4455-6677-8899-aabbccddeeff")));
	CHECK(pw_text_uuid(PW_SLICE("00112233-4455-6677-8899-aabbccddeefg"), x) == -1);
	CHECK(pw_text_uuid(PW_SLICE("00112233-4455-6677-8899-aabbccddeef"), x) == -1);
	CHECK(pw_text_uuid(PW_SLICE("001122334455-6677-8899-aabbccddeeff-"), x) == -1);
	CHECK(pw_text_uuid(PW_SLICE("{0112233-4455-6677-8899-aabbccddeeff"), x) == -1);
	CHECK(pw_text_uuid(PW_SLICE(""), x) == -1);
}

static bool is_base64(const char *text, const char *bytes, size_t n)
{
	struct pw_bytes x = {0};
	const bool read = pw_text_base64(pw_slice_of(text), &x) == 0 && x.length == n &&
			  (n == 0 || memcmp(x.data, bytes, n) == 0);
	pw_bytes_release(&x);
	pw_bytes_clear(&out);
	pw_text_add_base64(&out, bytes, n);
	return read && pw_slice_equal(written(), pw_slice_of(text));
}

static void base64(void)
{
	CHECK(is_base64("", "", 0));
	CHECK(is_base64("Zg==", "f", 1));
	CHECK(is_base64("Zm8=", "fo", 2));
	CHECK(is_base64("Zm9v", "foo", 3));
	CHECK(is_base64("Zm9vYmFy", "foobar", 6));
	CHECK(is_base64("/+8A", "\xff\xef\x00", 3));
	static const char *const bad[] = {"Z",    "Zg",       "Zg=",   "Zh==", "Zm9=",   "====",
					  "Z===", "Zg==Zg==", "Zm 8=", "Zm-_", "Zm9v\n", "=Zm8"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pw_bytes x = {0};
		CHECK(pw_text_base64(pw_slice_of(bad[i]), &x) == -1 && x.length == 0);
		pw_bytes_release(&x);
	}
	bool good = true;
	for (int i = 0; i < 10000; i++) {
		unsigned char bytes[40];
		struct pw_bytes x = {0};
		const size_t n = next() % sizeof bytes;
		for (size_t k = 0; k < n; k++)
			bytes[k] = (unsigned char)next();
		pw_bytes_clear(&out);
		pw_text_add_base64(&out, bytes, n);
		good = good && pw_text_base64(written(), &x) == 0 && x.length == n &&
		       (n == 0 || memcmp(x.data, bytes, n) == 0);
		pw_bytes_release(&x);
	}
	CHECK(good);
}

static bool quoted(const char *text, size_t n, const char *json)
{
	pw_bytes_clear(&out);
	pw_text_add_json_string(&out, text, n);
	return pw_slice_equal(written(), pw_slice_of(json));
}

static void json_strings(void)
{
	CHECK(quoted("", 0, "\"\""));
	CHECK(quoted("abc", 3, "\"abc\""));
	CHECK(quoted("a\"b\\c/", 6, "\"a\\\"b\\\\c/\""));
	CHECK(quoted("\b\t\n\v\f\r", 6, "\"\\b\\t\\n\\u000b\\f\\r\""));
	CHECK(quoted("\0\x1f\x7f\xc3\xa9", 5, "\"\\u0000\\u001f\x7f\xc3\xa9\""));
	CHECK(quoted("0123456789abcdef\n0123456789abcde\"0123456789abcdefg", 50,
		     "\"0123456789abcdef\\n0123456789abcde\\\"0123456789abcdefg\""));
}

/* ---- any type ---- */

/* Reads the text as the type, writes it as text and as JSON. */
static bool passes(const char *type, const char *text, const char *as_text, const char *as_json)
{
	struct pw_type t;
	struct pw_vector v;
	if (pw_type_parse(pw_slice_of(type), &t))
		return false;
	pw_vector_init(&v, t);
	const bool read = pw_text_read(&v, pw_slice_of(text)) == 0;
	bool good = as_text ? read && v.rows == 1 : !read && v.rows == 0;
	if (read && as_text) {
		const struct pw_column *c = pw_vector_view(&v);
		pw_bytes_clear(&out);
		pw_text_add(&out, c, 0);
		good = good && pw_slice_equal(written(), pw_slice_of(as_text));
		pw_bytes_clear(&out);
		pw_text_add_json(&out, c, 0);
		good = good && pw_slice_equal(written(), pw_slice_of(as_json));
		if (!good)
			printf("# %s\n", pw_bytes_string(&out));
	}
	pw_vector_release(&v);
	return good;
}

static void all_types(void)
{
	CHECK(passes("bool", "YES", "true", "true"));
	CHECK(passes("int", "+007", "7", "7"));
	CHECK(passes("float", "1e2", "100.0", "100.0"));
	CHECK(passes("float", "NaN", "nan", "\"nan\""));
	CHECK(passes("float", "-inf", "-inf", "\"-inf\""));
	CHECK(passes("str", "a\"b", "a\"b", "\"a\\\"b\""));
	CHECK(passes("str", "", "", "\"\""));
	CHECK(passes("str", "\xff", NULL, NULL));
	CHECK(passes("bytes", "Zm9v", "Zm9v", "\"Zm9v\""));
	CHECK(passes("bytes", "Zm9", NULL, NULL));
	CHECK(passes("datetime", "2023-01-01", "2023-01-01T00:00:00", "\"2023-01-01T00:00:00\""));
	CHECK(passes("datetime_utc", "2023-01-01 01:00+01", "2023-01-01T00:00:00Z",
		     "\"2023-01-01T00:00:00Z\""));
	CHECK(passes("duration", "90m", "1h30m", "\"1h30m\""));
	CHECK(passes("uuid", "00112233-4455-6677-8899-AABBCCDDEEFF",
		     "00112233-4455-6677-8899-aabbccddeeff",
		     "\"00112233-4455-6677-8899-aabbccddeeff\""));
	CHECK(passes("json", " {\"b\" : 1.50, \"a\": [1e400, \"x y\"]} ",
		     "{\"b\":1.50,\"a\":[1e400,\"x y\"]}", "{\"b\":1.50,\"a\":[1e400,\"x y\"]}"));
	CHECK(passes("json", "12345678901234567890123", "12345678901234567890123",
		     "12345678901234567890123"));
	CHECK(passes("json", "{\"a\":1,}", NULL, NULL));
	CHECK(passes("json", "", NULL, NULL));
	CHECK(passes("list<int>", "[1, null,-4]", "[1,null,-4]", "[1,null,-4]"));
	CHECK(passes("list<int>", "[]", "[]", "[]"));
	CHECK(passes("list<int>", "[1, 2.5]", NULL, NULL));
	CHECK(passes("list<int>", "[1, \"2\"]", NULL, NULL));
	CHECK(passes("list<int>", "[9223372036854775808]", NULL, NULL));
	CHECK(passes("list<int>", "1", NULL, NULL));
	CHECK(passes("list<int>", "null", NULL, NULL));
	CHECK(passes("list<float>", "[1, 2.5, \"nan\"]", "[1.0,2.5,\"nan\"]", "[1.0,2.5,\"nan\"]"));
	CHECK(passes("list<list<str>>", "[[\"a\\u0105\"], [], null]", "[[\"a\xc4\x85\"],[],null]",
		     "[[\"a\xc4\x85\"],[],null]"));
	CHECK(passes("list<list<int>>", "[[1], [2, \"x\"]]", NULL, NULL));
	CHECK(passes("list<datetime>", "[\"2023-01-01\"]", "[\"2023-01-01T00:00:00\"]",
		     "[\"2023-01-01T00:00:00\"]"));
	CHECK(passes("list<bool>", "[true, false]", "[true,false]", "[true,false]"));
}

int main(void)
{
	TEST(ints);
	TEST(ints_are_digits);
	TEST(random_ints);
	TEST(floats);
	TEST(floats_like_strtod);
	TEST(floats_at_midpoints);
	TEST(float_of_a_million_digits);
	TEST(writing_floats);
	TEST(random_floats);
	TEST(float_boundaries);
	TEST(datetimes);
	TEST(random_datetimes);
	TEST(datetimes_by_format);
	TEST(durations);
	TEST(writing_durations);
	TEST(sizes);
	TEST(bools);
	TEST(uuids);
	TEST(base64);
	TEST(json_strings);
	TEST(all_types);
	pw_bytes_release(&out);
	return check_done();
}
