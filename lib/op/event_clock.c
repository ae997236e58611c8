#include "event_clock.h"

#include <stdlib.h>

enum { ROWS, CLOCK }; /* inputs */

/* ---- start and end ---- */

static void bind_step(struct pw_event_clock *c, const char *max_step)
{
	struct pw_op *op = c->op;

	c->limit = PW_PLACE_LAST;
	if (max_step == NULL)
		return;
	pw_op_must(op, pw_axis_length(c->axis, "--max-step", max_step, &c->step));
	if (c->step.real < 0)
		pw_op_must(op, pw_fail(PW_USAGE, "--max-step: '%s' is below 0", max_step));
	c->step.whole -= c->step.fraction; /* a step of a fraction less is no step further */
	c->limited = true;
}

static bool is_datetime(const struct pw_field *f)
{
	return f->type.depth == 0 &&
	       (f->type.base == PW_DATETIME || f->type.base == PW_DATETIME_UTC);
}

/* The first datetime column of the clock stream, of the type of the rows' event times. */
static void bind_clock(struct pw_event_clock *c, struct pw_axis *clock)
{
	const struct pw_schema *s = &c->op->in[CLOCK];
	const struct pw_field *time = &c->op->in[ROWS].fields[c->axis->column];
	size_t i = 0;

	while (i < s->count && !is_datetime(&s->fields[i]))
		i++;
	if (!is_datetime(time))
		pw_op_must(c->op,
			   pw_fail(PW_USAGE,
				   "--clock: column '%s' is %s %s, and a clock has datetimes",
				   time->name, pw_type_article(time->type),
				   pw_type_name(time->type)));
	if (i == s->count)
		pw_op_must(c->op, pw_fail(PW_USAGE, "--clock: the stream has no datetime column"));
	if (s->fields[i].type.base != time->type.base)
		pw_op_must(c->op, pw_fail(PW_USAGE,
					  "--clock: its column '%s' is %s %s, and '%s' is %s %s: "
					  "convert one of them, with CAST(%s AS %s)",
					  s->fields[i].name, pw_type_article(s->fields[i].type),
					  pw_type_name(s->fields[i].type), time->name,
					  pw_type_article(time->type), pw_type_name(time->type),
					  time->name, pw_type_name(s->fields[i].type)));
	*clock = (struct pw_axis){.column = (int)i, .type = s->fields[i].type};
}

/* Moves the column to the front of the order. */
static void put_first(struct pw_roworder *order, int column)
{
	for (size_t i = (size_t)column; i > 0; i--)
		order->list[i] = order->list[i - 1];
	order->list[0] = column;
}

static void bind_sum(struct pw_event_clock *c, int input)
{
	struct pw_event_clock_sum *sum = &c->sum[input];

	sum->on = !c->op->in[input].append_only;
	if (!sum->on)
		return;
	pw_op_must(c->op, pw_roworder_init(&sum->order, &c->op->in[input], NULL));
	put_first(&sum->order, sum->axis.column);
	pw_zset_init(&sum->rows, &sum->order);
}

void pw_event_clock_bind(struct pw_event_clock *c, struct pw_op *op, const struct pw_axis *axis,
			 const char *max_step)
{
	*c = (struct pw_event_clock){.axis = axis,
				     .before = PW_PLACE_FIRST,
				     .now = PW_PLACE_FIRST,
				     .saved = PW_PLACE_FIRST,
				     .op = op};
	bind_step(c, max_step);
	c->sum[ROWS].axis = *axis;
	bind_sum(c, ROWS);
	if (op->input_count > 1) {
		bind_clock(c, &c->sum[CLOCK].axis);
		bind_sum(c, CLOCK);
	}
	pw_op_must(op, pw_schema_add(&c->schema, PW_SLICE("time"), pw_axis_bound(axis), false));
}

void pw_event_clock_release(struct pw_event_clock *c)
{
	for (int i = 0; i < 2; i++)
		if (c->sum[i].on) {
			pw_zset_release(&c->sum[i].rows);
			pw_roworder_release(&c->sum[i].order);
		}
	free(c->heard);
	pw_schema_release(&c->schema);
}

/* ---- row errors ---- */

void pw_event_clock_reason(const struct pw_event_clock *c, pw_place place, struct pw_bytes *reason)
{
	const struct pw_schema *s = &c->op->in[ROWS];

	pw_bytes_print(reason, "column '%s': ", s->fields[c->axis->column].name);
	pw_axis_describe(c->axis, place, reason);
	pw_bytes_text(reason, " is more than --max-step beyond the clock, ");
	pw_axis_describe(c->axis, c->before, reason);
}

static void give_reason(const struct pw_event_clock *c, const struct pw_column *column, uint32_t i,
			pw_place place, struct pw_bytes *reason)
{
	const char *unsound = pw_axis_unsound(c->axis, column, i);

	if (unsound == NULL)
		pw_event_clock_reason(c, place, reason);
	else
		pw_bytes_print(reason, "column '%s': %s",
			       c->op->in[ROWS].fields[c->axis->column].name, unsound);
}

/* Row i has an error: it is dealt with as --on-error has it. True: it is rejected. */
static bool reject(const struct pw_event_clock *c, const struct pw_batch *batch, uint32_t i,
		   pw_time time, pw_place place)
{
	struct pw_reject *r = c->op->host->reject;
	struct pw_bytes reason = {0};

	if (r->policy == PW_REJECT_NULL)
		return false;
	give_reason(c, &batch->columns[c->axis->column], i, place, &reason);
	if (r->policy == PW_REJECT_STOP) {
		pw_fail(PW_DATA, "%s", pw_bytes_string(&reason));
		pw_op_must(c->op, pw_time_fail_at(time));
	}
	pw_op_must(c->op,
		   pw_reject_row(r, (struct pw_slice){reason.data, reason.length}, batch, i));
	pw_bytes_release(&reason);
	return true;
}

static pw_place last_place(const pw_place *places, uint32_t count)
{
	pw_place last = PW_PLACE_FIRST;

	for (uint32_t i = 0; i < count; i++)
		last = places[i] > last ? places[i] : last;
	return last;
}

static void clear_bits(struct pw_bytes *bits, uint32_t count)
{
	pw_bytes_clear(bits);
	memset(pw_bytes_room(bits, pw_bitmap_bytes(count)), 0, pw_bitmap_bytes(count));
	bits->length = pw_bitmap_bytes(count);
}

bool pw_event_clock_places(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			   uint32_t count, pw_time time, bool steps, pw_place *places,
			   struct pw_bytes *lost)
{
	const struct pw_column *column = &batch->columns[c->axis->column];
	const bool unsound = pw_axis_places(c->axis, column, from, count, places) >= 0;
	const bool leaps = steps && !pw_time_is_odd(time) && c->limit < last_place(places, count);
	bool any = false;

	if (!unsound && !leaps)
		return false;
	clear_bits(lost, count);
	for (uint32_t i = 0; i < count; i++) {
		if (!(leaps && pw_event_clock_leaps(c, places[i])) &&
		    (!unsound || pw_axis_unsound(c->axis, column, from + i) == NULL))
			continue;
		if (reject(c, batch, from + i, time, places[i])) {
			lost->data[i / 8] |= (char)(1 << i % 8);
			any = true;
		}
		places[i] = PW_PLACE_FIRST;
	}
	return any;
}

/* ---- the commit in hand ---- */

void pw_event_clock_batch(struct pw_event_clock *c, int input, const struct pw_batch *batch)
{
	if (c->sum[input].on)
		pw_zset_encode(&c->sum[input].rows, batch);
}

void pw_event_clock_note(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			 uint32_t count, const pw_place *places)
{
	if (c->sum[ROWS].on) {
		pw_op_must(c->op, pw_zset_add(&c->sum[ROWS].rows, batch, from, count));
		return;
	}
	c->any |= count > 0;
	if (!pw_time_is_odd(c->op->commit.time))
		pw_event_clock_move(c, last_place(places, count));
}

void pw_event_clock_hear(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			 uint32_t count)
{
	const struct pw_axis *axis = &c->sum[CLOCK].axis;

	if (c->sum[CLOCK].on) {
		pw_op_must(c->op, pw_zset_add(&c->sum[CLOCK].rows, batch, from, count));
		return;
	}
	c->any |= count > 0;
	if (pw_time_is_odd(c->op->commit.time))
		return;
	c->heard = pw_mem_grow(c->heard, &c->heard_capacity, count, sizeof *c->heard);
	pw_axis_places(axis, &batch->columns[axis->column], from, count, c->heard);
	pw_event_clock_move(c, last_place(c->heard, count));
}

/* Sums up what was noted. True: something is left. */
static bool sum_up(struct pw_event_clock *c, struct pw_event_clock_sum *sum)
{
	const bool moves = !pw_time_is_odd(c->op->commit.time);
	bool any = false;

	for (size_t i = 0; i < sum->rows.touched_count; i++) {
		const uint32_t slot = sum->rows.touched[i];

		if (pw_zset_row(&sum->rows, slot)->pending == 0)
			continue;
		any = true;
		if (moves)
			pw_event_clock_move(
				c, pw_axis_of_key(&sum->axis,
						  pw_arrangement_key(&sum->rows.rows, slot)));
	}
	pw_zset_forget(&sum->rows);
	return any;
}

bool pw_event_clock_close(struct pw_event_clock *c)
{
	bool any = c->any;

	for (int i = 0; i < 2; i++)
		if (c->sum[i].on)
			any |= sum_up(c, &c->sum[i]);
	c->any = false;
	return any;
}

void pw_event_clock_done(struct pw_event_clock *c)
{
	c->before = c->now;
	if (c->limited && c->now != PW_PLACE_FIRST)
		c->limit = pw_axis_plus(c->axis, c->now, &c->step);
}

/* ---- thresholds ---- */

/* The last place whose sum with the length, rounded as it is, is at or before the clock. */
static pw_place reached_real(const struct pw_axis *axis, const struct pw_length *length,
			     pw_place clock)
{
	pw_place low = PW_PLACE_FIRST, high = pw_axis_place(1.7976931348623157e308);

	while (low < high) {
		/* the middle, rounded up */
		const uint64_t wide = (uint64_t)high - (uint64_t)low;
		const pw_place middle = (pw_place)((uint64_t)low + wide / 2 + wide % 2);

		if (middle >= pw_axis_place(-1.7976931348623157e308) &&
		    pw_axis_plus(axis, middle, length) > clock)
			high = middle - 1;
		else
			low = middle;
	}
	return low;
}

pw_place pw_event_clock_reached(const struct pw_axis *axis, const struct pw_length *length,
				pw_place clock)
{
	pw_place place;

	if (clock == PW_PLACE_FIRST)
		return PW_PLACE_FIRST;
	if (axis->real)
		return reached_real(axis, length, clock);
	if (!__builtin_sub_overflow(clock, length->whole, &place))
		return place;
	return length->whole > 0 ? PW_PLACE_FIRST : PW_PLACE_LAST;
}

/* ---- checkpoints ---- */

struct pw_checkpointer_table pw_event_clock_table(const struct pw_event_clock *c)
{
	return (struct pw_checkpointer_table){"clock", &c->schema};
}

int pw_event_clock_save(const struct pw_event_clock *c, bool full,
			struct pw_checkpointer_writer *checkpoint, size_t table)
{
	struct pw_builder b;
	int rc = 0;

	if (c->now == PW_PLACE_FIRST || (!full && !pw_event_clock_changed(c)))
		return 0;
	pw_builder_init(&b, &c->schema);
	if (c->axis->real)
		pw_vector_float(&b.vectors[0], pw_axis_real(c->now));
	else
		pw_vector_word(&b.vectors[0], c->now);
	pw_builder_row(&b, 0, 1);
	rc = pw_checkpointer_flush(checkpoint, table, &b);
	pw_builder_release(&b);
	return rc;
}

int pw_event_clock_load(struct pw_event_clock *c, const struct pw_batch *batch)
{
	const struct pw_axis axis = {.type = c->schema.fields[0].type, .real = c->axis->real};

	for (uint32_t i = 0; i < batch->rows; i++) {
		pw_place place;

		if (pw_column_null(&batch->columns[0], i) || pw_batch_diff(batch, i) != 1 ||
		    pw_axis_places(&axis, &batch->columns[0], i, 1, &place) >= 0)
			return pw_fail(PW_STATE, "the clock is no time");
		if (place < c->now)
			return pw_fail(PW_STATE, "the clock goes back");
		c->now = c->saved = place;
	}
	pw_event_clock_done(c);
	return 0;
}
