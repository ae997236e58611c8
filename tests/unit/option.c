/* the option table: what a command line means, what is said of a wrong one */
#include "../../lib/tool/option.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <stdlib.h>

struct options {
	bool table;
	const char *key, *once;
	uint64_t number, memory;
	int64_t every;
	struct pw_texts sync;
};

#define AT(member) offsetof(struct options, member)
static const struct pw_option table[] = {
	{'T', "table", NULL, PW_OPTION_FLAG, AT(table), true, "the table"},
	{'k', "key", "COLS", PW_OPTION_TEXT, AT(key), true, "by these"},
	{0, "once", "SHIFT", PW_OPTION_OPTIONAL, AT(once), true, "once"},
	{'n', "number", "N", PW_OPTION_COUNT, AT(number), false, "so many"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, AT(memory), false, "so much"},
	{0, "every", "D", PW_OPTION_DURATION, AT(every), false, "so often"},
	{0, "sync", "GROUP", PW_OPTION_MANY, AT(sync), true, "with these"},
	{0},
};
static const struct pw_program program = {.name = "pw-test",
					  .summary = "tests",
					  .synopsis = "[-T] FILE",
					  .examples = "  pw-test x\n",
					  .options = table};

/* What parsing keeps lives as long as its program: no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct options o;
static struct pw_common common;
static struct pw_command command;

static int parse(const char *line)
{
	static char text[1000];
	static char *argv[100];
	int argc = 0;

	o = (struct options){0};
	common = (struct pw_common){0};
	command = (struct pw_command){0};
	snprintf(text, sizeof text, "pw-test %s", line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	return pw_option_parse(&program, argc, argv, &o, &common, &command);
}

static void forms_are_equal(void)
{
	static const char *const same[] = {"-Tk city -n5 a b", "--table --key city --number 5 a b",
					   "a -T --key=city b --number=5", "-n 5 -kcity -T -- a b"};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		CHECK(parse(same[i]) == 0);
		CHECK(o.table && strcmp(o.key, "city") == 0 && o.number == 5);
		CHECK(command.arg_count == 2 && strcmp(command.args[1], "b") == 0);
		CHECK(command.canonical_count == 4);
		CHECK(strcmp(command.canonical[0], "--table") == 0);
		CHECK(strcmp(command.canonical[1], "--key=city") == 0);
	}
}

static void values_have_kinds(void)
{
	CHECK(parse("--once --memory 64K --every 1m30s --sync a,b --sync c - --on-error skip") ==
	      0);
	CHECK(strcmp(o.once, "") == 0 && o.memory == 65536 && o.every == INT64_C(90000000000));
	CHECK(o.sync.count == 2 && strcmp(o.sync.items[1], "c") == 0);
	CHECK(command.arg_count == 1 && strcmp(command.args[0], "-") == 0);
	CHECK(strcmp(common.on_error, "skip") == 0);
	CHECK(parse("--once=1m") == 0 && strcmp(o.once, "1m") == 0);
	CHECK(parse("-- -T --x") == 0 && !o.table && command.arg_count == 2);
}

static bool says(const char *line, const char *text)
{
	const bool failed = parse(line) < 0 && pw_fail_status() == PW_USAGE;

	if (!failed || strstr(pw_fail_text(), text) == NULL)
		printf("# '%s' says: %s\n", line, pw_fail_text());
	return failed && strstr(pw_fail_text(), text) != NULL;
}

static void mistakes_are_named(void)
{
	CHECK(says("--tabel", "did you mean '--table'?"));
	CHECK(says("--on-eror skip", "did you mean '--on-error'?"));
	CHECK(says("-x", "'-x' is not an option"));
	CHECK(says("-\xc3\xa9", "'-\xc3\xa9' is not an option"));
	CHECK(says("--key", "--key needs a value: COLS"));
	CHECK(says("-k", "-k needs a value: COLS"));
	CHECK(says("--table=1", "takes no value"));
	CHECK(says("-n -5", "-n: '-5' is not a whole number, 0 or more"));
	CHECK(says("--number x", "--number: 'x' is not a whole number, 0 or more"));
	CHECK(says("-n 99999999999999999999", "not a number of at most 18 digits"));
	CHECK(says("--memory lots", "--memory: 'lots' is not a size"));
	CHECK(says("--every soon", "not a duration"));
	CHECK(says("-k a -Tk b", "-k: given twice, 'a' and 'b': write one list, 'a,b'"));
	CHECK(says("-k a --key=b", "--key: given twice, 'a' and 'b'"));
	CHECK(says("--once=1 --once", "--once: given twice, '1' and '': one value is expected"));
	CHECK(says("-n 1 -n 1", "-n: given twice"));
	CHECK(says("--name a --name b", "--name: given twice"));
	CHECK(parse("-TT -q -q --sync a --sync a") == 0);
}

static void help_has_examples_before_options(void)
{
	struct pw_bytes b = {0};

	pw_option_help(&b, &program);
	const char *text = pw_bytes_string(&b);
	CHECK(strncmp(text, "usage: pw-test [-T] FILE\n", 25) == 0);
	CHECK(strstr(text, "examples:") < strstr(text, "options:"));
	CHECK(strstr(text, "  -k, --key COLS          by these\n") != NULL);
	CHECK(strstr(text, "--once[=SHIFT]") != NULL);
	pw_bytes_release(&b);
}

int main(void)
{
	TEST(forms_are_equal);
	TEST(values_have_kinds);
	TEST(mistakes_are_named);
	TEST(help_has_examples_before_options);
	return check_done();
}
