#include "../wire/spool.h"
#include "mode_internal.h"

#include <stdlib.h>

enum { PART = 256 << 10, IN_MEMORY = 16 << 20 };

struct pw_mode_commits {
	struct pw_spool spool; /* what the writer has written and the destination does not have */
	struct pw_spool_budget budget;
	bool open; /* rows of `time` have come, of which there may be more */
	pw_time time;
	struct pw_builder part; /* of a batch: rows of complete commits, or of the last one */
};

void pw_mode_commits_open(struct pw_mode *s)
{
	struct pw_mode_commits *c = s->commits = pw_mem_zero(1, sizeof *c);

	c->budget.limit = IN_MEMORY;
	pw_spool_init(&c->spool, &c->budget);
	pw_builder_init(&c->part, s->schema);
}

int pw_mode_commits_write(void *mode, const void *data, size_t n)
{
	struct pw_mode *s = mode;

	return pw_spool_add(&s->commits->spool, data, n);
}

static int copy_out(struct pw_mode *s)
{
	char *part = pw_mem_alloc(PART, 1);
	ssize_t n = 0;
	int rc = 0;

	while (rc == 0 && (n = pw_spool_take(&s->commits->spool, part, PART)) > 0)
		rc = pw_dest_write(s->dest, part, (size_t)n);
	free(part);
	return n < 0 ? -1 : rc;
}

/* All that waits is of commits below the time, and they are complete. */
static int give(struct pw_mode *s, pw_time below)
{
	if (pw_mode_drain_all(s) < 0 || pw_dest_begin(s->dest, below) < 0)
		return -1;
	if (s->record != NULL && pw_mode_record_begun(s) < 0)
		return -1;
	if (copy_out(s) < 0)
		return -1;
	s->commits->open = false;
	return pw_dest_sync(s->dest, below, PW_DEST_COMPLETE);
}

/*
 * The kind's own batch sums up commits, and passes on what is complete; but
 * rows are passed on as they come, and here it is seen, by the next commit,
 * that one is complete.
 */
int pw_mode_commits_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	struct pw_mode_commits *c = s->commits;
	const struct pw_run *last = &batch->runs[batch->run_count - 1];
	const uint32_t before = batch->rows - last->rows;

	if (s->kind != &pw_mode_rows)
		return s->kind->batch(s, batch);
	if (c->open && c->time != batch->runs[0].time && give(s, batch->runs[0].time) < 0)
		return -1;
	if (before > 0) {
		pw_builder_clear(&c->part);
		pw_builder_append(&c->part, batch, 0, before);
		if (s->kind->batch(s, pw_builder_view(&c->part)) < 0 || give(s, last->time) < 0)
			return -1;
		pw_builder_clear(&c->part);
		pw_builder_append(&c->part, batch, before, last->rows);
		batch = pw_builder_view(&c->part);
	}
	c->open = true;
	c->time = last->time;
	return s->kind->batch(s, batch);
}

int pw_mode_commits_frontier(struct pw_mode *s, pw_time frontier)
{
	const struct pw_mode_commits *c = s->commits;

	return c->open && c->time >= frontier ? 0 : give(s, frontier);
}

/* A commit that is open when the stream is suspended is not complete, and is read again. */
int pw_mode_commits_end(struct pw_mode *s)
{
	if (s->commits->open && !s->finished) {
		pw_spool_release(&s->commits->spool);
		return 0;
	}
	return give(s, s->finished ? PW_TIME_END + 1 : s->tool->frontier);
}
