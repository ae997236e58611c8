/*
 * Aggregates against themselves: what changes and retractions leave behind
 * must be what the rows that are left give from scratch, in another order, by
 * the append-only forms and by the static ones, and after saving and loading;
 * and parts of a group that are merged what all of its rows give.
 */
#include "../../lib/agg/aggregate.h"
#include "../../lib/data/builder.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum { GROUPS = 4, COLUMNS = 7, ROWS_MAX = 400 };

static uint64_t state = 88172645463325252;

static uint64_t draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

/* ---- rows ---- */

static struct pw_schema schema;

static void make_schema(void)
{
	static const char *const names[COLUMNS] = {"i", "f", "s", "b", "d", "t", "g"};
	static const uint8_t bases[COLUMNS] = {PW_INT,      PW_FLOAT,        PW_STR, PW_BOOL,
					       PW_DURATION, PW_DATETIME_UTC, PW_INT};

	for (int i = 0; i < COLUMNS; i++)
		CHECK(pw_schema_add(&schema, pw_slice_of(names[i]), PW_TYPE(bases[i]), false) == 0);
}

struct row {
	int64_t i, d, t;
	double f;
	char s[8];
	bool b;
	uint8_t nulls; /* a bit per column */
	int group;
};

static double draw_float(void)
{
	static const double some[] = {0.1, -0.1, 1e100, -1e100, 1e-300, INFINITY, NAN, 0, 5e-324};
	const uint64_t kind = draw(8);

	if (kind == 0)
		return some[draw(sizeof some / sizeof *some)];
	return kind < 4 ? (double)draw(10) : ldexp((double)draw(1u << 20), -(int)draw(40));
}

static struct row draw_row(void)
{
	struct row r = {
		.i = draw(4) ? (int64_t)draw(10) - 5 : (int64_t)(draw(1u << 30) << 33),
		.d = (int64_t)draw(1000),
		.t = (int64_t)draw(1000000) * 1000,
		.f = draw_float(),
		.b = draw(2),
		.nulls = draw(3) ? 0 : (uint8_t)draw(64),
		.group = (int)draw(GROUPS),
	};

	for (uint64_t n = draw(5), k = 0; k < n; k++)
		r.s[k] = (char)('a' + draw(3));
	return r;
}

static void append(struct pw_builder *b, const struct row *r, pw_time time, pw_diff diff)
{
	for (int c = 0; c < COLUMNS; c++) {
		struct pw_vector *v = &b->vectors[c];

		if (r->nulls >> c & 1)
			pw_vector_null(v);
		else if (c == 0)
			pw_vector_word(v, r->i);
		else if (c == 1)
			pw_vector_float(v, r->f);
		else if (c == 2)
			pw_vector_text(v, r->s, strlen(r->s));
		else if (c == 3)
			pw_vector_bool(v, r->b);
		else
			pw_vector_word(v, c == 4 ? r->d : c == 5 ? r->t : r->group);
	}
	pw_builder_row(b, time, diff);
}

/* ---- a group-by of them ---- */

struct by {
	struct pw_aggregates calls;
	struct pw_arrangement groups;
	int count;
};

static struct pw_vector number, text;

static struct pw_aggregate_arg arg(int column)
{
	return (struct pw_aggregate_arg){column, schema.fields[column].type, NULL, false};
}

static void add_call(struct by *by, const char *name, int x, int y, int filter)
{
	struct pw_aggregate_call call = {.name = name, .filter = filter};

	if (x >= 0)
		call.args[call.arg_count++] = arg(x);
	if (y >= 0)
		call.args[call.arg_count++] = arg(y);
	if (strncmp(name, "quantile", 8) == 0)
		call.args[call.arg_count++] = (struct pw_aggregate_arg){
			0, PW_TYPE(PW_FLOAT), pw_vector_view(&number), false};
	if (strcmp(name, "string_agg") == 0)
		call.args[call.arg_count++] =
			(struct pw_aggregate_arg){0, PW_TYPE(PW_STR), pw_vector_view(&text), false};
	CHECK(pw_aggregates_add(&by->calls, &call) == by->count);
	by->count++;
}

static void add_different(struct by *by, int x, int y)
{
	struct pw_aggregate_call call = {.name = "count", .filter = -1, .distinct = true};

	call.args[call.arg_count++] = arg(x);
	if (y >= 0)
		call.args[call.arg_count++] = arg(y);
	CHECK(pw_aggregates_add(&by->calls, &call) == by->count++);
}

static void add_list(struct by *by, int x, int order, bool descending, bool nulls)
{
	struct pw_aggregate_call call = {.name = "list", .filter = -1, .keep_nulls = nulls};

	call.args[call.arg_count++] = arg(x);
	if (order >= 0) {
		call.order[call.order_count++] = arg(order);
		call.order[0].descending = descending;
	}
	CHECK(pw_aggregates_add(&by->calls, &call) == by->count++);
}

static void start(struct by *by, bool append_only, bool is_static)
{
	static const char *const numeric[] = {"sum",      "avg",          "var_pop",
					      "var_samp", "stddev_pop",   "stddev_samp",
					      "median",   "quantile_cont"};
	static const char *const general[] = {"min",  "max", "unique",  "mode",
					      "list", "set", "quantile"};

	by->count = 0;
	pw_aggregates_init(&by->calls, append_only, is_static);
	add_call(by, "count", -1, -1, -1);
	add_call(by, "count", -1, -1, 3);
	for (int filter = -1; filter <= 3; filter += 4)
		for (int x = 0; x < 2; x++)
			for (size_t k = 0; k < sizeof numeric / sizeof *numeric; k++)
				add_call(by, numeric[k], x, -1, filter);
	for (int x = 0; x < 6; x++) {
		add_call(by, "count", x, -1, -1);
		add_different(by, x, -1);
		add_different(by, x, (x + 1) % 6);
		for (size_t k = 0; k < sizeof general / sizeof *general; k++)
			add_call(by, general[k], x, -1, x == 4 ? 3 : -1);
		add_call(by, "argmin", x, (x + 2) % 6, -1);
		add_call(by, "argmax", x, (x + 3) % 6, x == 5 ? 3 : -1);
		add_call(by, "any", x, -1, x == 2 ? 3 : -1);
		add_list(by, x, -1, false, true);
		add_list(by, x, (x + 1) % 6, x % 2, false);
		add_list(by, x, x, true, true);
	}
	add_call(by, "bool_and", 3, -1, -1);
	add_call(by, "bool_or", 3, -1, -1);
	add_call(by, "string_agg", 2, -1, -1);
	add_call(by, "sum", 4, -1, -1);
	add_call(by, "avg", 4, -1, -1);
	add_call(by, "median", 5, -1, -1);
	for (int x = 0; x < 6 && append_only; x++) {
		add_call(by, "earliest", x, -1, x == 1 ? 3 : -1);
		add_call(by, "latest", x, -1, x == 2 ? 3 : -1);
		add_call(by, "approx_count_distinct", x, -1, x == 3 ? 3 : -1);
	}
	pw_arrangement_init(&by->groups, by->calls.record_bytes);
}

static void stop(struct by *by)
{
	for (uint32_t s = 0; s < by->groups.slots; s++)
		if (pw_arrangement_live(&by->groups, s))
			pw_aggregates_drop(&by->calls, &by->groups, s);
	pw_aggregates_release(&by->calls);
	pw_arrangement_release(&by->groups);
}

static pw_time now = 2; /* of the rows that are taken */

static void take(struct by *by, struct pw_builder *rows, const uint32_t *runs, uint32_t run_count)
{
	const struct pw_batch *batch = pw_builder_view(rows);
	struct pw_rowkeys keys = {0};
	uint32_t *slots = pw_mem_alloc(batch->rows + 1, sizeof *slots), from = 0;

	pw_rowkeys_encode(&keys, batch, (const int[]){6}, 1, NULL);
	pw_arrangement_put_all(&by->groups, &keys, slots);
	pw_aggregates_batch(&by->calls, batch);
	for (uint32_t r = 0; r < run_count; r++) {
		CHECK(pw_aggregates_take(&by->calls, &by->groups, from, runs[r], slots + from,
					 batch->diffs ? batch->diffs + from : NULL, now) == 0);
		from += runs[r];
	}
	free(slots);
	pw_rowkeys_release(&keys);
	pw_builder_clear(rows);
}

/* The group's slot, or PW_SLOT_NONE when it has no rows. */
static uint32_t slot_of(const struct by *by, int group)
{
	struct pw_vector v;
	struct pw_bytes key = {0};

	pw_vector_init(&v, PW_TYPE(PW_INT));
	pw_vector_word(&v, group);
	pw_rowkey_add(&key, pw_vector_view(&v), 0, false);
	const uint32_t slot =
		pw_arrangement_find(&by->groups, (struct pw_slice){key.data, key.length});
	pw_bytes_release(&key);
	pw_vector_release(&v);
	return slot == PW_SLOT_NONE || pw_aggregates_rows(&by->groups, slot) == 0 ? PW_SLOT_NONE
										  : slot;
}

static void same_answers(struct by *a, struct by *b)
{
	for (int group = 0; group < GROUPS; group++) {
		const uint32_t p = slot_of(a, group), q = slot_of(b, group);

		CHECK((p == PW_SLOT_NONE) == (q == PW_SLOT_NONE));
		for (int c = 0; c < a->count && p != PW_SLOT_NONE; c++) {
			struct pw_vector x, y;

			pw_vector_init(&x, pw_aggregates_type(&a->calls, c));
			pw_vector_init(&y, pw_aggregates_type(&b->calls, c));
			a->calls.error_count = b->calls.error_count = 0;
			pw_aggregates_results(&a->calls, &a->groups, c, &p, 1, &x);
			pw_aggregates_results(&b->calls, &b->groups, c, &q, 1, &y);
			const bool same = pw_column_compare(pw_vector_view(&x), 0,
							    pw_vector_view(&y), 0) == 0;
			CHECK(same);
			if (!same)
				printf("# call %d, group %d\n", c, group);
			CHECK(a->calls.error_count == b->calls.error_count);
			pw_vector_release(&x);
			pw_vector_release(&y);
		}
	}
}

static void all_sound(const struct by *by)
{
	for (uint32_t s = 0; s < by->groups.slots; s++)
		CHECK(!pw_arrangement_live(&by->groups, s) ||
		      pw_aggregates_sound(&by->calls, &by->groups, s));
}

/* Saved and loaded into a new one, which takes its place. */
static void reload(struct by *by, bool append_only, bool is_static)
{
	struct by fresh;

	start(&fresh, append_only, is_static);
	for (uint32_t s = 0; s < by->groups.slots; s++) {
		struct pw_bytes saved = {0};

		if (!pw_arrangement_live(&by->groups, s) || pw_aggregates_rows(&by->groups, s) == 0)
			continue;
		pw_aggregates_save(&by->calls, &by->groups, s, &saved);
		const uint32_t to =
			pw_arrangement_put(&fresh.groups, pw_arrangement_key(&by->groups, s), NULL);
		CHECK(pw_aggregates_load(&fresh.calls, &fresh.groups, to,
					 (struct pw_slice){saved.data, saved.length}) == 0);
		pw_bytes_release(&saved);
	}
	same_answers(by, &fresh);
	stop(by);
	*by = fresh;
}

struct table {
	struct row rows[ROWS_MAX];
	int count;
};

static void from_scratch(const struct table *t, struct by *by, bool append_only, bool is_static,
			 bool save)
{
	struct pw_builder b;
	uint32_t run;

	start(by, append_only, is_static);
	pw_builder_init(&b, &schema);
	for (int i = t->count - 1; i >= 0; i--) {
		append(&b, &t->rows[i], 2, 1);
		if (draw(16) == 0) {
			run = b.rows;
			take(by, &b, &run, 1);
			if (save && draw(4) == 0)
				reload(by, append_only, is_static);
		}
	}
	run = b.rows;
	take(by, &b, &run, 1);
	pw_builder_release(&b);
}

/* Random changes to the table, in a batch of a few runs. */
static void change(struct table *t, struct by *by, int changes)
{
	struct pw_builder b;
	uint32_t runs[64], run_count = 0, from = 0;

	pw_builder_init(&b, &schema);
	if (draw(2))
		pw_builder_intern(&b);
	for (int k = 0; k < changes; k++) {
		const int copies = 1 + (int)draw(2);

		if (t->count + copies <= ROWS_MAX && draw(5) > 1) {
			const struct row r = draw_row();

			append(&b, &r, 2, copies);
			for (int c = 0; c < copies; c++)
				t->rows[t->count++] = r;
		} else if (t->count > 0) {
			const int at = (int)draw((uint64_t)t->count);

			append(&b, &t->rows[at], 2, -1);
			t->rows[at] = t->rows[--t->count];
		}
		if (draw(8) == 0 && run_count < 60 && b.rows > from) {
			runs[run_count++] = b.rows - from;
			from = b.rows;
		}
	}
	if (b.rows > from)
		runs[run_count++] = b.rows - from;
	take(by, &b, runs, run_count);
	pw_builder_release(&b);
}

static void changes_leave_no_trace(void)
{
	for (int round = 0; round < 12; round++) {
		struct table *t = pw_mem_zero(1, sizeof *t);
		struct by by, plain, once;

		start(&by, false, false);
		for (int commit = 0; commit < 12; commit++) {
			change(t, &by, 1 + (int)draw(commit % 4 ? 10 : 120));
			all_sound(&by);
			if (draw(3) == 0)
				reload(&by, false, false);
			from_scratch(t, &plain, true, false, true);
			same_answers(&by, &plain);
			from_scratch(t, &once, true, true, true);
			same_answers(&by, &once);
			stop(&plain);
			stop(&once);
		}
		while (t->count > 0) { /* and all of it goes */
			struct pw_builder b;
			const uint32_t run = 1;

			pw_builder_init(&b, &schema);
			append(&b, &t->rows[--t->count], 2, -1);
			take(&by, &b, &run, 1);
			pw_builder_release(&b);
		}
		all_sound(&by);
		CHECK(slot_of(&by, 0) == PW_SLOT_NONE);
		stop(&by);
		free(t);
	}
}

static void what_was_not_there(void)
{
	struct pw_builder b;
	struct by by;
	const uint32_t run = 2;
	struct row r = {.i = 1, .s = "x"}, other = {.i = 2, .s = "x"};

	start(&by, false, false);
	pw_builder_init(&b, &schema);
	append(&b, &r, 2, 1);
	append(&b, &other, 2, -1);
	take(&by, &b, &run, 1);
	CHECK(!pw_aggregates_sound(&by.calls, &by.groups, 0));
	append(&b, &other, 2, 2);
	append(&b, &r, 2, 1);
	take(&by, &b, &run, 1);
	CHECK(pw_aggregates_sound(&by.calls, &by.groups, 0));
	pw_builder_release(&b);
	stop(&by);
}

/* ---- merges ---- */

/* Takes a row, in a group other than its own, at a time. */
static void take_row(struct by *by, const struct row *r, int group, pw_time time, pw_diff diff)
{
	struct pw_builder b;
	struct row copy = *r;
	const uint32_t run = 1;

	copy.group = group;
	now = time;
	pw_builder_init(&b, &schema);
	append(&b, &copy, time, diff);
	take(by, &b, &run, 1);
	pw_builder_release(&b);
	now = 2;
}

/* All groups become one, in random order; the others are dropped. */
static void merge_all(struct by *by)
{
	for (int group = 1, from; group < GROUPS; group++) {
		const uint32_t into = slot_of(by, 0);

		do
			from = 1 + (int)draw(GROUPS - 1);
		while (slot_of(by, from) == PW_SLOT_NONE);
		const uint32_t slot = slot_of(by, from);

		CHECK(pw_aggregates_merge(&by->calls, &by->groups, into, slot) == 0);
		pw_aggregates_drop(&by->calls, &by->groups, slot);
		pw_arrangement_drop(&by->groups, slot);
	}
}

/* Rows dealt out to groups that are merged, and the same in one group; then some go. */
static void parts_are_merged(void)
{
	for (int round = 0; round < 120; round++) {
		const bool append_only = round % 3 > 0, is_static = round % 3 > 1;
		struct row rows[60];
		struct by parts, whole;
		const int count = GROUPS + (int)draw(56);

		start(&parts, append_only, is_static);
		start(&whole, append_only, is_static);
		for (int i = 0; i < count; i++) {
			const pw_time time = is_static ? 2 : 2 * draw(4);
			const pw_diff copies = 1 + (pw_diff)draw(2);

			rows[i] = draw_row();
			take_row(&parts, &rows[i], i < GROUPS ? i : (int)draw(GROUPS), time,
				 copies);
			take_row(&whole, &rows[i], 0, time, copies);
		}
		if (draw(2))
			reload(&parts, append_only, is_static);
		merge_all(&parts);
		all_sound(&parts);
		same_answers(&parts, &whole);
		if (draw(2))
			reload(&parts, append_only, is_static);
		for (int i = 0; i < count && !append_only; i++) {
			take_row(&parts, &rows[i], 0, 2, -1);
			take_row(&whole, &rows[i], 0, 2, -1);
			if (i == count / 2) {
				all_sound(&parts);
				same_answers(&parts, &whole);
			}
		}
		stop(&parts);
		stop(&whole);
	}
}

/* What leaves a group as the other part of a sum: no part alone is sound. */
static void parts_that_owe(void)
{
	const struct row r = {.i = 1, .f = 1e300, .s = "x"}, other = {.i = 2, .f = 0.5, .s = "y"};
	struct by by, whole;

	start(&by, false, false);
	start(&whole, false, false);
	take_row(&by, &r, 0, 2, 2);
	take_row(&by, &other, 1, 2, 1);
	take_row(&by, &r, 1, 2, -1);
	CHECK(!pw_aggregates_sound(&by.calls, &by.groups, 1));
	CHECK(pw_aggregates_merge(&by.calls, &by.groups, 0, 1) == 0);
	CHECK(pw_aggregates_sound(&by.calls, &by.groups, 0));
	pw_aggregates_drop(&by.calls, &by.groups, 1);
	take_row(&whole, &r, 0, 2, 1);
	take_row(&whole, &other, 0, 2, 1);
	same_answers(&by, &whole);
	stop(&by);
	stop(&whole);
}

static int refused(const char *name, int x, int y, bool distinct, bool append_only)
{
	struct pw_aggregate_call call = {.name = name, .filter = -1, .distinct = distinct};
	struct pw_aggregates calls;

	pw_aggregates_init(&calls, append_only, false);
	if (x >= 0)
		call.args[call.arg_count++] = arg(x);
	if (y >= 0)
		call.args[call.arg_count++] = arg(y);
	const int answer = pw_aggregates_add(&calls, &call);
	pw_aggregates_release(&calls);
	return answer < 0 ? (int)pw_fail_status() : 0;
}

static void refusals(void)
{
	CHECK(refused("sum", 2, -1, false, false) == PW_USAGE);
	CHECK(strcmp(pw_fail_text(), "sum takes an int, a float or a duration, not a str") == 0);
	CHECK(refused("sum", -1, -1, false, false) == PW_USAGE);
	CHECK(refused("sum", 0, 0, false, false) == PW_USAGE);
	CHECK(refused("sum", 0, -1, true, false) == PW_USAGE);
	CHECK(refused("bool_and", 0, -1, false, false) == PW_USAGE);
	CHECK(refused("earliest", 0, -1, false, false) == PW_USAGE);
	CHECK(refused("earliest", 0, -1, false, true) == 0);
	CHECK(refused("quantile", 0, 1, false, false) == PW_USAGE);
	CHECK(refused("string_agg", 2, -1, false, false) == PW_USAGE);
	CHECK(refused("no_such", 0, -1, false, false) == PW_USAGE);
	CHECK(refused("count", -1, -1, true, false) == PW_USAGE);
	CHECK(refused("min", 3, -1, false, false) == 0);
}

/* Sketches are right to a few percent, the same in any order, and after saving. */
static void sketches(void)
{
	struct pw_builder b;

	pw_builder_init(&b, &schema);
	for (int n = 1; n < 60000; n = n * 5 + 3) {
		struct pw_aggregates calls;
		struct pw_arrangement groups;
		struct pw_aggregate_call call = {.name = "approx_count_distinct", .filter = -1};
		struct pw_vector v;
		uint32_t *slots = pw_mem_zero((size_t)n * 2, sizeof *slots);
		struct pw_bytes saved = {0};

		call.args[call.arg_count++] = arg(0);
		pw_aggregates_init(&calls, true, false);
		CHECK(pw_aggregates_add(&calls, &call) == 0);
		pw_arrangement_init(&groups, calls.record_bytes);
		pw_arrangement_put(&groups, PW_SLICE("a"), NULL);
		for (int i = 0; i < 2 * n; i++) {
			const struct row r = {.i = i % n * 1000};

			append(&b, &r, 2, 1);
		}
		pw_aggregates_batch(&calls, pw_builder_view(&b));
		CHECK(pw_aggregates_take(&calls, &groups, 0, b.rows, slots, NULL, 2) == 0);
		pw_builder_clear(&b);
		const uint32_t one[2] = {0, pw_arrangement_put(&groups, PW_SLICE("b"), NULL)};
		pw_aggregates_save(&calls, &groups, 0, &saved);
		CHECK(pw_aggregates_load(&calls, &groups, one[1],
					 (struct pw_slice){saved.data, saved.length}) == 0);
		pw_vector_init(&v, PW_TYPE(PW_INT));
		pw_aggregates_results(&calls, &groups, 0, one, 2, &v);
		const int64_t answer = pw_column_int(pw_vector_view(&v), 0);
		CHECK(answer == pw_column_int(pw_vector_view(&v), 1));
		CHECK(fabs((double)answer - n) <= 0.05 * n);
		pw_aggregates_drop(&calls, &groups, 0);
		pw_aggregates_drop(&calls, &groups, one[1]);
		pw_vector_release(&v);
		pw_bytes_release(&saved);
		pw_aggregates_release(&calls);
		pw_arrangement_release(&groups);
		free(slots);
	}
	pw_builder_release(&b);
}

int main(void)
{
	make_schema();
	pw_vector_init(&number, PW_TYPE(PW_FLOAT));
	pw_vector_float(&number, 0.3);
	pw_vector_init(&text, PW_TYPE(PW_STR));
	pw_vector_text(&text, "-", 1);
	TEST(changes_leave_no_trace);
	TEST(what_was_not_there);
	TEST(parts_are_merged);
	TEST(parts_that_owe);
	TEST(refusals);
	TEST(sketches);
	pw_vector_release(&number);
	pw_vector_release(&text);
	pw_schema_release(&schema);
	return check_done();
}
