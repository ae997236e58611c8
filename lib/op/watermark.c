#include "watermark.h"
#include "../state/calendar.h"
#include "../state/ordered.h"
#include "event_clock.h"

#include <stdlib.h>

enum { ROWS, CLOCK };        /* inputs */
enum { HELD, PASSED, SETS }; /* rows kept */
enum { TABLES = 1 + SETS };  /* of a checkpoint: the clock, and the sets that are in use */

/* One of the three primitives. */
struct primitive {
	bool on;
	struct pw_length length;
	pw_place reached; /* rows at or before it: late; to be released; to be forgotten */
};

struct watermark {
	struct pw_op op;
	struct pw_axis axis;
	struct pw_event_clock clock;
	struct primitive cutoff, delay, forget;
	bool keep;
	bool only_adds;  /* the input is append-only */
	bool early_only; /* of the rows passed only those are kept that passed before their time */
	bool columns_only; /* cutoff alone, of such an input, without a clock stream */
	bool used[SETS];
	struct pw_calendar sets[SETS];
	struct pw_ordered changes; /* of the commit in hand, of an input that is not append-only */
	uint32_t slot;             /* of changes: the one group */
	pw_time time;              /* columns_only: the commit in hand */

	/* the rows in hand */
	struct pw_rowkeys keys;
	pw_place *places;
	uint32_t *passing, *late;
	size_t capacity, passing_capacity, late_capacity;
	struct pw_bytes lost, row;
	struct pw_builder out, dropped, one;

	struct pw_bytes state_text;
	struct pw_checkpointer_table tables[TABLES];
	int set_of[TABLES]; /* which set a table shows */
	size_t table_count;
};

/* ---- rows that go out ---- */

static void send(struct watermark *w)
{
	if (w->out.rows > 0)
		pw_op_emit(&w->op, pw_builder_view(&w->out));
	pw_builder_clear(&w->out);
}

static void drop(struct watermark *w)
{
	if (w->dropped.rows > 0)
		pw_op_late(&w->op, ROWS, pw_builder_view(&w->dropped));
	pw_builder_clear(&w->dropped);
}

static void show(struct watermark *w, struct pw_slice row, pw_time time, pw_diff diff)
{
	if (diff == 0)
		return;
	pw_roworder_decode(&w->changes.order, row, &w->out);
	pw_builder_row(&w->out, time, diff);
	if (pw_builder_full(&w->out))
		send(w);
}

static void show_late(struct watermark *w, struct pw_slice row, pw_diff diff)
{
	pw_roworder_decode(&w->changes.order, row, &w->dropped);
	pw_builder_row(&w->dropped, w->op.commit.time, diff);
	if (pw_builder_full(&w->dropped))
		drop(w);
}

static void flush(struct pw_op *op)
{
	struct watermark *w = (struct watermark *)op;

	send(w);
	drop(w);
}

/* ---- rows that are kept ---- */

static void keep_row(struct watermark *w, int set, struct pw_slice row, pw_diff diff)
{
	if (diff != 0 && w->used[set])
		pw_op_must(&w->op, pw_calendar_add(&w->sets[set], row, diff));
}

/* Takes the earliest row of a set, at or before the place, into w->row; false: there is none. */
static bool take_first(struct watermark *w, int set, pw_place last, int64_t *copies)
{
	struct pw_slice row;

	if (!pw_calendar_first(&w->sets[set], &row, copies) || pw_axis_of_key(&w->axis, row) > last)
		return false;
	pw_bytes_clear(&w->row);
	pw_bytes_add(&w->row, row.data, row.length);
	keep_row(w, set, (struct pw_slice){w->row.data, w->row.length}, -*copies);
	return true;
}

/* Does the commit in hand forget? At the end nothing is forgotten, nor at odd times. */
static bool forgets(const struct watermark *w)
{
	const pw_time time = w->op.commit.time;

	return w->forget.on && time != PW_TIME_END && !pw_time_is_odd(time);
}

/* Are rows at this place forgotten in the commit in which they pass? Then nobody sees them. */
static bool forgotten_at_once(const struct watermark *w, pw_place place)
{
	return !w->keep && place <= w->forget.reached && forgets(w);
}

static void release_held(struct watermark *w)
{
	int64_t copies;

	while (take_first(w, HELD, w->delay.reached, &copies)) {
		const struct pw_slice row = {w->row.data, w->row.length};

		if (forgotten_at_once(w, pw_axis_of_key(&w->axis, row)))
			continue;
		show(w, row, w->op.commit.time, copies);
		if (!w->early_only)
			keep_row(w, PASSED, row, copies);
	}
}

static void forget_passed(struct watermark *w)
{
	const pw_time time = w->op.commit.time + w->keep; /* an odd time, with --keep */
	int64_t copies;

	while (take_first(w, PASSED, w->forget.reached, &copies))
		show(w, (struct pw_slice){w->row.data, w->row.length}, time, -copies);
}

/* ---- commits ---- */

static void set_reached(const struct watermark *w, struct primitive *p, pw_place clock)
{
	if (p->on)
		p->reached = pw_event_clock_reached(&w->axis, &p->length, clock);
}

/* A commit begins, or is over: what the clock before it has reached. */
static void judge_by_clock(struct watermark *w)
{
	set_reached(w, &w->cutoff, w->clock.before);
	set_reached(w, &w->forget, w->clock.before);
	set_reached(w, &w->delay, w->clock.now);
}

/* All changes of the commit have been judged. */
static void finish_commit(struct watermark *w, bool any)
{
	int64_t copies;

	if (any && !pw_time_is_odd(w->op.commit.time)) {
		set_reached(w, &w->delay, w->clock.now);
		if (w->delay.on)
			release_held(w);
		while (w->early_only && take_first(w, PASSED, w->delay.reached, &copies))
			continue; /* no equal row is held any more */
		if (forgets(w))
			forget_passed(w);
	}
	pw_event_clock_done(&w->clock);
	judge_by_clock(w);
	for (int s = 0; s < SETS; s++)
		if (w->used[s])
			pw_calendar_tidy(&w->sets[s]);
}

/* ---- an input that is append-only: rows are judged as they come ---- */

static void make_room(struct watermark *w, uint32_t count)
{
	w->places = pw_mem_grow(w->places, &w->capacity, count, sizeof *w->places);
	w->passing = pw_mem_grow(w->passing, &w->passing_capacity, count, sizeof *w->passing);
	w->late = pw_mem_grow(w->late, &w->late_capacity, count, sizeof *w->late);
}

static void pass_rows(struct watermark *w, const struct pw_batch *batch, uint32_t count)
{
	pw_builder_gather(&w->out, batch, w->passing, count);
	if (pw_builder_full(&w->out))
		send(w);
}

static void drop_rows(struct watermark *w, const struct pw_batch *batch, uint32_t count)
{
	pw_builder_gather(&w->dropped, batch, w->late, count);
	if (pw_builder_full(&w->dropped))
		drop(w);
}

/* Judges row i: true if it passes now. It may be kept. */
static bool judge_added(struct watermark *w, const struct pw_batch *batch, uint32_t i,
			pw_place place, bool odd)
{
	const pw_diff diff = pw_batch_diff(batch, i);

	if (place == PW_PLACE_FIRST)
		return true;
	if (!odd && w->delay.on && place > w->delay.reached) {
		keep_row(w, HELD, pw_rowkeys_at(&w->keys, i), diff);
		return false;
	}
	if (forgotten_at_once(w, place))
		return false;
	if (w->used[PASSED])
		keep_row(w, PASSED, pw_rowkeys_at(&w->keys, i), diff);
	return true;
}

/* Rows [from, from + count) of the commit in hand. */
static void add_rows(struct watermark *w, const struct pw_batch *batch, uint32_t from,
		     uint32_t count)
{
	const pw_time time = w->op.commit.time;
	const bool odd = pw_time_is_odd(time);
	const pw_place late = odd ? PW_PLACE_FIRST : w->cutoff.reached;
	uint32_t passing = 0, dropped = 0, lost = 0;

	make_room(w, count);
	const bool any_lost = pw_event_clock_places(&w->clock, batch, from, count, time, true,
						    w->places, &w->lost);

	for (uint32_t i = 0; i < count; i++) {
		const pw_place place = w->places[i];

		if (any_lost && pw_bit((const uint8_t *)w->lost.data, i))
			lost++;
		else if (place <= late && place != PW_PLACE_FIRST)
			w->late[dropped++] = from + i;
		else if (judge_added(w, batch, from + i, place, odd))
			w->passing[passing++] = from + i;
	}
	if (lost < count)
		pw_event_clock_note(&w->clock, batch, from, count, w->places);
	pass_rows(w, batch, passing);
	drop_rows(w, batch, dropped);
}

static void close_adding(struct watermark *w)
{
	finish_commit(w, pw_event_clock_close(&w->clock));
}

/* ---- cutoff alone of such an input: a filter of columns ---- */

/* The commit of another time begins. */
static void turn_to(struct watermark *w, pw_time time)
{
	if (time == w->time)
		return;
	w->time = time;
	pw_event_clock_done(&w->clock);
	judge_by_clock(w);
}

/* The greatest of the places, and whether one that is there is at or before `late`. */
static pw_place survey(const pw_place *places, uint32_t count, pw_place late, bool *any_late)
{
	pw_place last = PW_PLACE_FIRST;
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		last = places[i] > last ? places[i] : last;
		found |= (uint32_t)(places[i] <= late) & (uint32_t)(places[i] != PW_PLACE_FIRST);
	}
	*any_late = found != 0;
	return last;
}

/* Adds the rows of a run to w->passing and w->late. */
static void judge_run(struct watermark *w, const struct pw_batch *batch, uint32_t from,
		      const struct pw_run *run, uint32_t *passing, uint32_t *dropped)
{
	pw_place *const places = w->places;
	bool any_late;

	turn_to(w, run->time);
	const bool odd = pw_time_is_odd(run->time);
	const bool any_lost = pw_event_clock_places(&w->clock, batch, from, run->rows, run->time,
						    true, places, &w->lost);
	const pw_place late = odd ? PW_PLACE_FIRST : w->cutoff.reached;
	const pw_place last = survey(places, run->rows, late, &any_late);

	if (!any_late && !any_lost) {
		for (uint32_t i = 0; i < run->rows; i++)
			w->passing[*passing + i] = from + i;
		*passing += run->rows;
	}
	for (uint32_t i = 0; i < run->rows && (any_late || any_lost); i++) {
		if (any_lost && pw_bit((const uint8_t *)w->lost.data, i))
			continue;
		if (places[i] <= late && places[i] != PW_PLACE_FIRST)
			w->late[(*dropped)++] = from + i;
		else
			w->passing[(*passing)++] = from + i;
	}
	if (!odd)
		pw_event_clock_move(&w->clock, last);
}

static void filter_columns(struct watermark *w, const struct pw_batch *batch)
{
	uint32_t passing = 0, dropped = 0, from = 0;

	make_room(w, batch->rows);
	for (uint32_t r = 0; r < batch->run_count; from += batch->runs[r++].rows)
		judge_run(w, batch, from, &batch->runs[r], &passing, &dropped);
	drop_rows(w, batch, dropped);
	if (passing == batch->rows) {
		send(w);
		pw_op_emit(&w->op, batch);
	} else {
		pass_rows(w, batch, passing);
	}
}

/* ---- any other input: changes are summed up, then judged ---- */

/* Notes those rows that are not rejected. */
static void note_rows(struct watermark *w, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	make_room(w, count);
	const bool any_lost = pw_event_clock_places(&w->clock, batch, from, count,
						    w->op.commit.time, false, w->places, &w->lost);

	pw_ordered_find(&w->changes, from, count);
	for (uint32_t i = 0; i < count; i++)
		if (!any_lost || !pw_bit((const uint8_t *)w->lost.data, i))
			pw_op_must(&w->op,
				   pw_ordered_note(&w->changes, w->changes.slots[from + i],
						   pw_rowkeys_at(&w->changes.row_keys, from + i),
						   pw_batch_diff(batch, from + i)));
}

/* A change is rejected; or, with --on-error null, it passes as one of a row without a time. */
static void reject(struct watermark *w, struct pw_slice row, pw_diff diff, const char *why)
{
	struct pw_reject *r = w->op.host->reject;
	struct pw_bytes reason = {0};

	if (r->policy == PW_REJECT_NULL) {
		show(w, row, w->op.commit.time, diff);
		return;
	}
	if (why != NULL)
		pw_bytes_text(&reason, why);
	else
		pw_event_clock_reason(&w->clock, pw_axis_of_key(&w->axis, row), &reason);
	if (r->policy == PW_REJECT_STOP) {
		pw_fail(PW_DATA, "%s", pw_bytes_string(&reason));
		pw_op_must(&w->op, pw_time_fail_at(w->op.commit.time));
	}
	pw_roworder_decode(&w->changes.order, row, &w->one);
	pw_builder_row(&w->one, w->op.commit.time, diff);
	pw_op_must(&w->op, pw_reject_row(r, (struct pw_slice){reason.data, reason.length},
					 pw_builder_view(&w->one), 0));
	pw_builder_clear(&w->one);
	pw_bytes_release(&reason);
}

/* Copies are taken away that are not there: late ones, forgotten ones, or none that have come. */
static void take_absent(struct watermark *w, struct pw_slice row, pw_place place, pw_diff diff)
{
	if (w->forget.on && place <= w->forget.reached)
		return;
	if (w->cutoff.on && place <= w->cutoff.reached) {
		if (!pw_time_is_odd(w->op.commit.time))
			show_late(w, row, diff);
		return;
	}
	if (w->clock.limited && w->op.host->reject->policy != PW_REJECT_STOP) {
		reject(w, row, diff, "the row taken away was kept out by --max-step");
		return;
	}
	pw_roworder_negative(&w->changes.order, PW_DATA, row, diff);
	pw_op_must(&w->op, pw_time_fail_at(w->op.commit.time));
}

/* Takes up to count copies from a set; returns how many are left to be taken. */
static int64_t take_from(struct watermark *w, int set, struct pw_slice row, int64_t count,
			 int64_t *taken)
{
	const int64_t there = w->used[set] ? pw_calendar_copies(&w->sets[set], row) : 0;

	*taken = count < there ? count : there;
	keep_row(w, set, row, -*taken);
	return count - *taken;
}

/* Copies that have passed go; then copies that are held vanish. */
static void take_away(struct watermark *w, struct pw_slice row, pw_place place, pw_diff diff)
{
	const bool knows = w->used[PASSED] && !w->early_only;
	int64_t left = -diff, held = 0, passed = 0;

	left = take_from(w, PASSED, row, left, &passed);
	left = take_from(w, HELD, row, left, &held);
	if (!knows) { /* they have passed, and are not kept */
		passed += left;
		left = 0;
	}
	show(w, row, w->op.commit.time, -passed);
	if (left > 0)
		take_absent(w, row, place, -left);
}

static void add(struct watermark *w, struct pw_slice row, pw_place place, pw_diff diff)
{
	const bool odd = pw_time_is_odd(w->op.commit.time);

	if (!odd && w->cutoff.on && place <= w->cutoff.reached) {
		show_late(w, row, diff);
		return;
	}
	if (!odd && w->delay.on && place > w->delay.reached) {
		keep_row(w, HELD, row, diff);
		return;
	}
	if (forgotten_at_once(w, place))
		return;
	if (!w->early_only || (odd && place > w->delay.reached))
		keep_row(w, PASSED, row, diff);
	show(w, row, w->op.commit.time, diff);
}

static bool leaps(const struct watermark *w, pw_place place)
{
	return !pw_time_is_odd(w->op.commit.time) && pw_event_clock_leaps(&w->clock, place);
}

static void judge(struct watermark *w, const struct pw_ordered_change *c)
{
	const struct pw_slice row = pw_ordered_row(c);
	const pw_place place = pw_axis_of_key(&w->axis, row);

	if (place == PW_PLACE_FIRST)
		show(w, row, w->op.commit.time, c->diff);
	else if (leaps(w, place))
		reject(w, row, c->diff, NULL);
	else if (c->diff < 0)
		take_away(w, row, place, c->diff);
	else
		add(w, row, place, c->diff);
}

/* Moves the clock by the changes left; true: there are changes that are no leaps. */
static bool move_clock(struct watermark *w)
{
	const bool odd = pw_time_is_odd(w->op.commit.time);
	bool any = pw_event_clock_close(&w->clock);

	for (size_t i = 0; i < w->changes.count; i++) {
		const pw_place place =
			pw_axis_of_key(&w->axis, pw_ordered_row(&w->changes.changes[i]));

		if (leaps(w, place))
			continue;
		any = true;
		if (!odd)
			pw_event_clock_move(&w->clock, place);
	}
	return any;
}

static void close_changing(struct watermark *w)
{
	pw_op_must(&w->op, pw_ordered_sum(&w->changes));
	const bool any = move_clock(w);

	set_reached(w, &w->delay, w->clock.now);
	for (size_t i = 0; i < w->changes.count; i++)
		judge(w, &w->changes.changes[i]);
	pw_ordered_clear(&w->changes);
	finish_commit(w, any);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct watermark *w = (struct watermark *)op;

	if (input == CLOCK) {
		pw_event_clock_batch(&w->clock, CLOCK, *batch);
		return;
	}
	if (!w->only_adds) {
		pw_ordered_encode(&w->changes, *batch, true);
		return;
	}
	pw_op_must(op, pw_roworder_only_adds(&w->changes.order, *batch));
	if (w->columns_only) {
		filter_columns(w, *batch);
		*batch = NULL;
	} else if (w->used[HELD] || w->used[PASSED]) {
		pw_roworder_encode(&w->changes.order, &w->keys, *batch);
	}
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct watermark *w = (struct watermark *)op;

	if (input == CLOCK)
		pw_event_clock_hear(&w->clock, batch, from, count);
	else if (w->only_adds)
		add_rows(w, batch, from, count);
	else
		note_rows(w, batch, from, count);
}

static void commit(struct pw_op *op)
{
	struct watermark *w = (struct watermark *)op;

	if (w->only_adds)
		close_adding(w);
	else
		close_changing(w);
}

static void end(struct pw_op *op)
{
	struct watermark *w = (struct watermark *)op;
	int64_t copies;

	while (w->delay.on && take_first(w, HELD, PW_PLACE_LAST, &copies))
		show(w, (struct pw_slice){w->row.data, w->row.length}, PW_TIME_END, copies);
}

static size_t bytes(const struct pw_op *op)
{
	const struct watermark *w = (const struct watermark *)op;
	size_t sum = w->changes.bytes.held;

	for (int s = 0; s < SETS; s++)
		if (w->used[s])
			sum += pw_calendar_bytes(&w->sets[s]);
	return sum;
}

static void release(struct pw_op *op)
{
	struct watermark *w = (struct watermark *)op;

	for (int s = 0; s < SETS; s++)
		pw_calendar_release(&w->sets[s]);
	pw_ordered_release(&w->changes);
	pw_event_clock_release(&w->clock);
	pw_rowkeys_release(&w->keys);
	pw_bytes_release(&w->lost);
	pw_bytes_release(&w->row);
	pw_bytes_release(&w->state_text);
	pw_builder_release(&w->out);
	pw_builder_release(&w->dropped);
	pw_builder_release(&w->one);
	free(w->places);
	free(w->passing);
	free(w->late);
}

/* ---- checkpoints ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	const struct watermark *w = state;
	enum pw_checkpointer_change most =
		pw_event_clock_changed(&w->clock) ? PW_CHECKPOINTER_DELTA : PW_CHECKPOINTER_SAME;

	for (int s = 0; s < SETS; s++)
		if (w->used[s] && pw_calendar_changed(&w->sets[s]) > most)
			most = pw_calendar_changed(&w->sets[s]);
	return most;
}

static uint64_t rows_kept(const void *state)
{
	const struct watermark *w = state;
	uint64_t sum = 1;

	for (int s = 0; s < SETS; s++)
		sum += w->used[s] ? pw_calendar_rows(&w->sets[s]) : 0;
	return sum;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct watermark *w = state;
	int rc = pw_event_clock_save(&w->clock, full, checkpoint, 0);

	for (size_t t = 1; rc == 0 && t < w->table_count; t++)
		rc = pw_calendar_save(&w->sets[w->set_of[t]], full, checkpoint, t);
	return rc;
}

static void saved(void *state)
{
	struct watermark *w = state;

	pw_event_clock_saved(&w->clock);
	for (int s = 0; s < SETS; s++)
		if (w->used[s])
			pw_calendar_saved(&w->sets[s]);
}

static void expect(void *state, bool full, uint64_t count)
{
	(void)state;
	(void)full;
	(void)count;
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct watermark *w = state;

	return table == 0 ? pw_event_clock_load(&w->clock, batch)
			  : pw_calendar_load(&w->sets[w->set_of[table]], batch);
}

static int loaded(void *state)
{
	struct watermark *w = state;

	for (int s = 0; s < SETS; s++)
		if (w->used[s] && pw_calendar_loaded(&w->sets[s]) < 0)
			return -1;
	judge_by_clock(w);
	return 0;
}

static void bind_checkpoint(struct watermark *w)
{
	static const char *const names[] = {"held", "passed"};

	w->tables[w->table_count++] = pw_event_clock_table(&w->clock);
	for (int s = 0; s < SETS; s++)
		if (w->used[s]) {
			w->set_of[w->table_count] = s;
			w->tables[w->table_count++] =
				(struct pw_checkpointer_table){names[s], w->op.in};
		}
	w->op.checkpoint = (struct pw_op_checkpoint){
		.how = {w->tables, w->table_count, changed, rows_kept, save, saved, expect, load,
			loaded},
		.state = w,
		.noting = {w->used[HELD] ? &w->sets[HELD].delta.on : NULL,
			   w->used[PASSED] ? &w->sets[PASSED].delta.on : NULL},
	};
}

/* ---- the wish ---- */

static void bind_primitive(struct watermark *w, struct primitive *p, const char *option,
			   const char *text)
{
	p->reached = PW_PLACE_FIRST;
	if (text == NULL)
		return;
	p->on = true;
	pw_op_must(&w->op, pw_axis_length(&w->axis, option, text, &p->length));
	if (p->length.real < 0)
		pw_op_must(&w->op, pw_fail(PW_USAGE, "%s: '%s' is below 0", option, text));
}

static void bind_wish(struct watermark *w, const struct pw_watermark_wish *wish)
{
	struct pw_op *op = &w->op;

	if (wish->time == NULL)
		pw_op_must(op, pw_fail(PW_USAGE, "-t COL is missing: the column of event times"));
	if (wish->cutoff == NULL && wish->delay == NULL && wish->forget == NULL)
		pw_op_must(op, pw_fail(PW_USAGE,
				       "--cutoff, --delay or --forget is missing: what to do with "
				       "rows that are late, early or old"));
	if (wish->keep && wish->forget == NULL)
		pw_op_must(op, pw_fail(PW_USAGE, "--keep is missing --forget: it says how rows are "
						 "forgotten"));
	if (wish->late != NULL && wish->cutoff == NULL)
		pw_op_must(op, pw_fail(PW_USAGE,
				       "--late is missing --cutoff: without it no row is late"));
	pw_op_must(op, pw_axis_open(&w->axis, op->in, "-t", wish->time));
	bind_primitive(w, &w->cutoff, "--cutoff", wish->cutoff);
	bind_primitive(w, &w->delay, "--delay", wish->delay);
	bind_primitive(w, &w->forget, "--forget", wish->forget);
	w->keep = wish->keep;
	if (w->cutoff.on)
		op->late[ROWS] = (struct pw_op_late){wish->late, op->in};
}

/* An order of rows that begins with their times. */
static void bind_order(struct watermark *w)
{
	struct pw_roworder *order = &w->changes.order;

	pw_op_must(&w->op, pw_ordered_init(&w->changes, w->op.in, NULL, NULL));
	for (int i = w->axis.column; i > 0; i--)
		order->list[i] = order->list[i - 1];
	order->list[0] = w->axis.column;
}

static void bind_state(struct watermark *w, bool is_static)
{
	/* a row taken away must be known: was it passed? */
	const bool asks = (w->cutoff.on || w->clock.limited) && !w->only_adds;

	w->used[HELD] = w->delay.on;
	w->early_only = w->delay.on && !w->forget.on && !asks && !w->only_adds && !is_static;
	w->used[PASSED] = (w->forget.on || asks || w->early_only) && !is_static;
	for (int s = 0; s < SETS; s++)
		if (w->used[s])
			pw_calendar_init(&w->sets[s], &w->changes.order);
	w->columns_only =
		w->only_adds && !w->used[HELD] && !w->used[PASSED] && w->op.input_count == 1;
	pw_bytes_text(&w->state_text, "the clock");
	if (w->used[HELD])
		pw_bytes_text(&w->state_text, ", the rows held for --delay");
	if (w->used[PASSED] && !w->early_only)
		pw_bytes_print(&w->state_text, ", the rows passed%s",
			       w->forget.on ? " until they are forgotten" : "");
	pw_bytes_text(&w->state_text, w->used[HELD] || w->used[PASSED] ? "; grows with these rows"
								       : "; does not grow");
	w->op.state_text = pw_bytes_string(&w->state_text);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct watermark *w = (struct watermark *)op;
	const struct pw_watermark_wish *asked = wish;
	const bool is_static = op->in->is_static && op->input_count == 1;

	bind_wish(w, asked);
	w->only_adds = op->in->append_only;
	pw_event_clock_bind(&w->clock, op, &w->axis, asked->max_step);
	bind_order(w);
	bind_state(w, is_static);
	pw_schema_copy(&op->schema, op->in);
	op->schema.append_only = w->only_adds && (!w->forget.on || is_static);
	op->schema.is_static = is_static && !w->delay.on;
	pw_builder_init(&w->out, op->in);
	pw_builder_init(&w->dropped, op->in);
	pw_builder_init(&w->one, op->in);
	judge_by_clock(w);
	bind_checkpoint(w);
}

const struct pw_op_kind pw_watermark_op = {
	.size = sizeof(struct watermark),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.end = end,
	.flush = flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
