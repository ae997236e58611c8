/* pw-dedup - one row per key, replaced when a new row may (lib/op/dedup) */
#include "../lib/op/dedup.h"
#include "../lib/op/driver.h"

#include <stddef.h>

#define O(field) offsetof(struct pw_dedup_wish, field)

static const struct pw_option table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true,
	 "columns of the key: one row for each of their values (default: one row in all)"},
	{'o', "order", "COL", PW_OPTION_TEXT, O(by), true,
	 "the column by which rows of a commit are offered"},
	{0, "accept", "EXPR", PW_OPTION_TEXT, O(accept), true,
	 "accept a row if this is true of new and old, the values of COL (default: always)"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-dedup",
	.summary = "one row per key, replaced when a new row may",
	.synopsis = "[-k COLS] -o COL [--accept EXPR]",
	.examples = "  pw-dedup -k user -o ts                       the latest row of each user\n"
		    "  pw-dedup -k sensor -o value --accept 'new > old'\n"
		    "  pw-dedup -o total --accept 'abs(new - old) >= 100'\n",
	.options = table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct pw_dedup_wish wish = {0};

	pw_tool_start(&tool, &program, argc, argv, &wish);
	pw_tool_input(&tool);
	if (tool.arg_count > 0)
		pw_must(&tool, pw_fail(PW_USAGE, "no arguments expected, %d given: '%s'",
				       tool.arg_count, tool.args[0]));
	return pw_driver_run(&tool, &pw_dedup_op, &wish);
}
