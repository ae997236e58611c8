/* pw-keep - keep answers that forgetting would take away (lib/op/keep) */
#include "../lib/op/driver.h"
#include "../lib/op/keep.h"

static const struct pw_option option_table[] = {{0}};

static const struct pw_program program = {
	.name = "pw-keep",
	.summary = "keep answers that forgetting would take away",
	.synopsis = "",
	.examples = "  pw-read -F clicks/ | pw-watermark -t ts --forget 1d --keep |\n"
		    "    pw-groupby -k user count | pw-keep | pw-write\n",
	.options = option_table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	char none = 0;

	pw_tool_start(&tool, &program, argc, argv, &none);
	if (tool.arg_count > 0)
		pw_must(&tool, pw_fail(PW_USAGE, "no arguments expected, %d given: '%s'",
				       tool.arg_count, tool.args[0]));
	pw_tool_input(&tool);
	return pw_driver_run(&tool, &pw_keep_op, NULL);
}
