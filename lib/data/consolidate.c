#include "consolidate.h"
#include "../base/fail.h"
#include "../base/hash.h"
#include "rowkey.h"

#include <stdlib.h>

/*
 * Places hold row + 1 of the first of equal rows. Runs share the table: a
 * place whose row is of an earlier run is as good as empty.
 */
struct table {
	uint32_t *places;
	uint32_t mask;
	struct pw_rowkeys keys;
};

/* The first row of the run that equals this one: itself, if none does. */
static uint32_t first_equal(struct table *t, uint32_t row, uint32_t run_start)
{
	const struct pw_slice key = pw_rowkeys_at(&t->keys, row);
	uint32_t at = (uint32_t)pw_hash_bytes(key.data, key.length) & t->mask;

	for (; t->places[at] > run_start; at = (at + 1) & t->mask)
		if (pw_slice_equal(pw_rowkeys_at(&t->keys, t->places[at] - 1), key))
			return t->places[at] - 1;
	t->places[at] = row + 1;
	return row;
}

static int sum_run(struct table *t, const struct pw_batch *batch, uint32_t from, uint32_t count,
		   pw_diff *sums)
{
	for (uint32_t row = from; row < from + count; row++) {
		const uint32_t first = first_equal(t, row, from);
		if (first == row)
			sums[row] = pw_batch_diff(batch, row);
		else if (__builtin_add_overflow(sums[first], pw_batch_diff(batch, row),
						&sums[first]) ||
			 sums[first] == INT64_MIN)
			return pw_diff_exceeds();
	}
	return 0;
}

int pw_consolidate(struct pw_builder *out, const struct pw_batch *batch)
{
	struct pw_batch summed = *batch;
	struct table t = {0};
	uint32_t *rows, count = 0, places = 16;
	pw_diff *sums;
	int rc = 0;

	if (batch->run_count == batch->rows) {
		pw_builder_append(out, batch, 0, batch->rows);
		return 0;
	}
	while (places < 2 * batch->rows)
		places *= 2;
	t.places = pw_mem_zero(places, sizeof *t.places);
	t.mask = places - 1;
	sums = pw_mem_zero(batch->rows, sizeof *sums);
	rows = pw_mem_alloc(batch->rows, sizeof *rows);
	int *all = pw_mem_alloc(batch->schema->count, sizeof *all);
	for (size_t i = 0; i < batch->schema->count; i++)
		all[i] = (int)i;
	pw_rowkeys_encode(&t.keys, batch, all, batch->schema->count, NULL);

	for (uint32_t r = 0, from = 0; r < batch->run_count && rc == 0; r++) {
		rc = sum_run(&t, batch, from, batch->runs[r].rows, sums);
		from += batch->runs[r].rows;
	}
	for (uint32_t row = 0; row < batch->rows; row++)
		if (sums[row] != 0)
			rows[count++] = row;
	summed.diffs = sums;
	if (rc == 0)
		pw_builder_gather(out, &summed, rows, count);
	pw_rowkeys_release(&t.keys);
	free(t.places);
	free(sums);
	free(rows);
	free(all);
	return rc;
}
