/* Matches of an interval join: rows of a key, and of these the ones within reach. */
#include "match_internal.h"

#include <stdlib.h>

static void *room(void *p, size_t *capacity, size_t need, size_t size)
{
	return need > *capacity ? pw_mem_grow(p, capacity, need, size) : p;
}

/* The places of all rows of a batch of the side; those of null times are of no use. */
static int64_t find_places(struct pw_match *m, int side, const struct pw_batch *batch)
{
	const struct pw_axis *a = &m->axes[side];

	m->places = room(m->places, &m->place_capacity, batch->rows, sizeof *m->places);
	return pw_axis_places(a, &batch->columns[a->column], 0, batch->rows, m->places);
}

int64_t pw_match_unsound(struct pw_match *m, int side, const struct pw_batch *batch)
{
	return m->reach->real ? find_places(m, side, batch) : -1;
}

void pw_match_reach_add(struct pw_match *m, const struct pw_batch *batch)
{
	const struct pw_column *times = &batch->columns[m->axes[m->build].column];

	find_places(m, m->build, batch);
	pw_timeline_add(&m->line, &m->lookup, m->places, batch->rows);
	if (pw_lookup_add(&m->lookup, batch) < 0)
		pw_op_must(m->op, pw_fail_at("%s", m->op->host->names[m->build]));
	for (uint32_t i = 0; i < batch->rows && times->valid != NULL; i++)
		if (pw_column_null(times, i))
			pw_lookup_strike(&m->lookup, batch, i);
}

void pw_match_reach_finish(struct pw_match *m)
{
	pw_timeline_finish(&m->line, &m->lookup);
}

void pw_match_reach_find(struct pw_match *m, const struct pw_batch *batch)
{
	const struct pw_column *times = &batch->columns[m->axes[!m->build].column];

	find_places(m, !m->build, batch);
	m->reached = room(m->reached, &m->reached_capacity, batch->rows, sizeof *m->reached);
	m->near = room(m->near, &m->near_capacity, batch->rows, sizeof *m->near);
	pw_reach_all(m->reach, !m->build, m->places, batch->rows, m->reached);
	for (uint32_t i = 0; i < batch->rows && times->valid != NULL; i++)
		if (pw_column_null(times, i))
			m->slots[i] = PW_SLOT_NONE;
	for (uint32_t i = 0; i < batch->rows; i++) {
		struct pw_match_near *near = &m->near[i];

		*near = (struct pw_match_near){0, 0};
		if (m->slots[i] != PW_SLOT_NONE)
			pw_timeline_find(&m->line, m->slots[i], m->reached[i], &near->from,
					 &near->to);
	}
}
