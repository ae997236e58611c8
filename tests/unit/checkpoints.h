/*
 * checkpoints - what an operator remembers, saved and loaded at random moments
 *
 * survives hands an operator a random stream as a whole, and once again in
 * pieces. Each piece is an operator of its own: it loads the checkpoints so
 * far, is handed the rows that are not in them, is saved, full or as a delta,
 * where times are complete, and is given up at the last of these moments. What
 * all pieces emit must be what the whole did.
 *
 * Use:      struct trial t = {...}; CHECK(survives(&t, seed)).
 */
#ifndef CHECKPOINTS_H
#define CHECKPOINTS_H

#include "operators.h"

enum { MOMENTS = 12 };

/* A moment at which a piece is saved, and the checkpoint made there. */
struct moment {
	pw_time time;   /* all of those below are complete; PW_TIME_END: there is no such moment */
	bool wish_full; /* the checkpoint is to be full, though a delta would do */

	bool saved, full;
	struct pw_schema schema;
	struct pw_builder rows;
};

static inline void moments_plan(struct moment *moments)
{
	pw_time time = 0;

	for (int m = 0; m < MOMENTS; m++) {
		time += 2 + 2 * draw(2 * COMMITS / MOMENTS - 2);
		moments[m] = (struct moment){
			.time = time <= 2 * COMMITS ? time : PW_TIME_END,
			.wish_full = draw(3) == 0,
		};
	}
}

static inline void moments_release(struct moment *moments)
{
	for (int m = 0; m < MOMENTS; m++) {
		pw_builder_release(&moments[m].rows);
		pw_schema_release(&moments[m].schema);
	}
}

/* ---- saving ---- */

static inline int moment_emit(void *to, const struct pw_batch *batch)
{
	struct moment *m = to;

	if (batch->rows > PW_BATCH_ROWS)
		pw_bug("a batch of %u rows", batch->rows);
	if (batch->run_count != 1 || batch->runs[0].time != m->time)
		pw_bug("rows of another time than the checkpoint's");
	pw_builder_append(&m->rows, batch, 0, batch->rows);
	return 0;
}

static inline bool moments_have_full(const struct moment *moments, pw_time before)
{
	bool have = false;

	for (int m = 0; m < MOMENTS; m++)
		have |= moments[m].saved && moments[m].full && moments[m].time < before;
	return have;
}

static inline void moment_save(struct moment *moments, struct moment *m, const struct pw_op *op)
{
	const struct pw_op_checkpoint *c = &op->checkpoint;
	const enum pw_checkpointer_change changed = c->how.changed(c->state);

	if (changed == PW_CHECKPOINTER_SAME)
		return;
	m->saved = true;
	m->full = changed == PW_CHECKPOINTER_FULL || m->wish_full ||
		  !moments_have_full(moments, m->time);
	if (pw_checkpointer_schema(&c->how, &m->schema) < 0)
		pw_bug("schema: %s", pw_fail_text());
	pw_builder_init(&m->rows, &m->schema);
	if (pw_checkpointer_save(&c->how, c->state, m->full, &m->schema, m->time, moment_emit, m) <
	    0)
		pw_bug("save: %s", pw_fail_text());
	c->how.saved(c->state);
	if (c->how.changed(c->state) != PW_CHECKPOINTER_SAME)
		pw_bug("it is saved, and has changed");
}

/* ---- loading ---- */

/* The rows of a checkpoint, in batches of some size. */
static inline void moment_load(struct moment *m, const struct pw_op *op)
{
	const struct pw_op_checkpoint *c = &op->checkpoint;
	const struct pw_batch *all = pw_builder_view(&m->rows);
	struct pw_builder part;

	pw_builder_init(&part, &m->schema);
	c->how.expect(c->state, m->full, draw(2) ? 10 : 5000);
	for (uint32_t from = 0, count; from < all->rows; from += count) {
		count = 1 + draw(draw(2) ? 10 : 5000);
		count = count < all->rows - from ? count : all->rows - from;
		pw_builder_clear(&part);
		pw_builder_append(&part, all, from, count);
		if (pw_checkpointer_load(&c->how, c->state, pw_builder_view(&part)) < 0)
			pw_bug("load: %s", pw_fail_text());
	}
	if (c->how.loaded(c->state) < 0)
		pw_bug("loaded: %s", pw_fail_text());
	pw_builder_release(&part);
}

/* The state as of a time: the last full checkpoint up to there, and the deltas after it. */
static inline void moments_load(struct moment *moments, pw_time time, const struct pw_op *op)
{
	const struct pw_op_checkpoint *c = &op->checkpoint;
	int full = -1;

	for (int m = 0; m < MOMENTS && moments[m].time <= time; m++)
		if (moments[m].saved && moments[m].full)
			full = m;
	for (int m = full; full >= 0 && m < MOMENTS && moments[m].time <= time; m++)
		if (moments[m].saved)
			moment_load(&moments[m], op);
	if (c->how.changed(c->state) != PW_CHECKPOINTER_SAME)
		pw_bug("it is loaded, and has changed");
}

/* ---- pieces ---- */

static inline void piece_open(struct run *r, const struct trial *t, struct moment *moments,
			      pw_time from)
{
	run_open(r, t, at_random, true, from);
	const struct pw_op_checkpoint *c = &r->op->checkpoint;

	if (c->how.table_count == 0)
		pw_bug("it has no checkpoint");
	moments_load(moments, from, r->op);
	for (size_t i = 0; i < sizeof c->noting / sizeof *c->noting; i++)
		if (c->noting[i] != NULL)
			*c->noting[i] = true;
}

/* Up to a time, with a checkpoint at each moment on the way and there. */
static inline void piece_go(struct run *r, struct moment *moments, pw_time last)
{
	for (int m = 0; m < MOMENTS && moments[m].time <= last; m++) {
		if (moments[m].time == PW_TIME_END || moments[m].time <= r->frontier)
			continue;
		run_to(r, moments[m].time);
		moment_save(moments, &moments[m], r->op);
	}
}

/* What is emitted goes to the lines. */
static inline void run_in_pieces(const struct trial *t, struct moment *moments, struct lines *lines)
{
	struct run runs[2]; /* a piece is there until the one after it has loaded */
	pw_time from = 0;
	int piece = 0;

	piece_open(&runs[0], t, moments, 0);
	for (int m = 0; m < MOMENTS && moments[m].time != PW_TIME_END; m++) {
		struct run *now = &runs[piece % 2], *then = &runs[(piece + 1) % 2];

		if (draw(2) == 0)
			continue;
		now->emitted = *lines;
		piece_go(now, moments, moments[m].time);
		*lines = now->emitted;
		from = moments[m].time;
		piece_open(then, t, moments, from);
		run_close(now);
		piece++;
	}
	struct run *now = &runs[piece % 2];

	now->emitted = *lines;
	piece_go(now, moments, PW_TIME_END);
	run_end(now);
	*lines = now->emitted;
	run_close(now);
}

static inline bool survives(const struct trial *t, uint64_t seed)
{
	struct moment moments[MOMENTS];
	struct lines pieces = {0};
	struct run whole;

	random_state = seed;
	trial_generate(t);
	moments_plan(moments);
	run_open(&whole, t, at_random, false, 0);
	run_to(&whole, COMMITS); /* half of it */
	run_in_pieces(t, moments, &pieces);
	run_end(&whole);
	const bool good = lines_same(&whole.emitted, &pieces);

	run_close(&whole);
	moments_release(moments);
	if (!good)
		printf("# seed %llu\n", (unsigned long long)seed);
	return good;
}

#endif
