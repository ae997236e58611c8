#include "builder.h"
#include "../base/fail.h"

#include <stdlib.h>

enum { FULL_BYTES = 256 << 10 };

void pw_builder_init(struct pw_builder *b, const struct pw_schema *schema)
{
	*b = (struct pw_builder){.schema = schema};
	b->vectors = pw_mem_alloc(schema->count, sizeof *b->vectors);
	b->columns = pw_mem_alloc(schema->count, sizeof *b->columns);
	for (size_t i = 0; i < schema->count; i++)
		pw_vector_init(&b->vectors[i], schema->fields[i].type);
}

void pw_builder_release(struct pw_builder *b)
{
	for (size_t i = 0; b->vectors != NULL && i < b->schema->count; i++)
		pw_vector_release(&b->vectors[i]);
	free(b->vectors);
	free(b->columns);
	free(b->runs);
	free(b->diffs);
	*b = (struct pw_builder){0};
}

void pw_builder_clear(struct pw_builder *b)
{
	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_clear(&b->vectors[i]);
	b->rows = 0;
	b->run_count = 0;
	free(b->diffs);
	b->diffs = NULL;
	b->diff_capacity = 0;
}

void pw_builder_intern(struct pw_builder *b)
{
	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_intern(&b->vectors[i]);
}

/* Diffs of the next count rows; the array comes to be with the first that is not 1. */
static void add_diffs(struct pw_builder *b, const pw_diff *diffs, pw_diff one, uint32_t count)
{
	const size_t rows = (size_t)b->rows + count;

	if (b->diffs == NULL) {
		if (diffs == NULL && one == 1)
			return;
		b->diffs = pw_mem_grow(NULL, &b->diff_capacity, rows, sizeof *b->diffs);
		for (uint32_t i = 0; i < b->rows; i++)
			b->diffs[i] = 1;
	}
	b->diffs = pw_mem_grow(b->diffs, &b->diff_capacity, rows, sizeof *b->diffs);
	for (uint32_t i = 0; i < count; i++)
		b->diffs[b->rows + i] = diffs != NULL ? diffs[i] : one;
}

static void add_rows(struct pw_builder *b, pw_time time, uint32_t count)
{
	if (b->run_count == 0 || b->runs[b->run_count - 1].time != time) {
		if (b->run_count > 0 && b->runs[b->run_count - 1].time > time)
			pw_bug("a row of time %" PRIu64 " after one of %" PRIu64, time,
			       b->runs[b->run_count - 1].time);
		b->runs = pw_mem_grow(b->runs, &b->run_capacity, b->run_count + 1, sizeof *b->runs);
		b->runs[b->run_count++] = (struct pw_run){.time = time};
	}
	b->runs[b->run_count - 1].rows += count;
	b->rows += count;
}

void pw_builder_row(struct pw_builder *b, pw_time time, pw_diff diff)
{
	if (b->diffs != NULL || diff != 1)
		add_diffs(b, NULL, diff, 1);
	add_rows(b, time, 1);
}

void pw_builder_rows(struct pw_builder *b, pw_time time, uint32_t count)
{
	if (count == 0)
		return;
	add_diffs(b, NULL, 1, count);
	add_rows(b, time, count);
}

void pw_builder_undo(struct pw_builder *b)
{
	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_truncate(&b->vectors[i], b->rows);
}

void pw_builder_append(struct pw_builder *b, const struct pw_batch *batch, uint32_t from,
		       uint32_t count)
{
	uint32_t at = 0;

	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_append(&b->vectors[i], &batch->columns[i], from, count);
	add_diffs(b, batch->diffs == NULL ? NULL : batch->diffs + from, 1, count);
	for (uint32_t r = 0; r < batch->run_count && count > 0; r++) {
		const uint32_t end = at + batch->runs[r].rows;
		if (end > from) {
			const uint32_t n = end - from < count ? end - from : count;
			add_rows(b, batch->runs[r].time, n);
			from += n;
			count -= n;
		}
		at = end;
	}
}

void pw_builder_append_runs(struct pw_builder *b, const struct pw_batch *batch, uint32_t run,
			    uint32_t count, uint32_t from)
{
	uint32_t rows = 0;

	for (uint32_t r = run; r < run + count; r++)
		rows += batch->runs[r].rows;
	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_append(&b->vectors[i], &batch->columns[i], from, rows);
	add_diffs(b, batch->diffs == NULL ? NULL : batch->diffs + from, 1, rows);
	for (uint32_t r = run; r < run + count; r++)
		add_rows(b, batch->runs[r].time, batch->runs[r].rows);
}

void pw_builder_gather(struct pw_builder *b, const struct pw_batch *batch, const uint32_t *rows,
		       uint32_t count)
{
	uint32_t end = 0, run = 0;

	for (size_t i = 0; i < b->schema->count; i++)
		pw_vector_gather(&b->vectors[i], &batch->columns[i], rows, count);
	if (batch->run_count == 1 && batch->diffs == NULL) {
		pw_builder_rows(b, batch->runs[0].time, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		while (rows[i] >= end)
			end += batch->runs[run++].rows;
		pw_builder_row(b, batch->runs[run - 1].time, pw_batch_diff(batch, rows[i]));
	}
}

size_t pw_builder_bytes(const struct pw_builder *b)
{
	size_t bytes = b->diffs == NULL ? 0 : sizeof *b->diffs * (size_t)b->rows;

	for (size_t i = 0; i < b->schema->count; i++)
		bytes += pw_vector_bytes(&b->vectors[i]);
	return bytes;
}

bool pw_builder_full(const struct pw_builder *b)
{
	return b->rows >= PW_BATCH_ROWS || pw_builder_bytes(b) >= FULL_BYTES;
}

const struct pw_batch *pw_builder_view(struct pw_builder *b)
{
	for (size_t i = 0; i < b->schema->count; i++) {
		if (b->vectors[i].rows != b->rows)
			pw_bug("column '%s' has %u rows, the batch %u", b->schema->fields[i].name,
			       b->vectors[i].rows, b->rows);
		b->columns[i] = *pw_vector_view(&b->vectors[i]);
	}
	b->view = (struct pw_batch){
		.schema = b->schema,
		.rows = b->rows,
		.run_count = (uint32_t)b->run_count,
		.runs = b->runs,
		.diffs = b->diffs,
		.columns = b->columns,
	};
	return &b->view;
}
