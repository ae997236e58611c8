#include "stored.h"
#include "../data/text.h"
#include "../state/table.h"

int pw_stored_time(const char *text, pw_time *time)
{
	const struct pw_slice s = pw_slice_of(text);
	int64_t ns;

	if (pw_time_parse(s, time) == 0)
		return 0;
	if ((pw_text_datetime_utc(s, &ns) < 0 && pw_text_datetime(s, &ns) < 0) || ns < 0)
		return pw_fail(PW_USAGE, "'%s' is not a time: ms since 1970, end, or a datetime",
			       text);
	*time = (pw_time)ns / 1000000;
	return 0;
}

void pw_stored_pass(struct pw_tool *t)
{
	struct pw_event ev;

	pw_tool_output(t, &pw_tool_head(t, 0)->schema, "none");
	while (pw_tool_next(t, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pw_tool_batch(t, ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pw_tool_frontier(t, ev.time);
	}
}

/* Rows up to that time, as changes of one commit: only their sum must be a table. */
static int add_rows(struct pw_table *table, const struct pw_batch *batch, pw_time time)
{
	struct pw_batch part = *batch;
	struct pw_run run = {.time = time};

	for (uint32_t r = 0; r < batch->run_count && batch->runs[r].time <= time; r++)
		run.rows += batch->runs[r].rows;
	part.rows = run.rows;
	part.runs = &run;
	part.run_count = 1;
	return run.rows == 0 ? 0 : pw_table_batch(table, &part);
}

static void emit(struct pw_tool *t, struct pw_table *table, const struct pw_schema *schema)
{
	struct pw_builder out;
	pw_diff copies;

	pw_builder_init(&out, schema);
	pw_builder_intern(&out);
	pw_table_arrange(table, true);
	for (size_t i = 0; i < table->count; i++) {
		pw_roworder_decode(table->order, pw_table_row(table, i, &copies), &out);
		pw_builder_row(&out, 0, copies);
		if (pw_builder_full(&out)) {
			pw_tool_batch(t, pw_builder_view(&out));
			pw_builder_clear(&out);
		}
	}
	if (out.rows > 0)
		pw_tool_batch(t, pw_builder_view(&out));
	pw_builder_release(&out);
}

static int breaks_off(const struct pw_tool *t, pw_time frontier)
{
	struct pw_bytes b = {0};

	pw_time_print(&b, frontier);
	pw_fail(PW_DATA, "%s: the stream breaks off, and is complete only below time %s",
		t->inputs[0].name, pw_bytes_string(&b));
	pw_bytes_release(&b);
	return -1;
}

void pw_stored_as_of(struct pw_tool *t, pw_time time)
{
	struct pw_table table;
	struct pw_roworder order;
	struct pw_schema schema = {0};
	struct pw_event ev;
	pw_time frontier = 0;

	pw_schema_copy(&schema, &pw_tool_head(t, 0)->schema);
	schema.append_only = schema.is_static = true;
	pw_tool_output(t, &schema, "the different rows of the table");
	pw_must(t, pw_roworder_init(&order, &schema, NULL));
	pw_table_init(&table, &order, false);
	while (pw_tool_next(t, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pw_must(t, add_rows(&table, ev.batch, time));
		else if (ev.kind == PW_EVENT_FRONTIER)
			frontier = ev.time;
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_SUSPENDED && frontier <= time)
			pw_must(t, breaks_off(t, frontier));
		t->state_bytes = pw_table_bytes(&table);
	}
	t->ending = PW_FINISHED; /* the table at that time is complete */
	if (pw_table_finish(&table) < 0)
		pw_must(t, pw_fail_at("%s", t->inputs[0].name));
	emit(t, &table, &schema);
	pw_table_release(&table);
	pw_roworder_release(&order);
	pw_schema_release(&schema);
}
