#include "stretch.h"

#include <stdlib.h>

static void push(struct pw_stretch *s, struct pw_slice row, int64_t before, int64_t after)
{
	s->rows = pw_mem_grow(s->rows, &s->capacity, s->count + 1, sizeof *s->rows);
	s->rows[s->count++] = (struct pw_stretch_row){row,
						      {before, PW_STRETCH_NONE, PW_STRETCH_NONE},
						      {after, PW_STRETCH_NONE, PW_STRETCH_NONE}};
}

/* Rows from the cursor on, as many as wanted, up to the one whose rank is to; moves the cursor. */
static void push_after(struct pw_stretch *s, struct pw_multiset_cursor *c, int64_t to)
{
	bool more = s->wants(s->context, NULL);

	while (more && c->at && c->below < to) {
		const struct pw_slice row = pw_value_text(c->value);

		push(s, row, c->copies, c->copies);
		more = s->wants(s->context, &row);
		pw_multiset_next(c);
	}
}

/* Rows in front of the cursor, as many as wanted, down to the rank from. */
static void push_before(struct pw_stretch *s, const struct pw_multiset_cursor *at, int64_t from)
{
	struct pw_multiset_cursor c = *at;
	bool more = s->wants(s->context, NULL);
	size_t low = s->count, high;

	while (more && c.below > from && pw_multiset_previous(&c)) {
		const struct pw_slice row = pw_value_text(c.value);

		push(s, row, c.copies, c.copies);
		more = s->wants(s->context, &row);
	}
	for (high = s->count; high > low + 1; low++) {
		const struct pw_stretch_row row = s->rows[--high];

		s->rows[high] = s->rows[low];
		s->rows[low] = row;
	}
}

static void link_side(struct pw_stretch *s, size_t side)
{
	struct pw_stretch_side *last = NULL;
	uint32_t number = PW_STRETCH_NONE;

	for (size_t i = 0; i < s->count; i++) {
		struct pw_stretch_side *x =
			(struct pw_stretch_side *)(void *)((char *)&s->rows[i] + side);

		if (x->copies == 0)
			continue;
		x->previous = number;
		number = (uint32_t)i;
		if (last)
			last->next = number;
		last = x;
	}
}

/* The row that changes, as it is in the group; the cursor is where it is, or would be. */
static int push_change(struct pw_stretch *s, const struct pw_ordered *o,
		       const struct pw_ordered_change *change, struct pw_multiset_cursor *c,
		       int64_t *copies, pw_time time)
{
	const struct pw_slice row = pw_ordered_row(change);
	const bool there = c->at && pw_slice_equal(pw_value_text(c->value), row);
	const int64_t before = there ? c->copies : 0;

	if (change->diff > PW_ORDERED_COPIES - *copies)
		return pw_fail(PW_DATA, "the copies of a group's rows exceed 2^62");
	*copies += change->diff;
	if (before + change->diff < 0)
		return pw_ordered_negative(o, change->slot, row, before + change->diff, time);
	push(s, row, before, before + change->diff);
	if (there)
		pw_multiset_next(c);
	return 0;
}

int pw_stretch_find(struct pw_stretch *s, const struct pw_ordered *o,
		    const struct pw_ordered_run *run, pw_time time)
{
	const struct pw_ordered_group *g = pw_ordered_group(o, run->slot);
	struct pw_multiset_cursor last, at; /* after the last change; at this one */
	int64_t copies = g->copies;

	s->count = 0;
	for (size_t i = 0; i < run->count; i++) {
		const struct pw_ordered_change *change = &o->changes[run->from + i];
		const struct pw_slice row = pw_ordered_row(change);

		if (i > 0 && (!last.at || pw_slice_compare(row, pw_value_text(last.value)) <= 0))
			at = last; /* nothing lies between the two */
		else
			pw_multiset_seek_text(&g->rows, row, &at);
		if (i > 0)
			push_after(s, &last, at.below);
		push_before(s, &at, i > 0 ? last.below : 0);
		if (push_change(s, o, change, &at, &copies, time) < 0)
			return -1;
		last = at;
	}
	if (run->count > 0)
		push_after(s, &last, INT64_MAX);
	if (s->count >= PW_STRETCH_NONE)
		return pw_fail(PW_SYSTEM, "a group has more than %u rows", PW_STRETCH_NONE);
	link_side(s, offsetof(struct pw_stretch_row, before));
	link_side(s, offsetof(struct pw_stretch_row, after));
	return 0;
}

void pw_stretch_release(struct pw_stretch *s)
{
	free(s->rows);
	*s = (struct pw_stretch){0};
}
