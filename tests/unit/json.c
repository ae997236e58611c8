#include "check.h"

#include "../../lib/base/fail.h"
#include "../../lib/base/hash.h"
#include "../../lib/data/json.h"
#include "../../lib/data/text.h"

#include <stdlib.h>
#include <string.h>

static struct pw_json_value value;
static struct pw_json_fault fault;

static bool good(const char *text)
{
	return pw_json_whole(pw_slice_of(text), &value, &fault) == 0;
}

/* Is the text refused with this message? */
static bool bad(const char *text, const char *message)
{
	if (good(text))
		return false;
	pw_fail_clear();
	pw_json_fail(&fault, text, text + strlen(text));
	const bool same = strcmp(pw_fail_text(), message) == 0;
	if (!same)
		printf("# %s: %s\n", text, pw_fail_text());
	pw_fail_clear();
	return same;
}

static bool compact(const char *text, const char *expected)
{
	struct pw_bytes b = {0};
	if (!good(text))
		return false;
	pw_json_compact(&value, &b);
	const bool same = strcmp(pw_bytes_string(&b), expected) == 0;
	pw_bytes_release(&b);
	return same;
}

static bool reads(const char *type, const char *text, const char *expected)
{
	struct pw_vector v;
	struct pw_type t;
	struct pw_bytes b = {0}, scratch = {0};
	pw_type_parse(pw_slice_of(type), &t);
	pw_vector_init(&v, t);
	bool fits = good(text) && pw_json_append(&v, &value, &scratch) == 0;
	if (fits && expected != NULL) {
		const struct pw_column *const c = pw_vector_view(&v);
		if (pw_column_null(c, 0))
			pw_bytes_text(&b, "null");
		else
			pw_text_add_json(&b, c, 0);
		if (strcmp(pw_bytes_string(&b), expected) != 0) {
			printf("# %s: %s: %s\n", type, text, pw_bytes_string(&b));
			fits = false;
		}
	} else if (expected == NULL) {
		fits = !fits && v.rows == 0 && (v.inner == NULL || v.inner->rows == 0);
	}
	pw_bytes_release(&b);
	pw_bytes_release(&scratch);
	pw_vector_release(&v);
	return fits;
}

static void kinds(void)
{
	CHECK(good(" null ") && value.kind == PW_JSON_NULL);
	CHECK(good("true") && value.kind == PW_JSON_TRUE);
	CHECK(good("false") && value.kind == PW_JSON_FALSE);
	CHECK(good("-0") && value.kind == PW_JSON_INT && value.length == 2);
	CHECK(good("7.0") && value.kind == PW_JSON_REAL);
	CHECK(good("7e0") && value.kind == PW_JSON_REAL);
	CHECK(good("\"a\\\"b\"") && value.kind == PW_JSON_STRING && value.escaped &&
	      value.length == 4);
	CHECK(good("[1, 2]") && value.kind == PW_JSON_ARRAY && value.spaced);
	CHECK(good("{\"a b\":[]}") && value.kind == PW_JSON_OBJECT && !value.spaced);
}

static void grammar(void)
{
	CHECK(bad("", "character 1: found the end, expected a value"));
	CHECK(bad("01", "character 2: a number with a leading zero"));
	CHECK(bad("-", "character 2: found the end, expected a digit"));
	CHECK(bad("+1", "character 1: found '+', expected a value"));
	CHECK(bad("1.", "character 3: found the end, expected a digit"));
	CHECK(bad("1e+x", "character 4: found 'x', expected a digit"));
	CHECK(bad(".5", "character 1: found '.', expected a value"));
	CHECK(bad("tru", "character 1: found 't', expected a value"));
	CHECK(bad("1 2", "character 3: found '2', expected the end"));
	CHECK(bad("[1,]", "character 4: found ']', expected a value"));
	CHECK(bad("[1 2]", "character 4: found '2', expected ',' or ']'"));
	CHECK(bad("[1}", "character 3: found '}', expected ',' or ']'"));
	CHECK(bad("{\"a\":1,}", "character 8: found '}', expected a member's name in quotes"));
	CHECK(bad("{\"a\" 1}", "character 6: found '1', expected ':'"));
	CHECK(bad("{a:1}", "character 2: found 'a', expected a member's name in quotes"));
	CHECK(bad("{\"a\":[{\"b\":1]}", "character 13: found ']', expected ',' or '}'"));
	CHECK(bad("[[1,2]", "character 7: found the end, expected ',' or ']'"));
	CHECK(bad("NaN", "character 1: found 'N', expected a value"));
}

static void strings(void)
{
	CHECK(bad("\"abc", "character 5: found the end, expected the end of a string"));
	CHECK(bad("\"\\x\"", "character 2: no such escape"));
	CHECK(bad("\"\\u12g4\"", "character 4: found '1', expected four hexadecimal digits"));
	CHECK(bad("\"\\u0000\"", "character 2: a NUL (\\u0000) is not allowed"));
	CHECK(bad("\"\\ud800\"", "character 2: half of a surrogate pair"));
	CHECK(bad("\"\\udc00\"", "character 2: half of a surrogate pair"));
	CHECK(bad("\"\\ud800\\u0041\"", "character 2: half of a surrogate pair"));
	CHECK(bad("\"a\tb\"", "character 3: a control character in a string"));
	CHECK(bad("\"\xc4\x85\xff\"", "character 3: not UTF-8"));
	CHECK(bad("\"\xed\xa0\x80\"", "character 2: not UTF-8"));
	CHECK(reads("str", "\"\\u0105\\n\\\\\\/\\ud83d\\ude00\"",
		    "\"\xc4\x85\\n\\\\/\xf0\x9f\x98\x80\""));
	CHECK(reads("str", "\"\xc4\x85\"", "\"\xc4\x85\""));
}

static void depth(void)
{
	const size_t n = 100000;
	char *const text = malloc(n + 1);
	memset(text, '[', n);
	text[n] = '\0';
	CHECK(bad(text, "character 2048: nested too deep (more than 2047)"));
	memset(text, ']', n);
	memset(text, '[', 2047);
	text[2 * 2047] = '\0';
	CHECK(good(text));
	free(text);
}

static void compacting(void)
{
	CHECK(compact("[ 1 , \"a b\\\" c\" ,{ } ]", "[1,\"a b\\\" c\",{}]"));
	CHECK(compact(" {\"a\" : 1.10, \"b\\\\\" :\t[ ]}", "{\"a\":1.10,\"b\\\\\":[]}"));
	CHECK(compact(" \"a b\" ", "\"a b\""));
	CHECK(compact("1e5", "1e5"));
}

static void finding(void)
{
	struct pw_json_value v;
	CHECK(good("{\"a\":1,\"b\\u0063\":[5,6,{\"x\":null}],\"a\":2}"));
	const struct pw_json_value all = value;
	CHECK(pw_json_find(&all, PW_SLICE("bc"), &v) == 1 && v.kind == PW_JSON_ARRAY);
	const struct pw_json_value list = v;
	CHECK(pw_json_find(&list, PW_SLICE("1"), &v) == 1 && v.at[0] == '6');
	CHECK(pw_json_find(&list, PW_SLICE("2"), &v) == 1 && v.kind == PW_JSON_OBJECT);
	CHECK(pw_json_find(&list, PW_SLICE("3"), &v) == 0);
	CHECK(pw_json_find(&list, PW_SLICE("01"), &v) == 0);
	CHECK(pw_json_find(&list, PW_SLICE("-"), &v) == 0);
	CHECK(pw_json_find(&all, PW_SLICE("a"), &v) == 2 && v.at[0] == '2');
	CHECK(pw_json_find(&all, PW_SLICE("zz"), &v) == 0);
	CHECK(pw_json_find(&v, PW_SLICE("a"), &v) == 0);
}

static void types(void)
{
	CHECK(reads("int", "9223372036854775807", "9223372036854775807"));
	CHECK(reads("int", "-9223372036854775808", "-9223372036854775808"));
	CHECK(reads("int", "9223372036854775808", NULL));
	CHECK(reads("int", "999999999999999999", "999999999999999999"));
	CHECK(reads("int", "-0", "0"));
	CHECK(reads("int", "7.0", NULL));
	CHECK(reads("int", "1e3", NULL));
	CHECK(reads("int", "\"7\"", NULL));
	CHECK(reads("int", "true", NULL));
	CHECK(reads("int", "null", "null"));
	CHECK(reads("float", "1e3", "1000.0"));
	CHECK(reads("float", "7", "7.0"));
	CHECK(reads("float", "1e999", NULL));
	CHECK(reads("float", "\"nan\"", "\"nan\""));
	CHECK(reads("float", "\"-inf\"", "\"-inf\""));
	CHECK(reads("float", "\"1.5\"", NULL));
	CHECK(reads("bool", "true", "true"));
	CHECK(reads("bool", "1", NULL));
	CHECK(reads("bool", "\"true\"", NULL));
	CHECK(reads("str", "7", NULL));
	CHECK(reads("str", "\"\"", "\"\""));
	CHECK(reads("json", "{\"a\": [1, null]}", "{\"a\":[1,null]}"));
	CHECK(reads("json", "\"x\"", "\"x\""));
	CHECK(reads("json", "1.50", "1.50"));
	CHECK(reads("list<int>", "[1, -4]", "[1,-4]"));
	CHECK(reads("list<int>", "[]", "[]"));
	CHECK(reads("list<int>", "[1, null]", "[1,null]"));
	CHECK(reads("list<int>", "[1, \"a\"]", NULL));
	CHECK(reads("list<int>", "{}", NULL));
	CHECK(reads("list<list<str>>", "[[\"a\"], [], [\"b\\n\"]]", "[[\"a\"],[],[\"b\\n\"]]"));
	CHECK(reads("list<list<int>>", "[[1], [1.5]]", NULL));
	CHECK(reads("datetime", "\"2024-02-29T12:00:00\"", "\"2024-02-29T12:00:00\""));
	CHECK(reads("datetime", "\"2024-02-30T12:00:00\"", NULL));
	CHECK(reads("datetime", "1700000000", NULL));
	CHECK(reads("duration", "\"1h30m\"", "\"1h30m\""));
	CHECK(reads("bytes", "\"AAE=\"", "\"AAE=\""));
	CHECK(reads("uuid", "\"123e4567-e89b-12d3-a456-426614174000\"",
		    "\"123e4567-e89b-12d3-a456-426614174000\""));
}

static void long_numbers(void)
{
	const size_t n = 1000000;
	char *const text = malloc(n + 1);
	memset(text, '9', n);
	text[n] = '\0';
	CHECK(reads("int", text, NULL));
	CHECK(reads("float", text, NULL));
	text[1] = '.';
	CHECK(reads("float", text, "10.0"));
	free(text);
}

int main(void)
{
	pw_hash_start();
	TEST(kinds);
	TEST(grammar);
	TEST(strings);
	TEST(depth);
	TEST(compacting);
	TEST(finding);
	TEST(types);
	TEST(long_numbers);
	return check_done();
}
