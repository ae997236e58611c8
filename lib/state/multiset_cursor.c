/* Places in a multiset: found by value or by rank, moved by one. */
#include "multiset_internal.h"

#include "../base/fail.h"

static uint32_t count_at(const struct pw_multiset_cursor *c, uint32_t level)
{
	return level == 0 ? ((const struct leaf *)c->nodes[0])->count
			  : (uint32_t)((const struct inner *)c->nodes[level])->count;
}

static const struct branch *branch_at(const struct pw_multiset_cursor *c, uint32_t level)
{
	return &((const struct inner *)c->nodes[level])->branches[c->places[level]];
}

/* Reads the value at the place; at the end there is none. */
static void read_value(struct pw_multiset_cursor *c)
{
	const struct leaf *l = c->nodes[0];

	c->at = l != NULL && c->places[0] < l->count;
	if (!c->at)
		return;
	c->value = l->entries[c->places[0]].value;
	c->copies = l->entries[c->places[0]].copies;
}

static void start(const struct pw_multiset *m, struct pw_multiset_cursor *c)
{
	if (m->height >= PW_MULTISET_HEIGHT)
		pw_bug("a multiset of height %u", m->height);
	c->height = m->height;
	c->below = 0;
	c->nodes[0] = NULL;
	c->nodes[m->height] = m->root;
}

/* Goes down by one level, past the branches left of place. */
static void descend(struct pw_multiset_cursor *c, uint32_t level, uint32_t place)
{
	const struct inner *n = c->nodes[level];

	for (uint32_t i = 0; i < place; i++)
		c->below += n->branches[i].copies;
	c->places[level] = place;
	c->nodes[level - 1] = n->branches[place].child;
}

/* Goes from the end of a leaf to the first value of the next leaf, if there is one. */
static void cross(struct pw_multiset_cursor *c)
{
	uint32_t level = 1;

	if (c->nodes[0] == NULL || c->places[0] < count_at(c, 0))
		return;
	while (level <= c->height && c->places[level] + 1 == count_at(c, level))
		level++;
	if (level > c->height)
		return; /* the end of the last leaf */
	c->places[level]++;
	for (; level > 0; level--) {
		c->nodes[level - 1] = branch_at(c, level)->child;
		c->places[level - 1] = 0;
	}
}

void pw_multiset_seek_text(const struct pw_multiset *m, struct pw_slice text,
			   struct pw_multiset_cursor *c)
{
	uint32_t low, high;

	start(m, c);
	for (uint32_t level = c->height; level > 0; level--) {
		const struct inner *n = c->nodes[level];

		low = 0;
		high = (uint32_t)n->count;
		while (high - low > 1) {
			const uint32_t middle = (low + high) / 2;
			const pw_value first = n->branches[middle].first;

			if (pw_slice_compare(text, pw_value_text(first)) >= 0)
				low = middle;
			else
				high = middle;
		}
		descend(c, level, low);
	}
	const struct leaf *l = c->nodes[0];

	low = 0;
	high = l ? l->count : 0;
	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (pw_slice_compare(text, pw_value_text(l->entries[middle].value)) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t i = 0; i < low; i++)
		c->below += l->entries[i].copies;
	c->places[0] = low;
	cross(c);
	read_value(c);
}

void pw_multiset_seek_kth(const struct pw_multiset *m, int64_t k, struct pw_multiset_cursor *c)
{
	uint32_t place;

	start(m, c);
	for (uint32_t level = c->height; level > 0; level--) {
		const struct inner *n = c->nodes[level];
		int64_t below = c->below;

		for (place = 0; place + 1 < n->count && k >= below + n->branches[place].copies;
		     place++)
			below += n->branches[place].copies;
		descend(c, level, place);
	}
	const struct leaf *l = c->nodes[0];

	for (place = 0; l && place < l->count && k >= c->below + l->entries[place].copies; place++)
		c->below += l->entries[place].copies;
	c->places[0] = place;
	read_value(c);
}

void pw_multiset_next(struct pw_multiset_cursor *c)
{
	if (!c->at)
		return;
	c->below += c->copies;
	c->places[0]++;
	cross(c);
	read_value(c);
}

bool pw_multiset_previous(struct pw_multiset_cursor *c)
{
	uint32_t level = 0;

	if (c->nodes[0] == NULL)
		return false;
	while (level <= c->height && c->places[level] == 0)
		level++;
	if (level > c->height)
		return false;
	c->places[level]--;
	for (; level > 0; level--) {
		c->nodes[level - 1] = branch_at(c, level)->child;
		c->places[level - 1] = count_at(c, level - 1) - 1;
	}
	read_value(c);
	c->below -= c->copies;
	return true;
}
