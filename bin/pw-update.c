/* pw-update - a table overridden by the rows of another (lib/op/update) */
#include "../lib/op/driver.h"
#include "../lib/op/update.h"

#include <stddef.h>

struct options {
	struct pw_update_wish wish;
	uint64_t memory;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(wish.keys), true,
	 "columns that name a row, in A and in B"},
	{0, "cells", NULL, PW_OPTION_FLAG, O(wish.cells), true,
	 "B has some of A's columns, and overrides those only"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, O(memory), false,
	 "memory for rows of an input that is ahead (default: a quarter of RAM)"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-update",
	.summary = "a table overridden by the rows of another with the same key",
	.synopsis = "-k COLS [--cells] [--memory SIZE] A B",
	.examples = "  pw-update -k id prices.csv corrections.csv | pw-write\n"
		    "  pw-read -F orders/ | pw-update -k id --cells - exec:'pw-read -F paid/' | "
		    "pw-write --table\n",
	.options = option_table,
};

static const char *const names[] = {"input A", "input B"};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct options o = {0};

	pw_tool_start(&tool, &program, argc, argv, &o);
	if (tool.arg_count != 2)
		pw_must(&tool,
			pw_fail(PW_USAGE, "2 inputs expected, %d given: A and B (- is stdin)",
				tool.arg_count));
	tool.budget.limit = o.memory;
	pw_tool_inputs(&tool, tool.args, names, 2);
	return pw_driver_run(&tool, &pw_update_op, &o.wish);
}
