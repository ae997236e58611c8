/* What a commit changes among the pairs of rows that are held, key by key. */
#include "interval_internal.h"

/* ---- rows within reach ---- */

struct pw_places pw_interval_reach(const struct pw_interval *v, int side, struct pw_slice row)
{
	const pw_place p = pw_timed_place(&v->timed.sides[side], row);

	return side == PW_LEFT ? pw_reach_right(&v->reach, p) : pw_reach_left(&v->reach, p);
}

/* Goes to the side's first row of the range, if there is one. */
static bool seek(struct pw_timed_cursor *c, const struct pw_interval *v,
		 const struct pw_timed_key *key, int side, struct pw_places range)
{
	const struct pw_timed_start start = pw_timed_from(&v->timed.sides[side], range.first);

	if (range.first > range.last)
		return false;
	pw_timed_seek(c, &v->timed, key, side, pw_timed_slice(&start));
	return true;
}

/* Is the place at a row whose time is not beyond the range? */
static bool is_within(const struct pw_timed_cursor *c, const struct pw_interval *v, int side,
		      struct pw_places range)
{
	return c->at && pw_timed_has(c->row) &&
	       pw_timed_place(&v->timed.sides[side], c->row) <= range.last;
}

/* The copies of a row that the commit found: a row that is forgotten takes nothing away. */
static pw_diff before(const struct pw_interval *v, const struct pw_timed_cursor *c)
{
	return v->forgetting && c->after < c->before ? c->after : c->before;
}

/* ---- counting ---- */

static void add_up(struct pw_interval *v, const struct pw_timed_key *key, int side)
{
	const struct pw_ordered_run *run = key->changed[side];
	const size_t count = run != NULL ? run->count : 0;

	if (v->sum_capacity[side] < count + 1)
		v->sums[side] = pw_mem_grow(v->sums[side], &v->sum_capacity[side], count + 1,
					    sizeof *v->sums[side]);
	struct pw_interval_sum *sums = v->sums[side];

	sums[0] = (struct pw_interval_sum){0, 0};
	for (size_t i = 0; i < count; i++) {
		const pw_diff diff = v->timed.sides[side].rows.changes[run->from + i].diff;

		sums[i + 1] = (struct pw_interval_sum){sums[i].added + (diff > 0 ? diff : 0),
						       sums[i].taken + (diff < 0 ? diff : 0)};
	}
}

/* How many changes of the side lie before the row key. */
static size_t changes_below(const struct pw_interval *v, const struct pw_timed_key *key, int side,
			    struct pw_slice row)
{
	const struct pw_ordered_run *run = key->changed[side];
	size_t low = 0, high = run != NULL ? run->count : 0;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		const struct pw_ordered_change *c =
			&v->timed.sides[side].rows.changes[run->from + middle];

		if (pw_slice_compare(pw_ordered_row(c), row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t pw_interval_count(const struct pw_interval *v, const struct pw_timed_key *key, int side,
			  struct pw_places range, bool taken, bool added)
{
	const struct pw_timed_side *s = &v->timed.sides[side];
	const struct pw_timed_start from = pw_timed_from(s, range.first),
				    to = pw_timed_after(s, range.last);
	const struct pw_interval_sum *sums = v->sums[side];
	struct pw_multiset_cursor a, b;
	int64_t copies = 0;

	if (range.first > range.last)
		return 0;
	if (key->slots[side] != PW_SLOT_NONE) {
		const struct pw_multiset *rows =
			&pw_ordered_group(&s->rows, key->slots[side])->rows;

		pw_multiset_seek_text(rows, pw_timed_slice(&from), &a);
		pw_multiset_seek_text(rows, pw_timed_slice(&to), &b);
		copies = b.below - a.below;
	}
	if (key->changed[side] == NULL || !(taken || added))
		return copies;
	const size_t x = changes_below(v, key, side, pw_timed_slice(&from));
	const size_t y = changes_below(v, key, side, pw_timed_slice(&to));

	return copies + (taken ? sums[y].taken - sums[x].taken : 0) +
	       (added ? sums[y].added - sums[x].added : 0);
}

/* ---- pairs ---- */

void pw_interval_show(struct pw_interval *v, const struct pw_timed_key *key, int side,
		      struct pw_slice row, const struct pw_slice *other, pw_diff diff)
{
	if (diff != 0)
		pw_timed_show(&v->timed, key, side == PW_LEFT ? &row : other,
			      side == PW_LEFT ? other : &row, diff);
}

/* A changed left row with every right row within reach. */
static void show_with_right(struct pw_interval *v, const struct pw_timed_key *key,
			    struct pw_slice left, pw_diff was, pw_diff is)
{
	const struct pw_places range = pw_interval_reach(v, PW_LEFT, left);
	struct pw_timed_cursor c;

	if ((was == 0 && is == 0) || !seek(&c, v, key, PW_RIGHT, range))
		return;
	for (; is_within(&c, v, PW_RIGHT, range); pw_timed_forward(&c))
		pw_interval_show(v, key, PW_LEFT, left, &c.row,
				 pw_joined_product(&v->op, is, c.after) -
					 pw_joined_product(&v->op, was, before(v, &c)));
}

/* A changed right row with the left rows within reach that have not changed: the others have met it. */
static void show_with_left(struct pw_interval *v, const struct pw_timed_key *key,
			   struct pw_slice right, pw_diff diff)
{
	const struct pw_places range = pw_interval_reach(v, PW_RIGHT, right);
	struct pw_timed_cursor c;

	if (diff == 0 || !seek(&c, v, key, PW_LEFT, range))
		return;
	for (; is_within(&c, v, PW_LEFT, range); pw_timed_forward(&c))
		if (c.before == c.after)
			pw_interval_show(v, key, PW_RIGHT, right, &c.row,
					 pw_joined_product(&v->op, c.before, diff));
}

/* ---- changed rows ---- */

/* The changes of a side of the key. */
static const struct pw_ordered_change *changes(const struct pw_interval *v,
					       const struct pw_timed_key *key, int side,
					       const struct pw_ordered_change **end)
{
	const struct pw_ordered_run *run = key->changed[side];
	const struct pw_ordered_change *first =
		run != NULL ? v->timed.sides[side].rows.changes + run->from : NULL;

	*end = run != NULL ? first + run->count : NULL;
	return first;
}

static void find(const struct pw_interval *v, const struct pw_timed_key *key, int side,
		 const struct pw_ordered_change *change, struct pw_timed_cursor *c)
{
	pw_timed_seek(c, &v->timed, key, side, pw_ordered_row(change));
}

static void show_pairs(struct pw_interval *v, const struct pw_timed_key *key)
{
	const struct pw_ordered_change *end, *c = changes(v, key, PW_LEFT, &end);
	struct pw_timed_cursor at;

	for (; c < end && pw_timed_has(pw_ordered_row(c)); c++) {
		find(v, key, PW_LEFT, c, &at);
		show_with_right(v, key, at.row, before(v, &at), at.after);
	}
	c = changes(v, key, PW_RIGHT, &end);
	for (; c < end && pw_timed_has(pw_ordered_row(c)); c++)
		if (c->diff > 0 || !v->forgetting)
			show_with_left(v, key, pw_ordered_row(c), c->diff);
}

/* Changed rows are remembered in part, or forgotten. */
static void keep_rows(struct pw_interval *v, const struct pw_timed_key *key, int side)
{
	const struct pw_ordered_change *end, *c = changes(v, key, side, &end);
	struct pw_timed_cursor at;

	for (; c < end && pw_timed_has(pw_ordered_row(c)); c++) {
		find(v, key, side, c, &at);
		pw_interval_kept_change(v, key, side, at.row, at.before, at.after);
	}
}

/* ---- rows by themselves ---- */

/* How many copies of a row have a match, before the commit and after it. */
static void count_met(struct pw_interval *v, const struct pw_timed_key *key, int side,
		      const struct pw_timed_cursor *c, pw_diff met[2])
{
	met[0] = met[1] = 0;
	if (key->lonely || !pw_timed_has(c->row))
		return;
	const struct pw_places range = pw_interval_reach(v, side, c->row);
	const bool had = pw_interval_count(v, key, !side, range, false, false) > 0;
	const bool has =
		(had && v->forgetting) || pw_interval_count(v, key, !side, range, true, true) > 0;

	if (v->kept && !(had && has))
		pw_interval_kept_met(v, side, c->row, c->before, c->after, met);
	met[0] = had ? before(v, c) : met[0];
	met[1] = has ? c->after : met[1];
}

static void show_alone(struct pw_interval *v, const struct pw_timed_key *key, int side,
		       const struct pw_timed_cursor *c)
{
	pw_diff met[2];

	count_met(v, key, side, c, met);
	pw_interval_show(v, key, side, c->row, NULL,
			 v->matched ? met[1] - met[0]
				    : (c->after - met[1]) - (before(v, c) - met[0]));
}

static void show_change_alone(struct pw_interval *v, const struct pw_timed_key *key, int side,
			      const struct pw_ordered_change *change)
{
	struct pw_timed_cursor c;

	if (v->forgetting && change->diff < 0)
		return; /* what is shown stays */
	find(v, key, side, change, &c);
	show_alone(v, key, side, &c);
}

/*
 * The next range of a side's places that changes of the other side reach, from
 * change *c on: ranges that meet are one. False: there is none.
 */
static bool next_range(const struct pw_interval *v, int other, const struct pw_ordered_change **c,
		       const struct pw_ordered_change *end, struct pw_places *range)
{
	bool found = false;

	for (; *c < end && pw_timed_has(pw_ordered_row(*c)); ++*c) {
		const struct pw_places r = pw_interval_reach(v, other, pw_ordered_row(*c));

		if (r.first > r.last || (v->forgetting && (*c)->diff < 0))
			continue;
		if (found && r.first > range->last)
			break;
		*range = (struct pw_places){found ? range->first : r.first, r.last};
		found = true;
	}
	return found;
}

static bool is_before(const struct pw_interval *v, int side, const struct pw_ordered_change *c,
		      pw_place p)
{
	return pw_timed_has(pw_ordered_row(c)) &&
	       pw_timed_place(&v->timed.sides[side], pw_ordered_row(c)) < p;
}

/* Rows of a side by themselves: those that have changed, and those that changes of the other side reach. */
static void show_side(struct pw_interval *v, const struct pw_timed_key *key, int side)
{
	const struct pw_ordered_change *own_end, *own = changes(v, key, side, &own_end);
	const struct pw_ordered_change *end, *other = changes(v, key, !side, &end);
	struct pw_timed_cursor c;
	struct pw_places range;

	while (!key->lonely && next_range(v, !side, &other, end, &range)) {
		for (; own < own_end && is_before(v, side, own, range.first); own++)
			show_change_alone(v, key, side, own);
		seek(&c, v, key, side, range);
		for (; is_within(&c, v, side, range); pw_timed_forward(&c))
			show_alone(v, key, side, &c);
		while (own < own_end && !is_before(v, side, own, range.first) &&
		       pw_timed_has(pw_ordered_row(own)) &&
		       pw_timed_place(&v->timed.sides[side], pw_ordered_row(own)) <= range.last)
			own++;
	}
	for (; own < own_end; own++)
		show_change_alone(v, key, side, own);
}

/* ---- the end of a commit ---- */

static void close_key(struct pw_interval *v, const struct pw_timed_key *key)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		add_up(v, key, side);
	if (v->kept)
		pw_interval_kept_key(v, key);
	if (v->pairs && !key->lonely)
		show_pairs(v, key);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (v->kept && !key->lonely)
			keep_rows(v, key, side);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (v->alone[side])
			show_side(v, key, side);
}

void pw_interval_commit(struct pw_interval *v)
{
	struct pw_timed_key key;

	v->forgetting = v->kept && v->op.commit.time % 2 == 1;
	pw_timed_sum(&v->timed);
	while (pw_timed_next(&v->timed, &key))
		close_key(v, &key);
	pw_timed_apply(&v->timed);
	if (v->kept)
		pw_interval_kept_apply(v);
}
