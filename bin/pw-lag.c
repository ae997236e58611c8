/* pw-lag - each row's previous and next values (lib/op/lag) */
#include "../lib/op/driver.h"
#include "../lib/op/lag.h"

#include <stddef.h>

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct pw_lag_wish, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{'o', "order", "COLS", PW_OPTION_TEXT, offsetof(struct pw_lag_wish, order), true,
	 "columns that rows are ordered by; COL:desc from high to low"},
	{0, "diff", "COLS", PW_OPTION_TEXT, offsetof(struct pw_lag_wish, differences), true,
	 "adds diff_COL: the value minus the previous row's"},
	{0, "interpolate", "COLS", PW_OPTION_TEXT, offsetof(struct pw_lag_wish, interpolate), true,
	 "fills nulls on a straight line between the nearest values"},
	{0}};

static const struct pw_program program = {
	.name = "pw-lag",
	.summary = "each row's previous and next values",
	.synopsis =
		"[-k COLS] -o COL[:desc][,COL]... [--diff COLS] [--interpolate COLS] [VALUE]...",
	.examples =
		"  pw-read trips.csv | pw-lag -k bus -o at stop | pw-write\n"
		"  pw-read meter.csv | pw-lag -o ts --diff kwh kwh | pw-write\n"
		"  pw-read probe.csv | pw-lag -k probe -o ts --interpolate temp temp | pw-write\n",
	.options = option_table,
};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct pw_lag_wish wish = {0};

	pw_tool_start(&tool, &program, argc, argv, &wish);
	pw_tool_input(&tool);
	wish.values = tool.args;
	wish.value_count = (size_t)tool.arg_count;
	return pw_driver_run(&tool, &pw_lag_op, &wish);
}
