/*
 * pw-head - the first rows of each group, maintained as the table changes
 *
 * A row that is there n times counts as n rows. When a commit is complete the
 * changes of each group's first rows go out, in the order of the groups' keys
 * and then of the rows.
 *
 * Two forms. A stream that only adds: rows behind the first N can never come
 * back, so no more than N are kept, and every change of what is kept is a
 * change of the answer. Any other: all rows are kept; of a commit's changes to
 * a group, those among its first rows go out, and where they shift what lies
 * behind them, the rows that so come in or fall out.
 */
#include "../lib/op/ordering.h"

#include <stddef.h>
#include <stdlib.h>

static struct options {
	const char *keys, *order;
	uint64_t count;
} options = {.count = 10};

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct options, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{'o', "order", "COLS", PW_OPTION_TEXT, offsetof(struct options, order), true,
	 "columns that rows are ordered by; COL:desc from high to low"},
	{'n', "rows", "N", PW_OPTION_COUNT, offsetof(struct options, count), true,
	 "how many rows of each group (default 10)"},
	{0}};

static const struct pw_program program = {
	.name = "pw-head",
	.summary = "the first rows of each group, as the table changes",
	.synopsis = "[-k COLS] -o COL[:desc][,COL]... [-n N]",
	.examples = "  pw-read scores.csv | pw-head -o score:desc -n 3 | pw-write\n"
		    "  pw-read scores.csv | pw-head -k team -o score:desc,name | pw-write\n"
		    "  pw-read -F orders/ | pw-groupby -k city 'n = count()' |\n"
		    "    pw-head -o n:desc -n 5 | pw-write\n",
	.options = option_table,
};

static struct {
	struct pw_tool tool;
	struct pw_schema schema;     /* of the input */
	struct pw_schema schema_out; /* the same, with other flags */
	bool only_adds, is_static;
	int64_t count; /* N */
	struct pw_ordered rows;
	struct pw_ordering loop;
	struct pw_bytes key;
	size_t bound; /* changes noted at which they are summed up */
	struct pw_builder out;
} h;

static int must(int x)
{
	return pw_must(&h.tool, x);
}

static void send(void)
{
	if (h.out.rows > 0) {
		const struct pw_batch *out = pw_builder_view(&h.out);

		if (h.only_adds)
			pw_ordering_changed(&h.loop, out);
		pw_tool_batch(&h.tool, out);
	}
	pw_builder_clear(&h.out);
}

static void show(uint32_t slot, struct pw_slice row, int64_t diff)
{
	if (diff == 0)
		return;
	pw_ordered_decode(&h.rows, slot, row, &h.out);
	pw_builder_row(&h.out, h.loop.time, diff);
	if (pw_builder_full(&h.out))
		send();
}

/* ---- a stream that only adds: groups hold their first rows ---- */

/* Adds copies or takes them away; a static stream's groups are shown as they are at its end. */
static void change(uint32_t slot, struct pw_slice row, int64_t diff)
{
	if (!h.is_static)
		must(pw_ordered_note(&h.rows, slot, row, diff));
	must(pw_ordered_add(&h.rows, slot, row, diff));
}

/* Takes away what has been pushed behind the first rows. */
static void push_out(uint32_t slot)
{
	const struct pw_ordered_group *g = pw_ordered_group(&h.rows, slot);
	struct pw_multiset_cursor last;

	while (g->copies > h.count) {
		pw_multiset_seek_kth(&g->rows, g->copies - 1, &last);
		const int64_t over = g->copies - h.count;
		const int64_t away = over < last.copies ? over : last.copies;
		const struct pw_slice row = pw_value_text(last.value);

		pw_bytes_clear(&h.key);
		pw_bytes_add(&h.key, row.data, row.length);
		change(slot, (struct pw_slice){h.key.data, h.key.length}, -away);
	}
}

/* Does a row whose key begins so lie behind the last one that the group has room for? */
static bool beyond(const struct pw_ordered_group *g, struct pw_slice start)
{
	if (g->copies < h.count)
		return false;
	const struct pw_slice last = pw_value_text(pw_multiset_last(&g->rows));

	return memcmp(start.data, last.data,
		      start.length < last.length ? start.length : last.length) > 0;
}

static void add_row(const struct pw_batch *batch, uint32_t row)
{
	const struct pw_slice start = pw_rowkeys_at(&h.rows.row_keys, row);
	const uint32_t slot = h.rows.slots[row];
	int64_t copies = pw_batch_diff(batch, row);

	if (h.count == 0 || (start.length > 0 && beyond(pw_ordered_group(&h.rows, slot), start)))
		return;
	if (copies > h.count)
		copies = h.count;
	pw_bytes_clear(&h.key);
	pw_bytes_add(&h.key, start.data, start.length);
	pw_ordered_complete(&h.rows, batch, row, &h.key);
	change(slot, (struct pw_slice){h.key.data, h.key.length}, copies);
	push_out(slot);
}

static void add_rows(const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	if (from == 0)
		must(pw_roworder_only_adds(&h.rows.order, batch));
	for (uint32_t i = from; i < from + count; i++)
		add_row(batch, i);
	if (h.rows.count < h.bound)
		return;
	must(pw_ordered_compact(&h.rows));
	h.bound = h.rows.count < (1 << 15) ? 1 << 16 : 2 * h.rows.count;
}

/* The one commit of a static stream: every group. */
static void show_groups(void)
{
	const struct pw_arrangement *groups = &h.rows.groups;
	uint32_t *slots = pw_mem_alloc((size_t)groups->live + 1, sizeof *slots), count = 0;
	struct pw_multiset_cursor c;

	for (uint32_t s = 0; s < groups->slots; s++)
		if (pw_arrangement_live(groups, s))
			slots[count++] = s;
	pw_arrangement_sort(groups, slots, count);
	for (uint32_t i = 0; i < count; i++) {
		pw_multiset_seek_kth(&pw_ordered_group(&h.rows, slots[i])->rows, 0, &c);
		for (; c.at; pw_multiset_next(&c))
			show(slots[i], pw_value_text(c.value), c.copies);
	}
	free(slots);
}

static void close_adding(void)
{
	if (h.is_static)
		show_groups();
	must(pw_ordered_sum(&h.rows));
	for (size_t i = 0; i < h.rows.count; i++) {
		const struct pw_ordered_change *c = &h.rows.changes[i];

		show(c->slot, pw_ordered_row(c), c->diff);
	}
	send();
	pw_ordered_clear(&h.rows);
}

/* ---- any other stream: groups hold all rows ---- */

/* How many of the copies, whose first has this rank, are among the first rows. */
static int64_t shown(int64_t rank, int64_t copies)
{
	const int64_t room = h.count - rank;

	return room <= 0 ? 0 : room < copies ? room : copies;
}

/*
 * What becomes of rows that did not change themselves, with ranks from ... below to, where
 * all ranks have grown by shift: only those that leave or enter the first N.
 */
static void show_shifted(uint32_t slot, int64_t from, int64_t to, int64_t shift)
{
	const int64_t first = h.count - (shift > 0 ? shift : 0);
	const int64_t behind = h.count - (shift < 0 ? shift : 0);
	struct pw_multiset_cursor c;

	if (from < first)
		from = first;
	if (to > behind)
		to = behind;
	if (shift == 0 || from >= to)
		return;
	pw_multiset_seek_kth(&pw_ordered_group(&h.rows, slot)->rows, from, &c);
	for (; c.at && c.below < to; pw_multiset_next(&c))
		show(slot, pw_value_text(c.value),
		     shown(c.below + shift, c.copies) - shown(c.below, c.copies));
}

/*
 * Compares the group before the commit (its rows) with the same after it:
 * between two changes, ranks have shifted by the sum of those in front.
 */
static void close_group(const struct pw_ordered_run *run)
{
	const struct pw_ordered_group *g = pw_ordered_group(&h.rows, run->slot);
	int64_t shift = 0, from = 0;
	struct pw_multiset_cursor c;

	for (size_t i = 0; i < run->count; i++) {
		const struct pw_ordered_change *change = &h.rows.changes[run->from + i];
		const struct pw_slice row = pw_ordered_row(change);

		pw_multiset_seek_text(&g->rows, row, &c);
		const bool there = c.at && pw_slice_equal(pw_value_text(c.value), row);
		const int64_t before = there ? c.copies : 0;

		if (i > 0)
			show_shifted(run->slot, from, c.below, shift);
		if (change->diff > PW_ORDERED_COPIES - g->copies - shift)
			must(pw_fail(PW_DATA, "the copies of a group's rows exceed 2^62"));
		const int64_t after = before + change->diff;

		if (after < 0)
			must(pw_ordered_negative(&h.rows, run->slot, row, after, h.loop.time));
		show(run->slot, row, shown(c.below + shift, after) - shown(c.below, before));
		shift += change->diff;
		from = c.below + before;
	}
	show_shifted(run->slot, from, g->copies, shift);
}

static void close_changing(void)
{
	must(pw_ordered_sum(&h.rows));
	for (size_t r = 0; r < h.rows.run_count; r++)
		close_group(&h.rows.runs[r]);
	send();
	if (h.is_static)
		pw_ordered_clear(&h.rows); /* nothing follows: no groups are built */
	else
		must(pw_ordered_apply(&h.rows, h.loop.time));
}

/* ---- the stream ---- */

static void bind(void)
{
	if (!options.order)
		must(pw_fail(PW_USAGE, "the order is missing: give -o COL, or -o COL:desc"));
	if (h.tool.arg_count > 0)
		must(pw_fail(PW_USAGE, "'%s': no arguments are wanted", h.tool.args[0]));
	pw_schema_copy(&h.schema, &pw_tool_head(&h.tool, 0)->schema);
	pw_schema_copy(&h.schema_out, &h.schema);
	h.only_adds = h.schema.append_only;
	h.is_static = h.schema.is_static;
	h.schema_out.append_only = h.is_static;
	h.count = options.count < PW_ORDERED_COPIES ? (int64_t)options.count : PW_ORDERED_COPIES;
	h.bound = 1 << 16;
	must(pw_ordered_init(&h.rows, &h.schema, options.keys, options.order));
	pw_builder_init(&h.out, &h.schema_out);
	h.loop = (struct pw_ordering){
		.tool = &h.tool,
		.rows = &h.rows,
		.take = h.only_adds ? add_rows : NULL,
		.close = h.only_adds ? close_adding : close_changing,
	};
	pw_ordering_register(&h.loop);
}

int main(int argc, char **argv)
{
	pw_tool_start(&h.tool, &program, argc, argv, &options);
	pw_tool_input(&h.tool);
	bind();
	pw_tool_output(&h.tool, &h.schema_out,
		       h.only_adds ? "the first N rows of each group; grows with the groups"
				   : "all rows, in order; grows with the different rows");
	pw_ordering_run(&h.loop);
	return pw_tool_finish(&h.tool);
}
