#include "timed_internal.h"

#include <math.h>
#include <stdlib.h>

static int must(struct pw_timed *t, int x)
{
	return pw_op_must(t->op, x);
}

/* ---- keys and time columns ---- */

static void open_axis(struct pw_timed *t, int side, const struct pw_name *name)
{
	struct pw_timed_side *s = &t->sides[side];
	struct pw_bytes text = {0};

	if (name->ticked)
		pw_names_add_ticked(&text, (struct pw_slice){name->text.data, name->text.length});
	else
		pw_bytes_add(&text, name->text.data, name->text.length);
	const int rc = pw_axis_open(&s->axis, s->schema, "-t", pw_bytes_string(&text));

	pw_bytes_release(&text);
	if (rc < 0)
		must(t, pw_fail_at("%s", t->op->host->names[side]));
}

/* "t" or "t,u" */
static int open_axes(struct pw_timed *t, const char *time)
{
	struct pw_name name = {0};
	const char *at = time;
	int side = PW_LEFT;

	for (;; at++, side++) {
		if (side > PW_RIGHT)
			return pw_fail(PW_USAGE, "-t: '%s' is not LEFT or LEFT,RIGHT", time);
		if (pw_names_take(&at, ",", &name) < 0 || pw_names_end(at, ",") < 0)
			return pw_fail_at("-t");
		open_axis(t, side, &name);
		if (*at == '\0')
			break;
	}
	if (side == PW_LEFT)
		open_axis(t, PW_RIGHT, &name);
	pw_names_release(&name);
	return 0;
}

static bool of_numbers(struct pw_type type)
{
	return type.base == PW_INT || type.base == PW_FLOAT;
}

/* Numbers are numbers; a datetime has no zone, and a datetime_utc has. */
static int match_axes(struct pw_timed *t)
{
	struct pw_axis *left = &t->sides[PW_LEFT].axis, *right = &t->sides[PW_RIGHT].axis;
	const char *l = t->sides[PW_LEFT].schema->fields[left->column].name;
	const char *r = t->sides[PW_RIGHT].schema->fields[right->column].name;
	struct pw_bytes type = {0};

	if (left->type.base == right->type.base)
		return 0;
	if (of_numbers(left->type) && of_numbers(right->type)) {
		left->real = right->real = true;
		return 0;
	}
	left->type.required = right->type.required = false;
	pw_bytes_text(&type, pw_type_name(left->type));
	pw_fail(PW_USAGE,
		"-t: '%s' is %s in the left input and '%s' is %s in the right one; event times "
		"that are compared must be of one type, or numbers",
		l, pw_bytes_string(&type), r, pw_type_name(right->type));
	pw_bytes_release(&type);
	return -1;
}

static int refuse_key_time(struct pw_timed *t, int side)
{
	const struct pw_timed_side *s = &t->sides[side];

	for (size_t k = 0; k < t->joined->key_count; k++)
		if (t->joined->keys[side][k] == s->axis.column)
			return pw_fail(PW_USAGE,
				       "-t: column '%s' is a key column (-k) too, so that rows "
				       "with equal keys have one time",
				       s->schema->fields[s->axis.column].name);
	return 0;
}

void pw_timed_bind(struct pw_timed *t, const char *keys, const char *time)
{
	struct pw_joined *j = t->joined;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		t->sides[side].schema = j->in[side];
		t->sides[side].unsound = -1;
		j->keys[side] = pw_mem_alloc(PW_COLUMNS_MAX, sizeof(int));
	}
	if (keys != NULL)
		j->key_count = (size_t)must(
			t, pw_joined_keys(j->in[0], j->in[1], keys, j->keys[0], j->keys[1]));
	must(t, open_axes(t, time));
	must(t, match_axes(t));
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		must(t, refuse_key_time(t, side));
}

/* ---- start ---- */

static bool is_key(const struct pw_timed *t, int side, size_t column)
{
	for (size_t k = 0; k < t->joined->key_count; k++)
		if (t->joined->keys[side][k] == (int)column)
			return true;
	return false;
}

static void add_name(struct pw_bytes *text, const struct pw_schema *schema, size_t column)
{
	if (text->length > 0)
		pw_bytes_text(text, ",");
	pw_names_add(text, pw_slice_of(schema->fields[column].name));
}

/* Row keys: the time, then all columns that are no keys, descending: so null is the last of them. */
static void open_rows(struct pw_timed *t, int side)
{
	struct pw_timed_side *s = &t->sides[side];
	struct pw_bytes keys = {0}, order = {0};

	for (size_t k = 0; k < t->joined->key_count; k++)
		add_name(&keys, s->schema, (size_t)t->joined->keys[side][k]);
	add_name(&order, s->schema, (size_t)s->axis.column);
	for (size_t c = 0; c < s->schema->count; c++)
		if (!is_key(t, side, c) && (int)c != s->axis.column) {
			add_name(&order, s->schema, c);
			pw_bytes_text(&order, ":desc");
		}
	if (pw_ordered_init(&s->rows, s->schema, keys.length > 0 ? pw_bytes_string(&keys) : NULL,
			    pw_bytes_string(&order)) < 0)
		pw_bug("rows in the order %s: %s", pw_bytes_string(&order), pw_fail_text());
	pw_bytes_release(&keys);
	pw_bytes_release(&order);
	pw_delta_init(&s->delta, s->schema);
}

static int wide_of(const struct pw_timed *t, int kind, int column)
{
	for (size_t w = 0; w < t->joined->wide.count; w++)
		if ((int)t->joined->sources[w].side == kind &&
		    t->joined->sources[w].column == column)
			return (int)w;
	return -1;
}

static void find_targets(struct pw_timed *t)
{
	const struct pw_joined *j = t->joined;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		struct pw_timed_side *s = &t->sides[side];
		const struct pw_roworder *order = &s->rows.order;

		s->targets = pw_mem_alloc(order->count + 1, sizeof *s->targets);
		for (size_t i = j->key_count; i < order->count; i++)
			s->targets[i] = wide_of(t, side, order->list[i]);
	}
	for (int kind = 0; kind < 3; kind++) {
		t->key_targets[kind] = pw_mem_alloc(j->key_count + 1, sizeof(int));
		for (size_t k = 0; k < j->key_count; k++)
			t->key_targets[kind][k] =
				wide_of(t, kind, kind == PW_JOINED_KEY ? (int)k : j->keys[kind][k]);
	}
}

void pw_timed_open(struct pw_timed *t)
{
	static const char *const names[] = {"left", "right"};

	pw_joined_open(t->joined, t->op);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		open_rows(t, side);
		t->tables[side] =
			(struct pw_checkpointer_table){names[side], t->sides[side].schema};
	}
	find_targets(t);
	pw_builder_init(&t->out, &t->joined->wide);
	t->op->checkpoint = (struct pw_op_checkpoint){
		.how = {t->tables, PW_TIMED_TABLES, pw_timed_changed, pw_timed_count, pw_timed_save,
			pw_timed_saved, pw_timed_expect, pw_timed_load, pw_timed_loaded},
		.state = t,
		.noting = {&t->sides[PW_LEFT].delta.on, &t->sides[PW_RIGHT].delta.on},
	};
}

void pw_timed_release(struct pw_timed *t)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		struct pw_timed_side *s = &t->sides[side];

		if (s->rows.order.schema != NULL)
			pw_ordered_release(&s->rows);
		pw_delta_release(&s->delta);
		free(s->targets);
		free(s->places);
	}
	for (int kind = 0; kind < 3; kind++)
		free(t->key_targets[kind]);
	if (t->out.schema != NULL)
		pw_builder_release(&t->out);
}

size_t pw_timed_bytes(const struct pw_timed *t)
{
	size_t bytes = 0;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		bytes += pw_ordered_bytes(&t->sides[side].rows) + t->sides[side].delta.bytes;
	return bytes;
}

/* ---- rows come ---- */

void pw_timed_batch(struct pw_timed *t, int side, const struct pw_batch *batch)
{
	struct pw_timed_side *s = &t->sides[side];

	if (s->schema->append_only && pw_roworder_only_adds(&s->rows.order, batch) < 0)
		must(t, pw_fail_at("%s", t->op->host->names[side]));
	pw_ordered_encode(&s->rows, batch, true);
	if (s->place_capacity < batch->rows)
		s->places =
			pw_mem_grow(s->places, &s->place_capacity, batch->rows, sizeof *s->places);
	s->unsound = pw_axis_places(&s->axis, &batch->columns[s->axis.column], 0, batch->rows,
				    s->places);
}

bool pw_timed_reject(struct pw_timed *t, int side, const struct pw_batch *batch, uint32_t row,
		     const char *reason)
{
	const struct pw_timed_side *s = &t->sides[side];
	struct pw_reject *r = t->op->host->reject;
	const char *name = s->schema->fields[s->axis.column].name;
	char *text = pw_mem_print("column '%s': %s", name, reason);

	if (r->policy == PW_REJECT_STOP) {
		pw_fail(PW_DATA, "%s", text);
		must(t, pw_fail_at("%s", t->op->host->names[side]));
	}
	if (r->policy != PW_REJECT_NULL)
		must(t, pw_reject_row(r, pw_slice_of(text), batch, row));
	free(text);
	return r->policy != PW_REJECT_NULL;
}

/* A row whose time is unsound is held without it. */
static void note_without_time(struct pw_timed *t, int side, uint32_t slot, struct pw_slice row,
			      pw_diff diff)
{
	struct pw_timed_side *s = &t->sides[side];
	struct pw_bytes key = {0};
	struct pw_builder b;

	pw_bytes_text(&key, "\2");
	pw_bytes_add(&key, row.data + 9, row.length - 9);
	const struct pw_slice changed = {key.data, key.length};

	if (s->skips) {
		must(t, pw_ordered_note(&s->rows, slot, changed, 0));
	} else {
		must(t, pw_ordered_note(&s->rows, slot, changed, diff));
		pw_builder_init(&b, s->schema);
		pw_ordered_decode(&s->rows, slot, changed, &b);
		pw_builder_row(&b, t->op->commit.time, diff);
		pw_delta_note(&s->delta, pw_builder_view(&b), 0, 1, pw_ordered_bytes(&s->rows));
		pw_builder_release(&b);
	}
	pw_bytes_release(&key);
}

/* Can the row match nothing? */
static bool is_idle(const struct pw_timed *t, int side, const struct pw_batch *batch, uint32_t row)
{
	const struct pw_timed_side *s = &t->sides[side];

	if (pw_column_null(&batch->columns[s->axis.column], row))
		return true;
	for (size_t k = 0; k < t->joined->key_count && !t->null_equal; k++)
		if (pw_column_null(&batch->columns[t->joined->keys[side][k]], row))
			return true;
	return false;
}

static bool may_skip(const struct pw_timed *t, int side, const struct pw_batch *batch)
{
	const struct pw_timed_side *s = &t->sides[side];
	bool nulls = batch->columns[s->axis.column].valid != NULL;

	for (size_t k = 0; k < t->joined->key_count; k++)
		nulls |= batch->columns[t->joined->keys[side][k]].valid != NULL;
	return nulls && s->skips;
}

/* Notes a row that is to be left out: the group made for it goes with the commit. */
static void leave_out(struct pw_timed *t, int side, uint32_t row)
{
	struct pw_ordered *o = &t->sides[side].rows;

	must(t, pw_ordered_note(o, o->slots[row], pw_rowkeys_at(&o->row_keys, row), 0));
}

void pw_timed_rows(struct pw_timed *t, int side, const struct pw_batch *batch, uint32_t from,
		   uint32_t count)
{
	struct pw_timed_side *s = &t->sides[side];
	struct pw_ordered *o = &s->rows;
	const bool skips = may_skip(t, side, batch);
	const struct pw_column *time = &batch->columns[s->axis.column];
	uint32_t sound = from; /* rows [sound, i) are to be noted as changes of the state */

	pw_ordered_find(o, from, count);
	for (uint32_t i = from; i < from + count; i++) {
		const struct pw_slice row = pw_rowkeys_at(&o->row_keys, i);
		const char *reason = s->unsound < 0 ? NULL : pw_axis_unsound(&s->axis, time, i);
		const bool idle = skips && is_idle(t, side, batch, i);

		if (reason == NULL && !idle) {
			must(t, pw_ordered_note(o, o->slots[i], row, pw_batch_diff(batch, i)));
			continue;
		}
		pw_delta_note(&s->delta, batch, sound, i - sound, pw_ordered_bytes(o));
		sound = i + 1;
		if (idle || pw_timed_reject(t, side, batch, i, reason))
			leave_out(t, side, i);
		else
			note_without_time(t, side, o->slots[i], row, pw_batch_diff(batch, i));
	}
	pw_delta_note(&s->delta, batch, sound, from + count - sound, pw_ordered_bytes(o));
}

/* ---- a commit ---- */

void pw_timed_sum(struct pw_timed *t)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		if (pw_ordered_sum(&t->sides[side].rows) < 0)
			must(t, pw_fail_at("%s", t->op->host->names[side]));
		t->at[side] = 0;
	}
}

/* Forgets the one commit of a static side: no other will look at its rows. */
static int drop_rows(struct pw_timed *t, int side)
{
	struct pw_ordered *o = &t->sides[side].rows;

	for (size_t i = 0; i < o->count; i++) {
		const struct pw_ordered_change *c = &o->changes[i];

		if (c->diff < 0)
			return pw_ordered_negative(o, c->slot, pw_ordered_row(c), c->diff,
						   t->op->commit.time);
	}
	pw_ordered_clear(o);
	return 0;
}

void pw_timed_apply(struct pw_timed *t)
{
	bool last = true; /* both sides are one commit, and this is both */

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		last &= t->sides[side].schema->is_static && t->sides[side].rows.count > 0;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		const int rc = last ? drop_rows(t, side)
				    : pw_ordered_apply(&t->sides[side].rows, t->op->commit.time);
		if (rc < 0)
			must(t, pw_fail_at("%s", t->op->host->names[side]));
	}
}

/* Is there a null in the key? */
static bool has_null(const struct pw_timed *t, struct pw_slice key)
{
	const struct pw_joined *j = t->joined;
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t k = 0; k < j->key_count; k++) {
		if (*at == 2)
			return true;
		pw_rowkey_take(&at, end, j->in[0]->fields[j->keys[0][k]].type, false, NULL);
	}
	return false;
}

/* The next run of a side that has changes, or NULL. */
static const struct pw_ordered_run *next_run(struct pw_timed *t, int side)
{
	const struct pw_ordered *o = &t->sides[side].rows;

	while (t->at[side] < o->run_count && o->runs[t->at[side]].count == 0)
		t->at[side]++;
	return t->at[side] < o->run_count ? &o->runs[t->at[side]] : NULL;
}

bool pw_timed_next(struct pw_timed *t, struct pw_timed_key *key)
{
	const struct pw_ordered_run *runs[2] = {next_run(t, PW_LEFT), next_run(t, PW_RIGHT)};
	const struct pw_ordered *rows[2] = {&t->sides[PW_LEFT].rows, &t->sides[PW_RIGHT].rows};
	struct pw_slice bytes[2] = {{0}};
	int order = runs[PW_LEFT] != NULL ? -1 : 1;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (runs[side] != NULL)
			bytes[side] = pw_arrangement_key(&rows[side]->groups, runs[side]->slot);
	if (runs[PW_LEFT] == NULL && runs[PW_RIGHT] == NULL)
		return false;
	if (runs[PW_LEFT] != NULL && runs[PW_RIGHT] != NULL)
		order = pw_slice_compare(bytes[PW_LEFT], bytes[PW_RIGHT]);
	const int first = order <= 0 ? PW_LEFT : PW_RIGHT;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		const bool has = side == first || order == 0;

		key->changed[side] = has ? runs[side] : NULL;
		key->slots[side] = has ? runs[side]->slot
				       : pw_arrangement_find(&rows[side]->groups, bytes[first]);
		t->at[side] += has;
	}
	key->lonely = !t->null_equal && has_null(t, bytes[first]);
	return true;
}

/* ---- cursors ---- */

/* The first change of the run that is not below the row key. */
static const struct pw_ordered_change *seek_change(const struct pw_ordered_change *c, size_t count,
						   struct pw_slice from)
{
	while (count > 0) {
		const size_t half = count / 2;

		if (pw_slice_compare(pw_ordered_row(&c[half]), from) < 0) {
			c += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return c;
}

/* Reads what is at the place: the lesser of the row held and the change there, or both. */
static void read_place(struct pw_timed_cursor *c)
{
	const bool changes = c->change < c->end;
	int order = c->held.at ? -1 : 1;

	c->at = c->held.at || changes;
	if (c->held.at && changes)
		order = pw_slice_compare(pw_value_text(c->held.value), pw_ordered_row(c->change));
	if (!c->at)
		return;
	c->row = order <= 0 ? pw_value_text(c->held.value) : pw_ordered_row(c->change);
	c->before = order <= 0 ? c->held.copies : 0;
	c->after = c->before + (order >= 0 ? c->change->diff : 0);
}

void pw_timed_seek(struct pw_timed_cursor *c, const struct pw_timed *t,
		   const struct pw_timed_key *key, int side, struct pw_slice from)
{
	static const struct pw_multiset none = {0};
	const struct pw_ordered *o = &t->sides[side].rows;
	const struct pw_ordered_run *run = key->changed[side];
	const struct pw_ordered_change *changes = run != NULL ? o->changes + run->from : NULL;
	const size_t count = run != NULL ? run->count : 0;

	pw_multiset_seek_text(key->slots[side] == PW_SLOT_NONE
				      ? &none
				      : &pw_ordered_group(o, key->slots[side])->rows,
			      from, &c->held);
	c->first = changes;
	c->end = count > 0 ? changes + count : changes;
	c->change = seek_change(changes, count, from);
	read_place(c);
}

void pw_timed_forward(struct pw_timed_cursor *c)
{
	const bool held = c->held.at && c->row.data == pw_value_text(c->held.value).data;
	const bool changed =
		c->change < c->end && (c->row.data == c->change->row || c->before != c->after);

	if (!c->at)
		return;
	if (held)
		pw_multiset_next(&c->held);
	if (changed)
		c->change++;
	read_place(c);
}

bool pw_timed_back(struct pw_timed_cursor *c)
{
	struct pw_multiset_cursor held = c->held;
	const bool has_held = pw_multiset_previous(&held), has_change = c->change > c->first;
	int order = has_held ? 1 : -1;

	if (!has_held && !has_change)
		return false;
	if (has_held && has_change)
		order = pw_slice_compare(pw_value_text(held.value), pw_ordered_row(c->change - 1));
	if (order >= 0)
		c->held = held;
	if (order <= 0)
		c->change--;
	read_place(c);
	return true;
}

/* ---- times in row keys ---- */

static struct pw_timed_start start_of(bool there, int64_t x)
{
	const uint64_t bits = __builtin_bswap64((uint64_t)x ^ (uint64_t)1 << 63);
	struct pw_timed_start start = {.bytes = {there ? 1 : 2}, .length = there ? 9 : 1};

	memcpy(start.bytes + 1, &bits, sizeof bits);
	return start;
}

struct pw_timed_start pw_timed_from(const struct pw_timed_side *s, pw_place place)
{
	if (!s->axis.real || s->axis.type.base == PW_FLOAT)
		return start_of(true, place);
	const double up = ceil(pw_axis_real(place)); /* the time is an int */

	if (isnan(up)) /* PW_PLACE_FIRST, PW_PLACE_LAST */
		return start_of(place < 0, INT64_MIN);
	if (up >= 0x1p63)
		return start_of(false, 0);
	return start_of(true, up < -0x1p63 ? INT64_MIN : (int64_t)up);
}

struct pw_timed_start pw_timed_after(const struct pw_timed_side *s, pw_place place)
{
	return place == PW_PLACE_LAST ? start_of(false, 0) : pw_timed_from(s, place + 1);
}

/* ---- the rows next to a time ---- */

void pw_timed_near_init(struct pw_timed_near *n, const struct pw_timed *t,
			const struct pw_timed_key *key, int side, bool after)
{
	*n = (struct pw_timed_near){.t = t, .key = key, .side = side, .after = after};
}

static bool is_there(const struct pw_timed_near *n, const struct pw_timed_cursor *c)
{
	return (n->after ? c->after : c->before) > 0;
}

/* The cursor goes to the first row from its place on that is there and has a time. */
static void go_up(struct pw_timed_near *n)
{
	struct pw_timed_cursor *c = &n->cursor;

	while (c->at && pw_timed_has(c->row) && !is_there(n, c))
		pw_timed_forward(c);
	n->has_high = c->at && pw_timed_has(c->row);
	if (!n->has_high)
		return;
	n->high = c->row;
	n->high_place = pw_timed_place(&n->t->sides[n->side], c->row);
}

/* The first row of the last time before the cursor's place. */
static void look_down(struct pw_timed_near *n)
{
	const struct pw_timed_side *s = &n->t->sides[n->side];
	struct pw_timed_cursor c = n->cursor;
	bool there = pw_timed_back(&c);

	while (there && !is_there(n, &c))
		there = pw_timed_back(&c);
	n->has_low = there;
	if (!there)
		return;
	n->low_place = pw_timed_place(s, c.row);
	const struct pw_timed_start start = pw_timed_from(s, n->low_place);

	pw_timed_seek(&c, n->t, n->key, n->side, pw_timed_slice(&start));
	while (!is_there(n, &c))
		pw_timed_forward(&c);
	n->low = c.row;
}

static void seek_place(struct pw_timed_near *n, pw_place place)
{
	const struct pw_timed_start start = pw_timed_after(&n->t->sides[n->side], place);

	pw_timed_seek(&n->cursor, n->t, n->key, n->side, pw_timed_slice(&start));
	look_down(n);
	go_up(n);
}

enum { STEPS = 4 }; /* for so few, a walk is faster than a search */

/* From one time of the side's rows to the next. */
static void step(struct pw_timed_near *n)
{
	const struct pw_timed_start after = pw_timed_after(&n->t->sides[n->side], n->high_place);

	n->has_low = true;
	n->low = n->high;
	n->low_place = n->high_place;
	for (int i = 0; n->has_high && n->high_place == n->low_place; i++) {
		if (i < STEPS)
			pw_timed_forward(&n->cursor);
		else
			pw_timed_seek(&n->cursor, n->t, n->key, n->side, pw_timed_slice(&after));
		go_up(n);
	}
}

void pw_timed_near_find(struct pw_timed_near *n, pw_place place)
{
	if (!n->found)
		seek_place(n, place);
	n->found = true;
	for (int i = 0; n->has_high && n->high_place <= place; i++) {
		if (i < STEPS)
			step(n);
		else
			seek_place(n, place);
	}
}

/* ---- output ---- */

void pw_timed_flush(struct pw_timed *t)
{
	if (t->out.rows == 0)
		return;
	pw_joined_emit(t->joined, t->op, pw_builder_view(&t->out));
	pw_builder_clear(&t->out);
}

/* Key columns as those of a side, or null where that is missing. */
static void append_key(struct pw_timed *t, struct pw_slice key, int kind, bool there)
{
	const struct pw_joined *j = t->joined;
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t k = 0; k < j->key_count; k++) {
		const int target = t->key_targets[kind][k];
		struct pw_vector *v = target < 0 ? NULL : &t->out.vectors[target];

		if (there)
			pw_rowkey_take(&at, end, j->in[0]->fields[j->keys[0][k]].type, false, v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

static void append_row(struct pw_timed *t, int side, const struct pw_slice *row)
{
	const struct pw_timed_side *s = &t->sides[side];
	const struct pw_roworder *order = &s->rows.order;
	const char *at = row != NULL ? row->data : NULL;

	for (size_t i = t->joined->key_count; i < order->count; i++) {
		struct pw_vector *v = s->targets[i] < 0 ? NULL : &t->out.vectors[s->targets[i]];

		if (row != NULL)
			pw_rowkey_take(&at, row->data + row->length,
				       s->schema->fields[order->list[i]].type, order->descending[i],
				       v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

void pw_timed_show(struct pw_timed *t, const struct pw_timed_key *key, const struct pw_slice *left,
		   const struct pw_slice *right, pw_diff diff)
{
	enum { SOME = 16 }; /* rows from one look at whether the batch is full to the next */
	const int side = key->slots[PW_LEFT] != PW_SLOT_NONE ? PW_LEFT : PW_RIGHT;
	const struct pw_slice bytes =
		pw_arrangement_key(&t->sides[side].rows.groups, key->slots[side]);

	append_key(t, bytes, PW_JOINED_LEFT, left != NULL);
	append_key(t, bytes, PW_JOINED_RIGHT, right != NULL);
	append_key(t, bytes, PW_JOINED_KEY, true);
	append_row(t, PW_LEFT, left);
	append_row(t, PW_RIGHT, right);
	pw_builder_row(&t->out, t->op->commit.time, diff);
	if (t->out.rows % SOME == 0 && pw_builder_full(&t->out))
		pw_timed_flush(t);
}

/* ---- checkpoints ---- */

enum pw_checkpointer_change pw_timed_changed(const void *state)
{
	const struct pw_timed *t = state;
	const enum pw_checkpointer_change left = pw_delta_changed(&t->sides[PW_LEFT].delta);
	const enum pw_checkpointer_change right = pw_delta_changed(&t->sides[PW_RIGHT].delta);

	return left > right ? left : right;
}

uint64_t pw_timed_count(const void *state)
{
	const struct pw_timed *t = state;

	return (uint64_t)t->sides[PW_LEFT].rows.groups.live + t->sides[PW_RIGHT].rows.groups.live;
}

int pw_timed_save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	const struct pw_timed *t = state;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		const struct pw_timed_side *s = &t->sides[side];
		const int rc = full ? pw_ordered_save(&s->rows, checkpoint, (size_t)side)
				    : pw_delta_save(&s->delta, checkpoint, (size_t)side);
		if (rc < 0)
			return -1;
	}
	return 0;
}

void pw_timed_saved(void *state)
{
	struct pw_timed *t = state;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		pw_delta_clear(&t->sides[side].delta);
}

void pw_timed_expect(void *state, bool full, uint64_t rows)
{
	struct pw_timed *t = state;

	t->loads_rows = full;
	for (int side = PW_LEFT; full && side <= PW_RIGHT; side++)
		pw_arrangement_reserve(&t->sides[side].rows.groups, rows / 2);
}

int pw_timed_load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_timed *t = state;

	return pw_ordered_load(&t->sides[table].rows, batch, t->loads_rows);
}

int pw_timed_loaded(void *state)
{
	struct pw_timed *t = state;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (pw_ordered_loaded(&t->sides[side].rows) < 0)
			return -1;
	return 0;
}
