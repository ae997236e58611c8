/*
 * operators - operators on random streams, without programs around them
 *
 * A trial says which operator it is and what its inputs are like; its streams
 * are drawn once, by trial_generate. A run is an operator that is handed those
 * streams: batch by batch, as a cutting has it, the inputs in turn as their
 * times allow. It adds up what the operator emits, and stops the test where
 * that breaks a promise of op.h.
 *
 * Use:      trial_generate; run_open; run_step until it returns false, or
 *           run_to; run_end; run_sum, which tells what was emitted; run_close.
 *           Several runs may be under way at once.
 */
#ifndef OPERATORS_H
#define OPERATORS_H

#include "../../lib/base/fail.h"
#include "../../lib/data/roworder.h"
#include "../../lib/op/op.h"
#include "streams.h"

struct trial {
	const struct pw_op_kind *kind;
	const void *wish;
	int inputs; /* 1 or 2 */
	enum pw_reject_policy policy;
	bool append_only[2];
	bool is_static[2];     /* one commit, which is the earliest */
	bool unique;           /* one row per key, on each side */
	bool same_names;       /* both sides have the same columns */
	bool lists;            /* two columns more: l, a list of ints, and j, json */
	bool keyed;            /* k is the key that streams have (for unique ones) */
	bool odd;              /* changes come at odd times too */
	uint32_t rises;        /* values that are there grow by this from commit to commit */
	uint32_t keys, values; /* how many different ones; the first is null */
	uint32_t rows;         /* in a commit, at most */
};

enum { COMMITS = 40 };

/* ---- random streams ---- */

struct trial_change {
	uint32_t key, value;
	pw_diff diff;
	pw_time time;
};

static struct trial_input {
	struct trial_change *changes;
	size_t count, capacity;
	struct trial_change *live; /* rows that can go */
	size_t live_count, live_capacity;
} trial_inputs[2];

static struct pw_schema trial_schema[2];

static inline void trial_add(struct trial_input *in, uint32_t key, uint32_t value, pw_diff diff,
			     pw_time time)
{
	in->changes = pw_mem_grow(in->changes, &in->capacity, in->count + 1, sizeof *in->changes);
	in->changes[in->count++] = (struct trial_change){key, value, diff, time};
	if (diff < 0)
		return;
	in->live = pw_mem_grow(in->live, &in->live_capacity, in->live_count + 1, sizeof *in->live);
	in->live[in->live_count++] = in->changes[in->count - 1];
}

static inline void trial_remove(struct trial_input *in, size_t at, pw_time time)
{
	const struct trial_change c = in->live[at];

	in->live[at] = in->live[--in->live_count];
	trial_add(in, c.key, c.value, -1, time);
}

static inline void trial_change(const struct trial *t, int side, pw_time time)
{
	struct trial_input *in = &trial_inputs[side];
	const uint32_t key = draw(t->keys), drawn = draw(t->values);
	const uint32_t value = drawn > 0 ? drawn + t->rises * (uint32_t)(time / 2) : 0;

	if (!t->append_only[side] && in->live_count > 0 && draw(3) == 0)
		trial_remove(in, draw((uint32_t)in->live_count), time);
	for (size_t i = 0; t->unique && i < in->live_count; i++)
		if (in->live[i].key == key) {
			if (t->append_only[side])
				return;
			trial_remove(in, i, time);
			break;
		}
	trial_add(in, key, value, 1, time);
}

static inline void trial_make_schema(const struct trial *t, int side)
{
	struct pw_schema *s = &trial_schema[side];
	const bool other = side == 1 && !t->same_names;

	pw_schema_release(s);
	pw_schema_add(s, PW_SLICE("k"), PW_TYPE(PW_INT), t->keyed);
	pw_schema_add(s, other ? PW_SLICE("w") : PW_SLICE("v"), PW_TYPE(PW_INT), false);
	pw_schema_add(s, other ? PW_SLICE("t") : PW_SLICE("s"), (struct pw_type){PW_STR, 0, true},
		      false);
	pw_schema_add(s, other ? PW_SLICE("g") : PW_SLICE("f"), PW_TYPE(PW_FLOAT), false);
	if (t->lists) {
		pw_schema_add(s, PW_SLICE("l"), (struct pw_type){PW_INT, 1, false}, false);
		pw_schema_add(s, PW_SLICE("j"), PW_TYPE(PW_JSON), false);
	}
	s->append_only = t->append_only[side];
	s->is_static = t->is_static[side];
}

/* Commits, now and then a long while without any. */
static inline void trial_generate(const struct trial *t)
{
	for (int side = 0; side < 2; side++) {
		trial_inputs[side].count = trial_inputs[side].live_count = 0;
		trial_make_schema(t, side);
		for (uint32_t n = 5 * t->rows; t->is_static[side] && n > 0; n--)
			trial_change(t, side, 0);
		for (pw_time time = 2; !t->is_static[side] && time <= 2 * COMMITS;
		     time += t->odd ? 1 : 2)
			for (uint32_t n = draw(4) == 0 ? 0 : draw(t->rows); n > 0; n--)
				trial_change(t, side, time);
	}
}

static inline void trial_add_lists(struct pw_vector *list, struct pw_vector *json, uint32_t value)
{
	char text[64] = "[";
	size_t n = 1;

	for (uint32_t i = 0; i < value % 4; i++) {
		pw_vector_word(list->inner, (int64_t)value * 10 + i);
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", i > 0 ? "," : "",
				      value + i);
	}
	if (value % 5 == 4)
		pw_vector_null(list);
	else
		pw_vector_list(list);
	n += (size_t)snprintf(text + n, sizeof text - n, "]");
	if (value % 7 == 6)
		pw_vector_null(json);
	else
		pw_vector_text(json, text, n);
}

static inline void trial_add_row(const struct trial *t, struct pw_builder *b,
				 const struct trial_change *c)
{
	char text[32];

	if (c->key == 0)
		pw_vector_null(&b->vectors[0]);
	else
		pw_vector_word(&b->vectors[0], c->key);
	if (c->value == 0)
		pw_vector_null(&b->vectors[1]);
	else
		pw_vector_word(&b->vectors[1], (int64_t)c->value - 3);
	pw_vector_text(&b->vectors[2], text,
		       (size_t)snprintf(text, sizeof text, "text %u", c->value % 5));
	if (c->value % 4 == 3)
		pw_vector_null(&b->vectors[3]);
	else
		pw_vector_float(&b->vectors[3], c->value * 0.1);
	if (t->lists)
		trial_add_lists(&b->vectors[4], &b->vectors[5], c->value);
	pw_builder_row(b, c->time, c->diff);
}

/* ---- what was emitted ---- */

/* Changes as lines, each a time and a row, and their diffs. */
struct lines {
	struct pw_bytes *lines;
	pw_diff *diffs;
	size_t count, capacity, diff_capacity;
};

static inline void lines_add(struct lines *l, pw_time time, struct pw_slice row, pw_diff diff)
{
	struct pw_bytes line = {0};

	pw_bytes_print(&line, "%20llu ", (unsigned long long)time);
	pw_bytes_add(&line, row.data, row.length);
	l->lines = pw_mem_grow(l->lines, &l->capacity, l->count + 1, sizeof line);
	l->diffs = pw_mem_grow(l->diffs, &l->diff_capacity, l->count + 1, sizeof *l->diffs);
	l->lines[l->count] = line;
	l->diffs[l->count++] = diff;
}

static struct lines *lines_sorted;

static int lines_compare(const void *a, const void *b)
{
	const struct pw_bytes *x = &lines_sorted->lines[*(const size_t *)a];
	const struct pw_bytes *y = &lines_sorted->lines[*(const size_t *)b];
	const size_t shared = x->length < y->length ? x->length : y->length;
	const int order = memcmp(x->data, y->data, shared);

	return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* The changes summed up by time and row, as one text; the lines are released. */
static inline void lines_sum(struct lines *l, struct pw_bytes *text)
{
	size_t *at = pw_mem_alloc(l->count + 1, sizeof *at);

	for (size_t i = 0; i < l->count; i++)
		at[i] = i;
	lines_sorted = l;
	qsort(at, l->count, sizeof *at, lines_compare);
	for (size_t i = 0, end; i < l->count; i = end) {
		pw_diff sum = 0;

		for (end = i; end < l->count && lines_compare(&at[i], &at[end]) == 0; end++)
			sum += l->diffs[at[end]];
		if (sum == 0)
			continue;
		pw_bytes_add(text, l->lines[at[i]].data, l->lines[at[i]].length);
		pw_bytes_print(text, " %lld\n", (long long)sum);
	}
	for (size_t i = 0; i < l->count; i++)
		pw_bytes_release(&l->lines[i]);
	free(l->lines);
	free(l->diffs);
	free(at);
	*l = (struct lines){0};
}

/* ---- runs ---- */

struct cutting {
	uint32_t least, most; /* rows of a batch */
	uint32_t frontiers;   /* one step in so many is followed by a frontier; 0: none is */
};

static const struct cutting one_row = {1, 1, 1}, large = {1000000, 1000000, 0},
			    at_random = {1, 30, 4};

/* An input, and the batch of it that is in hand. */
struct lane {
	size_t next; /* the first of the changes that are in no batch yet */
	struct pw_builder rows;
	const struct pw_batch *batch; /* in hand: what pw_op_begin has left of it; NULL: none is */
	uint32_t run, row;            /* the first of the batch that has not been handed over */
	struct pw_builder piece;
};

struct run {
	const struct trial *trial;
	struct cutting cutting;
	struct pw_op *op;
	struct pw_op_host host;
	struct pw_reject reject;
	struct lane lanes[2];
	pw_time frontier; /* that the operator knows of */
	pw_time last;     /* of the row emitted last */
	struct pw_rowkeys keys;
	struct lines emitted;
};

static const char *const trial_names[] = {"input A", "input B"};

static inline void run_emit(void *to, const struct pw_batch *batch)
{
	struct run *r = to;
	struct pw_roworder order;

	if (pw_roworder_init(&order, &r->op->schema, NULL) < 0)
		pw_bug("%s", pw_fail_text());
	pw_roworder_encode(&order, &r->keys, batch);
	for (uint32_t i = 0; i < batch->rows; i++) {
		const pw_time time = pw_batch_time(batch, i);

		if (time < r->last)
			pw_bug("the times of emitted rows descend");
		if (time < r->frontier && !r->op->at_end)
			pw_bug("a row was emitted of a time that was complete");
		if (pw_batch_diff(batch, i) < 0 && r->op->schema.append_only)
			pw_bug("a row was taken away, and the output only adds");
		r->last = time;
		lines_add(&r->emitted, time, pw_rowkeys_at(&r->keys, i), pw_batch_diff(batch, i));
	}
	pw_roworder_release(&order);
}

/* Rows that came too late are told apart from those emitted. */
static inline void run_late(void *to, int input, const struct pw_batch *batch)
{
	struct run *r = to;
	struct pw_roworder order;
	struct pw_bytes line = {0};

	if (r->op->late[input].schema != batch->schema)
		pw_bug("late rows of another schema than was said");
	if (pw_roworder_init(&order, batch->schema, NULL) < 0)
		pw_bug("%s", pw_fail_text());
	pw_roworder_encode(&order, &r->keys, batch);
	for (uint32_t i = 0; i < batch->rows; i++) {
		const struct pw_slice row = pw_rowkeys_at(&r->keys, i);

		pw_bytes_clear(&line);
		pw_bytes_print(&line, "late, input %d: ", input);
		pw_bytes_add(&line, row.data, row.length);
		lines_add(&r->emitted, pw_batch_time(batch, i),
			  (struct pw_slice){line.data, line.length}, pw_batch_diff(batch, i));
	}
	pw_bytes_release(&line);
	pw_roworder_release(&order);
}

static inline void run_fail(void *to)
{
	(void)to;
	pw_bug("%s", pw_fail_text());
}

/* from: changes of earlier times are left out. r stays where it is. */
static inline void run_open(struct run *r, const struct trial *t, struct cutting cutting,
			    bool has_state, pw_time from)
{
	*r = (struct run){.trial = t, .cutting = cutting, .frontier = from};
	r->reject = (struct pw_reject){.policy = t->policy};
	r->host = (struct pw_op_host){
		.to = r,
		.emit = run_emit,
		.fail = run_fail,
		.late = run_late,
		.reject = &r->reject,
		.names = trial_names,
		.memory = 64 << 20,
		.has_state = has_state,
	};
	for (int side = 0; side < t->inputs; side++) {
		struct lane *lane = &r->lanes[side];

		pw_builder_init(&lane->rows, &trial_schema[side]);
		pw_builder_init(&lane->piece, &trial_schema[side]);
		while (lane->next < trial_inputs[side].count &&
		       trial_inputs[side].changes[lane->next].time < from)
			lane->next++;
	}
	r->op = pw_op_open(t->kind, &r->host, trial_schema, (size_t)t->inputs, t->wish);
}

/* The time of the first row of the input that has not been handed over. */
static inline pw_time run_earliest(const struct run *r, int side)
{
	const struct trial_input *in = &trial_inputs[side];
	const struct lane *lane = &r->lanes[side];

	if (side >= r->trial->inputs)
		return PW_TIME_END;
	if (lane->batch != NULL)
		return lane->batch->runs[lane->run].time;
	return lane->next < in->count ? in->changes[lane->next].time : PW_TIME_END;
}

/* The next batch of the input: rows of times below until. */
static inline void run_cut(struct run *r, int side, pw_time until)
{
	const struct trial_input *in = &trial_inputs[side];
	const struct cutting *c = &r->cutting;
	struct lane *lane = &r->lanes[side];

	pw_builder_clear(&lane->rows);
	for (uint32_t n = c->least + draw(c->most - c->least + 1);
	     n > 0 && lane->next < in->count && in->changes[lane->next].time < until; n--)
		trial_add_row(r->trial, &lane->rows, &in->changes[lane->next++]);
	lane->batch = pw_builder_view(&lane->rows);
	lane->run = lane->row = 0;
}

/*
 * Hands over rows of the batch in hand: all of it with one input; where inputs
 * take turns, the rows up to a time, or fewer.
 */
static inline void run_hand_over(struct run *r, int side, pw_time bound)
{
	struct lane *lane = &r->lanes[side];
	const bool in_turn = r->trial->inputs > 1 && r->op->first == PW_OP_NONE;
	const bool begins = in_turn && r->op->kind->rows != NULL;

	if (begins && lane->run == 0)
		lane->batch = pw_op_begin(r->op, side, lane->batch);
	if (lane->batch == NULL)
		return;
	const struct pw_batch *batch = lane->batch;
	const uint32_t run = lane->run, from = lane->row;

	if (in_turn && draw(2) == 0)
		bound = batch->runs[run].time;
	while (lane->run < batch->run_count && batch->runs[lane->run].time <= bound)
		lane->row += batch->runs[lane->run++].rows;
	if (lane->run == batch->run_count)
		lane->batch = NULL;
	if (begins) {
		pw_op_take_runs(r->op, side, batch, run, lane->run - run, from);
		return;
	}
	pw_builder_clear(&lane->piece);
	pw_builder_append_runs(&lane->piece, batch, run, lane->run - run, from);
	pw_op_take(r->op, side, pw_builder_view(&lane->piece));
}

/* Which input is next, and up to which time. */
static inline int run_choose(const struct run *r, pw_time *bound)
{
	const pw_time a = run_earliest(r, 0), b = run_earliest(r, 1);
	const int first = r->op->first;

	*bound = PW_TIME_END;
	if (first != PW_OP_NONE)
		return run_earliest(r, first) != PW_TIME_END ? first : !first;
	const int side = a == b ? (int)draw((uint32_t)r->trial->inputs) : b < a;

	*bound = side == 0 ? b : a;
	return side;
}

static inline void run_pass_frontier(struct run *r, pw_time frontier)
{
	pw_op_frontier(r->op, frontier);
	r->frontier = frontier;
}

/* Hands over some rows of times below until; false if there are none. */
static inline bool run_step(struct run *r, pw_time until)
{
	pw_time bound;
	const int side = run_choose(r, &bound);
	const uint32_t frontiers = r->cutting.frontiers;

	if (run_earliest(r, side) >= until)
		return false;
	if (r->lanes[side].batch == NULL)
		run_cut(r, side, until);
	run_hand_over(r, side, bound);
	const pw_time a = run_earliest(r, 0), b = run_earliest(r, 1), least = a < b ? a : b;

	if (frontiers > 0 && draw(frontiers) == 0 && least < until && least > r->frontier)
		run_pass_frontier(r, least);
	return true;
}

/* All rows of times below until have been handed over, and those times are complete. */
static inline void run_to(struct run *r, pw_time until)
{
	while (run_step(r, until))
		;
	run_pass_frontier(r, until);
}

static inline void run_end(struct run *r)
{
	run_to(r, PW_TIME_END);
	pw_op_end(r->op);
}

static inline void run_close(struct run *r)
{
	pw_op_close(r->op);
	for (int side = 0; side < r->trial->inputs; side++) {
		pw_builder_release(&r->lanes[side].rows);
		pw_builder_release(&r->lanes[side].piece);
	}
	pw_rowkeys_release(&r->keys);
}

/* Has either run emitted anything, and both the same per commit? */
static inline bool lines_same(struct lines *a, struct lines *b)
{
	struct pw_bytes x = {0}, y = {0};

	lines_sum(a, &x);
	lines_sum(b, &y);
	const bool same =
		x.length > 0 && x.length == y.length && memcmp(x.data, y.data, x.length) == 0;

	pw_bytes_release(&x);
	pw_bytes_release(&y);
	return same;
}

#endif
