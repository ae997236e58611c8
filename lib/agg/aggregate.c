#include "aggregate_internal.h"

#include "../base/fail.h"

#include <stdlib.h>

void pw_aggregates_init(struct pw_aggregates *g, bool append_only, bool is_static)
{
	*g = (struct pw_aggregates){
		.append_only = append_only,
		.is_static = is_static,
		.record_bytes = sizeof(pw_diff),
	};
}

void pw_aggregates_release(struct pw_aggregates *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->calls[i]->text);
		free(g->calls[i]);
	}
	for (size_t i = 0; i < g->accumulator_count; i++) {
		pw_accumulate_release(g->accumulators[i]);
		free(g->accumulators[i]);
	}
	for (size_t i = 0; i < g->feed_count; i++) {
		pw_feed_release(g->feeds[i]);
		free(g->feeds[i]);
	}
	free(g->calls);
	free(g->accumulators);
	free(g->feeds);
	free(g->errors);
	*g = (struct pw_aggregates){0};
}

static bool same_feed(const struct pw_feed *a, const struct pw_feed *b)
{
	if (a->shared_by_any || b->shared_by_any)
		return false;
	if (a->count != b->count || a->filter != b->filter || a->keyed != b->keyed)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->columns[i] != b->columns[i] || a->descending[i] != b->descending[i] ||
		    a->needed[i] != b->needed[i])
			return false;
	return true;
}

struct pw_feed *pw_aggregate_feed(struct pw_aggregates *g, const struct pw_feed *like)
{
	for (size_t i = 0; i < g->feed_count; i++)
		if (same_feed(g->feeds[i], like))
			return g->feeds[i];
	g->feeds = pw_mem_grow(g->feeds, &g->feed_capacity, g->feed_count + 1, sizeof *g->feeds);
	struct pw_feed *f = g->feeds[g->feed_count++] = pw_mem_alloc(1, sizeof *f);

	*f = *like;
	return f;
}

struct pw_accumulator *pw_aggregate_accumulator(struct pw_aggregates *g, struct pw_feed *f,
						const struct pw_accumulator_kind *kind)
{
	for (size_t i = 0; i < g->accumulator_count; i++)
		if (g->accumulators[i]->kind == kind && g->accumulators[i]->feed == f)
			return g->accumulators[i];
	g->accumulators = pw_mem_grow(g->accumulators, &g->accumulator_capacity,
				      g->accumulator_count + 1, sizeof *g->accumulators);
	struct pw_accumulator *c = g->accumulators[g->accumulator_count++] =
		pw_mem_zero(1, sizeof *c);

	c->kind = kind;
	c->feed = f;
	c->offset = g->record_bytes;
	g->record_bytes += kind->bytes;
	if (kind == &pw_accumulate_multiset || kind == &pw_accumulate_values ||
	    kind == &pw_accumulate_greatest || kind == &pw_accumulate_least)
		f->wants_ordered = true;
	else
		f->wants_words = true;
	return c;
}

static int check_clauses(const struct pw_aggregate_kind *kind, const struct pw_aggregate_call *call,
			 bool append_only)
{
	const char *name = call->name;

	if (call->distinct && !(kind->flags & PW_AGGREGATE_DISTINCT))
		return pw_fail(
			PW_USAGE,
			"%s takes no DISTINCT (count does; set(x) holds the different values)",
			name);
	if (call->order_count > 0 && !(kind->flags & PW_AGGREGATE_ORDER))
		return pw_fail(PW_USAGE, "%s takes no ORDER BY (list and string_agg do)", name);
	if (call->keep_nulls && !(kind->flags & PW_AGGREGATE_KEEP))
		return pw_fail(PW_USAGE, "%s takes no KEEP NULLS (list does)", name);
	if ((kind->flags & PW_AGGREGATE_APPEND_ONLY) && !append_only)
		return pw_fail(PW_USAGE,
			       "%s needs an append-only input, and rows of this one may be taken "
			       "away",
			       name);
	return 0;
}

/* Would CAST(x AS int) help? */
static bool is_bool_for_int(const struct pw_aggregate_kind *kind, struct pw_type type)
{
	return type.depth == 0 && type.base == PW_BOOL && (kind->bases >> PW_INT & 1);
}

static int check_args(const struct pw_aggregate_kind *kind, const struct pw_aggregate_call *call)
{
	const struct pw_aggregate_arg *first = &call->args[0], *second = &call->args[1];

	if (call->arg_count < kind->least_args || call->arg_count > kind->most_args)
		return pw_fail(PW_USAGE, "%s takes %s", call->name, kind->takes);
	if (call->distinct && call->arg_count == 0)
		return pw_fail(PW_USAGE, "count(DISTINCT ...) needs an argument");
	if (kind->bases && (first->type.depth > 0 || !(kind->bases >> first->type.base & 1)))
		return pw_fail(PW_USAGE, "%s takes %s, not %s %s%s", call->name, kind->takes,
			       pw_type_article(first->type), pw_type_name(first->type),
			       is_bool_for_int(kind, first->type)
				       ? " (write (...)::int for 1 and 0)"
				       : "");
	if (!(kind->flags & PW_AGGREGATE_CONSTANT))
		return 0;
	if (!second->constant || pw_column_null(second->constant, 0))
		return pw_fail(PW_USAGE, "%s takes %s", call->name, kind->takes);
	return 0;
}

/* The constant second argument: quantile's share, string_agg's separator. */
static int take_constant(struct pw_aggregate *c, const struct pw_aggregate_call *call)
{
	const struct pw_column *x = call->args[1].constant;
	const bool number = x->type.base == PW_FLOAT || x->type.base == PW_INT;

	if (pw_type_form(x->type) == PW_FORM_TEXT && strcmp(call->name, "string_agg") == 0) {
		const struct pw_slice s = pw_column_text(x, 0);

		c->text = pw_mem_copy(s.data, s.length);
		c->text_length = s.length;
		return 0;
	}
	if (number && x->type.depth == 0 && strcmp(call->name, "string_agg") != 0) {
		c->number = x->type.base == PW_FLOAT ? pw_column_float(x, 0)
						     : (double)pw_column_int(x, 0);
		if (c->number >= 0 && c->number <= 1)
			return 0;
	}
	return pw_fail(PW_USAGE, "%s takes %s", call->name, c->kind->takes);
}

int pw_aggregates_add(struct pw_aggregates *g, const struct pw_aggregate_call *call)
{
	const struct pw_aggregate_kind *kind = pw_aggregate_find(call->name);
	struct pw_aggregate *c;

	if (!kind)
		return pw_fail(PW_USAGE, "'%s' is not an aggregate", call->name);
	if (check_clauses(kind, call, g->append_only) || check_args(kind, call))
		return -1;
	c = pw_mem_zero(1, sizeof *c);
	c->kind = kind;
	c->asked = *call;
	c->asked.name = kind->name;
	if ((kind->flags & PW_AGGREGATE_CONSTANT) && take_constant(c, call)) {
		free(c);
		return -1;
	}
	c->type = kind->type(call);
	c->number_in_set = (uint32_t)g->count;
	g->calls = pw_mem_grow(g->calls, &g->capacity, g->count + 1, sizeof *g->calls);
	g->calls[g->count++] = c;
	kind->plan(g, c);
	return (int)g->count - 1;
}

struct pw_type pw_aggregates_type(const struct pw_aggregates *g, int call)
{
	return g->calls[call]->type;
}

void pw_aggregates_batch(struct pw_aggregates *g, const struct pw_batch *batch)
{
	for (size_t i = 0; i < g->feed_count; i++)
		pw_feed_batch(g->feeds[i], batch);
}

static int count_rows(const struct pw_arrangement *a, uint32_t count, const uint32_t *slots,
		      const pw_diff *diffs)
{
	const struct pw_arrangement table = *a;
	bool overflow = false;

	for (uint32_t i = 0; i < count; i++) {
		pw_diff *rows = pw_arrangement_record(&table, slots[i]);
		overflow |= __builtin_add_overflow(*rows, diffs ? diffs[i] : 1, rows);
	}
	return overflow ? pw_fail(PW_DATA, "the rows of a group exceed 64 bits") : 0;
}

int pw_aggregates_take(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t from,
		       uint32_t count, const uint32_t *slots, const pw_diff *diffs, pw_time time)
{
	if (count_rows(a, count, slots, diffs) < 0)
		return -1;
	for (size_t i = 0; i < g->feed_count; i++)
		pw_feed_take(g->feeds[i], from, count, slots, diffs, time);
	for (size_t i = 0; i < g->accumulator_count; i++)
		if (g->accumulators[i]->feed->n > 0)
			g->accumulators[i]->kind->add(g->accumulators[i], a);
	return 0;
}

bool pw_aggregates_sound(const struct pw_aggregates *g, const struct pw_arrangement *a,
			 uint32_t slot)
{
	const pw_diff rows = pw_aggregates_rows(a, slot);

	if (rows < 0)
		return false;
	for (size_t i = 0; i < g->feed_count; i++) {
		const pw_diff missed = pw_feed_missed(g->feeds[i], slot);

		if (missed < 0 || missed > rows)
			return false;
	}
	for (size_t i = 0; i < g->accumulator_count; i++) {
		const struct pw_accumulator *c = g->accumulators[i];

		if (!c->kind->sound(c, pw_accumulate_state(c, a, slot),
				    rows - pw_feed_missed(c->feed, slot)))
			return false;
	}
	return true;
}

void pw_aggregates_results(struct pw_aggregates *g, const struct pw_arrangement *a, int call,
			   const uint32_t *slots, uint32_t count, struct pw_vector *v)
{
	const struct pw_aggregate *c = g->calls[call];

	c->kind->results(g, a, c, slots, count, v);
}

void pw_aggregate_error(struct pw_aggregates *g, const struct pw_aggregate *c, uint32_t row,
			const char *reason)
{
	g->errors =
		pw_mem_grow(g->errors, &g->error_capacity, g->error_count + 1, sizeof *g->errors);
	g->errors[g->error_count++] = (struct pw_aggregate_error){row, c->number_in_set, reason};
}

void pw_aggregates_drop(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t slot)
{
	for (size_t i = 0; i < g->accumulator_count; i++) {
		struct pw_accumulator *c = g->accumulators[i];

		c->kind->drop(c, pw_accumulate_state(c, a, slot));
	}
	for (size_t i = 0; i < g->feed_count; i++)
		pw_feed_set_missed(g->feeds[i], slot, 0);
}

int pw_aggregates_merge(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t into,
			uint32_t from)
{
	pw_diff *rows = pw_arrangement_record(a, into);

	if (__builtin_add_overflow(*rows, pw_aggregates_rows(a, from), rows))
		return pw_fail(PW_DATA, "the rows of a group exceed 64 bits");
	for (size_t i = 0; i < g->feed_count; i++) {
		struct pw_feed *f = g->feeds[i];
		const pw_diff missed = pw_feed_missed(f, from);

		if (missed != 0)
			pw_feed_set_missed(f, into, pw_feed_missed(f, into) + missed);
	}
	for (size_t i = 0; i < g->accumulator_count; i++)
		g->accumulators[i]->kind->merge(g->accumulators[i], a, into, from);
	return 0;
}

bool pw_aggregates_merge_is_cheap(const struct pw_aggregates *g)
{
	for (size_t i = 0; i < g->accumulator_count; i++)
		if (g->accumulators[i]->kind->grows)
			return false;
	return true;
}

void pw_aggregates_save(const struct pw_aggregates *g, const struct pw_arrangement *a,
			uint32_t slot, struct pw_bytes *b)
{
	const pw_diff rows = pw_aggregates_rows(a, slot);

	pw_bytes_add(b, &rows, sizeof rows);
	for (size_t i = 0; i < g->feed_count; i++) {
		const pw_diff missed = pw_feed_missed(g->feeds[i], slot);

		pw_bytes_add(b, &missed, sizeof missed);
	}
	for (size_t i = 0; i < g->accumulator_count; i++) {
		const struct pw_accumulator *c = g->accumulators[i];

		c->kind->save(c, pw_accumulate_state(c, a, slot), b);
	}
}

int pw_aggregates_load(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t slot,
		       struct pw_slice saved)
{
	const char *at = saved.data, *const end = saved.data + saved.length;
	pw_diff x;

	if (pw_accumulate_take(&at, end, &x, sizeof x) || x <= 0)
		return pw_fail(PW_STATE, "a group's count of rows is missing or not positive");
	*(pw_diff *)pw_arrangement_record(a, slot) = x;
	for (size_t i = 0; i < g->feed_count; i++) {
		if (pw_accumulate_take(&at, end, &x, sizeof x))
			return pw_fail(PW_STATE, "a group ends early");
		pw_feed_set_missed(g->feeds[i], slot, x);
	}
	for (size_t i = 0; i < g->accumulator_count; i++) {
		struct pw_accumulator *c = g->accumulators[i];

		if (c->kind->load(c, pw_accumulate_state(c, a, slot), slot, &at, end))
			return pw_fail(PW_STATE, "a group's %s is damaged", c->kind->name);
	}
	return at == end ? 0 : pw_fail(PW_STATE, "a group is followed by something else");
}

size_t pw_aggregates_bytes(const struct pw_aggregates *g)
{
	size_t bytes = 0;

	for (size_t i = 0; i < g->accumulator_count; i++) {
		bytes += pw_pool_bytes(&g->accumulators[i]->sets.pool);
		if (g->accumulators[i]->hash)
			bytes += pw_arrangement_bytes(g->accumulators[i]->hash);
	}
	for (size_t i = 0; i < g->feed_count; i++)
		bytes += g->feeds[i]->missed_capacity * sizeof(pw_diff);
	return bytes;
}

void pw_aggregates_describe(const struct pw_aggregates *g, struct pw_bytes *b)
{
	bool values = false, different = false;

	for (size_t i = 0; i < g->accumulator_count; i++) {
		const struct pw_accumulator_kind *k = g->accumulators[i]->kind;

		values |= k == &pw_accumulate_values;
		different |= k == &pw_accumulate_multiset || k == &pw_accumulate_different;
	}
	pw_bytes_print(b, "a record of %zu bytes per group%s%s", g->record_bytes,
		       different ? ", and its different values" : "",
		       values ? ", and all its values" : "");
}
