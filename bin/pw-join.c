/* pw-join - join two streams by equal keys (lib/op/join) */
#include "../lib/op/driver.h"
#include "../lib/op/join.h"

#include <stddef.h>

struct options {
	struct pw_join_wish wish;
	bool kinds[PW_JOIN_KINDS];
	uint64_t memory;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(wish.keys), true,
	 "columns that are equal in both inputs; LEFT=RIGHT where names differ"},
	{0, "inner", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_INNER]), true,
	 "pairs of rows with equal keys (the default)"},
	{0, "left", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_LEFT]), true,
	 "also left rows without a match, the right columns null"},
	{0, "right", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_RIGHT]), true,
	 "also right rows without a match, the left columns null"},
	{0, "full", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_FULL]), true,
	 "also rows of both sides without a match"},
	{0, "semi", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_SEMI]), true,
	 "left rows that have a match, once"},
	{0, "anti", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_ANTI]), true,
	 "left rows without a match"},
	{0, "cross", NULL, PW_OPTION_FLAG, O(kinds[PW_JOIN_CROSS]), true,
	 "every left row with every right row, without -k"},
	{0, "null-equal", NULL, PW_OPTION_FLAG, O(wish.null_equal), true,
	 "null keys match null keys"},
	{0, "now", NULL, PW_OPTION_FLAG, O(wish.now), true,
	 "answer each left row once, by the right table as it is then"},
	{'t', "time", "COL[,COL]", PW_OPTION_TEXT, O(wish.time), true,
	 "the event times of both inputs; LEFT,RIGHT where names differ"},
	{0, "asof", "WAY", PW_OPTION_OPTIONAL, O(wish.asof), true,
	 "the closest right row in time: backward (the default), forward, nearest"},
	{0, "tolerance", "D", PW_OPTION_TEXT, O(wish.tolerance), true,
	 "with --asof: no farther away than D"},
	{0, "interval", "L,U", PW_OPTION_TEXT, O(wish.interval), true,
	 "pairs whose right time is from left time + L to left time + U"},
	{0, "tumbling", "D", PW_OPTION_TEXT, O(wish.tumbling), true,
	 "pairs in one window of length D"},
	{0, "sliding", "D", PW_OPTION_TEXT, O(wish.sliding), true,
	 "pairs in one window of length D, once for each"},
	{0, "every", "H", PW_OPTION_TEXT, O(wish.every), true, "a sliding window starts each H"},
	{0, "session", "GAP", PW_OPTION_TEXT, O(wish.session), true,
	 "pairs in one session over the times of both inputs"},
	{0, "origin", "TIME", PW_OPTION_TEXT, O(wish.origin), true,
	 "a window starts here, and none before"},
	{0, "zone", "ZONE", PW_OPTION_TEXT, O(wish.zone), true,
	 "days, weeks, months and years are those of this time zone"},
	{0, "delay", "D[,D]", PW_OPTION_TEXT, O(wish.delay), true,
	 "with --asof, --interval: hold rows until the clock has reached their time + D"},
	{0, "cutoff", "D[,D]", PW_OPTION_TEXT, O(wish.cutoff), true,
	 "with --asof, --interval: forget rows, and drop late ones, at their time + D"},
	{0, "keep", NULL, PW_OPTION_FLAG, O(wish.keep), true,
	 "answers of forgotten rows stay (the default)"},
	{0, "no-keep", NULL, PW_OPTION_FLAG, O(wish.no_keep), true,
	 "answers of forgotten rows are taken away"},
	{0, "late", "FILE[,FILE]", PW_OPTION_TEXT, O(wish.late), false,
	 "write rows that came too late there, as changes in CSV"},
	{0, "max-step", "D[,D]", PW_OPTION_TEXT, O(wish.max_step), true,
	 "a row more than D beyond the clock before its commit is a row error"},
	{0, "suffix", "L,R", PW_OPTION_TEXT, O(wish.suffix), true,
	 "append these to names that are on both sides"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, O(memory), false,
	 "memory for rows held and rows ahead (default: a quarter of RAM)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-join",
	.summary = "join two streams by equal keys",
	.synopsis = "[-k COLS] [--left | ...] LEFT RIGHT [[NAME =] EXPR]...",
	.examples =
		"  pw-read orders.csv | pw-join -k id - people.csv | pw-write\n"
		"  pw-join --left -k id=order <(pw-read a.csv) <(pw-read b.csv) id 'paid = "
		"right.sum'\n"
		"  pw-read a.csv | pw-join -k id - exec:'pw-read b.csv | pw-filter \"x > 1\"'\n",
	.options = option_table,
};

static const char *const names[] = {"left input", "right input"};

static int choose_kind(struct options *o, const struct pw_op_kind **kind)
{
	struct pw_join_wish *w = &o->wish;
	int chosen = 0;

	for (int k = 0; k < PW_JOIN_KINDS; k++)
		if (o->kinds[k]) {
			w->kind = (enum pw_join_kind)k;
			chosen++;
		}
	if (chosen > 1)
		return pw_fail(PW_USAGE, "1 kind of join expected, %d given", chosen);
	if (w->kind == PW_JOIN_CROSS && w->keys != NULL)
		return pw_fail(PW_USAGE, "--cross pairs all rows and has no -k");
	w->kind_given = chosen > 0;
	*kind = pw_join_kind_of(w);
	if (*kind == NULL)
		return -1;
	if (w->kind != PW_JOIN_CROSS && w->keys == NULL && *kind == &pw_join_op)
		return pw_fail(PW_USAGE, "-k COLS is missing: the columns that must be equal "
					 "(--cross pairs all rows)");
	if (w->now && (w->kind == PW_JOIN_RIGHT || w->kind == PW_JOIN_FULL))
		return pw_fail(PW_USAGE,
			       "--now answers left rows: it goes with --inner, --left, --semi, "
			       "--anti and --cross");
	return 0;
}

static int check_inputs(int count)
{
	if (count < 2)
		return pw_fail(PW_USAGE, "2 inputs expected, %d given: LEFT and RIGHT (- is stdin)",
			       count);
	return 0;
}

int main(int argc, char **argv)
{
	static struct pw_tool tool;
	struct options o = {0};
	const struct pw_op_kind *kind = NULL;

	pw_tool_start(&tool, &program, argc, argv, &o);
	pw_must(&tool, choose_kind(&o, &kind));
	pw_must(&tool, check_inputs(tool.arg_count));
	tool.budget.limit = o.memory;
	pw_tool_inputs(&tool, tool.args, names, 2);
	o.wish.select = tool.args + 2;
	o.wish.select_count = (size_t)tool.arg_count - 2;
	return pw_driver_run(&tool, kind, &o.wish);
}
