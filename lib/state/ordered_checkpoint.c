/* Rows in groups, saved and loaded: a table that is the sum of its changes. */
#include "ordered.h"

static int save_group(const struct pw_ordered *o, uint32_t slot, struct pw_builder *b,
		      struct pw_checkpointer_writer *checkpoint, size_t table)
{
	struct pw_multiset_cursor c;

	pw_multiset_seek_kth(&pw_ordered_group(o, slot)->rows, 0, &c);
	for (; c.at; pw_multiset_next(&c)) {
		pw_ordered_decode(o, slot, pw_value_text(c.value), b);
		pw_builder_row(b, 0, c.copies);
		if (pw_builder_full(b) && pw_checkpointer_flush(checkpoint, table, b) < 0)
			return -1;
	}
	return 0;
}

int pw_ordered_save(const struct pw_ordered *o, struct pw_checkpointer_writer *checkpoint,
		    size_t table)
{
	struct pw_builder b;
	int rc = 0;

	pw_builder_init(&b, o->order.schema);
	for (uint32_t slot = 0; rc == 0 && slot < o->groups.slots; slot++)
		if (pw_arrangement_live(&o->groups, slot) && pw_ordered_group(o, slot)->copies > 0)
			rc = save_group(o, slot, &b, checkpoint, table);
	if (rc == 0)
		rc = pw_checkpointer_flush(checkpoint, table, &b);
	pw_builder_release(&b);
	return rc;
}

int pw_ordered_load(struct pw_ordered *o, const struct pw_batch *batch, bool full)
{
	int rc = 0;

	for (uint32_t i = 0; full && batch->diffs && i < batch->rows; i++)
		if (batch->diffs[i] <= 0)
			return pw_diff_negative(PW_STATE, NULL, batch->diffs[i]);
	pw_ordered_encode(o, batch, true);
	pw_ordered_find(o, 0, batch->rows);
	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++) {
		const struct pw_slice row = pw_rowkeys_at(&o->row_keys, i);
		const pw_diff diff = pw_batch_diff(batch, i);

		rc = full ? pw_ordered_add(o, o->slots[i], row, diff)
			  : pw_ordered_note(o, o->slots[i], row, diff);
	}
	return rc < 0 ? pw_fail_as(PW_STATE) : 0;
}

int pw_ordered_loaded(struct pw_ordered *o)
{
	if (pw_ordered_sum(o) < 0 || pw_ordered_apply(o, PW_TIME_NONE) < 0)
		return pw_fail_as(PW_STATE);
	return 0;
}
