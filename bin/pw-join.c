/*
 * pw-join - join two streams by equal keys
 *
 * Both inputs are held as rows by key (an index). What a commit changes is put
 * into the index as it comes; when the commit is complete, for each key that
 * it touched, in the order of the keys, what is new among the pairs goes out
 * with the difference of their numbers: for a row l and a row r with equal
 * keys that is l.new * r.new - l.old * r.old copies. A row without a partner
 * is paired with nulls, as often as it is there while the other side has no
 * row of the key.
 *
 * An input that is one commit and only adds is built once, and the rows of
 * the other are matched with it as they come, in their order; those are not
 * kept (lib/tool/match).
 */
#include "../lib/state/index.h"
#include "../lib/tool/match.h"

#include <stddef.h>
#include <stdlib.h>

enum kind { INNER, LEFT, RIGHT, FULL, SEMI, ANTI, CROSS, KINDS };

static struct options {
	const char *keys, *suffix;
	bool kinds[KINDS];
	bool null_equal, now;
	uint64_t memory;
} options;

#define O(field) offsetof(struct options, field)

static const struct pw_option option_table[] = {
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true,
	 "columns that are equal in both inputs; LEFT=RIGHT where names differ"},
	{0, "inner", NULL, PW_OPTION_FLAG, O(kinds[INNER]), true,
	 "pairs of rows with equal keys (the default)"},
	{0, "left", NULL, PW_OPTION_FLAG, O(kinds[LEFT]), true,
	 "also left rows without a match, the right columns null"},
	{0, "right", NULL, PW_OPTION_FLAG, O(kinds[RIGHT]), true,
	 "also right rows without a match, the left columns null"},
	{0, "full", NULL, PW_OPTION_FLAG, O(kinds[FULL]), true, "both"},
	{0, "semi", NULL, PW_OPTION_FLAG, O(kinds[SEMI]), true, "left rows that have a match, once"},
	{0, "anti", NULL, PW_OPTION_FLAG, O(kinds[ANTI]), true, "left rows that have none"},
	{0, "cross", NULL, PW_OPTION_FLAG, O(kinds[CROSS]), true,
	 "every left row with every right row, without -k"},
	{0, "null-equal", NULL, PW_OPTION_FLAG, O(null_equal), true, "null keys match null keys"},
	{0, "now", NULL, PW_OPTION_FLAG, O(now), true,
	 "answer each left row once, by the right table as it is then"},
	{0, "suffix", "L,R", PW_OPTION_TEXT, O(suffix), true,
	 "append these to names that are on both sides"},
	{0, "memory", "SIZE", PW_OPTION_SIZE, O(memory), false,
	 "memory for rows held and rows ahead (default: a quarter of RAM)"},
	{0}};

#undef O

static const struct pw_program program = {
	.name = "pw-join",
	.summary = "join two streams by equal keys",
	.synopsis = "[-k COLS] [--left | ...] LEFT RIGHT [[NAME =] EXPR]...",
	.examples = "  pw-read orders.csv | pw-join -k id - people.csv | pw-write\n"
		    "  pw-join --left -k id=order <(pw-read a.csv) <(pw-read b.csv) id 'paid = right.sum'\n"
		    "  pw-read a.csv | pw-join -k id - exec:'pw-read b.csv | pw-filter \"x > 1\"'\n",
	.options = option_table,
};

static const char *const names[] = {"left input", "right input"};

/*
 * Rows of an input whose time has not come. Many commits may come in one
 * batch, and the other side one by one: so what has been viewed and encoded
 * stays that until more rows come.
 */
struct ahead {
	struct pw_builder rows;
	const struct pw_batch *view; /* NULL: to be made, and encoded */
	uint32_t taken;              /* so many of them are in the index */
	uint32_t run;                /* the view's next */
};

#define AHEAD_BYTES ((size_t)1536 << 20) /* what a batch can be encoded of at once */

/* What is known of one input. */
struct side {
	const struct pw_schema *schema;
	int *keys;              /* its key columns */
	int payload[PW_COLUMNS_MAX]; /* its other columns that rows in the index have */
	size_t payload_count;
	int *targets;           /* per payload column: the wide column it fills, or -1 */
	bool lonely;            /* rows that match nothing go out */
	struct pw_roworder order; /* keys, then the others: describes rows */
	struct pw_rowkeys row_keys, row_payload; /* of the batch in hand */
	struct ahead ahead;
};

enum { SOME = 16 }; /* rows, after which it is looked whether a batch is full */

/*
 * Invariant: in the index are all rows of commits below the frontier, and
 * changes of the commit of g.time if that is open; what is later is ahead.
 */
static struct {
	struct pw_tool tool;
	enum kind kind;
	int *keys[2];
	size_t key_count;
	struct pw_joined joined;
	struct side sides[2];

	struct pw_index index;
	bool open;
	pw_time time;
	uint32_t *slots;
	size_t slot_capacity;
	int *key_targets[3]; /* per key column: wide columns it fills as left, right, key; or -1 */
	struct pw_builder out;

	int build; /* the side that is built first, or -1: the index is used */
} g;

static int must(int x)
{
	return pw_must(&g.tool, x);
}

static bool pairs(void)
{
	return g.kind != SEMI && g.kind != ANTI;
}

/* Do rows of the side go out that have no match? */
static bool shows_lonely(int side)
{
	return side == PW_LEFT ? g.kind == LEFT || g.kind == FULL || g.kind == ANTI
			       : g.kind == RIGHT || g.kind == FULL;
}

/* ---- the command line ---- */

static void choose_kind(void)
{
	int chosen = 0;

	for (int k = 0; k < KINDS; k++)
		if (options.kinds[k]) {
			g.kind = (enum kind)k;
			chosen++;
		}
	if (chosen > 1)
		must(pw_fail(PW_USAGE, "one kind of join is wanted, and %d were given", chosen));
	if (g.kind == CROSS && options.keys != NULL)
		must(pw_fail(PW_USAGE, "--cross pairs all rows and has no -k"));
	if (g.kind != CROSS && options.keys == NULL)
		must(pw_fail(PW_USAGE, "give -k COLS, the columns that are to be equal, or --cross"));
	if (options.now && (g.kind == RIGHT || g.kind == FULL))
		must(pw_fail(PW_USAGE, "--now answers left rows: it goes with --inner, --left, --semi, "
				       "--anti and --cross"));
	if (g.tool.arg_count < 2)
		must(pw_fail(PW_USAGE, "two inputs are wanted, LEFT and RIGHT (- is stdin), and %d %s given",
			     g.tool.arg_count, g.tool.arg_count == 1 ? "was" : "were"));
	if (strcmp(g.tool.args[0], "-") == 0 && strcmp(g.tool.args[1], "-") == 0)
		must(pw_fail(PW_USAGE, "only one of the inputs can be -, which is stdin"));
}

/* Can the side be built first, and rows of the other be matched as they come? */
static bool can_build(int side)
{
	const struct pw_schema *s = g.sides[side].schema;

	if (!s->is_static || !s->append_only || pw_tool_head(&g.tool, (size_t)side)->state != NULL)
		return false;
	if (side == PW_LEFT && !pairs())
		return false;
	/* rows of it that nothing matched go out at the end: both sides must be one commit */
	return !shows_lonely(side) ||
	       (g.sides[!side].schema->is_static && g.sides[!side].schema->append_only);
}

static void claim(void)
{
	const struct pw_schema *left = g.sides[PW_LEFT].schema, *right = g.sides[PW_RIGHT].schema;
	struct pw_schema *out = &g.joined.schema;

	g.build = options.now		? -1
		  : can_build(PW_RIGHT) ? PW_RIGHT
		  : can_build(PW_LEFT)	? PW_LEFT
					: -1;
	out->is_static = left->is_static && right->is_static;
	if (g.build >= 0)
		out->append_only = g.sides[!g.build].schema->append_only;
	else
		out->append_only = options.now ||
				   (left->append_only && right->append_only &&
				    (g.kind == INNER || g.kind == CROSS || g.kind == SEMI));
	g.joined.wide.append_only = out->append_only; /* for commit_time() */
}

static void bind(void)
{
	struct pw_joined *j = &g.joined;

	for (int s = PW_LEFT; s <= PW_RIGHT; s++) {
		g.sides[s].schema = j->in[s] = &pw_tool_head(&g.tool, (size_t)s)->schema;
		g.sides[s].keys = j->keys[s] = pw_mem_alloc(PW_COLUMNS_MAX, sizeof(int));
		g.sides[s].lonely = shows_lonely(s);
		j->missing[s] = pairs() && shows_lonely(!s);
	}
	if (options.now && !j->in[PW_LEFT]->append_only)
		must(pw_fail(PW_USAGE, "--now: the left input is not append-only, and an answer given "
				       "once can't be taken back"));
	if (g.kind != CROSS)
		j->key_count = g.key_count =
			(size_t)must(pw_joined_keys(j->in[0], j->in[1], options.keys, j->keys[0],
						    j->keys[1]));
	claim();
	j->left_only = !pairs();
	j->suffix = options.suffix;
	must(pw_joined_bind(j, g.tool.args + 2, (size_t)g.tool.arg_count - 2));
}

static void describe(struct pw_bytes *state)
{
	static const char *const sides[] = {"left", "right"};
	const struct pw_schema *other = g.sides[!g.build].schema;

	if (g.build >= 0)
		pw_bytes_print(state,
			       "the rows of the %s input by key, built once; grows with them; the %s "
			       "input is not stored%s",
			       sides[g.build], sides[!g.build],
			       other->append_only ? "" : ", nor checked");
	else if (options.now)
		pw_bytes_text(state, "the rows of the right input by key; grows with them; of the left "
				     "input those of the commit in hand");
	else
		pw_bytes_text(state, "the rows of both inputs by key; grows with them");
}

/* ---- rows in the index ---- */

/* Of a table that may shrink all columns are held, for what has -1 copies must be known. */
static void choose_payload(int side)
{
	struct side *s = &g.sides[side];

	s->targets = pw_mem_alloc(s->schema->count + 1, sizeof *s->targets);
	for (size_t c = 0; c < s->schema->count; c++) {
		bool key = false;
		int target = -1;
		for (size_t k = 0; k < g.key_count; k++)
			key |= s->keys[k] == (int)c;
		for (size_t w = 0; w < g.joined.wide.count; w++)
			if ((int)g.joined.sources[w].side == side &&
			    g.joined.sources[w].column == (int)c)
				target = (int)w;
		if (key || (s->schema->append_only && target < 0))
			continue;
		s->targets[s->payload_count] = target;
		s->payload[s->payload_count++] = (int)c;
	}
}

static void find_key_targets(void)
{
	for (int kind = 0; kind < 3; kind++) {
		g.key_targets[kind] = pw_mem_alloc(g.key_count + 1, sizeof(int));
		for (size_t k = 0; k < g.key_count; k++) {
			const int column = kind == PW_JOINED_KEY ? (int)k : g.sides[kind].keys[k];
			g.key_targets[kind][k] = -1;
			for (size_t w = 0; w < g.joined.wide.count; w++)
				if ((int)g.joined.sources[w].side == kind &&
				    g.joined.sources[w].column == column)
					g.key_targets[kind][k] = (int)w;
		}
	}
}

static void open_index(void)
{
	pw_index_init(&g.index, g.sides[0].schema->append_only, g.sides[1].schema->append_only);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		choose_payload(side);
		pw_joined_order(&g.joined, side, &g.sides[side].order);
		pw_builder_init(&g.sides[side].ahead.rows, g.sides[side].schema);
	}
	find_key_targets();
	pw_builder_init(&g.out, &g.joined.wide);
}

static bool has_null_key(const struct side *s, const struct pw_batch *batch, uint32_t row)
{
	for (size_t k = 0; k < g.key_count; k++)
		if (pw_column_null(&batch->columns[s->keys[k]], row))
			return true;
	return false;
}

static bool may_have_null_keys(const struct side *s, const struct pw_batch *batch)
{
	bool any = false;

	for (size_t k = 0; k < g.key_count; k++)
		any |= batch->columns[s->keys[k]].valid != NULL;
	return any && !options.null_equal;
}

static void encode(int side, const struct pw_batch *batch)
{
	struct side *s = &g.sides[side];

	if (s->schema->append_only && pw_roworder_only_adds(&s->order, batch) < 0)
		must(pw_fail_at("%s", names[side]));
	pw_rowkeys_encode(&s->row_keys, batch, s->keys, g.key_count, NULL);
	pw_rowkeys_encode(&s->row_payload, batch, s->payload, s->payload_count, NULL);
}

static void find_slots(const struct side *s, uint32_t from, uint32_t count)
{
	if (g.slot_capacity < count)
		g.slots = pw_mem_grow(g.slots, &g.slot_capacity, count, sizeof *g.slots);
	if (count == s->row_keys.rows) {
		pw_arrangement_put_all(&g.index.keys, &s->row_keys, g.slots);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		g.slots[i] = pw_arrangement_put(&g.index.keys,
						pw_rowkeys_at(&s->row_keys, from + i), NULL);
}

/* A key that was made for a row that is not put there after all. */
static void drop_unused(uint32_t slot)
{
	const struct pw_index_key *key = pw_index_key(&g.index, slot);

	if (pw_arrangement_live(&g.index.keys, slot) && key->bags[0] == NULL && key->bags[1] == NULL)
		pw_arrangement_drop(&g.index.keys, slot);
}

/* Rows [from, from + count) of the batch last encoded, all of the open commit. */
static void take_rows(int side, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	const struct side *s = &g.sides[side];
	const bool nulls = may_have_null_keys(s, batch);
	const bool skip = nulls && !s->lonely && s->schema->append_only;

	find_slots(s, from, count);
	for (uint32_t i = 0; i < count; i++) {
		if (nulls && has_null_key(s, batch, from + i)) {
			if (skip)
				continue;
			pw_index_key(&g.index, g.slots[i])->lonely = true;
		}
		if (pw_index_put(&g.index, side, g.slots[i], pw_rowkeys_at(&s->row_payload, from + i),
				 pw_batch_diff(batch, from + i)) < 0)
			must(pw_fail_at("%s", names[side]));
	}
	for (uint32_t i = 0; i < count && skip; i++)
		if (has_null_key(s, batch, from + i))
			drop_unused(g.slots[i]);
}

/* ---- what goes out ---- */

static void send_out(void)
{
	if (g.out.rows == 0)
		return;
	must(pw_joined_send(&g.joined, &g.tool, pw_builder_view(&g.out)));
	pw_builder_clear(&g.out);
}

/* Key columns as those of a side, or null where that is missing. */
static void append_key(struct pw_slice key, int kind, bool there)
{
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t k = 0; k < g.key_count; k++) {
		const int target = g.key_targets[kind][k];
		struct pw_vector *v = target < 0 ? NULL : &g.out.vectors[target];

		if (there)
			pw_rowkey_take(&at, end, g.sides[0].schema->fields[g.keys[0][k]].type, false, v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

static void append_payload(const struct side *s, const struct pw_row *row)
{
	const char *at = row != NULL ? row->data : NULL;

	for (size_t i = 0; i < s->payload_count; i++) {
		struct pw_vector *v = s->targets[i] < 0 ? NULL : &g.out.vectors[s->targets[i]];

		if (row != NULL)
			pw_rowkey_take(&at, row->data + row->length,
				       s->schema->fields[s->payload[i]].type, false, v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

static void show(uint32_t slot, const struct pw_row *left, const struct pw_row *right, pw_diff diff)
{
	const struct pw_slice key = pw_arrangement_key(&g.index.keys, slot);

	append_key(key, PW_JOINED_LEFT, left != NULL);
	append_key(key, PW_JOINED_RIGHT, right != NULL);
	append_key(key, PW_JOINED_KEY, true);
	append_payload(&g.sides[PW_LEFT], left);
	append_payload(&g.sides[PW_RIGHT], right);
	pw_builder_row(&g.out, g.time, diff);
	if (g.out.rows % SOME == 0 && pw_builder_full(&g.out))
		send_out();
}

/* A changed left row with every right row of its key. */
static void show_with_right(uint32_t slot, const struct pw_row *left)
{
	const pw_diff was = left->copies, is = pw_index_copies(&g.index, left);
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(pw_index_key(&g.index, slot), PW_RIGHT, &rows);

	for (uint32_t i = 0; i < count; i++) {
		if (rows[i] == NULL)
			continue;
		const pw_diff diff = pw_joined_product(&g.tool, is, pw_index_copies(&g.index, rows[i])) -
				     pw_joined_product(&g.tool, was, rows[i]->copies);
		if (diff != 0)
			show(slot, left, rows[i], diff);
	}
}

/* A changed right row with the left rows that have not changed: the others have met it. */
static void show_with_left(uint32_t slot, const struct pw_change *c)
{
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(pw_index_key(&g.index, slot), PW_LEFT, &rows);

	for (uint32_t i = 0; i < count; i++)
		if (rows[i] != NULL && rows[i]->change == 0 && c->diff != 0)
			show(slot, rows[i], c->row, pw_joined_product(&g.tool, rows[i]->copies, c->diff));
}

static void show_pairs(uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(&g.index, slot);
	const struct pw_change *c;

	if (key->bags[PW_LEFT] == NULL || key->bags[PW_RIGHT] == NULL)
		return;
	for (c = pw_index_first(&g.index, key, PW_LEFT); c != NULL;
	     c = pw_index_next(&g.index, key, PW_LEFT, c))
		show_with_right(slot, c->row);
	for (c = pw_index_first(&g.index, key, PW_RIGHT); c != NULL;
	     c = pw_index_next(&g.index, key, PW_RIGHT, c))
		show_with_left(slot, c);
}

static void show_alone(uint32_t slot, int side, const struct pw_row *row, pw_diff diff)
{
	if (diff != 0)
		show(slot, side == PW_LEFT ? row : NULL, side == PW_LEFT ? NULL : row, diff);
}

/*
 * Rows of a side that go out by themselves: those of a key that had (before
 * the commit) or has partners as `with` says, as often as they were or are
 * there.
 */
static void show_single(uint32_t slot, int side, bool with)
{
	struct pw_index_key *key = pw_index_key(&g.index, slot);
	const bool met = !key->lonely;
	const bool had = (met && pw_index_had(key, !side)) == with;
	const bool has = (met && pw_index_has(&g.index, key, !side)) == with;
	struct pw_row *const *rows;

	if (had && has) {
		const struct pw_change *c = pw_index_first(&g.index, key, side);
		for (; c != NULL; c = pw_index_next(&g.index, key, side, c))
			show_alone(slot, side, c->row, c->diff);
	} else if (had != has) {
		const uint32_t count = pw_index_rows(key, side, &rows);
		for (uint32_t i = 0; i < count; i++)
			if (rows[i] != NULL)
				show_alone(slot, side, rows[i],
					   has ? pw_index_copies(&g.index, rows[i])
					       : -rows[i]->copies);
	}
}

/* ---- the end of a commit ---- */

_Noreturn static void fail_row(uint32_t slot, int side, const struct pw_row *row, bool overflow)
{
	const struct pw_slice key = pw_arrangement_key(&g.index.keys, slot);
	struct pw_bytes whole = {0}, text = {0}, when = {0};

	if (overflow)
		pw_fail(PW_DATA, "the copies of a row exceed 64 bits");
	pw_bytes_add(&whole, key.data, key.length);
	pw_bytes_add(&whole, row->data, row->length);
	if (!overflow) {
		pw_roworder_describe(&g.sides[side].order,
				     (struct pw_slice){whole.data, whole.length}, &text);
		pw_time_print(&when, g.time);
		pw_fail(PW_DATA, "time %s: the row (%s) has %lld copies", pw_bytes_string(&when),
			pw_bytes_string(&text), (long long)pw_index_copies(&g.index, row));
	}
	pw_fail_at("%s", names[side]);
	pw_tool_fail(&g.tool);
}

static void close_key(uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(&g.index, slot);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		bool overflow = false;
		const struct pw_row *row = pw_index_unsound(&g.index, key, side, &overflow);
		if (row != NULL)
			fail_row(slot, side, row, overflow);
	}
	if (pairs() && !key->lonely)
		show_pairs(slot);
	if (g.kind == SEMI)
		show_single(slot, PW_LEFT, true);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (g.sides[side].lonely)
			show_single(slot, side, false);
	if (options.now)
		pw_index_settle_right(&g.index, slot);
	else
		pw_index_settle(&g.index, slot);
}

static void close_commit(void)
{
	pw_index_sort(&g.index);
	for (size_t i = 0; i < g.index.touched_count; i++) {
		pw_index_soon(&g.index, i);
		close_key(g.index.touched[i]);
	}
	pw_index_closed(&g.index);
	g.open = false;
}

/* ---- commits in the order of their times ---- */

static void open_commit(pw_time time)
{
	g.open = true;
	g.time = time;
}

static void watch_memory(void)
{
	size_t bytes = pw_index_bytes(&g.index);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		bytes += pw_builder_bytes(&g.sides[side].ahead.rows);
	pw_joined_memory(&g.tool, bytes);
}

/* Rows of the batch from one on wait for their time. */
static void put_ahead(struct side *s, const struct pw_batch *batch, uint32_t from)
{
	struct ahead *a = &s->ahead;
	struct pw_builder rest;

	if (pw_builder_bytes(&a->rows) > AHEAD_BYTES)
		must(pw_fail(PW_SYSTEM, "a commit of more than %zu MB", AHEAD_BYTES >> 20));
	if (a->taken > 0) {
		pw_builder_init(&rest, s->schema);
		pw_builder_append(&rest, pw_builder_view(&a->rows), a->taken,
				  a->rows.rows - a->taken);
		pw_builder_release(&a->rows);
		a->rows = rest;
	}
	pw_builder_append(&a->rows, batch, from, batch->rows - from);
	a->view = NULL;
	a->taken = a->run = 0;
}

/* Rows that nothing can come before any more go into the index, others wait. */
static void take_batch(int side, const struct pw_batch *batch)
{
	uint32_t now = 0;

	if (batch->runs[0].time == g.tool.frontier && g.sides[side].ahead.rows.rows == 0) {
		now = batch->runs[0].rows;
		open_commit(g.tool.frontier);
		encode(side, batch);
		take_rows(side, batch, 0, now);
	}
	if (now < batch->rows)
		put_ahead(&g.sides[side], batch, now);
	watch_memory();
}

/* The time of a side's next rows ahead. */
static bool next_run(int side, pw_time *time)
{
	struct ahead *a = &g.sides[side].ahead;

	if (a->rows.rows == 0)
		return false;
	if (a->view == NULL) {
		a->view = pw_builder_view(&a->rows);
		encode(side, a->view);
	}
	*time = a->view->runs[a->run].time;
	return true;
}

static void take_run(int side)
{
	struct ahead *a = &g.sides[side].ahead;
	const uint32_t rows = a->view->runs[a->run].rows;

	take_rows(side, a->view, a->taken, rows);
	a->taken += rows;
	a->run++;
	if (a->taken < a->rows.rows)
		return;
	pw_builder_clear(&a->rows);
	a->view = NULL;
	a->taken = a->run = 0;
}

/* The commit that is to be closed next. */
static bool next_commit(pw_time *time)
{
	bool any = g.open;
	pw_time next;

	if (any)
		*time = g.time;
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (next_run(side, &next) && (!any || next < *time)) {
			*time = next;
			any = true;
		}
	return any;
}

/* Makes of everything below the frontier (or all) commits, in the order of their times. */
static void close_below(pw_time frontier, bool all)
{
	pw_time time, next;

	while (next_commit(&time) && (all || time < frontier)) {
		open_commit(time);
		for (int side = PW_LEFT; side <= PW_RIGHT; side++)
			while (next_run(side, &next) && next == time)
				take_run(side);
		close_commit();
	}
	send_out();
	watch_memory();
}

static void run_index(void)
{
	struct pw_event ev;

	open_index();
	while (pw_tool_next(&g.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH) {
			take_batch(ev.input, ev.batch);
		} else if (ev.kind == PW_EVENT_FRONTIER) {
			close_below(ev.time, false);
			pw_tool_frontier(&g.tool, ev.time);
		} else if (ev.kind == PW_EVENT_END && ev.ending == PW_FINISHED) {
			close_below(PW_TIME_END, true);
		}
	}
}

static void run_match(void)
{
	struct pw_match m = {
		.tool = &g.tool,
		.joined = &g.joined,
		.build = g.build,
		.lonely = {g.sides[0].lonely, g.sides[1].lonely},
		.pairs = pairs(),
		.matched = g.kind == SEMI,
		.null_equal = options.null_equal,
	};

	pw_match_run(&m);
}

int main(int argc, char **argv)
{
	struct pw_bytes state = {0};

	pw_tool_start(&g.tool, &program, argc, argv, &options);
	choose_kind();
	g.tool.budget.limit = options.memory;
	pw_tool_inputs(&g.tool, g.tool.args, names, 2);
	bind();
	g.keys[0] = g.joined.keys[0];
	g.keys[1] = g.joined.keys[1];
	describe(&state);
	pw_tool_output(&g.tool, &g.joined.schema, pw_bytes_string(&state));
	pw_bytes_release(&state);
	must(pw_joined_open(&g.joined, &g.tool));
	if (g.build >= 0)
		run_match();
	else
		run_index();
	must(pw_joined_close(&g.joined, &g.tool));
	return pw_tool_finish(&g.tool);
}
