/* pw-window - rows in windows of event time, and aggregates of them (lib/op/window) */
#include "../lib/op/driver.h"
#include "../lib/op/window.h"

#include <stddef.h>

struct options {
	struct pw_window_wish wish;
	const char *clock;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'t', "time", "COL", PW_OPTION_TEXT, O(wish.time), true,
	 "the column of event times: int, float, datetime or datetime_utc"},
	{0, "tumbling", "D", PW_OPTION_TEXT, O(wish.tumbling), true,
	 "windows of length D, one after the other: 10, 5m, 1d, 1mo"},
	{0, "sliding", "D", PW_OPTION_TEXT, O(wish.sliding), true,
	 "windows of length D; a row is in several of them"},
	{0, "every", "H", PW_OPTION_TEXT, O(wish.every), true, "a sliding window starts each H"},
	{0, "origin", "TIME", PW_OPTION_TEXT, O(wish.origin), true,
	 "a window starts here, and none before"},
	{0, "zone", "ZONE", PW_OPTION_TEXT, O(wish.zone), true,
	 "days, weeks, months and years are those of this time zone"},
	{0, "session", "GAP", PW_OPTION_TEXT, O(wish.session), true,
	 "rows are together as long as less than GAP lies between neighbours"},
	{0, "session-while", "EXPR", PW_OPTION_TEXT, O(wish.session_while), true,
	 "neighbours are together where EXPR over their times, cur and next, is true"},
	{'k', "key", "COLS", PW_OPTION_TEXT, O(wish.keys), true, "each key has windows of its own"},
	{0, "delay", "D", PW_OPTION_TEXT, O(wish.delay), true,
	 "show a window when the clock has reached its start + D"},
	{0, "cutoff", "D", PW_OPTION_TEXT, O(wish.cutoff), true,
	 "close a window when the clock has reached its end + D: later rows are dropped"},
	{0, "once", "SHIFT", PW_OPTION_OPTIONAL, O(wish.once), true,
	 "show each window once, when the clock has reached its end (+ SHIFT)"},
	{0, "keep", NULL, PW_OPTION_FLAG, O(wish.keep), true,
	 "answers of closed windows stay (the default)"},
	{0, "no-keep", NULL, PW_OPTION_FLAG, O(wish.no_keep), true,
	 "answers of closed windows are taken away"},
	{0, "late", "FILE", PW_OPTION_TEXT, O(wish.late), true,
	 "write rows that were dropped there, as changes in CSV"},
	{0, "max-step", "D", PW_OPTION_TEXT, O(wish.max_step), true,
	 "a row more than D beyond the clock before its commit is a row error"},
	{0, "clock", "INPUT", PW_OPTION_TEXT, O(clock), true,
	 "a second stream, whose first datetime column moves the clock"},
	{0}};

static const struct pw_program program = {
	.name = "pw-window",
	.summary = "put rows into windows of event time, and aggregate in them",
	.synopsis = "-t COL --tumbling D | --sliding D --every H | --session GAP [-k COLS] "
		    "[[NAME =] AGG]...",
	.examples =
		"  pw-read trips.csv | pw-window -t start --tumbling 1h -k zone count 'sum(fare)'\n"
		"  pw-read trips.csv | pw-window -t start --sliding 1h --every 10m count\n"
		"  pw-read -F clicks.jsonl | pw-window -t ts --session 30m -k user --cutoff 1h "
		"count\n",
	.options = option_table,
};

static const char *const names[] = {"stdin", "clock"};

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	static char stdin_name[] = "-";
	struct options o = {0};
	const struct pw_op_kind *kind;

	pw_tool_start(&tool, &program, argc, argv, &o);
	o.wish.exprs = tool.args;
	o.wish.count = (size_t)tool.arg_count;
	kind = pw_window_kind(&o.wish);
	if (kind == NULL)
		pw_tool_fail(&tool);
	if (o.clock == NULL) {
		pw_tool_input(&tool);
	} else {
		char *inputs[] = {stdin_name, (char *)(uintptr_t)o.clock};

		pw_tool_inputs(&tool, inputs, names, 2);
	}
	return pw_driver_run(&tool, kind, &o.wish);
}
