#include "lag.h"
#include "lagged_internal.h"
#include "ordering.h"

#include <stdlib.h>

struct lag {
	struct pw_ordering base;
	const struct pw_lag_wish *wish;
	struct pw_schema rows_schema; /* of the input, but that all columns may be null */
	struct pw_lagged lag;
};

/* ---- the wish ---- */

static bool has_line(struct pw_type t)
{
	return t.depth == 0 && (t.base == PW_INT || t.base == PW_FLOAT || t.base == PW_DATETIME ||
				t.base == PW_DATETIME_UTC || t.base == PW_DURATION);
}

static void bind_values(struct lag *h)
{
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);
	bool *taken = pw_mem_zero(h->base.op.in->count + 1, sizeof *taken);

	h->lag.values = pw_mem_alloc(h->base.op.in->count + 1, sizeof *h->lag.values);
	for (int a = 0; a < (int)h->wish->value_count; a++) {
		const struct pw_slice text = pw_slice_of(h->wish->values[a]);
		int count = 1;

		list[0] = pw_schema_find(h->base.op.in, text);
		if (list[0] < 0)
			count = pw_op_must(&h->base.op,
					   pw_schema_list(h->base.op.in, text.data, list));
		for (int i = 0; i < count; i++) {
			if (taken[list[i]])
				pw_op_must(&h->base.op,
					   pw_fail(PW_USAGE, "column '%s' is named twice",
						   h->base.op.in->fields[list[i]].name));
			taken[list[i]] = true;
			h->lag.values[h->lag.value_count++] = list[i];
		}
	}
	if ((int)h->wish->value_count == 0)
		for (; h->lag.value_count < h->base.op.in->count; h->lag.value_count++)
			h->lag.values[h->lag.value_count] = (int)h->lag.value_count;
	free(taken);
	free(list);
}

static void bind_differences(struct lag *h)
{
	h->lag.differences = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *h->lag.differences);
	if (h->wish->differences)
		h->lag.difference_count = pw_op_columns(&h->base.op, 0, "--diff",
							h->wish->differences, h->lag.differences);
	for (size_t i = 0; i < h->lag.difference_count; i++) {
		const struct pw_field *f = &h->base.op.in->fields[h->lag.differences[i]];

		if (!has_line(f->type))
			pw_op_must(&h->base.op,
				   pw_fail(PW_USAGE,
					   "--diff: column '%s' is %s %s, not a number or time",
					   f->name, pw_type_article(f->type),
					   pw_type_name(f->type)));
	}
}

static void check_line(struct lag *h, int column, const char *what)
{
	const struct pw_field *f = &h->base.op.in->fields[column];

	if (!has_line(f->type))
		pw_op_must(&h->base.op,
			   pw_fail(PW_USAGE,
				   "--interpolate: %s '%s' is %s %s, not a number or time", what,
				   f->name, pw_type_article(f->type), pw_type_name(f->type)));
}

static void bind_filled(struct lag *h)
{
	const struct pw_roworder *order = &h->base.rows.order;
	int *list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *list);

	if (h->wish->interpolate)
		h->lag.filled_count =
			pw_op_columns(&h->base.op, 0, "--interpolate", h->wish->interpolate, list);
	h->lag.filled = pw_mem_zero(h->lag.filled_count + 1, sizeof *h->lag.filled);
	if (h->lag.filled_count > 0 && h->base.rows.sort_count == 0)
		pw_op_must(&h->base.op,
			   pw_fail(PW_USAGE, "--interpolate: the order has only columns of -k"));
	if (h->lag.filled_count > 0)
		check_line(h, h->lag.line = order->list[h->base.rows.group_count],
			   "the order column");
	for (size_t i = 0; i < h->lag.filled_count; i++) {
		const uint8_t base = h->base.op.in->fields[list[i]].type.base;

		check_line(h, list[i], "column");
		for (size_t k = 0; k <= h->base.rows.group_count; k++)
			if (order->list[k] == list[i])
				pw_op_must(&h->base.op,
					   pw_fail(PW_USAGE, "--interpolate: '%s' is %s",
						   h->base.op.in->fields[list[i]].name,
						   k < h->base.rows.group_count
							   ? "a column of -k"
							   : "what is interpolated along (-o)"));
		h->lag.filled[i] =
			(struct pw_lagged_filled){list[i], base == PW_INT || base == PW_FLOAT};
	}
	free(list);
}

static void add_column(struct lag *h, const char *prefix, int column, struct pw_type type)
{
	char *name = pw_mem_print("%s%s", prefix, h->base.op.in->fields[column].name);

	type.required = false;
	pw_op_must(&h->base.op, pw_schema_add(&h->base.op.schema, pw_slice_of(name), type, false));
	free(name);
}

static void make_schema(struct lag *h)
{
	pw_schema_copy(&h->base.op.schema, h->base.op.in);
	for (size_t i = 0; i < h->lag.filled_count; i++) {
		struct pw_field *f = &h->base.op.schema.fields[h->lag.filled[i].column];

		if (f->key) /* two rows may come to have the same key */
			for (size_t c = 0; c < h->base.op.in->count; c++)
				h->base.op.schema.fields[c].key = false;
		if (h->lag.filled[i].real)
			f->type.base = PW_FLOAT;
	}
	for (size_t i = 0; i < h->lag.value_count; i++)
		add_column(h, "prev_", h->lag.values[i],
			   h->base.op.in->fields[h->lag.values[i]].type);
	for (size_t i = 0; i < h->lag.value_count; i++)
		add_column(h, "next_", h->lag.values[i],
			   h->base.op.in->fields[h->lag.values[i]].type);
	for (size_t i = 0; i < h->lag.difference_count; i++) {
		const struct pw_type type = h->base.op.in->fields[h->lag.differences[i]].type;
		const bool number = type.base == PW_INT || type.base == PW_FLOAT;

		add_column(h, "diff_", h->lag.differences[i], number ? type : PW_TYPE(PW_DURATION));
	}
	h->base.op.schema.append_only = h->base.op.schema.is_static = h->base.op.in->is_static;
}

/* Which columns of its neighbours a row shows. */
static void note_shown(struct lag *h)
{
	h->lag.in_previous = pw_mem_zero(h->base.op.in->count + 1, sizeof *h->lag.in_previous);
	h->lag.in_next = pw_mem_zero(h->base.op.in->count + 1, sizeof *h->lag.in_next);
	for (size_t i = 0; i < h->lag.value_count; i++)
		h->lag.in_previous[h->lag.values[i]] = h->lag.in_next[h->lag.values[i]] = true;
	for (size_t i = 0; i < h->lag.difference_count; i++)
		h->lag.in_previous[h->lag.differences[i]] = true;
	h->lag.shows_all = h->lag.value_count == h->base.op.in->count;
}

/* ---- the operator ---- */

static void bind(struct pw_op *op, const void *wish)
{
	struct lag *h = (struct lag *)op;

	h->wish = wish;
	pw_ordering_bind(&h->base, h->wish->keys, h->wish->order);
	pw_schema_copy(&h->rows_schema, op->in);
	for (size_t i = 0; i < op->in->count; i++)
		h->rows_schema.fields[i].type.required = false;
	h->lag.op = op;
	h->lag.rows = &h->base.rows;
	h->lag.schema = op->in;
	h->lag.rows_schema = &h->rows_schema;
	h->lag.schema_out = &op->schema;
	bind_values(h);
	bind_differences(h);
	bind_filled(h);
	make_schema(h);
	note_shown(h);
	op->state_text = op->in->is_static ? "all rows, until they are sorted; grows with the rows"
					   : "all rows, in order; grows with the different rows";
	pw_lagged_open(&h->lag);
}

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	(void)input;
	pw_ordered_encode(&((struct lag *)op)->base.rows, *batch, true);
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	(void)input;
	pw_ordering_note(&((struct lag *)op)->base, batch, from, count);
}

static void commit(struct pw_op *op)
{
	struct lag *h = (struct lag *)op;
	struct pw_ordered *rows = &h->base.rows;

	pw_op_must(op, pw_ordered_sum(rows));
	for (size_t r = 0; r < rows->run_count; r++)
		pw_lagged_close_group(&h->lag, &rows->runs[r], op->commit.time);
	pw_lagged_send(&h->lag);
	pw_ordering_apply(&h->base);
}

static void release(struct pw_op *op)
{
	struct lag *h = (struct lag *)op;

	pw_lagged_close(&h->lag);
	free(h->lag.values);
	free(h->lag.differences);
	free(h->lag.filled);
	free(h->lag.in_previous);
	free(h->lag.in_next);
	pw_schema_release(&h->rows_schema);
	pw_ordering_release(&h->base);
}

const struct pw_op_kind pw_lag_op = {
	.size = sizeof(struct lag),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.bytes = pw_ordering_bytes,
	.release = release,
	.rejects = true,
};
