#include "grouped.h"
#include "../tool/evaluate.h"
#include "grouped_show_internal.h"

#include <stdlib.h>

static int must(struct pw_grouped *g, int x)
{
	return pw_must(g->tool, x);
}

/* ---- start ---- */

/* "_group", with more underlines if a key is called so. */
static int add_own(struct pw_schema *s, const char *name, uint8_t base)
{
	char *own = pw_mem_print("_%s", name);

	while (pw_schema_find(s, pw_slice_of(own)) >= 0) {
		char *longer = pw_mem_print("_%s", own);

		free(own);
		own = longer;
	}
	const int rc = pw_schema_add(s, pw_slice_of(own), (struct pw_type){base, 0, true}, false);

	free(own);
	return rc;
}

static int bind_record(struct pw_grouped *g)
{
	pw_schema_copy(&g->record_schema, &g->key_schema);
	if (add_own(&g->record_schema, "group", PW_BYTES) < 0)
		return -1;
	return add_own(&g->record_schema, "more", PW_BOOL);
}

int pw_grouped_bind(struct pw_grouped *g, const struct pw_schema *in, const int *keys,
		    size_t key_count, char *const *exprs, size_t count)
{
	struct pw_calls *c = &g->calls;

	g->in = in;
	g->keys = keys;
	g->key_count = key_count;
	pw_calls_init(c, in);
	for (size_t i = 0; i < key_count; i++) {
		const struct pw_field *f = &in->fields[keys[i]];
		const struct pw_slice name = pw_slice_of(f->name);

		if (pw_calls_key(c, name, f->type) < 0 ||
		    pw_schema_add(&g->key_schema, name, f->type, false) < 0 ||
		    pw_schema_add(&g->schema, name, f->type, true) < 0)
			return -1;
	}
	if (pw_roworder_init(&g->key_order, &g->key_schema, NULL) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (pw_calls_add(c, exprs[i]) < 0)
			return -1;
	if (pw_calls_ready(c) < 0)
		return -1;
	for (size_t i = 0; i < c->named.count; i++)
		if (pw_schema_add(&g->schema, pw_slice_of(c->named.fields[i].name),
				  c->named.fields[i].type, false) < 0)
			return -1;
	g->schema.is_static = g->schema.append_only = in->is_static;
	pw_arrangement_init(&g->groups, c->aggregates.record_bytes);
	pw_dirty_init(&g->dirty, &g->groups);
	return bind_record(g);
}

void pw_grouped_open(struct pw_grouped *g, struct pw_tool *t)
{
	g->tool = t;
	pw_reject_choose(&g->reject, t);
	must(g, pw_reject_open(&g->reject, t));
	pw_builder_init(&g->sound, g->in);
	pw_grouped_show_open(g);
}

void pw_grouped_close(struct pw_grouped *g)
{
	must(g, pw_reject_close(&g->reject, g->tool));
}

size_t pw_grouped_bytes(const struct pw_grouped *g)
{
	return pw_arrangement_bytes(&g->groups) + pw_aggregates_bytes(&g->calls.aggregates);
}

/* ---- groups of rows ---- */

/* Ends groups that have had no rows since a commit closed. */
static void bury(struct pw_grouped *g)
{
	for (size_t i = 0; i < g->dying_count; i++) {
		const uint32_t slot = g->dying[i];

		if (!pw_arrangement_live(&g->groups, slot) ||
		    (slot < g->mark_capacity && g->mark[slot] != 0) ||
		    pw_aggregates_rows(&g->groups, slot) != 0)
			continue;
		pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
		pw_dirty_drop(&g->dirty, slot);
	}
	g->dying_count = 0;
}

static void die_if_empty(struct pw_grouped *g, uint32_t slot)
{
	g->dying = pw_mem_grow(g->dying, &g->dying_capacity, g->dying_count + 1, sizeof *g->dying);
	g->dying[g->dying_count++] = slot;
}

/* One text column with a dictionary: each entry is looked up once. */
static void find_by_code(struct pw_grouped *g, const struct pw_batch *batch,
			 const struct pw_column *c)
{
	struct pw_batch entries = *batch;
	uint32_t none = PW_SLOT_NONE;

	entries.columns = c->inner;
	entries.rows = c->inner->rows;
	pw_rowkeys_encode(&g->row_keys, &entries, (const int[]){0}, 1, NULL);
	g->code_slots =
		pw_mem_grow(g->code_slots, &g->code_capacity, entries.rows, sizeof *g->code_slots);
	pw_arrangement_put_all(&g->groups, &g->row_keys, g->code_slots);
	if (c->valid == NULL) {
		for (uint32_t i = 0; i < batch->rows; i++)
			g->slots[i] = g->code_slots[c->codes[i]];
	} else {
		struct pw_bytes key = {0};

		for (uint32_t i = 0; i < batch->rows && key.length == 0; i++)
			if (!pw_bit(c->valid, i))
				pw_rowkey_add(&key, c, i, false);
		if (key.length > 0)
			none = pw_arrangement_put(&g->groups,
						  (struct pw_slice){key.data, key.length}, NULL);
		for (uint32_t i = 0; i < batch->rows; i++)
			g->slots[i] = pw_bit(c->valid, i) ? g->code_slots[c->codes[i]] : none;
		pw_bytes_release(&key);
	}
	/* entries that no row has made groups without rows */
	for (uint32_t i = 0; i < entries.rows; i++)
		if (pw_aggregates_rows(&g->groups, g->code_slots[i]) == 0)
			die_if_empty(g, g->code_slots[i]);
}

/* Fills g->slots: the group of each row. */
static void find_groups(struct pw_grouped *g, const struct pw_batch *batch)
{
	const struct pw_column *c = g->key_count == 1 ? &batch->columns[g->keys[0]] : NULL;
	struct pw_batch one = *batch;

	g->slots = pw_mem_grow(g->slots, &g->slot_capacity, batch->rows, sizeof *g->slots);
	if (g->key_count == 0 || (c && c->encoding == PW_CONSTANT)) {
		one.rows = 1;
		pw_rowkeys_encode(&g->row_keys, &one, g->keys, g->key_count, NULL);
		const struct pw_slice key = pw_rowkeys_at(&g->row_keys, 0);
		const uint32_t slot = pw_arrangement_put(&g->groups, key, NULL);

		for (uint32_t i = 0; i < batch->rows; i++)
			g->slots[i] = slot;
	} else if (c && c->encoding == PW_DICTIONARY) {
		find_by_code(g, batch, c);
	} else {
		pw_rowkeys_encode(&g->row_keys, batch, g->keys, g->key_count, NULL);
		pw_arrangement_put_all(&g->groups, &g->row_keys, g->slots);
	}
}

/* Notes the groups of rows that the open commit had not touched, and what they show. */
static void touch(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	const size_t known = g->mark_capacity;
	uint32_t showing[PW_GROUPED_CHUNK], n = 0;

	g->mark = pw_mem_grow(g->mark, &g->mark_capacity, g->groups.slots, sizeof *g->mark);
	memset(g->mark + known, 0, (g->mark_capacity - known) * sizeof *g->mark);
	g->touched = pw_mem_grow(g->touched, &g->touched_capacity, g->touched_count + count,
				 sizeof *g->touched);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = slots[i];
		uint32_t before = PW_GROUPED_NO_ROW;

		if (g->mark[slot] != 0)
			continue;
		if (pw_aggregates_rows(&g->groups, slot) > 0) {
			before = g->before.rows + n;
			showing[n++] = slot;
		}
		g->touched[g->touched_count++] = (struct pw_grouped_touched){slot, before};
		g->mark[slot] = (uint32_t)g->touched_count;
		if (n == PW_GROUPED_CHUNK) {
			pw_grouped_show_before(g, showing, n);
			n = 0;
		}
	}
	if (n > 0)
		pw_grouped_show_before(g, showing, n);
}

/* ---- a batch of changes ---- */

/* The batch without the rows in whose arguments there is an error; under stop the first ends us. */
static const struct pw_batch *with_arguments(struct pw_grouped *g, const struct pw_batch *batch)
{
	uint32_t n;

	if (g->calls.inputs.output_count == 0 ||
	    must(g, pw_evaluate(&g->calls.inputs, &g->reject, batch, &g->lost)) == 0)
		return batch;
	g->rows = pw_mem_grow(g->rows, &g->row_capacity, batch->rows, sizeof *g->rows);
	n = pw_evaluate_kept(&g->lost, batch->rows, g->rows);
	pw_builder_clear(&g->sound);
	pw_builder_gather(&g->sound, batch, g->rows, n);
	batch = pw_builder_view(&g->sound);
	pw_expr_run(&g->calls.inputs, batch);
	return batch;
}

static void close_commit(struct pw_grouped *g)
{
	if (g->in->is_static)
		pw_grouped_show_all(g);
	else
		pw_grouped_show_changes(g);
	g->open = false;
}

void pw_grouped_take(struct pw_grouped *g, const struct pw_batch *batch)
{
	uint32_t from = 0;

	batch = with_arguments(g, batch);
	if (batch->rows == 0)
		return;
	find_groups(g, batch);
	pw_aggregates_batch(&g->calls.aggregates, pw_calls_arguments(&g->calls, batch));
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const uint32_t count = batch->runs[r].rows;

		if (g->open && batch->runs[r].time != g->time)
			close_commit(g);
		g->open = true;
		g->time = batch->runs[r].time;
		if (!g->in->is_static)
			touch(g, g->slots + from, count);
		must(g, pw_aggregates_take(&g->calls.aggregates, &g->groups, from, count,
					   g->slots + from,
					   batch->diffs ? batch->diffs + from : NULL, g->time));
		from += count;
	}
	bury(g);
	pw_grouped_show_send(g);
}

void pw_grouped_complete(struct pw_grouped *g, pw_time frontier)
{
	if (!g->open || g->time >= frontier)
		return;
	close_commit(g);
	bury(g);
	pw_grouped_show_send(g);
}

void pw_grouped_finish(struct pw_grouped *g)
{
	pw_grouped_complete(g, PW_TIME_END + 1);
}
