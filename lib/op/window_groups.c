#include "window_internal.h"

#include "../tool/evaluate.h"
#include "grouped_internal.h"

#include <endian.h>
#include <stdlib.h>

#define SIGN (UINT64_C(1) << 63)

enum {
	BOUND = 9,          /* bytes of a bound at the end of a group's key (rowkey.h) */
	SUFFIX = 2 * BOUND, /* both */
	MANY = 16384,       /* groups dropped, after which memory is given back */
	HOPS = 4,           /* windows of a row, from which on they share panes */
	SPARE_PAIRS = 4     /* places in the table of pairs, per row */
};

/* A window of a pane of the rows in hand that is not closed. */
struct target {
	char suffix[SUFFIX]; /* of its groups' keys */
	uint32_t window;     /* its number in open; PW_SLOT_NONE: it waits for nothing */
};

/* A pane of the rows in hand. */
struct extent {
	uint32_t closed; /* so many of its windows are closed, the first ones */
	uint32_t first;  /* its first target */
	uint32_t count;  /* of its targets */
};

/*
 * A group is a key and a window: grouped shows its changes, and whether it is shown
 * is a matter of the clock. A static input is one commit: no window has to wait for
 * another one, and no group is looked up to be shown or closed.
 */
struct groups {
	struct pw_grouped g;
	struct pw_window w;
	struct pw_window_open open;
	bool shares;     /* rows go into groups of panes, of which groups of windows are made */
	bool waits;      /* windows are kept in open */
	bool one_shot;   /* the input is static, and there is no other */
	bool registered; /* open has the groups that are there */

	/* the commit in hand: bounds up to these places are shown, before it and after it */
	pw_place shown_before, shown_to;
	pw_place asked; /* the clock that shown_before was found for */
	bool closing;   /* windows are being closed: they are shown no more */
	struct pw_window_slots due;
	uint32_t dropped; /* groups since memory was given back */

	/* the rows in hand */
	bool some_lost; /* rows whose arguments have an error: bits in g.lost */
	struct extent *extents;
	struct target *targets;
	size_t extent_capacity, target_capacity;
	uint32_t target_count, most; /* most: targets of a pane */
	uint32_t *pairs; /* by pane and class: where its slots begin in found; or PW_SLOT_NONE */
	size_t pair_capacity;
	uint32_t *found, found_count; /* slots of the groups of pairs */
	size_t found_capacity;
	uint32_t *at; /* by row: where its slots begin, or PW_SLOT_NONE */
	size_t at_capacity;
	struct pw_bytes key;
	struct pw_rowkeys wide; /* keys of rows and windows */
	uint32_t *rows;         /* the rows that keys of wide are of */
	size_t row_capacity;
	uint32_t *some; /* slots of these */
	size_t some_capacity;

	struct pw_checkpointer_table tables[2];
};

/* ---- which groups are shown ---- */

static pw_place bound_of(struct pw_slice key, int which)
{
	uint64_t word;

	memcpy(&word, key.data + key.length - (size_t)(2 - which) * BOUND + 1, sizeof word);
	return (pw_place)(be64toh(word) ^ SIGN);
}

static void add_bound(char *suffix, pw_place place)
{
	const uint64_t word = htobe64((uint64_t)place ^ SIGN);

	suffix[0] = 1;
	memcpy(suffix + 1, &word, sizeof word);
}

static bool was_shown(const struct pw_grouped *g, uint32_t slot)
{
	const struct groups *o = (const struct groups *)g;

	return !o->w.delays ||
	       bound_of(pw_arrangement_key(&g->groups, slot), o->w.once) <= o->shown_before;
}

static bool is_shown(const struct pw_grouped *g, uint32_t slot)
{
	const struct groups *o = (const struct groups *)g;
	const struct pw_slice key = pw_arrangement_key(&g->groups, slot);

	if (o->closing && bound_of(key, 1) <= o->w.closed_to)
		return false;
	return !o->w.delays || bound_of(key, o->w.once) <= o->shown_to;
}

/* Has the group of a static input been held until the end? */
static bool was_held(const struct pw_grouped *g, uint32_t slot)
{
	return !is_shown(g, slot);
}

static void gone(struct pw_grouped *g, uint32_t slot)
{
	struct groups *o = (struct groups *)g;

	if (o->waits && o->registered && pw_window_open_has(&o->open, slot))
		pw_window_open_remove(&o->open, slot);
}

static const struct pw_grouped_whose ours = {was_shown, is_shown, gone};

static pw_place reached(struct groups *o, pw_place clock)
{
	struct pw_window *w = &o->w;

	if (!w->delays)
		return PW_PLACE_LAST;
	return pw_event_clock_reached(&w->axis, w->once ? &w->cutoff : &w->delay, clock);
}

/* What the clock before the commit in hand says. */
static void ask_clock(struct groups *o)
{
	if (o->asked != o->w.clock.before) {
		o->asked = o->w.clock.before;
		o->shown_before = reached(o, o->asked);
	}
}

/* ---- start ---- */

static void bind_tables(struct groups *o);

/* No window waits yet. */
static void bind_open(struct groups *o)
{
	o->open = (struct pw_window_open){
		.shows = o->w.delays, .closes = o->w.closes, .shown_by_end = o->w.once};
	pw_window_open_init(&o->open);
	o->registered = false;
}

static void bind_windows(struct groups *o, const struct pw_window_wish *wish)
{
	struct pw_op *op = &o->g.op;

	pw_window_bind(&o->w, op, wish);
	o->one_shot = op->in->is_static && op->input_count == 1;
	o->waits = (o->w.delays || o->w.closes) && !o->one_shot;
	bind_open(o);
	o->asked = PW_PLACE_FIRST;
	o->shown_before = o->w.delays ? PW_PLACE_FIRST : PW_PLACE_LAST;
}

static void bind_bounds(struct groups *o)
{
	const struct pw_type type = pw_axis_bound(&o->w.axis);

	pw_grouped_bind_key(&o->g, PW_SLICE("window_start"), type);
	pw_grouped_bind_key(&o->g, PW_SLICE("window_end"), type);
}

static void set_flags(struct groups *o)
{
	struct pw_schema *s = &o->g.op.schema;

	s->is_static = o->one_shot && !o->w.delays;
	s->append_only = o->one_shot || (o->w.once && !o->w.drops);
}

static void describe(struct groups *o)
{
	struct pw_grouped *g = &o->g;
	const bool keyed = g->in_count > 0;

	pw_bytes_print(&g->state_text, ", for each %swindow%s%s", keyed ? "key and " : "",
		       o->w.closes ? " that is not closed" : "", o->w.clocked ? "; the clock" : "");
	g->op.state_text = pw_bytes_string(&g->state_text);
}

/*
 * Panes pay where a row is in several windows, which are all looked at once, and where
 * a merge costs as much as taking a row.
 */
static bool can_share(const struct groups *o)
{
	const struct pw_windows *w = &o->w.windows;

	return o->one_shot && !w->tumbling && w->hop.unit == PW_PERIOD_FIXED &&
	       w->length.unit == PW_PERIOD_FIXED &&
	       w->length.fixed.real >= HOPS * w->hop.fixed.real &&
	       pw_aggregates_merge_is_cheap(&o->g.calls.aggregates);
}

static void bind_groups(struct pw_op *op, const void *wish)
{
	struct groups *o = (struct groups *)op;
	const struct pw_window_wish *w = wish;

	bind_windows(o, w);
	o->g.whose = &ours;
	pw_grouped_bind(&o->g, w->keys, false);
	bind_bounds(o);
	pw_grouped_bind_calls(&o->g, w->exprs, w->count);
	o->shares = can_share(o);
	set_flags(o);
	describe(o);
	bind_tables(o);
}

/* Rows that are held: a group is all rows that are equal, and shown as often as they are there. */
static void bind_held(struct pw_op *op, const void *wish)
{
	struct groups *o = (struct groups *)op;

	bind_windows(o, wish);
	o->g.whose = &ours;
	o->g.copies = true;
	pw_grouped_bind(&o->g, NULL, true);
	bind_bounds(o);
	pw_grouped_bind_calls(&o->g, NULL, 0);
	for (size_t i = 0; i < op->schema.count; i++)
		op->schema.fields[i].key = false;
	set_flags(o);
	describe(o);
	bind_tables(o);
}

static void release(struct pw_op *op)
{
	struct groups *o = (struct groups *)op;

	pw_window_open_release(&o->open);
	pw_window_release(&o->w);
	free(o->due.list);
	free(o->extents);
	free(o->targets);
	free(o->pairs);
	free(o->found);
	free(o->at);
	free(o->rows);
	free(o->some);
	pw_bytes_release(&o->key);
	pw_rowkeys_release(&o->wide);
	pw_grouped_release(op);
}

static size_t bytes(const struct pw_op *op)
{
	const struct groups *o = (const struct groups *)op;

	return pw_grouped_bytes(op) + pw_window_open_bytes(&o->open);
}

/* ---- windows that wait ---- */

/* Does a window that is not closed have to be known in open? */
static bool must_wait(const struct groups *o, pw_place start, pw_place end)
{
	return o->waits && (o->w.closes || (o->w.once ? end : start) > o->shown_before);
}

static void know(struct groups *o, uint32_t window, uint32_t slot)
{
	if (window == PW_SLOT_NONE)
		return;
	pw_window_open_reserve(&o->open, o->g.groups.slots);
	if (!pw_window_open_has(&o->open, slot))
		pw_window_open_add(&o->open, window, slot);
}

/* Groups that were loaded. */
static void know_all(struct groups *o)
{
	struct pw_grouped *g = &o->g;

	if (!o->waits || o->registered)
		return;
	o->registered = true;
	ask_clock(o);
	for (uint32_t slot = 0; slot < g->groups.slots; slot++) {
		if (!pw_arrangement_live(&g->groups, slot))
			continue;
		const struct pw_slice key = pw_arrangement_key(&g->groups, slot);
		const pw_place start = bound_of(key, 0), end = bound_of(key, 1);

		if (must_wait(o, start, end))
			know(o, pw_window_open_find(&o->open, start, end), slot);
	}
}

/* ---- the windows of the rows in hand ---- */

static void add_targets(struct groups *o, const struct pw_pane *pane, struct extent *e)
{
	o->targets = pw_mem_grow(o->targets, &o->target_capacity, o->target_count + e->count,
				 sizeof *o->targets);
	for (uint32_t k = e->closed; k < pane->count; k++) {
		struct target *t = &o->targets[o->target_count++];
		pw_place start, end;

		pw_window_bounds(&o->w, pane, k, &start, &end);
		add_bound(t->suffix, start);
		add_bound(t->suffix + BOUND, end);
		t->window = must_wait(o, start, end) ? pw_window_open_find(&o->open, start, end)
						     : PW_SLOT_NONE;
	}
}

/* The pane itself, as if it were a window. */
static void add_pane(struct groups *o, const struct pw_pane *pane)
{
	struct target *t;

	o->targets = pw_mem_grow(o->targets, &o->target_capacity, (size_t)o->target_count + 1,
				 sizeof *o->targets);
	t = &o->targets[o->target_count++];
	add_bound(t->suffix, pane->from);
	add_bound(t->suffix + BOUND, pane->to);
	t->window = PW_SLOT_NONE;
}

static void find_targets(struct groups *o)
{
	const struct pw_panes *p = &o->w.panes;

	o->extents = pw_mem_grow(o->extents, &o->extent_capacity, p->count, sizeof *o->extents);
	o->target_count = o->most = 0;
	for (uint32_t i = 0; i < p->count; i++) {
		struct extent *e = &o->extents[i];

		e->closed = pw_window_closed(&o->w, &p->list[i]);
		e->count = p->list[i].count - e->closed;
		e->first = o->target_count;
		if (o->shares && e->count > 0) {
			e->count = 1;
			add_pane(o, &p->list[i]);
		} else {
			add_targets(o, &p->list[i], e);
		}
		o->most = e->count > o->most ? e->count : o->most;
	}
}

/* Rows of closed windows, once per window; at odd times they are not late, and change nothing. */
static void note_late(struct groups *o, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_window *w = &o->w;
	struct pw_window_spread *late = &w->late.spread;
	bool any = false;

	for (uint32_t i = 0; i < w->panes.count; i++)
		any |= o->extents[i].closed > 0;
	if (!any || pw_time_is_odd(o->g.op.commit.time))
		return;
	late->batch = batch;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t pane = w->panes.of[i];

		for (uint32_t k = 0; pane != PW_PANES_NONE && k < o->extents[pane].closed; k++) {
			pw_place start, end;

			pw_window_bounds(w, &w->panes.list[pane], k, &start, &end);
			pw_window_spread_add(late, from + i, o->g.op.commit.time, start, end);
		}
	}
	pw_window_spread_send(late);
}

/* ---- groups of rows with few different keys ---- */

/* A key column whose rows are of few classes: rows of one class have equal keys. */
struct classes {
	const struct pw_column *column; /* NULL: there is no key */
	uint32_t count;
};

static inline uint32_t class_of(const struct classes *c, uint32_t row)
{
	if (c->count == 1)
		return 0;
	return pw_column_null(c->column, row) ? c->count - 1 : c->column->codes[row];
}

/* False: the keys have to be looked at row by row. */
static bool find_classes(const struct groups *o, const struct pw_batch *batch, uint32_t count,
			 struct classes *c)
{
	const struct pw_grouped *g = &o->g;
	const size_t panes = o->w.panes.count;

	*c = (struct classes){.count = 1};
	if (g->in_count == 0)
		return true;
	c->column = &batch->columns[g->keys[0]];
	if (g->in_count > 1 || c->column->encoding == PW_PLAIN)
		return false;
	if (c->column->encoding == PW_DICTIONARY)
		c->count = c->column->inner->rows + 1;
	return panes * c->count <= (size_t)SPARE_PAIRS * count + SPARE_PAIRS;
}

/* Finds the groups of row i of the batch, which is in the pane: where they begin in found. */
static uint32_t find_pair(struct groups *o, const struct pw_batch *batch, uint32_t row,
			  uint32_t pane)
{
	struct pw_grouped *g = &o->g;
	const struct extent *e = &o->extents[pane];
	const uint32_t begin = o->found_count;

	pw_bytes_clear(&o->key);
	for (size_t i = 0; i < g->in_count; i++)
		pw_rowkey_add(&o->key, &batch->columns[g->keys[i]], row, false);
	const size_t length = o->key.length;

	o->found = pw_mem_grow(o->found, &o->found_capacity, (size_t)begin + e->count,
			       sizeof *o->found);
	for (uint32_t k = 0; k < e->count; k++) {
		const struct target *t = &o->targets[e->first + k];

		o->key.length = length;
		pw_bytes_add(&o->key, t->suffix, SUFFIX);
		const uint32_t slot = pw_arrangement_put(
			&g->groups, (struct pw_slice){o->key.data, o->key.length}, NULL);

		know(o, t->window, slot);
		o->found[o->found_count++] = slot;
	}
	return begin;
}

static void find_pairs(struct groups *o, const struct pw_batch *batch, uint32_t from,
		       uint32_t count, const struct classes *c)
{
	const struct pw_panes *p = &o->w.panes;
	const size_t places = (size_t)p->count * c->count;

	o->at = pw_mem_grow(o->at, &o->at_capacity, count, sizeof *o->at);
	o->pairs = pw_mem_grow(o->pairs, &o->pair_capacity, places, sizeof *o->pairs);
	if (places > 0)
		memset(o->pairs, 0xff, places * sizeof *o->pairs);
	o->found_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		o->at[i] = PW_SLOT_NONE;
		if (p->of[i] == PW_PANES_NONE)
			continue;
		uint32_t *pair = &o->pairs[(size_t)p->of[i] * c->count + class_of(c, from + i)];

		if (*pair == PW_SLOT_NONE)
			*pair = find_pair(o, batch, from + i, p->of[i]);
		o->at[i] = *pair;
	}
}

static void aggregate(struct groups *o, const struct pw_batch *batch, uint32_t from, uint32_t count,
		      const uint32_t *slots)
{
	struct pw_grouped *g = &o->g;

	pw_op_must(&g->op, pw_aggregates_take(&g->calls.aggregates, &g->groups, from, count, slots,
					      batch->diffs ? batch->diffs + from : NULL,
					      g->op.commit.time));
}

/* Rows of the commit in hand, each into target k of its pane, if it has so many. */
static void take_target(struct groups *o, const struct pw_batch *batch, uint32_t from,
			uint32_t count, uint32_t k)
{
	const struct pw_panes *p = &o->w.panes;
	uint32_t *slots = o->g.slots;

	for (uint32_t i = 0, end; i < count; i = end + 1) {
		for (end = i;
		     end < count && o->at[end] != PW_SLOT_NONE && k < o->extents[p->of[end]].count;
		     end++)
			slots[end] = o->found[o->at[end] + k];
		if (end > i)
			aggregate(o, batch, from + i, end - i, slots + i);
	}
}

static void take_classes(struct groups *o, const struct pw_batch *batch, uint32_t from,
			 uint32_t count, const struct classes *c)
{
	find_pairs(o, batch, from, count, c);
	if (!o->one_shot)
		pw_grouped_touch(&o->g, o->found, o->found_count);
	for (uint32_t k = 0; k < o->most; k++)
		take_target(o, batch, from, count, k);
}

/* ---- groups of rows with many different keys ---- */

/* The keys of rows with target k; o->rows has their numbers. */
static void make_keys(struct groups *o, uint32_t from, uint32_t count, uint32_t k)
{
	const struct pw_panes *p = &o->w.panes;
	const struct pw_rowkeys *keys = &o->g.row_keys;
	struct pw_rowkeys *wide = &o->wide;
	const size_t bytes = keys->offsets[from + count] - keys->offsets[from];

	pw_bytes_clear(&wide->bytes);
	char *out = pw_bytes_room(&wide->bytes, bytes + (size_t)count * SUFFIX);
	const char *begin = out;

	wide->offsets = pw_mem_grow(wide->offsets, &wide->capacity, (size_t)count + 1,
				    sizeof *wide->offsets);
	wide->rows = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (p->of[i] == PW_PANES_NONE || k >= o->extents[p->of[i]].count)
			continue;
		const struct pw_slice key = pw_rowkeys_at(keys, from + i);

		o->rows[wide->rows] = i;
		wide->offsets[wide->rows++] = (uint32_t)(out - begin);
		memcpy(out, key.data, key.length);
		memcpy(out + key.length, o->targets[o->extents[p->of[i]].first + k].suffix, SUFFIX);
		out += key.length + SUFFIX;
	}
	wide->offsets[wide->rows] = (uint32_t)(out - begin);
	wide->bytes.length = (size_t)(out - begin);
}

static void know_rows(struct groups *o, uint32_t k)
{
	const struct pw_panes *p = &o->w.panes;

	for (uint32_t i = 0; i < o->wide.rows; i++) {
		const struct extent *e = &o->extents[p->of[o->rows[i]]];

		know(o, o->targets[e->first + k].window, o->some[i]);
	}
}

static void take_keys(struct groups *o, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	o->rows = pw_mem_grow(o->rows, &o->row_capacity, count, sizeof *o->rows);
	o->some = pw_mem_grow(o->some, &o->some_capacity, count, sizeof *o->some);
	for (uint32_t k = 0; k < o->most; k++) {
		make_keys(o, from, count, k);
		const uint32_t n = o->wide.rows;

		pw_arrangement_put_all(&o->g.groups, &o->wide, o->some);
		if (o->waits)
			know_rows(o, k);
		if (!o->one_shot)
			pw_grouped_touch(&o->g, o->some, n);
		for (uint32_t i = 0, end; i < n; i = end) { /* rows that follow each other */
			for (end = i + 1; end < n && o->rows[end] == o->rows[end - 1] + 1;)
				end++;
			aggregate(o, batch, from + o->rows[i], end - i, o->some + i);
		}
	}
}

/* ---- panes ---- */

/*
 * Adds a pane's group to those of its windows, which are made where they are not there.
 * No window has the bounds of a pane, which is shorter than any.
 */
static void merge_pane(struct groups *o, uint32_t slot)
{
	struct pw_grouped *g = &o->g;
	const struct pw_slice key = pw_arrangement_key(&g->groups, slot);
	struct pw_pane pane;

	if (!pw_windows_pane(&o->w.windows, bound_of(key, 0), &pane))
		pw_bug("a pane has no windows");
	pw_bytes_clear(&o->key);
	pw_bytes_add(&o->key, key.data, key.length);
	for (uint32_t k = 0; k < pane.count; k++) {
		char *suffix = o->key.data + o->key.length - SUFFIX;
		pw_place start, end;

		pw_window_bounds(&o->w, &pane, k, &start, &end);
		add_bound(suffix, start);
		add_bound(suffix + BOUND, end);
		const uint32_t into = pw_arrangement_put(
			&g->groups, (struct pw_slice){o->key.data, o->key.length}, NULL);

		pw_op_must(&g->op,
			   pw_aggregates_merge(&g->calls.aggregates, &g->groups, into, slot));
	}
}

/* The one commit is complete: groups of panes become groups of windows. */
static void merge_panes(struct groups *o)
{
	struct pw_grouped *g = &o->g;
	const uint32_t count = g->groups.slots;

	for (uint32_t slot = 0; slot < count; slot++) {
		if (!pw_arrangement_live(&g->groups, slot))
			continue;
		merge_pane(o, slot);
		pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
		pw_arrangement_drop(&g->groups, slot);
	}
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct groups *o = (struct groups *)op;
	struct pw_grouped *g = &o->g;

	pw_window_batch(&o->w, input, *batch);
	if (input == 1)
		return;
	o->some_lost = g->calls.inputs.output_count > 0 &&
		       pw_op_must(op, pw_evaluate(&g->calls.inputs, op->host->reject, *batch,
						  &g->lost)) > 0;
	if (g->in_count > 0)
		pw_rowkeys_encode(&g->row_keys, *batch, g->keys, g->in_count, NULL);
	g->slots = pw_mem_grow(g->slots, &g->slot_capacity, (*batch)->rows, sizeof *g->slots);
	pw_aggregates_batch(&g->calls.aggregates, pw_calls_arguments(&g->calls, *batch));
}

static void take_sound(struct groups *o, const struct pw_batch *batch, uint32_t from,
		       uint32_t count)
{
	struct classes c;

	pw_window_take(&o->w, batch, from, count, o->g.op.commit.time);
	find_targets(o);
	if (o->w.closes)
		note_late(o, batch, from, count);
	if (find_classes(o, batch, count, &c))
		take_classes(o, batch, from, count, &c);
	else
		take_keys(o, batch, from, count);
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct groups *o = (struct groups *)op;
	const uint32_t to = from + count;

	if (input == 1) {
		pw_event_clock_hear(&o->w.clock, batch, from, count);
		return;
	}
	know_all(o);
	ask_clock(o);
	if (!o->some_lost) {
		take_sound(o, batch, from, count);
		return;
	}
	for (uint32_t i = from, end; i < to; i = end + 1) {
		for (end = i; end < to && !pw_bit((const uint8_t *)o->g.lost.data, end);)
			end++;
		if (end > i)
			take_sound(o, batch, i, end - i);
	}
}

/* Groups of windows that are shown from now on. */
static void show_due(struct groups *o)
{
	o->due.count = 0;
	while (pw_window_open_show(&o->open, o->shown_to, &o->due))
		;
	pw_grouped_touch(&o->g, o->due.list, o->due.count);
}

/* Groups of windows that are closed in this commit: listed in due, and shown once more if they are taken away. */
static void close_due(struct groups *o)
{
	o->due.count = 0;
	pw_window_judge(&o->w);
	while (pw_window_open_close(&o->open, o->w.closed_to, &o->due))
		;
	if (o->w.drops)
		pw_grouped_touch(&o->g, o->due.list, o->due.count);
}

static void drop_due(struct groups *o)
{
	struct pw_grouped *g = &o->g;

	for (uint32_t i = 0; i < o->due.count; i++) {
		const uint32_t slot = o->due.list[i];

		pw_dirty_mark(&g->dirty, slot);
		pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
		pw_dirty_drop(&g->dirty, slot);
	}
	o->dropped += o->due.count;
	o->due.count = 0;
	if (o->dropped < MANY || o->dropped < g->groups.slots / 2)
		return;
	pw_arrangement_trim(&g->groups);
	o->dropped = 0;
}

static void commit_changes(struct groups *o)
{
	const bool real = !o->w.clocked || pw_event_clock_close(&o->w.clock);
	const pw_time time = o->g.op.commit.time;

	o->shown_to = reached(o, o->w.clock.now);
	if (o->w.delays && o->waits)
		show_due(o);
	o->due.count = 0;
	o->closing = o->w.closes && real && !pw_time_is_odd(time) && time != PW_TIME_END;
	if (o->closing)
		close_due(o);
	o->closing &= o->w.drops;
	pw_grouped_show_changes(&o->g);
	drop_due(o);
	o->closing = false;
}

static void commit(struct pw_op *op)
{
	struct groups *o = (struct groups *)op;

	know_all(o);
	ask_clock(o);
	if (o->one_shot) {
		pw_event_clock_close(&o->w.clock);
		o->shown_to = reached(o, o->w.clock.now);
		if (o->shares)
			merge_panes(o);
		pw_grouped_show_all(&o->g, is_shown);
	} else {
		commit_changes(o);
	}
	pw_window_late_commit(&o->w.late);
	pw_event_clock_done(&o->w.clock);
}

/* Windows that are held are shown. */
static void end(struct pw_op *op)
{
	struct groups *o = (struct groups *)op;

	if (!o->w.delays)
		return;
	op->commit.time = PW_TIME_END;
	if (o->one_shot) {
		pw_grouped_show_all(&o->g, was_held);
		return;
	}
	know_all(o);
	ask_clock(o);
	o->shown_to = PW_PLACE_LAST;
	show_due(o);
	pw_grouped_show_changes(&o->g);
}

/* ---- checkpoints: the groups, and the clock ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	const struct groups *o = state;
	const enum pw_checkpointer_change groups = pw_dirty_changed(&o->g.dirty);

	if (groups == PW_CHECKPOINTER_SAME && pw_event_clock_changed(&o->w.clock))
		return PW_CHECKPOINTER_DELTA;
	return groups;
}

static uint64_t row_count(const void *state)
{
	return ((const struct groups *)state)->g.groups.live;
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct groups *o = state;

	if (pw_grouped_save(&o->g, full, checkpoint) < 0)
		return -1;
	return o->w.clocked ? pw_event_clock_save(&o->w.clock, full, checkpoint, 1) : 0;
}

static void saved(void *state)
{
	struct groups *o = state;

	pw_dirty_clear(&o->g.dirty);
	pw_event_clock_saved(&o->w.clock);
}

static void expect(void *state, bool full, uint64_t count)
{
	struct groups *o = state;

	pw_window_open_release(&o->open);
	bind_open(o);
	if (full)
		pw_arrangement_reserve(&o->g.groups, count);
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct groups *o = state;

	return table == 0 ? pw_grouped_load(&o->g, table, batch)
			  : pw_event_clock_load(&o->w.clock, batch);
}

static int loaded(void *state)
{
	return pw_grouped_loaded(&((struct groups *)state)->g);
}

static void bind_tables(struct groups *o)
{
	o->tables[0] = (struct pw_checkpointer_table){"groups", &o->g.record_schema};
	o->tables[1] = pw_event_clock_table(&o->w.clock);
	o->g.op.checkpoint = (struct pw_op_checkpoint){
		.how = {o->tables, o->w.clocked ? 2 : 1, changed, row_count, save, saved, expect,
			load, loaded},
		.state = o,
		.noting = {&o->g.dirty.on},
	};
}

const struct pw_op_kind pw_window_op = {
	.size = sizeof(struct groups),
	.bind = bind_groups,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.end = end,
	.flush = pw_grouped_flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};

const struct pw_op_kind pw_window_held_op = {
	.size = sizeof(struct groups),
	.bind = bind_held,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.end = end,
	.flush = pw_grouped_flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
