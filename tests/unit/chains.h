/*
 * chains - chains of operators for tests
 *
 * chain_op is a chain whose parts are those of its wish, a struct chain_wish.
 * fading_op passes the rows of a commit, and takes them away at the odd time
 * after it; with hold set it keeps every third row, and emits it at the end.
 */
#ifndef CHAINS_H
#define CHAINS_H

#include "../../lib/op/chain.h"
#include "../../lib/op/concat.h"
#include "../../lib/op/filter.h"
#include "../../lib/op/head.h"
#include "../../lib/op/join.h"
#include "../../lib/op/lag.h"

#include <stdlib.h>

struct chain_wish {
	struct pw_chain_part parts[PW_CHAIN_PARTS];
	size_t count;
};

static inline void chain_bind(struct pw_op *op, const void *wish)
{
	struct pw_chain *c = (struct pw_chain *)op;
	const struct chain_wish *w = wish;

	pw_chain_begin(c);
	for (size_t i = 0; i < w->count; i++)
		pw_chain_add(c, &w->parts[i]);
	pw_chain_done(c);
}

static const struct pw_op_kind chain_op = {
	.size = sizeof(struct pw_chain),
	.bind = chain_bind,
	PW_CHAIN_FUNCTIONS,
	.release = pw_chain_release,
	.rejects = true,
};

/* ---- fading ---- */

struct fading_wish {
	bool hold;
};

struct fading {
	struct pw_op op;
	bool hold;
	uint64_t count;
	struct pw_builder now, held;
};

static inline void fading_bind(struct pw_op *op, const void *wish)
{
	struct fading *f = (struct fading *)op;

	f->hold = ((const struct fading_wish *)wish)->hold;
	pw_schema_copy(&op->schema, op->in);
	op->schema.append_only = op->schema.is_static = false;
	pw_builder_init(&f->now, op->in);
	pw_builder_init(&f->held, op->in);
}

static inline void fading_rows(struct pw_op *op, int input, const struct pw_batch *batch,
			       uint32_t from, uint32_t count)
{
	struct fading *f = (struct fading *)op;

	(void)input;
	for (uint32_t i = from; i < from + count; i++)
		pw_builder_append(f->hold && f->count++ % 3 == 0 ? &f->held : &f->now, batch, i, 1);
}

/* All rows of the builder, at that time, their diffs times sign. */
static inline void fading_emit(struct pw_op *op, struct pw_builder *rows, pw_time time, int sign)
{
	struct pw_batch batch = *pw_builder_view(rows);
	pw_diff *diffs = pw_mem_alloc(batch.rows + 1, sizeof *diffs);
	const struct pw_run run = {.time = time, .rows = batch.rows};

	for (uint32_t i = 0; i < batch.rows; i++)
		diffs[i] = sign * pw_batch_diff(pw_builder_view(rows), i);
	batch.runs = &run;
	batch.run_count = 1;
	batch.diffs = diffs;
	pw_op_emit(op, &batch);
	free(diffs);
}

static inline void fading_commit(struct pw_op *op)
{
	struct fading *f = (struct fading *)op;
	const pw_time time = op->commit.time;

	fading_emit(op, &f->now, time, 1);
	if (!pw_time_is_odd(time) && time != PW_TIME_END)
		fading_emit(op, &f->now, time + 1, -1);
	pw_builder_clear(&f->now);
}

static inline void fading_end(struct pw_op *op)
{
	fading_emit(op, &((struct fading *)op)->held, PW_TIME_END, 1);
}

static inline void fading_release(struct pw_op *op)
{
	pw_builder_release(&((struct fading *)op)->now);
	pw_builder_release(&((struct fading *)op)->held);
}

static const struct pw_op_kind fading_op = {
	.size = sizeof(struct fading),
	.bind = fading_bind,
	.rows = fading_rows,
	.commit = fading_commit,
	.end = fading_end,
	.release = fading_release,
};

#endif
