/* The table of aggregates, and those that are answered from numbers. */
#include "aggregate_internal.h"

#include <math.h>
#include <stdlib.h>

/* ---- types ---- */

static struct pw_type type_int(const struct pw_aggregate_call *call)
{
	(void)call;
	return PW_TYPE(PW_INT);
}

static struct pw_type type_float(const struct pw_aggregate_call *call)
{
	(void)call;
	return PW_TYPE(PW_FLOAT);
}

static struct pw_type type_bool(const struct pw_aggregate_call *call)
{
	(void)call;
	return PW_TYPE(PW_BOOL);
}

static struct pw_type type_str(const struct pw_aggregate_call *call)
{
	(void)call;
	return PW_TYPE(PW_STR);
}

static struct pw_type type_same(const struct pw_aggregate_call *call)
{
	struct pw_type type = call->args[0].type;

	type.required = false;
	return type;
}

static struct pw_type type_list(const struct pw_aggregate_call *call)
{
	return PW_LIST_OF(call->args[0].type);
}

/* Numbers give floats; times and durations their own type. */
static struct pw_type type_mean(const struct pw_aggregate_call *call)
{
	const uint8_t base = call->args[0].type.base;

	return base == PW_INT || base == PW_FLOAT ? PW_TYPE(PW_FLOAT) : type_same(call);
}

/* ---- plans ---- */

static void read_column(struct pw_feed *f, const struct pw_aggregate_arg *x, bool needed)
{
	f->columns[f->count] = x->column;
	f->types[f->count] = x->type;
	f->descending[f->count] = x->descending;
	f->needed[f->count++] = needed;
}

/* A feed of one argument that must not be null. */
static struct pw_feed feed_of(const struct pw_aggregate *c)
{
	struct pw_feed f = {.filter = c->asked.filter};

	read_column(&f, &c->asked.args[0], true);
	f.keyed = !pw_feed_fits_word(f.types[0]);
	return f;
}

static void plan_count(struct pw_aggregates *g, struct pw_aggregate *c)
{
	struct pw_feed like = {.filter = c->asked.filter};

	if (c->asked.arg_count == 0 && like.filter < 0)
		return;
	if (c->asked.arg_count > 0)
		like = feed_of(c);
	for (size_t i = 1; i < c->asked.arg_count; i++) {
		read_column(&like, &c->asked.args[i], true);
		like.keyed = true;
	}
	c->feed = pw_aggregate_feed(g, &like);
	if (c->asked.distinct)
		c->first = pw_aggregate_accumulator(g, c->feed,
						    g->append_only ? &pw_accumulate_different
								   : &pw_accumulate_multiset);
}

static bool is_float(const struct pw_aggregate *c)
{
	return c->asked.args[0].type.base == PW_FLOAT;
}

static void plan_sum(struct pw_aggregates *g, struct pw_aggregate *c)
{
	const struct pw_feed like = feed_of(c);

	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(
		g, c->feed, is_float(c) ? &pw_accumulate_float_sum : &pw_accumulate_int_sum);
}

static void plan_variance(struct pw_aggregates *g, struct pw_aggregate *c)
{
	plan_sum(g, c);
	c->second = pw_aggregate_accumulator(g, c->feed,
					     is_float(c) ? &pw_accumulate_float_squares
							 : &pw_accumulate_int_squares);
}

static void plan_trues(struct pw_aggregates *g, struct pw_aggregate *c)
{
	const struct pw_feed like = feed_of(c);

	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(g, c->feed, &pw_accumulate_trues);
}

static void plan_sketch(struct pw_aggregates *g, struct pw_aggregate *c)
{
	const struct pw_feed like = feed_of(c);

	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(g, c->feed, &pw_accumulate_sketch);
}

/* Values in order: all of one commit in a row, else a multiset. */
static void plan_values(struct pw_aggregates *g, struct pw_aggregate *c)
{
	const struct pw_feed like = feed_of(c);

	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(g, c->feed,
					    g->append_only && g->is_static && !like.keyed
						    ? &pw_accumulate_values
						    : &pw_accumulate_multiset);
}

static void plan_mode(struct pw_aggregates *g, struct pw_aggregate *c)
{
	plan_values(g, c);
	c->first->modes = true;
}

static struct pw_accumulator *extreme(struct pw_aggregates *g, struct pw_aggregate *c, bool least)
{
	struct pw_feed like = feed_of(c);

	if (g->append_only && like.keyed)
		like.descending[0] = !least;
	struct pw_feed *f = pw_aggregate_feed(g, &like);

	if (!c->feed)
		c->feed = f;
	return pw_aggregate_accumulator(g, f,
					!g->append_only ? &pw_accumulate_multiset
					: like.keyed    ? &pw_accumulate_least_key
					: least         ? &pw_accumulate_least
							: &pw_accumulate_greatest);
}

static void plan_min(struct pw_aggregates *g, struct pw_aggregate *c)
{
	c->first = extreme(g, c, true);
}

static void plan_max(struct pw_aggregates *g, struct pw_aggregate *c)
{
	c->first = extreme(g, c, false);
}

static void plan_unique(struct pw_aggregates *g, struct pw_aggregate *c)
{
	c->first = extreme(g, c, true);
	c->second = extreme(g, c, false);
}

/* The least of (by, x): by descending for argmax, so that ties go to the least x. */
static void plan_arg(struct pw_aggregates *g, struct pw_aggregate *c)
{
	struct pw_feed like = {.filter = c->asked.filter, .keyed = true};

	read_column(&like, &c->asked.args[1], true);
	read_column(&like, &c->asked.args[0], false);
	like.descending[0] = strcmp(c->kind->name, "argmax") == 0;
	c->place = 1;
	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(
		g, c->feed, g->append_only ? &pw_accumulate_least_key : &pw_accumulate_multiset);
}

/* All any() of one filter take the least row of all their arguments: they share a feed. */
static void plan_any(struct pw_aggregates *g, struct pw_aggregate *c)
{
	struct pw_aggregate *other = NULL;
	const int column = c->asked.args[0].column;
	size_t i = 0;

	for (; i < g->count; i++)
		if (g->calls[i] != c && g->calls[i]->kind == c->kind &&
		    g->calls[i]->asked.filter == c->asked.filter &&
		    g->calls[i]->feed->count < PW_FEED_COLUMNS)
			other = g->calls[i];
	if (!other) {
		struct pw_feed like = {
			.filter = c->asked.filter, .keyed = true, .shared_by_any = true};

		read_column(&like, &c->asked.args[0], false);
		c->feed = pw_aggregate_feed(g, &like);
		c->first = pw_aggregate_accumulator(g, c->feed,
						    g->append_only ? &pw_accumulate_least_key
								   : &pw_accumulate_multiset);
		return;
	}
	struct pw_feed *f = c->feed = other->feed;

	c->first = other->first;
	for (i = 0; i < f->count && f->columns[i] != column; i++)
		;
	c->place = i;
	if (i == f->count)
		read_column(f, &c->asked.args[0], false);
}

static void plan_moment(struct pw_aggregates *g, struct pw_aggregate *c)
{
	struct pw_feed like = feed_of(c);

	like.keyed = true;
	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(g, c->feed,
					    strcmp(c->kind->name, "earliest") == 0
						    ? &pw_accumulate_first
						    : &pw_accumulate_last);
}

/* The feed has the columns of ORDER BY, then the value. */
static void plan_list(struct pw_aggregates *g, struct pw_aggregate *c)
{
	struct pw_aggregate_call *asked = &c->asked;
	struct pw_feed like = {.filter = asked->filter, .keyed = true};

	if (asked->order_count == 1 && asked->order[0].column == asked->args[0].column &&
	    !asked->order[0].descending)
		asked->order_count = 0;
	if (asked->order_count == 0 && !asked->keep_nulls) {
		plan_values(g, c);
		return;
	}
	for (size_t i = 0; i < asked->order_count; i++)
		read_column(&like, &asked->order[i], false);
	c->place = asked->order_count;
	read_column(&like, &asked->args[0], !asked->keep_nulls);
	c->feed = pw_aggregate_feed(g, &like);
	c->first = pw_aggregate_accumulator(g, c->feed, &pw_accumulate_multiset);
}

/* ---- results ---- */

#define RESULTS(function)                                                                          \
	static void function(struct pw_aggregates *g, const struct pw_arrangement *a,              \
			     const struct pw_aggregate *c, const uint32_t *slots, uint32_t count,  \
			     struct pw_vector *v)

RESULTS(count_results)
{
	(void)g;
	if (!c->asked.distinct) {
		for (uint32_t i = 0; i < count; i++)
			pw_vector_word(v, pw_aggregate_rows(c, a, slots[i]));
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		const void *s = pw_accumulate_state(c->first, a, slots[i]);

		if (c->first->kind == &pw_accumulate_different)
			pw_vector_word(v, ((const struct pw_different *)s)->count);
		else
			pw_vector_word(v, (int64_t)((const struct pw_multiset *)s)->values);
	}
}

RESULTS(sum_results)
{
	for (uint32_t i = 0; i < count; i++) {
		const void *s = pw_accumulate_state(c->first, a, slots[i]);

		if (pw_aggregate_rows(c, a, slots[i]) <= 0) {
			pw_vector_null(v);
		} else if (is_float(c)) {
			pw_vector_float(v, pw_exact_sum(s));
		} else {
			const pw_int128 sum = pw_int_sum_value(s);

			if (sum == (int64_t)sum) {
				pw_vector_word(v, (int64_t)sum);
				continue;
			}
			pw_vector_null(v);
			pw_aggregate_error(g, c, i,
					   c->type.base == PW_INT
						   ? "the sum does not fit into an int"
						   : "the sum does not fit into a duration");
		}
	}
}

RESULTS(avg_results)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const void *s = pw_accumulate_state(c->first, a, slots[i]);
		const pw_diff n = pw_aggregate_rows(c, a, slots[i]);

		if (n <= 0)
			pw_vector_null(v);
		else if (is_float(c))
			pw_vector_float(v, pw_exact_mean(s, n));
		else if (c->type.base == PW_FLOAT)
			pw_vector_float(v, pw_exact_int_mean(pw_int_sum_value(s), n));
		else
			pw_vector_word(v, (int64_t)pw_exact_int_divide(pw_int_sum_value(s), n));
	}
}

RESULTS(variance_results)
{
	const int less = strstr(c->kind->name, "_samp") != NULL;
	const bool root = c->kind->name[0] == 's';

	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const void *s = pw_accumulate_state(c->first, a, slots[i]);
		const void *q = pw_accumulate_state(c->second, a, slots[i]);
		const pw_diff n = pw_aggregate_rows(c, a, slots[i]);

		if (n <= less)
			pw_vector_null(v);
		else if (is_float(c))
			pw_vector_float(v, pw_exact_variance(s, q, n, less, root));
		else
			pw_vector_float(
				v, pw_exact_int_variance(pw_int_sum_value(s), q, n, less, root));
	}
}

RESULTS(bool_results)
{
	const bool all = strcmp(c->kind->name, "bool_and") == 0;

	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const int64_t trues = *(int64_t *)pw_accumulate_state(c->first, a, slots[i]);
		const pw_diff n = pw_aggregate_rows(c, a, slots[i]);

		if (n <= 0)
			pw_vector_null(v);
		else
			pw_vector_bool(v, all ? trues == n : trues > 0);
	}
}

RESULTS(sketch_results)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const void *s = pw_accumulate_state(c->first, a, slots[i]);

		pw_vector_word(v, llround(pw_accumulate_estimate(s)));
	}
}

/* ---- the table ---- */

#define NUMBERS  (1u << PW_INT | 1u << PW_FLOAT)
#define SUMMABLE (NUMBERS | 1u << PW_DURATION)
#define SMOOTH   (SUMMABLE | 1u << PW_DATETIME | 1u << PW_DATETIME_UTC)
#define BOOLS    (1u << PW_BOOL)
#define TEXTS    (1u << PW_STR)
#define ORDER    PW_AGGREGATE_ORDER
#define KEEP     PW_AGGREGATE_KEEP
#define DISTINCT PW_AGGREGATE_DISTINCT
#define ADDED    PW_AGGREGATE_APPEND_ONLY
#define CONSTANT PW_AGGREGATE_CONSTANT

static const char number[] = "an int or a float";
static const char summable[] = "an int, a float or a duration";
static const char smooth[] = "a number, a duration or a datetime";
static const char one[] = "one value";

static const struct pw_aggregate_kind table[] = {
	{"any", 1, 1, 0, 0, one, type_same, plan_any, pw_aggregate_least},
	{"approx_count_distinct", 1, 1, ADDED, 0, one, type_int, plan_sketch, sketch_results},
	{"argmax", 2, 2, 0, 0, "a value and what is to be greatest: argmax(x, by)", type_same,
	 plan_arg, pw_aggregate_least},
	{"argmin", 2, 2, 0, 0, "a value and what is to be least: argmin(x, by)", type_same,
	 plan_arg, pw_aggregate_least},
	{"avg", 1, 1, 0, SUMMABLE, summable, type_mean, plan_sum, avg_results},
	{"bool_and", 1, 1, 0, BOOLS, "a bool", type_bool, plan_trues, bool_results},
	{"bool_or", 1, 1, 0, BOOLS, "a bool", type_bool, plan_trues, bool_results},
	{"count", 0, PW_AGGREGATE_ARGS, DISTINCT, 0, "up to 8 values", type_int, plan_count,
	 count_results},
	{"earliest", 1, 1, ADDED, 0, one, type_same, plan_moment, pw_aggregate_moment},
	{"latest", 1, 1, ADDED, 0, one, type_same, plan_moment, pw_aggregate_moment},
	{"list", 1, 1, ORDER | KEEP, 0, one, type_list, plan_list, pw_aggregate_list},
	{"max", 1, 1, 0, 0, one, type_same, plan_max, pw_aggregate_greatest},
	{"median", 1, 1, 0, SMOOTH, smooth, type_mean, plan_values, pw_aggregate_median},
	{"min", 1, 1, 0, 0, one, type_same, plan_min, pw_aggregate_least},
	{"mode", 1, 1, 0, 0, one, type_same, plan_mode, pw_aggregate_mode},
	{"quantile", 2, 2, CONSTANT, 0, "a value and a share from 0 to 1: quantile(x, 0.9)",
	 type_same, plan_values, pw_aggregate_quantile},
	{"quantile_cont", 2, 2, CONSTANT, SMOOTH,
	 "a number, a duration or a datetime, and a share from 0 to 1: quantile_cont(x, 0.9)",
	 type_mean, plan_values, pw_aggregate_quantile_cont},
	{"set", 1, 1, 0, 0, one, type_list, plan_values, pw_aggregate_set},
	{"stddev_pop", 1, 1, 0, NUMBERS, number, type_float, plan_variance, variance_results},
	{"stddev_samp", 1, 1, 0, NUMBERS, number, type_float, plan_variance, variance_results},
	{"string_agg", 2, 2, ORDER | CONSTANT, TEXTS,
	 "a str and a separator: string_agg(x, \", \")", type_str, plan_list, pw_aggregate_string},
	{"sum", 1, 1, 0, SUMMABLE, summable, type_same, plan_sum, sum_results},
	{"unique", 1, 1, 0, 0, one, type_same, plan_unique, pw_aggregate_unique},
	{"var_pop", 1, 1, 0, NUMBERS, number, type_float, plan_variance, variance_results},
	{"var_samp", 1, 1, 0, NUMBERS, number, type_float, plan_variance, variance_results},
};

const struct pw_aggregate_kind *pw_aggregate_find(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}
