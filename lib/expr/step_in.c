#include "bits_internal.h"

#include "../base/hash.h"
#include "kernel_internal.h"

/*
 * x IN (a, b, ...): a pass per item while they are few; from SET_LEAST
 * constants on a hash set that is made once.
 */

enum { SET_LEAST = 8 };

/* A slot of the set: the number of an argument, 0 free. */
struct set {
	const uint32_t *slots;
	uint32_t mask;
};

static uint64_t word_of(const struct pw_column *c, uint32_t i)
{
	uint64_t word = (uint64_t)pw_int_at(c, i);
	if (c->type.base == PW_FLOAT) {
		const double x = pw_float_canonical(pw_float_at(c, i));
		memcpy(&word, &x, 8);
	}
	return word;
}

/* Floats that are one value have one word: -0.0 and NaNs are made canonical. */
static bool has_word(const struct pw_step *s, const struct set *set, uint64_t word)
{
	uint32_t at = (uint32_t)pw_hash_word(word) & set->mask;
	for (; set->slots[at] != 0; at = (at + 1) & set->mask)
		if (word_of(&s->args[set->slots[at]]->out, 0) == word)
			return true;
	return false;
}

static bool has_text(const struct pw_step *s, const struct set *set, struct pw_slice t)
{
	uint32_t at = (uint32_t)pw_hash_bytes(t.data, t.length) & set->mask;
	for (; set->slots[at] != 0; at = (at + 1) & set->mask)
		if (pw_slice_equal(pw_column_text(&s->args[set->slots[at]]->out, 0), t))
			return true;
	return false;
}

static uint64_t item_hash(const struct pw_column *c)
{
	if (pw_type_form(c->type) == PW_FORM_WORD)
		return pw_hash_word(word_of(c, 0));
	const struct pw_slice t = pw_column_text(c, 0);
	return pw_hash_bytes(t.data, t.length);
}

/* The set of the constants that are not null, or false: they are few, or not all constant. */
static bool find_set(struct pw_step *s, struct set *set)
{
	const enum pw_form form = pw_type_form(s->args[0]->type);
	uint32_t size = 16;

	if (s->arg_count <= SET_LEAST || (form != PW_FORM_WORD && form != PW_FORM_TEXT))
		return false;
	for (uint32_t i = 1; i < s->arg_count; i++)
		if (!s->args[i]->done)
			return false;
	while (size < 3 * s->arg_count)
		size *= 2;
	uint32_t *slots = pw_buffer_need(&s->set_memory, size * sizeof *slots);
	*set = (struct set){slots, size - 1};
	if (s->set_size == size)
		return true;
	memset(slots, 0, size * sizeof *slots);
	for (uint32_t i = 1; i < s->arg_count; i++) {
		const struct pw_column *c = &s->args[i]->out;
		if (pw_column_null(c, 0))
			continue;
		uint32_t at = (uint32_t)item_hash(c) & set->mask;
		while (slots[at] != 0)
			at = (at + 1) & set->mask;
		slots[at] = i;
	}
	s->set_size = size;
	return true;
}

static void search_set(struct pw_step *s, const struct set *set, const struct pw_column *x,
		       uint32_t n, uint8_t *truth, uint8_t *falsity)
{
	const size_t bytes = pw_bitmap_bytes(n);
	struct pw_column found = {.type = PW_TYPE(PW_BOOL), .rows = n};
	uint8_t *r = pw_buffer_need(&s->value_memory, (size_t)n + 8);

	if (pw_type_form(x->type) == PW_FORM_WORD) {
		for (uint32_t i = 0; i < n; i++)
			r[i] = has_word(s, set, word_of(x, i));
	} else {
		const struct pw_text_view view = pw_text_view_of(x);
		for (uint32_t i = 0; i < n; i++)
			r[i] = has_text(s, set, pw_text_view_at(&view, i));
	}
	found.values = r;
	pw_step_truth(&found, n, truth, falsity);
	for (uint32_t i = 1; i < s->arg_count; i++)
		pw_bits_and_valid(falsity, &s->args[i]->out, bytes); /* a null might have been it */
	pw_bits_and_valid(truth, x, bytes);
	pw_bits_and_valid(falsity, x, bytes);
}

/* Bitmaps of rows in which x equals one of the others, and in which that is known to be false. */
static void search_items(struct pw_step *s, const struct pw_column *x, uint32_t n, uint8_t *truth,
			 uint8_t *falsity)
{
	const size_t bytes = pw_bitmap_bytes(n);
	struct pw_column equal = {.type = PW_TYPE(PW_BOOL), .rows = n};
	uint8_t *t = pw_buffer_need(&s->spread_memory, 2 * bytes), *f = t + bytes;

	equal.values = pw_buffer_need(&s->value_memory, (size_t)n + 8);
	memset(truth, 0, bytes);
	memset(falsity, 0xff, bytes);
	for (uint32_t i = 1; i < s->arg_count; i++) {
		const struct pw_column *y = &s->args[i]->out;
		pw_kernel_equal(x, y, s->value_memory.data, n);
		pw_step_truth(&equal, n, t, f);
		pw_bits_and_valid(t, y, bytes);
		pw_bits_and_valid(f, y, bytes);
		for (size_t k = 0; k < bytes; k++) {
			truth[k] |= t[k];
			falsity[k] &= f[k];
		}
	}
	pw_bits_and_valid(truth, x, bytes);
	pw_bits_and_valid(falsity, x, bytes);
}

void pw_step_in(struct pw_step *s, uint32_t n)
{
	const struct pw_column *dictionary = pw_step_dictionary(s, n);
	const struct pw_column *x = &s->args[0]->out;
	const uint32_t rows = n;
	struct set set;

	if (dictionary != x)
		dictionary = NULL;
	for (uint32_t i = 1; i < s->arg_count; i++)
		if (!pw_is_constant(&s->args[i]->out))
			dictionary = NULL;
	if (dictionary != NULL) {
		x = dictionary->inner;
		n = x->rows;
	}
	const size_t bytes = pw_bitmap_bytes(n);
	uint8_t *truth = pw_buffer_need(&s->pick_memory, 2 * bytes);
	uint8_t *errors = pw_buffer_need(&s->error_memory, bytes);
	memset(errors, 0, bytes);
	if (find_set(s, &set))
		search_set(s, &set, x, n, truth, truth + bytes);
	else
		search_items(s, x, n, truth, truth + bytes);
	for (uint32_t i = 0; i < s->arg_count && dictionary == NULL; i++)
		pw_bits_or_errors(errors, s->args[i], bytes);
	for (size_t i = 0; i < bytes; i++) {
		truth[i] &= (uint8_t)~errors[i];
		truth[bytes + i] &= (uint8_t)~errors[i];
	}
	s->values = s->value_memory.data;
	pw_step_set_truth(s, n, truth, truth + bytes, errors);
	if (dictionary != NULL)
		pw_step_spread(s, dictionary, rows);
}
