#include "commit.h"

void pw_commit_init(struct pw_commit *c, const struct pw_roworder *order, pw_commit_fn *give,
		    void *to)
{
	*c = (struct pw_commit){.give = give, .to = to};
	pw_zset_init(&c->rows, order);
}

void pw_commit_release(struct pw_commit *c)
{
	pw_zset_release(&c->rows);
	*c = (struct pw_commit){0};
}

/* The net changes of one sign. */
static int give(struct pw_commit *c, bool away)
{
	for (size_t i = 0; i < c->rows.touched_count; i++) {
		const uint32_t slot = c->rows.touched[i];
		const pw_diff diff = pw_zset_row(&c->rows, slot)->pending;
		if (diff != 0 && (diff < 0) == away &&
		    c->give(c->to, pw_arrangement_key(&c->rows.rows, slot), c->time, diff) < 0)
			return -1;
	}
	return 0;
}

int pw_commit_finish(struct pw_commit *c)
{
	if (!c->open)
		return 0;
	c->open = false;
	if (c->sorted)
		pw_arrangement_sort(&c->rows.rows, c->rows.touched,
				    (uint32_t)c->rows.touched_count);
	if (give(c, true) < 0 || give(c, false) < 0)
		return -1;
	pw_zset_forget(&c->rows);
	return 0;
}

int pw_commit_frontier(struct pw_commit *c, pw_time frontier)
{
	return c->time < frontier ? pw_commit_finish(c) : 0;
}

int pw_commit_batch(struct pw_commit *c, const struct pw_batch *batch)
{
	uint32_t from = 0;

	pw_zset_encode(&c->rows, batch);
	for (uint32_t r = 0; r < batch->run_count; r++) {
		const struct pw_run *run = &batch->runs[r];
		if (run->time != c->time && pw_commit_finish(c) < 0)
			return -1;
		c->time = run->time;
		c->open = true;
		if (pw_zset_add(&c->rows, batch, from, run->rows) < 0)
			return -1;
		from += run->rows;
	}
	return 0;
}
