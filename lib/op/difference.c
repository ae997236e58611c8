#include "difference.h"
#include "../base/fail.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- columns ---- */

static int find(const struct pw_schema *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int fail_types(const struct pw_field *a, const struct pw_field *b, const char *const *names)
{
	struct pw_type in_a = a->type, in_b = b->type;
	char here[64];

	in_a.required = in_b.required = false; /* does not count */
	snprintf(here, sizeof here, "%s %s", pw_type_article(in_a), pw_type_name(in_a));
	return pw_fail(PW_USAGE, "column '%s' is %s in %s and %s %s in %s", a->name, here, names[0],
		       pw_type_article(in_b), pw_type_name(in_b), names[1]);
}

static int fail_lacks(const char *column, const char *has, const char *lacks)
{
	return pw_fail(PW_USAGE,
		       "%s has a column '%s' and %s has none (leave it out with pw-select "
		       "--drop '%s')",
		       has, column, lacks, column);
}

/* Finds the columns of both, in the order of the first. */
static int match(struct pw_difference *d, const struct pw_schema *a, const struct pw_schema *b,
		 const char *const *names)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct pw_field *f = &a->fields[i];
		const int at = find(b, f->name);

		if (at < 0)
			return fail_lacks(f->name, names[0], names[1]);
		if (!pw_type_equal(f->type, b->fields[at].type))
			return fail_types(f, &b->fields[at], names);
		d->columns[0][i] = (int)i;
		d->columns[1][i] = at;
	}
	for (size_t i = 0; i < b->count; i++)
		if (find(a, b->fields[i].name) < 0)
			return fail_lacks(b->fields[i].name, names[1], names[0]);
	return 0;
}

int pw_difference_init(struct pw_difference *d, const struct pw_schema *a,
		       const struct pw_schema *b, const char *const *names)
{
	*d = (struct pw_difference){0};
	for (int side = 0; side < 2; side++)
		d->columns[side] = pw_mem_alloc(a->count + 1, sizeof **d->columns);
	pw_arrangement_init(&d->rows, sizeof(pw_diff));
	return pw_roworder_init(&d->order, a, NULL) < 0 ? -1 : match(d, a, b, names);
}

void pw_difference_release(struct pw_difference *d)
{
	pw_roworder_release(&d->order);
	pw_arrangement_release(&d->rows);
	for (int side = 0; side < 2; side++) {
		free(d->columns[side]);
		pw_rowkeys_release(&d->keys[side]);
	}
	free(d->slots);
	*d = (struct pw_difference){0};
}

/* ---- rows ---- */

void pw_difference_begin(struct pw_difference *d, int side, const struct pw_batch *batch)
{
	pw_rowkeys_encode(&d->keys[side], batch, d->columns[side], d->order.count, NULL);
}

static void find_slots(struct pw_difference *d, int side, uint32_t from, uint32_t count)
{
	const struct pw_rowkeys *keys = &d->keys[side];

	if (d->capacity < count)
		d->slots = pw_mem_grow(d->slots, &d->capacity, count, sizeof *d->slots);
	if (count == keys->rows) {
		pw_arrangement_put_all(&d->rows, keys, d->slots);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		d->slots[i] = pw_arrangement_put(&d->rows, pw_rowkeys_at(keys, from + i), NULL);
}

static pw_diff *copies(const struct pw_difference *d, uint32_t slot)
{
	return pw_arrangement_record(&d->rows, slot);
}

int pw_difference_add(struct pw_difference *d, int side, const struct pw_batch *batch,
		      uint32_t from, uint32_t count)
{
	find_slots(d, side, from, count);
	for (uint32_t i = 0; i < count; i++) {
		const pw_diff diff = pw_batch_diff(batch, from + i);

		if (side == 1 && diff == INT64_MIN)
			return pw_diff_exceeds();
		if (pw_diff_add(copies(d, d->slots[i]), side == 0 ? diff : -diff) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < count; i++) /* a row may be there twice, and dropped by then */
		if (pw_arrangement_live(&d->rows, d->slots[i]) && *copies(d, d->slots[i]) == 0)
			pw_arrangement_drop(&d->rows, d->slots[i]);
	return 0;
}

const uint32_t *pw_difference_sort(struct pw_difference *d)
{
	uint32_t count = 0;

	d->slots = pw_mem_grow(d->slots, &d->capacity, (size_t)d->rows.live + 1, sizeof *d->slots);
	for (uint32_t slot = 0; slot < d->rows.slots; slot++)
		if (pw_arrangement_live(&d->rows, slot))
			d->slots[count++] = slot;
	pw_arrangement_sort(&d->rows, d->slots, count);
	return d->slots;
}

pw_diff pw_difference_row(const struct pw_difference *d, uint32_t slot, struct pw_bytes *text)
{
	pw_roworder_describe(&d->order, pw_arrangement_key(&d->rows, slot), text);
	return *copies(d, slot);
}

void pw_difference_clear(struct pw_difference *d)
{
	pw_arrangement_release(&d->rows);
	pw_arrangement_init(&d->rows, sizeof(pw_diff));
}

size_t pw_difference_bytes(const struct pw_difference *d)
{
	return pw_arrangement_bytes(&d->rows);
}
