#include "interval_internal.h"

#include <stdlib.h>

static bool pairs(const struct pw_interval *v)
{
	return pw_join_pairs(v->wish->kind);
}

static bool shows_lonely(const struct pw_interval *v, int side)
{
	return pw_join_shows_lonely(v->wish->kind, side);
}

/* ---- bind ---- */

/* Can the side be built first, and rows of the other be matched as they come? */
static bool can_build(const struct pw_interval *v, int side)
{
	const struct pw_schema *s = &v->op.in[side], *other = &v->op.in[!side];

	if (!s->is_static || !s->append_only || v->op.host->has_state || v->kept)
		return false;
	if (side == PW_LEFT && !pairs(v))
		return false;
	/* its rows without a match go out at the end: both sides must be one commit */
	return !shows_lonely(v, side) || (other->is_static && other->append_only);
}

static void choose_way(struct pw_interval *v)
{
	const struct pw_schema *left = &v->op.in[PW_LEFT], *right = &v->op.in[PW_RIGHT];
	const enum pw_join_kind kind = v->wish->kind;
	struct pw_schema *out = &v->op.schema;

	v->kept = v->wish->cutoff != NULL && !v->wish->no_keep;
	v->build = can_build(v, PW_RIGHT) ? PW_RIGHT : can_build(v, PW_LEFT) ? PW_LEFT : PW_OP_NONE;
	out->is_static = left->is_static && right->is_static && !v->kept;
	out->append_only = v->build != PW_OP_NONE
				   ? v->op.in[!v->build].append_only
				   : left->append_only && right->append_only && !v->kept &&
					     (kind == PW_JOIN_INNER || kind == PW_JOIN_SEMI);
	v->joined.wide.append_only = out->append_only; /* for commit_time() */
}

static void bind_columns(struct pw_interval *v)
{
	struct pw_joined *j = &v->joined;
	struct pw_axis *axes = v->axes;

	j->schema = &v->op.schema;
	j->suffix = v->wish->suffix;
	j->left_only = !pairs(v);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		j->in[side] = &v->op.in[side];
		j->missing[side] = pairs(v) && shows_lonely(v, !side);
	}
	v->timed.op = &v->op;
	v->timed.joined = j;
	v->timed.null_equal = v->wish->null_equal;
	pw_timed_bind(&v->timed, v->wish->keys, v->wish->time);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		axes[side] = v->timed.sides[side].axis;
	pw_op_must(&v->op, pw_reach_open(&v->reach, axes, "--interval", v->wish->interval));
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		v->timed.sides[side].axis = axes[side];
	choose_way(v);
	pw_op_must(&v->op, pw_joined_bind(j, v->wish->select, v->wish->select_count));
}

static void describe(struct pw_interval *v)
{
	static const char *const sides[] = {"left", "right"};

	if (v->build != PW_OP_NONE)
		pw_bytes_print(&v->state_text,
			       "the rows of the %s input by key and event time, built once; grows "
			       "with them; the %s input is not stored%s",
			       sides[v->build], sides[!v->build],
			       v->op.in[!v->build].append_only ? "" : ", nor checked");
	else
		pw_bytes_print(&v->state_text,
			       "the rows of both inputs by key and event time; grows with them%s",
			       v->kept ? "; forgotten rows while a row that is held is shown with "
					 "them"
				       : "");
	v->op.state_text = pw_bytes_string(&v->state_text);
}

static void open_match(struct pw_interval *v)
{
	pw_joined_open(&v->joined, &v->op);
	v->match = (struct pw_match){
		.op = &v->op,
		.joined = &v->joined,
		.build = v->build,
		.lonely = {shows_lonely(v, PW_LEFT), shows_lonely(v, PW_RIGHT)},
		.pairs = pairs(v),
		.matched = v->wish->kind == PW_JOIN_SEMI,
		.null_equal = v->wish->null_equal,
		.reach = &v->reach,
		.axes = v->axes,
	};
	v->op.first = v->build;
	v->op.at_end =
		v->match.lonely[v->build]; /* its rows without a match are shown at the end */
	pw_match_open(&v->match);
}

static void open_held(struct pw_interval *v)
{
	v->pairs = pairs(v);
	v->matched = v->wish->kind == PW_JOIN_SEMI;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		v->alone[side] = shows_lonely(v, side) || (v->matched && side == PW_LEFT);
		v->timed.sides[side].skips = v->op.in[side].append_only && !shows_lonely(v, side);
	}
	pw_timed_open(&v->timed);
	if (v->kept)
		pw_interval_kept_open(v);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct pw_interval *v = (struct pw_interval *)op;

	v->wish = wish;
	op->bounded = true;
	bind_columns(v);
	describe(v);
	if (v->build != PW_OP_NONE)
		open_match(v);
	else
		open_held(v);
}

/* ---- rows whose time has no place ---- */

/* Copies a row; a row whose time is in error has none. */
static void append_without_time(struct pw_interval *v, int side, const struct pw_batch *batch,
				uint32_t row)
{
	for (size_t c = 0; c < batch->schema->count; c++)
		if ((int)c == v->axes[side].column)
			pw_vector_null(&v->sound.vectors[c]);
		else
			pw_vector_copy(&v->sound.vectors[c], &batch->columns[c], row);
	pw_builder_row(&v->sound, pw_batch_time(batch, row), pw_batch_diff(batch, row));
}

/* The batch without the rows that --on-error rejects, of which the first may be `row`. */
static const struct pw_batch *without_errors(struct pw_interval *v, int side,
					     const struct pw_batch *batch, uint32_t row)
{
	const struct pw_axis *a = &v->axes[side];

	pw_builder_release(&v->sound);
	pw_builder_init(&v->sound, batch->schema);
	pw_builder_append(&v->sound, batch, 0, row);
	for (; row < batch->rows; row++) {
		const char *reason = pw_axis_unsound(a, &batch->columns[a->column], row);

		if (reason == NULL)
			pw_builder_append(&v->sound, batch, row, 1);
		else if (!pw_timed_reject(&v->timed, side, batch, row, reason))
			append_without_time(v, side, batch, row);
	}
	return pw_builder_view(&v->sound);
}

static void match_batch(struct pw_interval *v, int side, const struct pw_batch *batch)
{
	const int64_t wrong = pw_match_unsound(&v->match, side, batch);

	if (wrong >= 0)
		batch = without_errors(v, side, batch, (uint32_t)wrong);
	if (batch->rows > 0)
		pw_match_take(&v->match, side, batch);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_interval *v = (struct pw_interval *)op;

	if (v->build == PW_OP_NONE) {
		pw_timed_batch(&v->timed, input, *batch);
		return;
	}
	match_batch(v, input, *batch);
	*batch = NULL;
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	pw_timed_rows(&((struct pw_interval *)op)->timed, input, batch, from, count);
}

static void commit(struct pw_op *op)
{
	pw_interval_commit((struct pw_interval *)op);
}

static void flush(struct pw_op *op)
{
	struct pw_interval *v = (struct pw_interval *)op;

	if (v->build == PW_OP_NONE)
		pw_timed_flush(&v->timed);
}

static void end(struct pw_op *op)
{
	struct pw_interval *v = (struct pw_interval *)op;

	if (v->build != PW_OP_NONE)
		pw_match_end(&v->match);
}

static size_t bytes(const struct pw_op *op)
{
	const struct pw_interval *v = (const struct pw_interval *)op;

	if (v->build != PW_OP_NONE)
		return pw_match_bytes(&v->match);
	return pw_timed_bytes(&v->timed) + (v->kept ? pw_interval_kept_bytes(v) : 0);
}

static void release(struct pw_op *op)
{
	struct pw_interval *v = (struct pw_interval *)op;

	if (v->build != PW_OP_NONE)
		pw_match_release(&v->match);
	if (v->kept)
		pw_interval_kept_release(v);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		free(v->sums[side]);
	pw_timed_release(&v->timed);
	pw_joined_release(&v->joined);
	pw_builder_release(&v->sound);
	pw_bytes_release(&v->state_text);
}

const struct pw_op_kind pw_interval_op = {
	.size = sizeof(struct pw_interval),
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
