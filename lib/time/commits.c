#include "commits.h"

#define MS       INT64_C(1000000)
#define LONG_AGO (INT64_MIN / 4)

enum { STEP_FIRST_MS = 5, STEP_MOST_MS = 100 };

void pw_commits_open(struct pw_commits *c, pw_time first, bool loads, int64_t autocommit,
		     int64_t now)
{
	*c = (struct pw_commits){
		.autocommit = autocommit,
		.loads = loads,
		.first = true,
		.time = first,
		.promised = first,
		.row_at = now,
		.cut_at = now,
		.step = STEP_FIRST_MS * MS,
		.step_at = now,
	};
}

pw_time pw_commits_time(const struct pw_commits *c, int64_t now)
{
	const pw_time time = pw_clock_even(now);

	if (c->first || c->has_rows)
		return c->time;
	return time > c->promised ? time : c->promised;
}

void pw_commits_rows(struct pw_commits *c, pw_time time, int64_t now)
{
	if (c->has_rows)
		return;
	c->has_rows = true;
	c->time = time;
	c->row_at = now;
}

/* When the commit in hand can be cut, if the source is idle then. */
static int64_t due_at(const struct pw_commits *c)
{
	if (c->first)
		return INT64_MIN;
	return c->cut_at +
	       c->autocommit; /* no overflow: an autocommit is below INT64_MAX / 2, 146 years */
}

bool pw_commits_due(const struct pw_commits *c, bool idle, int64_t now)
{
	if (c->autocommit < 0 || (!c->has_rows && !c->first))
		return false;
	if (idle)
		return now >= due_at(c);
	return c->has_rows && !(c->first && c->loads) && now >= c->row_at + c->autocommit;
}

static void promise(struct pw_commits *c, pw_time least, int64_t now)
{
	const pw_time time = pw_clock_even(now + c->step);

	c->promised = time > least ? time : least;
	c->step_at = now + c->step;
	c->step = c->step < STEP_MOST_MS * MS / 2 ? c->step * 2 : STEP_MOST_MS * MS;
}

pw_time pw_commits_cut(struct pw_commits *c, int64_t cut, int64_t now)
{
	if (c->has_rows || c->first) {
		c->step = STEP_FIRST_MS * MS;
		c->cut_at = c->has_rows ? cut : LONG_AGO; /* an empty one keeps nobody waiting */
		promise(c, c->time + 2, now);
	}
	c->first = c->has_rows = false;
	return c->promised;
}

pw_time pw_commits_join(struct pw_commits *c, pw_time next, int64_t cut, int64_t now)
{
	pw_commits_cut(c, cut, now);
	c->promised = next;
	return next;
}

bool pw_commits_step(struct pw_commits *c, int64_t now)
{
	const pw_time before = c->promised;

	if (c->first || c->has_rows || now < c->step_at)
		return false;
	promise(c, before, now);
	return c->promised > before;
}

int64_t pw_commits_next(const struct pw_commits *c)
{
	if (!c->has_rows && !c->first)
		return c->step_at;
	return c->autocommit < 0 ? INT64_MAX : due_at(c);
}
