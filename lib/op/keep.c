#include "keep.h"
#include "../data/names.h"
#include "../state/keyed.h"
#include "../state/ordered.h"

struct keep {
	struct pw_op op;
	struct pw_ordered changes; /* of the commit in hand; groups are keys */
	struct pw_keyed shown;
	struct pw_builder out;
};

/* ---- rows that go out ---- */

static void send(struct keep *k)
{
	if (k->out.rows > 0)
		pw_op_emit(&k->op, pw_builder_view(&k->out));
	pw_builder_clear(&k->out);
}

static void show(struct keep *k, struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	pw_keyed_decode_key(&k->shown, 0, key, k->out.vectors);
	pw_keyed_decode_rest(&k->shown, 0, rest, k->out.vectors);
	pw_builder_row(&k->out, k->op.commit.time, diff);
	if (pw_builder_full(&k->out))
		send(k);
}

/* ---- commits ---- */

static void fail_doubled(struct keep *k, const struct pw_ordered_change *c)
{
	const struct pw_slice key = pw_arrangement_key(&k->changes.groups, c->slot);
	const struct pw_slice rest = pw_ordered_row(c);
	struct pw_bytes row = {0}, text = {0};

	pw_bytes_add(&row, key.data, key.length);
	pw_bytes_add(&row, rest.data, rest.length);
	pw_roworder_describe(&k->changes.order, (struct pw_slice){row.data, row.length}, &text);
	pw_fail(PW_DATA, "a second row of its key %s: %s, and the input says that it is keyed",
		c->diff > 0 ? "comes" : "goes", pw_bytes_string(&text));
	pw_op_must(&k->op, pw_time_fail_at(k->op.commit.time));
}

/* The row of its key that the commit brings; NULL: it takes one away. */
static const struct pw_ordered_change *row_brought(struct keep *k, const struct pw_ordered_run *run)
{
	const struct pw_ordered_change *brought = NULL;
	bool taken = false;

	for (size_t i = run->from; i < run->from + run->count; i++) {
		const struct pw_ordered_change *c = &k->changes.changes[i];

		if (c->diff > 1 || c->diff < -1 || (c->diff > 0 ? brought != NULL : taken))
			fail_doubled(k, c);
		if (c->diff > 0)
			brought = c;
		else
			taken = true;
	}
	return brought;
}

/* A row is shown in place of another, or of none. */
static void put(struct keep *k, struct pw_slice key, const struct pw_ordered_change *c)
{
	const struct pw_slice rest = pw_ordered_row(c);
	const uint32_t slot = pw_arrangement_put(&k->shown.keys, key, NULL);
	const struct pw_blob *before = pw_keyed_now(&k->shown, slot, 0);

	if (before != NULL) {
		if (pw_slice_equal(pw_blob_slice(before), rest))
			return;
		if (k->op.in->append_only)
			fail_doubled(k, c);
		show(k, key, pw_blob_slice(before), -1);
	}
	show(k, key, rest, 1);
	pw_keyed_put(&k->shown, slot, 0, rest);
}

/* Nothing is shown any more; a row that came at an odd time has never been shown. */
static void take(struct keep *k, struct pw_slice key)
{
	const uint32_t slot = pw_arrangement_find(&k->shown.keys, key);

	if (slot == PW_SLOT_NONE)
		return;
	show(k, key, pw_blob_slice(pw_keyed_now(&k->shown, slot, 0)), -1);
	pw_keyed_take(&k->shown, slot, 0);
}

static void commit(struct pw_op *op)
{
	struct keep *k = (struct keep *)op;

	pw_op_must(op, pw_ordered_sum(&k->changes));
	for (size_t r = 0; r < k->changes.run_count; r++) {
		const struct pw_ordered_run *run = &k->changes.runs[r];
		const struct pw_slice key = pw_arrangement_key(&k->changes.groups, run->slot);
		const struct pw_ordered_change *brought = row_brought(k, run);

		if (brought != NULL)
			put(k, key, brought);
		else if (run->count > 0)
			take(k, key);
	}
	pw_keyed_apply(&k->shown);
	pw_ordered_clear(&k->changes);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	(void)input;
	pw_ordered_encode(&((struct keep *)op)->changes, *batch, true);
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_ordered *changes = &((struct keep *)op)->changes;

	(void)input;
	if (pw_time_is_odd(op->commit.time))
		return;
	pw_ordered_find(changes, from, count);
	for (uint32_t i = from; i < from + count; i++)
		pw_op_must(op, pw_ordered_note(changes, changes->slots[i],
					       pw_rowkeys_at(&changes->row_keys, i),
					       pw_batch_diff(batch, i)));
}

static void flush(struct pw_op *op)
{
	send((struct keep *)op);
}

static size_t bytes(const struct pw_op *op)
{
	const struct keep *k = (const struct keep *)op;

	return pw_keyed_bytes(&k->shown) + pw_ordered_bytes(&k->changes);
}

static void release(struct pw_op *op)
{
	struct keep *k = (struct keep *)op;

	pw_keyed_release(&k->shown);
	pw_ordered_release(&k->changes);
	pw_builder_release(&k->out);
}

/* The names of the key columns, as pw_schema_list reads them. */
static void list_keys(const struct pw_schema *s, struct pw_bytes *names)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!s->fields[i].key)
			continue;
		if (names->length > 0)
			pw_bytes_put(names, ',');
		pw_names_add(names, pw_slice_of(s->fields[i].name));
	}
}

static void bind(struct pw_op *op, const void *wish)
{
	struct keep *k = (struct keep *)op;
	struct pw_bytes names = {0};

	(void)wish;
	list_keys(op->in, &names);
	if (names.length == 0 && !op->in->single)
		pw_op_must(op, pw_fail(PW_USAGE,
				       "the input has no key, and a row is kept for each key: put "
				       "pw-groupby or pw-window upstream, and leave their key "
				       "columns in"));
	pw_op_must(op, pw_ordered_init(&k->changes, op->in,
				       names.length > 0 ? pw_bytes_string(&names) : NULL, NULL));
	pw_bytes_release(&names);
	pw_keyed_init(&k->shown, k->changes.group_count);
	pw_keyed_add_side(&k->shown, NULL, op->in, k->changes.order.list, k->changes.order.count);
	pw_schema_copy(&op->schema, op->in);
	pw_builder_init(&k->out, &op->schema);
	op->state_text = op->in->single ? "the row that is shown"
					: "the row that is shown of each key; grows with the keys";
	op->checkpoint = (struct pw_op_checkpoint){
		.how = pw_keyed_checkpointer(&k->shown),
		.state = &k->shown,
		.noting = {&k->shown.dirty.on},
	};
}

const struct pw_op_kind pw_keep_op = {
	.size = sizeof(struct keep),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = flush,
	.bytes = bytes,
	.release = release,
};
