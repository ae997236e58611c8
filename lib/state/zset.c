#include "zset.h"

#include "../base/check.h"

#include <stdlib.h>

void pw_zset_init(struct pw_zset *z, const struct pw_roworder *order)
{
	*z = (struct pw_zset){.order = order};
	pw_arrangement_init(&z->rows, sizeof(struct pw_zset_row));
}

void pw_zset_release(struct pw_zset *z)
{
	if (z->order == NULL)
		return;
	pw_arrangement_release(&z->rows);
	pw_rowkeys_release(&z->keys);
	free(z->touched);
	free(z->slots);
	*z = (struct pw_zset){0};
}

void pw_zset_encode(struct pw_zset *z, const struct pw_batch *batch)
{
	pw_roworder_encode(z->order, &z->keys, batch);
}

static void find_slots(struct pw_zset *z, uint32_t from, uint32_t count)
{
	z->slots = pw_mem_grow(z->slots, &z->slot_capacity, count, sizeof *z->slots);
	if (count == z->keys.rows) {
		pw_arrangement_put_all(&z->rows, &z->keys, z->slots);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		z->slots[i] = pw_arrangement_put(&z->rows, pw_rowkeys_at(&z->keys, from + i), NULL);
}

#ifdef PW_CHECKED
static void check(const struct pw_zset *z)
{
	size_t touched = 0;

	if (!pw_check_due(z->rows.slots))
		return;
	for (uint32_t slot = 0; slot < z->rows.slots; slot++) {
		if (!pw_arrangement_live(&z->rows, slot))
			continue;
		const struct pw_zset_row *row = pw_zset_row(z, slot);

		touched += row->touched;
		PW_CHECK(1, row->touched || (row->copies > 0 && row->pending == 0));
		PW_CHECK(1, row->copies >= 0);
	}
	PW_CHECK(2, touched == z->touched_count);
	for (size_t i = 0; i < z->touched_count; i++)
		PW_CHECK(2, pw_zset_row(z, z->touched[i])->touched);
}
#else
#define check(z) ((void)0)
#endif

int pw_zset_add(struct pw_zset *z, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	if (count == 0)
		return 0;
	find_slots(z, from, count);
	z->touched = pw_mem_grow(z->touched, &z->touched_capacity, z->touched_count + count,
				 sizeof *z->touched);
	for (uint32_t i = 0; i < count; i++) {
		struct pw_zset_row *row = pw_zset_row(z, z->slots[i]);
		if (__builtin_add_overflow(row->pending, pw_batch_diff(batch, from + i),
					   &row->pending) ||
		    row->pending == INT64_MIN)
			return pw_diff_exceeds();
		if (!row->touched)
			z->touched[z->touched_count++] = z->slots[i];
		row->touched = true;
	}
	check(z);
	return 0;
}

static int negative(const struct pw_zset *z, uint32_t slot, pw_time time)
{
	pw_roworder_negative(z->order, PW_DATA, pw_arrangement_key(&z->rows, slot),
			     pw_zset_row(z, slot)->copies);
	return pw_time_fail_at(time);
}

int pw_zset_close(struct pw_zset *z, pw_time time)
{
	for (size_t i = 0; i < z->touched_count; i++) {
		struct pw_zset_row *row = pw_zset_row(z, z->touched[i]);
		if (__builtin_add_overflow(row->copies, row->pending, &row->copies))
			return pw_diff_exceeds();
		row->pending = 0;
		row->touched = false;
		if (row->copies < 0)
			return negative(z, z->touched[i], time);
		if (row->copies == 0)
			pw_arrangement_drop(&z->rows, z->touched[i]);
	}
	z->touched_count = 0;
	check(z);
	return 0;
}

#define FEW 4096 /* rows: dropping them one by one costs less than a new table */

void pw_zset_forget(struct pw_zset *z)
{
	if (z->rows.live > FEW) {
		pw_arrangement_release(&z->rows);
		pw_arrangement_init(&z->rows, sizeof(struct pw_zset_row));
	} else {
		for (size_t i = 0; i < z->touched_count; i++)
			pw_arrangement_drop(&z->rows, z->touched[i]);
	}
	z->touched_count = 0;
}

size_t pw_zset_bytes(const struct pw_zset *z)
{
	return pw_arrangement_bytes(&z->rows) + z->touched_capacity * sizeof *z->touched;
}
