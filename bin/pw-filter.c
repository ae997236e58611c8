/* pw-filter - keep the rows for which an expression is true (lib/op/filter) */
#include "../lib/op/driver.h"
#include "../lib/op/filter.h"

static const struct pw_option table[] = {{0}};

static const struct pw_program program = {
	.name = "pw-filter",
	.summary = "keep the rows for which an expression is true",
	.synopsis = "EXPR",
	.examples = "  pw-filter 'amount > 10'\n"
		    "  pw-filter 'city = \"Oslo\" AND name LIKE \"A%\"'\n"
		    "  pw-filter 'ts >= \"2024-01-01\" AND code NOT IN (404, 410)'\n",
	.options = table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;

	pw_tool_start(&tool, &program, argc, argv, NULL);
	pw_tool_input(&tool);
	if (tool.arg_count != 1)
		pw_must(&tool, pw_fail(PW_USAGE,
				       "1 expression expected, %d given (put it in single quotes)",
				       tool.arg_count));
	const struct pw_filter_wish wish = {tool.args[0]};
	return pw_driver_run(&tool, &pw_filter_op, &wish);
}
