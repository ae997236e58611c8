/*
 * pw_multiset - values in order, each with a number of copies
 *
 * Many multisets share a struct pw_multisets: the kind of their values (words
 * that compare as unsigned numbers, or byte strings that compare by memcmp,
 * see rowkey.h), and the memory. An empty one is 24 cleared bytes; one of a
 * single value costs 32 bytes more; one of millions is a B+-tree whose inner
 * nodes know the copies below them.
 *
 * Use:      add with a positive or negative number of copies; ask when all
 *           copies are positive (negative == 0); clear.
 * Promises: add, kth and mode take logarithmic time; a walk is ascending.
 *           The answers depend on the values and copies alone.
 *
 * Invariants (asserted in multiset_check.c):
 *           1. No node is empty or too full; a root that is no leaf has at
 *              least two children.
 *           2. No value has 0 copies; values ascend, over all leaves.
 *           3. In every branch `first` is the least value below it, `copies` the
 *              sum of the copies below it, and `most` (if modes are asked for)
 *              the copies of the most frequent value below it.
 *           4. values and negative count what the leaves hold.
 */
#ifndef PW_STATE_MULTISET_H
#define PW_STATE_MULTISET_H

#include "pool.h"

PW_C_BEGIN

struct pw_multisets {
	bool text;  /* values are byte strings */
	bool modes; /* pw_multiset_mode will be asked */
	struct pw_pool pool;
};

struct pw_multiset {
	void *root;
	uint64_t values;   /* different ones */
	uint32_t height;   /* 0: the root is a leaf */
	uint32_t negative; /* values with less than 0 copies */
};

/* A value in the tree: the word itself, or the address of a blob. */
typedef uint64_t pw_value;

static inline struct pw_slice pw_value_text(pw_value v)
{
	return pw_blob_slice((const struct pw_blob *)(uintptr_t)v);
}

void pw_multiset_add(struct pw_multisets *all, struct pw_multiset *m, uint64_t word,
		     int64_t copies);
void pw_multiset_add_text(struct pw_multisets *all, struct pw_multiset *m, struct pw_slice text,
			  int64_t copies);
void pw_multiset_clear(struct pw_multisets *all, struct pw_multiset *m);

static inline bool pw_multiset_empty(const struct pw_multiset *m)
{
	return m->root == NULL;
}

/* The sum of all copies. */
int64_t pw_multiset_copies(const struct pw_multiset *m);

/* The value of copy k, the first, the last. The multiset is not empty; k counts copies from 0. */
pw_value pw_multiset_kth(const struct pw_multiset *m, int64_t k);
pw_value pw_multiset_first(const struct pw_multiset *m);
pw_value pw_multiset_last(const struct pw_multiset *m);

/* The least of the values with the most copies. */
pw_value pw_multiset_mode(const struct pw_multiset *m);

/* Calls visit for each value, ascending. */
void pw_multiset_walk(const struct pw_multiset *m,
		      void (*visit)(void *context, pw_value value, int64_t copies), void *context);

/*
 * A place in a multiset: at a value, or the end, after the last value. It is good
 * until the multiset changes. value, copies, and below (the copies of all smaller
 * values) may be read; at the end below alone.
 */
#define PW_MULTISET_HEIGHT 16
struct pw_multiset_cursor {
	bool at; /* the place is at a value */
	pw_value value;
	int64_t copies, below;
	uint32_t height;
	const void *nodes[PW_MULTISET_HEIGHT]; /* from the leaf up to the root */
	uint32_t places[PW_MULTISET_HEIGHT];
};

/* Go to the first value that is not below the text, or to the value of copy k. */
void pw_multiset_seek_text(const struct pw_multiset *m, struct pw_slice text,
			   struct pw_multiset_cursor *c);
void pw_multiset_seek_kth(const struct pw_multiset *m, int64_t k, struct pw_multiset_cursor *c);

/* Go to the neighbour. next stops at the end; previous stays at the first value and answers false. */
void pw_multiset_next(struct pw_multiset_cursor *c);
bool pw_multiset_previous(struct pw_multiset_cursor *c);

/* A multiset as bytes; and bytes into an empty multiset: 0, or -1 without a message. */
void pw_multiset_save(const struct pw_multisets *all, const struct pw_multiset *m,
		      struct pw_bytes *b);
int pw_multiset_load(struct pw_multisets *all, struct pw_multiset *m, const char **at,
		     const char *end);

PW_C_END

#endif
