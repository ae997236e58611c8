/*
 * pw_table - the table that a stream amounts to, as of its last complete commit
 *
 * Rows of a stream that only adds are listed and sorted; those of any other stream
 * are summed up. Changes of an open commit are not seen until it is complete.
 *
 * Use:      init with an order (lent); batches and frontiers as they come;
 *           finish when the stream has finished; arrange, then read rows;
 *           more batches may follow.
 * Invariant: 1. Of a table that only adds saved <= complete <= list.count, and
 *               without an open commit all rows listed are complete.
 * Memory:   grows with the rows (listed), or the different rows (summed).
 * Fails:    as pw_zset_close and pw_rowlist_add.
 */
#ifndef PW_STATE_TABLE_H
#define PW_STATE_TABLE_H

#include "../data/splitter.h"
#include "delta.h"
#include "rowlist.h"
#include "zset.h"

PW_C_BEGIN

struct pw_table {
	const struct pw_roworder *order;
	bool only_adds;
	struct pw_rowlist list; /* if it only adds */
	struct pw_zset zset;    /* else */
	size_t complete;        /* rows of list in complete commits */
	struct pw_splitter commit;
	uint32_t *arranged; /* zset: slots */
	size_t count;       /* rows that arrange has found */
	size_t capacity;

	/* for checkpoints */
	size_t saved;                       /* rows of list that are in a checkpoint */
	struct pw_delta delta;              /* zset: changes that are in no checkpoint yet */
	struct pw_checkpointer_table shown; /* what its checkpointer shows */
	bool loads_rows;                    /* a full checkpoint is being loaded */
};

void pw_table_init(struct pw_table *t, const struct pw_roworder *order, bool only_adds);
void pw_table_release(struct pw_table *t);

int pw_table_batch(struct pw_table *t, const struct pw_batch *batch);
int pw_table_frontier(struct pw_table *t, pw_time frontier); /* times below it are complete */
int pw_table_finish(struct pw_table *t);                     /* all times are complete */

/*
 * Finds the rows there are, t->count of them: in the order of the table, or
 * (summed, one commit only) in that of their first appearance.
 */
void pw_table_arrange(struct pw_table *t, bool sorted);

/* Row i of those that arrange has found, lent until the next batch, and its copies. */
struct pw_slice pw_table_row(const struct pw_table *t, size_t i, pw_diff *copies);

size_t pw_table_bytes(const struct pw_table *t);

/* Its checkpointer: hand it to pw_tool_register_state, and set delta.on if checkpoints are written. */
struct pw_checkpointer pw_table_checkpointer(struct pw_table *t);

PW_C_END

#endif
