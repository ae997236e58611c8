/* pw-flatten - one row per element of a list (lib/op/flatten) */
#include "../lib/op/driver.h"
#include "../lib/op/flatten.h"

static const struct pw_option table[] = {{0}};

static const struct pw_program program = {
	.name = "pw-flatten",
	.summary = "one row per element of a list",
	.synopsis = "COL",
	.examples = "  pw-read -s 'id int, tags list<str>' in.csv | pw-flatten tags | pw-write\n"
		    "  pw-read log.txt | pw-select 'w = string_split(data, \" \")' | pw-flatten w "
		    "| pw-write\n",
	.options = table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;

	pw_tool_start(&tool, &program, argc, argv, NULL);
	pw_tool_input(&tool);
	if (tool.arg_count != 1)
		pw_must(&tool, pw_fail(PW_USAGE, "1 column expected, %d given", tool.arg_count));
	const struct pw_flatten_wish wish = {tool.args[0]};
	return pw_driver_run(&tool, &pw_flatten_op, &wish);
}
