/*
 * What was shown stays shown when a row is forgotten
 *
 * Two tables for each side, of row keys with more columns:
 *
 *   forgotten   a row, when it was forgotten, and how many copies of it were.
 *               The copies in the table are those of the other side's rows held
 *               that are shown with it: with the last of them the row goes.
 *   young       a row held, and when it came: of rows that came when there were
 *               forgotten rows within reach. Its copies are those that came then.
 *
 * A forgotten row is shown with the copies within reach that came before it was
 * forgotten.
 */
#include "interval_internal.h"

#include "../base/fail.h"

#include <stdlib.h>

enum { WORD = 9 }; /* bytes of a word in a row key */

static int must(struct pw_interval *v, int x)
{
	if (x < 0)
		pw_bug("what is remembered of forgotten rows: %s", pw_fail_text());
	(void)v;
	return x;
}

/* ---- start ---- */

/* A column whose name the side does not have. */
static void add_column(struct pw_interval_memory *m, const char *name)
{
	char *free_name = pw_mem_print("%s", name);

	while (pw_schema_find(&m->schema, pw_slice_of(free_name)) >= 0) {
		char *longer = pw_mem_print("%s_", free_name);

		free(free_name);
		free_name = longer;
	}
	pw_schema_add(&m->schema, pw_slice_of(free_name), PW_TYPE(PW_INT), false);
	free(free_name);
}

static void add_names(struct pw_bytes *text, const struct pw_schema *schema,
		      const struct pw_roworder *order, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		pw_bytes_text(text, text->length > 0 ? "," : "");
		pw_names_add(text, pw_slice_of(schema->fields[order->list[i]].name));
		pw_bytes_text(text, order->descending[i] ? ":desc" : "");
	}
}

/* The rows are in the order of those held, then of the columns that are more. */
static void open_memory(struct pw_interval *v, int side, struct pw_interval_memory *m,
			const char *const *names, size_t count)
{
	const struct pw_ordered *held = &v->timed.sides[side].rows;
	struct pw_bytes keys = {0}, order = {0};

	for (size_t i = 0; i < held->order.schema->count; i++) {
		const struct pw_field *f = &held->order.schema->fields[i];

		pw_schema_add(&m->schema, pw_slice_of(f->name), f->type, false);
	}
	for (size_t i = 0; i < count; i++)
		add_column(m, names[i]);
	add_names(&keys, &m->schema, &held->order, 0, held->group_count);
	add_names(&order, &m->schema, &held->order, held->group_count, held->order.count);
	must(v,
	     pw_ordered_init(&m->rows, &m->schema, keys.length > 0 ? pw_bytes_string(&keys) : NULL,
			     pw_bytes_string(&order)));
	pw_delta_init(&m->delta, &m->schema);
	pw_bytes_release(&keys);
	pw_bytes_release(&order);
}

static void release_memory(struct pw_interval_memory *m)
{
	pw_ordered_release(&m->rows);
	pw_delta_release(&m->delta);
	pw_schema_release(&m->schema);
}

static size_t memory_bytes(const struct pw_interval_memory *m)
{
	return pw_ordered_bytes(&m->rows) + m->delta.bytes;
}

/* Table i beyond those of the rows held. */
static struct pw_interval_memory *memory(struct pw_interval_kept *k, size_t i)
{
	return i < 2 ? &k->forgotten[i] : &k->young[i - 2];
}

size_t pw_interval_kept_bytes(const struct pw_interval *v)
{
	size_t bytes = 0;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		bytes += memory_bytes(&v->memory.forgotten[side]) +
			 memory_bytes(&v->memory.young[side]);
	return bytes;
}

void pw_interval_kept_release(struct pw_interval *v)
{
	for (size_t i = 0; i < 4; i++)
		release_memory(memory(&v->memory, i));
	free(v->memory.parts);
	pw_bytes_release(&v->memory.text);
}

/* ---- rows with words at their ends ---- */

static void add_word(struct pw_bytes *b, int64_t x)
{
	const uint64_t bits = __builtin_bswap64((uint64_t)x ^ (uint64_t)1 << 63);

	pw_bytes_put(b, 1);
	pw_bytes_add(b, (const char *)&bits, sizeof bits);
}

/* The word before the last `back` words of a row. */
static int64_t word_of(struct pw_slice row, size_t back)
{
	uint64_t bits;

	memcpy(&bits, row.data + row.length - WORD * (back + 1) + 1, sizeof bits);
	return (int64_t)(__builtin_bswap64(bits) ^ (uint64_t)1 << 63);
}

static struct pw_slice without_words(struct pw_slice row, size_t count)
{
	return (struct pw_slice){row.data, row.length - WORD * count};
}

static pw_time forgotten_at(struct pw_slice row)
{
	return (pw_time)word_of(row, 1);
}

static pw_diff forgotten_copies(struct pw_slice row)
{
	return word_of(row, 0);
}

/* The rows of the key in hand. */
static const struct pw_multiset *rows_of(const struct pw_interval_memory *m)
{
	static const struct pw_multiset none = {0};

	return m->slot == PW_SLOT_NONE ? &none : &pw_ordered_group(&m->rows, m->slot)->rows;
}

void pw_interval_kept_key(struct pw_interval *v, const struct pw_timed_key *key)
{
	const int side = key->slots[PW_LEFT] != PW_SLOT_NONE ? PW_LEFT : PW_RIGHT;
	const struct pw_slice bytes =
		pw_arrangement_key(&v->timed.sides[side].rows.groups, key->slots[side]);

	for (size_t i = 0; i < 4; i++) {
		struct pw_interval_memory *m = memory(&v->memory, i);

		m->slot = pw_arrangement_find(&m->rows.groups, bytes);
	}
}

static void note(struct pw_interval *v, const struct pw_timed_key *key,
		 struct pw_interval_memory *m, struct pw_slice row, pw_diff diff)
{
	const int side = key->slots[PW_LEFT] != PW_SLOT_NONE ? PW_LEFT : PW_RIGHT;

	if (m->slot == PW_SLOT_NONE)
		m->slot = pw_arrangement_put(
			&m->rows.groups,
			pw_arrangement_key(&v->timed.sides[side].rows.groups, key->slots[side]),
			NULL);
	must(v, pw_ordered_note(&m->rows, m->slot, row, diff));
}

/* ---- the copies of a row, by when they came ---- */

static struct pw_interval_copies *add_part(struct pw_interval_kept *k, pw_time born, pw_diff copies)
{
	if (k->part_count == k->part_capacity)
		k->parts = pw_mem_grow(k->parts, &k->part_capacity, k->part_count + 1,
				       sizeof *k->parts);
	k->parts[k->part_count] = (struct pw_interval_copies){born, copies, copies};
	return &k->parts[k->part_count++];
}

/* A number of copies, `taken`, goes of those that the row has, the oldest first. */
static void find_parts(struct pw_interval_kept *k, int side, struct pw_slice row, pw_diff copies,
		       pw_diff taken)
{
	const struct pw_multiset *young = rows_of(&k->young[side]);
	struct pw_multiset_cursor c;

	k->part_count = 0;
	add_part(k, 0, copies);
	if (young->values > 0) {
		pw_multiset_seek_text(young, row, &c);
		for (; c.at && pw_slice_equal(without_words(pw_value_text(c.value), 1), row);
		     pw_multiset_next(&c)) {
			add_part(k, (pw_time)word_of(pw_value_text(c.value), 0), c.copies);
			k->parts[0].before -= c.copies;
		}
	}
	k->parts[0].after = k->parts[0].before;
	for (size_t i = 0; i < k->part_count && taken > 0; i++) {
		const pw_diff n = taken < k->parts[i].before ? taken : k->parts[i].before;

		k->parts[i].after -= n;
		taken -= n;
	}
}

/* ---- forgotten rows within reach ---- */

struct forgotten {
	const struct pw_timed_side *side;
	struct pw_places range;
	struct pw_multiset_cursor c;
	bool at;
	struct pw_slice row; /* with its words */
};

static void read_row(struct forgotten *f)
{
	f->at = f->c.at;
	if (!f->at)
		return;
	f->row = pw_value_text(f->c.value);
	f->at = pw_timed_place(f->side, f->row) <= f->range.last;
}

/* Goes to the first row forgotten, of the other side, that a row of the side reaches. */
static void first_forgotten(struct forgotten *f, const struct pw_interval *v, int side,
			    struct pw_slice row)
{
	const struct pw_multiset *rows = rows_of(&v->memory.forgotten[!side]);

	*f = (struct forgotten){.side = &v->timed.sides[!side]};
	if (rows->values == 0)
		return;
	f->range = pw_interval_reach(v, side, row);
	if (f->range.first > f->range.last)
		return;
	const struct pw_timed_start start = pw_timed_from(f->side, f->range.first);

	pw_multiset_seek_text(rows, pw_timed_slice(&start), &f->c);
	read_row(f);
}

static void next_forgotten(struct forgotten *f)
{
	pw_multiset_next(&f->c);
	read_row(f);
}

void pw_interval_kept_met(struct pw_interval *v, int side, struct pw_slice row, pw_diff before,
			  pw_diff after, pw_diff met[2])
{
	struct pw_interval_kept *k = &v->memory;
	struct forgotten f;
	pw_time last = 0; /* at which one of them was forgotten */

	met[0] = met[1] = 0;
	first_forgotten(&f, v, side, row);
	if (!f.at)
		return;
	find_parts(k, side, row, before, before > after ? before - after : 0);
	for (; f.at && last <= k->parts[k->part_count - 1].born; next_forgotten(&f))
		if (forgotten_at(f.row) > last)
			last = forgotten_at(f.row);
	for (size_t i = 0; i < k->part_count; i++)
		if (k->parts[i].born < last) {
			met[0] += v->forgetting ? k->parts[i].after : k->parts[i].before;
			met[1] += k->parts[i].after;
		}
}

/* ---- a row changes ---- */

/* The copies that go, and came before a time. */
static pw_diff taken_before(const struct pw_interval_kept *k, pw_time time)
{
	pw_diff taken = 0;

	for (size_t i = 0; i < k->part_count && k->parts[i].born < time; i++)
		taken += k->parts[i].before - k->parts[i].after;
	return taken;
}

/* The copies that go leave the forgotten rows that they are shown with, and their pairs if they are taken away. */
static void leave_forgotten(struct pw_interval *v, const struct pw_timed_key *key, int side,
			    struct pw_slice row)
{
	struct pw_interval_kept *k = &v->memory;
	struct forgotten f;

	for (first_forgotten(&f, v, side, row); f.at; next_forgotten(&f)) {
		const pw_diff taken = taken_before(k, forgotten_at(f.row));
		const struct pw_slice other = without_words(f.row, 2);

		if (taken == 0)
			continue;
		if (v->pairs && !v->forgetting)
			pw_interval_show(
				v, key, side, row, &other,
				-pw_joined_product(&v->op, taken, forgotten_copies(f.row)));
		note(v, key, &k->forgotten[!side], f.row, -taken);
	}
}

static void note_young(struct pw_interval *v, const struct pw_timed_key *key, int side,
		       struct pw_slice row, pw_time born, pw_diff diff)
{
	struct pw_bytes *text = &v->memory.text;

	pw_bytes_clear(text);
	pw_bytes_add(text, row.data, row.length);
	add_word(text, (int64_t)born);
	note(v, key, &v->memory.young[side], (struct pw_slice){text->data, text->length}, diff);
}

/* Copies of the row are forgotten: remembered, if rows that are held are shown with them. */
static void forget(struct pw_interval *v, const struct pw_timed_key *key, int side,
		   struct pw_slice row, pw_diff copies)
{
	struct pw_bytes *text = &v->memory.text;

	if (!v->pairs && side == PW_LEFT)
		return; /* nothing of it is ever asked */
	const int64_t partners =
		pw_interval_count(v, key, !side, pw_interval_reach(v, side, row), true, false);

	if (partners == 0)
		return;
	pw_bytes_clear(text);
	pw_bytes_add(text, row.data, row.length);
	add_word(text, (int64_t)v->op.commit.time);
	add_word(text, copies);
	note(v, key, &v->memory.forgotten[side], (struct pw_slice){text->data, text->length},
	     partners);
}

void pw_interval_kept_change(struct pw_interval *v, const struct pw_timed_key *key, int side,
			     struct pw_slice row, pw_diff before, pw_diff after)
{
	struct pw_interval_kept *k = &v->memory;
	struct forgotten f;

	if (after > before) {
		first_forgotten(&f, v, side, row);
		if (f.at ||
		    v->forgetting) /* a row that is forgotten now may be within reach, too */
			note_young(v, key, side, row, v->op.commit.time, after - before);
		return;
	}
	find_parts(k, side, row, before, before - after);
	for (size_t i = 1; i < k->part_count; i++)
		if (k->parts[i].after < k->parts[i].before)
			note_young(v, key, side, row, k->parts[i].born,
				   k->parts[i].after - k->parts[i].before);
	leave_forgotten(v, key, side, row);
	if (v->forgetting)
		forget(v, key, side, row, before - after);
}

/* ---- the end of a commit ---- */

static void note_delta(struct pw_interval_memory *m)
{
	struct pw_builder b;

	pw_builder_init(&b, &m->schema);
	for (size_t i = 0; i < m->rows.count; i++) {
		const struct pw_ordered_change *c = &m->rows.changes[i];

		pw_ordered_decode(&m->rows, c->slot, pw_ordered_row(c), &b);
		pw_builder_row(&b, 0, c->diff);
		if (!pw_builder_full(&b) && i + 1 < m->rows.count)
			continue;
		pw_delta_note(&m->delta, pw_builder_view(&b), 0, b.rows,
			      pw_ordered_bytes(&m->rows));
		pw_builder_clear(&b);
	}
	pw_builder_release(&b);
}

void pw_interval_kept_apply(struct pw_interval *v)
{
	for (size_t i = 0; i < 4; i++) {
		struct pw_interval_memory *m = memory(&v->memory, i);

		if (m->rows.count == 0)
			continue;
		must(v, pw_ordered_sum(&m->rows));
		m->delta.on = v->timed.sides[PW_LEFT].delta.on;
		if (m->delta.on)
			note_delta(m);
		must(v, pw_ordered_apply(&m->rows, v->op.commit.time));
	}
}

/* ---- checkpoints ---- */

static enum pw_checkpointer_change changed(const void *state)
{
	struct pw_interval *v = (struct pw_interval *)state;
	enum pw_checkpointer_change most = pw_timed_changed(&v->timed);

	for (size_t i = 0; i < 4; i++) {
		const enum pw_checkpointer_change c =
			pw_delta_changed(&memory(&v->memory, i)->delta);

		most = c > most ? c : most;
	}
	return most;
}

static uint64_t count(const void *state)
{
	return pw_timed_count(&((const struct pw_interval *)state)->timed);
}

static int save(const void *state, bool full, struct pw_checkpointer_writer *checkpoint)
{
	struct pw_interval *v = (struct pw_interval *)state;

	if (pw_timed_save(&v->timed, full, checkpoint) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const struct pw_interval_memory *m = memory(&v->memory, i);
		const int rc = full ? pw_ordered_save(&m->rows, checkpoint, PW_TIMED_TABLES + i)
				    : pw_delta_save(&m->delta, checkpoint, PW_TIMED_TABLES + i);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static void saved(void *state)
{
	struct pw_interval *v = state;

	pw_timed_saved(&v->timed);
	for (size_t i = 0; i < 4; i++)
		pw_delta_clear(&memory(&v->memory, i)->delta);
}

static void expect(void *state, bool full, uint64_t rows)
{
	struct pw_interval *v = state;

	pw_timed_expect(&v->timed, full, rows);
	v->memory.loads_rows = full;
}

static int load(void *state, size_t table, const struct pw_batch *batch)
{
	struct pw_interval *v = state;

	if (table < PW_TIMED_TABLES)
		return pw_timed_load(&v->timed, table, batch);
	return pw_ordered_load(&memory(&v->memory, table - PW_TIMED_TABLES)->rows, batch,
			       v->memory.loads_rows);
}

static int loaded(void *state)
{
	struct pw_interval *v = state;

	for (size_t i = 0; i < 4; i++)
		if (pw_ordered_loaded(&memory(&v->memory, i)->rows) < 0)
			return -1;
	return pw_timed_loaded(&v->timed);
}

void pw_interval_kept_open(struct pw_interval *v)
{
	static const char *const forgotten[] = {"forgotten", "copies"}, *const young[] = {"came"};
	static const char *const names[] = {"left_forgotten", "right_forgotten", "left_young",
					    "right_young"};
	struct pw_interval_kept *k = &v->memory;

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		k->tables[side] = v->timed.tables[side];
		open_memory(v, side, &k->forgotten[side], forgotten, 2);
		open_memory(v, side, &k->young[side], young, 1);
	}
	for (size_t i = 0; i < 4; i++)
		k->tables[PW_TIMED_TABLES + i] =
			(struct pw_checkpointer_table){names[i], &memory(k, i)->schema};
	v->op.checkpoint.how = (struct pw_checkpointer){
		k->tables, PW_TIMED_TABLES + 4, changed, count, save, saved, expect, load, loaded};
	v->op.checkpoint.state = v;
}
