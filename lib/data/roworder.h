/*
 * pw_roworder - an order of a stream's rows, and rows as keys in that order
 *
 * The order is by the columns that the user names ("vv:desc,id"), then by the
 * others from left to right, so that every key holds its whole row and equal
 * rows have equal keys.
 *
 * Use:      init with a schema (lent, must outlive it); encode batches, decode
 *           keys; release.
 */
#ifndef PW_DATA_ROWORDER_H
#define PW_DATA_ROWORDER_H

#include "builder.h"
#include "rowkey.h"

PW_C_BEGIN

/*
 * Invariants:
 *           1. list holds every column of the schema once; the first named of
 *              them are those that the text names.
 */
struct pw_roworder {
	const struct pw_schema *schema;
	int *list; /* all columns, in the order in which they count */
	bool *descending;
	size_t count;
	size_t named; /* of them, first: those that the text names */
};

/* text: "COL[:asc|:desc],...", or NULL. 0, or fails (PW_USAGE): unknown, doubled. */
int pw_roworder_init(struct pw_roworder *o, const struct pw_schema *schema, const char *text);
void pw_roworder_release(struct pw_roworder *o);

void pw_roworder_encode(const struct pw_roworder *o, struct pw_rowkeys *keys,
			const struct pw_batch *batch);

/* Appends the row that the key is to the builder's vectors; the caller ends the row. */
void pw_roworder_decode(const struct pw_roworder *o, struct pw_slice key, struct pw_builder *b);

/* The row as people read it: "city 'Oslo', n 3", cut short at some 200 bytes. */
void pw_roworder_describe(const struct pw_roworder *o, struct pw_slice key, struct pw_bytes *text);

/* Fails (kind) with pw_diff_negative's message: the row has less than 0 copies. */
int pw_roworder_negative(const struct pw_roworder *o, enum pw_status kind, struct pw_slice key,
			 pw_diff copies);

/* Fails (PW_DATA) if a row of the batch is taken away: the stream said that none would be. */
int pw_roworder_only_adds(const struct pw_roworder *o, const struct pw_batch *batch);

PW_C_END

#endif
