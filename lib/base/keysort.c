#include "keysort.h"

#include <stdlib.h>

struct item {
	uint64_t word; /* 8 bytes of the key at the depth in hand, zeros behind its end */
	uint32_t id;
};

struct sorter {
	pw_keysort_key *key;
	const void *context;
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

/* Items of equal words so far: by the rest of their keys. */
static bool before(const struct sorter *s, const struct item *a, const struct item *b, size_t depth)
{
	if (a->word != b->word)
		return a->word < b->word;
	if (depth == BY_LENGTH)
		return false;
	const struct pw_slice x = s->key(s->context, a->id), y = s->key(s->context, b->id);
	const size_t shared = x.length < y.length ? x.length : y.length;
	const int c = depth < shared ? memcmp(x.data + depth, y.data + depth, shared - depth) : 0;
	return c != 0 ? c < 0 : x.length < y.length;
}

static void insertion(const struct sorter *s, struct item *v, size_t n, size_t depth)
{
	for (size_t i = 1; i < n; i++) {
		const struct item x = v[i];
		size_t j = i;
		for (; j > 0 && before(s, &x, &v[j - 1], depth); j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
	return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/*
 * The next words of items that are equal so far. Where all keys have ended
 * they differ by zeros at their ends at most: then lengths are the words.
 * Returns the depth that the words stand for.
 */
static size_t deepen(const struct sorter *s, struct item *v, size_t n, size_t depth)
{
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		const struct pw_slice k = s->key(s->context, v[i].id);
		v[i].word = word_at(k, depth);
		more |= k.length > depth;
	}
	for (size_t i = 0; i < n && !more; i++)
		v[i].word = s->key(s->context, v[i].id).length;
	return more ? depth : BY_LENGTH;
}

static void sort(const struct sorter *s, struct item *v, size_t n, size_t depth)
{
	while (n > FEW) {
		const uint64_t pivot = n > 64 ? median(median(v[0].word, v[n / 8].word, v[n / 4].word),
						       v[n / 2].word,
						       median(v[n - 1].word, v[n - n / 8].word,
							      v[n - n / 4].word))
					      : median(v[0].word, v[n / 2].word, v[n - 1].word);
		size_t low = 0, high = n;
		for (size_t i = 0; i < high;) {
			if (v[i].word < pivot)
				swap(&v[low++], &v[i++]);
			else if (v[i].word > pivot)
				swap(&v[i], &v[--high]);
			else
				i++;
		}
		sort(s, v, low, depth);
		if (high - low > 1 && depth != BY_LENGTH)
			sort(s, v + low, high - low, deepen(s, v + low, high - low, depth + 8));
		v += high;
		n -= high;
	}
	insertion(s, v, n, depth);
}

void pw_keysort(uint32_t *ids, size_t count, pw_keysort_key *key, const void *context)
{
	const struct sorter s = {key, context};
	struct item *items = pw_mem_alloc(count, sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i].id = ids[i];
	sort(&s, items, count, deepen(&s, items, count, 0));
	for (size_t i = 0; i < count; i++)
		ids[i] = items[i].id;
	free(items);
}
