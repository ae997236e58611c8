/*
 * pw_aggregates - count, sum, min, ... of groups
 *
 * Use:      init; pw_aggregates_add per call; make an arrangement whose
 *           records have record_bytes; per batch pw_aggregates_batch, per run
 *           of rows of one time pw_aggregates_take; then, when the commit is
 *           complete, look whether the groups are sound and ask for results.
 * Promises: a result depends on the multiset of the rows alone (of earliest
 *           and latest also on their commits), never on order or cutting. The
 *           first word of a record is the group's count of rows.
 * Fails:    pw_aggregates_add: PW_USAGE, "sum takes an int, a float or a
 *           duration, not a str".
 * Row errors: a result that cannot be given (a sum beyond 64 bits, unique of
 *           two values) is null, and noted in errors until cleared.
 */
#ifndef PW_AGG_AGGREGATE_H
#define PW_AGG_AGGREGATE_H

#include "accumulate.h"

PW_C_BEGIN

/* An argument: a column of the batches, and its value if it is constant. */
struct pw_aggregate_arg {
	int column;
	struct pw_type type;
	const struct pw_column *constant; /* or NULL */
	bool descending;                  /* in ORDER BY */
};

#define PW_AGGREGATE_ARGS 8

struct pw_aggregate_call {
	const char *name; /* "sum", lower case */
	struct pw_aggregate_arg args[PW_AGGREGATE_ARGS], order[PW_AGGREGATE_ARGS];
	size_t arg_count, order_count;
	int filter; /* column of FILTER (WHERE ...), or -1 */
	bool distinct, keep_nulls;
};

struct pw_aggregate_error {
	uint32_t row; /* counted from the first asked for */
	uint32_t call;
	const char *reason; /* "the sum does not fit into an int" */
};

struct pw_aggregate; /* one call, planned */

struct pw_aggregates {
	bool append_only, is_static; /* as the input's schema claims */
	struct pw_feed **feeds;
	size_t feed_count, feed_capacity;
	struct pw_accumulator **accumulators;
	size_t accumulator_count, accumulator_capacity;
	struct pw_aggregate **calls;
	size_t count, capacity;
	size_t record_bytes;
	struct pw_aggregate_error *errors;
	size_t error_count, error_capacity;
};

void pw_aggregates_init(struct pw_aggregates *g, bool append_only, bool is_static);
void pw_aggregates_release(struct pw_aggregates *g);

/* Adds a call; its number 0, 1, ... or -1. Only before the first batch. */
int pw_aggregates_add(struct pw_aggregates *g, const struct pw_aggregate_call *call);
struct pw_type pw_aggregates_type(const struct pw_aggregates *g, int call);

void pw_aggregates_batch(struct pw_aggregates *g, const struct pw_batch *batch);

/*
 * Rows from .. from + count of the batch; slots and diffs (NULL: all +1) are
 * those of the rows. 0, or fails (PW_DATA) where a group's count overflows.
 */
int pw_aggregates_take(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t from,
		       uint32_t count, const uint32_t *slots, const pw_diff *diffs, pw_time time);

/* How many rows the group has. */
static inline pw_diff pw_aggregates_rows(const struct pw_arrangement *a, uint32_t slot)
{
	return *(const pw_diff *)pw_arrangement_record(a, slot);
}

/* Could rows have made the group what it is? False: more was taken away than there was. */
bool pw_aggregates_sound(const struct pw_aggregates *g, const struct pw_arrangement *a,
			 uint32_t slot);

/* Appends the results of a call for count groups that have rows. */
void pw_aggregates_results(struct pw_aggregates *g, const struct pw_arrangement *a, int call,
			   const uint32_t *slots, uint32_t count, struct pw_vector *v);

/* Frees what a group holds; its slot can then be dropped. */
void pw_aggregates_drop(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t slot);

/*
 * Adds the rows of one group to another, as if that had taken them all; from stays as
 * it is, and is another slot than into. Rows may be taken away from the sum although
 * only the other part had them. 0, or fails (PW_DATA) where the count overflows.
 */
int pw_aggregates_merge(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t into,
			uint32_t from);

/*
 * Does a merge cost the same however many rows the groups have? Else it costs as
 * much as taking the different values of `from`.
 */
bool pw_aggregates_merge_is_cheap(const struct pw_aggregates *g);

/* Writes a group as bytes; reads it into a cleared record: 0, or fails (PW_STATE). */
void pw_aggregates_save(const struct pw_aggregates *g, const struct pw_arrangement *a,
			uint32_t slot, struct pw_bytes *b);
int pw_aggregates_load(struct pw_aggregates *g, const struct pw_arrangement *a, uint32_t slot,
		       struct pw_slice saved);

/* Bytes held besides the arrangement, about. */
size_t pw_aggregates_bytes(const struct pw_aggregates *g);

/* Appends what a group holds, for --check: "sums", "all different values". */
void pw_aggregates_describe(const struct pw_aggregates *g, struct pw_bytes *b);

PW_C_END

#endif
