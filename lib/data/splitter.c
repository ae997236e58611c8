#include "splitter.h"

int pw_splitter_finish(struct pw_splitter *s, const struct pw_splitter_user *user, void *of)
{
	if (!s->open)
		return 0;
	s->open = false;
	return user->commit(of);
}

int pw_splitter_frontier(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
			 pw_time frontier)
{
	return s->time < frontier ? pw_splitter_finish(s, user, of) : 0;
}

int pw_splitter_runs(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
		     const struct pw_batch *batch, uint32_t run, uint32_t run_count, uint32_t from)
{
	for (uint32_t r = run; r < run + run_count; r++) {
		const uint32_t count = batch->runs[r].rows;

		if (batch->runs[r].time != s->time && pw_splitter_finish(s, user, of) < 0)
			return -1;
		s->time = batch->runs[r].time;
		s->open = true;
		if (user->rows(of, batch, from, count) < 0)
			return -1;
		from += count;
	}
	return 0;
}

int pw_splitter_batch(struct pw_splitter *s, const struct pw_splitter_user *user, void *of,
		      const struct pw_batch *batch)
{
	return pw_splitter_runs(s, user, of, batch, 0, batch->run_count, 0);
}
