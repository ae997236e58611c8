/*
 * pw_grouped - groups of a keyed stream with aggregates: corrections, commit by commit
 *
 * Rows with equal keys are a group. When a commit is complete, for each group
 * that it touched the row shown before goes out with -1 and the new one with
 * +1, in the order of the keys; nothing if they are equal. What was shown
 * before is calculated again before the commit's first change to the group,
 * so nothing but the groups' records is kept. A static input is one commit:
 * then every group is shown once, at its end.
 *
 *   input row -> arguments -> records of groups -> results -> output row
 *   (in)         (calls.inputs)   (groups)         (shown)    (calls.outputs)
 *
 * Use:      bind; keep, if nothing else is to be kept; open the tool's output
 *           with g->schema; open; then take per batch, complete per frontier,
 *           finish when the input has finished; close. What it shows goes to
 *           the tool's output.
 * Fails:    bind: PW_USAGE. Else the program ends here: more taken away than
 *           there was, or a row error under --on-error stop, with the commit's
 *           time and the group.
 * Memory:   a record per group and what its aggregates keep; of an open commit
 *           the results of the groups that it touched. It lives as long as its
 *           program: there is nothing to release.
 */
#ifndef PW_OP_GROUPED_H
#define PW_OP_GROUPED_H

#include "../data/roworder.h"
#include "../state/dirty.h"
#include "../tool/reject.h"
#include "calls.h"

PW_C_BEGIN

/* Reasons of row errors by row; empty while there are none. */
struct pw_grouped_reasons {
	const char **why;
	size_t count, capacity;
};

/* Results of calls for some groups, a vector per call. */
struct pw_grouped_results {
	struct pw_vector *vectors;
	const struct pw_column **columns; /* views of them, while rows are shown */
	uint32_t rows;
	struct pw_grouped_reasons reasons;
};

/* A group that the open commit touched. */
struct pw_grouped_touched {
	uint32_t slot;
	uint32_t before; /* the row of g->before that it showed, or PW_GROUPED_NO_ROW */
};

#define PW_GROUPED_NO_ROW UINT32_MAX

/*
 * Invariant: between batches, every live slot has rows or is touched by the
 * open commit; mark[slot] is the number of its entry in touched, plus 1, or 0.
 */
struct pw_grouped {
	struct pw_tool *tool;
	struct pw_reject reject;
	const struct pw_schema *in;

	const int *keys;
	size_t key_count;
	struct pw_schema key_schema;
	struct pw_roworder key_order; /* decodes and describes keys */

	struct pw_calls calls;
	struct pw_schema schema; /* of the output: keys, outputs */

	struct pw_arrangement groups;
	struct pw_rowkeys row_keys;
	uint32_t *slots, *code_slots;
	size_t slot_capacity, code_capacity;

	bool open; /* changes of time have come that are not complete */
	pw_time time;
	struct pw_grouped_touched *touched;
	size_t touched_count, touched_capacity;
	uint32_t *mark;
	size_t mark_capacity;
	uint32_t *dying; /* groups that had no rows when a commit closed */
	size_t dying_count, dying_capacity;
	struct pw_dirty dirty; /* groups that have changed since they were saved */
	struct pw_grouped_results before, after;
	uint32_t chunk; /* groups to show at once, so that long lists make no huge frame */

	struct pw_builder shown;           /* rows of calls.shown on their way out */
	struct pw_grouped_reasons reasons; /* of theirs */
	struct pw_builder kept;            /* of schema, where some must not go out */
	struct pw_builder sound;           /* input rows, where some are in error */
	struct pw_bytes lost;              /* a bit per row of the batch that is in error */
	struct pw_column *columns;
	uint32_t *rows;
	size_t row_capacity;

	struct pw_schema record_schema; /* of what is saved: keys, _group, _more */
	struct pw_checkpointer_table saved;
	struct pw_checkpointer checkpointer;
	struct pw_bytes record; /* of group record_slot, while it is loaded in pieces */
	uint32_t record_slot;
};

/* in and keys, columns of in, are lent for good; exprs: as pw_calls_add takes them. */
int pw_grouped_bind(struct pw_grouped *g, const struct pw_schema *in, const int *keys,
		    size_t key_count, char *const *exprs, size_t count);

/* Has the groups saved and loaded; before the tool's output is open. */
void pw_grouped_register(struct pw_grouped *g, struct pw_tool *t);

/* Once the tool's output is open. */
void pw_grouped_open(struct pw_grouped *g, struct pw_tool *t);

void pw_grouped_take(struct pw_grouped *g, const struct pw_batch *batch);

/* Times below the frontier are complete; handing it on is the program's. */
void pw_grouped_complete(struct pw_grouped *g, pw_time frontier);

/* All times are, PW_TIME_END too. */
void pw_grouped_finish(struct pw_grouped *g);

void pw_grouped_close(struct pw_grouped *g);

/* Bytes held, about. */
size_t pw_grouped_bytes(const struct pw_grouped *g);

PW_C_END

#endif
