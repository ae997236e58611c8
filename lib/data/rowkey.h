/*
 * pw_rowkey - rows as byte strings that sort as the rows do
 *
 * The encoding of a value list is such that memcmp of two encodings (the
 * shorter first where one begins the other, which only happens between lists
 * of different columns) orders them as pw_column_compare does column by
 * column: nulls last. Equal rows have equal encodings and, values being
 * canonical, only they do. State is keyed, sorted and hashed by encodings.
 *
 *   null          02
 *   bool          01, 00 or 01
 *   word          01, 8 bytes big-endian, of floats and ints made unsigned in order
 *   uuid          01, 16 bytes
 *   text          01, the bytes with 00 as 00 ff, then 00 00
 *   list          01, per element its encoding, then 00
 *
 * Of a descending column every byte after the marker is inverted; the
 * markers are not, so that nulls stay last.
 */
#ifndef PW_DATA_ROWKEY_H
#define PW_DATA_ROWKEY_H

#include "batch.h"
#include "vector.h"

PW_C_BEGIN

/*
 * The keys of a batch's rows: key i is bytes offsets[i] .. offsets[i + 1].
 * Invariant: 1. offsets go up from 0 to bytes.length.
 */
struct pw_rowkeys {
	struct pw_bytes bytes;
	uint32_t *offsets; /* rows + 1 */
	size_t capacity;
	uint32_t rows;
};

static inline struct pw_slice pw_rowkeys_at(const struct pw_rowkeys *k, uint32_t row)
{
	return (struct pw_slice){k->bytes.data + k->offsets[row],
				 k->offsets[row + 1] - k->offsets[row]};
}

/*
 * Encodes the columns listed (count of them) of every row, a column at a
 * time. descending, if not NULL, says so per column of the list.
 */
void pw_rowkeys_encode(struct pw_rowkeys *k, const struct pw_batch *batch, const int *list,
		       size_t count, const bool *descending);
void pw_rowkeys_release(struct pw_rowkeys *k);

/* One value, appended. */
void pw_rowkey_add(struct pw_bytes *b, const struct pw_column *c, uint32_t row, bool descending);

/*
 * Decodes one value of the type from *at on, appends it to v (NULL: skips
 * it), and moves *at past it. The bytes must come from the encoder:
 * anything else is a bug, but never reads beyond end.
 */
void pw_rowkey_take(const char **at, const char *end, struct pw_type type, bool descending,
		    struct pw_vector *v);

PW_C_END

#endif
