/*
 * pw-dedup - one row per key; a new row replaces it when it may
 *
 * When a commit is complete, its new rows are offered in the order of -o's
 * column, ties in that of the other columns. The first row of a key is taken
 * unasked; a later one if --accept is true of the two rows' values in that
 * column, or without --accept always. What the key showed before then goes out
 * with -1 and its new row with +1. Rows that are taken away change nothing.
 *
 * A row is a key (pw_rowkey): the columns of -k, then the rest, which begins
 * with the column of -o, so that rests compare as the rows are offered.
 */
#include "../lib/data/roworder.h"
#include "../lib/expr/expr.h"
#include "../lib/state/keyed.h"
#include "../lib/state/zset.h"
#include "../lib/tool/register.h"
#include "../lib/tool/reject.h"

#include <stddef.h>
#include <stdlib.h>

struct options {
	const char *keys, *by, *accept;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true,
	 "one row for each of their values (default: one row at all)"},
	{'o', "order", "COL", PW_OPTION_TEXT, O(by), true,
	 "the column by which rows of a commit are offered"},
	{0, "accept", "EXPR", PW_OPTION_TEXT, O(accept), true,
	 "take a row only if this is true of new and old, COL's values (default: always)"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-dedup",
	.summary = "one row per key, replaced when a new row may",
	.synopsis = "[-k COLS] -o COL [--accept EXPR]",
	.examples = "  pw-dedup -k user -o ts                       the latest row of each user\n"
		    "  pw-dedup -k sensor -o value --accept 'new > old'\n"
		    "  pw-dedup -o total --accept 'abs(new - old) >= 100'\n",
	.options = table,
};

enum { PAIRS = PW_BATCH_ROWS, LONGEST_STEP = 4096 };

/* A key whose rows of the commit are being offered: rows at .. end of d.offered. */
struct contest {
	uint32_t slot;          /* of the key */
	struct pw_slice holder; /* the rest of the row that holds the key by now */
	bool changed;
	uint32_t at, end;
	uint32_t step;  /* how many rows to try at once: more while none is accepted */
	uint32_t trial; /* the first of its pairs, which are step or all that are left */
};

static struct {
	struct pw_tool tool;
	struct options o;
	const struct pw_schema *in;
	struct pw_schema schema; /* of the output */
	struct pw_roworder order;
	size_t key_count;
	bool simple; /* only adds, all accepted: the last row of each key is enough */
	struct pw_reject reject;

	struct pw_keyed shown; /* what each key shows */
	struct pw_checkpointer checkpointer;
	bool open;
	pw_time time;

	struct pw_rowkeys row_keys, row_rests; /* simple: of the batch in hand */
	uint32_t slots[PW_ROWS_MAX], rows[PW_ROWS_MAX];

	struct pw_zset commit; /* else: the changes of the open commit */
	uint32_t *offered;     /* its rows, as slots in commit.rows, in order */
	size_t offered_capacity;
	struct contest *contests;
	size_t contest_count, contest_capacity;

	struct pw_schema pair_schema; /* new, old */
	struct pw_expr accept;
	struct pw_builder pairs;

	struct pw_builder sound, out, one;
} d;

static int must(int x)
{
	return pw_must(&d.tool, x);
}

/* ---- arguments ---- */

static void bind_order(int by, const int *keys)
{
	bool *used = pw_mem_zero(d.in->count, sizeof *used);

	must(pw_roworder_init(&d.order, d.in, NULL));
	d.order.count = 0;
	for (size_t i = 0; i < d.key_count; i++) {
		used[keys[i]] = true;
		d.order.list[d.order.count++] = keys[i];
	}
	if (!used[by])
		d.order.list[d.order.count++] = by;
	used[by] = true;
	for (size_t i = 0; i < d.in->count; i++)
		if (!used[i])
			d.order.list[d.order.count++] = (int)i;
	free(used);
}

static int bind_accept(struct pw_type type)
{
	struct pw_ast ast;

	type.required = true;
	must(pw_schema_add(&d.pair_schema, PW_SLICE("new"), type, false));
	must(pw_schema_add(&d.pair_schema, PW_SLICE("old"), type, false));
	d.pair_schema.append_only = d.in->append_only;
	pw_expr_init(&d.accept, &d.pair_schema);
	if (pw_ast_parse(&ast, d.o.accept, false) < 0)
		return -1;
	const int result = pw_expr_add_typed(&d.accept, &ast, ast.root, PW_TYPE(PW_BOOL));
	pw_ast_release(&ast);
	return result;
}

static void bind(void)
{
	int *keys = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *keys);

	d.in = &pw_tool_head(&d.tool, 0)->schema;
	if (d.tool.arg_count > 0)
		must(pw_fail(PW_USAGE, "'%s' is one argument too many", d.tool.args[0]));
	if (d.o.by == NULL)
		must(pw_fail(PW_USAGE, "-o COL is wanted: the column by which rows are offered"));
	const int by = must(pw_schema_need(d.in, pw_slice_of(d.o.by)));
	if (d.o.keys != NULL)
		d.key_count = (size_t)must(pw_schema_list(d.in, d.o.keys, keys));
	for (size_t i = 0; i < d.key_count; i++)
		if (keys[i] == by)
			must(pw_fail(PW_USAGE, "'%s' is in -k, so it orders no rows of one key",
				     d.in->fields[by].name));
	pw_schema_copy(&d.schema, d.in);
	for (size_t i = 0; i < d.schema.count; i++)
		d.schema.fields[i].key = false;
	for (size_t i = 0; i < d.key_count; i++)
		d.schema.fields[keys[i]].key = true;
	d.schema.append_only = d.in->is_static;
	bind_order(by, keys);
	free(keys);
	if (d.o.accept != NULL)
		must(bind_accept(d.in->fields[by].type));
	d.simple = d.in->append_only && d.o.accept == NULL;
}

static const char *state_text(void)
{
	if (d.key_count == 0)
		return d.simple ? "one row" : "one row, and the open commit";
	return d.simple ? "a row per different value of -k"
			: "a row per different value of -k, and the open commit";
}

static void open_state(void)
{
	pw_zset_init(&d.commit, &d.order);
	pw_builder_init(&d.sound, d.in);
	pw_builder_init(&d.out, &d.schema);
	pw_builder_init(&d.one, d.in);
	pw_builder_init(&d.pairs, &d.pair_schema);
}

/* The row that each key shows; also what a run before this one has left of them. */
static void keep(void)
{
	pw_keyed_init(&d.shown, d.key_count);
	pw_keyed_add_side(&d.shown, NULL, d.in, d.order.list, d.order.count);
	d.checkpointer = pw_keyed_checkpointer(&d.shown);
	d.shown.dirty.on = must(pw_tool_register_state(&d.tool, &d.checkpointer, &d.shown)) > 0;
}

/* ---- rows as keys ---- */

/* The first column of the rest, that of -o, appended. */
static void take_value(struct pw_slice rest, struct pw_vector *v)
{
	const char *at = rest.data;

	pw_rowkey_take(&at, rest.data + rest.length, d.pair_schema.fields[0].type, false, v);
}

static void split(struct pw_slice row, struct pw_slice *key, struct pw_slice *rest)
{
	pw_keyed_split(&d.shown, 0, row, key, rest);
}

/* ---- the end of a commit ---- */

static void send(void)
{
	if (d.out.rows > 0)
		pw_tool_batch(&d.tool, pw_builder_view(&d.out));
	pw_builder_clear(&d.out);
}

static void show(uint32_t slot, const struct pw_blob *rest, pw_diff diff)
{
	pw_keyed_decode_key(&d.shown, 0, pw_arrangement_key(&d.shown.keys, slot), d.out.vectors);
	pw_keyed_decode_rest(&d.shown, 0, pw_blob_slice(rest), d.out.vectors);
	pw_builder_row(&d.out, d.time, diff);
	if (pw_builder_full(&d.out))
		send();
}

/* What has been given becomes what is shown. */
static void show_changes(void)
{
	pw_keyed_sort(&d.shown);
	for (size_t i = 0; i < d.shown.touched_count; i++) {
		const uint32_t slot = d.shown.sorted[i];
		const struct pw_blob *before = pw_keyed_before(&d.shown, slot)[0];
		const struct pw_blob *now = pw_keyed_now(&d.shown, slot, 0);

		if (before != NULL && pw_slice_equal(pw_blob_slice(before), pw_blob_slice(now)))
			continue;
		if (before != NULL)
			show(slot, before, -1);
		show(slot, now, 1);
	}
	pw_keyed_apply(&d.shown);
}

/* ---- offering rows to --accept ---- */

static struct pw_slice offered_rest(uint32_t i)
{
	struct pw_slice key, rest;

	split(pw_arrangement_key(&d.commit.rows, d.offered[i]), &key, &rest);
	return rest;
}

static uint32_t trial_size(const struct contest *c)
{
	return c->end - c->at < c->step ? c->end - c->at : c->step;
}

static void add_trial(struct contest *c)
{
	const uint32_t n = trial_size(c);

	c->trial = d.pairs.rows;
	for (uint32_t i = 0; i < n; i++) {
		take_value(offered_rest(c->at + i), &d.pairs.vectors[0]);
		take_value(c->holder, &d.pairs.vectors[1]);
		pw_builder_row(&d.pairs, d.time, 1);
	}
}

/* --accept fails for a row that is offered. */
static void fail_row(uint32_t pair, uint32_t offered)
{
	struct pw_bytes reason = {0};

	if (d.reject.policy == PW_REJECT_NULL)
		return;
	pw_expr_reason(&d.accept, 0, pair, &reason);
	if (d.reject.policy == PW_REJECT_STOP)
		must(pw_fail(PW_DATA, "expression '%s': %s", d.o.accept, pw_bytes_string(&reason)));
	pw_roworder_decode(&d.order, pw_arrangement_key(&d.commit.rows, d.offered[offered]),
			   &d.one);
	pw_builder_row(&d.one, d.time, 1);
	must(pw_reject_row(&d.reject, (struct pw_slice){reason.data, reason.length},
			   pw_builder_view(&d.one), 0));
	pw_builder_clear(&d.one);
	pw_bytes_release(&reason);
}

/* The first of the trial's rows that is accepted takes the key; those behind it wait for another trial. */
static void judge(struct contest *c)
{
	const struct pw_column *accepted = pw_expr_column(&d.accept, 0);
	const uint8_t *errors = pw_expr_errors(&d.accept, 0);
	const uint32_t n = trial_size(c);
	uint32_t i = 0;

	for (; i < n; i++) {
		const uint32_t pair = c->trial + i;
		if (errors != NULL && pw_bit(errors, pair))
			fail_row(pair, c->at + i);
		else if (!pw_column_null(accepted, pair) && pw_column_bool(accepted, pair))
			break;
	}
	if (i < n) {
		c->holder = offered_rest(c->at + i);
		c->changed = true;
		c->at += i + 1;
		c->step = 1;
		return;
	}
	c->at += n;
	c->step = c->step * 2 < LONGEST_STEP ? c->step * 2 : LONGEST_STEP;
}

static void judge_all(size_t from, size_t to)
{
	if (d.pairs.rows == 0)
		return;
	pw_expr_run(&d.accept, pw_builder_view(&d.pairs));
	for (size_t i = from; i < to; i++)
		judge(&d.contests[i]);
	pw_builder_clear(&d.pairs);
}

/* A trial for each key in turn, many keys at once, until no row is left to offer. */
static void offer_all(void)
{
	size_t left = d.contest_count;

	while (left > 0) {
		size_t from = 0, next = 0;
		for (size_t i = 0; i < left; i++) {
			if (d.pairs.rows + trial_size(&d.contests[i]) > PAIRS) {
				judge_all(from, i);
				from = i;
			}
			add_trial(&d.contests[i]);
		}
		judge_all(from, left);
		for (size_t i = 0; i < left; i++) { /* those with rows left to the front */
			const struct contest c = d.contests[i];
			if (c.at == c.end)
				continue;
			d.contests[i] = d.contests[next];
			d.contests[next++] = c;
		}
		left = next;
	}
}

/* ---- changes of a commit that are more than its last rows ---- */

/* The rows that the commit adds, in order. */
static uint32_t find_offered(void)
{
	uint32_t n = 0;

	d.offered = pw_mem_grow(d.offered, &d.offered_capacity, d.commit.touched_count,
				sizeof *d.offered);
	for (size_t i = 0; i < d.commit.touched_count; i++)
		if (pw_zset_row(&d.commit, d.commit.touched[i])->pending > 0)
			d.offered[n++] = d.commit.touched[i];
	pw_arrangement_sort(&d.commit.rows, d.offered, n);
	return n;
}

/* Rows from .. end are those of one key. */
static void add_contest(struct pw_slice key, uint32_t from, uint32_t end)
{
	const uint32_t slot = pw_arrangement_put(&d.shown.keys, key, NULL);
	const struct pw_blob *shown = pw_keyed_now(&d.shown, slot, 0);

	if (d.o.accept == NULL) {
		pw_keyed_put(&d.shown, slot, 0, offered_rest(end - 1));
		return;
	}
	struct contest c = {.slot = slot, .at = from, .end = end, .step = 1};

	c.changed = shown == NULL;
	c.holder = c.changed ? offered_rest(c.at++) : pw_blob_slice(shown);
	d.contests = pw_mem_grow(d.contests, &d.contest_capacity, d.contest_count + 1,
				 sizeof *d.contests);
	d.contests[d.contest_count++] = c;
}

static void decide(void)
{
	const uint32_t n = find_offered();
	struct pw_slice key, other, rest;

	d.contest_count = 0;
	for (uint32_t from = 0, end; from < n; from = end) {
		split(pw_arrangement_key(&d.commit.rows, d.offered[from]), &key, &rest);
		for (end = from + 1; end < n; end++) {
			split(pw_arrangement_key(&d.commit.rows, d.offered[end]), &other, &rest);
			if (!pw_slice_equal(key, other))
				break;
		}
		add_contest(key, from, end);
	}
	offer_all();
	for (size_t i = 0; i < d.contest_count; i++)
		if (d.contests[i].changed)
			pw_keyed_put(&d.shown, d.contests[i].slot, 0, d.contests[i].holder);
	pw_zset_forget(&d.commit);
}

static void close_commit(void)
{
	if (!d.simple)
		decide();
	show_changes();
	d.open = false;
}

/* ---- input ---- */

/* Rows whose column of -o is null are never taken. */
static const struct pw_batch *without_nulls(const struct pw_batch *batch)
{
	const struct pw_column *by = &batch->columns[d.order.list[d.key_count]];
	uint32_t n = 0;

	if (by->valid == NULL)
		return batch;
	for (uint32_t i = 0; i < batch->rows; i++)
		if (!pw_column_null(by, i))
			d.rows[n++] = i;
	pw_builder_clear(&d.sound);
	pw_builder_gather(&d.sound, batch, d.rows, n);
	return pw_builder_view(&d.sound);
}

/* Of the rows that only add, the last of each key. */
static void take_last(uint32_t from, uint32_t count)
{
	for (uint32_t i = from; i < from + count; i++) {
		const struct pw_slice rest = pw_rowkeys_at(&d.row_rests, i);
		const uint32_t slot = d.slots[i];

		const struct pw_keyed_record *r = pw_keyed_record(&d.shown, slot);

		if (r->touched == 0 || pw_slice_compare(rest, pw_blob_slice(r->now[0])) > 0)
			pw_keyed_put(&d.shown, slot, 0, rest);
	}
}

static void encode(const struct pw_batch *batch)
{
	if (!d.simple) {
		pw_zset_encode(&d.commit, batch);
		return;
	}
	must(pw_roworder_only_adds(&d.order, batch));
	pw_keyed_encode(&d.shown, 0, batch, &d.row_keys, &d.row_rests);
	pw_arrangement_put_all(&d.shown.keys, &d.row_keys, d.slots);
}

static void take_batch(const struct pw_batch *batch)
{
	uint32_t from = 0;

	batch = without_nulls(batch);
	if (batch->rows == 0)
		return;
	encode(batch);
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const struct pw_run *run = &batch->runs[r];
		if (d.open && run->time != d.time)
			close_commit();
		d.open = true;
		d.time = run->time;
		if (d.simple)
			take_last(from, run->rows);
		else
			must(pw_zset_add(&d.commit, batch, from, run->rows));
		from += run->rows;
	}
	send();
	d.tool.state_bytes = pw_keyed_bytes(&d.shown) + pw_zset_bytes(&d.commit);
}

static void pass_frontier(pw_time frontier)
{
	if (d.open && d.time < frontier)
		close_commit();
	send();
	pw_tool_frontier(&d.tool, frontier);
}

int main(int argc, char **argv)
{
	struct pw_event ev;

	pw_tool_start(&d.tool, &program, argc, argv, &d.o);
	pw_tool_input(&d.tool);
	bind();
	keep();
	pw_reject_choose(&d.reject, &d.tool);
	must(pw_reject_open(&d.reject, &d.tool));
	pw_tool_output(&d.tool, &d.schema, state_text());
	open_state();
	while (pw_tool_next(&d.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			take_batch(ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pass_frontier(ev.time);
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED && d.open) {
			close_commit();
			send();
		}
	}
	must(pw_reject_close(&d.reject, &d.tool));
	return pw_tool_finish(&d.tool);
}
