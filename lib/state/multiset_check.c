/* The invariants of a multiset, as its header numbers them, for builds with PW_CHECKED. */
#include "../base/check.h"
#include "multiset_internal.h"

#ifdef PW_CHECKED

/* What the leaves that have been seen add up to. */
struct seen {
	const struct pw_multisets *all;
	bool any;
	pw_value last;
	uint64_t values;
	uint32_t negative;
};

static bool ascends(const struct seen *s, pw_value next)
{
	if (!s->any)
		return true;
	return s->all->text ? pw_slice_compare(pw_value_text(s->last), pw_value_text(next)) < 0
			    : s->last < next;
}

static struct branch check_leaf(struct seen *s, const struct leaf *l)
{
	struct branch sum = {.first = l->entries[0].value, .most = INT64_MIN};

	PW_CHECK(1, l->count > 0 && l->count <= l->capacity && l->capacity <= LEAF_MAX);
	for (uint32_t i = 0; i < l->count; i++) {
		const struct entry *e = &l->entries[i];

		PW_CHECK(2, e->copies != 0);
		PW_CHECK(2, ascends(s, e->value));
		s->last = e->value;
		s->any = true;
		s->values++;
		s->negative += e->copies < 0;
		sum.copies += e->copies;
		sum.most = e->copies > sum.most ? e->copies : sum.most;
	}
	return sum;
}

static struct branch check_node(struct seen *s, const void *node, uint32_t height)
{
	if (height == 0)
		return check_leaf(s, node);
	const struct inner *n = node;
	struct branch sum = {.first = n->branches[0].first, .most = INT64_MIN};

	PW_CHECK(1, n->count > 0 && n->count <= INNER_MAX);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct branch *b = &n->branches[i];
		const struct branch below = check_node(s, b->child, height - 1);

		PW_CHECK(3, b->first == below.first);
		PW_CHECK(3, b->copies == below.copies);
		PW_CHECK(3, !s->all->modes || b->most == below.most);
		sum.copies += below.copies;
		sum.most = below.most > sum.most ? below.most : sum.most;
	}
	return sum;
}

void pw_multiset_check(const struct pw_multisets *all, const struct pw_multiset *m)
{
	struct seen s = {.all = all};

	if (!pw_check_due(m->values))
		return;
	PW_CHECK(1, m->root || m->height == 0);
	PW_CHECK(1, m->height == 0 || ((const struct inner *)m->root)->count > 1);
	if (m->root)
		check_node(&s, m->root, m->height);
	PW_CHECK(4, m->values == s.values);
	PW_CHECK(4, m->negative == s.negative);
}

#endif
