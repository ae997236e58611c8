/* As-of joins: which way is taken, and the functions of the operator. */
#include "asof_internal.h"

#include <stdlib.h>

/* ---- what is wished ---- */

static void read_way(struct pw_asof *a)
{
	const char *way = a->wish->asof;
	struct pw_asof_rule *r = &a->rule;

	if (way[0] == '\0' || strcmp(way, "backward") == 0)
		r->way = PW_ASOF_BACKWARD;
	else if (strcmp(way, "forward") == 0)
		r->way = PW_ASOF_FORWARD;
	else if (strcmp(way, "nearest") == 0)
		r->way = PW_ASOF_NEAREST;
	else
		pw_op_must(
			&a->op,
			pw_fail(PW_USAGE, "--asof: '%s' is not backward, forward or nearest", way));
}

static void read_tolerance(struct pw_asof *a)
{
	const char *text = a->wish->tolerance;
	struct pw_asof_rule *r = &a->rule;
	struct pw_length length;

	r->real = a->timed.sides[PW_LEFT].axis.real;
	if (text == NULL)
		return;
	pw_op_must(&a->op,
		   pw_axis_length(&a->timed.sides[PW_LEFT].axis, "--tolerance", text, &length));
	if (length.real < 0)
		pw_op_must(&a->op, pw_fail(PW_USAGE, "--tolerance: '%s' is below 0", text));
	r->has_limit = true;
	r->real_limit = length.real;
	r->limit = (uint64_t)length.whole - length.fraction; /* whole is rounded up */
}

static void read_kind(struct pw_asof *a)
{
	const enum pw_join_kind kind = a->wish->kind_given ? a->wish->kind : PW_JOIN_LEFT;

	a->answered[PW_LEFT] = kind != PW_JOIN_RIGHT;
	a->answered[PW_RIGHT] = kind == PW_JOIN_RIGHT || kind == PW_JOIN_FULL;
	a->alone = kind != PW_JOIN_INNER;
	a->kept = a->wish->cutoff != NULL && !a->wish->no_keep;
}

/* ---- bind ---- */

/* Can the side be built first, and rows of the other be answered as they come? */
static bool can_build(const struct pw_asof *a, int side)
{
	const struct pw_schema *s = &a->op.in[side];

	return !a->answered[side] && !a->kept && s->is_static && s->append_only &&
	       !a->op.host->has_state;
}

static void choose_way(struct pw_asof *a)
{
	struct pw_schema *out = &a->op.schema;

	a->build = can_build(a, PW_RIGHT) ? PW_RIGHT : can_build(a, PW_LEFT) ? PW_LEFT : PW_OP_NONE;
	out->is_static = a->op.in[PW_LEFT].is_static && a->op.in[PW_RIGHT].is_static;
	out->append_only = a->build != PW_OP_NONE && a->op.in[!a->build].append_only;
	a->joined.wide.append_only = out->append_only; /* for commit_time() */
}

static void bind_columns(struct pw_asof *a)
{
	struct pw_joined *j = &a->joined;

	j->schema = &a->op.schema;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		j->in[side] = &a->op.in[side];
		j->missing[side] = a->answered[!side] && a->alone;
	}
	j->left_once = !a->answered[PW_RIGHT];
	j->suffix = a->wish->suffix;
	pw_timed_bind(&a->timed, a->wish->keys, a->wish->time);
	choose_way(a);
	pw_op_must(&a->op, pw_joined_bind(j, a->wish->select, a->wish->select_count));
}

static void describe(struct pw_asof *a)
{
	static const char *const sides[] = {"left", "right"};

	if (a->build != PW_OP_NONE)
		pw_bytes_print(&a->state_text,
			       "the rows of the %s input by key and time, built once; grows with "
			       "them; the %s input is not stored%s",
			       sides[a->build], sides[!a->build],
			       a->op.in[!a->build].append_only ? "" : ", nor checked");
	else
		pw_bytes_print(
			&a->state_text,
			"the rows of both inputs by key and time; grows with them%s",
			a->kept ? "; and what is shown of a row whose true answer is another since "
				  "rows were forgotten"
				: "");
	a->op.state_text = pw_bytes_string(&a->state_text);
}

/* ---- checkpoints: the rows, and what is shown of them ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	const struct pw_asof *a = state;
	enum pw_checkpointer_change most = pw_timed_changed(&a->timed);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (a->kept && a->answered[side]) {
			const enum pw_checkpointer_change c =
				pw_dirty_changed(&a->shown[side].dirty);
			most = c > most ? c : most;
		}
	return most;
}

static uint64_t rows(const void *state)
{
	return pw_timed_count(&((const struct pw_asof *)state)->timed);
}

/* The side whose answers the table holds. */
static int side_of(const struct pw_asof *a, size_t table)
{
	return table == PW_TIMED_TABLES && a->answered[PW_LEFT] ? PW_LEFT : PW_RIGHT;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_asof *a = state;
	int rc = pw_timed_save(&a->timed, full, checkpoint);

	for (size_t t = PW_TIMED_TABLES; t < a->table_count && rc == 0; t++)
		rc = pw_asof_shown_save(&a->shown[side_of(a, t)], full, checkpoint, t);
	return rc;
}

static void saved(void *state)
{
	struct pw_asof *a = state;

	pw_timed_saved(&a->timed);
	for (size_t t = PW_TIMED_TABLES; t < a->table_count; t++)
		pw_dirty_clear(&a->shown[side_of(a, t)].dirty);
}

static void expect(void *state, bool full, uint64_t count)
{
	pw_timed_expect(&((struct pw_asof *)state)->timed, full, count);
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_asof *a = state;

	return table < PW_TIMED_TABLES ? pw_timed_load(&a->timed, table, batch)
				       : pw_asof_shown_load(&a->shown[side_of(a, table)], batch);
}

static int loaded(void *state)
{
	return pw_timed_loaded(&((struct pw_asof *)state)->timed);
}

static void open_shown(struct pw_asof *a)
{
	static const char *const names[] = {"left_shown", "right_shown"};

	a->table_count = PW_TIMED_TABLES;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		a->tables[side] = a->timed.tables[side];
		if (!a->answered[side])
			continue;
		pw_asof_shown_open(&a->shown[side], &a->timed, side);
		a->tables[a->table_count++] =
			(struct pw_checkpointer_table){names[side], &a->shown[side].saved};
	}
	a->op.checkpoint.how = (struct pw_checkpointer){
		a->tables, a->table_count, changed, rows, save, saved, expect, load, loaded};
	a->op.checkpoint.state = a;
}

static void open_timed(struct pw_asof *a)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		a->timed.sides[side].skips =
			a->op.in[side].append_only && !(a->answered[side] && a->alone);
	pw_timed_open(&a->timed);
	if (a->kept)
		open_shown(a);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct pw_asof *a = (struct pw_asof *)op;

	a->wish = wish;
	a->timed.op = op;
	a->timed.joined = &a->joined;
	a->timed.null_equal = a->wish->null_equal;
	op->bounded = true;
	read_way(a);
	read_kind(a);
	bind_columns(a);
	read_tolerance(a);
	describe(a);
	if (a->build != PW_OP_NONE)
		pw_asof_built_open(a);
	else
		open_timed(a);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_asof *a = (struct pw_asof *)op;

	if (a->build == PW_OP_NONE) {
		pw_timed_batch(&a->timed, input, *batch);
		return;
	}
	pw_asof_built_take(a, input, *batch);
	*batch = NULL;
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	pw_timed_rows(&((struct pw_asof *)op)->timed, input, batch, from, count);
}

static void commit(struct pw_op *op)
{
	struct pw_asof *a = (struct pw_asof *)op;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		a->shown[side].dirty.on = a->timed.sides[side].delta.on;
	pw_asof_correct(a);
}

static void flush(struct pw_op *op)
{
	struct pw_asof *a = (struct pw_asof *)op;

	if (a->build == PW_OP_NONE)
		pw_timed_flush(&a->timed);
}

static size_t bytes(const struct pw_op *op)
{
	const struct pw_asof *a = (const struct pw_asof *)op;

	if (a->build != PW_OP_NONE)
		return pw_asof_built_bytes(a);
	return pw_timed_bytes(&a->timed) + pw_asof_shown_bytes(&a->shown[PW_LEFT]) +
	       pw_asof_shown_bytes(&a->shown[PW_RIGHT]);
}

static void release(struct pw_op *op)
{
	struct pw_asof *a = (struct pw_asof *)op;

	if (a->build != PW_OP_NONE)
		pw_asof_built_release(a);
	pw_asof_shown_release(&a->shown[PW_LEFT]);
	pw_asof_shown_release(&a->shown[PW_RIGHT]);
	pw_timed_release(&a->timed);
	pw_joined_release(&a->joined);
	pw_bytes_release(&a->state_text);
}

const struct pw_op_kind pw_asof_op = {
	.size = sizeof(struct pw_asof),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
