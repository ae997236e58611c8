#include "upsert_internal.h"

#include <stdlib.h>

static int bind(struct pw_upsert *u, const char *delete_when)
{
	struct pw_ast ast = {0};

	if (pw_ast_parse(&ast, delete_when, false, u->schema, NULL) < 0)
		return -1;
	pw_expr_init(&u->delete_when, u->schema);
	u->deletes = true;
	const int output = pw_expr_add_typed(&u->delete_when, &ast, ast.root, PW_TYPE(PW_BOOL));
	pw_ast_release(&ast);
	return output;
}

int pw_upsert_open(struct pw_upsert *u, const struct pw_schema *schema, const char *delete_when,
		   struct pw_reject *reject)
{
	*u = (struct pw_upsert){.schema = schema, .reject = reject};
	pw_builder_init(&u->sound, schema);
	for (size_t i = 0; i < schema->count; i++)
		if (schema->fields[i].key)
			u->keys[u->key_count++] = (int)i;
	pw_arrangement_init(&u->rows, sizeof(struct pw_upsert_record));
	pw_dirty_init(&u->dirty, &u->rows);
	pw_builder_init(&u->changes, schema);
	pw_builder_intern(&u->changes);
	return delete_when != NULL && bind(u, delete_when) < 0 ? pw_fail_at("--delete-when") : 0;
}

static void release_chunks(struct pw_builder **chunks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pw_builder_release(chunks[i]);
		free(chunks[i]);
	}
	free(chunks);
}

void pw_upsert_close(struct pw_upsert *u)
{
	release_chunks(u->chunks, u->chunk_count);
	pw_arrangement_release(&u->rows);
	pw_dirty_release(&u->dirty);
	pw_schema_release(&u->saved);
	pw_rowkeys_release(&u->encoded);
	pw_builder_release(&u->changes);
	pw_builder_release(&u->sound);
	pw_bytes_release(&u->lost);
	if (u->deletes)
		pw_expr_release(&u->delete_when);
	free(u->touched);
	*u = (struct pw_upsert){0};
}

static struct pw_builder *new_chunk(struct pw_upsert *u)
{
	struct pw_builder *b = pw_mem_zero(1, sizeof *b);

	pw_builder_init(b, u->schema);
	pw_builder_intern(b);
	u->chunks =
		pw_mem_grow(u->chunks, &u->chunk_capacity, u->chunk_count + 1, sizeof *u->chunks);
	u->chunks[u->chunk_count++] = b;
	return b;
}

static uint64_t move_row(struct pw_upsert *u, struct pw_builder **old, uint64_t place)
{
	const struct pw_batch *from = &old[(place - 1) / PW_ROWS_MAX]->view;
	struct pw_builder *b = u->chunk_count > 0 ? u->chunks[u->chunk_count - 1] : NULL;

	if (b == NULL || pw_builder_full(b)) {
		if (b != NULL)
			pw_builder_view(b);
		b = new_chunk(u);
	}
	for (size_t c = 0; c < u->schema->count; c++)
		pw_vector_copy(&b->vectors[c], &from->columns[c],
			       (uint32_t)((place - 1) % PW_ROWS_MAX));
	pw_builder_row(b, 0, 1);
	u->stored++;
	return (u->chunk_count - 1) * PW_ROWS_MAX + b->rows;
}

static void move_record(struct pw_upsert *u, struct pw_builder **old, struct pw_upsert_record *r)
{
	const bool same = r->before == r->now;

	if (r->before != 0)
		r->before = move_row(u, old, r->before);
	if (same)
		r->now = r->before;
	else if (r->now != 0)
		r->now = move_row(u, old, r->now);
}

/* Drops rows that were replaced, once they are more than the rows that stand now or stood before this commit. */
static void compact(struct pw_upsert *u)
{
	struct pw_builder **old = u->chunks;
	const size_t old_count = u->chunk_count;

	if (u->stored < 2 * (u->rows.live + u->touched_count) + 2 * PW_ROWS_MAX)
		return;
	u->chunks = NULL;
	u->chunk_count = u->chunk_capacity = u->stored = 0;
	for (uint32_t s = 0; s < u->rows.slots; s++) {
		if (!pw_arrangement_live(&u->rows, s))
			continue;
		struct pw_upsert_record *r = pw_arrangement_record(&u->rows, s);
		if (r->before == 0 && r->now == 0 && !r->touched)
			pw_dirty_drop(&u->dirty, s);
		else
			move_record(u, old, r);
	}
	if (u->chunk_count > 0)
		pw_builder_view(u->chunks[u->chunk_count - 1]);
	release_chunks(old, old_count);
}

static bool equal_rows(const struct pw_upsert *u, uint64_t a, uint64_t b)
{
	uint32_t i, k;
	const struct pw_batch *x = pw_upsert_row(u, a, &i), *y = pw_upsert_row(u, b, &k);

	for (size_t c = 0; c < u->schema->count; c++)
		if (pw_column_compare(&x->columns[c], i, &y->columns[c], k) != 0)
			return false;
	return true;
}

static void emit(struct pw_upsert *u, struct pw_tool *t, uint64_t place, pw_diff diff)
{
	struct pw_builder *out = &u->changes;
	uint32_t row;
	const struct pw_batch *b = pw_upsert_row(u, place, &row);

	for (size_t c = 0; c < u->schema->count; c++)
		pw_vector_copy(&out->vectors[c], &b->columns[c], row);
	pw_builder_row(out, u->time, diff);
	if (pw_builder_full(out)) {
		pw_tool_batch(t, pw_builder_view(out));
		pw_builder_clear(out);
	}
}

void pw_upsert_commit(struct pw_upsert *u, struct pw_tool *t)
{
	for (size_t i = 0; i < u->touched_count; i++) {
		struct pw_upsert_record *r = pw_arrangement_record(&u->rows, u->touched[i]);
		r->touched = 0;
		if (r->before != 0 && r->now != 0 && equal_rows(u, r->before, r->now)) {
			r->before = r->now;
			continue;
		}
		pw_dirty_mark(&u->dirty, u->touched[i]);
		if (r->before != 0)
			emit(u, t, r->before, -1);
		if (r->now != 0)
			emit(u, t, r->now, 1);
		r->before = r->now;
	}
	u->touched_count = 0;
	if (u->changes.rows > 0)
		pw_tool_batch(t, pw_builder_view(&u->changes));
	pw_builder_clear(&u->changes);
	t->state_bytes = pw_arrangement_bytes(&u->rows);
}

static void touch(struct pw_upsert *u, uint32_t slot)
{
	struct pw_upsert_record *r = pw_arrangement_record(&u->rows, slot);

	if (r->touched)
		return;
	r->touched = 1;
	u->touched = pw_mem_grow(u->touched, &u->touched_capacity, u->touched_count + 1,
				 sizeof *u->touched);
	u->touched[u->touched_count++] = slot;
}

/* The rows that were not rejected, with delete_when evaluated for them. */
static const struct pw_batch *leave_out(struct pw_upsert *u, const struct pw_batch *batch)
{
	uint32_t *rows = pw_mem_alloc(batch->rows, sizeof *rows);
	const uint32_t count = pw_evaluate_passed(&u->lost, batch->rows, rows);

	pw_builder_clear(&u->sound);
	pw_builder_gather(&u->sound, batch, rows, count);
	free(rows);
	batch = pw_builder_view(&u->sound);
	pw_expr_run(&u->delete_when, batch);
	return batch;
}

/* Finds which rows delete their keys; returns the rows that count. A condition that failed is null. */
static const struct pw_batch *find_gone(struct pw_upsert *u, struct pw_tool *t,
					const struct pw_batch *batch)
{
	const int rejected = pw_evaluate(&u->delete_when, u->reject, batch, &u->lost);

	if (rejected < 0 && u->reject->policy == PW_REJECT_STOP)
		pw_fail_at("--delete-when");
	if (pw_must(t, rejected) > 0)
		batch = leave_out(u, batch);
	const struct pw_column *c = pw_expr_column(&u->delete_when, 0);
	memset(u->gone, 0, sizeof u->gone);
	for (uint32_t i = 0; i < batch->rows; i++)
		if (!pw_column_null(c, i) && pw_column_bool(c, i))
			u->gone[i >> 3] = (uint8_t)(u->gone[i >> 3] | 1u << (i & 7));
	return batch;
}

uint64_t pw_upsert_store(struct pw_upsert *u, const struct pw_batch *batch)
{
	compact(u);
	struct pw_builder *chunk = new_chunk(u);

	pw_builder_append(chunk, batch, 0, batch->rows);
	u->stored += batch->rows;
	pw_rowkeys_encode(&u->encoded, pw_builder_view(chunk), u->keys, u->key_count, NULL);
	pw_arrangement_put_all(&u->rows, &u->encoded, u->slots);
	return (u->chunk_count - 1) * PW_ROWS_MAX;
}

void pw_upsert_add(struct pw_upsert *u, struct pw_tool *t, const struct pw_batch *batch)
{
	uint32_t row = 0;

	if (u->deletes)
		batch = find_gone(u, t, batch);
	if (batch->rows == 0)
		return;
	const uint64_t base = pw_upsert_store(u, batch);

	for (uint32_t i = 0; i < batch->run_count; i++) {
		const struct pw_run *run = &batch->runs[i];
		if (run->time > u->time) {
			pw_upsert_commit(u, t);
			pw_tool_frontier(t, run->time);
			u->time = run->time;
		}
		for (const uint32_t end = row + run->rows; row < end; row++) {
			struct pw_upsert_record *r = pw_arrangement_record(&u->rows, u->slots[row]);
			r->now = u->deletes && pw_bit(u->gone, row) ? 0 : base + row + 1;
			touch(u, u->slots[row]);
		}
	}
}
