#include "index.h"
#include "../base/check.h"
#include "../base/hash.h"

#include <stdlib.h>

enum {
	FEW = 8,      /* rows of a bag that are looked through; more have a table */
	FIRST = 2,    /* rows that there is room for at first */
	MUCH = 65536, /* changes whose room is kept for the next commit */
};

/*
 * A bag of more rows than one. Entries of table: the row's hash in the high
 * half, so that other rows need not be looked at, its place + 1 in the low.
 *
 * Invariants, numbered on from index.h:
 *           4. Places [0, count) hold rows or, gone of them, NULL, and not
 *              all of them NULL; live of the rows have copies above 0.
 *           5. table, if there is one, finds every row (and places that are
 *              gone), and is at most three quarters full.
 */
struct many {
	uint32_t count, capacity, gone;
	uint32_t live; /* rows with copies above 0 */
	uint32_t mask; /* of the table */
	uint64_t *table;
	struct pw_row *rows[];
};

static bool is_many(const void *bag)
{
	return ((uintptr_t)bag & 1) != 0;
}

static struct many *many_of(const void *bag)
{
	return (struct many *)((uintptr_t)bag - 1);
}

static void *bag_of(const struct many *m)
{
	return (void *)((uintptr_t)m + 1);
}

static size_t many_bytes(uint32_t capacity)
{
	return sizeof(struct many) + capacity * sizeof(struct pw_row *);
}

static size_t table_bytes(const struct many *m)
{
	return ((size_t)m->mask + 1) * sizeof *m->table;
}

void pw_index_init(struct pw_index *ix, bool left_grows, bool right_grows)
{
	*ix = (struct pw_index){.grows = {left_grows, right_grows}};
	pw_arrangement_init(&ix->keys, sizeof(struct pw_index_key));
}

static void free_row(struct pw_index *ix, struct pw_row *row)
{
	pw_pool_free(&ix->pool, row, sizeof *row + row->length);
}

static void free_table(struct pw_index *ix, struct many *m)
{
	if (m->table != NULL)
		pw_pool_free(&ix->pool, m->table, table_bytes(m));
	m->table = NULL;
}

/* The bag itself, not its rows. */
static void free_many(struct pw_index *ix, struct many *m)
{
	free_table(ix, m);
	pw_pool_free(&ix->pool, m, many_bytes(m->capacity));
}

static void free_bag(struct pw_index *ix, struct pw_index_key *key, int side)
{
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(key, side, &rows);

	for (uint32_t i = 0; i < count; i++)
		if (rows[i] != NULL)
			free_row(ix, rows[i]);
	if (is_many(key->bags[side]))
		free_many(ix, many_of(key->bags[side]));
	key->bags[side] = NULL;
}

void pw_index_release(struct pw_index *ix)
{
	for (uint32_t s = 0; s < ix->keys.slots; s++)
		for (int side = PW_LEFT; side <= PW_RIGHT; side++)
			if (pw_arrangement_live(&ix->keys, s))
				free_bag(ix, pw_index_key(ix, s), side);
	if (ix->keys.table != NULL)
		pw_arrangement_release(&ix->keys);
	pw_pool_release(&ix->pool);
	free(ix->changes);
	free(ix->touched);
	*ix = (struct pw_index){0};
}

/* ---- bags ---- */

static uint32_t hash_of(struct pw_slice row)
{
	return (uint32_t)(pw_hash_bytes(row.data, row.length) >> 32);
}

static struct pw_slice slice_of(const struct pw_row *row)
{
	return (struct pw_slice){row->data, row->length};
}

static void note_place(struct many *m, uint32_t place)
{
	const uint32_t hash = hash_of(slice_of(m->rows[place]));
	uint32_t at = hash & m->mask;

	while (m->table[at] != 0)
		at = (at + 1) & m->mask;
	m->table[at] = (uint64_t)hash << 32 | (place + 1);
}

/* A table for what the bag holds, and for as many places as it has room for. */
static void make_table(struct pw_index *ix, struct many *m)
{
	free_table(ix, m);
	m->mask = 2 * FEW - 1;
	while (m->mask / 4 * 3 < m->capacity)
		m->mask = 2 * m->mask + 1;
	m->table = pw_pool_alloc(&ix->pool, table_bytes(m));
	memset(m->table, 0, table_bytes(m));
	for (uint32_t i = 0; i < m->count; i++)
		if (m->rows[i] != NULL)
			note_place(m, i);
}

/* The place of an equal row, or of this very row; m->count if there is none. */
static uint32_t place_of(const struct many *m, struct pw_slice row)
{
	if (m->table == NULL) {
		uint32_t i = 0;
		while (i < m->count &&
		       (m->rows[i] == NULL || !pw_slice_equal(slice_of(m->rows[i]), row)))
			i++;
		return i;
	}
	const uint32_t hash = hash_of(row);

	for (uint32_t at = hash & m->mask; m->table[at] != 0; at = (at + 1) & m->mask) {
		const uint32_t place = (uint32_t)m->table[at] - 1;
		if ((uint32_t)(m->table[at] >> 32) == hash && m->rows[place] != NULL &&
		    pw_slice_equal(slice_of(m->rows[place]), row))
			return place;
	}
	return m->count;
}

/* Room for twice the rows there are; places that are gone are given up. */
static struct many *remade(struct pw_index *ix, struct many *m)
{
	const uint32_t live = m->count - m->gone;
	const uint32_t capacity = live < FIRST ? FIRST : live + (live > 2 ? live / 2 : 2);
	struct many *to = pw_pool_alloc(&ix->pool, many_bytes(capacity));

	*to = (struct many){.capacity = capacity, .live = m->live};
	for (uint32_t i = 0; i < m->count; i++)
		if (m->rows[i] != NULL)
			to->rows[to->count++] = m->rows[i];
	if (m->table != NULL)
		make_table(ix, to);
	free_many(ix, m);
	return to;
}

/* Makes a bag of one row one of many. */
static struct many *widened(struct pw_index *ix, struct pw_row *row)
{
	struct many *m = pw_pool_alloc(&ix->pool, many_bytes(FIRST));

	*m = (struct many){.capacity = FIRST, .count = 1, .live = row->copies > 0};
	m->rows[0] = row;
	return m;
}

static void add_row(struct pw_index *ix, struct pw_index_key *key, int side, struct pw_row *row)
{
	void **bag = &key->bags[side];

	if (*bag == NULL) {
		*bag = row;
		return;
	}
	struct many *m = is_many(*bag) ? many_of(*bag) : widened(ix, *bag);

	if (m->count == m->capacity)
		m = remade(ix, m);
	*bag = bag_of(m);
	m->rows[m->count++] = row;
	if (m->table != NULL)
		note_place(m, m->count - 1);
	else if (m->count > FEW && !ix->grows[side])
		make_table(ix, m);
}

static struct pw_row *find_row(const struct pw_index_key *key, int side, struct pw_slice row)
{
	void *bag = key->bags[side];

	if (bag == NULL)
		return NULL;
	if (is_many(bag)) {
		const struct many *m = many_of(bag);
		const uint32_t place = place_of(m, row);
		return place < m->count ? m->rows[place] : NULL;
	}
	return pw_slice_equal(slice_of(bag), row) ? bag : NULL;
}

static void drop_row(struct pw_index *ix, struct pw_index_key *key, int side, struct pw_row *row)
{
	void **bag = &key->bags[side];

	if (!is_many(*bag)) {
		*bag = NULL;
	} else {
		struct many *m = many_of(*bag);
		m->rows[place_of(m, slice_of(row))] = NULL;
		m->gone++;
		if (m->gone == m->count) {
			free_many(ix, m);
			*bag = NULL;
		} else if (m->gone > FEW && m->gone > m->count / 2) {
			*bag = bag_of(remade(ix, m));
		}
	}
	free_row(ix, row);
}

uint32_t pw_index_rows(struct pw_index_key *key, int side, struct pw_row *const **rows)
{
	void **bag = &key->bags[side];

	if (!is_many(*bag)) {
		*rows = (struct pw_row *const *)bag;
		return *bag != NULL;
	}
	*rows = many_of(*bag)->rows;
	return many_of(*bag)->count;
}

/* ---- changes ---- */

static void note_change(struct pw_index *ix, struct pw_index_key *key, int side, uint32_t slot,
			struct pw_row *row, pw_diff diff)
{
	if (ix->change_count >= UINT32_MAX - 1)
		pw_bug("a commit of 2^32 changes");
	if (ix->change_count == ix->change_capacity)
		ix->changes = pw_mem_grow(ix->changes, &ix->change_capacity, ix->change_count + 1,
					  sizeof *ix->changes);
	const uint32_t number = (uint32_t)++ix->change_count, last = key->pending[side];
	struct pw_change *c = &ix->changes[number - 1];

	*c = (struct pw_change){row, diff, number};
	row->change = number;
	if (last != 0) {
		c->next = ix->changes[last - 1].next;
		ix->changes[last - 1].next = number;
	} else if (key->pending[!side] == 0) {
		if (ix->touched_count == ix->touched_capacity)
			ix->touched = pw_mem_grow(ix->touched, &ix->touched_capacity,
						  ix->touched_count + 1, sizeof *ix->touched);
		ix->touched[ix->touched_count++] = slot;
	}
	key->pending[side] = number;
}

int pw_index_put(struct pw_index *ix, int side, uint32_t slot, struct pw_slice row, pw_diff diff)
{
	struct pw_index_key *key = pw_index_key(ix, slot);
	struct pw_row *r = ix->grows[side] && row.length > 0 ? NULL : find_row(key, side, row);

	if (r == NULL) {
		r = pw_pool_alloc(&ix->pool, sizeof *r + row.length);
		*r = (struct pw_row){.length = (uint32_t)row.length};
		if (row.length > 0)
			memcpy(r->data, row.data, row.length);
		add_row(ix, key, side, r);
	}
	if (r->change == 0) {
		note_change(ix, key, side, slot, r, diff);
		return 0;
	}
	return pw_diff_add(&ix->changes[r->change - 1].diff, diff);
}

void pw_index_sort(struct pw_index *ix)
{
	pw_arrangement_sort(&ix->keys, ix->touched, (uint32_t)ix->touched_count);
}

enum { NEAR = 6, FAR = 12, FARTHEST = 18 };

void pw_index_soon(const struct pw_index *ix, size_t at)
{
	if (at + FARTHEST >= ix->touched_count)
		return;
	__builtin_prefetch(pw_index_key(ix, ix->touched[at + FARTHEST]));
	__builtin_prefetch(&ix->keys.keys[ix->touched[at + FARTHEST]]);
	const struct pw_index_key *far = pw_index_key(ix, ix->touched[at + FAR]);
	const struct pw_index_key *near = pw_index_key(ix, ix->touched[at + NEAR]);

	__builtin_prefetch((const void *)ix->keys.keys[ix->touched[at + FAR]]);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		__builtin_prefetch((const void *)((uintptr_t)far->bags[side] & ~(uintptr_t)1));
		if (far->pending[side] != 0)
			__builtin_prefetch(&ix->changes[far->pending[side] - 1]);
		if (near->pending[side] != 0)
			__builtin_prefetch(ix->changes[near->pending[side] - 1].row);
	}
}

const struct pw_change *pw_index_first(const struct pw_index *ix, const struct pw_index_key *key,
				       int side)
{
	const uint32_t last = key->pending[side];

	return last == 0 ? NULL : &ix->changes[ix->changes[last - 1].next - 1];
}

const struct pw_change *pw_index_next(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, const struct pw_change *change)
{
	const bool last = change == &ix->changes[key->pending[side] - 1];

	return last ? NULL : &ix->changes[change->next - 1];
}

/* Rows with copies above 0, as of the last commit closed. */
static uint32_t live_rows(const struct pw_index_key *key, int side)
{
	const void *bag = key->bags[side];

	if (bag == NULL)
		return 0;
	return is_many(bag) ? many_of(bag)->live : ((const struct pw_row *)bag)->copies > 0;
}

bool pw_index_had(const struct pw_index_key *key, int side)
{
	return live_rows(key, side) > 0;
}

bool pw_index_has(const struct pw_index *ix, const struct pw_index_key *key, int side)
{
	uint32_t live = live_rows(key, side);
	const struct pw_change *c = pw_index_first(ix, key, side);

	for (; c != NULL; c = pw_index_next(ix, key, side, c)) {
		live -= c->row->copies > 0;
		live += c->row->copies + c->diff > 0;
	}
	return live > 0;
}

const struct pw_row *pw_index_unsound(const struct pw_index *ix, const struct pw_index_key *key,
				      int side, bool *overflow)
{
	const struct pw_change *c = pw_index_first(ix, key, side);
	pw_diff copies;

	for (; c != NULL; c = pw_index_next(ix, key, side, c)) {
		*overflow = __builtin_add_overflow(c->row->copies, c->diff, &copies);
		if (*overflow || copies < 0)
			return c->row;
	}
	return NULL;
}

static void apply_side(struct pw_index *ix, struct pw_index_key *key, int side)
{
	const uint32_t last = key->pending[side];
	uint32_t number = last;

	if (last == 0)
		return;
	do {
		number = ix->changes[number - 1].next;
		struct pw_row *row = ix->changes[number - 1].row;
		const bool was = row->copies > 0;

		row->copies += ix->changes[number - 1].diff;
		row->change = 0;
		if (is_many(key->bags[side]))
			many_of(key->bags[side])->live += (uint32_t)(row->copies > 0) - was;
		if (row->copies == 0)
			drop_row(ix, key, side, row);
	} while (number != last);
	key->pending[side] = 0;
}

static void drop_if_empty(struct pw_index *ix, struct pw_index_key *key, uint32_t slot)
{
	if (key->bags[PW_LEFT] == NULL && key->bags[PW_RIGHT] == NULL)
		pw_arrangement_drop(&ix->keys, slot);
}

void pw_index_apply(struct pw_index *ix, uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(ix, slot);

	apply_side(ix, key, PW_LEFT);
	apply_side(ix, key, PW_RIGHT);
	drop_if_empty(ix, key, slot);
}

void pw_index_apply_right(struct pw_index *ix, uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(ix, slot);

	free_bag(ix, key, PW_LEFT);
	key->pending[PW_LEFT] = 0;
	apply_side(ix, key, PW_RIGHT);
	drop_if_empty(ix, key, slot);
}

#ifdef PW_CHECKED
static void check_row(const struct pw_row *row)
{
	PW_CHECK(1, row->copies > 0 && row->change == 0);
}

static void check_many(const struct many *m)
{
	uint32_t gone = 0, live = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		if (m->rows[i] == NULL) {
			gone++;
			continue;
		}
		check_row(m->rows[i]);
		live += m->rows[i]->copies > 0;
		PW_CHECK(5, m->table == NULL || place_of(m, slice_of(m->rows[i])) == i);
	}
	PW_CHECK(4, m->count <= m->capacity && gone == m->gone && gone < m->count);
	PW_CHECK(4, live == m->live);
	PW_CHECK(5, m->table == NULL || m->capacity <= m->mask / 4 * 3);
}

static void check(const struct pw_index *ix)
{
	PW_CHECK(3, ix->touched_count == 0 && ix->change_count == 0);
	if (!pw_check_due(ix->keys.slots + pw_pool_bytes(&ix->pool) / sizeof(struct pw_row)))
		return;
	for (uint32_t slot = 0; slot < ix->keys.slots; slot++) {
		if (!pw_arrangement_live(&ix->keys, slot))
			continue;
		const struct pw_index_key *key = pw_index_key(ix, slot);

		PW_CHECK(2, key->bags[PW_LEFT] != NULL || key->bags[PW_RIGHT] != NULL);
		for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
			PW_CHECK(2, key->pending[side] == 0);
			if (is_many(key->bags[side]))
				check_many(many_of(key->bags[side]));
			else if (key->bags[side] != NULL)
				check_row(key->bags[side]);
		}
	}
}
#else
#define check(ix) ((void)0)
#endif

void pw_index_closed(struct pw_index *ix)
{
	if (ix->change_capacity > MUCH) {
		free(ix->changes);
		free(ix->touched);
		ix->changes = NULL;
		ix->touched = NULL;
		ix->change_capacity = ix->touched_capacity = 0;
	}
	ix->change_count = ix->touched_count = 0;
	check(ix);
}

size_t pw_index_bytes(const struct pw_index *ix)
{
	return pw_arrangement_bytes(&ix->keys) + pw_pool_bytes(&ix->pool) +
	       ix->change_capacity * sizeof *ix->changes +
	       ix->touched_capacity * sizeof *ix->touched;
}
