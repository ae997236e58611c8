#include "keysort.h"
#include "hash.h"

#include <stdlib.h>

struct item {
	uint64_t word; /* 8 bytes of the key at the depth in hand, zeros after its end */
	uint32_t id;
};

struct sorter {
	pw_keysort_key *key;
	const void *context;
	uint64_t seed; /* of the places of pivots */
};

enum { FEW = 12 };
#define BY_LENGTH SIZE_MAX /* the depth at which lengths are the words */

static uint64_t word_at(struct pw_slice s, size_t depth)
{
	uint64_t x = 0;

	if (depth < s.length)
		memcpy(&x, s.data + depth, s.length - depth < 8 ? s.length - depth : 8);
	return __builtin_bswap64(x);
}

static inline void swap(struct item *a, struct item *b)
{
	const struct item t = *a;

	*a = *b;
	*b = t;
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
	return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* How many bytes from depth on all keys have in common. */
static size_t shared(const struct sorter *s, const struct item *v, size_t n, size_t depth)
{
	const struct pw_slice first = s->key(s->context, v[0].id);
	size_t same = first.length > depth ? first.length - depth : 0;

	for (size_t i = 1; i < n && same > 0; i++) {
		const struct pw_slice k = s->key(s->context, v[i].id);
		size_t j = 0;
		if (k.length < depth + same)
			same = k.length > depth ? k.length - depth : 0;
		if (memcmp(first.data + depth, k.data + depth, same) == 0)
			continue;
		while (first.data[depth + j] == k.data[depth + j])
			j++;
		same = j;
	}
	return same;
}

/*
 * The next words of items that are equal so far; what all have in common is
 * skipped at once. Where all keys have ended they differ by zeros at their
 * ends at most: then lengths are the words. Returns the depth that the words
 * stand for.
 */
static size_t deepen(const struct sorter *s, struct item *v, size_t n, size_t depth)
{
	for (;;) {
		bool more = false;
		uint64_t other = 0;
		for (size_t i = 0; i < n; i++) {
			const struct pw_slice k = s->key(s->context, v[i].id);
			v[i].word = word_at(k, depth);
			other |= v[i].word ^ v[0].word;
			more |= k.length > depth;
		}
		if (!more) {
			for (size_t i = 0; i < n; i++)
				v[i].word = s->key(s->context, v[i].id).length;
			return BY_LENGTH;
		}
		const size_t skip = other == 0 && n > 1 ? shared(s, v, n, depth) : 0;
		if (skip < 8)
			return depth;
		depth += skip;
	}
}

/*
 * A few items. A key is far away in memory: each is looked at once for 8 of its
 * bytes, not in every comparison of two whose words are equal.
 */
static void insertion(const struct sorter *s, struct item *v, size_t n, size_t depth)
{
	for (size_t i = 1; i < n; i++) {
		const struct item x = v[i];
		size_t j = i;
		for (; j > 0 && x.word < v[j - 1].word; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
	if (depth == BY_LENGTH)
		return;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && v[end].word == v[i].word;)
			end++;
		if (end - i > 1)
			insertion(s, v + i, end - i, deepen(s, v + i, end - i, depth + 8));
	}
}

/* Places are drawn, not fixed, so that nobody can order rows to make this quadratic. */
static uint64_t pivot_of(struct sorter *s, const struct item *v, size_t n)
{
	uint64_t x[9];

	for (int i = 0; i < 9; i++) {
		s->seed = s->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		x[i] = v[(size_t)((__uint128_t)s->seed * n >> 64)].word;
	}
	return n <= 64 ? median(x[0], x[1], x[2])
		       : median(median(x[0], x[1], x[2]), median(x[3], x[4], x[5]),
				median(x[6], x[7], x[8]));
}

/* Items whose keys are equal below depth, and have words of that depth. */
struct part {
	struct item *v;
	size_t n, depth;
};

/* Words below the pivot, equal to it (these get their next words), above it. */
static void divide(struct sorter *s, struct part p, struct part parts[3])
{
	const uint64_t pivot = pivot_of(s, p.v, p.n);
	size_t low = 0, high = p.n;

	for (size_t i = 0; i < high;) {
		if (p.v[i].word < pivot)
			swap(&p.v[low++], &p.v[i++]);
		else if (p.v[i].word > pivot)
			swap(&p.v[i], &p.v[--high]);
		else
			i++;
	}
	parts[0] = (struct part){p.v, low, p.depth};
	parts[1] = (struct part){p.v + low, p.depth == BY_LENGTH ? 0 : high - low, p.depth};
	parts[2] = (struct part){p.v + high, p.n - high, p.depth};
	if (parts[1].n > 1)
		parts[1].depth = deepen(s, parts[1].v, parts[1].n, p.depth + 8);
}

/* The largest part goes on in the loop: the stack stays logarithmic, whatever the keys. */
static void sort(struct sorter *s, struct part p)
{
	while (p.n > FEW) {
		struct part parts[3];
		divide(s, p, parts);
		const int most = parts[0].n > parts[1].n ? (parts[0].n > parts[2].n ? 0 : 2)
							 : (parts[1].n > parts[2].n ? 1 : 2);
		p = parts[most];
		parts[most] = parts[2];
		sort(s, parts[0]);
		sort(s, parts[1]);
	}
	insertion(s, p.v, p.n, p.depth);
}

void pw_keysort(uint32_t *ids, size_t count, pw_keysort_key *key, const void *context)
{
	struct sorter s = {key, context, pw_hash_word(count)};
	struct item *items = pw_mem_alloc(count, sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i].id = ids[i];
	sort(&s, (struct part){items, count, deepen(&s, items, count, 0)});
	for (size_t i = 0; i < count; i++)
		ids[i] = items[i].id;
	free(items);
}
