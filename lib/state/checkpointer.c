#include "checkpointer.h"

#include "../base/fail.h"

#include <stdlib.h>

#define TABLE_COLUMN "_table"

int pw_checkpointer_schema(const struct pw_checkpointer *k, struct pw_schema *s)
{
	if (k->table_count == 1) {
		pw_schema_copy(s, k->tables[0].schema);
		s->append_only = s->is_static = false;
		for (size_t i = 0; i < s->count; i++)
			s->fields[i].key = false;
		return 0;
	}
	if (pw_schema_add(s, PW_SLICE(TABLE_COLUMN),
			  (struct pw_type){.base = PW_STR, .required = true}, false) < 0)
		return -1;
	for (size_t t = 0; t < k->table_count; t++) {
		const struct pw_schema *table = k->tables[t].schema;

		for (size_t i = 0; i < table->count; i++) {
			struct pw_type type = table->fields[i].type;
			char *name =
				pw_mem_print("%s.%s", k->tables[t].name, table->fields[i].name);

			type.required = false;
			const int added = pw_schema_add(s, pw_slice_of(name), type, false);
			free(name);
			if (added < 0)
				return pw_fail_at("the state to be saved");
		}
	}
	return 0;
}

/* ---- writing ---- */

/* Columns of nulls for all tables, and the name of each. */
static void open_checkpoint(struct pw_checkpointer_writer *checkpoint)
{
	checkpoint->columns = pw_mem_alloc(checkpoint->schema->count, sizeof *checkpoint->columns);
	checkpoint->nothing = pw_mem_alloc(checkpoint->schema->count, sizeof *checkpoint->nothing);
	for (size_t i = 0; i < checkpoint->schema->count; i++) {
		pw_vector_init(&checkpoint->nothing[i], checkpoint->schema->fields[i].type);
		if (i > 0)
			pw_vector_null(&checkpoint->nothing[i]);
	}
}

static void close_checkpoint(struct pw_checkpointer_writer *checkpoint)
{
	for (size_t i = 0; checkpoint->nothing != NULL && i < checkpoint->schema->count; i++)
		pw_vector_release(&checkpoint->nothing[i]);
	free(checkpoint->nothing);
	free(checkpoint->columns);
}

int pw_checkpointer_save(const struct pw_checkpointer *k, const void *state, bool full,
			 const struct pw_schema *schema, pw_time time, pw_checkpointer_emit *emit,
			 void *to)
{
	struct pw_checkpointer_writer checkpoint = {
		.checkpointer = k, .schema = schema, .emit = emit, .to = to, .time = time};

	if (k->table_count > 1)
		open_checkpoint(&checkpoint);
	const int rc = k->save(state, full, &checkpoint);

	close_checkpoint(&checkpoint);
	return rc;
}

/* The table's columns among those of all, which are null. */
static void widen(struct pw_checkpointer_writer *checkpoint, size_t table,
		  const struct pw_batch *batch)
{
	const struct pw_checkpointer_table *t = &checkpoint->checkpointer->tables[table];
	size_t at = 1;

	pw_vector_clear(&checkpoint->nothing[0]);
	pw_vector_text(&checkpoint->nothing[0], t->name, strlen(t->name));
	for (size_t i = 0; i < checkpoint->schema->count; i++) {
		checkpoint->columns[i] = *pw_vector_view(&checkpoint->nothing[i]);
		checkpoint->columns[i].encoding = PW_CONSTANT;
		checkpoint->columns[i].rows = batch->rows;
	}
	for (size_t i = 0; i < table; i++)
		at += checkpoint->checkpointer->tables[i].schema->count;
	for (size_t i = 0; i < t->schema->count; i++) {
		checkpoint->columns[at + i] = batch->columns[i];
		checkpoint->columns[at + i].type = checkpoint->schema->fields[at + i].type;
	}
}

int pw_checkpointer_put(struct pw_checkpointer_writer *checkpoint, size_t table,
			const struct pw_batch *batch)
{
	const struct pw_run run = {.time = checkpoint->time, .rows = batch->rows};
	struct pw_batch out = *batch;

	if (batch->rows == 0)
		return 0;
	out.schema = checkpoint->schema;
	out.runs = &run;
	out.run_count = 1;
	if (checkpoint->checkpointer->table_count > 1) {
		widen(checkpoint, checkpoint->first_table + table, batch);
		out.columns = checkpoint->columns;
	}
	return checkpoint->emit(checkpoint->to, &out);
}

/* ---- reading ---- */

/* The table of a row and its first column in batches of all. */
static int find_table(const struct pw_checkpointer *k, struct pw_slice name, size_t *table,
		      size_t *column)
{
	*column = 1;
	for (size_t t = 0; t < k->table_count; t++) {
		*table = t;
		if (pw_slice_equal(name, pw_slice_of(k->tables[t].name)))
			return 0;
		*column += k->tables[t].schema->count;
	}
	return pw_fail(PW_STATE, "a row is of table '%.*s', and the state has no such table",
		       (int)(name.length < 40 ? name.length : 40), name.data);
}

static int check_nulls(const struct pw_schema *schema, const struct pw_batch *batch)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct pw_column *c = &batch->columns[i];

		if (c->valid == NULL || !schema->fields[i].type.required)
			continue;
		for (uint32_t row = 0; row < batch->rows; row++)
			if (pw_column_null(c, row))
				return pw_fail(PW_STATE, "column '%s' is null, which it can't be",
					       schema->fields[i].name);
	}
	return 0;
}

/* Rows [from, from + count) of the batch, whose columns from one on are those of a table. */
static int load_part(const struct pw_checkpointer *k, void *state, size_t table,
		     const struct pw_batch *batch, size_t column, uint32_t from, uint32_t count)
{
	const struct pw_schema *schema = k->tables[table].schema;
	struct pw_batch part = *batch;
	struct pw_builder rows;
	int rc;

	part.schema = schema;
	part.columns += column;
	if (count == batch->rows)
		return check_nulls(schema, &part) < 0 ? -1 : k->load(state, table, &part);
	pw_builder_init(&rows, schema);
	pw_builder_append(&rows, &part, from, count);
	const struct pw_batch *view = pw_builder_view(&rows);

	rc = check_nulls(schema, view) < 0 ? -1 : k->load(state, table, view);
	pw_builder_release(&rows);
	return rc;
}

int pw_checkpointer_load(const struct pw_checkpointer *k, void *state, const struct pw_batch *batch)
{
	const struct pw_column *tables = &batch->columns[0];
	uint32_t end;

	if (k->table_count == 1)
		return load_part(k, state, 0, batch, 0, 0, batch->rows);
	for (uint32_t from = 0; from < batch->rows; from = end) {
		const struct pw_slice name = pw_column_text(tables, from);
		size_t table = 0, column;

		for (end = from + 1; end < batch->rows; end++)
			if (!pw_slice_equal(pw_column_text(tables, end), name))
				break;
		if (find_table(k, name, &table, &column) < 0 ||
		    load_part(k, state, table, batch, column, from, end - from) < 0)
			return -1;
	}
	return 0;
}

int pw_checkpointer_flush(struct pw_checkpointer_writer *checkpoint, size_t table,
			  struct pw_builder *rows)
{
	const int rc = pw_checkpointer_put(checkpoint, table, pw_builder_view(rows));

	pw_builder_clear(rows);
	return rc;
}
