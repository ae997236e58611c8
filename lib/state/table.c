#include "table.h"

#include "../base/check.h"

#include <stdlib.h>

void pw_table_init(struct pw_table *t, const struct pw_roworder *order, bool only_adds)
{
	*t = (struct pw_table){.order = order, .only_adds = only_adds};
	if (only_adds)
		pw_rowlist_init(&t->list, order);
	else
		pw_zset_init(&t->zset, order);
	pw_delta_init(&t->delta, order->schema);
}

void pw_table_release(struct pw_table *t)
{
	pw_rowlist_release(&t->list);
	pw_zset_release(&t->zset);
	pw_delta_release(&t->delta);
	free(t->arranged);
	*t = (struct pw_table){0};
}

#ifdef PW_CHECKED
static void check(const struct pw_table *t)
{
	PW_CHECK(1, !t->only_adds || (t->saved <= t->complete && t->complete <= t->list.count));
	PW_CHECK(1, !t->only_adds || t->commit.open || t->complete == t->list.count);
}
#else
#define check(t) ((void)0)
#endif

static int commit(void *of)
{
	struct pw_table *t = of;

	if (!t->only_adds)
		return pw_zset_close(&t->zset, t->commit.time);
	t->complete = t->list.count;
	check(t);
	return 0;
}

static int add(void *of, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_table *t = of;

	return t->only_adds ? pw_rowlist_add(&t->list, batch, from, count)
			    : pw_zset_add(&t->zset, batch, from, count);
}

static const struct pw_splitter_user user = {.rows = add, .commit = commit};

int pw_table_batch(struct pw_table *t, const struct pw_batch *batch)
{
	if (!t->only_adds) {
		pw_zset_encode(&t->zset, batch);
		pw_delta_note(&t->delta, batch, 0, batch->rows, pw_zset_bytes(&t->zset));
	} else if (pw_rowlist_encode(&t->list, batch) < 0) {
		return -1;
	}
	const int rc = pw_splitter_batch(&t->commit, &user, t, batch);
	check(t);
	return rc;
}

int pw_table_frontier(struct pw_table *t, pw_time frontier)
{
	return pw_splitter_frontier(&t->commit, &user, t, frontier);
}

int pw_table_finish(struct pw_table *t)
{
	return pw_splitter_finish(&t->commit, &user, t);
}

/* Slots of dropped rows are used again: only of one commit do they tell the order of appearance. */
static void arrange_slots(struct pw_table *t, bool sorted)
{
	const struct pw_arrangement *rows = &t->zset.rows;

	t->count = 0;
	t->arranged =
		pw_mem_grow(t->arranged, &t->capacity, (size_t)rows->live + 1, sizeof *t->arranged);
	for (uint32_t s = 0; s < rows->slots; s++)
		if (pw_arrangement_live(rows, s) && pw_zset_row(&t->zset, s)->copies > 0)
			t->arranged[t->count++] = s;
	if (sorted)
		pw_arrangement_sort(rows, t->arranged, (uint32_t)t->count);
}

void pw_table_arrange(struct pw_table *t, bool sorted)
{
	if (!t->only_adds) {
		arrange_slots(t, sorted);
		return;
	}
	pw_rowlist_sort(&t->list, t->complete);
	t->count = t->complete;
}

struct pw_slice pw_table_row(const struct pw_table *t, size_t i, pw_diff *copies)
{
	*copies = t->only_adds ? 1 : pw_zset_row(&t->zset, t->arranged[i])->copies;
	return t->only_adds ? pw_rowlist_at(&t->list, i)
			    : pw_arrangement_key(&t->zset.rows, t->arranged[i]);
}

size_t pw_table_bytes(const struct pw_table *t)
{
	return (t->only_adds ? pw_rowlist_bytes(&t->list) : pw_zset_bytes(&t->zset)) +
	       t->capacity * sizeof *t->arranged;
}
