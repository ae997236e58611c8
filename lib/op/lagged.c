#include "lagged_internal.h"

#include <stdlib.h>

void pw_lagged_open(struct pw_lagged *l)
{
	l->near.wants = pw_lagged_wants;
	l->near.context = l;
	l->met = pw_mem_zero(l->filled_count + 1, sizeof *l->met);
	l->shots = pw_mem_alloc(PW_LAGGED_SHOTS, sizeof *l->shots);
	l->shot_fills = pw_mem_zero(PW_LAGGED_SHOTS * l->filled_count + 1, sizeof *l->shot_fills);
	l->numbers = pw_mem_alloc(PW_LAGGED_SHOTS, sizeof *l->numbers);
	l->wrong = pw_mem_zero(PW_LAGGED_SHOTS, sizeof *l->wrong);
	pw_vector_init(&l->word, PW_TYPE(PW_INT));
	pw_builder_init(&l->decoded, l->rows_schema);
	pw_builder_init(&l->out, l->schema_out);
	pw_builder_init(&l->sound, l->schema_out);
	pw_lagged_restart(l);
}

void pw_lagged_close(struct pw_lagged *l)
{
	pw_stretch_release(&l->near);
	free(l->met);
	free(l->known);
	free(l->fills[0]);
	free(l->fills[1]);
	free(l->places);
	free(l->shots);
	free(l->shot_fills);
	free(l->numbers);
	free(l->wrong);
	pw_vector_release(&l->word);
	pw_builder_release(&l->decoded);
	pw_builder_release(&l->out);
	pw_builder_release(&l->sound);
}

/* ---- single values of row keys ---- */

struct pw_lagged_walk pw_lagged_walk(struct pw_lagged *l, struct pw_slice row)
{
	return (struct pw_lagged_walk){row.data, row.data + row.length, l->rows->group_count};
}

/* The column's bytes; columns are asked for in the order of the list. */
struct pw_slice pw_lagged_take(struct pw_lagged *l, struct pw_lagged_walk *w, struct pw_vector *v)
{
	const struct pw_roworder *order = &l->rows->order;
	const char *start = w->at;

	pw_rowkey_take(&w->at, w->end, l->schema->fields[order->list[w->next]].type,
		       order->descending[w->next], v);
	w->next++;
	return (struct pw_slice){start, (size_t)(w->at - start)};
}

/* ---- what changes ---- */

/* Copies of a row that have the same neighbours. */
struct kin {
	uint32_t previous, next;
	int64_t copies;
};

static void shoot(struct pw_lagged *l, uint32_t slot, uint32_t row, const struct kin *k, bool after)
{
	if (k->copies == 0)
		return;
	if (l->shot_count == PW_LAGGED_SHOTS || pw_builder_full(&l->decoded))
		pw_lagged_send(l);
	if (l->filled_count > 0)
		memcpy(l->shot_fills + l->shot_count * l->filled_count,
		       l->fills[after] + row * l->filled_count,
		       l->filled_count * sizeof *l->shot_fills);
	struct pw_lagged_shot *s = &l->shots[l->shot_count++];

	s->self = pw_lagged_decoded(l, slot, row);
	s->previous = pw_lagged_decoded(l, slot, k->previous);
	s->next = pw_lagged_decoded(l, slot, k->next);
	s->diff = after ? k->copies : -k->copies;
}

/* The first copy of a row, those in the middle, and the last: how many kins it makes. */
static int kins_of(uint32_t row, const struct pw_stretch_side *side, struct kin kins[3])
{
	if (side->copies <= 1) {
		kins[0] = (struct kin){side->previous, side->next, side->copies};
		return (int)side->copies;
	}
	kins[0] = (struct kin){side->previous, row, 1};
	kins[1] = (struct kin){row, row, side->copies - 2};
	kins[2] = (struct kin){row, side->next, 1};
	return 3;
}

/* Do two rows look the same in the columns that are shown of a neighbour? */
static bool looks_same(struct pw_lagged *l, uint32_t a, uint32_t b, const bool *columns)
{
	if (a == b)
		return true;
	if (a == PW_STRETCH_NONE || b == PW_STRETCH_NONE || l->shows_all)
		return false;
	struct pw_lagged_walk x = pw_lagged_walk(l, l->near.rows[a].row),
			      y = pw_lagged_walk(l, l->near.rows[b].row);

	while (x.next < l->rows->order.count) {
		const bool counts = columns[l->rows->order.list[x.next]];
		const struct pw_slice left = pw_lagged_take(l, &x, NULL),
				      right = pw_lagged_take(l, &y, NULL);

		if (counts && !pw_slice_equal(left, right))
			return false;
	}
	return true;
}

static void cancel(struct pw_lagged *l, struct kin *a, struct kin *b)
{
	const int64_t both = a->copies < b->copies ? a->copies : b->copies;

	if (both == 0 || !looks_same(l, a->previous, b->previous, l->in_previous) ||
	    !looks_same(l, a->next, b->next, l->in_next))
		return;
	a->copies -= both;
	b->copies -= both;
}

static void show_row(struct pw_lagged *l, uint32_t slot, uint32_t row)
{
	const struct pw_stretch_row *r = &l->near.rows[row];
	struct kin before[3], after[3];
	const int old = kins_of(row, &r->before, before);
	const int new = kins_of(row, &r->after, after);

	if (old > 0 && new > 0 && pw_lagged_same_fills(l, row))
		for (int i = 0; i < old; i++)
			for (int j = 0; j < new; j++)
				cancel(l, &before[i], &after[j]);
	for (int i = 0; i < old; i++)
		shoot(l, slot, row, &before[i], false);
	for (int j = 0; j < new; j++)
		shoot(l, slot, row, &after[j], true);
}

void pw_lagged_close_group(struct pw_lagged *l, const struct pw_ordered_run *run, pw_time time)
{
	const size_t known = l->place_capacity;

	l->time = time;
	pw_op_must(l->op, pw_stretch_find(&l->near, l->rows, run, l->time));
	l->places = pw_mem_grow(l->places, &l->place_capacity, l->near.count, sizeof *l->places);
	if (l->place_capacity > known)
		memset(l->places + known, 0, (l->place_capacity - known) * sizeof *l->places);
	if (l->filled_count > 0) {
		pw_lagged_read_points(l);
		pw_lagged_fill_side(l, false);
		pw_lagged_fill_side(l, true);
	}
	for (size_t r = 0; r < l->near.count; r++)
		show_row(l, run->slot, (uint32_t)r);
	for (size_t r = 0; r < l->near.count; r++)
		l->places[r].round = 0; /* the places are for the next group now */
}
