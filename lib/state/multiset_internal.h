/* The nodes of a multiset's tree, shared by what changes it and what walks it. */
#ifndef PW_STATE_MULTISET_INTERNAL_H
#define PW_STATE_MULTISET_INTERNAL_H

#include "multiset.h"

#define LEAF_MAX  63 /* 1,016 bytes */
#define INNER_MAX 31 /* 1,000 bytes */

struct entry {
	pw_value value;
	int64_t copies;
};

struct leaf {
	uint32_t count, capacity; /* capacities are 1, 3, 7, ... LEAF_MAX */
	struct entry entries[];
};

struct branch {
	void *child;
	pw_value first;
	int64_t copies, most;
};

struct inner {
	uint64_t count;
	struct branch branches[INNER_MAX];
};

#ifdef PW_CHECKED
void pw_multiset_check(const struct pw_multisets *all, const struct pw_multiset *m);
#else
#define pw_multiset_check(all, m) ((void)0)
#endif

#endif
