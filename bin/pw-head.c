/* pw-head - the first rows of each group, as the table changes (lib/op/head) */
#include "../lib/op/driver.h"
#include "../lib/op/head.h"

#include <stddef.h>

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct pw_head_wish, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{'o', "order", "COLS", PW_OPTION_TEXT, offsetof(struct pw_head_wish, order), true,
	 "columns that rows are ordered by; COL:desc from high to low"},
	{'n', "rows", "N", PW_OPTION_COUNT, offsetof(struct pw_head_wish, count), true,
	 "how many rows of each group (default 10)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-head",
	.summary = "the first rows of each group, as the table changes",
	.synopsis = "[-k COLS] -o COL[:desc][,COL]... [-n N]",
	.examples = "  pw-read scores.csv | pw-head -o score:desc -n 3 | pw-write\n"
		    "  pw-read scores.csv | pw-head -k team -o score:desc,name | pw-write\n"
		    "  pw-read -F orders/ | pw-groupby -k city 'n = count()' |\n"
		    "    pw-head -o n:desc -n 5 | pw-write\n",
	.options = option_table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct pw_head_wish wish = {.count = 10};

	pw_tool_start(&tool, &program, argc, argv, &wish);
	if (tool.arg_count > 0)
		pw_must(&tool, pw_fail(PW_USAGE, "no arguments expected, %d given: '%s'",
				       tool.arg_count, tool.args[0]));
	pw_tool_input(&tool);
	return pw_driver_run(&tool, &pw_head_op, &wish);
}
