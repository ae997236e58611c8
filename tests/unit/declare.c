#include "../../lib/fmt/declare.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

static bool prints(const char *text, const char *want)
{
	struct pw_declare d = {0};
	struct pw_bytes b = {0};
	pw_fail_clear();
	if (pw_declare_read(&d, text))
		return printf("# %s\n", pw_fail_text()), false;
	pw_declare_print(&b, &d);
	const bool same = pw_slice_equal((struct pw_slice){b.data, b.length}, pw_slice_of(want));
	if (!same)
		printf("# %s\n", pw_bytes_string(&b));
	pw_bytes_release(&b);
	pw_declare_release(&d);
	return same;
}

static bool same(const char *text)
{
	return prints(text, text);
}

/* Refused, and the first line of the message holds these words. */
static bool refused(const char *text, const char *message)
{
	struct pw_declare d = {0};
	pw_fail_clear();
	if (pw_declare_read(&d, text) == 0)
		return pw_declare_release(&d), false;
	const bool good = pw_fail_status() == PW_USAGE && strstr(pw_fail_text(), message) != NULL &&
			  d.columns == NULL;
	if (!good)
		printf("# %s\n", pw_fail_text());
	return good;
}

static void columns(void)
{
	CHECK(same("id int!, city str, amount float = 0.0, ts datetime \"%d/%m/%Y %H:%M\""));
	CHECK(prints("id int not null,\n\tcity STR", "id int!, city str"));
	CHECK(prints("id int NOT  NULL", "id int!"));
	CHECK(prints("`#key` int, `two words` float, `a``b` str, `plain` str, gr\xc3\xb6\xc3\x9f"
		     "e int",
		     "`#key` int, `two words` float, `a``b` str, plain str, gr\xc3\xb6\xc3\x9f"
		     "e int"));
	CHECK(same("int int, float float, from str from \"/from\", not bool, `1` str"));
	CHECK(prints("x list < list<int > > !", "x list<list<int>>!"));
	CHECK(same("b bool, i int, f float, s str, y bytes, j json, t datetime, u datetime_utc, "
		   "d duration, v uuid, l list<uuid>"));
}

static void defaults(void)
{
	CHECK(same("k str, v int = 0, number int = 42"));
	CHECK(prints("v int=-5,w int = +7", "v int = -5, w int = 7"));
	CHECK(prints("c str = 'default'", "c str = \"default\""));
	CHECK(same("c str = \"a\\\"b\\\\c\\nd\""));
	CHECK(same("c str = \"\""));
	CHECK(prints("c str = 'it\\'s, \"so\"'", "c str = \"it's, \\\"so\\\"\""));
	CHECK(prints("b bool = TRUE, c bool = no", "b bool = true, c bool = false"));
	CHECK(same("a int = null, b str = null, c list<int> = null, d json = null"));
	CHECK(same("f float = nan, g float = -inf, h float = 1e100"));
	CHECK(prints("xs list<int> = [1, 2, null]", "xs list<int> = [1,2,null]"));
	CHECK(prints("xs list<str> = '[\"a\"]'", "xs list<str> = [\"a\"]"));
	CHECK(prints("j json = {\"a\": [1.50, \"],\"]}, k int",
		     "j json = \"{\\\"a\\\":[1.50,\\\"],\\\"]}\", k int"));
	CHECK(prints("d duration = 90m", "d duration = \"1h30m\""));
	CHECK(prints("t datetime = 2024-01-02T03:04", "t datetime = \"2024-01-02T03:04:00\""));
	CHECK(prints("t datetime \"%d/%m/%Y\" = \"03/02/2024\"",
		     "t datetime \"%d/%m/%Y\" = \"2024-02-03T00:00:00\""));
	CHECK(prints("t datetime = \"2024-01-02\" from \"/t\"",
		     "t datetime from \"/t\" = \"2024-01-02T00:00:00\""));
	CHECK(prints("y bytes = \"Zm9v\"", "y bytes = \"Zm9v\""));
}

static void the_struct(void)
{
	struct pw_declare d = {0};
	CHECK(pw_declare_parse(
		      &d, PW_SLICE("owner str from \"/name\", w int! = 1024 from \"/pet/w~1\", "
				   "t datetime_utc \"%F\"")) == 0);
	CHECK(d.count == 3);
	CHECK(strcmp(d.columns[0].name, "owner") == 0 &&
	      strcmp(d.columns[0].pointer, "/name") == 0);
	CHECK(!d.columns[0].has_value && d.columns[0].format == NULL);
	CHECK(d.columns[1].type.base == PW_INT && d.columns[1].type.required);
	CHECK(d.columns[1].has_value && d.columns[1].value.rows == 1);
	CHECK(pw_column_int(pw_vector_view(&d.columns[1].value), 0) == 1024);
	CHECK(strcmp(d.columns[2].format, "%F") == 0);
	CHECK(pw_declare_find(&d, PW_SLICE("w")) == 1 && pw_declare_find(&d, PW_SLICE("x")) == -1);
	pw_declare_release(&d);
	pw_declare_release(&d);
}

static void faults(void)
{
	CHECK(refused("id itn", "schema: character 4: 'itn' is not a type (did you mean 'int'?)"));
	CHECK(refused("gr\xc3\xb6\xc3\x9f"
		      "e itn",
		      "schema: character 7: "));
	CHECK(refused("", "schema: character 1: found the end, expected a column's name"));
	CHECK(refused("id", "schema: character 3: found the end, expected a type"));
	CHECK(refused("id int,", "schema: character 8: found the end, expected a column's name"));
	CHECK(refused("id int,,", "character 8: found ','"));
	CHECK(refused("id int x", "character 8: found 'x', expected ',', '=', 'from'"));
	CHECK(refused("id int, id str", "character 9: there are two columns 'id'"));
	CHECK(refused("id int = x", "character 10: 'x' is not an int"));
	CHECK(refused("id int = 1.5", "character 10: '1.5' is not an int"));
	CHECK(refused("id int = ", "found the end, expected a default"));
	CHECK(refused("id int = [1", "expected a default"));
	CHECK(refused("c str = Paris", "the default of a str goes in quotes"));
	CHECK(refused("id int! = null", "column 'id' is not null"));
	CHECK(refused("j json! = \"null\"", "column 'j' is not null"));
	CHECK(refused("c str = \"x", "character 9: the quote is not closed"));
	CHECK(refused("`c str", "character 1: the back tick is not closed"));
	CHECK(refused("c str = \"\\x\"", "a backslash in quotes is for"));
	CHECK(refused("c str = 'a' = 'b'", "character 13: found '='"));
	CHECK(refused("c str \"%F\"",
		      "a time format is for a datetime or datetime_utc, not for a str"));
	CHECK(refused("c datetime \"%Q\"", "character 12: time format '%Q': '%Q' is not one of"));
	CHECK(refused("c datetime \"%F %z\"", "%z needs the type datetime_utc"));
	CHECK(refused("c str from /a", "expected a JSON pointer in quotes"));
	CHECK(refused("c str from \"a\"", "'a' is not a JSON pointer: it begins with '/'"));
	CHECK(refused("c str from \"/a~b\"", "'~' is written '~0'"));
	CHECK(refused("c int not nul", "expected 'null'"));
	CHECK(refused("`` str", "a column's name is empty"));
	CHECK(refused("1a str", "character 1: found '1', expected a column's name"));
	CHECK(refused("a list<list<list<list<list<list<list<list<list<int>>>>>>>>>",
		      "nest deeper"));
	CHECK(refused("a str\xff", "schema: byte 6: not valid UTF-8"));
	CHECK(refused("a varchar(10)", "'varchar' is not a type"));
}

static void the_caret(void)
{
	CHECK(refused("id int,\ncity\tstrr, x int", "\n  city\tstrr, x int\n      \t^"));
	CHECK(refused("\xc3\xa4\xc3\xb6 strr", "\n  \xc3\xa4\xc3\xb6 strr\n     ^"));
	char text[2000];
	memset(text, 'x', 1000);
	strcpy(text + 1000,
	       " strr, and much more behind it, more than a line of a terminal can show");
	CHECK(refused(text, "x strr, and much more behind it,"));
	CHECK(strstr(pw_fail_text(), "terminal") == NULL && strlen(pw_fail_text()) < 300);
}

static bool from_file(const char *json, const char *want, const char *message)
{
	const char *folder = getenv("TMPDIR");
	char path[512], argument[520];
	snprintf(path, sizeof path, "%s/declare-XXXXXX", folder ? folder : "/tmp");
	const int fd = mkstemp(path);
	const size_t n = strlen(json);
	if (fd < 0 || write(fd, json, n) != (ssize_t)n)
		return false;
	close(fd);
	snprintf(argument, sizeof argument, "@%s", path);
	const bool good = want ? prints(argument, want) : refused(argument, message);
	unlink(path);
	return good;
}

static void files(void)
{
	CHECK(from_file(
		"[{\"name\": \"id\", \"type\": \"int\", \"not_null\": true}, {\"type\": \"str\", "
		"\"name\": \"two words\", \"default\": \"x\", \"from\": \"/a\"}]",
		"id int!, `two words` str from \"/a\" = \"x\"", NULL));
	CHECK(from_file(
		"{\"columns\": [{\"name\": \"t\", \"type\": \"datetime\", \"format\": "
		"\"%d/%m/%Y\", "
		"\"default\": \"03/02/2024\"}, {\"name\": \"xs\", \"type\": \"list<int>\", "
		"\"default\": [1, 2]}, {\"name\": \"n\", \"type\": \"int\", \"default\": null}]}",
		"t datetime \"%d/%m/%Y\" = \"2024-02-03T00:00:00\", xs list<int> = [1,2], "
		"n int = null",
		NULL));
	CHECK(from_file("[{\"name\": \"id\"}]", NULL, "column 1: 'type' is missing"));
	CHECK(from_file("[{\"name\": \"id\", \"type\": \"itn\"}]", NULL, "did you mean 'int'"));
	CHECK(from_file("[{\"name\": \"id\", \"type\": \"int\", \"defualt\": 1}]", NULL,
			"column 1: member 'defualt' means nothing (did you mean 'default'?)"));
	CHECK(from_file("[{\"name\": \"id\", \"type\": \"int\", \"type\": \"int\"}]", NULL,
			"twice"));
	CHECK(from_file("[{\"name\": \"id\", \"type\": 5}]", NULL, "'type' is not a string"));
	CHECK(from_file("[{\"name\": \"id\", \"type\": \"str\", \"default\": 5}]", NULL,
			"the default is not a str"));
	CHECK(from_file(
		"[{\"name\": \"a\", \"type\": \"str\"}, {\"name\": \"a\", \"type\": \"str\"}]",
		NULL, "column 2: there are two columns 'a'"));
	CHECK(from_file("[5]", NULL, "column 1: not an object"));
	CHECK(from_file("[]", NULL, "there are no columns"));
	CHECK(from_file("5", NULL, "the columns are not an array"));
	CHECK(from_file("{}", NULL, "the object has no member 'columns'"));
	CHECK(from_file("[{]", NULL, "character 3"));
	CHECK(from_file("", NULL, ""));
	struct pw_declare d = {0};
	CHECK(pw_declare_read(&d, "@/nonexistent/file") == -1);
	CHECK(pw_fail_status() == PW_SYSTEM);
}

int main(void)
{
	TEST(columns);
	TEST(defaults);
	TEST(the_struct);
	TEST(faults);
	TEST(the_caret);
	TEST(files);
	return check_done();
}
