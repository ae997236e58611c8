/* pw-watermark - late rows dropped, early rows held, old rows forgotten (lib/op/watermark) */
#include "../lib/op/driver.h"
#include "../lib/op/watermark.h"

#include <stddef.h>

struct options {
	struct pw_watermark_wish wish;
	const char *clock;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'t', "time", "COL", PW_OPTION_TEXT, O(wish.time), true,
	 "the column of event times: int, float, datetime or datetime_utc"},
	{0, "cutoff", "D", PW_OPTION_TEXT, O(wish.cutoff), true,
	 "drop rows that are D or more after the clock of earlier commits"},
	{0, "delay", "D", PW_OPTION_TEXT, O(wish.delay), true,
	 "hold rows until the clock has reached their time + D"},
	{0, "forget", "D", PW_OPTION_TEXT, O(wish.forget), true,
	 "take rows away when the clock of earlier commits has reached their time + D"},
	{0, "keep", NULL, PW_OPTION_FLAG, O(wish.keep), true,
	 "forget at odd times, so that pw-keep can keep the answers"},
	{0, "late", "FILE", PW_OPTION_TEXT, O(wish.late), true,
	 "write rows that were dropped there, as changes in CSV"},
	{0, "max-step", "D", PW_OPTION_TEXT, O(wish.max_step), true,
	 "a row more than D beyond the clock before its commit is a row error"},
	{0, "clock", "INPUT", PW_OPTION_TEXT, O(clock), true,
	 "a second stream, whose first datetime column moves the clock"},
	{0}};

static const struct pw_program program = {
	.name = "pw-watermark",
	.summary = "drop late rows, hold early rows, forget old rows",
	.synopsis = "-t COL [--cutoff D] [--delay D] [--forget D [--keep]] [--late FILE]",
	.examples =
		"  pw-read -F trips/ | pw-watermark -t ts --cutoff 1h --late late.csv | pw-write\n"
		"  pw-read -F log.jsonl | pw-watermark -t ts --delay 10s | pw-write -F out.csv\n"
		"  pw-read -F clicks/ | pw-watermark -t ts --forget 1d --keep |\n"
		"    pw-groupby -k user count | pw-keep | pw-write\n",
	.options = option_table,
};

static const char *const names[] = {"stdin", "clock"};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	static char stdin_name[] = "-";
	struct options o = {0};

	pw_tool_start(&tool, &program, argc, argv, &o);
	if (tool.arg_count > 0)
		pw_must(&tool, pw_fail(PW_USAGE, "no arguments expected, %d given: '%s'",
				       tool.arg_count, tool.args[0]));
	if (o.clock == NULL) {
		pw_tool_input(&tool);
	} else {
		char *inputs[] = {stdin_name, (char *)(uintptr_t)o.clock};

		pw_tool_inputs(&tool, inputs, names, 2);
	}
	return pw_driver_run(&tool, &pw_watermark_op, &o.wish);
}
