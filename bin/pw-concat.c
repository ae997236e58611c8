/*
 * pw-concat - the rows of several streams as one
 *
 * A row passes, with its time and diff, as soon as no input can still bring
 * an earlier one; what has come before its time waits. Columns are matched by
 * name. A row's retraction passes as the row did: there is no other state.
 */
#include "../lib/data/conform.h"
#include "../lib/op/align.h"

#include <stdlib.h>

static const struct pw_option table[] = {
	{0, "memory", "SIZE", PW_OPTION_SIZE, 0, false,
	 "what inputs that are ahead may take in memory (default: a quarter of it)"},
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

struct concat {
	struct pw_tool tool;
	struct pw_schema schema;
	struct pw_align align;
	struct pw_conform *inputs;
};

/* The columns of the first input, in types that hold those of all. */
static void unite(struct concat *c)
{
	struct pw_tool *t = &c->tool;

	pw_schema_copy(&c->schema, &pw_tool_head(t, 0)->schema);
	for (size_t i = 1; i < t->input_count; i++) {
		const struct pw_schema *in = &pw_tool_head(t, i)->schema;
		pw_must(t, pw_conform_unite(&c->schema, in, true, t->inputs[i].name,
					    t->inputs[0].name));
		c->schema.append_only &= in->append_only;
		c->schema.is_static &= in->is_static;
	}
	for (size_t i = 0; i < c->schema.count && t->input_count > 1; i++)
		c->schema.fields[i].key = false; /* two inputs may have the same key */
}

int main(int argc, char **argv)
{
	static struct concat c;
	struct pw_tool *t = &c.tool;
	struct pw_event ev;
	uint64_t memory = 0;

	pw_tool_start(t, &program, argc, argv, &memory);
	t->budget.limit = memory;
	if (t->arg_count == 0)
		pw_must(t, pw_fail(PW_USAGE, "name the inputs: pw-concat a.pws b.pws"));
	pw_tool_inputs(t, t->args, NULL, (size_t)t->arg_count);
	unite(&c);
	pw_tool_output(t, &c.schema, "none, but rows of an input that is ahead of another");
	c.inputs = pw_mem_zero(t->input_count, sizeof *c.inputs);
	for (size_t i = 0; i < t->input_count; i++)
		pw_conform_init(&c.inputs[i], &c.schema, &pw_tool_head(t, i)->schema);
	pw_align_open(&c.align, t);
	while (pw_align_next(&c.align, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pw_tool_batch(t, pw_conform_batch(&c.inputs[ev.input], ev.batch));
		else if (ev.kind == PW_EVENT_FRONTIER)
			pw_tool_frontier(t, ev.time);
	}
	pw_align_close(&c.align);
	for (size_t i = 0; i < t->input_count; i++)
		pw_conform_release(&c.inputs[i]);
	free(c.inputs);
	pw_schema_release(&c.schema);
	return pw_tool_finish(t);
}
