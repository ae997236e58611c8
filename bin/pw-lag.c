/*
 * pw-lag - each row's previous and next values within its group
 *
 * The rows are held in groups and in order (lib/tool/ordering); what a commit
 * changes of the rows that go out is lib/tool/lagged's.
 */
#include "../lib/op/lagged.h"
#include "../lib/op/ordering.h"

#include <stddef.h>
#include <stdlib.h>

static struct options {
	const char *keys, *order, *differences, *interpolate;
} options;

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, offsetof(struct options, keys), true,
	 "columns whose values make a group (default: all rows are one)"},
	{'o', "order", "COLS", PW_OPTION_TEXT, offsetof(struct options, order), true,
	 "columns that rows are ordered by; COL:desc from high to low"},
	{0, "diff", "COLS", PW_OPTION_TEXT, offsetof(struct options, differences), true,
	 "adds diff_COL: the value minus the previous row's"},
	{0, "interpolate", "COLS", PW_OPTION_TEXT, offsetof(struct options, interpolate), true,
	 "fills nulls on a straight line between the nearest values"},
	{0}};

static const struct pw_program program = {
	.name = "pw-lag",
	.summary = "each row's previous and next values",
	.synopsis =
		"[-k COLS] -o COL[:desc][,COL]... [--diff COLS] [--interpolate COLS] [VALUE]...",
	.examples =
		"  pw-read trips.csv | pw-lag -k bus -o at stop | pw-write\n"
		"  pw-read meter.csv | pw-lag -o ts --diff kwh kwh | pw-write\n"
		"  pw-read probe.csv | pw-lag -k probe -o ts --interpolate temp temp | pw-write\n",
	.options = option_table,
};

static struct {
	struct pw_tool tool;
	struct pw_reject reject;
	struct pw_schema schema;      /* of the input */
	struct pw_schema rows_schema; /* the same, all columns may be null */
	struct pw_schema schema_out;
	bool is_static;
	struct pw_ordered rows;
	struct pw_ordering loop;
	struct pw_lagged lag;
} h;

static int must(int x)
{
	return pw_must(&h.tool, x);
}

/* ---- what is asked for ---- */

static bool has_line(struct pw_type t)
{
	return t.depth == 0 && (t.base == PW_INT || t.base == PW_FLOAT || t.base == PW_DATETIME ||
				t.base == PW_DATETIME_UTC || t.base == PW_DURATION);
}

static void bind_values(void)
{
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);
	bool *taken = pw_mem_zero(h.schema.count + 1, sizeof *taken);

	h.lag.values = pw_mem_alloc(h.schema.count + 1, sizeof *h.lag.values);
	for (int a = 0; a < h.tool.arg_count; a++) {
		const struct pw_slice text = pw_slice_of(h.tool.args[a]);
		int count = 1;

		list[0] = pw_schema_find(&h.schema, text);
		if (list[0] < 0)
			count = must(pw_schema_list(&h.schema, text.data, list));
		for (int i = 0; i < count; i++) {
			if (taken[list[i]])
				must(pw_fail(PW_USAGE, "'%s' is named twice",
					     h.schema.fields[list[i]].name));
			taken[list[i]] = true;
			h.lag.values[h.lag.value_count++] = list[i];
		}
	}
	if (h.tool.arg_count == 0)
		for (; h.lag.value_count < h.schema.count; h.lag.value_count++)
			h.lag.values[h.lag.value_count] = (int)h.lag.value_count;
	free(taken);
	free(list);
}

static void bind_differences(void)
{
	h.lag.differences = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *h.lag.differences);
	if (options.differences)
		h.lag.difference_count = (size_t)must(
			pw_schema_list(&h.schema, options.differences, h.lag.differences));
	for (size_t i = 0; i < h.lag.difference_count; i++) {
		const struct pw_field *f = &h.schema.fields[h.lag.differences[i]];

		if (!has_line(f->type))
			must(pw_fail(PW_USAGE, "--diff: column '%s' is %s %s, not a number or time",
				     f->name, pw_type_article(f->type), pw_type_name(f->type)));
	}
}

static void check_line(int column, const char *what)
{
	const struct pw_field *f = &h.schema.fields[column];

	if (!has_line(f->type))
		must(pw_fail(PW_USAGE, "--interpolate: %s '%s' is %s %s, not a number or time",
			     what, f->name, pw_type_article(f->type), pw_type_name(f->type)));
}

static void bind_filled(void)
{
	const struct pw_roworder *order = &h.rows.order;
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);

	if (options.interpolate)
		h.lag.filled_count =
			(size_t)must(pw_schema_list(&h.schema, options.interpolate, list));
	h.lag.filled = pw_mem_zero(h.lag.filled_count + 1, sizeof *h.lag.filled);
	if (h.lag.filled_count > 0 && h.rows.sort_count == 0)
		must(pw_fail(PW_USAGE, "--interpolate: the order has only columns of -k"));
	if (h.lag.filled_count > 0)
		check_line(h.lag.line = order->list[h.rows.group_count], "the order column");
	for (size_t i = 0; i < h.lag.filled_count; i++) {
		const uint8_t base = h.schema.fields[list[i]].type.base;

		check_line(list[i], "column");
		for (size_t k = 0; k <= h.rows.group_count; k++)
			if (order->list[k] == list[i])
				must(pw_fail(PW_USAGE, "--interpolate: '%s' is %s",
					     h.schema.fields[list[i]].name,
					     k < h.rows.group_count
						     ? "a column of -k"
						     : "what is interpolated along (-o)"));
		h.lag.filled[i] =
			(struct pw_lagged_filled){list[i], base == PW_INT || base == PW_FLOAT};
	}
	free(list);
}

static void add_column(const char *prefix, int column, struct pw_type type)
{
	char *name = pw_mem_print("%s%s", prefix, h.schema.fields[column].name);

	type.required = false;
	must(pw_schema_add(&h.schema_out, pw_slice_of(name), type, false));
	free(name);
}

static void make_schema(void)
{
	pw_schema_copy(&h.schema_out, &h.schema);
	for (size_t i = 0; i < h.lag.filled_count; i++) {
		struct pw_field *f = &h.schema_out.fields[h.lag.filled[i].column];

		if (f->key) /* rows with the keys of others may come to be */
			for (size_t c = 0; c < h.schema.count; c++)
				h.schema_out.fields[c].key = false;
		if (h.lag.filled[i].real)
			f->type.base = PW_FLOAT;
	}
	for (size_t i = 0; i < h.lag.value_count; i++)
		add_column("prev_", h.lag.values[i], h.schema.fields[h.lag.values[i]].type);
	for (size_t i = 0; i < h.lag.value_count; i++)
		add_column("next_", h.lag.values[i], h.schema.fields[h.lag.values[i]].type);
	for (size_t i = 0; i < h.lag.difference_count; i++) {
		const struct pw_type type = h.schema.fields[h.lag.differences[i]].type;
		const bool number = type.base == PW_INT || type.base == PW_FLOAT;

		add_column("diff_", h.lag.differences[i], number ? type : PW_TYPE(PW_DURATION));
	}
	h.schema_out.append_only = h.schema_out.is_static = h.is_static;
}

/* Which columns of its neighbours a row shows. */
static void note_shown(void)
{
	h.lag.in_previous = pw_mem_zero(h.schema.count + 1, sizeof *h.lag.in_previous);
	h.lag.in_next = pw_mem_zero(h.schema.count + 1, sizeof *h.lag.in_next);
	for (size_t i = 0; i < h.lag.value_count; i++)
		h.lag.in_previous[h.lag.values[i]] = h.lag.in_next[h.lag.values[i]] = true;
	for (size_t i = 0; i < h.lag.difference_count; i++)
		h.lag.in_previous[h.lag.differences[i]] = true;
	h.lag.shows_all = h.lag.value_count == h.schema.count;
}

static void bind(void)
{
	if (!options.order)
		must(pw_fail(PW_USAGE, "the order is missing: give -o COL, or -o COL:desc"));
	pw_schema_copy(&h.schema, &pw_tool_head(&h.tool, 0)->schema);
	pw_schema_copy(&h.rows_schema, &h.schema);
	for (size_t i = 0; i < h.schema.count; i++)
		h.rows_schema.fields[i].type.required = false;
	h.is_static = h.schema.is_static;
	must(pw_ordered_init(&h.rows, &h.schema, options.keys, options.order));
	h.lag.tool = &h.tool;
	h.lag.reject = &h.reject;
	h.lag.rows = &h.rows;
	h.lag.schema = &h.schema;
	h.lag.rows_schema = &h.rows_schema;
	h.lag.schema_out = &h.schema_out;
	bind_values();
	bind_differences();
	bind_filled();
	make_schema();
	note_shown();
}

static void close_commit(void)
{
	must(pw_ordered_sum(&h.rows));
	for (size_t r = 0; r < h.rows.run_count; r++)
		pw_lagged_close_group(&h.lag, &h.rows.runs[r], h.loop.time);
	pw_lagged_send(&h.lag);
	if (h.is_static)
		pw_ordered_clear(&h.rows); /* nothing follows: no groups are built */
	else
		must(pw_ordered_apply(&h.rows, h.loop.time));
}

int main(int argc, char **argv)
{
	h.loop = (struct pw_ordering){.tool = &h.tool, .rows = &h.rows, .close = close_commit};
	pw_tool_start(&h.tool, &program, argc, argv, &options);
	pw_tool_input(&h.tool);
	bind();
	pw_ordering_register(&h.loop);
	pw_tool_output(&h.tool, &h.schema_out,
		       h.is_static ? "all rows, until they are sorted; grows with the rows"
				   : "all rows, in order; grows with the different rows");
	pw_reject_choose(&h.reject, &h.tool);
	must(pw_reject_open(&h.reject, &h.tool));
	pw_lagged_open(&h.lag);
	pw_ordering_run(&h.loop);
	must(pw_reject_close(&h.reject, &h.tool));
	return pw_tool_finish(&h.tool);
}
