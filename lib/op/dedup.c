#include "dedup_internal.h"

#include "../data/names.h"

#include <stdlib.h>

/* ---- bind ---- */

static void bind_order(struct pw_dedup *d, int by, const int *keys)
{
	const struct pw_schema *in = d->op.in;
	bool *used = pw_mem_zero(in->count, sizeof *used);

	pw_op_must(&d->op, pw_roworder_init(&d->order, in, NULL));
	d->order.count = 0;
	for (size_t i = 0; i < d->key_count; i++) {
		used[keys[i]] = true;
		d->order.list[d->order.count++] = keys[i];
	}
	if (!used[by])
		d->order.list[d->order.count++] = by;
	used[by] = true;
	for (size_t i = 0; i < in->count; i++)
		if (!used[i])
			d->order.list[d->order.count++] = (int)i;
	free(used);
}

/* The column of -o and those of -k; returns the former. */
static int bind_columns(struct pw_dedup *d, int *keys)
{
	const struct pw_schema *in = d->op.in;

	if (d->wish.by == NULL)
		pw_op_must(
			&d->op,
			pw_fail(PW_USAGE,
				"-o COL is missing: the column in whose order rows are offered"));
	const int by = pw_names_column(in, d->wish.by);
	if (by < 0)
		pw_op_must(&d->op, pw_fail_at("-o"));

	if (d->wish.keys != NULL)
		d->key_count = pw_op_columns(&d->op, 0, "-k", d->wish.keys, keys);
	for (size_t i = 0; i < d->key_count; i++)
		if (keys[i] == by)
			pw_op_must(&d->op, pw_fail(PW_USAGE,
						   "'%s' is in -k, so it orders no rows of one key",
						   in->fields[by].name));
	return by;
}

static void bind_schema(struct pw_dedup *d, const int *keys)
{
	struct pw_schema *out = &d->op.schema;

	pw_schema_copy(out, d->op.in);
	for (size_t i = 0; i < out->count; i++)
		out->fields[i].key = false;
	for (size_t i = 0; i < d->key_count; i++)
		out->fields[keys[i]].key = true;
	out->single = d->key_count == 0;
	out->append_only = d->op.in->is_static;
}

static const char *state_text(const struct pw_dedup *d)
{
	if (d->key_count == 0)
		return d->simple ? "one row" : "one row, and the open commit";
	return d->simple ? "a row per different value of -k"
			 : "a row per different value of -k, and the open commit";
}

static void open_state(struct pw_dedup *d)
{
	pw_keyed_init(&d->shown, d->key_count);
	pw_keyed_add_side(&d->shown, NULL, d->op.in, d->order.list, d->order.count);
	pw_zset_init(&d->commit, &d->order);
	pw_builder_init(&d->sound, d->op.in);
	pw_builder_init(&d->out, &d->op.schema);
	d->op.state_text = state_text(d);
	d->op.checkpoint = (struct pw_op_checkpoint){
		pw_keyed_checkpointer(&d->shown), &d->shown, {&d->shown.dirty.on}};
}

static void bind(struct pw_op *op, const void *wish)
{
	struct pw_dedup *d = (struct pw_dedup *)op;
	int *keys = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *keys);

	d->wish = *(const struct pw_dedup_wish *)wish;
	const int by = bind_columns(d, keys);

	bind_schema(d, keys);
	bind_order(d, by, keys);
	free(keys);
	if (d->wish.accept != NULL)
		pw_dedup_bind_accept(d, op->in->fields[by].type);
	d->simple = op->in->append_only && d->wish.accept == NULL;
	open_state(d);
}

/* ---- what is shown ---- */

static void send(struct pw_op *op)
{
	struct pw_dedup *d = (struct pw_dedup *)op;

	if (d->out.rows > 0)
		pw_op_emit(op, pw_builder_view(&d->out));
	pw_builder_clear(&d->out);
}

static void show(struct pw_dedup *d, uint32_t slot, const struct pw_blob *rest, pw_diff diff)
{
	pw_keyed_decode_key(&d->shown, 0, pw_arrangement_key(&d->shown.keys, slot), d->out.vectors);
	pw_keyed_decode_rest(&d->shown, 0, pw_blob_slice(rest), d->out.vectors);
	pw_builder_row(&d->out, d->op.commit.time, diff);
	if (pw_builder_full(&d->out))
		send(&d->op);
}

/* The rows that keys have been given become what they show. */
static void show_changes(struct pw_dedup *d)
{
	pw_keyed_sort(&d->shown);
	for (size_t i = 0; i < d->shown.touched_count; i++) {
		const uint32_t slot = d->shown.sorted[i];
		const struct pw_blob *before = pw_keyed_before(&d->shown, slot)[0];
		const struct pw_blob *now = pw_keyed_now(&d->shown, slot, 0);

		if (before != NULL && pw_slice_equal(pw_blob_slice(before), pw_blob_slice(now)))
			continue;
		if (before != NULL)
			show(d, slot, before, -1);
		show(d, slot, now, 1);
	}
	pw_keyed_apply(&d->shown);
}

/* ---- changes of a commit of which more than the last rows count ---- */

/* The rows that the commit adds, in order. */
static uint32_t find_offered(struct pw_dedup *d)
{
	uint32_t n = 0;

	d->offered = pw_mem_grow(d->offered, &d->offered_capacity, d->commit.touched_count,
				 sizeof *d->offered);
	for (size_t i = 0; i < d->commit.touched_count; i++)
		if (pw_zset_row(&d->commit, d->commit.touched[i])->pending > 0)
			d->offered[n++] = d->commit.touched[i];
	pw_arrangement_sort(&d->commit.rows, d->offered, n);
	return n;
}

static void split(const struct pw_dedup *d, uint32_t i, struct pw_slice *key, struct pw_slice *rest)
{
	pw_keyed_split(&d->shown, 0, pw_arrangement_key(&d->commit.rows, d->offered[i]), key, rest);
}

/* Rows from .. end of those that are offered are those of one key. */
static void offer(struct pw_dedup *d, struct pw_slice key, uint32_t from, uint32_t end)
{
	const uint32_t slot = pw_arrangement_put(&d->shown.keys, key, NULL);

	if (d->wish.accept != NULL)
		pw_dedup_contend(d, slot, from, end);
	else
		pw_keyed_put(&d->shown, slot, 0, pw_dedup_rest(d, end - 1));
}

static void take_commit(struct pw_dedup *d)
{
	const uint32_t n = find_offered(d);
	struct pw_slice key, other, rest;

	for (uint32_t from = 0, end; from < n; from = end) {
		split(d, from, &key, &rest);
		for (end = from + 1; end < n; end++) {
			split(d, end, &other, &rest);
			if (!pw_slice_equal(key, other))
				break;
		}
		offer(d, key, from, end);
	}
	if (d->wish.accept != NULL)
		pw_dedup_decide(d);
	pw_zset_forget(&d->commit);
}

/* ---- the operator ---- */

/* Rows whose column of -o is null are never taken. */
static const struct pw_batch *without_nulls(struct pw_dedup *d, const struct pw_batch *batch)
{
	const struct pw_column *by = &batch->columns[d->order.list[d->key_count]];
	uint32_t n = 0;

	if (by->valid == NULL)
		return batch;
	for (uint32_t i = 0; i < batch->rows; i++)
		if (!pw_column_null(by, i))
			d->rows[n++] = i;
	pw_builder_clear(&d->sound);
	pw_builder_gather(&d->sound, batch, d->rows, n);
	return pw_builder_view(&d->sound);
}

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_dedup *d = (struct pw_dedup *)op;
	const struct pw_batch *sound = without_nulls(d, *batch);

	(void)input;
	*batch = sound;
	if (sound->rows == 0)
		return;
	if (!d->simple) {
		pw_zset_encode(&d->commit, sound);
		return;
	}
	pw_op_must(op, pw_roworder_only_adds(&d->order, sound));
	pw_keyed_encode(&d->shown, 0, sound, &d->row_keys, &d->row_rests);
	pw_arrangement_put_all(&d->shown.keys, &d->row_keys, d->slots);
}

/* The last row of each key, of rows that only add. */
static void take_last(struct pw_dedup *d, uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		const struct pw_slice rest = pw_rowkeys_at(&d->row_rests, i);
		const uint32_t slot = d->slots[i];
		const struct pw_keyed_record *r = pw_keyed_record(&d->shown, slot);

		if (r->touched == 0 || pw_slice_compare(rest, pw_blob_slice(r->now[0])) > 0)
			pw_keyed_put(&d->shown, slot, 0, rest);
	}
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_dedup *d = (struct pw_dedup *)op;

	(void)input;
	if (d->simple)
		take_last(d, from, count);
	else
		pw_op_must(op, pw_zset_add(&d->commit, batch, from, count));
}

static void commit(struct pw_op *op)
{
	struct pw_dedup *d = (struct pw_dedup *)op;

	if (!d->simple)
		take_commit(d);
	show_changes(d);
}

static size_t bytes(const struct pw_op *op)
{
	const struct pw_dedup *d = (const struct pw_dedup *)op;

	return pw_keyed_bytes(&d->shown) + pw_zset_bytes(&d->commit);
}

static void release(struct pw_op *op)
{
	struct pw_dedup *d = (struct pw_dedup *)op;

	pw_dedup_release_accept(d);
	pw_keyed_release(&d->shown);
	pw_zset_release(&d->commit);
	pw_rowkeys_release(&d->row_keys);
	pw_rowkeys_release(&d->row_rests);
	free(d->offered);
	pw_builder_release(&d->sound);
	pw_builder_release(&d->out);
	pw_roworder_release(&d->order);
}

const struct pw_op_kind pw_dedup_op = {
	.size = sizeof(struct pw_dedup),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = send,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
