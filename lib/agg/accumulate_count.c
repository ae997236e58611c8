/* Accumulators that count different values: exactly, by a hash of all; about, by a sketch. */
#include "accumulate.h"

#include "../base/hash.h"

#include <math.h>
#include <stdlib.h>

/* ---- exactly: one hash for all groups, keyed by group and value ---- */

/* An entry of the hash; the entries of a group are linked, so that the group can be saved. */
struct member {
	uint32_t group; /* slot + 1; 0: just made */
	uint32_t older; /* slot + 1 in the hash of the group's next older value; 0: none */
};

static void hash_start(struct pw_accumulator *c)
{
	if (c->hash)
		return;
	c->hash = pw_mem_zero(1, sizeof *c->hash);
	pw_arrangement_init(c->hash, sizeof(struct member));
}

/* The keys under which the feed's values stand in the hash. */
static void make_keys(struct pw_accumulator *c)
{
	const struct pw_feed *f = c->feed;
	struct pw_rowkeys *k = &c->hash_keys;

	k->rows = f->n;
	if (k->capacity < (size_t)f->n + 1)
		k->offsets =
			pw_mem_grow(k->offsets, &k->capacity, (size_t)f->n + 1, sizeof *k->offsets);
	pw_bytes_clear(&k->bytes);
	k->offsets[0] = 0;
	for (uint32_t i = 0; i < f->n; i++) {
		pw_bytes_add(&k->bytes, &f->slots[i], sizeof f->slots[i]);
		if (f->keyed) {
			const struct pw_slice key = pw_feed_key(f, i);

			pw_bytes_add(&k->bytes, key.data, key.length);
		} else {
			pw_bytes_add(&k->bytes, &f->words[i], sizeof f->words[i]);
		}
		k->offsets[i + 1] = (uint32_t)k->bytes.length;
	}
}

static void join_group(struct pw_accumulator *c, struct pw_different *d, uint32_t group,
		       uint32_t at)
{
	struct member *m = pw_arrangement_record(c->hash, at);

	if (m->group)
		return;
	m->group = group + 1;
	m->older = (uint32_t)d->newest;
	d->newest = at + UINT64_C(1);
	d->count++;
}

static void add_different(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	const struct pw_feed *f = c->feed;

	hash_start(c);
	if (c->hash_room < f->n)
		c->hash_slots =
			pw_mem_grow(c->hash_slots, &c->hash_room, f->n, sizeof *c->hash_slots);
	make_keys(c);
	pw_arrangement_put_all(c->hash, &c->hash_keys, c->hash_slots);
	for (uint32_t i = 0; i < f->n; i++)
		join_group(c, pw_accumulate_state(c, a, f->slots[i]), f->slots[i],
			   c->hash_slots[i]);
}

static void drop_different(struct pw_accumulator *c, void *state)
{
	struct pw_different *d = state;

	for (uint64_t at = d->newest; at != 0;) {
		const struct member *m = pw_arrangement_record(c->hash, (uint32_t)(at - 1));
		const uint64_t older = m->older;

		pw_arrangement_drop(c->hash, (uint32_t)(at - 1));
		at = older;
	}
	*d = (struct pw_different){0};
}

static bool sound_any(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	(void)c;
	(void)state;
	return n >= 0; /* an append-only input takes nothing away */
}

static void save_different(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	const struct pw_different *d = state;

	pw_bytes_add(b, &d->count, sizeof d->count);
	for (uint64_t at = d->newest; at != 0;) {
		const struct member *m = pw_arrangement_record(c->hash, (uint32_t)(at - 1));
		const struct pw_slice key = pw_arrangement_key(c->hash, (uint32_t)(at - 1));
		const uint32_t length = (uint32_t)key.length - 4;

		pw_bytes_add(b, &length, sizeof length);
		pw_bytes_add(b, key.data + 4, length); /* without the slot */
		at = m->older;
	}
}

static int load_different(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
			  const char *end)
{
	struct pw_bytes key = {0};
	int64_t count;
	uint32_t length;
	int result = -1;

	hash_start(c);
	if (pw_accumulate_take(at, end, &count, sizeof count))
		return -1;
	for (; count > 0; count--) {
		if (pw_accumulate_take(at, end, &length, sizeof length) ||
		    (size_t)(end - *at) < length)
			goto out;
		pw_bytes_clear(&key);
		pw_bytes_add(&key, &slot, sizeof slot);
		pw_bytes_add(&key, *at, length);
		*at += length;
		join_group(
			c, state, slot,
			pw_arrangement_put(c->hash, (struct pw_slice){key.data, key.length}, NULL));
	}
	result = 0;
out:
	pw_bytes_release(&key);
	return result;
}

/* The key of a value changes with its group, and the hash moves keys as it grows. */
static void merge_different(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			    uint32_t from)
{
	const struct pw_different *more = pw_accumulate_state(c, a, from);
	struct pw_different *d = pw_accumulate_state(c, a, into);
	struct pw_bytes key = {0};

	for (uint64_t at = more->newest; at != 0;) {
		const struct pw_slice old = pw_arrangement_key(c->hash, (uint32_t)(at - 1));

		pw_bytes_clear(&key);
		pw_bytes_add(&key, &into, sizeof into);
		pw_bytes_add(&key, old.data + sizeof into, old.length - sizeof into);
		at = ((const struct member *)pw_arrangement_record(c->hash, (uint32_t)(at - 1)))
			     ->older;
		join_group(
			c, d, into,
			pw_arrangement_put(c->hash, (struct pw_slice){key.data, key.length}, NULL));
	}
	pw_bytes_release(&key);
}

const struct pw_accumulator_kind pw_accumulate_different = {"different",
							    sizeof(struct pw_different),
							    add_different,
							    drop_different,
							    sound_any,
							    save_different,
							    load_different,
							    merge_different,
							    true};

/* ---- about: HyperLogLog (Flajolet et al. 2007) ---- */

/*
 * A register is the greatest number of leading zeros + 1 among the hashes
 * that fall to it. Up to FEW registers are a sorted list of index
 * << 8 | value; then all of them as bytes.
 */
#define BITS      12
#define REGISTERS (1 << BITS)
#define FEW       254 /* with the header 1,024 bytes */
#define DENSE     UINT32_MAX

struct pw_sketch {
	uint32_t count, capacity; /* count: DENSE when registers are bytes */
	union {
		uint32_t list[1];
		uint8_t registers[REGISTERS];
	};
};

static size_t sketch_bytes(const struct pw_sketch *s)
{
	return offsetof(struct pw_sketch, list) +
	       (s->count == DENSE ? REGISTERS : s->capacity * sizeof *s->list);
}

static struct pw_sketch *sketch_new(struct pw_pool *pool, uint32_t capacity, bool dense)
{
	struct pw_sketch *s =
		pw_pool_alloc(pool, offsetof(struct pw_sketch, list) +
					    (dense ? REGISTERS : capacity * sizeof(uint32_t)));

	s->count = dense ? DENSE : 0;
	s->capacity = capacity;
	if (dense)
		memset(s->registers, 0, REGISTERS);
	return s;
}

/* Moves a sketch to one with more room, or to a dense one. */
static struct pw_sketch *sketch_grow(struct pw_pool *pool, struct pw_sketch *s)
{
	const bool dense = s->capacity >= FEW;
	const uint32_t wide = s->capacity * 2 < FEW ? s->capacity * 2 : FEW;
	struct pw_sketch *to = sketch_new(pool, wide, dense);

	for (uint32_t i = 0; i < s->count; i++) {
		if (dense)
			to->registers[s->list[i] >> 8] = (uint8_t)s->list[i];
		else
			to->list[to->count++] = s->list[i];
	}
	pw_pool_free(pool, s, sketch_bytes(s));
	return to;
}

static void sketch_put(struct pw_pool *pool, struct pw_sketch **sketch, uint32_t index,
		       uint32_t value)
{
	struct pw_sketch *s = *sketch ? *sketch : (*sketch = sketch_new(pool, 6, false));
	uint32_t at = 0, high = s->count;

	if (s->count == DENSE) {
		if (value > s->registers[index])
			s->registers[index] = (uint8_t)value;
		return;
	}
	while (at < high) {
		const uint32_t middle = (at + high) / 2;

		if (s->list[middle] >> 8 < index)
			at = middle + 1;
		else
			high = middle;
	}
	if (at < s->count && s->list[at] >> 8 == index) {
		if (value > (s->list[at] & 255))
			s->list[at] = index << 8 | value;
		return;
	}
	if (s->count == s->capacity) {
		*sketch = sketch_grow(pool, s);
		sketch_put(pool, sketch, index, value);
		return;
	}
	memmove(s->list + at + 1, s->list + at, (s->count - at) * sizeof *s->list);
	s->list[at] = index << 8 | value;
	s->count++;
}

static void add_sketch(struct pw_accumulator *c, const struct pw_arrangement *a)
{
	const struct pw_feed *f = c->feed;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct pw_slice key =
			f->keyed ? pw_feed_key(f, i)
				 : (struct pw_slice){(const char *)&f->words[i], sizeof *f->words};
		/* not the process's key: the answer is the same in every run */
		const uint64_t hash = pw_hash_checksum(key.data, key.length);
		const uint64_t rest = hash << BITS | UINT64_C(1) << (BITS - 1);

		sketch_put(&c->sets.pool, pw_accumulate_state(c, a, f->slots[i]),
			   (uint32_t)(hash >> (64 - BITS)), (uint32_t)__builtin_clzll(rest) + 1);
	}
}

static void drop_sketch(struct pw_accumulator *c, void *state)
{
	struct pw_sketch **s = state;

	if (*s)
		pw_pool_free(&c->sets.pool, *s, sketch_bytes(*s));
	*s = NULL;
}

static void save_sketch(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	const struct pw_sketch *s = *(struct pw_sketch *const *)state;
	const uint32_t none = 0;

	(void)c;
	pw_bytes_add(b, s ? &s->count : &none, sizeof none);
	if (s && s->count == DENSE)
		pw_bytes_add(b, s->registers, REGISTERS);
	else if (s)
		pw_bytes_add(b, s->list, s->count * sizeof *s->list);
}

static int load_sketch(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		       const char *end)
{
	struct pw_sketch **s = state;
	uint32_t count, entry;

	(void)slot;
	if (pw_accumulate_take(at, end, &count, sizeof count) || (count > FEW && count != DENSE))
		return -1;
	if (count == DENSE) {
		*s = sketch_new(&c->sets.pool, FEW, true);
		return pw_accumulate_take(at, end, (*s)->registers, REGISTERS);
	}
	for (; count > 0; count--) {
		if (pw_accumulate_take(at, end, &entry, sizeof entry) || entry >> 8 >= REGISTERS)
			return -1;
		sketch_put(&c->sets.pool, s, entry >> 8, entry & 255);
	}
	return 0;
}

static void merge_sketch(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			 uint32_t from)
{
	struct pw_sketch **to = pw_accumulate_state(c, a, into);
	const struct pw_sketch *s = *(struct pw_sketch *const *)pw_accumulate_state(c, a, from);
	const bool dense = s && s->count == DENSE;

	for (uint32_t i = 0; s && i < (dense ? REGISTERS : s->count); i++) {
		const uint32_t index = dense ? i : s->list[i] >> 8;
		const uint32_t value = dense ? s->registers[i] : s->list[i] & 255;

		if (value > 0)
			sketch_put(&c->sets.pool, to, index, value);
	}
}

const struct pw_accumulator_kind pw_accumulate_sketch = {"sketch",    sizeof(struct pw_sketch *),
							 add_sketch,  drop_sketch,
							 sound_any,   save_sketch,
							 load_sketch, merge_sketch,
							 false};

/*
 * The estimate from the histogram of register values (Ertl 2017, "New
 * cardinality estimation algorithms for HyperLogLog sketches", algorithm 6):
 * without bias over the whole range, and without tables.
 */
static double ertl_sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double ertl_tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double pw_accumulate_estimate(const void *state)
{
	const struct pw_sketch *s = *(struct pw_sketch *const *)state;
	const int most = 64 - BITS;
	uint32_t histogram[256] = {0};

	if (!s)
		return 0;
	if (s->count == DENSE) {
		for (int i = 0; i < REGISTERS; i++)
			histogram[s->registers[i]]++;
	} else {
		histogram[0] = REGISTERS - s->count;
		for (uint32_t i = 0; i < s->count; i++)
			histogram[s->list[i] & 255]++;
	}
	double z = REGISTERS * ertl_tau(1 - (double)histogram[most + 1] / REGISTERS);

	for (int k = most; k > 0; k--)
		z = 0.5 * (z + histogram[k]);
	z += REGISTERS * ertl_sigma((double)histogram[0] / REGISTERS);
	return 0.5 / M_LN2 * REGISTERS * REGISTERS / z;
}

void pw_accumulate_release(struct pw_accumulator *c)
{
	pw_pool_release(&c->sets.pool);
	pw_rowkeys_release(&c->hash_keys);
	free(c->hash_slots);
	if (c->hash)
		pw_arrangement_release(c->hash);
	free(c->hash);
	*c = (struct pw_accumulator){0};
}
