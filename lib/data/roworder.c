#include "roworder.h"
#include "../base/check.h"
#include "names.h"
#include "text.h"

#include <stdlib.h>

#define DESCRIBED 200 /* bytes */

static int add_named(struct pw_roworder *o, const char **at, bool *used)
{
	bool descending;
	const int column = pw_names_order(o->schema, at, &descending);

	if (column < 0)
		return -1;
	if (used[column])
		return pw_fail(PW_USAGE, "'%s' is named twice", o->schema->fields[column].name);
	used[column] = true;
	o->list[o->count] = column;
	o->descending[o->count++] = descending;
	return 0;
}

#ifdef PW_CHECKED
static void check(const struct pw_roworder *o)
{
	uint8_t *times = pw_mem_zero(o->schema->count + 1, 1);

	PW_CHECK(1, o->count == o->schema->count && o->named <= o->count);
	for (size_t i = 0; i < o->count; i++)
		PW_CHECK(1, (size_t)o->list[i] < o->count && times[o->list[i]]++ == 0);
	free(times);
}
#else
#define check(o) ((void)0)
#endif

int pw_roworder_init(struct pw_roworder *o, const struct pw_schema *schema, const char *text)
{
	bool *used = pw_mem_zero(schema->count + 1, sizeof *used);
	int rc = 0;

	*o = (struct pw_roworder){.schema = schema};
	o->list = pw_mem_zero(schema->count + 1, sizeof *o->list);
	o->descending = pw_mem_zero(schema->count + 1, sizeof *o->descending);
	for (const char *at = text; rc == 0 && at != NULL;) {
		rc = add_named(o, &at, used);
		at = *at == ',' ? at + 1 : NULL;
	}
	o->named = o->count;
	for (size_t i = 0; i < schema->count; i++)
		if (!used[i] && rc == 0)
			o->list[o->count++] = (int)i;
	free(used);
	if (rc == 0)
		check(o);
	return rc;
}

void pw_roworder_release(struct pw_roworder *o)
{
	free(o->list);
	free(o->descending);
	*o = (struct pw_roworder){0};
}

void pw_roworder_encode(const struct pw_roworder *o, struct pw_rowkeys *keys,
			const struct pw_batch *batch)
{
	pw_rowkeys_encode(keys, batch, o->list, o->count, o->descending);
}

void pw_roworder_decode(const struct pw_roworder *o, struct pw_slice key, struct pw_builder *b)
{
	const char *at = key.data, *end = key.data + key.length;

	for (size_t i = 0; i < o->count; i++)
		pw_rowkey_take(&at, end, o->schema->fields[o->list[i]].type, o->descending[i],
			       &b->vectors[o->list[i]]);
}

static void describe_value(const struct pw_column *c, struct pw_bytes *text)
{
	const bool quoted = pw_type_form(c->type) == PW_FORM_TEXT;

	if (pw_column_null(c, 0)) {
		pw_bytes_text(text, "null");
		return;
	}
	if (quoted)
		pw_bytes_put(text, '\'');
	pw_text_add(text, c, 0);
	if (quoted)
		pw_bytes_put(text, '\'');
}

void pw_roworder_describe(const struct pw_roworder *o, struct pw_slice key, struct pw_bytes *text)
{
	struct pw_builder one;

	pw_builder_init(&one, o->schema);
	pw_roworder_decode(o, key, &one);
	pw_builder_row(&one, 0, 1);
	const struct pw_batch *row = pw_builder_view(&one);
	const size_t start = text->length;
	for (size_t i = 0; i < o->schema->count && text->length - start <= DESCRIBED; i++) {
		pw_bytes_print(text, "%s%s ", i > 0 ? ", " : "", o->schema->fields[i].name);
		describe_value(&row->columns[i], text);
	}
	if (text->length - start > DESCRIBED) {
		text->length = start + DESCRIBED;
		pw_bytes_text(text, "...");
	}
	pw_builder_release(&one);
}

int pw_roworder_negative(const struct pw_roworder *o, enum pw_status kind, struct pw_slice key,
			 pw_diff copies)
{
	struct pw_bytes row = {0};

	pw_roworder_describe(o, key, &row);
	pw_diff_negative(kind, pw_bytes_string(&row), copies);
	pw_bytes_release(&row);
	return -1;
}

static int taken_away(const struct pw_roworder *o, const struct pw_batch *batch, uint32_t row)
{
	struct pw_rowkeys keys = {0};
	struct pw_bytes text = {0};

	pw_roworder_encode(o, &keys, batch);
	pw_roworder_describe(o, pw_rowkeys_at(&keys, row), &text);
	pw_diff_taken_away(pw_bytes_string(&text));
	pw_rowkeys_release(&keys);
	pw_bytes_release(&text);
	return -1;
}

int pw_roworder_only_adds(const struct pw_roworder *o, const struct pw_batch *batch)
{
	for (uint32_t r = 0; batch->diffs != NULL && r < batch->rows; r++)
		if (batch->diffs[r] < 0)
			return taken_away(o, batch, r);
	return 0;
}
