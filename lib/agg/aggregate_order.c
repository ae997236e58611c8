/* The aggregates that look at values in order: extremes, quantiles, lists. */
#include "../wire/frame.h"
#include "aggregate_internal.h"

#include <math.h>
#include <stdlib.h>

#define RESULTS(function)                                                                          \
	void function(struct pw_aggregates *g, const struct pw_arrangement *a,                     \
		      const struct pw_aggregate *c, const uint32_t *slots, uint32_t count,         \
		      struct pw_vector *v)

/* ---- values, whichever accumulator holds them ---- */

static struct pw_type value_type(const struct pw_aggregate *c)
{
	return c->asked.args[0].type;
}

static void append_word(struct pw_vector *v, struct pw_type type, uint64_t ordered)
{
	const uint64_t word = pw_feed_unorder(type, ordered);
	double x;

	if (type.base == PW_BOOL) {
		pw_vector_bool(v, word != 0);
	} else if (type.base == PW_FLOAT) {
		memcpy(&x, &word, sizeof x);
		pw_vector_float(v, x);
	} else {
		pw_vector_word(v, (int64_t)word);
	}
}

/* Appends the call's value out of a key of its feed. */
static void append_key(struct pw_vector *v, const struct pw_aggregate *c, struct pw_slice key)
{
	const struct pw_feed *f = c->feed;
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t i = 0; i < c->place; i++)
		pw_rowkey_take(&at, end, f->types[i], f->descending[i], NULL);
	pw_rowkey_take(&at, end, value_type(c), f->descending[c->place], v);
}

/* Appends what a multiset of the call holds as a value. */
static void append_value(struct pw_vector *v, const struct pw_aggregate *c, pw_value value)
{
	if (c->feed->keyed)
		append_key(v, c, pw_value_text(value));
	else
		append_word(v, value_type(c), value);
}

static bool in_order(const uint64_t *words, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (words[i - 1] > words[i])
			return false;
	return true;
}

/* Sorts by bytes, the least significant first; bytes that all values share are passed over. */
static void radix_sort(uint64_t *words, uint32_t n)
{
	uint64_t *other = pw_mem_alloc(n, sizeof *other), *from = words, *to = other;
	uint64_t differ = 0;

	for (uint32_t i = 1; i < n; i++)
		differ |= words[i] ^ words[0];
	for (int shift = 0; shift < 64; shift += 8) {
		uint32_t places[257] = {0};

		if ((differ >> shift & 255) == 0)
			continue;
		for (uint32_t i = 0; i < n; i++)
			places[(from[i] >> shift & 255) + 1]++;
		for (int i = 0; i < 256; i++)
			places[i + 1] += places[i];
		for (uint32_t i = 0; i < n; i++)
			to[places[from[i] >> shift & 255]++] = from[i];
		uint64_t *const swap = from;

		from = to;
		to = swap;
	}
	if (from != words)
		memcpy(words, from, n * sizeof *words);
	free(other);
}

static void sort_words(uint64_t *words, uint32_t n)
{
	if (in_order(words, n))
		return;
	if (n > 256) {
		radix_sort(words, n);
		return;
	}
	for (uint32_t gap = n > 40 ? 40 : n > 13 ? 13 : n > 4 ? 4 : 1; gap; gap /= 3)
		for (uint32_t i = gap; i < n; i++) {
			const uint64_t word = words[i];
			uint32_t at = i;

			for (; at >= gap && words[at - gap] > word; at -= gap)
				words[at] = words[at - gap];
			words[at] = word;
		}
}

/* The values of a group in order, as one of the two kinds of accumulator holds them. */
struct ordered {
	const struct pw_values *values; /* sorted, or NULL */
	const struct pw_multiset *set;
};

static struct ordered ordered_of(const struct pw_aggregate *c, const struct pw_arrangement *a,
				 uint32_t slot)
{
	void *state = pw_accumulate_state(c->first, a, slot);

	if (c->first->kind == &pw_accumulate_multiset)
		return (struct ordered){NULL, state};
	struct pw_values *values = state;

	sort_words(values->words, values->count);
	return (struct ordered){values, NULL};
}

static pw_value kth(const struct ordered *o, int64_t k)
{
	return o->values ? o->values->words[k] : pw_multiset_kth(o->set, k);
}

static void walk(const struct ordered *o,
		 void (*visit)(void *context, pw_value value, int64_t copies), void *context)
{
	if (!o->values) {
		pw_multiset_walk(o->set, visit, context);
		return;
	}
	const uint64_t *words = o->values->words;
	const uint32_t n = o->values->count;

	for (uint32_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && words[next] == words[i]; next++)
			;
		visit(context, words[i], next - i);
	}
}

/* ---- extremes ---- */

static void append_extreme(struct pw_vector *v, const struct pw_aggregate *c,
			   const struct pw_accumulator *from, const struct pw_arrangement *a,
			   uint32_t slot, bool least)
{
	const void *s = pw_accumulate_state(from, a, slot);
	const struct pw_accumulator_kind *kind = from->kind;

	if (pw_aggregate_rows(c, a, slot) <= 0)
		pw_vector_null(v);
	else if (kind == &pw_accumulate_multiset)
		append_value(v, c, least ? pw_multiset_first(s) : pw_multiset_last(s));
	else if (kind == &pw_accumulate_least_key)
		append_key(v, c, pw_blob_slice(*(struct pw_blob *const *)s));
	else
		append_word(v, value_type(c),
			    kind == &pw_accumulate_least ? ~*(const uint64_t *)s
							 : *(const uint64_t *)s);
}

RESULTS(pw_aggregate_least)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++)
		append_extreme(v, c, c->first, a, slots[i], true);
}

RESULTS(pw_aggregate_greatest)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++)
		append_extreme(v, c, c->first, a, slots[i], false);
}

/* Are least and greatest the same? */
static bool all_same(const struct pw_aggregate *c, const struct pw_arrangement *a, uint32_t slot)
{
	const void *s = pw_accumulate_state(c->first, a, slot);
	const void *t = pw_accumulate_state(c->second, a, slot);

	if (c->first->kind == &pw_accumulate_multiset)
		return ((const struct pw_multiset *)s)->values == 1;
	if (c->first->kind == &pw_accumulate_least)
		return ~*(const uint64_t *)s == *(const uint64_t *)t;
	const struct pw_blob *x = *(struct pw_blob *const *)s, *y = *(struct pw_blob *const *)t;

	/* one key ascending, one descending: all bytes but the marker are inverted */
	if (x->length != y->length)
		return false;
	for (uint32_t i = 1; i < x->length; i++)
		if ((uint8_t)(x->data[i] ^ y->data[i]) != 0xff)
			return false;
	return true;
}

RESULTS(pw_aggregate_unique)
{
	for (uint32_t i = 0; i < count; i++) {
		if (pw_aggregate_rows(c, a, slots[i]) > 0 && !all_same(c, a, slots[i])) {
			pw_vector_null(v);
			pw_aggregate_error(g, c, i, "the values differ");
		} else {
			append_extreme(v, c, c->first, a, slots[i], true);
		}
	}
}

RESULTS(pw_aggregate_moment)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const struct pw_moment *m = pw_accumulate_state(c->first, a, slots[i]);

		if (m->key)
			append_key(v, c, pw_blob_slice(m->key));
		else
			pw_vector_null(v);
	}
}

/* ---- quantiles ---- */

/* A point between two neighbours, share of the way from low to high. */
static void append_between(struct pw_vector *v, const struct pw_aggregate *c, pw_value low,
			   pw_value high, double share)
{
	const struct pw_type type = value_type(c);
	const uint64_t a = pw_feed_unorder(type, low), b = pw_feed_unorder(type, high);
	const pw_int128 sum = (pw_int128)(int64_t)a + (int64_t)b;
	const pw_int128 gap = (pw_int128)(int64_t)b - (int64_t)a;
	double x, y;

	if (type.base == PW_INT) {
		pw_vector_float(v, share == 0.5 ? pw_exact_int_mean(sum, 2)
						: (double)(int64_t)a + (double)gap * share);
	} else if (type.base != PW_FLOAT) {
		pw_vector_word(v, share == 0.5 ? (int64_t)pw_exact_int_divide(sum, 2)
					       : (int64_t)((int64_t)a +
							   (pw_int128)rint((double)gap * share)));
	} else {
		memcpy(&x, &a, sizeof x);
		memcpy(&y, &b, sizeof y);
		if (low == high || share == 0)
			pw_vector_float(v, x);
		else if (share == 0.5) /* rounded once: halving is exact, or the sum is */
			pw_vector_float(v, isinf(x + y) && !isinf(x) && !isinf(y) ? x / 2 + y / 2
										  : (x + y) / 2);
		else
			pw_vector_float(v, x + (y - x) * share);
	}
}

static void append_quantile(struct pw_vector *v, const struct pw_aggregate *c,
			    const struct ordered *o, pw_diff n, double share)
{
	const double place = (double)(n - 1) * share;
	const int64_t low = (int64_t)place < n - 1 ? (int64_t)place : n - 1;
	const int64_t high = low + 1 < n ? low + 1 : low;

	append_between(v, c, kth(o, low), kth(o, high), place - (double)low);
}

static void continuous(const struct pw_arrangement *a, const struct pw_aggregate *c,
		       const uint32_t *slots, uint32_t count, struct pw_vector *v, double share)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct ordered o = ordered_of(c, a, slots[i]);
		const pw_diff n = pw_aggregate_rows(c, a, slots[i]);

		if (n <= 0)
			pw_vector_null(v);
		else
			append_quantile(v, c, &o, n, share);
	}
}

RESULTS(pw_aggregate_median)
{
	(void)g;
	continuous(a, c, slots, count, v, 0.5);
}

RESULTS(pw_aggregate_quantile_cont)
{
	(void)g;
	continuous(a, c, slots, count, v, c->number);
}

/* The least value that has at least the share of all at or below it. */
RESULTS(pw_aggregate_quantile)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const struct ordered o = ordered_of(c, a, slots[i]);
		const pw_diff n = pw_aggregate_rows(c, a, slots[i]);
		/* from above, so that 0.07 of 100 is the 7th although 0.07 * 100 > 7 */
		const int64_t k = n - (int64_t)floor((double)n - c->number * (double)n);

		if (n <= 0)
			pw_vector_null(v);
		else
			append_value(v, c, kth(&o, k < 1 ? 0 : k > n ? n - 1 : k - 1));
	}
}

struct most {
	pw_value value;
	int64_t copies;
};

static void visit_mode(void *context, pw_value value, int64_t copies)
{
	struct most *m = context;

	if (copies > m->copies)
		*m = (struct most){value, copies};
}

RESULTS(pw_aggregate_mode)
{
	(void)g;
	for (uint32_t i = 0; i < count; i++) {
		const struct ordered o = ordered_of(c, a, slots[i]);
		struct most most = {0, 0};

		if (pw_aggregate_rows(c, a, slots[i]) <= 0) {
			pw_vector_null(v);
			continue;
		}
		if (o.values)
			walk(&o, visit_mode, &most);
		else
			most.value = pw_multiset_mode(o.set);
		append_value(v, c, most.value);
	}
}

/* ---- lists ---- */

struct listing {
	const struct pw_aggregate *call;
	struct pw_vector *into;
	bool once;             /* a copy of each value */
	bool over;             /* what has been made is longer than a frame may be */
	size_t limit;          /* for it, as pw_vector_bytes counts */
	struct pw_vector text; /* of string_agg: the value in hand */
	struct pw_bytes joined;
	bool begun;
};

static void visit_list(void *context, pw_value value, int64_t copies)
{
	struct listing *l = context;
	const size_t before = pw_vector_bytes(l->into);

	if (l->over)
		return;
	append_value(l->into, l->call, value);
	const size_t after = pw_vector_bytes(l->into);
	const uint64_t more = l->once ? 0 : (uint64_t)copies - 1;
	l->over = after > l->limit ||
		  more > (l->limit - after) / (after > before ? after - before : 1);
	for (uint64_t k = l->over ? 0 : more; k > 0; k--)
		append_value(l->into, l->call, value);
}

static void lists(struct pw_aggregates *g, const struct pw_arrangement *a,
		  const struct pw_aggregate *c, const uint32_t *slots, uint32_t count,
		  struct pw_vector *v, bool once)
{
	struct listing l = {.call = c, .into = v->inner, .once = once};

	for (uint32_t i = 0; i < count; i++) {
		const struct ordered o = ordered_of(c, a, slots[i]);

		const uint32_t from = v->inner->rows;

		l.over = false;
		l.limit = pw_vector_bytes(v->inner) + PW_FRAME_BODY_MAX;
		walk(&o, visit_list, &l);
		if (!l.over) {
			pw_vector_list(v);
			continue;
		}
		pw_vector_truncate(v->inner, from);
		pw_vector_null(v);
		pw_aggregate_error(g, c, i, "the list would be longer than a frame may be");
	}
}

RESULTS(pw_aggregate_list)
{
	lists(g, a, c, slots, count, v, false);
}

RESULTS(pw_aggregate_set)
{
	lists(g, a, c, slots, count, v, true);
}

/* Appends the last bytes, so many, so many times more. */
static void repeat_last(struct pw_bytes *b, size_t bytes, uint64_t times)
{
	const size_t all = bytes * times;

	if (all == 0)
		return;
	char *to = pw_bytes_room(b, all);

	for (size_t done = 0; done < all;) { /* what is there already doubles */
		const size_t have = done + bytes, n = have < all - done ? have : all - done;
		memcpy(to + done, to - bytes, n);
		done += n;
	}
	b->length += all;
}

static void visit_string(void *context, pw_value value, int64_t copies)
{
	struct listing *l = context;
	const struct pw_aggregate *c = l->call;

	if (l->over)
		return;
	pw_vector_clear(&l->text);
	append_value(&l->text, c, value);
	const struct pw_slice s = pw_column_text(pw_vector_view(&l->text), 0);
	const size_t each = c->text_length + s.length;

	l->over = l->joined.length > PW_FRAME_BODY_MAX ||
		  (uint64_t)copies > (PW_FRAME_BODY_MAX - l->joined.length) / (each > 0 ? each : 1);
	if (each == 0 || l->over) { /* an empty text is there already, or none is wanted */
		l->over &= each > 0;
		l->begun = true;
		return;
	}
	if (l->begun)
		pw_bytes_add(&l->joined, c->text, c->text_length);
	pw_bytes_add(&l->joined, s.data, s.length);
	l->begun = true;
	if (copies == 1)
		return;
	pw_bytes_add(&l->joined, c->text, c->text_length);
	pw_bytes_add(&l->joined, s.data, s.length);
	repeat_last(&l->joined, each, (uint64_t)copies - 2);
}

RESULTS(pw_aggregate_string)
{
	struct listing l = {.call = c};

	pw_vector_init(&l.text, PW_TYPE(PW_STR));
	for (uint32_t i = 0; i < count; i++) {
		const struct ordered o = ordered_of(c, a, slots[i]);

		if (pw_aggregate_rows(c, a, slots[i]) <= 0) {
			pw_vector_null(v);
			continue;
		}
		l.begun = l.over = false;
		pw_bytes_clear(&l.joined);
		walk(&o, visit_string, &l);
		if (l.over) {
			pw_vector_null(v);
			pw_aggregate_error(g, c, i, "the text would be longer than a frame may be");
			continue;
		}
		pw_vector_text(v, l.joined.data, l.joined.length);
	}
	pw_vector_release(&l.text);
	pw_bytes_release(&l.joined);
}
