#include "match_internal.h"

#include <stdlib.h>

enum { PAIRS = PW_BATCH_ROWS, OF_BATCH = 0, OF_LOOKUP = 1 };

#define MOST_BYTES ((size_t)16 << 20) /* of the texts in one column of the pairs emitted at once */

/* The column of the side built that a wide column is. */
static int built_column(const struct pw_match *m, struct pw_joined_source s)
{
	return s.side == PW_JOINED_KEY ? m->joined->keys[m->build][s.column] : s.column;
}

/* The wide columns that come from the side that is built are held; all columns, to pick from. */
static void choose_held(struct pw_match *m)
{
	const struct pw_joined *j = m->joined;
	size_t count = 0;

	m->held = pw_mem_alloc(j->wide.count + j->in[m->build]->count + 1, sizeof *m->held);
	m->held_at = pw_mem_alloc(j->wide.count + 1, sizeof *m->held_at);
	for (size_t c = 0; m->pick != NULL && c < j->in[m->build]->count; c++)
		m->held[count++] = (int)c;
	for (size_t w = 0; w < j->wide.count; w++) {
		const struct pw_joined_source s = j->sources[w];
		m->held_at[w] = -1;
		if (s.side != PW_JOINED_KEY && (int)s.side != m->build)
			continue;
		if (m->pick != NULL) {
			m->held_at[w] = built_column(m, s);
			continue;
		}
		m->held_at[w] = (int)count;
		m->held[count++] = built_column(m, s);
	}
	m->lookup = (struct pw_lookup){
		.schema = m->joined->in[m->build],
		.keys = m->joined->keys[m->build],
		.key_count = m->joined->key_count,
		.held = m->held,
		.held_count = count,
		.nulls = m->null_equal,
		.only_keys = !m->pairs && m->reach == NULL,
		.listed = m->reach != NULL,
		.unsorted = m->pick != NULL,
	};
}

void pw_match_open(struct pw_match *m)
{
	choose_held(m);
	pw_lookup_init(&m->lookup);
	pw_joined_order(m->joined, m->build, &m->order);
	m->rows[0] = pw_mem_alloc(PAIRS, sizeof *m->rows[0]);
	m->rows[1] = pw_mem_alloc(PAIRS, sizeof *m->rows[1]);
	m->diffs = pw_mem_alloc(PAIRS, sizeof *m->diffs);
	m->runs = pw_mem_alloc(PAIRS, sizeof *m->runs);
	m->gathers = pw_mem_zero(m->joined->wide.count + 1, sizeof *m->gathers);
	m->columns = pw_mem_zero(m->joined->wide.count + 1, sizeof *m->columns);
}

static void add_to_lookup(struct pw_match *m, const struct pw_batch *batch)
{
	if (pw_roworder_only_adds(&m->order, batch) < 0)
		pw_op_must(m->op, pw_fail_at("%s", m->op->host->names[m->build]));
	if (m->reach != NULL)
		pw_match_reach_add(m, batch);
	else if (pw_lookup_add(&m->lookup, batch) < 0)
		pw_op_must(m->op, pw_fail_at("%s", m->op->host->names[m->build]));
}

static void finish_lookup(struct pw_match *m)
{
	if (m->built)
		return;
	m->built = true;
	pw_lookup_finish(&m->lookup);
	if (m->reach != NULL)
		pw_match_reach_finish(m);
	if (m->lonely[m->build])
		m->met = pw_mem_zero(
			(m->reach != NULL ? m->lookup.rows : m->lookup.slots.slots) / 8 + 1, 1);
}

/*
 * The time of pairs whose row of the other side has this time. The one commit of a
 * static side has the time 0, as the first load of the other side has. Where that
 * commit is later, pairs have its time; and a row that would have to be shown
 * without a match before that, and be taken back, is a fault.
 */
static pw_time time_of(struct pw_match *m, pw_time time)
{
	const bool shows_early =
		m->lonely[!m->build] || m->met != NULL || (!m->pairs && !m->matched);

	if (m->lookup.rows == 0 ||
	    (time >= m->lookup.time && (m->met == NULL || time == m->lookup.time)))
		return time;
	if (shows_early)
		pw_op_must(m->op,
			   pw_fail(PW_DATA,
				   "%s: rows of time %" PRIu64 ", and all of the %s, which is "
				   "static, have time %" PRIu64,
				   m->op->host->names[!m->build], time,
				   m->op->host->names[m->build], m->lookup.time));
	return m->lookup.time;
}

/* Times and diffs of the pairs' rows [from, from + count). */
static void set_changes(struct pw_match *m, struct pw_batch *wide, const struct pw_batch *batch,
			uint32_t from)
{
	const uint32_t *of_batch = m->rows[OF_BATCH] + from, *of_lookup = m->rows[OF_LOOKUP] + from;
	uint32_t run = 0, end = batch->runs[0].rows;

	wide->run_count = 0;
	wide->runs = m->runs;
	for (uint32_t i = 0; i < wide->rows;) {
		uint32_t first = i;
		while (of_batch[i] >= end)
			end += batch->runs[++run].rows;
		if (run == batch->run_count - 1)
			i = wide->rows;
		while (i < wide->rows && of_batch[i] < end)
			i++;
		const pw_time time = time_of(m, batch->runs[run].time);
		if (wide->run_count > 0 && m->runs[wide->run_count - 1].time == time)
			m->runs[wide->run_count - 1].rows += i - first;
		else
			m->runs[wide->run_count++] = (struct pw_run){time, i - first, 0};
	}
	wide->diffs = NULL;
	const bool counts = m->lookup.copies != NULL && m->pairs && m->pick == NULL;

	if (batch->diffs == NULL && !counts)
		return;
	for (uint32_t i = 0; i < wide->rows; i++) {
		const bool many = counts && of_lookup[i] != PW_GATHER_NULL;
		m->diffs[i] = pw_joined_product(m->op, pw_batch_diff(batch, of_batch[i]),
						many ? m->lookup.copies[of_lookup[i]] : 1);
	}
	wide->diffs = m->diffs;
}

static bool is_every_row(const uint32_t *rows, uint32_t count, const struct pw_batch *batch)
{
	uint32_t different = 0;

	if (count != batch->rows)
		return false;
	for (uint32_t i = 0; i < count; i++)
		different |= rows[i] ^ i;
	return different == 0;
}

/* A wide column of pairs; NULL: its texts are too long for so many pairs at once. */
static const struct pw_column *wide_column(struct pw_match *m, size_t w,
					   const struct pw_batch *batch, uint32_t from,
					   uint32_t count, bool every)
{
	const struct pw_joined_source s = m->joined->sources[w];
	const bool holes = m->lonely[!m->build];

	if ((int)s.side == m->build)
		return pw_gather_rows(&m->gathers[w], m->lookup.columns[m->held_at[w]],
				      m->rows[OF_LOOKUP] + from, count, holes, MOST_BYTES);
	const struct pw_column *c =
		&batch->columns[s.side == PW_JOINED_KEY ? m->joined->keys[!m->build][s.column]
							: s.column];

	return every ? c
		     : pw_gather_rows(&m->gathers[w], c, m->rows[OF_BATCH] + from, count, false,
				      MOST_BYTES);
}

static void send_pairs(struct pw_match *m, const struct pw_batch *batch, uint32_t from,
		       uint32_t count)
{
	struct pw_batch wide = {.schema = &m->joined->wide, .rows = count, .columns = m->columns};
	const bool every = is_every_row(m->rows[OF_BATCH] + from, count, batch);

	if (count == 0)
		return;
	for (size_t w = 0; w < m->joined->wide.count; w++) {
		const struct pw_column *c = wide_column(m, w, batch, from, count, every);
		if (c == NULL) {
			send_pairs(m, batch, from, count / 2);
			send_pairs(m, batch, from + count / 2, count - count / 2);
			return;
		}
		m->columns[w] = *c;
	}
	set_changes(m, &wide, batch, from);
	pw_joined_emit(m->joined, m->op, &wide);
}

static void send_all_pairs(struct pw_match *m, const struct pw_batch *batch)
{
	send_pairs(m, batch, 0, m->pair_count);
	m->pair_count = 0;
}

static inline void pair(struct pw_match *m, const struct pw_batch *batch, uint32_t row,
			uint32_t other)
{
	if (m->pair_count == PAIRS)
		send_all_pairs(m, batch);
	m->rows[OF_BATCH][m->pair_count] = row;
	m->rows[OF_LOOKUP][m->pair_count++] = other;
}

/* Semi and anti: the rows of the batch that have, or have no, match. */
static void choose_rows(struct pw_match *m, const struct pw_batch *batch)
{
	for (uint32_t i = 0; i < batch->rows; i++)
		if ((m->slots[i] != PW_SLOT_NONE) == m->matched)
			pair(m, batch, i, PW_GATHER_NULL);
}

/* Keys of the lookup differ: a row has one partner at most, and its number is the slot. */
static void pair_once(struct pw_match *m, const struct pw_batch *batch)
{
	const bool alone = m->lonely[!m->build];

	for (uint32_t from = 0; from < batch->rows; from += PAIRS) {
		const uint32_t end = batch->rows - from < PAIRS ? batch->rows : from + PAIRS;
		uint32_t n = 0;

		for (uint32_t i = from; i < end; i++) {
			m->rows[OF_BATCH][n] = i;
			m->rows[OF_LOOKUP][n] = m->slots[i];
			n += alone | (m->slots[i] != PW_SLOT_NONE);
		}
		m->pair_count = n;
		send_all_pairs(m, batch);
	}
}

static void pair_many(struct pw_match *m, const struct pw_batch *batch)
{
	const struct pw_lookup *l = &m->lookup;

	for (uint32_t i = 0; i < batch->rows; i++) {
		const uint32_t slot = m->slots[i];
		if (slot == PW_SLOT_NONE) {
			if (m->lonely[!m->build])
				pair(m, batch, i, PW_GATHER_NULL);
			continue;
		}
		for (uint32_t at = l->first[slot]; at < l->first[slot + 1]; at++)
			pair(m, batch, i, l->ids[at]);
	}
}

static inline void meet(struct pw_match *m, uint32_t bit)
{
	m->met[bit >> 3] = (uint8_t)(m->met[bit >> 3] | 1u << (bit & 7));
}

/* Pairs of a row with ids [from, to) of the timeline. */
static void pair_range(struct pw_match *m, const struct pw_batch *batch, uint32_t row,
		       struct pw_match_near near)
{
	while (near.from < near.to) {
		if (m->pair_count == PAIRS)
			send_all_pairs(m, batch);
		const uint32_t n = m->pair_count, room = PAIRS - n, rest = near.to - near.from;
		const uint32_t count = rest < room ? rest : room;

		memcpy(m->rows[OF_LOOKUP] + n, m->line.ids + near.from, count * sizeof row);
		for (uint32_t i = 0; i < count; i++)
			m->rows[OF_BATCH][n + i] = row;
		m->pair_count += count;
		near.from += count;
	}
}

static void pair_near(struct pw_match *m, const struct pw_batch *batch)
{
	const bool alone = m->lonely[!m->build];

	for (uint32_t i = 0; i < batch->rows; i++) {
		const struct pw_match_near near = m->near[i];

		pair_range(m, batch, i, near);
		if (alone && near.from == near.to)
			pair(m, batch, i, PW_GATHER_NULL);
		for (uint32_t at = near.from; at < near.to && m->met != NULL; at++)
			meet(m, m->line.ids[at]);
	}
}

/* Semi and anti: the rows of the batch that match some row, or none. */
static void choose_near(struct pw_match *m, const struct pw_batch *batch)
{
	for (uint32_t i = 0; i < batch->rows; i++)
		if ((m->near[i].from < m->near[i].to) == m->matched)
			pair(m, batch, i, PW_GATHER_NULL);
}

static void match_near(struct pw_match *m, const struct pw_batch *batch)
{
	pw_match_reach_find(m, batch);
	if (m->pairs)
		pair_near(m, batch);
	else
		choose_near(m, batch);
}

static void match(struct pw_match *m, const struct pw_batch *batch)
{
	if (m->slot_capacity < batch->rows)
		m->slots = pw_mem_grow(m->slots, &m->slot_capacity, batch->rows, sizeof *m->slots);
	pw_lookup_probe(&m->lookup, batch, m->joined->keys[!m->build], m->slots);
	if (m->pick != NULL)
		m->pick(m->pick_context, batch, m->slots);
	for (uint32_t i = 0; i < batch->rows && m->met != NULL && m->reach == NULL; i++)
		if (m->slots[i] != PW_SLOT_NONE)
			meet(m, m->slots[i]);
	if (m->reach != NULL)
		match_near(m, batch);
	else if (!m->pairs)
		choose_rows(m, batch);
	else if (m->lookup.ids == NULL)
		pair_once(m, batch);
	else
		pair_many(m, batch);
	send_all_pairs(m, batch);
}

/* Rows of the lookup that nothing has matched, by their numbers in m->rows. */
static void send_unmet(struct pw_match *m, uint32_t count)
{
	struct pw_run run = {m->lookup.time, count, 0};
	struct pw_batch wide = {.schema = &m->joined->wide,
				.rows = count,
				.columns = m->columns,
				.runs = &run,
				.run_count = 1};

	if (count == 0)
		return;
	for (size_t w = 0; w < m->joined->wide.count; w++) {
		const struct pw_column *c =
			m->held_at[w] < 0
				? pw_gather_nulls(&m->gathers[w], m->joined->wide.fields[w].type,
						  count)
				: pw_gather_rows(&m->gathers[w], m->lookup.columns[m->held_at[w]],
						 m->rows[OF_LOOKUP], count, false, SIZE_MAX);
		m->columns[w] = *c;
	}
	for (uint32_t i = 0; i < count && m->lookup.copies != NULL; i++)
		m->diffs[i] = m->lookup.copies[m->rows[OF_LOOKUP][i]];
	wide.diffs = m->lookup.copies != NULL ? m->diffs : NULL;
	pw_joined_emit(m->joined, m->op, &wide);
}

static void show_unmet(struct pw_match *m)
{
	uint32_t n = 0;

	for (size_t w = 0; w < m->joined->wide.count;
	     w++) /* the columns gathered last may hold values, and now all must be null */
		pw_gather_release(&m->gathers[w]);
	for (uint32_t i = 0; i < m->lookup.rows; i++) {
		const uint32_t bit = m->reach != NULL ? i : m->lookup.slot_of[i];
		if (bit != PW_SLOT_NONE && pw_bit(m->met, bit))
			continue;
		m->rows[OF_LOOKUP][n++] = i;
		if (n == PAIRS / 16) {
			send_unmet(m, n);
			n = 0;
		}
	}
	send_unmet(m, n);
}

void pw_match_take(struct pw_match *m, int input, const struct pw_batch *batch)
{
	if (input == m->build) {
		add_to_lookup(m, batch);
		return;
	}
	finish_lookup(m);
	match(m, batch);
}

void pw_match_end(struct pw_match *m)
{
	finish_lookup(m);
	if (m->met != NULL)
		show_unmet(m);
}

size_t pw_match_bytes(const struct pw_match *m)
{
	return pw_lookup_bytes(&m->lookup) + pw_timeline_bytes(&m->line, &m->lookup);
}

void pw_match_release(struct pw_match *m)
{
	for (size_t w = 0; m->gathers != NULL && w < m->joined->wide.count; w++)
		pw_gather_release(&m->gathers[w]);
	pw_lookup_release(&m->lookup);
	pw_timeline_release(&m->line);
	pw_roworder_release(&m->order);
	free(m->held);
	free(m->held_at);
	free(m->met);
	free(m->rows[0]);
	free(m->rows[1]);
	free(m->slots);
	free(m->near);
	free(m->places);
	free(m->reached);
	free(m->gathers);
	free(m->columns);
	free(m->runs);
	free(m->diffs);
}
