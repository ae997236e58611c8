#include "update.h"
#include "../data/conform.h"
#include "../data/roworder.h"
#include "../state/keyed.h"
#include "../state/zset.h"

#include <stdlib.h>

enum { A, B, SIDES };

struct side {
	struct pw_conform conform;
	struct pw_roworder order; /* key, rest: over the output's schema */
	struct pw_schema rest_schema;
	struct pw_roworder rest_order; /* for messages */
	bool only_adds;
	struct pw_rowkeys keys, rests; /* of the batch in hand, if the side only adds */
	struct pw_zset commit; /* the changes of the open commit, if it does more than add */
};

struct update {
	struct pw_op op;
	struct pw_update_wish wish;
	size_t key_count;
	struct pw_schema key_schema;
	struct pw_roworder key_order;
	struct side sides[SIDES];
	bool *overrides;      /* per column of the rest of A: does B have that column? */
	struct pw_keyed rows; /* of both sides */
	uint32_t slots[PW_ROWS_MAX];
	struct pw_bytes nothing;       /* the rest of a row of A whose cells are all null */
	struct pw_bytes merged[2];     /* as a row was, and as it is now */
	struct pw_schema stray_schema; /* of rows of B that A has no row for */
	struct pw_builder out, stray;
};

/* ---- arguments ---- */

static void bind_keys(struct update *u, const struct pw_schema *a, const struct pw_schema *b,
		      int *keys)
{
	if (u->wish.keys == NULL)
		pw_op_must(&u->op,
			   pw_fail(PW_USAGE, "-k COLS is missing: the columns that name a row"));
	u->key_count = pw_op_columns(&u->op, A, "-k", u->wish.keys, keys);
	for (size_t i = 0; i < u->key_count; i++) {
		const struct pw_field *f = &a->fields[keys[i]];
		const int other = pw_schema_need(b, pw_slice_of(f->name));
		if (other < 0)
			pw_op_must(&u->op, pw_fail_at("%s", u->op.host->names[B]));
		const struct pw_type type = b->fields[other].type;
		if (!pw_type_equal(f->type, type)) {
			char *here = pw_mem_print("%s %s", pw_type_article(f->type),
						  pw_type_name(f->type));
			pw_op_must(&u->op, pw_fail(PW_USAGE,
						   "key column '%s' is %s %s in input B and %s in "
						   "input A (make "
						   "them one "
						   "type with pw-select --add)",
						   f->name, pw_type_article(type),
						   pw_type_name(type), here));
		}
		pw_op_must(&u->op,
			   pw_schema_add(&u->key_schema, pw_slice_of(f->name), f->type, false));
	}
	pw_op_must(&u->op, pw_roworder_init(&u->key_order, &u->key_schema, NULL));
}

/*
 * Rows are taken back where a row of A can be overridden later, or go: not where
 * all of B is there from the start and A only grows. With cells, and errors to be
 * nulls, a key that only B has is shown with nulls for the rest: such a row changes
 * when the row of A comes.
 */
static void bind_schema(struct update *u, const struct pw_schema *a, const struct pw_schema *b,
			const int *keys)
{
	const bool lone = u->wish.cells && u->op.host->reject->policy == PW_REJECT_NULL;

	pw_schema_copy(&u->op.schema, a);
	pw_op_must(&u->op, pw_conform_unite(&u->op.schema, b, !u->wish.cells, u->op.host->names[B],
					    u->op.host->names[A]));
	u->op.schema.single = false;
	u->op.schema.is_static = a->is_static && b->is_static;
	u->op.schema.append_only =
		u->op.schema.is_static || (a->append_only && b->is_static && !lone);
	for (size_t i = 0; i < u->op.schema.count; i++) {
		u->op.schema.fields[i].key = false;
		if (lone && pw_schema_find(b, pw_slice_of(u->op.schema.fields[i].name)) < 0)
			u->op.schema.fields[i].type.required = false;
	}
	for (size_t i = 0; i < u->key_count; i++)
		u->op.schema.fields[keys[i]].key = true;
}

/* Chooses how rows of a side are encoded: key, then the other columns that the side has. */
static void bind_side(struct update *u, struct side *s, const struct pw_schema *in, const int *keys)
{
	pw_conform_init(&s->conform, &u->op.schema, in);
	pw_op_must(&u->op, pw_roworder_init(&s->order, &u->op.schema, NULL));
	s->order.count = 0;
	for (size_t i = 0; i < u->key_count; i++)
		s->order.list[s->order.count++] = keys[i];
	for (size_t i = 0; i < u->op.schema.count; i++) {
		const struct pw_field *f = &u->op.schema.fields[i];
		if (f->key || s->conform.from[i] < 0)
			continue;
		s->order.list[s->order.count++] = (int)i;
		pw_op_must(&u->op,
			   pw_schema_add(&s->rest_schema, pw_slice_of(f->name), f->type, false));
	}
	pw_op_must(&u->op, pw_roworder_init(&s->rest_order, &s->rest_schema, NULL));
	s->only_adds = in->append_only;
	pw_zset_init(&s->commit, &s->order);
}

/* The rest of A's row whose cells are all null. */
static void make_nothing(struct update *u)
{
	struct pw_vector v;

	for (size_t i = 0; i < u->sides[A].rest_schema.count; i++) {
		pw_vector_init(&v, u->sides[A].rest_schema.fields[i].type);
		pw_vector_null(&v);
		pw_rowkey_add(&u->nothing, pw_vector_view(&v), 0, false);
		pw_vector_release(&v);
	}
}

static void bind_sides(struct update *u, const struct pw_schema *a, const struct pw_schema *b)
{
	int *keys = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *keys);

	bind_keys(u, a, b, keys);
	bind_schema(u, a, b, keys);
	bind_side(u, &u->sides[A], a, keys);
	bind_side(u, &u->sides[B], b, keys);
	free(keys);
	u->overrides = pw_mem_zero(u->sides[A].rest_schema.count + 1, sizeof *u->overrides);
	for (size_t i = 0; i < u->sides[A].rest_schema.count; i++) {
		const int column = u->sides[A].order.list[u->key_count + i];
		u->overrides[i] = u->sides[B].conform.from[column] >= 0;
	}
	for (size_t i = 0; i < u->sides[B].order.count; i++) {
		const struct pw_field *f = &u->op.schema.fields[u->sides[B].order.list[i]];
		pw_op_must(&u->op,
			   pw_schema_add(&u->stray_schema, pw_slice_of(f->name), f->type, false));
	}
	make_nothing(u);
}

/* The rows of both sides by key, which are what is remembered. */
static void open_rows(struct update *u)
{
	static const char *const tables[SIDES] = {"a", "b"};

	pw_keyed_init(&u->rows, u->key_count);
	for (int side = A; side <= B; side++)
		pw_keyed_add_side(&u->rows, tables[side], &u->op.schema, u->sides[side].order.list,
				  u->sides[side].order.count);
	u->op.state_text = "the rows of both inputs, by key";
	u->op.checkpoint = (struct pw_op_checkpoint){
		pw_keyed_checkpointer(&u->rows), &u->rows, {&u->rows.dirty.on}};
}

static void bind(struct pw_op *op, const void *wish)
{
	struct update *u = (struct update *)op;

	u->wish = *(const struct pw_update_wish *)wish;
	bind_sides(u, &op->in[A], &op->in[B]);
	open_rows(u);
	pw_builder_init(&u->out, &op->schema);
	pw_builder_init(&u->stray, &u->stray_schema);
}

/* ---- errors ---- */

/* Places the message there is: "input A: time 4: ..." */
_Noreturn static void fail_here(struct update *u, int side)
{
	struct pw_bytes when = {0};

	pw_time_print(&when, u->op.commit.time);
	pw_fail_at("time %s", pw_bytes_string(&when));
	pw_fail_at("%s", u->op.host->names[side]);
	pw_op_fail(&u->op);
}

_Noreturn static void fail_key(struct update *u, int side, struct pw_slice key, const char *what)
{
	struct pw_bytes text = {0};

	pw_roworder_describe(&u->key_order, key, &text);
	pw_fail(PW_DATA, "the key (%s) %s", pw_bytes_string(&text), what);
	fail_here(u, side);
}

_Noreturn static void fail_copies(struct update *u, int side, struct pw_slice key,
				  struct pw_slice rest, pw_diff copies)
{
	struct pw_bytes text = {0};

	pw_roworder_describe(&u->key_order, key, &text);
	if (u->sides[side].rest_schema.count > 0)
		pw_bytes_text(&text, ", ");
	pw_roworder_describe(&u->sides[side].rest_order, rest, &text);
	pw_diff_negative(PW_DATA, pw_bytes_string(&text), copies);
	fail_here(u, side);
}

/* ---- the rows of each side ---- */

static void add_row(struct update *u, uint32_t slot, int side, struct pw_slice rest, pw_diff copies)
{
	if (copies > 1 || pw_keyed_now(&u->rows, slot, side) != NULL)
		fail_key(u, side, pw_arrangement_key(&u->rows.keys, slot), "is there twice");
	pw_keyed_put(&u->rows, slot, side, rest);
}

static void add_rows(struct update *u, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count)
{
	struct side *s = &u->sides[side];

	if (count == s->keys.rows)
		pw_arrangement_put_all(&u->rows.keys, &s->keys, u->slots);
	for (uint32_t i = 0; i < count; i++) {
		const struct pw_slice key = pw_rowkeys_at(&s->keys, from + i);
		const pw_diff diff = pw_batch_diff(batch, from + i);
		if (diff < 0)
			fail_key(u, side, key,
				 "loses a row, and the stream says that it only adds");
		if (count != s->keys.rows)
			u->slots[i] = pw_arrangement_put(&u->rows.keys, key, NULL);
		add_row(u, u->slots[i], side, pw_rowkeys_at(&s->rests, from + i), diff);
	}
}

static void take_row_away(struct update *u, int side, struct pw_slice key, struct pw_slice rest,
			  pw_diff diff)
{
	const uint32_t slot = pw_arrangement_find(&u->rows.keys, key);
	const struct pw_blob *now =
		slot == PW_SLOT_NONE ? NULL : pw_keyed_now(&u->rows, slot, side);
	const bool there = now != NULL && pw_slice_equal(pw_blob_slice(now), rest);

	if (!there || diff < -1)
		fail_copies(u, side, key, rest, diff + there);
	pw_keyed_take(&u->rows, slot, side);
}

/* The changes of the commit, summed up: first what goes, then what comes. */
static void apply(struct update *u, int side, bool away)
{
	struct side *s = &u->sides[side];

	for (size_t i = 0; i < s->commit.touched_count; i++) {
		const uint32_t row = s->commit.touched[i];
		const pw_diff diff = pw_zset_row(&s->commit, row)->pending;
		struct pw_slice key, rest;
		if (diff == 0 || (diff < 0) != away)
			continue;
		pw_keyed_split(&u->rows, side, pw_arrangement_key(&s->commit.rows, row), &key,
			       &rest);
		if (away)
			take_row_away(u, side, key, rest, diff);
		else
			add_row(u, pw_arrangement_put(&u->rows.keys, key, NULL), side, rest, diff);
	}
}

/* ---- the rows that are shown ---- */

enum shown { NO_ROW, A_ROW, STRAY }; /* STRAY: a row of B under --cells that A has none for */

/* The row of A with the cells of B in it. */
static struct pw_slice merge(struct update *u, struct pw_slice a, struct pw_slice b,
			     struct pw_bytes *merged)
{
	const struct side *s = &u->sides[A];
	const char *at_a = a.data, *at_b = b.data;

	pw_bytes_clear(merged);
	for (size_t i = 0; i < s->rest_schema.count; i++) {
		const struct pw_type type = s->rest_schema.fields[i].type;
		const char *from_a = at_a, *from_b = at_b;
		pw_rowkey_take(&at_a, a.data + a.length, type, false, NULL);
		if (u->overrides[i]) {
			pw_rowkey_take(&at_b, b.data + b.length, type, false, NULL);
			pw_bytes_add(merged, from_b, (size_t)(at_b - from_b));
		} else {
			pw_bytes_add(merged, from_a, (size_t)(at_a - from_a));
		}
	}
	return (struct pw_slice){merged->data, merged->length};
}

static enum shown look(struct update *u, struct pw_blob *const *sides, struct pw_bytes *merged,
		       struct pw_slice *rest)
{
	const struct pw_blob *a = sides[A], *b = sides[B];

	*rest = (struct pw_slice){"", 0};
	if (a == NULL && b == NULL)
		return NO_ROW;
	if (b == NULL || !u->wish.cells) {
		*rest = pw_blob_slice(b != NULL ? b : a);
		return A_ROW;
	}
	if (a != NULL || u->op.host->reject->policy == PW_REJECT_NULL) {
		const struct pw_slice none = {u->nothing.data, u->nothing.length};
		*rest = merge(u, a != NULL ? pw_blob_slice(a) : none, pw_blob_slice(b), merged);
		return A_ROW;
	}
	*rest = pw_blob_slice(b);
	return STRAY;
}

static void send(struct update *u)
{
	if (u->out.rows > 0)
		pw_op_emit(&u->op, pw_builder_view(&u->out));
	pw_builder_clear(&u->out);
}

static void show(struct update *u, struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	if (diff < 0 && u->op.schema.append_only)
		fail_key(u, B, key,
			 "is overridden later, and the stream says that it was complete at once");
	pw_keyed_decode_key(&u->rows, A, key, u->out.vectors);
	pw_keyed_decode_rest(&u->rows, A, rest, u->out.vectors);
	pw_builder_row(&u->out, u->op.commit.time, diff);
	if (pw_builder_full(&u->out))
		send(u);
}

static void reject_stray(struct update *u, struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	const char *at = key.data;

	if (u->op.host->reject->policy == PW_REJECT_STOP)
		fail_key(u, B, key, "is not in input A, and --cells adds no rows");
	for (size_t i = 0; i < u->stray_schema.count; i++) {
		if (i == u->key_count)
			at = rest.data;
		pw_rowkey_take(&at,
			       i < u->key_count ? key.data + key.length : rest.data + rest.length,
			       u->stray_schema.fields[i].type, false, &u->stray.vectors[i]);
	}
	pw_builder_row(&u->stray, u->op.commit.time, diff);
	pw_op_must(&u->op, pw_reject_row(u->op.host->reject, PW_SLICE("the key is not in input A"),
					 pw_builder_view(&u->stray), 0));
	pw_builder_clear(&u->stray);
}

static void show_or_reject(struct update *u, enum shown what, struct pw_slice key,
			   struct pw_slice rest, pw_diff diff)
{
	if (what == A_ROW)
		show(u, key, rest, diff);
	else if (what == STRAY)
		reject_stray(u, key, rest, diff);
}

static void show_change(struct update *u, uint32_t slot)
{
	const struct pw_slice key = pw_arrangement_key(&u->rows.keys, slot);
	struct pw_slice old, new;
	const enum shown before = look(u, pw_keyed_before(&u->rows, slot), &u->merged[0], &old);
	const enum shown now = look(u, pw_keyed_record(&u->rows, slot)->now, &u->merged[1], &new);

	if (before == now && pw_slice_equal(old, new))
		return;
	show_or_reject(u, before, key, old, -1);
	show_or_reject(u, now, key, new, 1);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int side, const struct pw_batch **batch)
{
	struct update *u = (struct update *)op;
	struct side *s = &u->sides[side];

	*batch = pw_conform_batch(&s->conform, *batch);
	if (s->only_adds)
		pw_keyed_encode(&u->rows, side, *batch, &s->keys, &s->rests);
	else
		pw_zset_encode(&s->commit, *batch);
}

static void take_rows(struct pw_op *op, int side, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct update *u = (struct update *)op;

	if (u->sides[side].only_adds)
		add_rows(u, side, batch, from, count);
	else
		pw_op_must(op, pw_zset_add(&u->sides[side].commit, batch, from, count));
}

static void commit(struct pw_op *op)
{
	struct update *u = (struct update *)op;

	for (int side = 0; side < SIDES; side++) {
		apply(u, side, true);
		apply(u, side, false);
		pw_zset_forget(&u->sides[side].commit);
	}
	pw_keyed_sort(&u->rows);
	for (size_t i = 0; i < u->rows.touched_count; i++)
		show_change(u, u->rows.sorted[i]);
	pw_keyed_apply(&u->rows);
}

static void flush(struct pw_op *op)
{
	send((struct update *)op);
}

static size_t bytes(const struct pw_op *op)
{
	return pw_keyed_bytes(&((const struct update *)op)->rows);
}

static void release_side(struct side *s)
{
	pw_conform_release(&s->conform);
	pw_roworder_release(&s->order);
	pw_schema_release(&s->rest_schema);
	pw_roworder_release(&s->rest_order);
	pw_rowkeys_release(&s->keys);
	pw_rowkeys_release(&s->rests);
	pw_zset_release(&s->commit);
}

static void release(struct pw_op *op)
{
	struct update *u = (struct update *)op;

	for (int side = 0; side < SIDES; side++)
		release_side(&u->sides[side]);
	pw_schema_release(&u->key_schema);
	pw_roworder_release(&u->key_order);
	free(u->overrides);
	pw_keyed_release(&u->rows);
	pw_bytes_release(&u->nothing);
	pw_bytes_release(&u->merged[0]);
	pw_bytes_release(&u->merged[1]);
	pw_builder_release(&u->out);
	pw_builder_release(&u->stray);
	pw_schema_release(&u->stray_schema);
}

const struct pw_op_kind pw_update_op = {
	.size = sizeof(struct update),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
