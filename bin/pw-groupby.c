/*
 * pw-groupby - group and aggregate a stream
 *
 * Rows with equal keys are a group. When a commit is complete, for each group
 * that it touched the row shown before goes out with -1 and the new one with
 * +1, in the order of the keys; nothing if they are equal. What was shown
 * before is calculated again before the commit's first change to the group,
 * so nothing but the groups' records is kept. A static input is one commit:
 * then every group is shown once, at its end.
 *
 *   input row -> arguments -> records of groups -> results -> output row
 *   (schema)     (g.calls.inputs)   (g.groups)           (g.shown)  (g.calls.outputs)
 */
#include "../lib/data/roworder.h"
#include "../lib/tool/calls.h"
#include "../lib/tool/reject.h"

#include <stddef.h>
#include <stdlib.h>

static struct options {
	const char *keys;
} options;

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct options, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-groupby",
	.summary = "group and aggregate a stream",
	.synopsis = "[-k COLS] [[NAME =] AGGREGATE]...",
	.examples =
		"  pw-read orders.csv | pw-groupby -k city count 'total = sum(amount)' | pw-write\n"
		"  pw-read orders.csv | pw-groupby -k city,day 'rate = sum(paid) / count()' | "
		"pw-write\n"
		"  pw-read words.txt | pw-groupby -k data | pw-write\n",
	.options = option_table,
};

enum {
	CHUNK = 8192, /* groups shown at once, at most */
	FIRST_CHUNK = 64,
	AHEAD = 16 /* groups whose memory is asked for in advance */
};

#define NO_ROW UINT32_MAX

/* A group that the open commit touched. */
struct touched {
	uint32_t slot;
	uint32_t before; /* the row of g.before that it showed, or NO_ROW */
};

/* Reasons of row errors by row; empty while there are none. */
struct reasons {
	const char **why;
	size_t count, capacity;
};

/* Results of calls for some groups, a vector per call. */
struct results {
	struct pw_vector *vectors;
	uint32_t rows;
	struct reasons reasons;
};

/*
 * Invariant: between batches, every live slot has rows or is touched by the
 * open commit; mark[slot] is the number of its entry in touched, plus 1, or 0.
 */
static struct {
	struct pw_tool tool;
	struct pw_reject reject;
	struct pw_schema schema; /* of the input */
	bool is_static;

	int keys[PW_COLUMNS_MAX];
	size_t key_count;
	struct pw_schema key_schema;
	struct pw_roworder key_order; /* decodes and describes keys */

	struct pw_calls calls;
	struct pw_schema schema_out; /* keys, outputs */

	struct pw_arrangement groups;
	struct pw_rowkeys row_keys;
	uint32_t *slots, *code_slots;
	size_t slot_capacity, code_capacity;

	bool open; /* changes of time have come that are not complete */
	bool closed_once;
	pw_time time;
	struct touched *touched;
	size_t touched_count, touched_capacity;
	uint32_t *mark;
	size_t mark_capacity;
	uint32_t *dying; /* groups that had no rows when a commit closed */
	size_t dying_count, dying_capacity;
	struct results before, after;
	uint32_t chunk; /* groups to show at once, so that long lists make no huge frame */

	struct pw_builder shown; /* rows of shown_schema on their way out */
	struct reasons reasons;  /* of theirs */
	struct pw_builder kept;  /* of schema_out, where some must not go out */
	struct pw_builder sound; /* input rows, where some are in error */
	struct pw_column *columns;
	uint32_t *rows;
	size_t row_capacity;
} g;

static int must(int x)
{
	return pw_must(&g.tool, x);
}

static void *grown(void *p, size_t *capacity, size_t need, size_t size)
{
	return need > *capacity ? pw_mem_grow(p, capacity, need, size) : p;
}

/* ---- start ---- */

static void bind(void)
{
	struct pw_calls *c = &g.calls;

	pw_schema_copy(&g.schema, &pw_tool_head(&g.tool, 0)->schema);
	g.is_static = g.schema.is_static;
	pw_calls_init(c, &g.schema);
	if (options.keys)
		g.key_count = (size_t)must(pw_schema_list(&g.schema, options.keys, g.keys));
	if (g.tool.arg_count == 0 && g.key_count == 0)
		must(pw_fail(PW_USAGE, "nothing to do: give -k COLS, an aggregate such as "
				       "'count()', or both"));
	for (size_t i = 0; i < g.key_count; i++) {
		const struct pw_field *f = &g.schema.fields[g.keys[i]];
		const struct pw_slice name = pw_slice_of(f->name);

		must(pw_calls_key(c, name, f->type));
		must(pw_schema_add(&g.key_schema, name, f->type, false));
		must(pw_schema_add(&g.schema_out, name, f->type, true));
	}
	must(pw_roworder_init(&g.key_order, &g.key_schema, NULL));
	for (int i = 0; i < g.tool.arg_count; i++)
		must(pw_calls_add(c, g.tool.args[i]));
	must(pw_calls_ready(c));
	for (size_t i = 0; i < c->named.count; i++)
		must(pw_schema_add(&g.schema_out, pw_slice_of(c->named.fields[i].name),
				   c->named.fields[i].type, false));
	g.schema_out.is_static = g.schema_out.append_only = g.is_static;
}

static void results_init(struct results *r)
{
	r->vectors = pw_mem_zero(g.calls.aggregates.count + 1, sizeof *r->vectors);
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		pw_vector_init(&r->vectors[i], pw_aggregates_type(&g.calls.aggregates, (int)i));
}

static void open_state(void)
{
	pw_arrangement_init(&g.groups, g.calls.aggregates.record_bytes);
	g.columns = pw_mem_zero(g.schema_out.count + 1, sizeof *g.columns);
	g.chunk = FIRST_CHUNK;
	results_init(&g.before);
	results_init(&g.after);
	pw_builder_init(&g.shown, &g.calls.shown);
	pw_builder_init(&g.kept, &g.schema_out);
	pw_builder_init(&g.sound, &g.schema);
}

/* ---- row errors ---- */

static void reasons_set(struct reasons *r, size_t row, const char *why)
{
	const size_t before = r->count;

	if (row >= before) {
		r->why = grown(r->why, &r->capacity, row + 1, sizeof *r->why);
		memset(r->why + before, 0, (row + 1 - before) * sizeof *r->why);
		r->count = row + 1;
	}
	r->why[row] = why;
}

static const char *reason_of(const struct reasons *r, size_t row)
{
	return row < r->count ? r->why[row] : NULL;
}

/* ", group city 'Oslo'" */
static void describe_group(struct pw_slice key, struct pw_bytes *b)
{
	if (g.key_count == 0)
		return;
	pw_bytes_text(b, ": group ");
	pw_roworder_describe(&g.key_order, key, b);
}

_Noreturn static void fail_group(struct pw_slice key, pw_time time, const char *what)
{
	struct pw_bytes place = {0}, t = {0};

	describe_group(key, &place);
	pw_time_print(&t, time);
	pw_fail(PW_DATA, "time %s%s: %s", pw_bytes_string(&t), pw_bytes_string(&place), what);
	pw_tool_fail(&g.tool);
}

_Noreturn static void fail_slot(uint32_t slot, const char *what)
{
	fail_group(pw_arrangement_key(&g.groups, slot), g.time, what);
}

/* What the results' errors mean: stop here, nothing, or remember them. */
static void take_errors(struct results *r, uint32_t first, const uint32_t *slots)
{
	struct pw_aggregates *c = &g.calls.aggregates;

	if (c->error_count > 0 && g.reject.policy == PW_REJECT_STOP) {
		const struct pw_aggregate_error *e = &c->errors[0];
		struct pw_bytes what = {0};

		pw_bytes_print(&what, "%s: %s", g.calls.shown.fields[g.key_count + e->call].name,
			       e->reason);
		fail_slot(slots[e->row], pw_bytes_string(&what));
	}
	for (size_t i = 0; i < c->error_count && g.reject.policy != PW_REJECT_NULL; i++)
		reasons_set(&r->reasons, first + c->errors[i].row, c->errors[i].reason);
	c->error_count = 0;
}

/* Appends the results of groups that have rows. */
static void append_results(struct results *r, const uint32_t *slots, uint32_t count)
{
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		pw_aggregates_results(&g.calls.aggregates, &g.groups, (int)i, slots, count,
				      &r->vectors[i]);
	take_errors(r, r->rows, slots);
	r->rows += count;
}

static void clear_results(struct results *r)
{
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		pw_vector_clear(&r->vectors[i]);
	r->rows = 0;
	r->reasons.count = 0;
}

/* ---- output ---- */

/* The reason why row i of the outputs must not go out; NULL if it may. */
static const char *why_not(uint32_t i, struct pw_bytes *text)
{
	const char *why = reason_of(&g.reasons, i);

	for (size_t k = 0; !why && k < g.calls.outputs.output_count; k++) {
		const uint8_t *errors = pw_expr_errors(&g.calls.outputs, (int)k);

		if (errors && pw_bit(errors, i)) {
			pw_bytes_clear(text);
			pw_expr_reason(&g.calls.outputs, (int)k, i, text);
			why = pw_bytes_string(text);
		}
	}
	return why;
}

static bool outputs_fail(void)
{
	for (size_t k = 0; k < g.calls.outputs.output_count; k++)
		if (pw_expr_errors(&g.calls.outputs, (int)k))
			return true;
	return false;
}

static pw_time time_of(const struct pw_batch *b, uint32_t row)
{
	const struct pw_run *r = b->runs;

	for (; row >= r->rows; r++)
		row -= r->rows;
	return r->time;
}

_Noreturn static void fail_output(const struct pw_batch *b, uint32_t row, const char *why)
{
	struct pw_bytes key = {0}, what = {0};

	for (size_t i = 0; i < g.key_count; i++)
		pw_rowkey_add(&key, &b->columns[i], row, false);
	pw_bytes_text(&what, why);
	fail_group((struct pw_slice){key.data, key.length}, time_of(b, row),
		   pw_bytes_string(&what));
}

/* Are rows i and i + 1 an old and a new answer of one group that look the same? */
static bool pair_is_equal(const struct pw_batch *b, uint32_t i)
{
	if (!b->diffs || i + 1 >= b->rows || b->diffs[i] != -1 || b->diffs[i + 1] != 1)
		return false;
	for (size_t c = 0; c < g.schema_out.count; c++)
		if (pw_column_compare(&b->columns[c], i, &b->columns[c], i + 1) != 0)
			return false;
	return time_of(b, i) == time_of(b, i + 1);
}

/* Sends the rows that may go out, where not all may. */
static void send_some(const struct pw_batch *shown, const struct pw_batch *out, bool failing)
{
	struct pw_bytes text = {0};
	uint32_t n = 0;

	g.rows = grown(g.rows, &g.row_capacity, out->rows, sizeof *g.rows);
	for (uint32_t i = 0; i < out->rows; i++) {
		const char *why = failing ? why_not(i, &text) : NULL;

		if (why && g.reject.policy == PW_REJECT_STOP)
			fail_output(shown, i, why);
		if (why && g.reject.policy != PW_REJECT_NULL)
			must(pw_reject_row(&g.reject, pw_slice_of(why), shown, i));
		else if (pair_is_equal(out, i))
			i++;
		else
			g.rows[n++] = i;
	}
	pw_builder_gather(&g.kept, out, g.rows, n);
	if (n > 0)
		pw_tool_batch(&g.tool, pw_builder_view(&g.kept));
	pw_builder_clear(&g.kept);
	pw_bytes_release(&text);
}

/* Calculates the outputs of the rows of g.shown and sends them. */
static void send_shown(void)
{
	if (g.shown.rows == 0)
		return;
	const struct pw_batch *shown = pw_builder_view(&g.shown);
	struct pw_batch out = *shown;

	if (g.calls.outputs.output_count > 0)
		pw_expr_run(&g.calls.outputs, shown);
	for (size_t i = 0; i < g.key_count; i++)
		g.columns[i] = shown->columns[i];
	for (size_t i = 0; i < g.calls.outputs.output_count; i++)
		g.columns[g.key_count + i] = *pw_expr_column(&g.calls.outputs, (int)i);
	out.schema = &g.schema_out;
	out.columns = g.columns;
	const bool failing = g.reasons.count > 0 || outputs_fail();

	if (failing || (g.calls.computes && out.diffs))
		send_some(shown, &out, failing);
	else
		pw_tool_batch(&g.tool, &out);
	pw_builder_clear(&g.shown);
	g.reasons.count = 0;
}

static void append_key(uint32_t slot)
{
	const struct pw_slice key = pw_arrangement_key(&g.groups, slot);
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t i = 0; i < g.key_count; i++)
		pw_rowkey_take(&at, end, g.key_schema.fields[i].type, false, &g.shown.vectors[i]);
}

static void show_row(uint32_t slot, const struct results *from, uint32_t row, pw_diff diff)
{
	const char *why = reason_of(&from->reasons, row);

	append_key(slot);
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		pw_vector_copy(&g.shown.vectors[g.key_count + i], pw_vector_view(&from->vectors[i]),
			       row);
	if (why)
		reasons_set(&g.reasons, g.shown.rows, why);
	pw_builder_row(&g.shown, g.time, diff);
}

static bool same_results(uint32_t before, uint32_t after)
{
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		if (pw_column_compare(pw_vector_view(&g.before.vectors[i]), before,
				      pw_vector_view(&g.after.vectors[i]), after) != 0)
			return false;
	return true;
}

/* ---- the end of a commit ---- */

static void check_sound(const uint32_t *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!pw_aggregates_sound(&g.calls.aggregates, &g.groups, slots[i]))
			fail_slot(slots[i], pw_aggregates_rows(&g.groups, slots[i]) < 0
						    ? "more rows were taken away than there were"
						    : "rows were taken away that were not there");
}

static size_t results_bytes(const struct results *r)
{
	size_t bytes = 0;

	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		bytes += pw_vector_bytes(&r->vectors[i]);
	return bytes;
}

/* After so many bytes of a chunk: the size of the next. */
static void adapt_chunk(size_t bytes)
{
	if (bytes > 1 << 20)
		g.chunk = g.chunk > 4 ? g.chunk / 4 : 1;
	else if (bytes < 128 << 10)
		g.chunk = g.chunk * 4 < CHUNK ? g.chunk * 4 : CHUNK;
}

/* Shows what became of groups, in the order given. */
static void show_changes(const uint32_t *slots, uint32_t count)
{
	uint32_t living[CHUNK], n = 0;

	for (uint32_t i = 0; i < count; i++)
		if (pw_aggregates_rows(&g.groups, slots[i]) > 0)
			living[n++] = slots[i];
	clear_results(&g.after);
	append_results(&g.after, living, n);
	adapt_chunk(results_bytes(&g.after));
	for (uint32_t i = 0, next = 0; i < count; i++) {
		const uint32_t slot = slots[i];
		const uint32_t before = g.touched[g.mark[slot] - 1].before;
		const uint32_t after = next < n && living[next] == slot ? next++ : NO_ROW;

		if (before != NO_ROW && after != NO_ROW && same_results(before, after))
			continue;
		if (before != NO_ROW)
			show_row(slot, &g.before, before, -1);
		if (after != NO_ROW)
			show_row(slot, &g.after, after, 1);
		if (pw_builder_full(&g.shown))
			send_shown();
	}
}

/* The commit's changes to the groups it touched, in the order of their keys. */
static void close_changing(void)
{
	const uint32_t count = (uint32_t)g.touched_count;

	g.rows = grown(g.rows, &g.row_capacity, count, sizeof *g.rows);
	uint32_t *sorted = pw_mem_alloc(count + 1, sizeof *sorted);

	for (uint32_t i = 0; i < count; i++)
		sorted[i] = g.touched[i].slot;
	pw_arrangement_sort(&g.groups, sorted, count);
	check_sound(sorted, count);
	for (uint32_t from = 0, n; from < count; from += n) {
		n = count - from < g.chunk ? count - from : g.chunk;
		show_changes(sorted + from, n);
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = g.touched[i].slot;

		g.mark[slot] = 0;
		if (pw_aggregates_rows(&g.groups, slot) > 0)
			continue;
		g.dying = grown(g.dying, &g.dying_capacity, g.dying_count + 1, sizeof *g.dying);
		g.dying[g.dying_count++] = slot;
	}
	free(sorted);
	clear_results(&g.before);
	g.touched_count = 0;
}

/* Results straight into the rows to be shown: nothing was shown before. */
static void show_all(const uint32_t *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			pw_arrangement_prefetch(&g.groups, slots[i + AHEAD]);
		append_key(slots[i]);
	}
	for (size_t i = 0; i < g.calls.aggregates.count; i++)
		pw_aggregates_results(&g.calls.aggregates, &g.groups, (int)i, slots, count,
				      &g.shown.vectors[g.key_count + i]);
	take_errors(&g.after, 0, slots);
	for (size_t i = 0; i < g.after.reasons.count; i++)
		if (g.after.reasons.why[i])
			reasons_set(&g.reasons, i, g.after.reasons.why[i]);
	g.after.reasons.count = 0;
	pw_builder_rows(&g.shown, g.time, count);
	adapt_chunk(pw_builder_bytes(&g.shown));
	send_shown();
}

/* The one commit of a static stream: every group. */
static void close_static(void)
{
	uint32_t *slots = pw_mem_alloc((size_t)g.groups.live + 1, sizeof *slots), count = 0;
	const bool changes = !g.schema.append_only;

	for (uint32_t s = 0; s < g.groups.slots; s++)
		if (pw_arrangement_live(&g.groups, s))
			slots[count++] = s;
	pw_arrangement_sort(&g.groups, slots, count);
	if (changes)
		check_sound(slots, count);
	for (uint32_t from = 0; from < count;) {
		uint32_t n = 0;

		for (; from + n < count && n < g.chunk; n++)
			if (pw_aggregates_rows(&g.groups, slots[from + n]) == 0)
				break;
		if (n > 0)
			show_all(slots + from, n);
		else
			n = 1; /* a group without rows */
		from += n;
	}
	free(slots);
}

static void close_commit(void)
{
	if (g.is_static && g.closed_once)
		must(pw_fail(PW_DATA, "stdin: a second commit in a stream that said it is static"));
	if (g.is_static)
		close_static();
	else
		close_changing();
	g.open = false;
	g.closed_once = true;
}

/* ---- a batch of changes ---- */

/* Ends groups that have had no rows since a commit closed. */
static void bury(void)
{
	for (size_t i = 0; i < g.dying_count; i++) {
		const uint32_t slot = g.dying[i];

		if (!pw_arrangement_live(&g.groups, slot) ||
		    (slot < g.mark_capacity && g.mark[slot] != 0) ||
		    pw_aggregates_rows(&g.groups, slot) != 0)
			continue;
		pw_aggregates_drop(&g.calls.aggregates, &g.groups, slot);
		pw_arrangement_drop(&g.groups, slot);
	}
	g.dying_count = 0;
}

static void die_if_empty(uint32_t slot)
{
	g.dying = grown(g.dying, &g.dying_capacity, g.dying_count + 1, sizeof *g.dying);
	g.dying[g.dying_count++] = slot;
}

/* One text column with a dictionary: each entry is looked up once. */
static void find_by_code(const struct pw_batch *batch, const struct pw_column *c)
{
	struct pw_batch entries = *batch;
	uint32_t none = PW_SLOT_NONE;

	entries.columns = c->inner;
	entries.rows = c->inner->rows;
	pw_rowkeys_encode(&g.row_keys, &entries, (const int[]){0}, 1, NULL);
	g.code_slots = grown(g.code_slots, &g.code_capacity, entries.rows, sizeof *g.code_slots);
	pw_arrangement_put_all(&g.groups, &g.row_keys, g.code_slots);
	if (c->valid == NULL) {
		for (uint32_t i = 0; i < batch->rows; i++)
			g.slots[i] = g.code_slots[c->codes[i]];
	} else {
		struct pw_bytes key = {0};

		for (uint32_t i = 0; i < batch->rows && key.length == 0; i++)
			if (!pw_bit(c->valid, i))
				pw_rowkey_add(&key, c, i, false);
		if (key.length > 0)
			none = pw_arrangement_put(&g.groups,
						  (struct pw_slice){key.data, key.length}, NULL);
		for (uint32_t i = 0; i < batch->rows; i++)
			g.slots[i] = pw_bit(c->valid, i) ? g.code_slots[c->codes[i]] : none;
		pw_bytes_release(&key);
	}
	/* entries that no row has made groups without rows */
	for (uint32_t i = 0; i < entries.rows; i++)
		if (pw_aggregates_rows(&g.groups, g.code_slots[i]) == 0)
			die_if_empty(g.code_slots[i]);
}

/* Fills g.slots: the group of each row. */
static void find_groups(const struct pw_batch *batch)
{
	const struct pw_column *c = g.key_count == 1 ? &batch->columns[g.keys[0]] : NULL;
	struct pw_batch one = *batch;

	g.slots = grown(g.slots, &g.slot_capacity, batch->rows, sizeof *g.slots);
	if (g.key_count == 0 || (c && c->encoding == PW_CONSTANT)) {
		one.rows = 1;
		pw_rowkeys_encode(&g.row_keys, &one, g.keys, g.key_count, NULL);
		const struct pw_slice key = pw_rowkeys_at(&g.row_keys, 0);
		const uint32_t slot = pw_arrangement_put(&g.groups, key, NULL);

		for (uint32_t i = 0; i < batch->rows; i++)
			g.slots[i] = slot;
	} else if (c && c->encoding == PW_DICTIONARY) {
		find_by_code(batch, c);
	} else {
		pw_rowkeys_encode(&g.row_keys, batch, g.keys, g.key_count, NULL);
		pw_arrangement_put_all(&g.groups, &g.row_keys, g.slots);
	}
}

/* Notes the groups of rows that the open commit had not touched, and what they show. */
static void touch(const uint32_t *slots, uint32_t count)
{
	const size_t known = g.mark_capacity;
	uint32_t showing[CHUNK], n = 0;

	g.mark = grown(g.mark, &g.mark_capacity, g.groups.slots, sizeof *g.mark);
	memset(g.mark + known, 0, (g.mark_capacity - known) * sizeof *g.mark);
	g.touched =
		grown(g.touched, &g.touched_capacity, g.touched_count + count, sizeof *g.touched);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t slot = slots[i];
		uint32_t before = NO_ROW;

		if (g.mark[slot] != 0)
			continue;
		if (pw_aggregates_rows(&g.groups, slot) > 0) {
			before = g.before.rows + n;
			showing[n++] = slot;
		}
		g.touched[g.touched_count++] = (struct touched){slot, before};
		g.mark[slot] = (uint32_t)g.touched_count;
		if (n == CHUNK) {
			append_results(&g.before, showing, n);
			n = 0;
		}
	}
	if (n > 0)
		append_results(&g.before, showing, n);
}

/* Rows in whose arguments there is an error; under stop the first ends us. */
static const struct pw_batch *without_errors(const struct pw_batch *batch)
{
	struct pw_bytes text = {0};
	uint32_t n = 0;
	bool any = false;

	for (size_t k = 0; k < g.calls.inputs.output_count; k++)
		any |= pw_expr_errors(&g.calls.inputs, (int)k) != NULL;
	if (!any || g.reject.policy == PW_REJECT_NULL)
		return batch;
	if (g.reject.policy == PW_REJECT_STOP)
		must(pw_expr_check(&g.calls.inputs));
	g.rows = grown(g.rows, &g.row_capacity, batch->rows, sizeof *g.rows);
	for (uint32_t i = 0; i < batch->rows; i++) {
		size_t k = 0;

		for (; k < g.calls.inputs.output_count; k++) {
			const uint8_t *errors = pw_expr_errors(&g.calls.inputs, (int)k);

			if (errors && pw_bit(errors, i))
				break;
		}
		if (k == g.calls.inputs.output_count) {
			g.rows[n++] = i;
			continue;
		}
		pw_bytes_clear(&text);
		pw_expr_reason(&g.calls.inputs, (int)k, i, &text);
		must(pw_reject_row(&g.reject, (struct pw_slice){text.data, text.length}, batch, i));
	}
	pw_bytes_release(&text);
	pw_builder_clear(&g.sound);
	pw_builder_gather(&g.sound, batch, g.rows, n);
	batch = pw_builder_view(&g.sound);
	pw_expr_run(&g.calls.inputs, batch);
	return batch;
}

static void take_batch(const struct pw_batch *batch)
{
	uint32_t from = 0;

	if (g.calls.inputs.output_count > 0) {
		pw_expr_run(&g.calls.inputs, batch);
		batch = without_errors(batch);
	}
	if (batch->rows == 0)
		return;
	find_groups(batch);
	pw_aggregates_batch(&g.calls.aggregates, pw_calls_arguments(&g.calls, batch));
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const uint32_t count = batch->runs[r].rows;

		if (g.open && batch->runs[r].time != g.time)
			close_commit();
		g.open = true;
		g.time = batch->runs[r].time;
		if (!g.is_static)
			touch(g.slots + from, count);
		pw_aggregates_take(&g.calls.aggregates, &g.groups, from, count, g.slots + from,
				   batch->diffs ? batch->diffs + from : NULL, g.time);
		from += count;
	}
	bury();
	send_shown();
	g.tool.state_bytes =
		pw_arrangement_bytes(&g.groups) + pw_aggregates_bytes(&g.calls.aggregates);
}

static void pass_frontier(pw_time frontier)
{
	if (g.open && g.time < frontier) {
		close_commit();
		bury();
		send_shown();
	}
	pw_tool_frontier(&g.tool, frontier);
}

int main(int argc, char **argv)
{
	struct pw_bytes state = {0};
	struct pw_event ev;

	pw_tool_start(&g.tool, &program, argc, argv, &options);
	pw_tool_input(&g.tool);
	bind();
	pw_aggregates_describe(&g.calls.aggregates, &state);
	pw_tool_output(&g.tool, &g.schema_out, pw_bytes_string(&state));
	pw_bytes_release(&state);
	must(pw_reject_open(&g.reject, &g.tool));
	open_state();
	while (pw_tool_next(&g.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			take_batch(ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pass_frontier(ev.time);
		else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED)
			pass_frontier(PW_TIME_END);
		if (ev.kind == PW_EVENT_END && g.open && ev.ending == PW_FINISHED) {
			close_commit(); /* what was written for the end */
			send_shown();
		}
	}
	must(pw_reject_close(&g.reject, &g.tool));
	return pw_tool_finish(&g.tool);
}
