/* The CSV parser: grammar against libcsv, both ways to rows against each other, numbers, places. */
#include "check.h"
#include "csv_referee.h"
#include "parse.h"

#include "../../lib/base/hash.h"
#include "../../lib/fmt/csv_index_internal.h"

#include <math.h>

static const struct pw_parser_column abc[] = {
	{.name = "a", .type = {PW_STR, 0, false}, .declared = true},
	{.name = "b", .type = {PW_STR, 0, false}, .declared = true},
	{.name = "c", .type = {PW_STR, 0, false}, .declared = true},
};

static struct parse of_texts(size_t width)
{
	return (struct parse){.kind = &pw_csv,
			      .columns = abc,
			      .count = width,
			      .options = {.delimiter = ',', .quote = '"', .no_header = true}};
}

/* The same rows as libcsv finds, or both refuse: read whole, and in pieces. */
static bool agrees(const char *text, size_t n, size_t width)
{
	const size_t chunks[] = {n + 1, 1, 50};
	struct referee r = {0};
	bool same = true;
	referee_read(&r, text, n, ',');
	for (int i = 0; i < 3; i++) {
		struct parse t = of_texts(width);
		const int status = parse_text(&t, text, n, chunks[i]);
		same &= (status < 0) == r.refused;
		same &= status < 0 || (t.out.length == r.out.length &&
				       memcmp(t.out.data, r.out.data, t.out.length) == 0);
		if (!same)
			printf("# '%.60s': %s, libcsv %s\n", text,
			       status < 0 ? pw_fail_text() : "taken",
			       r.refused ? "refuses" : "takes it");
		pw_fail_clear();
		parse_release(&t);
	}
	referee_release(&r);
	return same;
}

#define AGREES(text, width) agrees(text, sizeof(text) - 1, width)

static void grammar(void)
{
	CHECK(AGREES("a,b\n1,2\n", 2));
	CHECK(AGREES("a,b\r\n1,2\r\n", 2));
	CHECK(AGREES("a,b\n1,2", 2));
	CHECK(AGREES("a,b\n1,2\r", 2));
	CHECK(AGREES("\"a\",\"b\"\n\"x\"\"y\",\"\"\n", 2));
	CHECK(AGREES("\"a\n\",\",\"\n\"\r\n\",\"\"\"\"\n", 2));
	CHECK(AGREES("a,b\n,\n\"\",\n", 2));
	CHECK(AGREES("a,b\n\n\n1,2\n\r\n", 2));
	CHECK(AGREES("a\n\nb\n", 1));
	CHECK(AGREES("a\n\r\nb\r\n", 1));
	CHECK(AGREES(" a , b \n\" x\",y \n", 2));
	CHECK(AGREES("a,b\n1,x\"y\n", 2));
	CHECK(AGREES("a,b\n1,\"x\"y\n", 2));
	CHECK(AGREES("a,b\n1, \"x\"\n", 2));
	CHECK(AGREES("a,b\n1,\"x\n", 2));
	CHECK(AGREES("a,b\n1,\"x\"\"\n", 2));
	CHECK(AGREES("a,b\n1\n", 2));
	CHECK(AGREES("a,b\n1,2,3\n", 2));
	CHECK(AGREES("a,b\n1,2\r3,4\n", 2));
	CHECK(AGREES("a,b\n1,x\0y\n", 2));
	CHECK(AGREES("a,b\n1,\xc3\n", 2));
	CHECK(AGREES("a,b\n1,\xc3\xa9\n", 2));
	CHECK(AGREES("\xef\xbb\xbf"
		     "a,b\n1,2\n",
		     2));
}

/* A cell of every length, plain and quoted, so that all that matters crosses every boundary. */
static void boundaries(void)
{
	static const char *const ends[] = {"\n", "\r\n", "\"\"\"\n", ",x\n", "\"\n", "\r"};
	struct pw_bytes b = {0};
	for (size_t length = 0; length < 140; length++)
		for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
			pw_bytes_clear(&b);
			pw_bytes_text(&b, "1,2\n");
			pw_bytes_text(&b, e == 2 ? "\"" : "");
			for (size_t i = 0; i < length; i++)
				pw_bytes_put(&b, (char)('a' + i % 26));
			pw_bytes_text(&b, e == 2 ? "\"\"" : "");
			pw_bytes_text(&b, e == 2 ? "\",\"" : ",");
			pw_bytes_text(&b, ends[e]);
			pw_bytes_text(&b, "3,4\n5,6\n");
			CHECK(agrees(b.data, b.length, 2));
		}
	pw_bytes_release(&b);
}

/* Both variants of the index over a text of all that matters, from every start and to every end. */
static void index_variants(void)
{
	char text[400];
	uint32_t places[4][600];
	uint64_t seed = 1;
	for (int round = 0; round < 2000; round++) {
		const size_t n = (size_t)round % sizeof text;
		for (size_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			text[i] =
				"aaaa,,\n\"\"\r\xc3x, \0"[(seed >> 33) % (round % 3 == 0 ? 15 : 7)];
		}
		struct pw_csv_index a = {places[0], places[1], 300, 300, 0, 0, 0, 0, 0, 0, 0};
		struct pw_csv_index b = {places[2], places[3], 300, 300, 0, 0, 0, 0, 0, 0, 0};
		pw_csv_index_base(&a, text, n, ',', '"');
		pw_csv_index_best()(&b, text, n, ',', '"');
		CHECK(a.done == b.done && a.cr == b.cr && a.high == b.high && a.nul == b.nul &&
		      a.quotes == b.quotes);
		CHECK(a.delimiter_count == b.delimiter_count && a.newline_count == b.newline_count);
		CHECK(memcmp(places[0], places[2], a.delimiter_count * 4) == 0);
		CHECK(memcmp(places[1], places[3], a.newline_count * 4) == 0);
	}
}

static bool typed(struct pw_type type, bool declared, const char *text, const char *expected)
{
	const struct pw_parser_column x = {.name = "x", .type = type, .declared = declared};
	struct parse t = of_texts(1);
	t.columns = &x;
	const int status = parse_text(&t, text, strlen(text), strlen(text));
	const char *got = status < 0 ? strstr(pw_fail_text(), "column") : pw_bytes_string(&t.out);
	const bool same = got != NULL && strcmp(got, expected) == 0;
	if (!same)
		printf("# '%s' gives %s\n", text, got != NULL ? got : pw_fail_text());
	pw_fail_clear();
	parse_release(&t);
	return same;
}

static void numbers(void)
{
	const struct pw_type i = {PW_INT, 0, false}, f = {PW_FLOAT, 0, false},
			     b = {PW_BOOL, 0, false};
	CHECK(typed(i, true, "-7\n+7\n007\n0\n-0\n", "[-7]\n[7]\n[7]\n[0]\n[0]\n"));
	CHECK(typed(i, true, "9223372036854775807\n-9223372036854775808\n999999999999999999\n",
		    "[9223372036854775807]\n[-9223372036854775808]\n[999999999999999999]\n"));
	CHECK(typed(i, true, "9223372036854775808\n",
		    "column 'x': '9223372036854775808' is not an int"));
	CHECK(typed(i, true, "-\n", "column 'x': '-' is not an int"));
	CHECK(typed(i, true, "1_0\n", "column 'x': '1_0' is not an int"));
	CHECK(typed(i, false, "007\n", "column 'x': '007' is not an int (declare it: -s 'x str')"));
	CHECK(typed(i, false, "0\n-1\n", "[0]\n[-1]\n"));
	CHECK(typed(
		f, true, "1.5\n-0.0\n.5\n5.\n1e3\n007.5\n0.1\n123456789012345678\n",
		"[1.5]\n[0.0]\n[0.5]\n[5.0]\n[1000.0]\n[7.5]\n[0.1]\n[1.2345678901234568e17]\n"));
	CHECK(typed(f, true, "NaN\n-inf\n", "[\"nan\"]\n[\"-inf\"]\n"));
	CHECK(typed(f, true, ".\n", "column 'x': '.' is not a float"));
	CHECK(typed(f, true, "1.2.3\n", "column 'x': '1.2.3' is not a float"));
	CHECK(typed(f, false, "00.5\n",
		    "column 'x': '00.5' is a number in a form that is read only if it is declared"
		    " (declare it: -s 'x float' if it is a number, else -s 'x str')"));
	CHECK(typed(f, false, "9007199254740992\n-1e5\n", "[9007199254740992.0]\n[-100000.0]\n"));
	CHECK(typed(f, false, "9007199254740993\n",
		    "column 'x': '9007199254740993' is beyond 2^53, and would be rounded beside"
		    " fractions (declare it: -s 'x float' if it may be rounded, else -s 'x str')"));
	CHECK(typed(f, false, "0.30000000000000004\n", "[0.30000000000000004]\n"));
	CHECK(typed(b, true, "t\nNO\n1\n", "[true]\n[false]\n[true]\n"));
	CHECK(typed(b, false, "true\nFalse\n", "[true]\n[false]\n"));
	CHECK(typed(b, false, "t\n", "column 'x': 't' is not a bool (declare it: -s 'x str')"));
}

/* Every float of a few digits is the one that strtod reads. */
static void floats_are_exact(void)
{
	const struct pw_parser_column x = {
		.name = "x", .type = {PW_FLOAT, 0, false}, .declared = true};
	struct pw_bytes text = {0}, expected = {0};
	uint64_t seed = 7;
	for (int i = 0; i < 20000; i++) {
		char number[40];
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		const int places = (int)(seed >> 60);
		snprintf(number, sizeof number, "%s%.*f", seed & 1 ? "-" : "", places,
			 (double)(seed >> 20) / pow(10, (double)(seed >> 57 & 7) + 6));
		pw_bytes_print(&text, "%s\n", number);
		pw_bytes_put(&expected, '[');
		pw_text_add_float(&expected, pw_float_canonical(strtod(number, NULL)));
		pw_bytes_text(&expected, "]\n");
	}
	struct parse t = of_texts(1);
	t.columns = &x;
	CHECK(parse_text(&t, text.data, text.length, text.length) == 0);
	CHECK(t.out.length == expected.length &&
	      memcmp(t.out.data, expected.data, expected.length) == 0);
	parse_release(&t);
	pw_bytes_release(&text);
	pw_bytes_release(&expected);
}

int main(void)
{
	pw_hash_start();
	TEST(grammar);
	TEST(boundaries);
	TEST(index_variants);
	TEST(numbers);
	TEST(floats_are_exact);
	return check_done();
}
