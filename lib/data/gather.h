/*
 * pw_gather - chosen rows of a column as a column, in any order
 *
 * Use:      struct pw_gather g = {0}; pw_gather_rows; pw_gather_release.
 *           One for each column of a batch that is put together.
 * Lends:    the column, until the next call; entries of a dictionary and the
 *           value of a constant stay the source's.
 * Promises: a row may be chosen any number of times; PW_GATHER_NULL as a row
 *           gives a null. Texts are copied only where they are not shared.
 * Returns:  NULL, when the rows would take more than `most` bytes and are
 *           more than one: choose fewer.
 */
#ifndef PW_DATA_GATHER_H
#define PW_DATA_GATHER_H

#include "vector.h"

PW_C_BEGIN

#define PW_GATHER_NULL UINT32_MAX

struct pw_gather {
	void *values;
	size_t value_capacity; /* bytes */
	uint8_t *valid;
	size_t valid_capacity;
	uint16_t *codes;
	size_t code_capacity;
	uint32_t *offsets;
	size_t offset_capacity;
	struct pw_bytes bytes;
	struct pw_vector lists;
	struct pw_column view;
};

/* holes: some of rows may be PW_GATHER_NULL. */
const struct pw_column *pw_gather_rows(struct pw_gather *g, const struct pw_column *c,
				       const uint32_t *rows, uint32_t count, bool holes,
				       size_t most);

/* count nulls. */
const struct pw_column *pw_gather_nulls(struct pw_gather *g, struct pw_type type, uint32_t count);

void pw_gather_release(struct pw_gather *g);

PW_C_END

#endif
