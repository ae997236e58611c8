/*
 * pw_builder - a batch that is being written, owned
 *
 * Use:      init with a schema (lent, must outlive it); per row append to
 *           every vector, then pw_builder_row; take the view; clear.
 *           A row that was begun can be taken back with pw_builder_undo.
 * Lends:    the view, until the next append or clear.
 */
#ifndef PW_DATA_BUILDER_H
#define PW_DATA_BUILDER_H

#include "batch.h"
#include "vector.h"

PW_C_BEGIN

struct pw_builder {
	const struct pw_schema *schema;
	struct pw_vector *vectors; /* schema->count of them */
	struct pw_column *columns; /* the view's */
	uint32_t rows;
	struct pw_run *runs;
	size_t run_count, run_capacity;
	pw_diff *diffs; /* NULL while all are +1 */
	size_t diff_capacity;
	struct pw_batch view;
};

void pw_builder_init(struct pw_builder *b, const struct pw_schema *schema);
void pw_builder_release(struct pw_builder *b);
void pw_builder_clear(struct pw_builder *b);

/* Turns interning on in all text vectors (for readers: their rows repeat). */
void pw_builder_intern(struct pw_builder *b);

/* Ends a row whose values have been appended. Times must not descend. */
void pw_builder_row(struct pw_builder *b, pw_time time, pw_diff diff);

/* Ends count rows with diff 1 at once. */
void pw_builder_rows(struct pw_builder *b, pw_time time, uint32_t count);

/* Takes back what has been appended since the last full row. */
void pw_builder_undo(struct pw_builder *b);

/* Copies rows [from, from + count) of a batch of an equal schema, with times and diffs. */
void pw_builder_append(struct pw_builder *b, const struct pw_batch *batch, uint32_t from,
		       uint32_t count);

/* Copies whole runs, [run, run + count) of the batch, of which the first begins at row from. */
void pw_builder_append_runs(struct pw_builder *b, const struct pw_batch *batch, uint32_t run,
			    uint32_t count, uint32_t from);

/* Copies the rows whose numbers are given, ascending, with times and diffs. */
void pw_builder_gather(struct pw_builder *b, const struct pw_batch *batch, const uint32_t *rows,
		       uint32_t count);

size_t pw_builder_bytes(const struct pw_builder *b);

/* True when it is time to send it: PW_BATCH_ROWS rows or 256 KB. */
bool pw_builder_full(const struct pw_builder *b);

const struct pw_batch *pw_builder_view(struct pw_builder *b);

PW_C_END

#endif
