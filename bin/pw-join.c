/*
 * pw-join - join two streams by equal keys
 *
 * Two ways. Both inputs are held, and of each commit goes out what is new
 * among the pairs (lib/tool/pairing). Or, where an input is one commit and
 * only adds, it is built once, and the rows of the other are matched with it
 * as they come, in their order; those are not kept (lib/tool/match).
 */
#include "../lib/op/match.h"
#include "../lib/op/pairing.h"

#include <stddef.h>

enum kind { INNER, LEFT, RIGHT, FULL, SEMI, ANTI, CROSS, KINDS };

static struct options {
	const char *keys, *suffix;
	bool kinds[KINDS];
	bool null_equal, now;
	uint64_t memory;
} options;

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true,
	 "columns that are equal in both inputs; LEFT=RIGHT where names differ"},
	{0, "inner", NULL, PW_OPTION_FLAG, O(kinds[INNER]), true,
	 "pairs of rows with equal keys (the default)"},
	{0, "left", NULL, PW_OPTION_FLAG, O(kinds[LEFT]), true,
	 "also left rows without a match, the right columns null"},
	{0, "right", NULL, PW_OPTION_FLAG, O(kinds[RIGHT]), true,
	 "also right rows without a match, the left columns null"},
	{0, "full", NULL, PW_OPTION_FLAG, O(kinds[FULL]), true, "both"},
	{0, "semi", NULL, PW_OPTION_FLAG, O(kinds[SEMI]), true,
	 "left rows that have a match, once"},
	{0, "anti", NULL, PW_OPTION_FLAG, O(kinds[ANTI]), true, "left rows that have none"},
	{0, "cross", NULL, PW_OPTION_FLAG, O(kinds[CROSS]), true,
	 "every left row with every right row, without -k"},
	{0, "null-equal", NULL, PW_OPTION_FLAG, O(null_equal), true, "null keys match null keys"},
	{0, "now", NULL, PW_OPTION_FLAG, O(now), true,
	 "answer each left row once, by the right table as it is then"},
	{0, "suffix", "L,R", PW_OPTION_TEXT, O(suffix), true,
	 "append these to names that are on both sides"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, O(memory), false,
	 "memory for rows held and rows ahead (default: a quarter of RAM)"},
	{0}};

#undef O

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

static struct {
	struct pw_tool tool;
	enum kind kind;
	struct pw_joined joined;
	struct pw_pairing pairing;
	int build; /* the side that is built first, or -1: both are held */
} g;

static int must(int x)
{
	return pw_must(&g.tool, x);
}

static bool pairs(void)
{
	return g.kind != SEMI && g.kind != ANTI;
}

/* Do rows of the side go out that have no match? */
static bool shows_lonely(int side)
{
	return side == PW_LEFT ? g.kind == LEFT || g.kind == FULL || g.kind == ANTI
			       : g.kind == RIGHT || g.kind == FULL;
}

/* ---- the command line ---- */

static void choose_kind(void)
{
	int chosen = 0;

	for (int k = 0; k < KINDS; k++)
		if (options.kinds[k]) {
			g.kind = (enum kind)k;
			chosen++;
		}
	if (chosen > 1)
		must(pw_fail(PW_USAGE, "one kind of join is wanted, and %d were given", chosen));
	if (g.kind == CROSS && options.keys != NULL)
		must(pw_fail(PW_USAGE, "--cross pairs all rows and has no -k"));
	if (g.kind != CROSS && options.keys == NULL)
		must(pw_fail(PW_USAGE,
			     "give -k COLS, the columns that are to be equal, or --cross"));
	if (options.now && (g.kind == RIGHT || g.kind == FULL))
		must(pw_fail(PW_USAGE,
			     "--now answers left rows: it goes with --inner, --left, --semi, "
			     "--anti and --cross"));
	if (g.tool.arg_count < 2)
		must(pw_fail(PW_USAGE,
			     "two inputs are wanted, LEFT and RIGHT (- is stdin), and %d %s given",
			     g.tool.arg_count, g.tool.arg_count == 1 ? "was" : "were"));
	if (strcmp(g.tool.args[0], "-") == 0 && strcmp(g.tool.args[1], "-") == 0)
		must(pw_fail(PW_USAGE, "only one of the inputs can be -, which is stdin"));
}

/* Can the side be built first, and rows of the other be matched as they come? */
static bool can_build(int side)
{
	const struct pw_schema *s = g.joined.in[side];

	if (!s->is_static || !s->append_only || pw_tool_head(&g.tool, (size_t)side)->state != NULL)
		return false;
	if (side == PW_LEFT && !pairs())
		return false;
	/* rows of it that nothing matched go out at the end: both sides must be one commit */
	return !shows_lonely(side) ||
	       (g.joined.in[!side]->is_static && g.joined.in[!side]->append_only);
}

static void claim(void)
{
	const struct pw_schema *left = g.joined.in[PW_LEFT], *right = g.joined.in[PW_RIGHT];
	struct pw_schema *out = &g.joined.schema;

	g.build = options.now           ? -1
		  : can_build(PW_RIGHT) ? PW_RIGHT
		  : can_build(PW_LEFT)  ? PW_LEFT
					: -1;
	out->is_static = left->is_static && right->is_static;
	if (g.build >= 0)
		out->append_only = g.joined.in[!g.build]->append_only;
	else
		out->append_only =
			options.now || (left->append_only && right->append_only &&
					(g.kind == INNER || g.kind == CROSS || g.kind == SEMI));
	g.joined.wide.append_only = out->append_only; /* for commit_time() */
}

static void bind(void)
{
	struct pw_joined *j = &g.joined;

	for (int s = PW_LEFT; s <= PW_RIGHT; s++) {
		j->in[s] = &pw_tool_head(&g.tool, (size_t)s)->schema;
		j->keys[s] = pw_mem_alloc(PW_COLUMNS_MAX, sizeof(int));
		j->missing[s] = pairs() && shows_lonely(!s);
	}
	if (options.now && !j->in[PW_LEFT]->append_only)
		must(pw_fail(PW_USAGE,
			     "--now: the left input is not append-only, and an answer given "
			     "once can't be taken back"));
	if (g.kind != CROSS)
		j->key_count = (size_t)must(
			pw_joined_keys(j->in[0], j->in[1], options.keys, j->keys[0], j->keys[1]));
	claim();
	j->left_only = !pairs();
	j->suffix = options.suffix;
	must(pw_joined_bind(j, g.tool.args + 2, (size_t)g.tool.arg_count - 2));
}

static void describe(struct pw_bytes *state)
{
	static const char *const sides[] = {"left", "right"};
	const struct pw_schema *other = g.joined.in[!g.build];

	if (g.build >= 0)
		pw_bytes_print(
			state,
			"the rows of the %s input by key, built once; grows with them; the %s "
			"input is not stored%s",
			sides[g.build], sides[!g.build], other->append_only ? "" : ", nor checked");
	else if (options.now)
		pw_bytes_text(state,
			      "the rows of the right input by key; grows with them; of the left "
			      "input those of the commit in hand");
	else
		pw_bytes_text(state, "the rows of both inputs by key; grows with them");
}

/* Both inputs are held; also what a run before this one has left of them. */
static void open_pairing(void)
{
	g.pairing = (struct pw_pairing){
		.tool = &g.tool,
		.joined = &g.joined,
		.names = names,
		.pairs = pairs(),
		.matched = g.kind == SEMI,
		.lonely = {shows_lonely(PW_LEFT), shows_lonely(PW_RIGHT)},
		.null_equal = options.null_equal,
		.now = options.now,
	};
	pw_pairing_open(&g.pairing);
}

static void run_match(void)
{
	struct pw_match m = {
		.tool = &g.tool,
		.joined = &g.joined,
		.build = g.build,
		.lonely = {shows_lonely(PW_LEFT), shows_lonely(PW_RIGHT)},
		.pairs = pairs(),
		.matched = g.kind == SEMI,
		.null_equal = options.null_equal,
	};

	pw_match_run(&m);
}

int main(int argc, char **argv)
{
	struct pw_bytes state = {0};

	pw_tool_start(&g.tool, &program, argc, argv, &options);
	choose_kind();
	g.tool.budget.limit = options.memory;
	pw_tool_inputs(&g.tool, g.tool.args, names, 2);
	bind();
	if (g.build < 0)
		open_pairing();
	describe(&state);
	pw_tool_output(&g.tool, &g.joined.schema, pw_bytes_string(&state));
	pw_bytes_release(&state);
	must(pw_joined_open(&g.joined, &g.tool));
	if (g.build >= 0)
		run_match();
	else
		pw_pairing_run(&g.pairing);
	must(pw_joined_close(&g.joined, &g.tool));
	return pw_tool_finish(&g.tool);
}
