/* pw-groupby - group and aggregate a stream (lib/op/grouped) */
#include "../lib/op/driver.h"
#include "../lib/op/grouped.h"

#include <stddef.h>

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct pw_grouped_wish, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-groupby",
	.summary = "group and aggregate a stream",
	.synopsis = "[-k COLS] [[NAME =] AGGREGATE]...",
	.examples =
		"  pw-read orders.csv | pw-groupby -k city count 'total = sum(amount)' | pw-write\n"
		"  pw-read orders.csv | pw-groupby -k city,day 'rate = sum(paid) / count()' | "
		"pw-write\n"
		"  pw-read words.txt | pw-groupby -k data | pw-write\n",
	.options = option_table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct pw_grouped_wish wish = {0};

	pw_tool_start(&tool, &program, argc, argv, &wish);
	pw_tool_input(&tool);
	wish.exprs = tool.args;
	wish.count = (size_t)tool.arg_count;
	return pw_driver_run(&tool, &pw_grouped_op, &wish);
}
