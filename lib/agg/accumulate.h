/*
 * pw_accumulate - the states that groups hold of their values
 *
 * An accumulator is a piece of each group's record, at an offset of its own;
 * it takes in the values that a feed gives. All aggregates that can be answered from
 * one accumulator share it: sum, avg and the variances from sums; min, median
 * and mode from a multiset.
 *
 * Its kind is a table of functions. A state is what lies in a group's record;
 * cleared bytes are the empty state.
 */
#ifndef PW_AGG_ACCUMULATE_H
#define PW_AGG_ACCUMULATE_H

#include "../state/arrangement.h"
#include "../state/multiset.h"
#include "exact.h"
#include "feed.h"

PW_C_BEGIN

struct pw_accumulator {
	const struct pw_accumulator_kind *kind;
	struct pw_feed *feed;
	size_t offset;               /* in the record */
	bool modes;                  /* a multiset will be asked for its mode */
	struct pw_multisets sets;    /* memory of texts, multisets, values */
	struct pw_arrangement *hash; /* of pw_accumulate_different */
	struct pw_rowkeys hash_keys;
	uint32_t *hash_slots;
	size_t hash_room;
};

struct pw_accumulator_kind {
	const char *name;
	size_t bytes; /* of a state, a multiple of 8 */

	/* Takes in the values that the feed holds. */
	void (*add)(struct pw_accumulator *c, const struct pw_arrangement *a);

	/* Frees what a state holds outside of the record, and empties it. */
	void (*drop)(struct pw_accumulator *c, void *state);

	/* Can this be the state of n values? The state of no values must be empty. */
	bool (*sound)(const struct pw_accumulator *c, const void *state, pw_diff n);

	/* Writes a state as bytes; reads it into the empty state of a slot: 0, or -1 without a message. */
	void (*save)(const struct pw_accumulator *c, const void *state, struct pw_bytes *b);
	int (*load)(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		    const char *end);

	/* Adds the values of one slot's state to another's: as if that had taken them all. */
	void (*merge)(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
		      uint32_t from);
	bool grows; /* a state holds all its values, or all different ones */
};

/* An int sum: two words in two's complement. */
struct pw_int_sum {
	uint64_t low;
	int64_t high;
};

static inline pw_int128 pw_int_sum_value(const struct pw_int_sum *s)
{
	return (pw_int128)((pw_uint128)(uint64_t)s->high << 64 | s->low);
}

/* Values in the order of arrival, ordered words; for one commit without retractions. */
struct pw_values {
	uint64_t *words;
	uint32_t count, capacity;
};

/* The least (as a key) of the first or last commit that had one. */
struct pw_moment {
	uint64_t time; /* + 1; 0: none yet */
	struct pw_blob *key;
};

/* of words */
extern const struct pw_accumulator_kind pw_accumulate_int_sum;       /* struct pw_int_sum */
extern const struct pw_accumulator_kind pw_accumulate_int_squares;   /* 3 words */
extern const struct pw_accumulator_kind pw_accumulate_float_sum;     /* PW_EXACT_SUM words */
extern const struct pw_accumulator_kind pw_accumulate_float_squares; /* PW_EXACT_SQUARES */
extern const struct pw_accumulator_kind pw_accumulate_trues;         /* int64_t */

/* of words or keys */
extern const struct pw_accumulator_kind pw_accumulate_multiset; /* struct pw_multiset */

/* append-only, of words: an ordered word; least: all its bits inverted */
extern const struct pw_accumulator_kind pw_accumulate_greatest, pw_accumulate_least;
/* append-only, of keys: struct pw_blob *, NULL when empty */
extern const struct pw_accumulator_kind pw_accumulate_least_key;
/* append-only, one commit, of words */
extern const struct pw_accumulator_kind pw_accumulate_values; /* struct pw_values */
/* append-only, of keys */
extern const struct pw_accumulator_kind pw_accumulate_first, pw_accumulate_last;
/* append-only, of words or keys: struct pw_different, its count first */
extern const struct pw_accumulator_kind pw_accumulate_different;
/* append-only, of words or keys: struct pw_sketch *, NULL when empty */
extern const struct pw_accumulator_kind pw_accumulate_sketch;

struct pw_different {
	int64_t count;
	uint64_t newest; /* slot + 1 in the hash of the newest value of the group */
};

/* How many different values a sketch has seen, about (HyperLogLog, 4,096 registers). */
double pw_accumulate_estimate(const void *state);

static inline void *pw_accumulate_state(const struct pw_accumulator *c,
					const struct pw_arrangement *a, uint32_t slot)
{
	return (char *)pw_arrangement_record(a, slot) + c->offset;
}

void pw_accumulate_release(struct pw_accumulator *c);

/* Takes bytes from a saved state: 0, or -1 when there are fewer. */
static inline int pw_accumulate_take(const char **at, const char *end, void *into, size_t bytes)
{
	if ((size_t)(end - *at) < bytes)
		return -1;
	memcpy(into, *at, bytes);
	*at += bytes;
	return 0;
}

PW_C_END

#endif
