/*
 * The table, saved and loaded: the sum of its changes. A delta has the last rows of
 * a table that only adds, and the changes noted of any other.
 */
#include "../base/fail.h"
#include "table.h"

static enum pw_checkpointer_change changed(const void *state)
{
	const struct pw_table *t = state;

	if (!t->only_adds)
		return pw_delta_changed(&t->delta);
	return t->saved < t->complete ? PW_CHECKPOINTER_DELTA : PW_CHECKPOINTER_SAME;
}

static uint64_t rows(const void *state)
{
	const struct pw_table *t = state;

	return t->only_adds ? t->complete : t->zset.rows.live;
}

/* ---- writing ---- */

static int put_row(const struct pw_table *t, struct pw_slice row, pw_diff copies,
		   struct pw_builder *b, struct pw_checkpointer_writer *checkpoint)
{
	pw_roworder_decode(t->order, row, b);
	pw_builder_row(b, 0, copies);
	return pw_builder_full(b) ? pw_checkpointer_flush(checkpoint, 0, b) : 0;
}

static int save_list(const struct pw_table *t, size_t from, struct pw_builder *b,
		     struct pw_checkpointer_writer *checkpoint)
{
	for (size_t i = from; i < t->complete; i++)
		if (put_row(t, pw_rowlist_row(&t->list, i), 1, b, checkpoint) < 0)
			return -1;
	return pw_checkpointer_flush(checkpoint, 0, b);
}

static int save_zset(const struct pw_table *t, struct pw_builder *b,
		     struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_arrangement *all = &t->zset.rows;

	for (uint32_t slot = 0; slot < all->slots; slot++)
		if (pw_arrangement_live(all, slot) &&
		    put_row(t, pw_arrangement_key(all, slot), pw_zset_row(&t->zset, slot)->copies,
			    b, checkpoint) < 0)
			return -1;
	return pw_checkpointer_flush(checkpoint, 0, b);
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_table *t = state;
	struct pw_builder b;
	int rc;

	if (!t->only_adds && !full)
		return pw_delta_save(&t->delta, checkpoint, 0);
	pw_builder_init(&b, t->order->schema);
	rc = t->only_adds ? save_list(t, full ? 0 : t->saved, &b, checkpoint)
			  : save_zset(t, &b, checkpoint);
	pw_builder_release(&b);
	return rc;
}

static void saved(void *state)
{
	struct pw_table *t = state;

	t->saved = t->complete;
	pw_delta_clear(&t->delta);
}

/* ---- reading ---- */

static void expect(void *state, bool full, uint64_t count)
{
	struct pw_table *t = state;

	t->loads_rows = full;
	if (full && !t->only_adds)
		pw_arrangement_reserve(&t->zset.rows, count);
}

static int close(struct pw_table *t)
{
	return pw_zset_close(&t->zset, PW_TIME_NONE) < 0 ? pw_fail_as(PW_STATE) : 0;
}

/* The rows of a full checkpoint are there at once; those of a delta only together. */
static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_table *t = state;

	(void)table;
	if (t->only_adds) {
		if (pw_rowlist_encode(&t->list, batch) < 0)
			return pw_fail_as(PW_STATE);
		return pw_rowlist_add(&t->list, batch, 0, batch->rows);
	}
	pw_zset_encode(&t->zset, batch);
	if (pw_zset_add(&t->zset, batch, 0, batch->rows) < 0)
		return pw_fail_as(PW_STATE);
	return t->loads_rows ? close(t) : 0;
}

static int loaded(void *state)
{
	struct pw_table *t = state;

	if (!t->only_adds)
		return close(t);
	t->complete = t->saved = t->list.count;
	return 0;
}

struct pw_checkpointer pw_table_checkpointer(struct pw_table *t)
{
	t->shown = (struct pw_checkpointer_table){NULL, t->order->schema};
	return (struct pw_checkpointer){&t->shown, 1,      changed, rows,  save,
					saved,     expect, load,    loaded};
}
