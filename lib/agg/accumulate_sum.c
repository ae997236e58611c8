/* Accumulators that are numbers: sums, sums of squares, counts, extremes of words. */
#include "accumulate.h"

/*
 * A kernel: what a row does to its group's state, without and with copies.
 * The table of records does not move while it runs.
 */
#define KERNEL(function, type, once, many)                                                         \
	static void function(struct pw_accumulator *c, const struct pw_arrangement *a)             \
	{                                                                                          \
		const struct pw_feed *f = c->feed;                                                 \
		const struct pw_arrangement table = *a;                                            \
		const size_t offset = c->offset;                                                   \
		const uint32_t n = f->n, *slots = f->slots;                                        \
		const uint64_t *words = ORDER ? f->ordered : f->words;                             \
		const pw_diff *diffs = f->diffs;                                                   \
                                                                                                   \
		for (uint32_t i = 0; diffs == NULL && i < n; i++) {                                \
			type *s = (type *)((char *)pw_arrangement_record(&table, slots[i]) +       \
					   offset);                                                \
			const uint64_t x = words[i];                                               \
			once;                                                                      \
		}                                                                                  \
		for (uint32_t i = 0; diffs != NULL && i < n; i++) {                                \
			type *s = (type *)((char *)pw_arrangement_record(&table, slots[i]) +       \
					   offset);                                                \
			const uint64_t x = words[i];                                               \
			const pw_diff d = diffs[i];                                                \
			many;                                                                      \
		}                                                                                  \
	}

static inline double as_float(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static inline void sum_int(struct pw_int_sum *s, pw_int128 x)
{
	const uint64_t low = (uint64_t)x;
	const bool carry = __builtin_add_overflow(s->low, low, &s->low);

	s->high = (int64_t)((uint64_t)s->high + (uint64_t)(x >> 64) + carry);
}

static inline void sum_float(uint64_t *w, uint64_t bits, pw_diff d)
{
	if (d == 1 || d == -1)
		pw_exact_add(w, as_float(bits), (uint64_t)(d >> 63));
	else
		pw_exact_add_slow(w, as_float(bits), d);
}

#define ORDER 0
KERNEL(add_int_sum, struct pw_int_sum, sum_int(s, (int64_t)x), sum_int(s, (pw_int128)(int64_t)x *d))
KERNEL(add_int_squares, uint64_t, pw_exact_int_square(s, (int64_t)x, 1),
       pw_exact_int_square(s, (int64_t)x, d))
KERNEL(add_float_sum, uint64_t, pw_exact_add(s, as_float(x), 0), sum_float(s, x, d))
KERNEL(add_float_squares, uint64_t, pw_exact_add_square(s, as_float(x), 1),
       pw_exact_add_square(s, as_float(x), d))
KERNEL(add_trues, int64_t, *s += (int64_t)x, *s += (int64_t)x * d)
#undef ORDER

/* Ordered words grow from 0, which is below every value or equal to it. */
#define ORDER 1
KERNEL(add_greatest, uint64_t, *s = x > *s ? x : *s, *s = d > 0 && x > *s ? x : *s)
KERNEL(add_least, uint64_t, *s = ~x > *s ? ~x : *s, *s = d > 0 && ~x > *s ? ~x : *s)
#undef ORDER

static void drop_words(struct pw_accumulator *c, void *state)
{
	memset(state, 0, c->kind->bytes);
}

static void drop_exact(struct pw_accumulator *c, void *state)
{
	pw_exact_release(state, c->kind->bytes / 8);
}

static bool sound_words(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	const uint64_t *words = state;
	uint64_t any = 0;

	for (size_t i = 0; i < c->kind->bytes / 8; i++)
		any |= words[i];
	return n > 0 || any == 0;
}

static bool sound_trues(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	const int64_t trues = *(const int64_t *)state;

	(void)c;
	return trues >= 0 && trues <= n;
}

static bool sound_exact(const struct pw_accumulator *c, const void *state, pw_diff n)
{
	return n > 0 || pw_exact_is_zero(state, c->kind->bytes / 8);
}

static void save_words(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	pw_bytes_add(b, state, c->kind->bytes);
}

static int load_words(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		      const char *end)
{
	(void)slot;
	return pw_accumulate_take(at, end, state, c->kind->bytes);
}

static void save_exact(const struct pw_accumulator *c, const void *state, struct pw_bytes *b)
{
	pw_exact_save(state, c->kind->bytes / 8, b);
}

static int load_exact(struct pw_accumulator *c, void *state, uint32_t slot, const char **at,
		      const char *end)
{
	(void)slot;
	return pw_exact_load(state, c->kind->bytes / 8, at, end);
}

/* A number of several words, the lowest first, in two's complement. */
static void merge_number(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			 uint32_t from)
{
	uint64_t *x = pw_accumulate_state(c, a, into);
	const uint64_t *y = pw_accumulate_state(c, a, from);
	pw_uint128 carry = 0;

	for (size_t i = 0; i < c->kind->bytes / 8; i++) {
		carry += (pw_uint128)x[i] + y[i];
		x[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

static void merge_extreme(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			  uint32_t from)
{
	uint64_t *x = pw_accumulate_state(c, a, into);
	const uint64_t *y = pw_accumulate_state(c, a, from);

	*x = *y > *x ? *y : *x;
}

static void merge_exact(struct pw_accumulator *c, const struct pw_arrangement *a, uint32_t into,
			uint32_t from)
{
	pw_exact_merge(pw_accumulate_state(c, a, into), pw_accumulate_state(c, a, from),
		       c->kind->bytes / 8);
}

#define WORDS(name, bytes, add, sound, merge)                                                      \
	const struct pw_accumulator_kind pw_accumulate_##name = {                                  \
		#name, bytes, add, drop_words, sound, save_words, load_words, merge, false}

WORDS(int_sum, sizeof(struct pw_int_sum), add_int_sum, sound_words, merge_number);
WORDS(int_squares, 24, add_int_squares, sound_words, merge_number);
WORDS(trues, 8, add_trues, sound_trues, merge_number);
WORDS(greatest, 8, add_greatest, sound_words, merge_extreme);
WORDS(least, 8, add_least, sound_words, merge_extreme);

const struct pw_accumulator_kind pw_accumulate_float_sum = {
	"float_sum", PW_EXACT_SUM * 8, add_float_sum, drop_exact, sound_exact,
	save_exact,  load_exact,       merge_exact,   false};
const struct pw_accumulator_kind pw_accumulate_float_squares = {
	"float_squares", PW_EXACT_SQUARES * 8, add_float_squares, drop_exact, sound_exact,
	save_exact,      load_exact,           merge_exact,       false};
