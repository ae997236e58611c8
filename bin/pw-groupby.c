/*
 * pw-groupby - group and aggregate a stream
 *
 * Rows with equal keys are a group, and each group is a row: its keys, and
 * what the expressions make of its aggregates. How the rows are kept right as
 * the stream changes is lib/tool/grouped's.
 */
#include "../lib/op/grouped.h"

#include <stddef.h>

static struct options {
	const char *keys;
} options;

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct options, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-groupby",
	.summary = "group and aggregate a stream",
	.synopsis = "[-k COLS] [[NAME =] AGGREGATE]...",
	.examples =
		"  pw-read orders.csv | pw-groupby -k city count 'total = sum(amount)' | pw-write\n"
		"  pw-read orders.csv | pw-groupby -k city,day 'rate = sum(paid) / count()' | "
		"pw-write\n"
		"  pw-read words.txt | pw-groupby -k data | pw-write\n",
	.options = option_table,
};

static struct {
	struct pw_tool tool;
	struct pw_schema schema; /* a copy: the input's goes with its END */
	int keys[PW_COLUMNS_MAX];
	struct pw_grouped grouped;
} g;

static int must(int x)
{
	return pw_must(&g.tool, x);
}

static void bind(void)
{
	size_t key_count = 0;

	pw_schema_copy(&g.schema, &pw_tool_head(&g.tool, 0)->schema);
	if (options.keys)
		key_count = (size_t)must(pw_schema_list(&g.schema, options.keys, g.keys));
	if (g.tool.arg_count == 0 && key_count == 0)
		must(pw_fail(PW_USAGE, "nothing to do: give -k COLS, an aggregate such as "
				       "'count()', or both"));
	must(pw_grouped_bind(&g.grouped, &g.schema, g.keys, key_count, g.tool.args,
			     (size_t)g.tool.arg_count));
}

static void open_output(void)
{
	struct pw_bytes state = {0};

	pw_aggregates_describe(&g.grouped.calls.aggregates, &state);
	pw_grouped_register(&g.grouped, &g.tool);
	pw_tool_output(&g.tool, &g.grouped.schema, pw_bytes_string(&state));
	pw_bytes_release(&state);
	pw_grouped_open(&g.grouped, &g.tool);
}

static void take_batch(const struct pw_batch *batch)
{
	pw_grouped_take(&g.grouped, batch);
	g.tool.state_bytes = pw_grouped_bytes(&g.grouped);
}

static void pass_frontier(pw_time frontier)
{
	pw_grouped_complete(&g.grouped, frontier);
	pw_tool_frontier(&g.tool, frontier);
}

int main(int argc, char **argv)
{
	struct pw_event ev;

	pw_tool_start(&g.tool, &program, argc, argv, &options);
	pw_tool_input(&g.tool);
	bind();
	open_output();
	while (pw_tool_next(&g.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH) {
			take_batch(ev.batch);
		} else if (ev.kind == PW_EVENT_FRONTIER) {
			pass_frontier(ev.time);
		} else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED) {
			pass_frontier(PW_TIME_END);
			pw_grouped_finish(&g.grouped); /* what was written for the end */
		}
	}
	pw_grouped_close(&g.grouped);
	return pw_tool_finish(&g.tool);
}
