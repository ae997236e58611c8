/* Accumulators that hold values: multisets, least keys, plain values, first and last. */
#include "accumulate.h"

#include "../base/fail.h"

#include <stdlib.h>

static void add_multiset(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	const struct pw_feed *f = c->feed;

	c->sets.text = f->keyed;
	c->sets.modes = c->modes;
	for (uint32_t i = 0; i < f->n; i++) {
		struct pw_multiset *m = pw_accumulate_state(c, a, f->slots[i]);

		if (f->keyed)
			pw_multiset_add_text(&c->sets, m, pw_feed_key(f, i), pw_feed_diff(f, i));
		else
			pw_multiset_add(&c->sets, m, f->ordered[i], pw_feed_diff(f, i));
	}
}

static void drop_multiset(struct pw_accumulator *c, void *state)
{
	pw_multiset_clear(&c->sets, state);
}

static bool sound_multiset(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	const struct pw_multiset *m = state;

	(void)c;
	return m->negative == 0 && (n > 0) == !pw_multiset_empty(m);
}

static void save_multiset(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	pw_multiset_save(&c->sets, state, b);
}

static int load_multiset(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
			 const char *end)
{
	(void)slot;
	c->sets.text = c->feed->keyed;
	c->sets.modes = c->modes;
	return pw_multiset_load(&c->sets, state, at, end);
}

struct merge {
	struct pw_multisets *sets;
	struct pw_multiset *into;
};

static void visit_merge(void *context, pw_value value, int64_t copies)
{
	const struct merge *m = context;

	if (m->sets->text)
		pw_multiset_add_text(m->sets, m->into, pw_value_text(value), copies);
	else
		pw_multiset_add(m->sets, m->into, value, copies);
}

static void merge_multiset(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			   uint32_t from)
{
	struct merge m = {&c->sets, pw_accumulate_state(c, a, into)};

	c->sets.text = c->feed->keyed;
	c->sets.modes = c->modes;
	pw_multiset_walk(pw_accumulate_state(c, a, from), visit_merge, &m);
}

const struct pw_accumulator_kind pw_accumulate_multiset = {"multiset",
							   sizeof(struct pw_multiset),
							   add_multiset,
							   drop_multiset,
							   sound_multiset,
							   save_multiset,
							   load_multiset,
							   merge_multiset,
							   true};

static bool sound_any(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	(void)c;
	(void)state;
	return n >= 0; /* an append-only input takes nothing away */
}

static void store_key(struct pw_accumulator *c, struct pw_blob **held, struct pw_slice key)
{
	struct pw_blob *b = *held;

	if (b && b->length == key.length) {
		memcpy(b->data, key.data, key.length);
		return;
	}
	pw_pool_free_blob(&c->sets.pool, b);
	*held = pw_pool_blob(&c->sets.pool, key);
}

static void add_least_key(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	const struct pw_feed *f = c->feed;

	for (uint32_t i = 0; i < f->n; i++) {
		struct pw_blob **held = pw_accumulate_state(c, a, f->slots[i]);
		const struct pw_slice key = pw_feed_key(f, i);

		if (!*held || pw_slice_compare(key, pw_blob_slice(*held)) < 0)
			store_key(c, held, key);
	}
}

static void drop_key(struct pw_accumulator *c, void *state)
{
	struct pw_blob **held = state;

	pw_pool_free_blob(&c->sets.pool, *held);
	*held = NULL;
}

static void save_key(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	const struct pw_blob *held = *(struct pw_blob *const *)state;

	(void)c;
	pw_bytes_put(b, held != NULL);
	if (held)
		pw_bytes_add(b, held, sizeof *held + held->length);
}

static int load_key(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		    const char *end)
{
	struct pw_blob **held = state;
	uint32_t length;
	uint8_t there;

	(void)slot;
	if (pw_accumulate_take(at, end, &there, 1) || there > 1)
		return -1;
	if (!there)
		return 0;
	if (pw_accumulate_take(at, end, &length, sizeof length) || (size_t)(end - *at) < length)
		return -1;
	*held = pw_pool_blob(&c->sets.pool, (struct pw_slice){*at, length});
	*at += length;
	return 0;
}

static void merge_least_key(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			    uint32_t from)
{
	struct pw_blob **held = pw_accumulate_state(c, a, into);
	const struct pw_blob *other = *(struct pw_blob *const *)pw_accumulate_state(c, a, from);

	if (other && (!*held || pw_slice_compare(pw_blob_slice(other), pw_blob_slice(*held)) < 0))
		store_key(c, held, pw_blob_slice(other));
}

const struct pw_accumulator_kind pw_accumulate_least_key = {
	"least_key", sizeof(struct pw_blob *), add_least_key, drop_key, sound_any, save_key,
	load_key,    merge_least_key,          false};

/* last: later commits win; else earlier ones win. Within a commit the least key wins. */
static inline void add_moment(struct pw_accumulator *c, struct pw_moment *m, uint64_t time,
			      struct pw_slice key, bool last)
{
	const bool wins = last ? time > m->time : time < m->time;

	if (m->time == 0 || wins ||
	    (time == m->time && pw_slice_compare(key, pw_blob_slice(m->key)) < 0)) {
		m->time = time;
		store_key(c, &m->key, key);
	}
}

static inline void add_moments(struct pw_accumulator *c, const struct pw_arrangement *a, bool last)
{
	const struct pw_feed *f = c->feed;
	const uint64_t time = f->time == PW_TIME_END ? f->time : f->time + 1;

	for (uint32_t i = 0; i < f->n; i++)
		add_moment(c, pw_accumulate_state(c, a, f->slots[i]), time, pw_feed_key(f, i),
			   last);
}

static void add_first(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	add_moments(c, a, false);
}

static void add_last(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	add_moments(c, a, true);
}

static void drop_moment(struct pw_accumulator *c, void *state)
{
	struct pw_moment *m = state;

	drop_key(c, &m->key);
	m->time = 0;
}

static void save_moment(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	const struct pw_moment *m = state;

	pw_bytes_add(b, &m->time, sizeof m->time);
	save_key(c, &m->key, b);
}

static int load_moment(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		       const char *end)
{
	struct pw_moment *m = state;

	if (pw_accumulate_take(at, end, &m->time, sizeof m->time) ||
	    load_key(c, &m->key, slot, at, end))
		return -1;
	return (m->time != 0) == (m->key != NULL) ? 0 : -1;
}

static void merge_moments(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			  uint32_t from, bool last)
{
	const struct pw_moment *m = pw_accumulate_state(c, a, from);

	if (m->time != 0)
		add_moment(c, pw_accumulate_state(c, a, into), m->time, pw_blob_slice(m->key),
			   last);
}

static void merge_first(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			uint32_t from)
{
	merge_moments(c, a, into, from, false);
}

static void merge_last(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
		       uint32_t from)
{
	merge_moments(c, a, into, from, true);
}

const struct pw_accumulator_kind pw_accumulate_first = {"first",     sizeof(struct pw_moment),
							add_first,   drop_moment,
							sound_any,   save_moment,
							load_moment, merge_first,
							false};
const struct pw_accumulator_kind pw_accumulate_last = {"last",      sizeof(struct pw_moment),
						       add_last,    drop_moment,
						       sound_any,   save_moment,
						       load_moment, merge_last,
						       false};

static void push_value(struct pw_accumulator *c, struct pw_values *v, uint64_t word)
{
	if (v->count == v->capacity) {
		const uint32_t wide = v->capacity ? v->capacity * 2 : 4;

		if (v->capacity > UINT32_MAX / 4)
			pw_bug("more than 2^31 values in a group");
		uint64_t *words = pw_pool_alloc(&c->sets.pool, wide * sizeof *words);

		if (v->count) {
			memcpy(words, v->words, v->count * sizeof *words);
			pw_pool_free(&c->sets.pool, v->words, v->capacity * sizeof *words);
		}
		v->words = words;
		v->capacity = wide;
	}
	v->words[v->count++] = word;
}

static void add_values(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	const struct pw_feed *f = c->feed;

	for (uint32_t i = 0; i < f->n; i++)
		for (pw_diff k = pw_feed_diff(f, i); k > 0; k--)
			push_value(c, pw_accumulate_state(c, a, f->slots[i]), f->ordered[i]);
}

static void drop_values(struct pw_accumulator *c, void *state)
{
	struct pw_values *v = state;

	if (v->words)
		pw_pool_free(&c->sets.pool, v->words, v->capacity * sizeof *v->words);
	*v = (struct pw_values){0};
}

static void save_values(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	const struct pw_values *v = state;

	(void)c;
	pw_bytes_add(b, &v->count, sizeof v->count);
	pw_bytes_add(b, v->words, v->count * sizeof *v->words);
}

static int load_values(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		       const char *end)
{
	uint64_t word;
	uint32_t count;

	(void)slot;
	if (pw_accumulate_take(at, end, &count, sizeof count))
		return -1;
	for (; count > 0; count--) {
		if (pw_accumulate_take(at, end, &word, sizeof word))
			return -1;
		push_value(c, state, word);
	}
	return 0;
}

static void merge_values(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			 uint32_t from)
{
	struct pw_values *v = pw_accumulate_state(c, a, into);
	const struct pw_values *more = pw_accumulate_state(c, a, from);

	for (uint32_t i = 0; i < more->count; i++)
		push_value(c, v, more->words[i]);
}

const struct pw_accumulator_kind pw_accumulate_values = {"values",    sizeof(struct pw_values),
							 add_values,  drop_values,
							 sound_any,   save_values,
							 load_values, merge_values,
							 true};
