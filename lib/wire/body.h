/*
 * pw_body - the body of a DATA frame: a batch as bytes
 *
 * Encoding writes the buffers of a batch one after the other, each at a multiple of
 * 64; decoding checks every offset, count, code and bit against its limit and
 * then lends the columns in place. What decodes is safe to use: offsets
 * ascend and end within the bytes, codes are below the dictionary's count,
 * texts of str are UTF-8 only as far as the checksum and the writer are
 * trusted.
 */
#ifndef PW_WIRE_BODY_H
#define PW_WIRE_BODY_H

#include "../data/batch.h"

PW_C_BEGIN

/*
 * Appends the body of rows [from, from + count) of a batch, at most PW_ROWS_MAX
 * of them; its length is a multiple of 64, and at most what bound says.
 */
void pw_body_encode(struct pw_bytes *out, const struct pw_batch *batch, uint32_t from,
		    uint32_t count);
size_t pw_body_bound(const struct pw_batch *batch, uint32_t from, uint32_t count);

/* The memory that a decoded batch points into, besides the body; owned, used again. */
struct pw_body {
	struct pw_column *columns; /* those of the schema, then their inner ones */
	size_t capacity;
	struct pw_batch batch;
};

/*
 * Decodes length bytes at data (aligned to 64) as a batch of the schema.
 * 0, or fails (PW_DATA): "column 3: offsets descend".
 */
int pw_body_decode(struct pw_body *b, const struct pw_schema *schema, const void *data,
		   size_t length, uint32_t rows);
void pw_body_release(struct pw_body *b);

PW_C_END

#endif
