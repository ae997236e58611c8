#include "ordered.h"

#include "../base/check.h"
#include "../base/keysort.h"

#include <stdlib.h>

/* The columns of keys come to the front of the order's list, and ascend. */
static int arrange(struct pw_ordered *o, const char *keys)
{
	struct pw_roworder *order = &o->order;
	int *groups = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *groups);
	const int count = keys ? pw_schema_list(order->schema, keys, groups) : 0;
	int *list = pw_mem_alloc(order->count + 1, sizeof *list);
	bool *descending = pw_mem_zero(order->count + 1, sizeof *descending);
	size_t n = 0;

	for (; count > 0 && n < (size_t)count; n++)
		list[n] = groups[n];
	o->group_count = n;
	for (size_t i = 0; i < order->count; i++) {
		bool grouped = false;

		for (size_t g = 0; g < o->group_count; g++)
			grouped |= list[g] == order->list[i];
		if (grouped)
			continue;
		list[n] = order->list[i];
		descending[n++] = order->descending[i];
		o->sort_count += i < order->named;
	}
	free(groups);
	free(order->list);
	free(order->descending);
	order->list = list;
	order->descending = descending;
	return count < 0 ? -1 : 0;
}

int pw_ordered_init(struct pw_ordered *o, const struct pw_schema *schema, const char *keys,
		    const char *order)
{
	*o = (struct pw_ordered){.sets.text = true};
	pw_arrangement_init(&o->groups, sizeof(struct pw_ordered_group));
	if (pw_roworder_init(&o->order, schema, order) < 0)
		return -1;
	return arrange(o, keys);
}

void pw_ordered_release(struct pw_ordered *o)
{
	for (uint32_t s = 0; s < o->groups.slots; s++)
		if (pw_arrangement_live(&o->groups, s))
			pw_multiset_clear(&o->sets, &pw_ordered_group(o, s)->rows);
	pw_arrangement_release(&o->groups);
	pw_pool_release(&o->sets.pool);
	pw_arena_release(&o->bytes);
	pw_rowkeys_release(&o->group_keys);
	pw_rowkeys_release(&o->row_keys);
	pw_roworder_release(&o->order);
	free(o->slots);
	free(o->changes);
	free(o->runs);
	free(o->marks);
	free(o->touched);
	free(o->ids);
	*o = (struct pw_ordered){0};
}

static void *grown(void *p, size_t *capacity, size_t need, size_t size)
{
	return need > *capacity ? pw_mem_grow(p, capacity, need, size) : p;
}

void pw_ordered_encode(struct pw_ordered *o, const struct pw_batch *batch, bool whole)
{
	const struct pw_roworder *order = &o->order;
	const size_t first = o->group_count;

	struct pw_batch groups = *batch;

	o->one_group = true;
	for (size_t i = 0; i < first; i++)
		o->one_group &= batch->columns[order->list[i]].encoding == PW_CONSTANT;
	if (o->one_group)
		groups.rows = 1;
	pw_rowkeys_encode(&o->group_keys, &groups, order->list, first, NULL);
	pw_rowkeys_encode(&o->row_keys, batch, order->list + first,
			  whole ? order->count - first : o->sort_count, order->descending + first);
}

/* Not before the commit in front of theirs is applied: that may end groups. */
void pw_ordered_find(struct pw_ordered *o, uint32_t from, uint32_t count)
{
	o->slots = grown(o->slots, &o->slot_capacity, (size_t)from + count, sizeof *o->slots);
	if (o->one_group && count > 0) {
		const uint32_t slot =
			pw_arrangement_put(&o->groups, pw_rowkeys_at(&o->group_keys, 0), NULL);

		for (uint32_t i = from; i < from + count; i++)
			o->slots[i] = slot;
	} else if (count == o->group_keys.rows) {
		pw_arrangement_put_all(&o->groups, &o->group_keys, o->slots);
	} else {
		for (uint32_t i = from; i < from + count; i++)
			o->slots[i] = pw_arrangement_put(&o->groups,
							 pw_rowkeys_at(&o->group_keys, i), NULL);
	}
}

void pw_ordered_complete(const struct pw_ordered *o, const struct pw_batch *batch, uint32_t row,
			 struct pw_bytes *key)
{
	for (size_t i = o->group_count + o->sort_count; i < o->order.count; i++)
		pw_rowkey_add(key, &batch->columns[o->order.list[i]], row, o->order.descending[i]);
}

int pw_ordered_note(struct pw_ordered *o, uint32_t slot, struct pw_slice row, pw_diff diff)
{
	if (o->count == UINT32_MAX)
		return pw_fail(PW_SYSTEM, "a commit has more than %u changes", UINT32_MAX);
	o->changes = grown(o->changes, &o->capacity, o->count + 1, sizeof *o->changes);
	o->changes[o->count++] = (struct pw_ordered_change){
		pw_arena_copy(&o->bytes, row.length > 0 ? row.data : "", row.length),
		(uint32_t)row.length, slot, diff};
	return 0;
}

/* ---- summing up ---- */

static struct pw_slice key_of(const void *changes, uint32_t id)
{
	return pw_ordered_row((const struct pw_ordered_change *)changes + id);
}

/* Numbers the changes in o->ids, those of a group together, groups in order: o->runs. */
static void gather_runs(struct pw_ordered *o)
{
	const size_t known = o->mark_capacity;
	uint32_t n = 0, from = 0;

	o->marks = grown(o->marks, &o->mark_capacity, o->groups.slots, sizeof *o->marks);
	if (o->mark_capacity > known)
		memset(o->marks + known, 0, (o->mark_capacity - known) * sizeof *o->marks);
	o->touched = grown(o->touched, &o->touched_capacity, o->groups.live, sizeof *o->touched);
	o->ids = grown(o->ids, &o->id_capacity, o->count, sizeof *o->ids);
	for (size_t i = 0; i < o->count; i++)
		if (o->marks[o->changes[i].slot]++ == 0)
			o->touched[n++] = o->changes[i].slot;
	pw_arrangement_sort(&o->groups, o->touched, n);
	o->runs = grown(o->runs, &o->run_capacity, n, sizeof *o->runs);
	o->run_count = n;
	for (uint32_t r = 0; r < n; r++) {
		const uint32_t slot = o->touched[r], count = o->marks[slot];

		o->runs[r] = (struct pw_ordered_run){slot, from, count};
		o->marks[slot] = from;
		from += count;
	}
	for (size_t i = 0; i < o->count; i++)
		o->ids[o->marks[o->changes[i].slot]++] = (uint32_t)i;
	for (uint32_t r = 0; r < n; r++)
		o->marks[o->touched[r]] = 0;
}

/* The stage before has often sorted the rows already. */
static void sort_run(const struct pw_ordered *o, const struct pw_ordered_run *run)
{
	uint32_t *ids = o->ids + run->from;
	size_t i = 1;

	while (i < run->count &&
	       pw_slice_compare(key_of(o->changes, ids[i - 1]), key_of(o->changes, ids[i])) <= 0)
		i++;
	if (i < run->count)
		pw_keysort(ids, run->count, key_of, o->changes);
}

/* Moves the sums of a run's changes to to, and returns behind the last; NULL: too large. */
static struct pw_ordered_change *
sum_run(const struct pw_ordered *o, const struct pw_ordered_run *run, struct pw_ordered_change *to)
{
	const uint32_t *ids = o->ids + run->from;

	for (size_t i = 0; i < run->count;) {
		struct pw_ordered_change sum = o->changes[ids[i++]];
		const struct pw_slice row = pw_ordered_row(&sum);

		for (; i < run->count && pw_slice_equal(row, key_of(o->changes, ids[i])); i++)
			if (__builtin_add_overflow(sum.diff, o->changes[ids[i]].diff, &sum.diff))
				return NULL;
		if (sum.diff != 0)
			*to++ = sum;
	}
	return to;
}

#ifdef PW_CHECKED
static void check_run(const struct pw_ordered *o, const struct pw_ordered_run *run)
{
	for (size_t i = run->from; i < run->from + run->count; i++) {
		const struct pw_ordered_change *c = &o->changes[i];

		PW_CHECK(2, c->slot == run->slot && c->diff != 0);
		PW_CHECK(2, i == run->from ||
				    pw_slice_compare(pw_ordered_row(c - 1), pw_ordered_row(c)) < 0);
	}
}

static void check_runs(const struct pw_ordered *o)
{
	size_t end = 0;

	for (size_t r = 0; r < o->run_count; r++) {
		const struct pw_ordered_run *run = &o->runs[r];

		PW_CHECK(2, run->from == end);
		PW_CHECK(2,
			 r == 0 || pw_slice_compare(pw_arrangement_key(&o->groups, run[-1].slot),
						    pw_arrangement_key(&o->groups, run->slot)) < 0);
		check_run(o, run);
		end += run->count;
	}
	PW_CHECK(2, end == o->count);
	if (!pw_check_due(o->mark_capacity))
		return;
	for (size_t i = 0; i < o->mark_capacity; i++)
		PW_CHECK(3, o->marks[i] == 0);
}

static void check(const struct pw_ordered *o)
{
	if (!pw_check_due(o->groups.slots))
		return;
	for (uint32_t slot = 0; slot < o->groups.slots; slot++) {
		if (!pw_arrangement_live(&o->groups, slot))
			continue;
		const struct pw_ordered_group *g = pw_ordered_group(o, slot);

		PW_CHECK(1, g->rows.negative == 0);
		PW_CHECK(1, g->copies == pw_multiset_copies(&g->rows));
	}
}
#else
#define check_runs(o) ((void)0)
#define check(o)      ((void)0)
#endif

int pw_ordered_sum(struct pw_ordered *o)
{
	struct pw_ordered_change *sums, *end;

	if (o->count == 0) {
		o->run_count = 0;
		return 0;
	}
	gather_runs(o);
	end = sums = pw_mem_alloc(o->count, sizeof *sums);
	for (size_t r = 0; r < o->run_count && end; r++) {
		struct pw_ordered_run *run = &o->runs[r];
		const size_t from = (size_t)(end - sums);

		sort_run(o, run);
		end = sum_run(o, run, end);
		*run = (struct pw_ordered_run){run->slot, from,
					       end ? (size_t)(end - sums) - from : 0};
	}
	if (!end) {
		free(sums);
		return pw_diff_exceeds();
	}
	free(o->changes);
	o->capacity = o->count;
	o->changes = sums;
	o->count = (size_t)(end - sums);
	check_runs(o);
	return 0;
}

int pw_ordered_compact(struct pw_ordered *o)
{
	struct pw_arena old;

	if (pw_ordered_sum(o) < 0)
		return -1;
	old = o->bytes;
	o->bytes = (struct pw_arena){0};
	for (size_t i = 0; i < o->count; i++)
		o->changes[i].row =
			pw_arena_copy(&o->bytes, o->changes[i].row, o->changes[i].length);
	pw_arena_release(&old);
	return 0;
}

/* ---- applying ---- */

#define FEW 4096 /* changes whose memory is kept for the next commit */

void pw_ordered_clear(struct pw_ordered *o)
{
	for (size_t r = 0; r < o->run_count; r++)
		if (pw_multiset_empty(&pw_ordered_group(o, o->runs[r].slot)->rows))
			pw_arrangement_drop(&o->groups, o->runs[r].slot);
	o->count = o->run_count = 0;
	pw_arena_release(&o->bytes);
	if (o->capacity > FEW) {
		free(o->changes);
		free(o->ids);
		o->changes = NULL;
		o->ids = NULL;
		o->capacity = o->id_capacity = 0;
	}
}

int pw_ordered_add(struct pw_ordered *o, uint32_t slot, struct pw_slice row, pw_diff diff)
{
	struct pw_ordered_group *g = pw_ordered_group(o, slot);

	if (diff > PW_ORDERED_COPIES - g->copies)
		return pw_fail(PW_DATA, "the copies of a group's rows exceed 2^62");
	g->copies += diff;
	pw_multiset_add_text(&o->sets, &g->rows, row, diff);
	return 0;
}

static int64_t copies_of(const struct pw_ordered_group *g, struct pw_slice row)
{
	struct pw_multiset_cursor c;

	pw_multiset_seek_text(&g->rows, row, &c);
	return c.at && pw_slice_equal(pw_value_text(c.value), row) ? c.copies : 0;
}

int pw_ordered_apply(struct pw_ordered *o, pw_time time)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct pw_ordered_change *c = &o->changes[i];
		const struct pw_slice row = pw_ordered_row(c);
		const struct pw_ordered_group *g = pw_ordered_group(o, c->slot);

		if (pw_ordered_add(o, c->slot, row, c->diff) < 0)
			return -1;
		if (g->rows.negative > 0)
			return pw_ordered_negative(o, c->slot, row, copies_of(g, row), time);
	}
	pw_ordered_clear(o);
	check(o);
	return 0;
}

/* ---- rows ---- */

void pw_ordered_decode(const struct pw_ordered *o, uint32_t slot, struct pw_slice row,
		       struct pw_builder *b)
{
	const struct pw_roworder *order = &o->order;
	const struct pw_slice group = pw_arrangement_key(&o->groups, slot);
	const char *at = group.data, *end = group.data + group.length;

	for (size_t i = 0; i < order->count; i++) {
		const int column = order->list[i];

		if (i == o->group_count) {
			at = row.data;
			end = row.data + row.length;
		}
		pw_rowkey_take(&at, end, order->schema->fields[column].type, order->descending[i],
			       &b->vectors[column]);
	}
}

int pw_ordered_negative(const struct pw_ordered *o, uint32_t slot, struct pw_slice row,
			int64_t copies, pw_time time)
{
	const struct pw_slice group = pw_arrangement_key(&o->groups, slot);
	struct pw_bytes key = {0};

	pw_bytes_add(&key, group.data, group.length);
	pw_bytes_add(&key, row.data, row.length);
	pw_roworder_negative(&o->order, PW_DATA, (struct pw_slice){key.data, key.length}, copies);
	pw_bytes_release(&key);
	return pw_time_fail_at(time);
}

size_t pw_ordered_bytes(const struct pw_ordered *o)
{
	return pw_arrangement_bytes(&o->groups) + pw_pool_bytes(&o->sets.pool) + o->bytes.held +
	       o->capacity * sizeof *o->changes;
}
