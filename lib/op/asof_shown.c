/*
 * The answers that rows of an as-of join show, where these are not their true answers
 *
 * In a checkpoint it is a keyed table: the row's columns are its key.
 */
#include "../base/fail.h"
#include "asof_internal.h"

#include <stdlib.h>

struct record {
	pw_diff copies;
	struct pw_blob *match; /* NULL: shown without one */
};

static const struct pw_roworder *order_of(const struct pw_asof_shown *s, int side)
{
	return &s->timed->sides[side].rows.order;
}

static size_t key_count(const struct pw_asof_shown *s)
{
	return s->timed->joined->key_count;
}

static void add_field(struct pw_schema *schema, const char *prefix, const struct pw_field *f,
		      bool nullable)
{
	char *name = pw_mem_print("%s.%s", prefix, f->name);
	struct pw_type type = f->type;

	if (nullable)
		type.required = false;
	pw_schema_add(schema, pw_slice_of(name), type, false);
	free(name);
}

static void make_schema(struct pw_asof_shown *s)
{
	const struct pw_roworder *own = order_of(s, s->side), *other = order_of(s, !s->side);

	for (size_t c = 0; c < own->schema->count; c++)
		add_field(&s->saved, "row", &own->schema->fields[c], false);
	pw_schema_add(&s->saved, pw_slice_of("copies"), PW_TYPE(PW_INT), false);
	pw_schema_add(&s->saved, pw_slice_of("matched"), PW_TYPE(PW_BOOL), false);
	for (size_t i = key_count(s); i < other->count; i++)
		add_field(&s->saved, "match", &other->schema->fields[other->list[i]], true);
}

void pw_asof_shown_open(struct pw_asof_shown *s, const struct pw_timed *timed, int side)
{
	*s = (struct pw_asof_shown){.timed = timed, .side = side};
	pw_arrangement_init(&s->rows, sizeof(struct record));
	pw_dirty_init(&s->dirty, &s->rows);
	make_schema(s);
}

static struct record *record_at(const struct pw_asof_shown *s, uint32_t slot)
{
	return pw_arrangement_record(&s->rows, slot);
}

void pw_asof_shown_release(struct pw_asof_shown *s)
{
	if (s->timed == NULL)
		return;
	for (uint32_t slot = 0; slot < s->rows.slots; slot++)
		if (pw_arrangement_live(&s->rows, slot) && record_at(s, slot)->match != NULL)
			pw_pool_free_blob(&s->pool, record_at(s, slot)->match);
	pw_dirty_release(&s->dirty);
	pw_arrangement_release(&s->rows);
	pw_pool_release(&s->pool);
	pw_bytes_release(&s->key);
	pw_schema_release(&s->saved);
	pw_rowkeys_release(&s->parts[0]);
	pw_rowkeys_release(&s->parts[1]);
}

size_t pw_asof_shown_bytes(const struct pw_asof_shown *s)
{
	if (s->timed == NULL)
		return 0;
	return pw_arrangement_bytes(&s->rows) + pw_pool_bytes(&s->pool);
}

/* ---- one row ---- */

/* The key of the group, then the row key: so all columns of the row. */
static struct pw_slice whole_key(struct pw_asof_shown *s, const struct pw_timed_key *key,
				 struct pw_slice row)
{
	const struct pw_slice group =
		pw_arrangement_key(&s->timed->sides[s->side].rows.groups, key->slots[s->side]);

	pw_bytes_clear(&s->key);
	pw_bytes_add(&s->key, group.data, group.length);
	pw_bytes_add(&s->key, row.data, row.length);
	return (struct pw_slice){s->key.data, s->key.length};
}

bool pw_asof_shown_get(struct pw_asof_shown *s, const struct pw_timed_key *key, struct pw_slice row,
		       struct pw_asof_answer *answer)
{
	if (s->rows.live == 0)
		return false;
	const uint32_t slot = pw_arrangement_find(&s->rows, whole_key(s, key, row));

	if (slot == PW_SLOT_NONE)
		return false;
	const struct record *r = record_at(s, slot);

	*answer = (struct pw_asof_answer){.copies = r->copies, .matched = r->match != NULL};
	if (r->match != NULL)
		answer->match = pw_blob_slice(r->match);
	return true;
}

static void set(struct pw_asof_shown *s, struct pw_slice whole, const struct pw_asof_answer *answer)
{
	const uint32_t slot = pw_arrangement_put(&s->rows, whole, NULL);
	struct record *r = record_at(s, slot);
	struct pw_blob *old = r->match; /* the answer may be this very one */

	r->copies = answer->copies;
	r->match = answer->matched ? pw_pool_blob(&s->pool, answer->match) : NULL;
	if (old != NULL)
		pw_pool_free_blob(&s->pool, old);
	pw_dirty_mark(&s->dirty, slot);
}

static void drop(struct pw_asof_shown *s, struct pw_slice whole)
{
	const uint32_t slot = pw_arrangement_find(&s->rows, whole);

	if (slot == PW_SLOT_NONE)
		return;
	if (record_at(s, slot)->match != NULL)
		pw_pool_free_blob(&s->pool, record_at(s, slot)->match);
	pw_dirty_mark(&s->dirty, slot);
	pw_dirty_drop(&s->dirty, slot);
}

void pw_asof_shown_set(struct pw_asof_shown *s, const struct pw_timed_key *key, struct pw_slice row,
		       const struct pw_asof_answer *answer)
{
	set(s, whole_key(s, key, row), answer);
}

void pw_asof_shown_drop(struct pw_asof_shown *s, const struct pw_timed_key *key,
			struct pw_slice row)
{
	if (s->rows.live > 0)
		drop(s, whole_key(s, key, row));
}

/* ---- checkpoints ---- */

static void append_row(const struct pw_asof_shown *s, struct pw_slice whole, struct pw_builder *b)
{
	const struct pw_roworder *order = order_of(s, s->side);
	const char *at = whole.data, *const end = whole.data + whole.length;

	for (size_t i = 0; i < order->count; i++)
		pw_rowkey_take(&at, end, order->schema->fields[order->list[i]].type,
			       order->descending[i], &b->vectors[order->list[i]]);
}

static void append_match(const struct pw_asof_shown *s, const struct pw_blob *match,
			 struct pw_builder *b)
{
	const struct pw_roworder *order = order_of(s, !s->side);
	size_t to = order_of(s, s->side)->count + 2;
	const char *at = match != NULL ? match->data : NULL;

	for (size_t i = key_count(s); i < order->count; i++, to++)
		if (match == NULL)
			pw_vector_null(&b->vectors[to]);
		else
			pw_rowkey_take(&at, match->data + match->length,
				       order->schema->fields[order->list[i]].type,
				       order->descending[i], &b->vectors[to]);
}

static int save_gone(const struct pw_asof_shown *s, struct pw_builder *b,
		     struct pw_checkpointer_writer *checkpoint, size_t table)
{
	const size_t count = order_of(s, s->side)->count;
	struct pw_slice whole;

	for (size_t at = 0; pw_dirty_gone(&s->dirty, &at, &whole);) {
		append_row(s, whole, b);
		pw_vector_null(&b->vectors[count]);
		pw_vector_null(&b->vectors[count + 1]);
		append_match(s, NULL, b);
		pw_builder_row(b, 0, -1);
		if (pw_builder_full(b) && pw_checkpointer_flush(checkpoint, table, b) < 0)
			return -1;
	}
	return 0;
}

static int save_live(const struct pw_asof_shown *s, bool full, struct pw_builder *b,
		     struct pw_checkpointer_writer *checkpoint, size_t table)
{
	const size_t count = order_of(s, s->side)->count;
	uint32_t slot;

	for (size_t at = 0; pw_dirty_walk(&s->dirty, full, &at, &slot);) {
		const struct record *r = record_at(s, slot);

		append_row(s, pw_arrangement_key(&s->rows, slot), b);
		pw_vector_word(&b->vectors[count], r->copies);
		pw_vector_bool(&b->vectors[count + 1], r->match != NULL);
		append_match(s, r->match, b);
		pw_builder_row(b, 0, 1);
		if (pw_builder_full(b) && pw_checkpointer_flush(checkpoint, table, b) < 0)
			return -1;
	}
	return 0;
}

int pw_asof_shown_save(const struct pw_asof_shown *s, bool full,
		       struct pw_checkpointer_writer *checkpoint, size_t table)
{
	struct pw_builder b;
	int rc = 0;

	pw_builder_init(&b, &s->saved);
	if (!full)
		rc = save_gone(s, &b, checkpoint, table);
	if (rc == 0)
		rc = save_live(s, full, &b, checkpoint, table);
	if (rc == 0)
		rc = pw_checkpointer_flush(checkpoint, table, &b);
	pw_builder_release(&b);
	return rc;
}

/* Encodes the rows, and their matches. */
static void encode(struct pw_asof_shown *s, const struct pw_batch *batch)
{
	const struct pw_roworder *own = order_of(s, s->side), *other = order_of(s, !s->side);
	const size_t keys = key_count(s), count = other->count - keys;
	int *list = pw_mem_alloc(count + 1, sizeof *list);
	struct pw_batch rows = *batch;

	rows.schema = own->schema; /* whose columns come first */
	pw_roworder_encode(own, &s->parts[0], &rows);
	for (size_t i = 0; i < count; i++)
		list[i] = (int)(own->count + 2 + i);
	pw_rowkeys_encode(&s->parts[1], batch, list, count, other->descending + keys);
	free(list);
}

static int load_row(struct pw_asof_shown *s, const struct pw_batch *batch, uint32_t i)
{
	const size_t count = order_of(s, s->side)->count;
	const struct pw_column *copies = &batch->columns[count];
	const struct pw_column *matched = &batch->columns[count + 1];
	const struct pw_slice whole = pw_rowkeys_at(&s->parts[0], i);
	const pw_diff diff = pw_batch_diff(batch, i);
	struct pw_asof_answer answer;

	if (diff == -1) {
		drop(s, whole);
		return 0;
	}
	if (diff != 1)
		return pw_fail(PW_STATE, "an answer that is shown has %" PRId64 " copies", diff);
	if (pw_column_null(copies, i) || pw_column_null(matched, i) || pw_column_int(copies, i) < 0)
		return pw_fail(PW_STATE, "an answer that is shown has no number of copies");
	answer = (struct pw_asof_answer){.copies = pw_column_int(copies, i),
					 .matched = pw_column_bool(matched, i),
					 .match = pw_rowkeys_at(&s->parts[1], i)};
	set(s, whole, &answer);
	return 0;
}

int pw_asof_shown_load(struct pw_asof_shown *s, const struct pw_batch *batch)
{
	const bool on = s->dirty.on;
	int rc = 0;

	s->dirty.on = false; /* what is loaded is saved */
	encode(s, batch);
	for (uint32_t i = 0; i < batch->rows && rc == 0; i++)
		rc = load_row(s, batch, i);
	s->dirty.on = on;
	return rc;
}
