#include "bits_internal.h"

/*
 * The steps that may leave a side out. All sides have been computed for all
 * rows; a side's errors count only in the rows in which it is taken.
 */

void pw_step_truth(const struct pw_column *c, uint32_t n, uint8_t *truth, uint8_t *falsity)
{
	const uint8_t *values = c->values;
	const size_t bytes = pw_bitmap_bytes(n);

	if (pw_is_constant(c)) {
		const bool null = c->valid && !(c->valid[0] & 1);
		memset(truth, !null && values[0] ? 0xff : 0, bytes);
		memset(falsity, !null && !values[0] ? 0xff : 0, bytes);
		return;
	}
	for (size_t i = 0; i < n / 8; i++)
		truth[i] = pw_bits_pack(values + 8 * i);
	if (n % 8) {
		uint8_t last[8] = {0};
		memcpy(last, values + n / 8 * 8, n % 8);
		truth[n / 8] = pw_bits_pack(last);
	}
	for (size_t i = 0; i < bytes; i++) {
		const uint8_t valid = c->valid ? c->valid[i] : 0xff;
		falsity[i] = (uint8_t)(~truth[i] & valid);
		truth[i] &= valid;
	}
}

static void error_bits(const struct pw_step *s, uint32_t n, uint8_t *errors)
{
	memset(errors, 0, pw_bitmap_bytes(n));
	pw_bits_or_errors(errors, s, pw_bitmap_bytes(n));
}

/* count bitmaps of n rows, side by side, in scratch memory */
static uint8_t *scratch_bitmaps(struct pw_buffer *b, uint32_t n, size_t count)
{
	return pw_buffer_need(b, pw_bitmap_bytes(n) * count);
}

/* The result of a step whose values have been written for n rows. */
static void set_out(struct pw_step *s, uint32_t n, const uint8_t *valid, const uint8_t *errors)
{
	s->out = (struct pw_column){.type = s->type, .rows = n, .valid = valid};
	s->out.encoding = s->one ? PW_CONSTANT : PW_PLAIN;
	s->out.values = s->values;
	s->errors = errors && pw_bits_any(errors, n) ? errors : NULL;
}

static bool all_set(const uint8_t *bits, uint32_t n)
{
	uint8_t all = 0xff;
	for (size_t i = 0; i < n / 8; i++)
		all &= bits[i];
	if (n % 8)
		all &= (uint8_t)(bits[n / 8] | (0xff << n % 8));
	return all == 0xff;
}

void pw_step_set_truth(struct pw_step *s, uint32_t n, const uint8_t *truth, const uint8_t *falsity,
		       const uint8_t *errors)
{
	const size_t bytes = pw_bitmap_bytes(n);
	uint8_t *values = s->values, *valid = pw_buffer_need(&s->valid_memory, bytes);

	for (size_t i = 0; i < bytes; i++) {
		pw_bits_unpack(truth[i], values + 8 * i);
		valid[i] = truth[i] | falsity[i];
	}
	set_out(s, n, all_set(valid, n) ? NULL : valid, errors);
}

static bool is_plain_truth(const struct pw_step *s)
{
	return s->out.encoding == PW_PLAIN && s->out.valid == NULL && s->errors == NULL;
}

static void run_logic(struct pw_step *s, uint32_t n)
{
	const struct pw_step *a = s->args[0], *b = s->args[1];
	const size_t bytes = pw_bitmap_bytes(n);
	const bool is_and = s->kind == PW_STEP_AND;

	if (is_plain_truth(a) && is_plain_truth(b)) {
		const uint8_t *x = a->out.values, *y = b->out.values;
		uint8_t *to = s->values;
		if (is_and)
			for (uint32_t i = 0; i < n; i++)
				to[i] = x[i] & y[i];
		else
			for (uint32_t i = 0; i < n; i++)
				to[i] = x[i] | y[i];
		set_out(s, n, NULL, NULL);
		return;
	}
	uint8_t *at = scratch_bitmaps(&s->pick_memory, n, 6);
	uint8_t *af = at + bytes, *ae = af + bytes, *bt = ae + bytes, *bf = bt + bytes,
		*be = bf + bytes;
	pw_step_truth(&a->out, n, at, af);
	pw_step_truth(&b->out, n, bt, bf);
	error_bits(a, n, ae);
	error_bits(b, n, be);
	if (is_and) /* the left decides when it is false; else the right is computed */
		for (size_t i = 0; i < bytes; i++) {
			ae[i] |= (uint8_t)(~af[i] & be[i]);
			at[i] &= bt[i];
			af[i] |= (uint8_t)(~ae[i] & bf[i]);
		}
	else
		for (size_t i = 0; i < bytes; i++) {
			ae[i] |= (uint8_t)(~at[i] & be[i]);
			af[i] &= bf[i];
			at[i] |= (uint8_t)(~ae[i] & bt[i]);
		}
	uint8_t *errors = pw_buffer_need(&s->error_memory, bytes);
	memcpy(errors, ae, bytes);
	pw_step_set_truth(s, n, at, af, errors);
}

/* ---- CASE, COALESCE, try: each row takes the value of one argument ---- */

struct choice {
	struct pw_step *s;
	uint32_t n;
	uint16_t *pick; /* row -> number of the argument whose value it takes */
	uint8_t *valid; /* of the values taken */
	uint8_t *errors;
};

typedef uint16_t lanes __attribute__((vector_size(16))); /* eight rows' picks */

/* Eight rows' picks, as a vector: those whose bits are set become arg. */
static inline void set_picks(uint16_t *pick, uint8_t bits, uint32_t arg)
{
	const lanes each = {1, 2, 4, 8, 16, 32, 64, 128};
	lanes old, chosen = (lanes)(((each & (uint16_t)bits) != 0));

	memcpy(&old, pick, sizeof old);
	old = (old & ~chosen) | (chosen & (uint16_t)arg);
	memcpy(pick, &old, sizeof old);
}

/* Eight rows' picks become arg. */
static inline void fill_picks(uint16_t *pick, uint32_t arg)
{
	const lanes all = (lanes){0} + (uint16_t)arg;

	memcpy(pick, &all, sizeof all);
}

/* Rows whose bits are set take argument number arg, with its nulls and errors. */
static void take(struct choice *c, const uint8_t *bits, uint32_t arg)
{
	const struct pw_step *a = c->s->args[arg];
	const uint8_t *valid = a->out.valid, *errors = a->errors;
	const bool one_valid = pw_is_constant(&a->out);
	uint16_t *pick = c->pick;

	for (size_t i = 0; i < pw_bitmap_bytes(c->n); i++) {
		if (bits[i] == 0)
			continue;
		set_picks(pick + 8 * i, bits[i], arg); /* it has room for whole bytes */
		const uint8_t v = valid == NULL ? 0xff
				  : one_valid   ? (uint8_t) - (valid[0] & 1)
						: valid[i];
		const uint8_t e = errors == NULL ? 0
				  : a->one       ? (uint8_t) - (errors[0] & 1)
						 : errors[i];
		c->valid[i] |= bits[i] & v & (uint8_t)~e;
		c->errors[i] |= bits[i] & e;
	}
}

static void pick_case(struct choice *c)
{
	struct pw_step *s = c->s;
	const size_t bytes = pw_bitmap_bytes(c->n);
	uint8_t *left = scratch_bitmaps(&s->spread_memory, c->n, 4);
	uint8_t *t = left + bytes, *f = t + bytes, *e = f + bytes;

	memset(left, 0xff, bytes);
	for (uint32_t i = 0; i + 1 < s->arg_count; i += 2) {
		pw_step_truth(&s->args[i]->out, c->n, t, f);
		error_bits(s->args[i], c->n, e);
		for (size_t k = 0; k < bytes; k++) {
			t[k] &= left[k];
			c->errors[k] |= e[k] & left[k];
			left[k] &= (uint8_t) ~(t[k] | e[k]);
		}
		take(c, t, i + 1);
	}
	take(c, left, s->arg_count - 1);
}

static void pick_coalesce(struct choice *c)
{
	struct pw_step *s = c->s;
	const size_t bytes = pw_bitmap_bytes(c->n);
	uint8_t *left = scratch_bitmaps(&s->spread_memory, c->n, 3);
	uint8_t *v = left + bytes, *e = v + bytes;

	memset(left, 0xff, bytes);
	for (uint32_t i = 0; i < s->arg_count; i++) {
		memcpy(v, left, bytes);
		pw_bits_and_valid(v, &s->args[i]->out, bytes);
		error_bits(s->args[i], c->n, e);
		for (size_t k = 0; k < bytes; k++) {
			c->errors[k] |= e[k] & left[k];
			left[k] &= (uint8_t) ~(v[k] | e[k]);
		}
		take(c, v, i);
	}
}

static void pick_try(struct choice *c)
{
	struct pw_step *s = c->s;
	const size_t bytes = pw_bitmap_bytes(c->n);
	uint8_t *good = scratch_bitmaps(&s->spread_memory, c->n, 2), *bad = good + bytes;

	error_bits(s->args[0], c->n, bad);
	for (size_t i = 0; i < bytes; i++)
		good[i] = (uint8_t)~bad[i];
	take(c, good, 0);
	take(c, bad, 1);
}

/* Where an argument's values lie. */
struct side {
	const void *values;
	size_t stride;
};

static const struct side *sides(struct pw_step *s)
{
	struct side *list = pw_buffer_need(&s->spread_memory, s->arg_count * sizeof *list);
	for (uint32_t i = 0; i < s->arg_count; i++)
		list[i] = (struct side){s->args[i]->out.values, pw_stride(&s->args[i]->out)};
	return list;
}

#define MERGE_FIXED(type)                                                                          \
	for (uint32_t i = 0; i < n; i++) {                                                         \
		const struct side a = side[pick[i]];                                               \
		((type *)s->values)[i] = ((const type *)a.values)[i * a.stride];                   \
	}

struct wide {
	uint64_t half[2];
};

/* Texts that would be too long together (constants of megabytes) fail from there on. */
static bool merge_texts(struct pw_step *s, uint32_t n, const uint16_t *pick, uint8_t *errors)
{
	bool fits = true;

	for (uint32_t i = 0; i < n; i++) {
		const struct pw_column *c = &s->args[pick[i]]->out;
		if (!pw_column_null(c, i)) {
			const struct pw_slice t = pw_column_text(c, i);
			pw_bytes_add(&s->text, t.data, t.length);
		}
		if (s->text.length > PW_STEP_TEXT_MAX) {
			pw_step_text_undo(s, i);
			pw_bits_set(errors, i);
			fits = false;
		}
		pw_step_text_end(s, i);
	}
	return fits;
}

static void merge_lists(struct pw_step *s, uint32_t n, const uint16_t *pick, const uint8_t *valid)
{
	for (uint32_t i = 0; i < n; i++) {
		if (pw_bit(valid, i))
			pw_vector_copy(&s->list, &s->args[pick[i]]->out, i);
		else
			pw_vector_null(&s->list);
	}
}

static void merge(struct choice *c)
{
	struct pw_step *s = c->s;
	const uint32_t n = c->n;
	const uint16_t *pick = c->pick;
	const enum pw_form form = pw_type_form(s->type);
	const struct side *side = form <= PW_FORM_WIDE ? sides(s) : NULL;

	switch (form) {
	case PW_FORM_BYTE:
		MERGE_FIXED(uint8_t)
		break;
	case PW_FORM_WORD:
		MERGE_FIXED(uint64_t)
		break;
	case PW_FORM_WIDE:
		MERGE_FIXED(struct wide)
		break;
	case PW_FORM_TEXT:
		if (!merge_texts(s, n, pick, c->errors))
			for (size_t i = 0; i < pw_bitmap_bytes(n); i++)
				c->valid[i] &= (uint8_t)~c->errors[i];
		break;
	case PW_FORM_LIST:
		merge_lists(s, n, pick, c->valid);
		s->out = *pw_vector_view(&s->list);
		if (s->one)
			s->out.encoding = PW_CONSTANT;
		s->errors = pw_bits_any(c->errors, n) ? c->errors : NULL;
		return;
	}
	set_out(s, n, all_set(c->valid, n) ? NULL : c->valid, c->errors);
	if (form == PW_FORM_TEXT) {
		s->out.values = NULL;
		s->out.offsets = s->offsets;
		s->out.bytes = pw_bytes_string(&s->text);
	}
}

void pw_step_choose(struct pw_step *s, uint32_t n)
{
	s->one = true;
	for (uint32_t i = 0; i < s->arg_count; i++)
		s->one &= pw_is_constant(&s->args[i]->out) &&
			  (s->args[i]->errors == NULL || s->args[i]->one);
	if (s->one)
		n = 1;
	pw_step_begin(s, n);
	if (s->kind == PW_STEP_AND || s->kind == PW_STEP_OR) {
		run_logic(s, n);
		return;
	}
	if (s->kind == PW_STEP_IN) {
		pw_step_in(s, n);
		return;
	}
	struct choice c = {.s = s, .n = n};
	const size_t bytes = pw_bitmap_bytes(n);
	c.pick = pw_buffer_need(&s->pick_memory, ((size_t)n + 8) * sizeof *c.pick);
	c.valid = pw_buffer_need(&s->valid_memory, bytes);
	c.errors = pw_buffer_need(&s->error_memory, bytes);
	/* where a condition fails, any argument of the result's type will do: a condition has another */
	const uint32_t any = s->kind == PW_STEP_CASE ? s->arg_count - 1 : 0;
	for (uint32_t i = 0; i < n; i += 8)
		fill_picks(c.pick + i, any);
	memset(c.valid, 0, bytes);
	memset(c.errors, 0, bytes);
	if (s->kind == PW_STEP_CASE)
		pick_case(&c);
	else if (s->kind == PW_STEP_COALESCE)
		pick_coalesce(&c);
	else
		pick_try(&c);
	merge(&c);
}

/* Is a bool argument true in the row? */
static bool is_true(const struct pw_step *s, uint32_t row)
{
	return !pw_column_null(&s->out, row) && pw_column_bool(&s->out, row);
}

const struct pw_step *pw_step_choose_culprit(const struct pw_step *s, uint32_t row)
{
	if (s->kind == PW_STEP_TRY)
		return s->args[1];
	if (s->kind != PW_STEP_CASE) {
		for (uint32_t i = 0; i < s->arg_count; i++)
			if (pw_step_failed(s->args[i], row))
				return s->args[i];
		return NULL;
	}
	for (uint32_t i = 0; i + 1 < s->arg_count; i += 2) {
		if (pw_step_failed(s->args[i], row))
			return s->args[i];
		if (is_true(s->args[i], row))
			return s->args[i + 1];
	}
	return s->args[s->arg_count - 1];
}
