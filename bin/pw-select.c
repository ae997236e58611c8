/* pw-select - choose, compute, drop and rename columns (lib/op/select) */
#include "../lib/op/driver.h"
#include "../lib/op/select.h"

#include <stddef.h>

#define O(field) offsetof(struct pw_select_wish, field)

static const struct pw_option table[] = {
	{0, "add", NULL, PW_OPTION_FLAG, O(add), true,
	 "keep the old columns; a new one of an old name takes its place"},
	{0, "drop", "COLS", PW_OPTION_TEXT, O(drop), true, "leave these columns out"},
	{0, "rename", "OLD=NEW", PW_OPTION_MANY, O(renames), true, "rename columns"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-select",
	.summary = "choose, compute, drop and rename columns",
	.synopsis = "[--add] [--drop COLS] [--rename OLD=NEW] [[NAME =] EXPR]...",
	.examples = "  pw-select id 'total = price * qty'\n"
		    "  pw-select --add 'hour = date_trunc(\"hour\", ts)'\n"
		    "  pw-select id '*_usd'\n"
		    "  pw-select --drop note,url --rename ts=time\n",
	.options = table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct pw_select_wish wish = {0};

	pw_tool_start(&tool, &program, argc, argv, &wish);
	pw_tool_input(&tool);
	wish.expressions = tool.args;
	wish.expression_count = (size_t)tool.arg_count;
	return pw_driver_run(&tool, &pw_select_op, &wish);
}
