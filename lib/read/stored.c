#include "stored.h"
#include "../data/text.h"
#include "../state/arrangement.h"

#include <stdlib.h>

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

/* A Z-set of whole rows. */
struct table {
	struct pw_arrangement rows; /* records: pw_diff */
	struct pw_rowkeys keys;
	int columns[PW_COLUMNS_MAX];
	uint32_t slots[PW_ROWS_MAX];
};

static int add_batch(struct table *z, const struct pw_batch *b, pw_time time)
{
	uint32_t row = 0;

	pw_rowkeys_encode(&z->keys, b, z->columns, b->schema->count, NULL);
	pw_arrangement_put_all(&z->rows, &z->keys, z->slots);
	for (uint32_t r = 0; r < b->run_count && b->runs[r].time <= time; r++)
		for (uint32_t i = 0; i < b->runs[r].rows; i++, row++) {
			pw_diff *copies = pw_arrangement_record(&z->rows, z->slots[row]);
			if (__builtin_add_overflow(*copies, pw_batch_diff(b, row), copies))
				return pw_fail(PW_DATA, "the copies of a row overflow 64 bits");
		}
	return 0;
}

/* Appends the columns of an encoded row. */
static void decode(struct pw_slice key, struct pw_builder *out)
{
	const char *at = key.data;

	for (size_t i = 0; i < out->schema->count; i++)
		pw_rowkey_take(&at, key.data + key.length, out->schema->fields[i].type, false,
			       &out->vectors[i]);
}

static int fail_negative(struct table *z, uint32_t slot, pw_diff copies, struct pw_builder *out)
{
	struct pw_bytes b = {0};

	pw_builder_clear(out);
	decode(pw_arrangement_key(&z->rows, slot), out);
	pw_builder_row(out, 0, 1);
	const struct pw_batch *view = pw_builder_view(out);
	for (size_t i = 0; i < view->schema->count; i++) {
		if (i > 0)
			pw_bytes_put(&b, ',');
		if (!pw_column_null(&view->columns[i], 0))
			pw_text_add(&b, &view->columns[i], 0);
	}
	pw_fail(PW_DATA, "there are %" PRId64 " of the row %s", copies, pw_bytes_string(&b));
	pw_bytes_release(&b);
	return -1;
}

static void emit(struct pw_tool *t, struct table *z, const struct pw_schema *schema)
{
	uint32_t *slots = pw_mem_alloc((size_t)z->rows.slots + 1, sizeof *slots), count = 0;
	struct pw_builder out;

	pw_builder_init(&out, schema);
	pw_builder_intern(&out);
	for (uint32_t s = 0; s < z->rows.slots; s++)
		if (pw_arrangement_live(&z->rows, s) &&
		    *(pw_diff *)pw_arrangement_record(&z->rows, s) != 0)
			slots[count++] = s;
	pw_arrangement_sort(&z->rows, slots, count);
	for (uint32_t i = 0; i < count; i++) {
		const pw_diff copies = *(pw_diff *)pw_arrangement_record(&z->rows, slots[i]);
		if (copies < 0)
			pw_must(t, fail_negative(z, slots[i], copies, &out));
		decode(pw_arrangement_key(&z->rows, slots[i]), &out);
		pw_builder_row(&out, 0, copies);
		if (pw_builder_full(&out)) {
			pw_tool_batch(t, pw_builder_view(&out));
			pw_builder_clear(&out);
		}
	}
	if (out.rows > 0)
		pw_tool_batch(t, pw_builder_view(&out));
	pw_builder_release(&out);
	free(slots);
}

void pw_stored_as_of(struct pw_tool *t, pw_time time)
{
	struct table *z = pw_mem_zero(1, sizeof *z);
	struct pw_schema schema = {0};
	struct pw_event ev;
	pw_time frontier = 0;

	pw_schema_copy(&schema, &pw_tool_head(t, 0)->schema);
	schema.append_only = schema.is_static = true;
	pw_tool_output(t, &schema, "the different rows of the table");
	pw_arrangement_init(&z->rows, sizeof(pw_diff));
	for (size_t i = 0; i < schema.count; i++)
		z->columns[i] = (int)i;
	while (pw_tool_next(t, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pw_must(t, add_batch(z, ev.batch, time));
		else if (ev.kind == PW_EVENT_FRONTIER)
			frontier = ev.time;
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_SUSPENDED && frontier <= time) {
			struct pw_bytes b = {0};
			pw_time_print(&b, frontier);
			pw_must(t, pw_fail(PW_DATA,
					   "%s: the stream breaks off, and is complete only below"
					   " time %s",
					   t->inputs[0].name, pw_bytes_string(&b)));
		}
		t->state_bytes = pw_arrangement_bytes(&z->rows);
	}
	t->ending = PW_FINISHED; /* the table at that time is complete */
	emit(t, z, &schema);
	pw_rowkeys_release(&z->keys);
	pw_arrangement_release(&z->rows);
	pw_schema_release(&schema);
	free(z);
}
