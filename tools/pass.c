/*
 * pass - the stages with which make bench measures what a hop costs
 *
 *   pass                              hands on every batch and frontier as it came
 *   pass --make ROWS [--kind KIND]    is the source: numbers (four columns of 8 bytes, two
 *                                     of them int and two float) or words (one of 5,000)
 *   pass --drop                       is the sink
 */
#include "../lib/data/builder.h"
#include "../lib/tool/tool.h"

#include <stddef.h>
#include <stdio.h>

struct settings {
	uint64_t make;
	const char *kind;
	bool drop;
};

#define AT(field) offsetof(struct settings, field)

static const struct pw_option option_table[] = {
	{0, "make", "ROWS", PW_OPTION_COUNT, AT(make), false, "be the source of so many rows"},
	{0, "kind", "KIND", PW_OPTION_TEXT, AT(kind), false, "numbers or words"},
	{0, "drop", NULL, PW_OPTION_FLAG, AT(drop), false, "be the sink"},
	{0},
};

static const struct pw_program program = {
	.name = "pass",
	.summary = "hand on a stream unchanged",
	.synopsis = "[--make ROWS] [--kind KIND] [--drop]",
	.examples = "  pass --make 1000000 | pass | pass --drop\n",
	.options = option_table,
};

static void fill_numbers(struct pw_builder *b)
{
	for (size_t c = 0; c < 4; c++) {
		void *room = pw_vector_room(&b->vectors[c], PW_BATCH_ROWS);
		int64_t *words = room;
		double *floats = room;
		for (int64_t i = 0; i < PW_BATCH_ROWS; i++) {
			if (c < 2)
				words[i] = i * (int64_t)(c + 1);
			else
				floats[i] = (double)i / (double)c;
		}
		pw_vector_filled(&b->vectors[c], PW_BATCH_ROWS);
	}
}

static void fill_words(struct pw_builder *b)
{
	char word[16];
	pw_builder_intern(b);
	for (unsigned i = 0; i < PW_BATCH_ROWS; i++) {
		int n = snprintf(word, sizeof(word), "w%06u", i * 7919 % 5000);
		pw_vector_text(&b->vectors[0], word, (size_t)n);
	}
}

/* The same batch again and again: it is the hops that are measured. */
static void make(struct pw_tool *tool, const struct settings *settings)
{
	bool words = settings->kind != NULL && strcmp(settings->kind, "words") == 0;
	struct pw_schema schema = {.append_only = true, .is_static = true};
	struct pw_builder builder = {0};
	for (int c = 0; c < (words ? 1 : 4); c++) {
		char name[2] = {(char)('a' + c), '\0'};
		pw_must(tool, pw_schema_add(&schema, pw_slice_of(name),
					    PW_TYPE(words   ? PW_STR
						    : c < 2 ? PW_INT
							    : PW_FLOAT),
					    false));
	}
	pw_tool_output(tool, &schema, "nothing");
	pw_builder_init(&builder, &schema);
	if (words)
		fill_words(&builder);
	else
		fill_numbers(&builder);
	pw_builder_rows(&builder, 0, PW_BATCH_ROWS);
	const struct pw_batch *batch = pw_builder_view(&builder);
	for (uint64_t rows = 0; rows < settings->make; rows += PW_BATCH_ROWS)
		pw_tool_batch(tool, batch);
	pw_builder_release(&builder);
	pw_schema_release(&schema);
}

int main(int argc, char **argv)
{
	struct pw_tool tool = {0};
	struct settings settings = {0};
	struct pw_event ev;
	pw_tool_start(&tool, &program, argc, argv, &settings);
	if (settings.make > 0) {
		make(&tool, &settings);
		return pw_tool_finish(&tool);
	}
	pw_tool_input(&tool);
	if (!settings.drop)
		pw_tool_output(&tool, &pw_tool_head(&tool, 0)->schema, "nothing");
	while (pw_tool_next(&tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH && !settings.drop)
			pw_tool_batch(&tool, ev.batch);
		if (ev.kind == PW_EVENT_FRONTIER && !settings.drop)
			pw_tool_frontier(&tool, ev.time);
	}
	return pw_tool_finish(&tool);
}
