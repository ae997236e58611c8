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
		    c->give(c->to, pw_arrangement_key(&c->rows.rows, slot), c->commit.time, diff) <
			    0)
			return -1;
	}
	return 0;
}

static int commit(void *of)
{
	struct pw_commit *c = of;

	if (c->sorted)
		pw_arrangement_sort(&c->rows.rows, c->rows.touched,
				    (uint32_t)c->rows.touched_count);
	if (give(c, true) < 0 || give(c, false) < 0)
		return -1;
	pw_zset_forget(&c->rows);
	return 0;
}

static int add(void *of, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_commit *c = of;

	return pw_zset_add(&c->rows, batch, from, count);
}

static const struct pw_splitter_user user = {.rows = add, .commit = commit};

int pw_commit_batch(struct pw_commit *c, const struct pw_batch *batch)
{
	pw_zset_encode(&c->rows, batch);
	return pw_splitter_batch(&c->commit, &user, c, batch);
}

int pw_commit_frontier(struct pw_commit *c, pw_time frontier)
{
	return pw_splitter_frontier(&c->commit, &user, c, frontier);
}

int pw_commit_finish(struct pw_commit *c)
{
	return pw_splitter_finish(&c->commit, &user, c);
}
