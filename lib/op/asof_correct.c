/*
 * As-of answers of a commit, corrected
 *
 * A time at which the other side changes is the concern of the rows around it,
 * up to the next time at which that side has, or had, rows: beyond it, another row
 * is closer before and after. So for each changed time the rows of the answered side
 * in that range are looked at; and all that change themselves.
 */
#include "asof_internal.h"

/* A walk along a key's rows of one side. */
struct walk {
	struct pw_asof *a;
	const struct pw_timed_key *key;
	int side; /* whose rows are answered */
	struct pw_timed_near
		near[2]; /* to them: the other side's rows before and after the commit */
	size_t change;   /* of the side's: the first that has not been looked at */
	bool began;      /* rows up to `done` have been looked at */
	pw_place done;
};

static const struct pw_timed_side *side_of(const struct walk *w, int side)
{
	return &w->a->timed.sides[side];
}

/* ---- the answer ---- */

static bool match(const struct pw_asof_rule *r, const struct pw_timed_near *n, pw_place at,
		  struct pw_slice *row)
{
	const bool equal = n->has_low && n->low_place == at;
	bool low = n->has_low, high = n->has_high && !equal;

	if (r->way == PW_ASOF_BACKWARD)
		high = false;
	if (r->way == PW_ASOF_FORWARD)
		low = equal;
	if (low && high) {
		low = pw_asof_earlier(r, n->low_place, at, n->high_place);
		high = !low;
	}
	if (low && pw_asof_within(r, n->low_place, at)) {
		*row = n->low;
		return true;
	}
	if (high && pw_asof_within(r, at, n->high_place)) {
		*row = n->high;
		return true;
	}
	return false;
}

static struct pw_asof_answer answer(struct walk *w, bool after, struct pw_slice row, pw_diff copies)
{
	struct pw_asof_answer x = {.copies = copies};

	if (copies <= 0 || w->key->lonely || !pw_timed_has(row))
		return x;
	const pw_place at = pw_timed_place(side_of(w, w->side), row);

	pw_timed_near_find(&w->near[after], at);
	x.matched = match(&w->a->rule, &w->near[after], at, &x.match);
	return x;
}

static bool same_match(const struct pw_asof_answer *x, const struct pw_asof_answer *y)
{
	return x->matched == y->matched && (!x->matched || pw_slice_equal(x->match, y->match));
}

/* ---- what goes out ---- */

static void show(struct walk *w, struct pw_slice row, const struct pw_asof_answer *x, pw_diff diff)
{
	const struct pw_slice *match = x->matched ? &x->match : NULL;

	if (diff == 0 || (!x->matched && !w->a->alone))
		return;
	if (w->side == PW_LEFT)
		pw_timed_show(&w->a->timed, w->key, &row, match, diff);
	else
		pw_timed_show(&w->a->timed, w->key, match, &row, diff);
}

/* One answer takes the place of another. */
static void replace(struct walk *w, struct pw_slice row, const struct pw_asof_answer *old,
		    const struct pw_asof_answer *new)
{
	if (same_match(old, new)) {
		show(w, row, old, new->copies - old->copies);
	} else {
		show(w, row, old, -old->copies);
		show(w, row, new, new->copies);
	}
}

/* ---- kept answers ---- */

static pw_diff at_most(pw_diff copies, pw_diff limit)
{
	return copies < limit ? copies : limit;
}

/* At an odd time the true answer changes, and what is shown does not. */
static void keep(struct walk *w, struct pw_slice row, const struct pw_asof_answer *shown,
		 const struct pw_asof_answer *new)
{
	struct pw_asof_shown *s = &w->a->shown[w->side];

	if (new->copies <= 0 || (shown->copies == new->copies &&same_match(shown, new)))
		pw_asof_shown_drop(s, w->key, row);
	else
		pw_asof_shown_set(s, w->key, row, shown);
}

/* Copies are taken away and the true answer stays: as many go of those that are shown. */
static void take_away(struct walk *w, struct pw_slice row, const struct pw_asof_answer *shown,
		      const struct pw_asof_answer *new, pw_diff copies)
{
	struct pw_asof_answer rest = *shown;

	rest.copies -= at_most(copies, shown->copies);
	show(w, row, shown, rest.copies - shown->copies);
	keep(w, row, &rest, new);
}

static void correct_kept(struct walk *w, struct pw_slice row, const struct pw_asof_answer *old,
			 const struct pw_asof_answer *new)
{
	struct pw_asof_answer shown = *old;

	if (old->copies == new->copies && same_match(old, new))
		return;
	pw_asof_shown_get(&w->a->shown[w->side], w->key, row, &shown);
	if (w->a->op.commit.time % 2 == 1) {
		if (new->copies < old->copies) /* they stay shown for good */
			shown.copies -= at_most(old->copies - new->copies, shown.copies);
		keep(w, row, &shown, new);
	} else if (new->copies < old->copies && (new->copies == 0 || same_match(old, new))) {
		take_away(w, row, &shown, new, old->copies - new->copies);
	} else {
		replace(w, row, &shown, new);
		pw_asof_shown_drop(&w->a->shown[w->side], w->key, row);
	}
}

/* ---- the rows to be looked at ---- */

static void look(struct walk *w, const struct pw_timed_cursor *c)
{
	const struct pw_asof_answer old = answer(w, false, c->row, c->before);
	const struct pw_asof_answer new = answer(w, true, c->row, c->after);

	if (w->a->kept)
		correct_kept(w, c->row, &old, &new);
	else
		replace(w, c->row, &old, &new);
}

/* The side's own changes up to a place (of all, where there is none). */
static void look_at_changes(struct walk *w, const pw_place *before)
{
	const struct pw_ordered_run *run = w->key->changed[w->side];
	const struct pw_ordered *o = &side_of(w, w->side)->rows;
	struct pw_timed_cursor c = {.at = false};

	for (; run != NULL && w->change < run->count; w->change++) {
		const struct pw_slice row = pw_ordered_row(&o->changes[run->from + w->change]);

		if (before != NULL &&
		    (!pw_timed_has(row) || pw_timed_place(side_of(w, w->side), row) >= *before))
			return;
		if (c.at)
			pw_timed_forward(&c);
		if (!c.at || !pw_slice_equal(c.row, row))
			pw_timed_seek(&c, &w->a->timed, w->key, w->side, row);
		look(w, &c);
	}
}

static void pass_changes(struct walk *w, pw_place last)
{
	const struct pw_ordered_run *run = w->key->changed[w->side];
	const struct pw_ordered *o = &side_of(w, w->side)->rows;

	for (; run != NULL && w->change < run->count; w->change++) {
		const struct pw_slice row = pw_ordered_row(&o->changes[run->from + w->change]);

		if (!pw_timed_has(row) || pw_timed_place(side_of(w, w->side), row) > last)
			return;
	}
}

/* All rows of places [first, last] that have not been looked at. */
static void look_at_range(struct walk *w, pw_place first, pw_place last)
{
	const struct pw_timed_side *s = side_of(w, w->side);
	struct pw_timed_cursor c;

	if (w->began && first <= w->done)
		first = w->done == PW_PLACE_LAST ? PW_PLACE_LAST : w->done + 1;
	if (last < first || (w->began && w->done == PW_PLACE_LAST))
		return;
	look_at_changes(w, &first);
	const struct pw_timed_start start = pw_timed_from(s, first);

	pw_timed_seek(&c, &w->a->timed, w->key, w->side, pw_timed_slice(&start));
	for (; c.at && pw_timed_has(c.row) && pw_timed_place(s, c.row) <= last;
	     pw_timed_forward(&c))
		look(w, &c);
	pass_changes(w, last);
	w->began = true;
	w->done = last;
}

/* ---- the ranges ---- */

/* A place that is, whatever is rounded, as far from `at` as the tolerance goes. */
static pw_place reach(const struct pw_asof_rule *r, pw_place at, bool up)
{
	pw_place place;

	if (r->real) {
		const double x = pw_axis_real(at), wide = r->real_limit + r->real_limit * 1e-12 +
							  (x < 0 ? -x : x) * 1e-12;
		return pw_axis_place(up ? x + wide : x - wide);
	}
	if (r->limit > INT64_MAX)
		return up ? PW_PLACE_LAST : PW_PLACE_FIRST;
	if (up)
		return __builtin_add_overflow(at, (int64_t)r->limit, &place) ? PW_PLACE_LAST
									     : place;
	return __builtin_sub_overflow(at, (int64_t)r->limit, &place) ? PW_PLACE_FIRST : place;
}

/* The rows that a change of the other side at `at` may concern: its neighbours are rows at low and high. */
static void look_around(struct walk *w, const pw_place *low, pw_place at, const pw_place *high)
{
	const struct pw_asof_rule *r = &w->a->rule;
	pw_place first = at, last = at;

	if (r->way != PW_ASOF_BACKWARD) {
		first = low != NULL ? *low + 1 : PW_PLACE_FIRST;
		if (r->has_limit && reach(r, at, false) > first)
			first = reach(r, at, false);
	}
	if (r->way != PW_ASOF_FORWARD) {
		last = high != NULL ? *high - 1 : PW_PLACE_LAST;
		if (r->has_limit && reach(r, at, true) < last)
			last = reach(r, at, true);
	}
	look_at_range(w, first, last);
}

/* A cursor that walks from one time of the other side to the next, before or after the commit. */
struct times {
	struct pw_timed_cursor c;
	bool has_low, has_high;
	pw_place low, high;
};

static void seek_time(const struct walk *w, struct times *t, pw_place at)
{
	const struct pw_timed_start start = pw_timed_from(side_of(w, !w->side), at);
	struct pw_timed_cursor back;

	pw_timed_seek(&t->c, &w->a->timed, w->key, !w->side, pw_timed_slice(&start));
	back = t->c;
	t->has_low = pw_timed_back(&back);
	if (t->has_low)
		t->low = pw_timed_place(side_of(w, !w->side), back.row);
}

/* From the rows at a time to the next rows. */
static void pass_time(const struct walk *w, struct times *t, pw_place at)
{
	enum { STEPS = 4 };
	const struct pw_timed_side *s = side_of(w, !w->side);

	for (int i = 0; t->c.at && pw_timed_has(t->c.row) && pw_timed_place(s, t->c.row) == at;
	     i++) {
		if (i < STEPS) {
			pw_timed_forward(&t->c);
			continue;
		}
		const struct pw_timed_start start = pw_timed_after(s, at);
		pw_timed_seek(&t->c, &w->a->timed, w->key, !w->side, pw_timed_slice(&start));
	}
	t->has_high = t->c.at && pw_timed_has(t->c.row);
	if (t->has_high)
		t->high = pw_timed_place(s, t->c.row);
}

static void look_at_others(struct walk *w)
{
	const struct pw_timed_side *s = side_of(w, !w->side);
	const struct pw_ordered_run *run = w->key->changed[!w->side];
	struct times t = {.has_high = false};
	pw_place last = 0;

	for (size_t i = 0; run != NULL && i < run->count; i++) {
		const struct pw_slice row = pw_ordered_row(&s->rows.changes[run->from + i]);

		if (!pw_timed_has(row))
			return;
		const pw_place at = pw_timed_place(s, row);

		if (i > 0 && at == last)
			continue;
		if (t.has_high && t.high == at) {
			t.has_low = true;
			t.low = last;
		} else {
			seek_time(w, &t, at);
		}
		pass_time(w, &t, at);
		look_around(w, t.has_low ? &t.low : NULL, at, t.has_high ? &t.high : NULL);
		last = at;
	}
}

static void correct_key(struct pw_asof *a, const struct pw_timed_key *key, int side)
{
	struct walk w = {.a = a, .key = key, .side = side};

	for (int after = 0; after < 2; after++)
		pw_timed_near_init(&w.near[after], &a->timed, key, !side, after);
	if (!key->lonely && (key->slots[side] != PW_SLOT_NONE))
		look_at_others(&w);
	look_at_changes(&w, NULL);
}

void pw_asof_correct(struct pw_asof *a)
{
	struct pw_timed_key key;

	pw_timed_sum(&a->timed);
	while (pw_timed_next(&a->timed, &key))
		for (int side = PW_LEFT; side <= PW_RIGHT; side++)
			if (a->answered[side])
				correct_key(a, &key, side);
	pw_timed_apply(&a->timed);
}
