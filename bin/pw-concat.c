/* pw-concat - the rows of several streams as one (lib/op/concat) */
#include "../lib/op/concat.h"
#include "../lib/op/driver.h"

static const struct pw_option table[] = {
	{0, "memory", "SIZE", PW_OPTION_SIZE, 0, false,
	 "memory for rows of inputs that are ahead (default: a quarter of RAM)"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-concat",
	.summary = "the rows of several streams as one",
	.synopsis = "[--memory SIZE] INPUT...",
	.examples =
		"  pw-concat 2023.pws 2024.pws | pw-write\n"
		"  pw-concat monday.csv tuesday.csv | pw-groupby -k city count | pw-write\n"
		"  pw-read new.csv | pw-concat - exec:'pw-read old.csv | pw-filter \"n > 0\"'\n",
	.options = table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	uint64_t memory = 0;

	pw_tool_start(&tool, &program, argc, argv, &memory);
	if (tool.arg_count == 0)
		pw_must(&tool, pw_fail(PW_USAGE,
				       "1 input or more expected, 0 given: pw-concat a.pws b.pws"));
	tool.budget.limit = memory;
	pw_tool_inputs(&tool, tool.args, NULL, (size_t)tool.arg_count);
	return pw_driver_run(&tool, &pw_concat_op, NULL);
}
