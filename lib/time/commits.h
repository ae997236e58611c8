/*
 * pw_commits - when a followed source commits, at what times, with what promises
 *
 * pw_commits knows neither rows nor a clock: the reader tells it when rows have
 * come and what time it is (now: ns since 1970, of pw_clock, never less than the
 * last one told).
 *
 * Use:      open. Then, whenever something has been read or waited for: if rows
 *           came, ask pw_commits_time for their time and tell pw_commits_rows;
 *           if a commit is due, cut it; else step. pw_commits_next says when to
 *           ask again.
 * Promises: the first commit, which may be empty, has the time that open was
 *           given; later ones follow the clock in even ms, each above the last
 *           one and not below what was promised.
 *           A commit is due when the source is idle, no sooner than autocommit
 *           after the last cut; and, idle or not, autocommit after its first
 *           row. The first commit is due when the source is idle; if the
 *           source holds no rows from before the run (a pipe), the first commit
 *           is due as later ones are.
 *           A silent source promises step by step: 5 ms at first, doubling to
 *           100 ms, each step promising the times below the next.
 */
#ifndef PW_TIME_COMMITS_H
#define PW_TIME_COMMITS_H

#include "clock.h"

PW_C_BEGIN

struct pw_commits {
	int64_t autocommit; /* ns; below 0: only the reader knows where a commit ends */
	bool loads;         /* the first commit waits for idle */
	bool first;         /* the first commit has not been cut yet */
	bool has_rows;      /* the commit in hand has rows */
	pw_time time;       /* of the commit in hand, once has_rows */
	pw_time promised;   /* no time below it will be used any more */
	int64_t row_at;     /* when the first row of the commit in hand came */
	int64_t cut_at;     /* when the last commit was cut */
	int64_t step;       /* ns to the next promise */
	int64_t step_at;    /* when the next promise is due */
};

void pw_commits_open(struct pw_commits *c, pw_time first, bool loads, int64_t autocommit,
		     int64_t now);

/* The time of rows read now. */
pw_time pw_commits_time(const struct pw_commits *c, int64_t now);

/* There are rows of that time. */
void pw_commits_rows(struct pw_commits *c, pw_time time, int64_t now);

/* Shall the commit in hand end here? */
bool pw_commits_due(const struct pw_commits *c, bool idle, int64_t now);

/*
 * The commit in hand ends here; returns what can be promised after it. Without
 * rows only the first is a commit. cut: when the end was decided; the time that
 * it took since then to make the commit durable does not delay the next one.
 */
pw_time pw_commits_cut(struct pw_commits *c, int64_t cut, int64_t now);

/* As pw_commits_cut, where the next row is there already, and its commit has the time next, which is later. */
pw_time pw_commits_join(struct pw_commits *c, pw_time next, int64_t cut, int64_t now);

/* Moves promised, if a step is due and no commit is in hand. Has it moved? */
bool pw_commits_step(struct pw_commits *c, int64_t now);

/* When a commit or a step will be due if the source stays idle, ns since 1970; INT64_MAX: never by itself. */
int64_t pw_commits_next(const struct pw_commits *c);

PW_C_END

#endif
