/*
 * pw-update - table A, overridden by the rows of table B with the same key
 *
 * For each key there is at most one row on either side. What is shown is B's
 * row if there is one, else A's; with --cells A's row with B's cells in it.
 * When a commit is complete, each key that it has touched is looked at: where
 * another row is shown than before, the old one goes out with -1 and the new
 * one with +1, in the order of the keys.
 *
 * A side that only adds puts its rows in place as they come. The changes of
 * any other are summed up first, since in an open commit a row may come before
 * the one that it replaces has gone.
 */
#include "../lib/data/conform.h"
#include "../lib/data/roworder.h"
#include "../lib/op/align.h"
#include "../lib/state/keyed.h"
#include "../lib/state/zset.h"
#include "../lib/tool/register.h"
#include "../lib/tool/reject.h"

#include <stddef.h>
#include <stdlib.h>

struct options {
	const char *keys;
	bool cells;
	uint64_t memory;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true,
	 "the columns by which rows of A and B are the same"},
	{0, "cells", NULL, PW_OPTION_FLAG, O(cells), true,
	 "B has some of A's columns, and overrides those only"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, O(memory), false,
	 "what an input that is ahead may take in memory (default: a quarter of it)"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-update",
	.summary = "a table overridden by the rows of another with the same key",
	.synopsis = "-k COLS [--cells] [--memory SIZE] A B",
	.examples = "  pw-update -k id prices.csv corrections.csv | pw-write\n"
		    "  pw-read -F orders/ | pw-update -k id --cells - exec:'pw-read -F paid/' | "
		    "pw-write --table\n",
	.options = table,
};

enum { A, B, SIDES };

static const char *const names[SIDES] = {"input A", "input B"};

struct side {
	struct pw_conform conform;
	struct pw_roworder order; /* key, rest: over the output's schema */
	struct pw_schema rest_schema;
	struct pw_roworder rest_order; /* for messages */
	bool only_adds;
	struct pw_rowkeys keys, rests; /* if it only adds: of the batch in hand */
	struct pw_zset commit;         /* else */
};

static struct {
	struct pw_tool tool;
	struct options o;
	struct pw_schema schema; /* of the output */
	size_t key_count;
	struct pw_schema key_schema;
	struct pw_roworder key_order;
	struct side sides[SIDES];
	bool *overrides; /* per column of A's rest: does B have it? */
	struct pw_reject reject;
	struct pw_align align;

	struct pw_keyed rows; /* of both sides */
	struct pw_checkpointer checkpointer;
	bool open;
	pw_time time;

	uint32_t slots[PW_ROWS_MAX];
	struct pw_bytes nothing;       /* the rest of nulls */
	struct pw_bytes merged[2];     /* before, now */
	struct pw_schema stray_schema; /* of rows of B without one of A */
	struct pw_builder out, stray;
} u;

static int must(int x)
{
	return pw_must(&u.tool, x);
}

/* ---- arguments ---- */

static void bind_keys(const struct pw_schema *a, const struct pw_schema *b, int *keys)
{
	if (u.o.keys == NULL)
		must(pw_fail(PW_USAGE,
			     "-k COLS is wanted: the columns by which rows are the same"));
	u.key_count = (size_t)must(pw_schema_list(a, u.o.keys, keys));
	for (size_t i = 0; i < u.key_count; i++) {
		const struct pw_field *f = &a->fields[keys[i]];
		const int other = pw_schema_need(b, pw_slice_of(f->name));
		if (other < 0)
			must(pw_fail_at("%s", names[B]));
		const struct pw_type type = b->fields[other].type;
		if (!pw_type_equal(f->type, type)) {
			char *here = pw_mem_print("%s %s", pw_type_article(f->type),
						  pw_type_name(f->type));
			must(pw_fail(PW_USAGE,
				     "key column '%s' is %s %s in input B and %s in input A (make "
				     "them one "
				     "type with pw-select --add)",
				     f->name, pw_type_article(type), pw_type_name(type), here));
		}
		must(pw_schema_add(&u.key_schema, pw_slice_of(f->name), f->type, false));
	}
	must(pw_roworder_init(&u.key_order, &u.key_schema, NULL));
}

/*
 * A row is taken back only if A's can be overridden or go: not where all of B
 * is there from the start and A only grows. A key of B that A has not is shown
 * under --cells with nulls for the rest, if errors are to be nulls: such a row
 * changes when A's comes.
 */
static void bind_schema(const struct pw_schema *a, const struct pw_schema *b, const int *keys)
{
	const bool lone = u.o.cells && u.reject.policy == PW_REJECT_NULL;

	pw_schema_copy(&u.schema, a);
	must(pw_conform_unite(&u.schema, b, !u.o.cells, names[B], names[A]));
	u.schema.is_static = a->is_static && b->is_static;
	u.schema.append_only = u.schema.is_static || (a->append_only && b->is_static && !lone);
	for (size_t i = 0; i < u.schema.count; i++) {
		u.schema.fields[i].key = false;
		if (lone && pw_schema_find(b, pw_slice_of(u.schema.fields[i].name)) < 0)
			u.schema.fields[i].type.required = false;
	}
	for (size_t i = 0; i < u.key_count; i++)
		u.schema.fields[keys[i]].key = true;
}

/* How a side's rows are encoded: key, then the other columns that it has. */
static void bind_side(struct side *s, const struct pw_schema *in, const int *keys)
{
	pw_conform_init(&s->conform, &u.schema, in);
	must(pw_roworder_init(&s->order, &u.schema, NULL));
	s->order.count = 0;
	for (size_t i = 0; i < u.key_count; i++)
		s->order.list[s->order.count++] = keys[i];
	for (size_t i = 0; i < u.schema.count; i++) {
		const struct pw_field *f = &u.schema.fields[i];
		if (f->key || s->conform.from[i] < 0)
			continue;
		s->order.list[s->order.count++] = (int)i;
		must(pw_schema_add(&s->rest_schema, pw_slice_of(f->name), f->type, false));
	}
	must(pw_roworder_init(&s->rest_order, &s->rest_schema, NULL));
	s->only_adds = in->append_only;
	pw_zset_init(&s->commit, &s->order);
}

/* The rest of A's row whose cells are all null. */
static void make_nothing(void)
{
	struct pw_vector v;

	for (size_t i = 0; i < u.sides[A].rest_schema.count; i++) {
		pw_vector_init(&v, u.sides[A].rest_schema.fields[i].type);
		pw_vector_null(&v);
		pw_rowkey_add(&u.nothing, pw_vector_view(&v), 0, false);
		pw_vector_release(&v);
	}
}

static void bind(void)
{
	const struct pw_schema *a = &pw_tool_head(&u.tool, A)->schema;
	const struct pw_schema *b = &pw_tool_head(&u.tool, B)->schema;
	int *keys = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *keys);

	bind_keys(a, b, keys);
	bind_schema(a, b, keys);
	bind_side(&u.sides[A], a, keys);
	bind_side(&u.sides[B], b, keys);
	free(keys);
	u.overrides = pw_mem_zero(u.sides[A].rest_schema.count + 1, sizeof *u.overrides);
	for (size_t i = 0; i < u.sides[A].rest_schema.count; i++) {
		const int column = u.sides[A].order.list[u.key_count + i];
		u.overrides[i] = u.sides[B].conform.from[column] >= 0;
	}
	for (size_t i = 0; i < u.sides[B].order.count; i++) {
		const struct pw_field *f = &u.schema.fields[u.sides[B].order.list[i]];
		must(pw_schema_add(&u.stray_schema, pw_slice_of(f->name), f->type, false));
	}
	make_nothing();
}

/* The rows of both sides; also what a run before this one has left of them. */
static void keep(void)
{
	static const char *const tables[SIDES] = {"a", "b"};

	pw_keyed_init(&u.rows, u.key_count);
	for (int side = A; side <= B; side++)
		pw_keyed_add_side(&u.rows, tables[side], &u.schema, u.sides[side].order.list,
				  u.sides[side].order.count);
	u.checkpointer = pw_keyed_checkpointer(&u.rows);
	u.rows.dirty.on = must(pw_tool_register_state(&u.tool, &u.checkpointer, &u.rows)) > 0;
}

/* ---- errors ---- */

/* Places the message there is: "time 4: input A: ..." */
_Noreturn static void fail_here(int side)
{
	struct pw_bytes when = {0};

	pw_fail_at("%s", names[side]);
	pw_time_print(&when, u.time);
	pw_fail_at("time %s", pw_bytes_string(&when));
	pw_tool_fail(&u.tool);
}

_Noreturn static void fail_key(int side, struct pw_slice key, const char *what)
{
	struct pw_bytes text = {0};

	pw_roworder_describe(&u.key_order, key, &text);
	pw_fail(PW_DATA, "the key (%s) %s", pw_bytes_string(&text), what);
	fail_here(side);
}

_Noreturn static void fail_copies(int side, struct pw_slice key, struct pw_slice rest,
				  pw_diff copies)
{
	struct pw_bytes text = {0};

	pw_roworder_describe(&u.key_order, key, &text);
	if (u.sides[side].rest_schema.count > 0)
		pw_bytes_text(&text, ", ");
	pw_roworder_describe(&u.sides[side].rest_order, rest, &text);
	pw_fail(PW_DATA, "the row (%s) has %lld copies", pw_bytes_string(&text), (long long)copies);
	fail_here(side);
}

/* ---- what each side has ---- */

static void add_row(uint32_t slot, int side, struct pw_slice rest, pw_diff copies)
{
	if (copies > 1 || pw_keyed_now(&u.rows, slot, side) != NULL)
		fail_key(side, pw_arrangement_key(&u.rows.keys, slot), "is there twice");
	pw_keyed_put(&u.rows, slot, side, rest);
}

static void add_rows(int side, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct side *s = &u.sides[side];

	if (count == s->keys.rows)
		pw_arrangement_put_all(&u.rows.keys, &s->keys, u.slots);
	for (uint32_t i = 0; i < count; i++) {
		const struct pw_slice key = pw_rowkeys_at(&s->keys, from + i);
		const pw_diff diff = pw_batch_diff(batch, from + i);
		if (diff < 0)
			fail_key(side, key, "loses a row, and the stream says that it only adds");
		if (count != s->keys.rows)
			u.slots[i] = pw_arrangement_put(&u.rows.keys, key, NULL);
		add_row(u.slots[i], side, pw_rowkeys_at(&s->rests, from + i), diff);
	}
}

static void take_row_away(int side, struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	const uint32_t slot = pw_arrangement_find(&u.rows.keys, key);
	const struct pw_blob *now = slot == PW_SLOT_NONE ? NULL : pw_keyed_now(&u.rows, slot, side);
	const bool there = now != NULL && pw_slice_equal(pw_blob_slice(now), rest);

	if (!there || diff < -1)
		fail_copies(side, key, rest, diff + there);
	pw_keyed_take(&u.rows, slot, side);
}

/* The changes of the commit, summed up: first what goes, then what comes. */
static void apply(int side, bool away)
{
	struct side *s = &u.sides[side];

	for (size_t i = 0; i < s->commit.touched_count; i++) {
		const uint32_t row = s->commit.touched[i];
		const pw_diff diff = pw_zset_row(&s->commit, row)->pending;
		struct pw_slice key, rest;
		if (diff == 0 || (diff < 0) != away)
			continue;
		pw_keyed_split(&u.rows, side, pw_arrangement_key(&s->commit.rows, row), &key,
			       &rest);
		if (away)
			take_row_away(side, key, rest, diff);
		else
			add_row(pw_arrangement_put(&u.rows.keys, key, NULL), side, rest, diff);
	}
}

/* ---- what is shown ---- */

enum shown { NO_ROW, A_ROW, STRAY }; /* STRAY: a row of B under --cells that A has none for */

/* A's row with the cells of B's in it. */
static struct pw_slice merge(struct pw_slice a, struct pw_slice b, struct pw_bytes *merged)
{
	const struct side *s = &u.sides[A];
	const char *at_a = a.data, *at_b = b.data;

	pw_bytes_clear(merged);
	for (size_t i = 0; i < s->rest_schema.count; i++) {
		const struct pw_type type = s->rest_schema.fields[i].type;
		const char *from_a = at_a, *from_b = at_b;
		pw_rowkey_take(&at_a, a.data + a.length, type, false, NULL);
		if (u.overrides[i]) {
			pw_rowkey_take(&at_b, b.data + b.length, type, false, NULL);
			pw_bytes_add(merged, from_b, (size_t)(at_b - from_b));
		} else {
			pw_bytes_add(merged, from_a, (size_t)(at_a - from_a));
		}
	}
	return (struct pw_slice){merged->data, merged->length};
}

static enum shown look(struct pw_blob *const *sides, struct pw_bytes *merged, struct pw_slice *rest)
{
	const struct pw_blob *a = sides[A], *b = sides[B];

	*rest = (struct pw_slice){"", 0};
	if (a == NULL && b == NULL)
		return NO_ROW;
	if (b == NULL || !u.o.cells) {
		*rest = pw_blob_slice(b != NULL ? b : a);
		return A_ROW;
	}
	if (a != NULL || u.reject.policy == PW_REJECT_NULL) {
		const struct pw_slice none = {u.nothing.data, u.nothing.length};
		*rest = merge(a != NULL ? pw_blob_slice(a) : none, pw_blob_slice(b), merged);
		return A_ROW;
	}
	*rest = pw_blob_slice(b);
	return STRAY;
}

static void send(void)
{
	if (u.out.rows > 0)
		pw_tool_batch(&u.tool, pw_builder_view(&u.out));
	pw_builder_clear(&u.out);
}

static void show(struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	if (diff < 0 && u.schema.append_only)
		fail_key(B, key,
			 "is overridden later, and the stream says that it was complete at once");
	pw_keyed_decode_key(&u.rows, A, key, u.out.vectors);
	pw_keyed_decode_rest(&u.rows, A, rest, u.out.vectors);
	pw_builder_row(&u.out, u.time, diff);
	if (pw_builder_full(&u.out))
		send();
}

static void reject_stray(struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	const char *at = key.data;

	if (u.reject.policy == PW_REJECT_STOP)
		fail_key(B, key, "is not in input A, and --cells adds no rows");
	for (size_t i = 0; i < u.stray_schema.count; i++) {
		if (i == u.key_count)
			at = rest.data;
		pw_rowkey_take(&at,
			       i < u.key_count ? key.data + key.length : rest.data + rest.length,
			       u.stray_schema.fields[i].type, false, &u.stray.vectors[i]);
	}
	pw_builder_row(&u.stray, u.time, diff);
	must(pw_reject_row(&u.reject, PW_SLICE("the key is not in input A"),
			   pw_builder_view(&u.stray), 0));
	pw_builder_clear(&u.stray);
}

static void show_or_reject(enum shown what, struct pw_slice key, struct pw_slice rest, pw_diff diff)
{
	if (what == A_ROW)
		show(key, rest, diff);
	else if (what == STRAY)
		reject_stray(key, rest, diff);
}

static void show_change(uint32_t slot)
{
	const struct pw_slice key = pw_arrangement_key(&u.rows.keys, slot);
	struct pw_slice old, new;
	const enum shown before = look(pw_keyed_before(&u.rows, slot), &u.merged[0], &old);
	const enum shown now = look(pw_keyed_record(&u.rows, slot)->now, &u.merged[1], &new);

	if (before == now && pw_slice_equal(old, new))
		return;
	show_or_reject(before, key, old, -1);
	show_or_reject(now, key, new, 1);
}

static void close_commit(void)
{
	for (int side = 0; side < SIDES; side++) {
		apply(side, true);
		apply(side, false);
		pw_zset_forget(&u.sides[side].commit);
	}
	pw_keyed_sort(&u.rows);
	for (size_t i = 0; i < u.rows.touched_count; i++)
		show_change(u.rows.sorted[i]);
	pw_keyed_apply(&u.rows);
	u.open = false;
}

/* ---- input ---- */

static void take_batch(int side, const struct pw_batch *in)
{
	struct side *s = &u.sides[side];
	const struct pw_batch *batch = pw_conform_batch(&s->conform, in);
	uint32_t from = 0;

	if (s->only_adds)
		pw_keyed_encode(&u.rows, side, batch, &s->keys, &s->rests);
	else
		pw_zset_encode(&s->commit, batch);
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const struct pw_run *run = &batch->runs[r];
		if (u.open && run->time != u.time)
			close_commit();
		u.open = true;
		u.time = run->time;
		if (s->only_adds)
			add_rows(side, batch, from, run->rows);
		else
			must(pw_zset_add(&s->commit, batch, from, run->rows));
		from += run->rows;
	}
	send();
	u.tool.state_bytes = pw_keyed_bytes(&u.rows);
}

static void pass_frontier(pw_time frontier)
{
	if (u.open && u.time < frontier)
		close_commit();
	send();
	pw_tool_frontier(&u.tool, frontier);
}

static void run(void)
{
	struct pw_event ev;

	while (pw_align_next(&u.align, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			take_batch(ev.input, ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pass_frontier(ev.time);
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED && u.open) {
			close_commit();
			send();
		}
	}
}

int main(int argc, char **argv)
{
	pw_tool_start(&u.tool, &program, argc, argv, &u.o);
	u.tool.budget.limit = u.o.memory;
	if (u.tool.arg_count != SIDES)
		must(pw_fail(PW_USAGE, "two inputs are wanted, A and B, and %d were given",
			     u.tool.arg_count));
	pw_tool_inputs(&u.tool, u.tool.args, names, SIDES);
	must(pw_reject_open(&u.reject, &u.tool));
	bind();
	keep();
	pw_tool_output(&u.tool, &u.schema, "the rows of both inputs, by key");
	pw_builder_init(&u.out, &u.schema);
	pw_builder_init(&u.stray, &u.stray_schema);
	pw_align_open(&u.align, &u.tool);
	run();
	pw_align_close(&u.align);
	must(pw_reject_close(&u.reject, &u.tool));
	return pw_tool_finish(&u.tool);
}
