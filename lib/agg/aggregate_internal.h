/*
 * pw_aggregate - one aggregate call, planned: what it reads and how it ends
 *
 * The table of aggregates (aggregate_table.c) says of each what it takes,
 * which accumulators it needs, and how its result comes from them.
 */
#ifndef PW_AGG_AGGREGATE_INTERNAL_H
#define PW_AGG_AGGREGATE_INTERNAL_H

#include "aggregate.h"

struct pw_aggregate {
	const struct pw_aggregate_kind *kind;
	struct pw_aggregate_call asked; /* without the name and constants */
	struct pw_type type;            /* of the result */
	struct pw_feed *feed;
	struct pw_accumulator *first, *second;
	size_t place;  /* of its value among the feed's columns */
	double number; /* quantile's p */
	char *text;    /* string_agg's separator */
	size_t text_length;
	uint32_t number_in_set;
};

/* Flags: clauses that a call may have besides arguments, and conditions that it needs. */
enum {
	PW_AGGREGATE_ORDER = 1,
	PW_AGGREGATE_KEEP = 2,
	PW_AGGREGATE_DISTINCT = 4,
	PW_AGGREGATE_APPEND_ONLY = 8, /* the input must be */
	PW_AGGREGATE_CONSTANT = 16    /* the second argument is */
};

struct pw_aggregate_kind {
	const char *name;
	uint8_t least_args, most_args, flags;
	uint32_t bases;    /* bit per base that the first argument may have; 0: any type */
	const char *takes; /* the same in words */
	struct pw_type (*type)(const struct pw_aggregate_call *call);
	void (*plan)(struct pw_aggregates *g, struct pw_aggregate *c);
	void (*results)(struct pw_aggregates *g, const struct pw_arrangement *a,
			const struct pw_aggregate *c, const uint32_t *slots, uint32_t count,
			struct pw_vector *v);
};

const struct pw_aggregate_kind *pw_aggregate_find(const char *name);

/* The feed that reads these columns, a new one if there is none like it. */
struct pw_feed *pw_aggregate_feed(struct pw_aggregates *g, const struct pw_feed *like);
struct pw_accumulator *pw_aggregate_accumulator(struct pw_aggregates *g, struct pw_feed *f,
						const struct pw_accumulator_kind *kind);

/* Rows of the group that count for the call. */
static inline pw_diff pw_aggregate_rows(const struct pw_aggregate *c,
					const struct pw_arrangement *a, uint32_t slot)
{
	return pw_aggregates_rows(a, slot) - (c->feed ? pw_feed_missed(c->feed, slot) : 0);
}

void pw_aggregate_error(struct pw_aggregates *g, const struct pw_aggregate *c, uint32_t row,
			const char *reason);

/* The result functions of aggregate_order.c: those that look at values in order. */
typedef void pw_aggregate_results(struct pw_aggregates *g, const struct pw_arrangement *a,
				  const struct pw_aggregate *c, const uint32_t *slots,
				  uint32_t count, struct pw_vector *v);
pw_aggregate_results pw_aggregate_least, pw_aggregate_greatest, pw_aggregate_unique,
	pw_aggregate_median, pw_aggregate_quantile, pw_aggregate_quantile_cont, pw_aggregate_mode,
	pw_aggregate_list, pw_aggregate_set, pw_aggregate_string, pw_aggregate_moment;

#endif
