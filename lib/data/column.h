/*
 * pw_column - the values of one column of a batch, lent
 *
 * A column is a view: it owns nothing and points into a frame or a vector.
 * Its encoding says how rows find their values:
 *
 *   plain       row i has value i
 *   constant    every row has value 0
 *   dictionary  row i has value codes[i] of inner, a plain column without
 *               nulls (its entries differ); text forms only
 *
 * Where a value lies is said by the type's form:
 *
 *   byte, word, wide   values + i * width
 *   text               bytes + offsets[i] .. offsets[i + 1]
 *   list               rows offsets[i] .. offsets[i + 1] of inner
 *
 * Nulls: bit i of valid (least significant first) is 1 when row i is not
 * null; valid is NULL when no row is. Of a constant it is bit 0 that counts.
 * The value of a null is zero or empty.
 */
#ifndef PW_DATA_COLUMN_H
#define PW_DATA_COLUMN_H

#include "type.h"

PW_C_BEGIN

enum pw_encoding { PW_PLAIN = 0, PW_CONSTANT = 1, PW_DICTIONARY = 2 };

struct pw_column {
	struct pw_type type;
	uint8_t encoding; /* enum pw_encoding */
	uint32_t rows;
	const uint8_t *valid;
	const void *values;
	const uint32_t *offsets;
	const char *bytes;
	const uint16_t *codes;
	const struct pw_column *inner;
};

static inline size_t pw_bitmap_bytes(uint32_t rows)
{
	return ((size_t)rows + 7) / 8;
}

static inline bool pw_bit(const uint8_t *bits, uint32_t i)
{
	return (bits[i >> 3] >> (i & 7)) & 1;
}

/* Where row i finds its value (in inner, of a dictionary). */
static inline uint32_t pw_column_at(const struct pw_column *c, uint32_t i)
{
	return c->encoding == PW_PLAIN ? i : c->encoding == PW_CONSTANT ? 0 : c->codes[i];
}

static inline bool pw_column_null(const struct pw_column *c, uint32_t i)
{
	return c->valid != NULL && !pw_bit(c->valid, c->encoding == PW_CONSTANT ? 0 : i);
}

/* One value, not null, of the form named. Not for loops over rows. */
static inline bool pw_column_bool(const struct pw_column *c, uint32_t i)
{
	return ((const uint8_t *)c->values)[pw_column_at(c, i)] != 0;
}
static inline int64_t pw_column_int(const struct pw_column *c, uint32_t i)
{
	return ((const int64_t *)c->values)[pw_column_at(c, i)];
}
static inline double pw_column_float(const struct pw_column *c, uint32_t i)
{
	return ((const double *)c->values)[pw_column_at(c, i)];
}
static inline struct pw_slice pw_column_text(const struct pw_column *c, uint32_t i)
{
	const uint32_t at = pw_column_at(c, i);
	const struct pw_column *v = c->encoding == PW_DICTIONARY ? c->inner : c;
	return (struct pw_slice){v->bytes + v->offsets[at], v->offsets[at + 1] - v->offsets[at]};
}
static inline const uint8_t *pw_column_uuid(const struct pw_column *c, uint32_t i)
{
	return (const uint8_t *)c->values + (size_t)16 * pw_column_at(c, i);
}
/* The rows of inner that list i holds: [*from, *to). */
static inline void pw_column_list(const struct pw_column *c, uint32_t i, uint32_t *from,
				  uint32_t *to)
{
	const uint32_t at = pw_column_at(c, i);
	*from = c->offsets[at];
	*to = c->offsets[at + 1];
}

/*
 * Total order of two values of one type, nulls last. Values compare as in the
 * language: false < true; numbers, NaN greatest; texts by bytes; lists by
 * their elements, then by length. Less than, equal to, greater than 0.
 */
int pw_column_compare(const struct pw_column *a, uint32_t i, const struct pw_column *b, uint32_t j);

PW_C_END

#endif
