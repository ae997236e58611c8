/*
 * pw_commit - the net changes of each commit, given when it is complete
 *
 * Use:      init with an order (lent); batches and frontiers as they come;
 *           finish when the stream has finished. Net changes are handed to a
 *           function, commit by commit: those that take rows away first, each
 *           kind in the order in which its rows first appeared, or sorted.
 * Memory:   grows with the different rows of the open commit.
 * Fails:    as that function does; a sum of copies beyond 64 bits (PW_DATA).
 */
#ifndef PW_STATE_COMMIT_H
#define PW_STATE_COMMIT_H

#include "../data/splitter.h"
#include "zset.h"

PW_C_BEGIN

typedef int pw_commit_fn(void *to, struct pw_slice row, pw_time time, pw_diff diff);

struct pw_commit {
	struct pw_zset rows; /* of the open commit */
	bool sorted;         /* rows are given in the order of the table, not of appearance */
	struct pw_splitter commit;
	pw_commit_fn *give;
	void *to;
};

void pw_commit_init(struct pw_commit *c, const struct pw_roworder *order, pw_commit_fn *give,
		    void *to);
void pw_commit_release(struct pw_commit *c);

int pw_commit_batch(struct pw_commit *c, const struct pw_batch *batch);
int pw_commit_frontier(struct pw_commit *c, pw_time frontier); /* times below it are complete */
int pw_commit_finish(struct pw_commit *c);                     /* all times are complete */

PW_C_END

#endif
