#include "../base/check.h"
#include "../base/hash.h"
#include "intern_internal.h"

#include <stdlib.h>

enum { FIRST_PLACES = 16 }; /* 512 bytes: a batch may have thousands of columns */

static inline uint64_t load64(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

static inline uint32_t load32(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

/*
 * With its length, a text of at most 16 bytes is told by two words: its first
 * and its last bytes, overlapping.
 */
static inline void words_of(const char *p, size_t n, uint64_t *head, uint64_t *tail)
{
	if (n >= 8) {
		*head = load64(p);
		*tail = load64(p + n - 8);
	} else if (n >= 4) {
		*head = load32(p);
		*tail = load32(p + n - 4);
	} else if (n > 0) {
		*head = (uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << 8;
		*tail = (uint8_t)p[n - 1];
	} else {
		*head = *tail = 0;
	}
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	const __uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static struct pw_intern_place *empty_places(uint32_t n)
{
	struct pw_intern_place *p = pw_mem_aligned((size_t)n * sizeof *p);

	return memset(p, 0, (size_t)n * sizeof *p);
}

void pw_intern_init(struct pw_intern *t)
{
	*t = (struct pw_intern){.mask = FIRST_PLACES - 1, .epoch = 1};
	t->places = empty_places(FIRST_PLACES);
	t->key[0] = pw_hash_word(1);
	t->key[1] = pw_hash_word(2);
}

void pw_intern_release(struct pw_intern *t)
{
	free(t->places);
	pw_bytes_release(&t->pool);
	*t = (struct pw_intern){0};
}

static void forget(struct pw_intern *t)
{
	memset(t->places, 0, ((size_t)t->mask + 1) * sizeof *t->places);
	t->used = 0;
	pw_bytes_clear(&t->pool);
}

void pw_intern_next_batch(struct pw_intern *t)
{
	if (t->used > PW_INTERN_PLACES / 4 || t->pool.length > (1 << 20) ||
	    t->epoch == UINT32_MAX - 1) {
		forget(t);
		t->epoch = 0;
	}
	t->epoch++;
}

static inline uint32_t hash_of(const struct pw_intern *t, const char *data, size_t length,
			       uint64_t head, uint64_t tail)
{
	if (length > 16)
		return (uint32_t)pw_hash_bytes(data, length);
	return (uint32_t)fold(head ^ t->key[0], tail ^ t->key[1] ^ (uint64_t)length << 56);
}

static void grow(struct pw_intern *t)
{
	struct pw_intern_place *old = t->places;
	const uint32_t places = t->mask + 1;

	t->mask = places * 4 - 1;
	t->places = empty_places(places * 4);
	for (uint32_t i = 0; i < places; i++) {
		if (old[i].epoch == 0)
			continue;
		uint32_t at = old[i].hash & t->mask;
		while (t->places[at].epoch != 0)
			at = (at + 1) & t->mask;
		t->places[at] = old[i];
	}
	free(old);
}

#ifdef PW_CHECKED
static void check(const struct pw_intern *t)
{
	uint32_t used = 0;

	if (!pw_check_due(t->mask))
		return;
	for (uint32_t i = 0; i <= t->mask; i++) {
		const struct pw_intern_place *p = &t->places[i];

		if (p->epoch == 0)
			continue;
		used++;
		PW_CHECK(2, p->epoch <= t->epoch && p->length <= PW_INTERN_LENGTH);
		PW_CHECK(2, p->length <= 16 || p->offset + (size_t)p->length <= t->pool.length);
	}
	PW_CHECK(1, used == t->used && used <= (t->mask + 1) / 2);
}
#else
#define check(t) ((void)0)
#endif

uint32_t pw_intern_code(struct pw_intern *t, const char *data, size_t length, uint32_t fresh)
{
	uint64_t head, tail;
	struct pw_intern_place *p;

	words_of(data, length, &head, &tail);
	const uint32_t hash = hash_of(t, data, length, head, tail);
	uint32_t at = hash & t->mask;
	for (p = &t->places[at]; p->epoch != 0; p = &t->places[at]) {
		if (p->head == head && p->tail == tail && p->length == length &&
		    (length <= 16 || memcmp(t->pool.data + p->offset, data, length) == 0)) {
			if (p->epoch == t->epoch)
				return p->code;
			p->epoch = t->epoch;
			p->code = (uint16_t)fresh;
			return PW_INTERN_NEW;
		}
		at = (at + 1) & t->mask;
	}
	*p = (struct pw_intern_place){
		.head = head,
		.tail = tail,
		.epoch = t->epoch,
		.hash = hash,
		.offset = (uint32_t)t->pool.length,
		.length = (uint16_t)length,
		.code = (uint16_t)fresh,
	};
	if (length > 16)
		pw_bytes_add(&t->pool, data, length);
	if (++t->used > t->mask / 2)
		grow(t);
	check(t);
	return PW_INTERN_NEW;
}
