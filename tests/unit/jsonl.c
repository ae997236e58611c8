#include "check.h"
#include "parse.h"

#include "../../lib/base/hash.h"

#include <string.h>

#define COLUMN(n, b)                                                                               \
	{                                                                                          \
		.name = n, .type = {b, 0, false}, .declared = true                                 \
	}
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct pw_parser_column words[] = {COLUMN("word", PW_STR)};
static const struct pw_parser_column ab[] = {COLUMN("a", PW_INT), COLUMN("b", PW_INT)};

static bool same(const char *what, const char *found, const char *expected)
{
	if (strcmp(found, expected) == 0)
		return true;
	printf("# %s:\n# found    %s\n# expected %s\n", what, found, expected);
	return false;
}

/* Rows of the text under the columns, whatever the chunks; NULL columns: inferred. */
static bool rows(const struct pw_parser_column *columns, size_t count, const char *text,
		 const char *expected)
{
	static const size_t chunks[] = {1, 7, 64, 1 << 20};
	bool all = true;
	for (size_t i = 0; i < COUNT(chunks); i++) {
		struct parse t = {.kind = &pw_json, .columns = columns, .count = count};
		if (parse_text(&t, text, strlen(text), chunks[i]) < 0) {
			printf("# %s: %s\n", text, pw_fail_text());
			pw_fail_clear();
			all = false;
		} else {
			all &= same(text, pw_bytes_string(&t.out), expected);
		}
		parse_release(&t);
	}
	return all;
}

static bool fails(const struct pw_parser_column *columns, size_t count, const char *text,
		  const char *message)
{
	struct parse t = {.kind = &pw_json, .columns = columns, .count = count};
	const bool failed = parse_text(&t, text, strlen(text), 1 << 20) < 0;
	const bool all = failed && same(text, pw_fail_text(), message);
	if (!failed)
		printf("# not refused: %s\n", text);
	pw_fail_clear();
	parse_release(&t);
	return all;
}

static bool schema(const char *text, const char *expected)
{
	struct parse t = {.kind = &pw_json};
	struct pw_bytes b = {0};
	bool all = parse_text(&t, text, strlen(text), 64) == 0;
	if (!all)
		printf("# %s: %s\n", text, pw_fail_text());
	pw_fail_clear();
	pw_schema_print(&b, &t.schema);
	all &= same(text, pw_bytes_string(&b), expected);
	pw_bytes_release(&b);
	parse_release(&t);
	return all;
}

static void shapes(void)
{
	CHECK(rows(words, 1, "{\"word\":\"a\"}\n{\"word\":\"b\"}\n{\"word\":\"\"}\n",
		   "[\"a\"]\n[\"b\"]\n[\"\"]\n"));
	CHECK(rows(
		words, 1,
		"{\"word\":\"a\"}\n{ \"word\" : \"b\\u0041\" }\n{\"word\":null}\n{\"word\":\"c\"}",
		"[\"a\"]\n[\"bA\"]\n[null]\n[\"c\"]\n"));
	CHECK(rows(words, 1,
		   "{\"word\":\"a\",\"x\":[1, "
		   "2]}\n{\"word\":\"b\",\"x\":[3]}\n{\"x\":{},\"word\":\"c\"}\n",
		   "[\"a\"]\n[\"b\"]\n[\"c\"]\n"));
	CHECK(rows(ab, 2,
		   "{\"a\":1,\"b\":2}\n{\"b\":4,\"a\":3}\n{\"a\":5,\"b\":6}\n{\"\\u0061\":7,\"b\":"
		   "8}\n",
		   "[1,2]\n[3,4]\n[5,6]\n[7,8]\n"));
}

static void between_rows(void)
{
	CHECK(rows(words, 1, "\xef\xbb\xbf{\"word\":\"a\"}\r\n{\"word\":\"b\"}\r\n",
		   "[\"a\"]\n[\"b\"]\n"));
	CHECK(rows(words, 1, "\n\n{\"word\":\"a\"}\n \t\r\n{\"word\":\"b\"}\n\n",
		   "[\"a\"]\n[\"b\"]\n"));
	CHECK(rows(words, 1, "", ""));
	CHECK(rows(words, 1, "\n", ""));
	CHECK(fails(words, 1, "{\"word\":\"a\"}\n\n{\"word\":\"b\"}\n{\"word\":7}\n",
		    "in:4: column 'word': '7' is not a str"));
}

static void faults(void)
{
	CHECK(fails(words, 1, "{\"word\":\"a\"}\n{\"word\":\"b\"\n",
		    "in:2: character 12: found the end, expected ',' or '}'"));
	CHECK(fails(words, 1, "[1]\n", "in:1: character 1: found '[', expected an object ('{')"));
	CHECK(fails(words, 1, "{\"word\":\"a\"} x\n",
		    "in:1: character 14: found 'x', expected the end of the line"));
	CHECK(fails(words, 1, "{\"word\":\"a\"}{\"word\":\"b\"}\n",
		    "in:1: character 13: found '{', expected the end of the line"));
	CHECK(fails(words, 1, "{\"word\":\"a\",\"word\":\"b\"}\n",
		    "in:1: character 14: a member that is there twice"));
	CHECK(fails(words, 1, "{\"word\":\"a\"}\n{\"word\":\"\\ud800\"}\n",
		    "in:2: character 10: half of a surrogate pair"));
	CHECK(fails(words, 1, "{\"word\":\"a\"}\n{\"word\":\"\xff\"}\n",
		    "in:2: character 10: not UTF-8"));
	CHECK(fails(words, 1, "{\"word\":\"a\"}\n{\"word\":\"\xc4\x85\xc4\x85\" 1}\n",
		    "in:2: character 14: found '1', expected ',' or '}'"));
	CHECK(fails(words, 1, "{\"word\":\"a\",\"x\":[1,\n2]}\n",
		    "in:1: character 20: found the end, expected a value"));
	CHECK(fails(words, 1, "{\"word\":\"a\",\"x\":[1]}\n{\"word\":\"a\",\"x\":[1,\n2]}\n",
		    "in:2: character 20: found the end, expected a value"));
	CHECK(fails(ab, 2, "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":\"1\"}\n",
		    "in:2: column 'b': '\"1\"' is not an int"));
	CHECK(fails(ab, 2, "{\"a\":1,\"b\":2}\n{\"a\":2}\n",
		    "in:2: column 'b': is absent and has no default (declare one: 'b int = ...')"));
	/* The first fault in the order of the lines, not of the columns. */
	CHECK(fails(ab, 2, "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":true}\n{\"a\":false,\"b\":2}\n",
		    "in:2: column 'b': 'true' is not an int"));
}

static void long_lines(void)
{
	struct pw_bytes b = {0};
	struct parse t = {
		.kind = &pw_json, .columns = words, .count = 1, .options = {.max_line = 1000}};
	pw_bytes_text(&b, "{\"word\":\"a\"}\n{\"word\":\"");
	for (int i = 0; i < 2000; i++)
		pw_bytes_put(&b, 'x');
	pw_bytes_text(&b, "\"}\n");
	CHECK(parse_text(&t, b.data, b.length, 100) < 0);
	CHECK(strstr(pw_fail_text(), "in:2") != NULL);
	pw_fail_clear();
	t.options.max_line = 10000;
	CHECK(parse_text(&t, b.data, b.length, 100) == 0);
	pw_bytes_clear(&b);
	pw_bytes_text(&b, "{\"word\":");
	for (int i = 0; i < 100000; i++)
		pw_bytes_put(&b, '[');
	pw_bytes_text(&b, "\n");
	t.options.max_line = 0;
	CHECK(parse_text(&t, b.data, b.length, 1 << 20) < 0);
	CHECK(same("deep", pw_fail_text(),
		   "in:1: character 2056: nested too deep (more than 2047)"));
	pw_fail_clear();
	parse_release(&t);
	pw_bytes_release(&b);
}

static void inference(void)
{
	CHECK(schema("{\"id\": 1, \"x\": 1.5}\n{\"id\": 2, \"name\": \"b\", \"deep\": {\"c\": 3}}\n"
		     "{\"name\": \"c\", \"x\": 2, \"id\": 3, \"deep\": null}\n",
		     "id int, x float, name str, deep json"));
	CHECK(schema("{\"a\":true,\"b\":null,\"c\":1,\"d\":\"x\",\"e\":[1],\"f\":1}\n"
		     "{\"a\":false,\"c\":\"1\",\"d\":null,\"f\":true}\n",
		     "a bool, b str, c json, d str, e json, f json"));
	CHECK(schema("{\"a\":\"2024-01-01\",\"b\":\"2024-01-01T00:00:00Z\",\"c\":\"2024-01-01\","
		     "\"d\":\"1\"}\n"
		     "{\"a\":\"2024-01-01 "
		     "10:11\",\"b\":\"2024-01-01T00:00:00+01:00\",\"c\":\"x\",\"d\":\"2\"}\n",
		     "a datetime, b datetime_utc, c str, d str"));
	CHECK(schema("{\"a\":\"x\",\"b\":1,\"c\":1e999}\n{\"a\":18446744073709551615,\"c\":\"\"}\n",
		     "a json, b int, c json"));
	CHECK(schema("{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":\"nan\"}\n"
		     "{\"a\":\"nan\",\"b\":\"inf\",\"c\":\"-inf\",\"d\":null}\n",
		     "a float, b str, c json, d str"));
	CHECK(fails(NULL, 0, "{\"a\":1}\n{\"a\":18446744073709551615}\n",
		    "in:2: column 'a': '18446744073709551615' is beyond 64 bits (declare it: -s "
		    "'a float' if it may be rounded, else -s 'a json')"));
	CHECK(fails(NULL, 0, "{\"a\":1e999}\n",
		    "in:1: column 'a': '1e999' is beyond the range of a float (declare it: -s "
		    "'a json')"));
	CHECK(fails(NULL, 0, "{\"a\":9007199254740993}\n{\"a\":0.5}\n",
		    "in:1: column 'a': '9007199254740993' is beyond 2^53, and would be rounded "
		    "beside fractions (declare it: -s 'a float' if it may be rounded, else -s 'a "
		    "json')"));
	CHECK(fails(NULL, 0, "{\"a\":\"2024-01-01\"}\n{\"a\":\"9999-12-31\"}\n",
		    "in:2: column 'a': '9999-12-31' is out of range: a datetime holds ns from "
		    "1677-09-21 to 2262-04-11 (declare it: -s 'a str')"));
	CHECK(schema("", ""));
	CHECK(rows(NULL, 0,
		   "{\"id\": 1, \"x\": 1.5}\n{\"name\": \"c\", \"x\": 2, \"deep\": [ 1 ]}\n",
		   "[1,1.5,null,null]\n[null,2.0,\"c\",[1]]\n"));
	CHECK(fails(NULL, 0, "{\"id\": 1}\n{\"id\"}\n",
		    "in:2: character 6: found '}', expected ':'"));
}

static void unseen(void)
{
	struct parse t = {.kind = &pw_json, .options = {.infer_rows = 2}};
	const char *const text =
		"{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"z\":1}\n{\"a\":4,\"z\":2}\n{\"a\":5}\n";
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) == 0);
	CHECK(same(text, pw_bytes_string(&t.out), "[1]\n[2]\n[3]\n[4]\n[5]\n") && t.unseen == 2);
	parse_release(&t);
	t = (struct parse){.kind = &pw_json, .columns = ab, .count = 1};
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) == 0);
	CHECK(t.unseen == 2); /* also if all columns found are declared */
	parse_release(&t);
	t = (struct parse){.kind = &pw_json, .columns = ab, .count = 1, .options = {.only = true}};
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) == 0);
	CHECK(t.unseen == 0);
	parse_release(&t);
}

static void defaults(void)
{
	struct pw_vector zero, text;
	pw_vector_init(&zero, PW_TYPE(PW_INT));
	pw_vector_init(&text, PW_TYPE(PW_STR));
	pw_vector_word(&zero, 0);
	pw_vector_text(&text, "default", 7);
	const struct pw_parser_column columns[] = {
		COLUMN("k", PW_STR),
		{.name = "b",
		 .type = PW_TYPE(PW_INT),
		 .declared = true,
		 .value = pw_vector_view(&zero)},
		{.name = "c",
		 .type = PW_TYPE(PW_STR),
		 .declared = true,
		 .value = pw_vector_view(&text)},
	};
	CHECK(rows(columns, 3,
		   "{\"k\": \"a\", \"b\": 1, \"c\": \"foo\" }\n{\"k\": \"b\", \"b\": 2, \"c\": "
		   "null }\n{\"k\": \"c\" }\n",
		   "[\"a\",1,\"foo\"]\n[\"b\",2,null]\n[\"c\",0,\"default\"]\n"));
	pw_vector_release(&zero);
	pw_vector_release(&text);
}

static void pointers(void)
{
	const struct pw_parser_column columns[] = {
		{.name = "o", .type = PW_TYPE(PW_STR), .pointer = "/name"},
		{.name = "k", .type = PW_TYPE(PW_STR), .pointer = "/pet/animal"},
		{.name = "h", .type = PW_TYPE(PW_INT), .pointer = "/pet/m/1"},
		{.name = "s", .type = PW_TYPE(PW_INT), .pointer = "/pet/a~1b~0"},
		{.name = "all", .type = PW_TYPE(PW_JSON), .pointer = ""},
	};
	const struct pw_parser_column odd[] = {
		{.name = "o", .type = PW_TYPE(PW_STR), .pointer = "name"}};
	const struct pw_parser_column tilde[] = {
		{.name = "o", .type = PW_TYPE(PW_STR), .pointer = "/~2"}};
	CHECK(rows(
		columns, 5,
		"{\"name\":\"John\",\"pet\": {\"animal\":\"dog\",\"m\":[200, 400]}}\n"
		"{\"name\":\"Jack\",\"pet\": {\"anim\\u0061l\":\"cat\",\"m\":[1],\"a/b~\":5}}\r\n"
		"{\"pet\":null}\n",
		"[\"John\",\"dog\",400,null,{\"name\":\"John\",\"pet\":{\"animal\":\"dog\",\"m\":["
		"200,400]}}]\n"
		"[\"Jack\",\"cat\",null,5,{\"name\":\"Jack\",\"pet\":{\"anim\\u0061l\":\"cat\","
		"\"m\":[1],\"a/b~\":5}}]\n"
		"[null,null,null,null,{\"pet\":null}]\n"));
	CHECK(fails(columns, 5, "{\"pet\":{\"animal\":\"a\",\"animal\":\"b\"}}\n",
		    "in:1: column 'k': '\"b\"' is from a member that is there twice"));
	CHECK(fails(odd, 1, "", "column 'o': JSON pointer 'name' does not begin with '/'"));
	CHECK(fails(tilde, 1, "", "column 'o': JSON pointer '/~2': a '~' that is not ~0 or ~1"));
}

static void times(void)
{
	const struct pw_parser_column columns[] = {
		{.name = "t", .type = PW_TYPE(PW_DATETIME_UTC), .format = "%s", .declared = true},
		{.name = "d", .type = PW_TYPE(PW_DATETIME), .format = "%d/%m/%Y", .declared = true},
	};
	CHECK(rows(columns, 2,
		   "{\"t\":0,\"d\":\"02/01/1970\"}\n{\"t\":\"60\",\"d\":\"03\\/01/1970\"}\n",
		   "[\"1970-01-01T00:00:00Z\",\"1970-01-02T00:00:00\"]\n"
		   "[\"1970-01-01T00:01:00Z\",\"1970-01-03T00:00:00\"]\n"));
}

static void policies(void)
{
	const char *const text =
		"{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":\"x\"}\n{\"a\":6\n{\"a\":7,\"b\":null}\n"
		"{\"a\":8,\"b\":1.5}\n{\"a\":9}\n{\"a\":10,\"b\":0}\n";
	struct parse t = {
		.kind = &pw_json, .columns = ab, .count = 2, .options = {.policy = PW_PARSER_SKIP}};
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) == 0);
	CHECK(same("skip", pw_bytes_string(&t.out), "[1,2]\n[7,null]\n[10,0]\n") &&
	      t.rejected == 4);
	parse_release(&t);
	t = (struct parse){
		.kind = &pw_json, .columns = ab, .count = 2, .options = {.policy = PW_PARSER_NULL}};
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) < 0); /* the third line has no cell */
	CHECK(strncmp(pw_fail_text(), "in:3: ", 6) == 0);
	pw_fail_clear();
	parse_release(&t);
	const char *const cells = "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":\"x\"}\n{\"a\":9}\n";
	t = (struct parse){
		.kind = &pw_json, .columns = ab, .count = 2, .options = {.policy = PW_PARSER_NULL}};
	CHECK(parse_text(&t, cells, strlen(cells), 1 << 20) == 0);
	CHECK(same("null", pw_bytes_string(&t.out), "[1,2]\n[2,null]\n[9,null]\n") &&
	      t.nulled == 2);
	parse_release(&t);
}

static void required(void)
{
	const struct pw_parser_column columns[] = {
		{.name = "a", .type = {PW_INT, 0, true}, .declared = true}};
	struct parse t = {.kind = &pw_json, .columns = columns, .count = 1};
	const char *const text = "{\"a\":1}\n{\"a\":null}\n";
	CHECK(parse_text(&t, text, strlen(text), 1 << 20) < 0);
	CHECK(strncmp(pw_fail_text(), "in:2: column 'a': ", 18) == 0);
	pw_fail_clear();
	parse_release(&t);
}

static void changes(void)
{
	const char *const text =
		"{\"a\":1,\"_time\":0,\"_diff\":1}\n{\"a\":1,\"_time\":2,\"_diff\":-1}\n"
		"{\"a\":null,\"_time\":4,\"_diff\":0}\n{\"_diff\":2,\"_time\":\"end\",\"a\":5}\n";
	for (size_t chunk = 1; chunk < 200; chunk += 13) {
		struct parse t = {
			.kind = &pw_json, .columns = ab, .count = 1, .options = {.changes = true}};
		CHECK(parse_text(&t, text, strlen(text), chunk) == 0);
		CHECK(same("changes", pw_bytes_string(&t.out),
			   "[1]@0 1\n[1]@2 -1\n[5]@18446744073709551614 2\n"));
		CHECK(t.promised >= 4);
		parse_release(&t);
	}
	struct parse t = {
		.kind = &pw_json, .columns = ab, .count = 1, .options = {.changes = true}};
	CHECK(parse_text(&t, "{\"a\":1,\"_time\":0}\n", 18, 64) < 0);
	CHECK(same("no _diff", pw_fail_text(), "in:1: column '_diff': is absent"));
	pw_fail_clear();
	parse_release(&t);
}

static void many_rows(void)
{
	struct pw_bytes b = {0};
	struct parse t = {.kind = &pw_json, .columns = ab, .count = 2};
	for (int i = 0; i < 40000; i++)
		pw_bytes_print(&b, i % 7 ? "{\"a\":%d,\"b\":%d}\n" : "{\"b\":%2$d, \"a\":%1$d}\n",
			       i, -i);
	CHECK(parse_text(&t, b.data, b.length, 3000) == 0);
	CHECK(t.rows == 40000);
	const char *p = pw_bytes_string(&t.out);
	bool all = true;
	for (int i = 0; i < 40000; i++) {
		char line[64];
		const int n = snprintf(line, sizeof line, "[%d,%d]\n", i, -i);
		all &= strncmp(p, line, (size_t)n) == 0;
		p += n;
	}
	CHECK(all);
	parse_release(&t);
	pw_bytes_release(&b);
}

int main(void)
{
	pw_hash_start();
	TEST(shapes);
	TEST(between_rows);
	TEST(faults);
	TEST(long_lines);
	TEST(inference);
	TEST(unseen);
	TEST(defaults);
	TEST(pointers);
	TEST(times);
	TEST(policies);
	TEST(required);
	TEST(changes);
	TEST(many_rows);
	return check_done();
}
