/* Rows on their way out. */
#include "lagged_internal.h"

void pw_lagged_restart(struct pw_lagged *l)
{
	pw_builder_clear(&l->decoded);
	for (size_t i = 0; i < l->rows_schema->count; i++)
		pw_vector_null(&l->decoded.vectors[i]);
	pw_builder_row(&l->decoded, 0, 1);
	l->round++;
}

static void append_difference(struct pw_lagged *l, struct pw_vector *v, const struct pw_column *c,
			      uint32_t shot)
{
	const uint32_t self = l->shots[shot].self, previous = l->shots[shot].previous;
	int64_t difference;

	if (pw_column_null(c, self) || pw_column_null(c, previous)) {
		pw_vector_null(v);
	} else if (c->type.base == PW_FLOAT) {
		pw_vector_float(v, pw_column_float(c, self) - pw_column_float(c, previous));
	} else if (__builtin_sub_overflow(pw_column_int(c, self), pw_column_int(c, previous),
					  &difference)) {
		l->wrong[shot] = l->any_wrong = true;
		pw_vector_null(v);
	} else {
		pw_vector_word(v, difference);
	}
}

static void append_fills(struct pw_lagged *l, struct pw_vector *v, size_t i)
{
	for (uint32_t s = 0; s < l->shot_count; s++) {
		const struct pw_lagged_fill *f = &l->shot_fills[s * l->filled_count + i];

		if (f->null)
			pw_vector_null(v);
		else
			pw_vector_word(v, (int64_t)f->word);
	}
}

static void append_columns(struct pw_lagged *l, const struct pw_batch *rows)
{
	struct pw_vector *v = l->out.vectors;

	for (uint32_t s = 0; s < l->shot_count; s++)
		l->numbers[s] = l->shots[s].self;
	for (size_t c = 0; c < l->schema->count; c++) {
		size_t i = 0;

		while (i < l->filled_count && l->filled[i].column != (int)c)
			i++;
		if (i < l->filled_count)
			append_fills(l, v++, i);
		else
			pw_vector_gather(v++, &rows->columns[c], l->numbers, l->shot_count);
	}
	for (uint32_t s = 0; s < l->shot_count; s++)
		l->numbers[s] = l->shots[s].previous;
	for (size_t i = 0; i < l->value_count; i++)
		pw_vector_gather(v++, &rows->columns[l->values[i]], l->numbers, l->shot_count);
	for (uint32_t s = 0; s < l->shot_count; s++)
		l->numbers[s] = l->shots[s].next;
	for (size_t i = 0; i < l->value_count; i++)
		pw_vector_gather(v++, &rows->columns[l->values[i]], l->numbers, l->shot_count);
	for (size_t i = 0; i < l->difference_count; i++, v++)
		for (uint32_t s = 0; s < l->shot_count; s++)
			append_difference(l, v, &rows->columns[l->differences[i]], s);
}

#define TOO_FAR "overflow: the difference does not fit in 64 bits"

/* Fails: "time 4: the row (a 1, b 'x'): overflow: ..." */
_Noreturn static void fail_shot(struct pw_lagged *l, const struct pw_batch *out, uint32_t row)
{
	struct pw_bytes text = {0}, when = {0};
	struct pw_roworder order;

	pw_op_must(l->op, pw_roworder_init(&order, l->schema_out, NULL));
	struct pw_rowkeys keys = {0};
	pw_roworder_encode(&order, &keys, out);
	pw_roworder_describe(&order, pw_rowkeys_at(&keys, row), &text);
	pw_time_print(&when, l->time);
	pw_fail(PW_DATA, "time %s: the row (%s): " TOO_FAR, pw_bytes_string(&when),
		pw_bytes_string(&text));
	pw_op_fail(l->op);
}

/* The rows without errors; the others are rejected, or a fault. */
static const struct pw_batch *without_errors(struct pw_lagged *l, const struct pw_batch *out)
{
	uint32_t n = 0;

	if (!l->any_wrong || l->op->host->reject->policy == PW_REJECT_NULL)
		return out;
	for (uint32_t i = 0; i < out->rows; i++) {
		if (!l->wrong[i])
			l->numbers[n++] = i;
		else if (l->op->host->reject->policy == PW_REJECT_STOP)
			fail_shot(l, out, i);
		else
			pw_op_must(l->op,
				   pw_reject_row(l->op->host->reject, PW_SLICE(TOO_FAR), out, i));
	}
	pw_builder_clear(&l->sound);
	pw_builder_gather(&l->sound, out, l->numbers, n);
	return pw_builder_view(&l->sound);
}

void pw_lagged_send(struct pw_lagged *l)
{
	if (l->shot_count == 0)
		return;
	append_columns(l, pw_builder_view(&l->decoded));
	for (uint32_t s = 0; s < l->shot_count; s++)
		pw_builder_row(&l->out, l->time, l->shots[s].diff);
	const struct pw_batch *out = without_errors(l, pw_builder_view(&l->out));

	if (out->rows > 0)
		pw_op_emit(l->op, out);
	pw_builder_clear(&l->out);
	memset(l->wrong, 0, l->shot_count);
	l->any_wrong = false;
	l->shot_count = 0;
	pw_lagged_restart(l);
}

/* Where the row lies in l->decoded; puts it there if need be. */
uint32_t pw_lagged_decoded(struct pw_lagged *l, uint32_t slot, uint32_t row)
{
	if (row == PW_STRETCH_NONE)
		return 0;
	struct pw_lagged_place *p = &l->places[row];

	if (p->round != l->round) {
		*p = (struct pw_lagged_place){l->decoded.rows, l->round};
		pw_ordered_decode(l->rows, slot, l->near.rows[row].row, &l->decoded);
		pw_builder_row(&l->decoded, 0, 1);
	}
	return p->place;
}
