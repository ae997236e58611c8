#include "ordering.h"

#include <stdlib.h>

/* ---- rows ---- */

void pw_ordering_note(struct pw_ordering *o, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_ordered *rows = &o->rows;

	pw_ordered_find(rows, from, count);
	for (uint32_t i = from; i < from + count; i++)
		pw_op_must(&o->op,
			   pw_ordered_note(rows, rows->slots[i], pw_rowkeys_at(&rows->row_keys, i),
					   pw_batch_diff(batch, i)));
	pw_delta_note(&o->delta, batch, from, count, pw_ordered_bytes(rows));
}

void pw_ordering_changed(struct pw_ordering *o, const struct pw_batch *changes)
{
	pw_delta_note(&o->delta, changes, 0, changes->rows, pw_ordered_bytes(&o->rows));
}

void pw_ordering_apply(struct pw_ordering *o)
{
	if (o->op.in->is_static)
		pw_ordered_clear(&o->rows); /* no commit follows: groups need not be built */
	else
		pw_op_must(&o->op, pw_ordered_apply(&o->rows, o->op.commit.time));
}

size_t pw_ordering_bytes(const struct pw_op *op)
{
	const struct pw_ordering *o = (const struct pw_ordering *)op;

	return pw_ordered_bytes(&o->rows) + o->delta.bytes;
}

/* ---- saving and loading ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	return pw_delta_changed(&((const struct pw_ordering *)state)->delta);
}

static uint64_t groups(const void *state)
{
	return ((const struct pw_ordering *)state)->rows.groups.live;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_ordering *o = state;

	return full ? pw_ordered_save(&o->rows, checkpoint, 0)
		    : pw_delta_save(&o->delta, checkpoint, 0);
}

static void saved(void *state)
{
	pw_delta_clear(&((struct pw_ordering *)state)->delta);
}

static void expect(void *state, bool full, uint64_t count)
{
	struct pw_ordering *o = state;

	o->loads_rows = full;
	if (full)
		pw_arrangement_reserve(&o->rows.groups, count);
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_ordering *o = state;

	(void)table;
	return pw_ordered_load(&o->rows, batch, o->loads_rows);
}

static int loaded(void *state)
{
	return pw_ordered_loaded(&((struct pw_ordering *)state)->rows);
}

/* ---- start and end ---- */

void pw_ordering_bind(struct pw_ordering *o, const char *keys, const char *order)
{
	struct pw_op *op = &o->op;

	if (order == NULL)
		pw_op_must(op, pw_fail(PW_USAGE, "-o COL is missing: the order of the rows "
						 "(COL:desc for the reverse)"));
	if (keys != NULL) { /* so that a message says which option names no column */
		int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);

		pw_op_columns(op, 0, "-k", keys, list);
		free(list);
	}
	if (pw_ordered_init(&o->rows, op->in, keys, order) < 0)
		pw_op_must(op, pw_fail_at("-o"));
	pw_delta_init(&o->delta, op->in);
	o->table = (struct pw_checkpointer_table){NULL, op->in};
	op->checkpoint = (struct pw_op_checkpoint){
		.how = {&o->table, 1, changed, groups, save, saved, expect, load, loaded},
		.state = o,
		.noting = {&o->delta.on},
	};
}

void pw_ordering_release(struct pw_ordering *o)
{
	pw_delta_release(&o->delta);
	pw_ordered_release(&o->rows);
}
