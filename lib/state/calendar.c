#include "calendar.h"

#define COPIES (INT64_C(1) << 62)

enum {
	ROW_BYTES = 32,       /* of a row in a leaf and above it, and the length of its key */
	SLACK_BYTES = 1 << 20 /* less than this is not worth a new tree */
};

void pw_calendar_init(struct pw_calendar *c, const struct pw_roworder *order)
{
	*c = (struct pw_calendar){.order = order, .sets = {.text = true}};
	pw_delta_init(&c->delta, order->schema);
	pw_builder_init(&c->changes, order->schema);
}

void pw_calendar_release(struct pw_calendar *c)
{
	if (c->order == NULL)
		return;
	pw_multiset_clear(&c->sets, &c->rows);
	pw_pool_release(&c->sets.pool);
	pw_delta_release(&c->delta);
	pw_builder_release(&c->changes);
	pw_rowkeys_release(&c->keys);
	*c = (struct pw_calendar){0};
}

/* ---- rows ---- */

static void note_changes(struct pw_calendar *c)
{
	pw_delta_note(&c->delta, pw_builder_view(&c->changes), 0, c->changes.rows,
		      pw_pool_bytes(&c->sets.pool));
	pw_builder_clear(&c->changes);
}

static void note(struct pw_calendar *c, struct pw_slice key, pw_diff diff)
{
	pw_roworder_decode(c->order, key, &c->changes);
	pw_builder_row(&c->changes, 0, diff);
	if (pw_builder_full(&c->changes))
		note_changes(c);
}

static int64_t copies_at(const struct pw_multiset_cursor *at, struct pw_slice key)
{
	return at->at && pw_slice_equal(pw_value_text(at->value), key) ? at->copies : 0;
}

int64_t pw_calendar_copies(const struct pw_calendar *c, struct pw_slice key)
{
	struct pw_multiset_cursor at;

	if (pw_multiset_empty(&c->rows))
		return 0;
	pw_multiset_seek_text(&c->rows, key, &at);
	return copies_at(&at, key);
}

/* Adds copies; nothing is noted. */
static void change(struct pw_calendar *c, struct pw_slice key, pw_diff diff)
{
	const uint64_t before = c->rows.values;

	pw_multiset_add_text(&c->sets, &c->rows, key, diff);
	if (c->rows.values > before)
		c->used += ROW_BYTES + key.length;
	else if (c->rows.values < before)
		c->used -= ROW_BYTES + key.length;
}

int pw_calendar_add(struct pw_calendar *c, struct pw_slice key, pw_diff diff)
{
	if (diff > 1 && pw_calendar_copies(c, key) > COPIES - diff)
		return pw_fail(PW_DATA, "the copies of a row exceed 2^62");
	if (c->delta.on)
		note(c, key, diff);
	change(c, key, diff);
	return 0;
}

bool pw_calendar_first(const struct pw_calendar *c, struct pw_slice *key, int64_t *copies)
{
	struct pw_multiset_cursor at;

	if (pw_multiset_empty(&c->rows))
		return false;
	pw_multiset_seek_kth(&c->rows, 0, &at);
	*key = pw_value_text(at.value);
	*copies = at.copies;
	return true;
}

/* Copies the rows to a new tree, and releases the memory of the old one. */
static void rebuild(struct pw_calendar *c)
{
	struct pw_multisets old = c->sets;
	struct pw_multiset rows = c->rows;
	struct pw_multiset_cursor at;

	c->sets = (struct pw_multisets){.text = true};
	c->rows = (struct pw_multiset){0};
	if (!pw_multiset_empty(&rows)) {
		pw_multiset_seek_kth(&rows, 0, &at);
		for (; at.at; pw_multiset_next(&at))
			pw_multiset_add_text(&c->sets, &c->rows, pw_value_text(at.value),
					     at.copies);
	}
	pw_multiset_clear(&old, &rows);
	pw_pool_release(&old.pool);
}

void pw_calendar_tidy(struct pw_calendar *c)
{
	const size_t held = pw_pool_bytes(&c->sets.pool);

	if (c->changes.rows > 0)
		note_changes(c);
	if (held > SLACK_BYTES && held > 4 * c->used)
		rebuild(c);
}

size_t pw_calendar_bytes(const struct pw_calendar *c)
{
	return pw_pool_bytes(&c->sets.pool) + c->delta.bytes;
}

/* ---- checkpoints ---- */

static int save_all(const struct pw_calendar *c, struct pw_checkpointer_writer *checkpoint,
		    size_t table)
{
	struct pw_multiset_cursor at;
	struct pw_builder b;
	int rc = 0;

	if (pw_multiset_empty(&c->rows))
		return 0;
	pw_builder_init(&b, c->order->schema);
	pw_multiset_seek_kth(&c->rows, 0, &at);
	for (; rc == 0 && at.at; pw_multiset_next(&at)) {
		pw_roworder_decode(c->order, pw_value_text(at.value), &b);
		pw_builder_row(&b, 0, at.copies);
		if (pw_builder_full(&b))
			rc = pw_checkpointer_flush(checkpoint, table, &b);
	}
	if (rc == 0)
		rc = pw_checkpointer_flush(checkpoint, table, &b);
	pw_builder_release(&b);
	return rc;
}

int pw_calendar_save(const struct pw_calendar *c, bool full,
		     struct pw_checkpointer_writer *checkpoint, size_t table)
{
	return full ? save_all(c, checkpoint, table) : pw_delta_save(&c->delta, checkpoint, table);
}

int pw_calendar_load(struct pw_calendar *c, const struct pw_batch *batch)
{
	pw_roworder_encode(c->order, &c->keys, batch);
	for (uint32_t i = 0; i < batch->rows; i++) {
		const pw_diff diff = pw_batch_diff(batch, i);

		if (diff < -COPIES || diff > COPIES)
			return pw_fail(PW_STATE, "the copies of a row exceed 2^62");
		change(c, pw_rowkeys_at(&c->keys, i), diff);
	}
	return 0;
}

int pw_calendar_loaded(struct pw_calendar *c)
{
	return c->rows.negative > 0
		       ? pw_fail(PW_STATE, "a row has less than 0 copies in the checkpoint")
		       : 0;
}
