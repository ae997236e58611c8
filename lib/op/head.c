#include "head.h"
#include "ordering.h"

#include <stdlib.h>

struct head {
	struct pw_ordering base;
	bool only_adds; /* the input is append-only */
	int64_t count;  /* N */
	struct pw_bytes key;
	size_t bound; /* so many changes are noted before they are summed up */
	struct pw_builder out;
};

static void send(struct head *h)
{
	if (h->out.rows > 0) {
		const struct pw_batch *out = pw_builder_view(&h->out);

		if (h->only_adds)
			pw_ordering_changed(&h->base, out);
		pw_op_emit(&h->base.op, out);
	}
	pw_builder_clear(&h->out);
}

static void show(struct head *h, uint32_t slot, struct pw_slice row, int64_t diff)
{
	if (diff == 0)
		return;
	pw_ordered_decode(&h->base.rows, slot, row, &h->out);
	pw_builder_row(&h->out, h->base.op.commit.time, diff);
	if (pw_builder_full(&h->out))
		send(h);
}

/* ---- a stream that only adds: groups hold their first rows ---- */

/* Adds copies or takes them away. A static input notes none: its groups are shown at its end. */
static void change(struct head *h, uint32_t slot, struct pw_slice row, int64_t diff)
{
	if (!h->base.op.in->is_static)
		pw_op_must(&h->base.op, pw_ordered_note(&h->base.rows, slot, row, diff));
	pw_op_must(&h->base.op, pw_ordered_add(&h->base.rows, slot, row, diff));
}

/* Takes away the rows that have been pushed out of the first N. */
static void push_out(struct head *h, uint32_t slot)
{
	const struct pw_ordered_group *g = pw_ordered_group(&h->base.rows, slot);
	struct pw_multiset_cursor last;

	while (g->copies > h->count) {
		pw_multiset_seek_kth(&g->rows, g->copies - 1, &last);
		const int64_t over = g->copies - h->count;
		const int64_t away = over < last.copies ? over : last.copies;
		const struct pw_slice row = pw_value_text(last.value);

		pw_bytes_clear(&h->key);
		pw_bytes_add(&h->key, row.data, row.length);
		change(h, slot, (struct pw_slice){h->key.data, h->key.length}, -away);
	}
}

/* Does a row whose key begins with start come after the last row that the group has room for? */
static bool beyond(struct head *h, const struct pw_ordered_group *g, struct pw_slice start)
{
	if (g->copies < h->count)
		return false;
	const struct pw_slice last = pw_value_text(pw_multiset_last(&g->rows));

	return memcmp(start.data, last.data,
		      start.length < last.length ? start.length : last.length) > 0;
}

static void add_row(struct head *h, const struct pw_batch *batch, uint32_t row)
{
	const struct pw_slice start = pw_rowkeys_at(&h->base.rows.row_keys, row);
	const uint32_t slot = h->base.rows.slots[row];
	int64_t copies = pw_batch_diff(batch, row);

	if (h->count == 0 ||
	    (start.length > 0 && beyond(h, pw_ordered_group(&h->base.rows, slot), start)))
		return;
	if (copies > h->count)
		copies = h->count;
	pw_bytes_clear(&h->key);
	pw_bytes_add(&h->key, start.data, start.length);
	pw_ordered_complete(&h->base.rows, batch, row, &h->key);
	change(h, slot, (struct pw_slice){h->key.data, h->key.length}, copies);
	push_out(h, slot);
}

static void add_rows(struct head *h, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	pw_ordered_find(&h->base.rows, from, count);
	for (uint32_t i = from; i < from + count; i++)
		add_row(h, batch, i);
	if (h->base.rows.count < h->bound)
		return;
	pw_op_must(&h->base.op, pw_ordered_compact(&h->base.rows));
	h->bound = h->base.rows.count < (1 << 15) ? 1 << 16 : 2 * h->base.rows.count;
}

/* The one commit of a static stream: every group. */
static void show_groups(struct head *h)
{
	const struct pw_arrangement *groups = &h->base.rows.groups;
	uint32_t *slots = pw_mem_alloc((size_t)groups->live + 1, sizeof *slots), count = 0;
	struct pw_multiset_cursor c;

	for (uint32_t s = 0; s < groups->slots; s++)
		if (pw_arrangement_live(groups, s))
			slots[count++] = s;
	pw_arrangement_sort(groups, slots, count);
	for (uint32_t i = 0; i < count; i++) {
		pw_multiset_seek_kth(&pw_ordered_group(&h->base.rows, slots[i])->rows, 0, &c);
		for (; c.at; pw_multiset_next(&c))
			show(h, slots[i], pw_value_text(c.value), c.copies);
	}
	free(slots);
}

static void close_adding(struct head *h)
{
	if (h->base.op.in->is_static)
		show_groups(h);
	pw_op_must(&h->base.op, pw_ordered_sum(&h->base.rows));
	for (size_t i = 0; i < h->base.rows.count; i++) {
		const struct pw_ordered_change *c = &h->base.rows.changes[i];

		show(h, c->slot, pw_ordered_row(c), c->diff);
	}
	send(h);
	pw_ordered_clear(&h->base.rows);
}

/* ---- any other stream: groups hold all rows ---- */

/* How many of the copies, whose first has this rank, are among the first rows. */
static int64_t shown(struct head *h, int64_t rank, int64_t copies)
{
	const int64_t room = h->count - rank;

	return room <= 0 ? 0 : room < copies ? room : copies;
}

/*
 * Shows the rows with ranks [from, to) that did not change, but whose ranks have grown by
 * shift: those that leave or enter the first N.
 */
static void show_shifted(struct head *h, uint32_t slot, int64_t from, int64_t to, int64_t shift)
{
	const int64_t first = h->count - (shift > 0 ? shift : 0);
	const int64_t past = h->count - (shift < 0 ? shift : 0);
	struct pw_multiset_cursor c;

	if (from < first)
		from = first;
	if (to > past)
		to = past;
	if (shift == 0 || from >= to)
		return;
	pw_multiset_seek_kth(&pw_ordered_group(&h->base.rows, slot)->rows, from, &c);
	for (; c.at && c.below < to; pw_multiset_next(&c))
		show(h, slot, pw_value_text(c.value),
		     shown(h, c.below + shift, c.copies) - shown(h, c.below, c.copies));
}

/*
 * Compares the group before the commit (its rows) with the same after it:
 * between two changes, ranks have shifted by the sum of the diffs up to there.
 */
static void close_group(struct head *h, const struct pw_ordered_run *run)
{
	const struct pw_ordered_group *g = pw_ordered_group(&h->base.rows, run->slot);
	int64_t shift = 0, from = 0;
	struct pw_multiset_cursor c;

	for (size_t i = 0; i < run->count; i++) {
		const struct pw_ordered_change *change = &h->base.rows.changes[run->from + i];
		const struct pw_slice row = pw_ordered_row(change);

		pw_multiset_seek_text(&g->rows, row, &c);
		const bool there = c.at && pw_slice_equal(pw_value_text(c.value), row);
		const int64_t before = there ? c.copies : 0;

		if (i > 0)
			show_shifted(h, run->slot, from, c.below, shift);
		if (change->diff > PW_ORDERED_COPIES - g->copies - shift)
			pw_op_must(&h->base.op,
				   pw_fail(PW_DATA, "the copies of a group's rows exceed 2^62"));
		const int64_t after = before + change->diff;

		if (after < 0)
			pw_op_must(&h->base.op, pw_ordered_negative(&h->base.rows, run->slot, row,
								    after, h->base.op.commit.time));
		show(h, run->slot, row,
		     shown(h, c.below + shift, after) - shown(h, c.below, before));
		shift += change->diff;
		from = c.below + before;
	}
	show_shifted(h, run->slot, from, g->copies, shift);
}

static void close_changing(struct head *h)
{
	pw_op_must(&h->base.op, pw_ordered_sum(&h->base.rows));
	for (size_t r = 0; r < h->base.rows.run_count; r++)
		close_group(h, &h->base.rows.runs[r]);
	send(h);
	pw_ordering_apply(&h->base);
}

/* ---- the operator ---- */

static void bind(struct pw_op *op, const void *wish)
{
	struct head *h = (struct head *)op;
	const struct pw_head_wish *w = wish;

	pw_ordering_bind(&h->base, w->keys, w->order);
	pw_schema_copy(&op->schema, op->in);
	h->only_adds = op->in->append_only;
	op->schema.append_only = op->in->is_static;
	op->state_text = h->only_adds ? "the first N rows of each group; grows with the groups"
				      : "all rows, in order; grows with the different rows";
	h->count = w->count < PW_ORDERED_COPIES ? (int64_t)w->count : PW_ORDERED_COPIES;
	h->bound = 1 << 16;
	pw_builder_init(&h->out, &op->schema);
}

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct head *h = (struct head *)op;

	(void)input;
	pw_ordered_encode(&h->base.rows, *batch, !h->only_adds);
	if (h->only_adds)
		pw_op_must(op, pw_roworder_only_adds(&h->base.rows.order, *batch));
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct head *h = (struct head *)op;

	(void)input;
	if (h->only_adds)
		add_rows(h, batch, from, count);
	else
		pw_ordering_note(&h->base, batch, from, count);
}

static void commit(struct pw_op *op)
{
	struct head *h = (struct head *)op;

	if (h->only_adds)
		close_adding(h);
	else
		close_changing(h);
}

static void release(struct pw_op *op)
{
	struct head *h = (struct head *)op;

	pw_ordering_release(&h->base);
	pw_bytes_release(&h->key);
	pw_builder_release(&h->out);
}

const struct pw_op_kind pw_head_op = {
	.size = sizeof(struct head),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.bytes = pw_ordering_bytes,
	.release = release,
};
