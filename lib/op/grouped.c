#include "grouped.h"
#include "../tool/evaluate.h"
#include "grouped_internal.h"

#include <stdlib.h>

static int must(struct pw_grouped *g, int x)
{
	return pw_op_must(&g->op, x);
}

/* ---- start ---- */

/* Adds the column "_group"; with more underlines if a key has that name. */
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

static void bind_record(struct pw_grouped *g)
{
	pw_schema_copy(&g->record_schema, &g->key_schema);
	must(g, add_own(&g->record_schema, "group", PW_BYTES));
	must(g, add_own(&g->record_schema, "more", PW_BOOL));
}

void pw_grouped_bind_key(struct pw_grouped *g, struct pw_slice name, struct pw_type type)
{
	must(g, pw_calls_key(&g->calls, name, type));
	must(g, pw_schema_add(&g->key_schema, name, type, false));
	must(g, pw_schema_add(&g->op.schema, name, type, true));
	g->key_count++;
}

void pw_grouped_bind(struct pw_grouped *g, const char *keys, bool every)
{
	g->in = g->op.in;
	pw_calls_init(&g->calls, g->in);
	g->keys = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *g->keys);
	if (keys != NULL)
		g->in_count = pw_op_columns(&g->op, 0, "-k", keys, g->keys);
	for (size_t i = 0; i < g->in->count && every; i++)
		g->keys[g->in_count++] = (int)i;
	for (size_t i = 0; i < g->in_count; i++) {
		const struct pw_field *f = &g->in->fields[g->keys[i]];

		pw_grouped_bind_key(g, pw_slice_of(f->name), f->type);
	}
}

void pw_grouped_bind_calls(struct pw_grouped *g, char *const *exprs, size_t count)
{
	struct pw_calls *c = &g->calls;

	must(g, pw_roworder_init(&g->key_order, &g->key_schema, NULL));
	for (size_t i = 0; i < count; i++)
		must(g, pw_calls_add(c, exprs[i]));
	must(g, pw_calls_ready(c));
	for (size_t i = 0; i < c->named.count; i++)
		must(g, pw_schema_add(&g->op.schema, pw_slice_of(c->named.fields[i].name),
				      c->named.fields[i].type, false));
	g->op.schema.is_static = g->op.schema.append_only = g->in->is_static;
	pw_arrangement_init(&g->groups, c->aggregates.record_bytes);
	pw_dirty_init(&g->dirty, &g->groups);
	bind_record(g);
	pw_aggregates_describe(&c->aggregates, &g->state_text);
	g->op.state_text = pw_bytes_string(&g->state_text);
	pw_builder_init(&g->sound, g->in);
	pw_grouped_show_open(g);
	pw_grouped_checkpoint_bind(g);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct pw_grouped *g = (struct pw_grouped *)op;
	const struct pw_grouped_wish *w = wish;

	pw_grouped_bind(g, w->keys, false);
	if (w->count == 0 && g->key_count == 0)
		must(g, pw_fail(PW_USAGE, "nothing to do: give -k COLS, an aggregate such as "
					  "'count()', or both"));
	pw_grouped_bind_calls(g, w->exprs, w->count);
	op->schema.single = g->key_count == 0;
}

void pw_grouped_release(struct pw_op *op)
{
	struct pw_grouped *g = (struct pw_grouped *)op;

	for (uint32_t slot = 0; slot < g->groups.slots; slot++)
		if (pw_arrangement_live(&g->groups, slot))
			pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
	pw_grouped_show_release(g);
	pw_dirty_release(&g->dirty);
	pw_arrangement_release(&g->groups);
	pw_calls_release(&g->calls);
	pw_rowkeys_release(&g->row_keys);
	pw_roworder_release(&g->key_order);
	pw_schema_release(&g->key_schema);
	pw_schema_release(&g->record_schema);
	pw_builder_release(&g->sound);
	pw_bytes_release(&g->state_text);
	pw_bytes_release(&g->lost);
	pw_bytes_release(&g->record);
	free(g->keys);
	free(g->slots);
	free(g->code_slots);
	free(g->touched);
	free(g->mark);
	free(g->dying);
	free(g->rows);
}

size_t pw_grouped_bytes(const struct pw_op *op)
{
	const struct pw_grouped *g = (const struct pw_grouped *)op;

	return pw_arrangement_bytes(&g->groups) + pw_aggregates_bytes(&g->calls.aggregates);
}

/* ---- groups of rows ---- */

/* Ends groups that have had no rows since a commit closed. */
void pw_grouped_bury(struct pw_grouped *g)
{
	for (size_t i = 0; i < g->dying_count; i++) {
		const uint32_t slot = g->dying[i];

		if (!pw_arrangement_live(&g->groups, slot) ||
		    (slot < g->mark_capacity && g->mark[slot] != 0) ||
		    pw_aggregates_rows(&g->groups, slot) != 0)
			continue;
		pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
		if (g->whose != NULL)
			g->whose->gone(g, slot);
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
	/* entries of the dictionary that no row has are groups without rows now */
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

void pw_grouped_touch(struct pw_grouped *g, const uint32_t *slots, uint32_t count)
{
	const size_t known = g->mark_capacity;
	uint32_t showing[PW_GROUPED_CHUNK], n = 0;

	if (count == 0)
		return;
	g->mark = pw_mem_grow(g->mark, &g->mark_capacity, g->groups.slots, sizeof *g->mark);
	memset(g->mark + known, 0, (g->mark_capacity - known) * sizeof *g->mark);
	g->touched = pw_mem_grow(g->touched, &g->touched_capacity, g->touched_count + count,
				 sizeof *g->touched);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = slots[i];
		struct pw_grouped_touched touched = {slot, PW_GROUPED_NO_ROW, 0};

		if (g->mark[slot] != 0)
			continue;
		if (pw_aggregates_rows(&g->groups, slot) > 0 &&
		    (g->whose == NULL || g->whose->was_shown(g, slot))) {
			touched.before = g->before.rows + n;
			touched.copies = pw_aggregates_rows(&g->groups, slot);
			showing[n++] = slot;
		}
		g->touched[g->touched_count++] = touched;
		g->mark[slot] = (uint32_t)g->touched_count;
		if (n == PW_GROUPED_CHUNK) {
			pw_grouped_show_before(g, showing, n);
			n = 0;
		}
	}
	if (n > 0)
		pw_grouped_show_before(g, showing, n);
}

uint32_t pw_grouped_rename(struct pw_grouped *g, uint32_t slot, struct pw_slice key)
{
	const uint32_t other = pw_arrangement_put(&g->groups, key, NULL);

	if (g->in->is_static) {
		pw_arrangement_swap(&g->groups, slot, other);
		return other;
	}
	pw_grouped_touch(g, &other, 1);
	pw_arrangement_swap(&g->groups, slot, other);
	const uint32_t mark = g->mark[slot];

	g->mark[slot] = g->mark[other];
	g->mark[other] = mark;
	g->touched[g->mark[slot] - 1].slot = slot;
	g->touched[g->mark[other] - 1].slot = other;
	return other;
}

/* ---- a batch of changes ---- */

/* The batch without the rows whose arguments have an error; under stop the first such row is a fault. */
const struct pw_batch *pw_grouped_arguments(struct pw_grouped *g, const struct pw_batch *batch)
{
	uint32_t n;

	if (g->calls.inputs.output_count == 0 ||
	    must(g, pw_evaluate(&g->calls.inputs, g->op.host->reject, batch, &g->lost)) == 0)
		return batch;
	g->rows = pw_mem_grow(g->rows, &g->row_capacity, batch->rows, sizeof *g->rows);
	n = pw_evaluate_passed(&g->lost, batch->rows, g->rows);
	pw_builder_clear(&g->sound);
	pw_builder_gather(&g->sound, batch, g->rows, n);
	batch = pw_builder_view(&g->sound);
	pw_expr_run(&g->calls.inputs, batch);
	return batch;
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_grouped *g = (struct pw_grouped *)op;

	(void)input;
	*batch = pw_grouped_arguments(g, *batch);
	if ((*batch)->rows == 0)
		return;
	find_groups(g, *batch);
	pw_aggregates_batch(&g->calls.aggregates, pw_calls_arguments(&g->calls, *batch));
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_grouped *g = (struct pw_grouped *)op;

	(void)input;
	if (!g->in->is_static)
		pw_grouped_touch(g, g->slots + from, count);
	must(g, pw_aggregates_take(&g->calls.aggregates, &g->groups, from, count, g->slots + from,
				   batch->diffs ? batch->diffs + from : NULL, op->commit.time));
}

static void commit(struct pw_op *op)
{
	struct pw_grouped *g = (struct pw_grouped *)op;

	if (g->in->is_static)
		pw_grouped_show_all(g, NULL);
	else
		pw_grouped_show_changes(g);
}

/* No batch is in hand, whose slots would be lost: groups without rows can go. */
void pw_grouped_flush(struct pw_op *op)
{
	struct pw_grouped *g = (struct pw_grouped *)op;

	pw_grouped_bury(g);
	pw_grouped_show_send(g);
}

const struct pw_op_kind pw_grouped_op = {
	.size = sizeof(struct pw_grouped),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = pw_grouped_flush,
	.bytes = pw_grouped_bytes,
	.release = pw_grouped_release,
	.rejects = true,
};
