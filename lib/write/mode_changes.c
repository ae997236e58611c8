#include "mode.h"

static int send_change(void *mode, struct pw_slice row, pw_time time, pw_diff diff)
{
	struct pw_mode *s = mode;

	s->sent = time;
	return pw_mode_row(s, row, time, diff);
}

static int changes_open(struct pw_mode *s)
{
	pw_commit_init(&s->commit, &s->order, send_change, s);
	s->commit.sorted = s->sorted;
	return pw_mode_open_writer(s);
}

static int changes_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	int rc = pw_commit_batch(&s->commit, batch);

	s->tool->state_bytes = pw_zset_bytes(&s->commit.rows);
	return rc;
}

/*
 * A row of nulls with diff 0: the last even time below the frontier has passed.
 * Behind a row of an odd time, which says so itself, it would be a step back.
 */
static void promise(struct pw_mode *s, pw_time frontier)
{
	const pw_time passed = frontier > 0 ? (frontier - 1) & ~(pw_time)1 : 0;

	if (frontier == 0 || frontier >= PW_TIME_END || passed < s->sent ||
	    (passed <= s->promised && s->promised > 0))
		return;
	s->promised = passed;
	for (size_t i = 0; i < s->schema->count; i++)
		pw_vector_null(&s->rows.vectors[i]);
	pw_builder_row(&s->rows, passed, 0);
}

static int changes_frontier(struct pw_mode *s, pw_time frontier)
{
	if (pw_commit_frontier(&s->commit, frontier) < 0)
		return -1;
	if (s->progress_rows)
		promise(s, frontier);
	return 0;
}

static int changes_end(struct pw_mode *s, bool finished)
{
	if (finished && pw_commit_finish(&s->commit) < 0)
		return -1;
	return pw_mode_close_writer(s);
}

const struct pw_mode_kind pw_mode_changes = {
	.name = "every change with its _time and _diff",
	.keeps = "the changes of the open commit",
	.open = changes_open,
	.batch = changes_batch,
	.frontier = changes_frontier,
	.flush = pw_mode_drain_all,
	.end = changes_end,
};

const struct pw_mode_kind pw_mode_summed = {
	.name = "the rows of each commit",
	.keeps = "the rows of the open commit",
	.open = changes_open,
	.batch = changes_batch,
	.frontier = changes_frontier,
	.flush = pw_mode_drain_all,
	.end = changes_end,
};
