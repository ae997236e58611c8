#include "multiset_internal.h"

#include "../base/fail.h"

/* What is being added: the value as given, and what becomes of the tree. */
struct change {
	struct pw_multisets *all;
	uint64_t word;
	struct pw_slice text;
	int64_t copies;
	int values;   /* how many more values there are, */
	int negative; /* ... and with fewer than no copies */
	void *right;  /* a node that was split off to the right, or NULL */
};

static int compare(const struct change *c, pw_value v)
{
	return c->all->text ? pw_slice_compare(c->text, pw_value_text(v))
			    : (c->word > v) - (c->word < v);
}

static size_t leaf_bytes(uint32_t capacity)
{
	return sizeof(struct leaf) + capacity * sizeof(struct entry);
}

static struct leaf *leaf_new(struct pw_pool *pool, uint32_t capacity)
{
	struct leaf *l = pw_pool_alloc(pool, leaf_bytes(capacity));

	l->count = 0;
	l->capacity = capacity;
	return l;
}

static struct leaf *leaf_grow(struct pw_pool *pool, struct leaf *l, uint32_t need)
{
	uint32_t capacity = l->capacity;

	while (capacity < need)
		capacity = capacity * 2 + 1;
	if (capacity == l->capacity)
		return l;
	struct leaf *wide = leaf_new(pool, capacity);

	wide->count = l->count;
	memcpy(wide->entries, l->entries, l->count * sizeof *l->entries);
	pw_pool_free(pool, l, leaf_bytes(l->capacity));
	return wide;
}

/* The first entry that is not below what is being added. */
static uint32_t leaf_find(const struct change *c, const struct leaf *l)
{
	uint32_t low = 0, high = l->count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (compare(c, l->entries[middle].value) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last branch whose first value is not above what is being added, or 0. */
static uint32_t inner_find(const struct change *c, const struct inner *n)
{
	uint32_t low = 0, high = (uint32_t)n->count;

	while (high - low > 1) {
		const uint32_t middle = (low + high) / 2;

		if (compare(c, n->branches[middle].first) >= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static struct leaf *leaf_remove(struct change *c, struct leaf *l, uint32_t at)
{
	struct pw_pool *pool = &c->all->pool;

	if (c->all->text)
		pw_pool_free_blob(pool, (struct pw_blob *)(uintptr_t)l->entries[at].value);
	c->values--;
	l->count--;
	memmove(l->entries + at, l->entries + at + 1, (l->count - at) * sizeof *l->entries);
	if (l->count > 0)
		return l;
	pw_pool_free(pool, l, leaf_bytes(l->capacity));
	return NULL;
}

static struct leaf *leaf_insert(struct change *c, struct leaf *l, uint32_t at)
{
	struct pw_pool *pool = &c->all->pool;
	struct leaf *into = l;

	if (l->count == LEAF_MAX) { /* ascending values leave full leaves behind */
		const uint32_t keep = at == LEAF_MAX ? LEAF_MAX - 3 : LEAF_MAX / 2;
		struct leaf *right = leaf_new(pool, LEAF_MAX);

		right->count = LEAF_MAX - keep;
		memcpy(right->entries, l->entries + keep, right->count * sizeof *l->entries);
		l->count = keep;
		c->right = right;
		if (at > keep) {
			at -= keep;
			into = right;
		}
	} else {
		into = l = leaf_grow(pool, l, l->count + 1);
	}
	struct entry *e = into->entries + at;

	memmove(e + 1, e, (into->count - at) * sizeof *e);
	e->value = c->all->text ? (pw_value)(uintptr_t)pw_pool_blob(pool, c->text) : c->word;
	e->copies = c->copies;
	into->count++;
	c->values++;
	c->negative += c->copies < 0;
	return l;
}

static struct leaf *leaf_add(struct change *c, struct leaf *l)
{
	const uint32_t at = leaf_find(c, l);

	if (at == l->count || compare(c, l->entries[at].value) != 0)
		return leaf_insert(c, l, at);
	struct entry *e = &l->entries[at];
	const int64_t before = e->copies;

	e->copies += c->copies;
	c->negative += (e->copies < 0) - (before < 0);
	return e->copies == 0 ? leaf_remove(c, l, at) : l;
}

/* Sums up a branch from its child. */
static void branch_set(struct branch *b, void *child, uint32_t height)
{
	b->child = child;
	b->copies = 0;
	b->most = INT64_MIN;
	if (height == 0) {
		const struct leaf *l = child;

		b->first = l->entries[0].value;
		for (uint32_t i = 0; i < l->count; i++) {
			b->copies += l->entries[i].copies;
			b->most = l->entries[i].copies > b->most ? l->entries[i].copies : b->most;
		}
	} else {
		const struct inner *n = child;

		b->first = n->branches[0].first;
		for (uint32_t i = 0; i < n->count; i++) {
			b->copies += n->branches[i].copies;
			b->most = n->branches[i].most > b->most ? n->branches[i].most : b->most;
		}
	}
}

static void inner_remove(struct inner *n, uint32_t at)
{
	n->count--;
	memmove(n->branches + at, n->branches + at + 1, (n->count - at) * sizeof *n->branches);
}

static uint32_t child_count(const void *child, uint32_t height)
{
	return height == 0 ? ((const struct leaf *)child)->count
			   : (uint32_t)((const struct inner *)child)->count;
}

/* Joins children at and at + 1 (of height) when they fit in three quarters of one. */
static void inner_merge(struct change *c, struct inner *n, uint32_t at, uint32_t height)
{
	const uint32_t most = height == 0 ? LEAF_MAX * 3 / 4 : INNER_MAX * 3 / 4;
	struct pw_pool *pool = &c->all->pool;
	void *a = n->branches[at].child, *b = n->branches[at + 1].child;
	const uint32_t left = child_count(a, height), right = child_count(b, height);

	if (left + right > most)
		return;
	if (height == 0) {
		struct leaf *l = leaf_grow(pool, a, left + right), *r = b;

		memcpy(l->entries + left, r->entries, right * sizeof *l->entries);
		l->count = left + right;
		pw_pool_free(pool, r, leaf_bytes(r->capacity));
		a = l;
	} else {
		struct inner *l = a, *r = b;

		memcpy(l->branches + left, r->branches, right * sizeof *l->branches);
		l->count = left + right;
		pw_pool_free(pool, r, sizeof *r);
	}
	branch_set(&n->branches[at], a, height);
	inner_remove(n, at + 1);
}

/* Puts the node that was split off a child behind it. */
static void inner_insert(struct change *c, struct inner *n, uint32_t at, uint32_t height)
{
	void *child = c->right;
	struct inner *into = n;

	c->right = NULL;
	if (n->count == INNER_MAX) {
		const uint32_t keep = at == INNER_MAX ? INNER_MAX - 2 : INNER_MAX / 2;
		struct inner *right = pw_pool_alloc(&c->all->pool, sizeof *right);

		right->count = INNER_MAX - keep;
		memcpy(right->branches, n->branches + keep, right->count * sizeof *n->branches);
		n->count = keep;
		c->right = right;
		if (at > keep) {
			at -= keep;
			into = right;
		}
	}
	struct branch *b = into->branches + at;

	memmove(b + 1, b, (into->count - at) * sizeof *b);
	into->count++;
	branch_set(b, child, height);
}

/* Adds below a node; returns what stands in its place, NULL when it has become empty. */
static void *node_add(struct change *c, void *node, uint32_t height)
{
	if (height == 0)
		return leaf_add(c, node);
	struct inner *n = node;
	const uint32_t at = inner_find(c, n);
	struct branch *b = &n->branches[at];
	void *child = node_add(c, b->child, --height);

	if (!child) {
		inner_remove(n, at);
		if (n->count > 0)
			return n;
		pw_pool_free(&c->all->pool, n, sizeof *n);
		return NULL;
	}
	if (c->right) {
		branch_set(b, child, height);
		inner_insert(c, n, at + 1, height);
		return n;
	}
	if (c->all->modes) {
		branch_set(b, child, height);
	} else {
		b->child = child;
		b->first = height == 0 ? ((struct leaf *)child)->entries[0].value
				       : ((struct inner *)child)->branches[0].first;
		b->copies += c->copies;
	}
	if (c->copies < 0 &&
	    child_count(child, height) < (height == 0 ? LEAF_MAX : INNER_MAX) / 4 && n->count > 1)
		inner_merge(c, n, at + 1 < n->count ? at : at - 1, height);
	return n;
}

static void add(struct change *c, struct pw_multiset *m)
{
	struct pw_pool *pool = &c->all->pool;

	if (c->copies == 0)
		return;
	if (!m->root)
		m->root = leaf_new(pool, 1);
	void *left = node_add(c, m->root, m->height);

	m->negative += (uint32_t)c->negative;
	m->values += (uint64_t)(int64_t)c->values;
	m->root = left;
	if (!left)
		m->height = 0;
	if (c->right) {
		struct inner *n = pw_pool_alloc(pool, sizeof *n);

		n->count = 2;
		branch_set(&n->branches[0], left, m->height);
		branch_set(&n->branches[1], c->right, m->height);
		m->root = n;
		m->height++;
	}
	while (m->height > 0 && ((struct inner *)m->root)->count == 1) {
		struct inner *n = m->root;

		m->root = n->branches[0].child;
		m->height--;
		pw_pool_free(pool, n, sizeof *n);
	}
	pw_multiset_check(c->all, m);
}

void pw_multiset_add(struct pw_multisets *all, struct pw_multiset *m, uint64_t word, int64_t copies)
{
	struct change c = {.all = all, .word = word, .copies = copies};

	add(&c, m);
}

void pw_multiset_add_text(struct pw_multisets *all, struct pw_multiset *m, struct pw_slice text,
			  int64_t copies)
{
	struct change c = {.all = all, .text = text, .copies = copies};

	add(&c, m);
}

static void node_free(struct pw_multisets *all, void *node, uint32_t height)
{
	if (height > 0) {
		struct inner *n = node;

		for (uint32_t i = 0; i < n->count; i++)
			node_free(all, n->branches[i].child, height - 1);
		pw_pool_free(&all->pool, n, sizeof *n);
		return;
	}
	struct leaf *l = node;

	for (uint32_t i = 0; all->text && i < l->count; i++)
		pw_pool_free_blob(&all->pool, (struct pw_blob *)(uintptr_t)l->entries[i].value);
	pw_pool_free(&all->pool, l, leaf_bytes(l->capacity));
}

void pw_multiset_clear(struct pw_multisets *all, struct pw_multiset *m)
{
	if (m->root)
		node_free(all, m->root, m->height);
	*m = (struct pw_multiset){0};
}

int64_t pw_multiset_copies(const struct pw_multiset *m)
{
	struct branch b = {0};

	if (m->root)
		branch_set(&b, m->root, m->height);
	return b.copies;
}

pw_value pw_multiset_kth(const struct pw_multiset *m, int64_t k)
{
	const void *node = m->root;

	for (uint32_t h = m->height; h > 0; h--) {
		const struct branch *b = ((const struct inner *)node)->branches;

		for (; k >= b->copies; b++)
			k -= b->copies;
		node = b->child;
	}
	const struct entry *e = ((const struct leaf *)node)->entries;

	for (; k >= e->copies; e++)
		k -= e->copies;
	return e->value;
}

pw_value pw_multiset_first(const struct pw_multiset *m)
{
	return m->height > 0 ? ((const struct inner *)m->root)->branches[0].first
			     : ((const struct leaf *)m->root)->entries[0].value;
}

pw_value pw_multiset_last(const struct pw_multiset *m)
{
	const void *node = m->root;

	for (uint32_t h = m->height; h > 0; h--) {
		const struct inner *n = node;

		node = n->branches[n->count - 1].child;
	}
	const struct leaf *l = node;

	return l->entries[l->count - 1].value;
}

pw_value pw_multiset_mode(const struct pw_multiset *m)
{
	const void *node = m->root;
	struct branch whole;

	branch_set(&whole, m->root, m->height);
	for (uint32_t h = m->height; h > 0; h--) {
		const struct branch *b = ((const struct inner *)node)->branches;

		while (b->most != whole.most)
			b++;
		node = b->child;
	}
	const struct entry *e = ((const struct leaf *)node)->entries;

	while (e->copies != whole.most)
		e++;
	return e->value;
}

static void node_walk(const void *node, uint32_t height,
		      void (*visit)(void *context, pw_value value, int64_t copies), void *context)
{
	if (height > 0) {
		const struct inner *n = node;

		for (uint32_t i = 0; i < n->count; i++)
			node_walk(n->branches[i].child, height - 1, visit, context);
		return;
	}
	const struct leaf *l = node;

	for (uint32_t i = 0; i < l->count; i++)
		visit(context, l->entries[i].value, l->entries[i].copies);
}

void pw_multiset_walk(const struct pw_multiset *m,
		      void (*visit)(void *context, pw_value value, int64_t copies), void *context)
{
	if (m->root)
		node_walk(m->root, m->height, visit, context);
}

struct saving {
	bool text;
	uint64_t values;
	struct pw_bytes *bytes;
};

static void save_value(void *context, pw_value value, int64_t copies)
{
	struct saving *s = context;

	s->values++;
	pw_bytes_add(s->bytes, &copies, sizeof copies);
	if (s->text) {
		const struct pw_blob *b = (const struct pw_blob *)(uintptr_t)value;

		pw_bytes_add(s->bytes, b, sizeof *b + b->length);
	} else {
		pw_bytes_add(s->bytes, &value, sizeof value);
	}
}

void pw_multiset_save(const struct pw_multisets *all, const struct pw_multiset *m,
		      struct pw_bytes *b)
{
	struct saving s = {all->text, 0, b};
	const size_t start = b->length;

	pw_bytes_add(b, &s.values, sizeof s.values);
	pw_multiset_walk(m, save_value, &s);
	memcpy(b->data + start, &s.values, sizeof s.values);
}

static int take(const char **at, const char *end, void *into, size_t bytes)
{
	if ((size_t)(end - *at) < bytes)
		return -1;
	memcpy(into, *at, bytes);
	*at += bytes;
	return 0;
}

int pw_multiset_load(struct pw_multisets *all, struct pw_multiset *m, const char **at,
		     const char *end)
{
	uint64_t values, word;
	int64_t copies, all_copies = 0;
	uint32_t length;

	if (take(at, end, &values, sizeof values))
		return -1;
	while (values-- > 0) {
		if (take(at, end, &copies, sizeof copies) || copies == 0 || copies == INT64_MIN ||
		    __builtin_add_overflow(all_copies, copies < 0 ? -copies : copies, &all_copies))
			return -1;
		if (!all->text) {
			if (take(at, end, &word, sizeof word))
				return -1;
			pw_multiset_add(all, m, word, copies);
			continue;
		}
		if (take(at, end, &length, sizeof length) || (size_t)(end - *at) < length)
			return -1;
		pw_multiset_add_text(all, m, (struct pw_slice){*at, length}, copies);
		*at += length;
	}
	return 0;
}
