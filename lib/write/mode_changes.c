#include "../state/commit.h"
#include "mode_internal.h"

struct changes {
	struct pw_commit commit; /* the one that is open */
	pw_time sent;            /* of the last row */
	pw_time promised;        /* the last time that a row has said to have passed */
};

static int send_change(void *mode, struct pw_slice row, pw_time time, pw_diff diff)
{
	struct pw_mode *s = mode;
	struct changes *c = s->own;

	c->sent = time;
	return pw_mode_row(s, row, time, diff);
}

static int changes_open(struct pw_mode *s)
{
	struct changes *c = s->own = pw_mem_zero(1, sizeof *c);

	pw_commit_init(&c->commit, &s->order, send_change, s);
	c->commit.sorted = s->sorted;
	return pw_mode_open_writer(s);
}

static int changes_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	struct changes *c = s->own;
	const int rc = pw_commit_batch(&c->commit, batch);

	s->tool->state_bytes = pw_zset_bytes(&c->commit.rows);
	return rc;
}

/*
 * A row of nulls with diff 0 says that the last even time below the frontier
 * has passed. After a row of an odd time, which says as much itself, it would
 * be a step back.
 */
static void promise(struct pw_mode *s, pw_time frontier)
{
	struct changes *c = s->own;
	const pw_time passed = frontier > 0 ? (frontier - 1) & ~(pw_time)1 : 0;

	if (frontier == 0 || frontier >= PW_TIME_END || passed < c->sent ||
	    (passed <= c->promised && c->promised > 0))
		return;
	c->promised = passed;
	for (size_t i = 0; i < s->schema->count; i++)
		pw_vector_null(&s->rows.vectors[i]);
	pw_builder_row(&s->rows, passed, 0);
}

static int changes_frontier(struct pw_mode *s, pw_time frontier)
{
	struct changes *c = s->own;

	if (pw_commit_frontier(&c->commit, frontier) < 0)
		return -1;
	if (s->progress_rows)
		promise(s, frontier);
	return 0;
}

static int changes_end(struct pw_mode *s)
{
	struct changes *c = s->own;

	if (s->finished && pw_commit_finish(&c->commit) < 0)
		return -1;
	return pw_mode_close_writer(s);
}

const struct pw_mode_kind pw_mode_changes = {
	.name = "every change with its _time and _diff",
	.state = "the changes of the open commit",
	.open = changes_open,
	.batch = changes_batch,
	.frontier = changes_frontier,
	.flush = pw_mode_drain_all,
	.end = changes_end,
};

const struct pw_mode_kind pw_mode_summed = {
	.name = "the rows of each commit",
	.state = "the rows of the open commit",
	.open = changes_open,
	.batch = changes_batch,
	.frontier = changes_frontier,
	.flush = pw_mode_drain_all,
	.end = changes_end,
};
