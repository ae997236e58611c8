#include "bits_internal.h"

#include "../base/hash.h"

#include <stdlib.h>

void *pw_buffer_need(struct pw_buffer *b, size_t bytes)
{
	if (b->capacity < bytes || b->data == NULL) {
		const size_t more = b->capacity + b->capacity / 2;
		const size_t want = bytes > more ? bytes : more;
		free(b->data);
		b->capacity = (want + 64) / 64 * 64;
		b->data = pw_mem_aligned(b->capacity);
	}
	return b->data;
}

static void mark(struct pw_step *s, struct pw_buffer *b, bool *has, uint32_t row)
{
	if (!*has)
		memset(pw_buffer_need(b, pw_bitmap_bytes(s->n)), 0, pw_bitmap_bytes(s->n));
	*has = true;
	pw_bits_set(b->data, row);
	if (pw_type_form(s->type) == PW_FORM_TEXT)
		pw_step_text_undo(s, row);
}

void pw_step_error(struct pw_step *s, uint32_t row)
{
	mark(s, &s->fail_memory, &s->has_error, row);
}

void pw_step_null(struct pw_step *s, uint32_t row)
{
	mark(s, &s->null_memory, &s->has_null, row);
}

void pw_step_begin(struct pw_step *s, uint32_t n)
{
	s->n = n;
	s->has_null = s->has_error = false;
	switch (pw_type_form(s->type)) {
	case PW_FORM_TEXT:
		s->offsets =
			pw_buffer_need(&s->offset_memory, ((size_t)n + 1) * sizeof *s->offsets);
		s->offsets[0] = 0;
		pw_bytes_clear(&s->text);
		break;
	case PW_FORM_LIST:
		if (!s->has_list)
			pw_vector_init(&s->list, s->type);
		s->has_list = true;
		pw_vector_clear(&s->list);
		break;
	default:
		/* rounded up: bits are unpacked eight rows at a time */
		s->values =
			pw_buffer_need(&s->value_memory, ((size_t)n + 8) * pw_type_width(s->type));
		pw_mem_poison(s->values, ((size_t)n + 8) * pw_type_width(s->type));
	}
}

void pw_step_store(struct pw_step *s, uint32_t i, const struct pw_column *c, uint32_t row)
{
	switch (pw_type_form(s->type)) {
	case PW_FORM_BYTE:
		((uint8_t *)s->values)[i] = pw_column_bool(c, row);
		break;
	case PW_FORM_WORD:
		((int64_t *)s->values)[i] = pw_column_int(c, row);
		break;
	case PW_FORM_WIDE:
		memcpy((char *)s->values + (size_t)16 * i, pw_column_uuid(c, row), 16);
		break;
	case PW_FORM_TEXT: {
		const struct pw_slice t = pw_column_text(c, row);
		pw_bytes_add(&s->text, t.data, t.length);
		break;
	}
	case PW_FORM_LIST:
		pw_vector_copy(&s->list, c, row);
		break;
	}
}

void pw_step_zero(struct pw_step *s, uint32_t i)
{
	const size_t width = pw_type_width(s->type);

	memset((char *)s->values + i * width, 0, width);
}

void pw_step_set(struct pw_step *s, uint32_t i, const struct pw_column *c, uint32_t row)
{
	const enum pw_form form = pw_type_form(s->type);

	if (c != NULL)
		pw_step_store(s, i, c, row);
	else if (form == PW_FORM_LIST)
		pw_vector_null(&s->list);
	else
		pw_step_null(s, i);
	if (c == NULL && form < PW_FORM_TEXT)
		pw_step_zero(s, i);
	if (form != PW_FORM_TEXT)
		return;
	if (s->text.length > PW_STEP_TEXT_MAX)
		pw_step_error(s, i);
	pw_step_text_end(s, i);
}

/* The rows in which no argument has failed, or NULL for all. */
static const uint8_t *good_rows(struct pw_step *s, uint32_t n)
{
	const size_t bytes = pw_bitmap_bytes(n);
	bool any = false;

	for (uint32_t i = 0; i < s->arg_count; i++)
		any |= s->args[i]->errors != NULL;
	if (!any)
		return NULL;
	uint8_t *good = pw_buffer_need(&s->valid_memory, bytes);
	memset(good, 0, bytes);
	for (uint32_t i = 0; i < s->arg_count; i++)
		pw_bits_or_errors(good, s->args[i], bytes);
	for (size_t i = 0; i < bytes; i++)
		good[i] = (uint8_t)~good[i];
	return good;
}

/* The rows in which no argument is null, or NULL for all. */
static const uint8_t *live_rows(struct pw_step *s, uint32_t n)
{
	const size_t bytes = pw_bitmap_bytes(n);
	bool any = false;

	if (s->function->flags & PW_NULLS_OWN)
		return good_rows(s, n);
	for (uint32_t i = 0; i < s->arg_count; i++)
		any |= s->in[i]->valid != NULL;
	if (!any)
		return NULL;
	uint8_t *live = pw_buffer_need(&s->valid_memory, bytes);
	memset(live, 0xff, bytes);
	for (uint32_t i = 0; i < s->arg_count; i++)
		pw_bits_and_valid(live, s->in[i], bytes);
	return live;
}

/* Errors of the arguments and the step's own: s->errors. */
static void gather_errors(struct pw_step *s, uint32_t n)
{
	const size_t bytes = pw_bitmap_bytes(n);
	bool any = false;

	s->errors = NULL;
	if (s->has_error && s->live != NULL) {
		uint8_t *own = s->fail_memory.data;
		for (size_t i = 0; i < bytes; i++)
			own[i] &= s->live[i];
	}
	if (s->has_error)
		s->has_error = pw_bits_any(s->fail_memory.data, n);
	for (uint32_t i = 0; i < s->arg_count; i++)
		any |= s->args[i]->errors != NULL;
	if (!any && !s->has_error)
		return;
	uint8_t *errors = pw_buffer_need(&s->error_memory, bytes);
	if (s->has_error)
		memcpy(errors, s->fail_memory.data, bytes);
	else
		memset(errors, 0, bytes);
	for (uint32_t i = 0; i < s->arg_count; i++)
		pw_bits_or_errors(errors, s->args[i], bytes);
	s->errors = errors;
}

/* Nulls of the arguments, the step's own, and its errors: the result's valid. */
static const uint8_t *gather_valid(struct pw_step *s, uint32_t n)
{
	const size_t bytes = pw_bitmap_bytes(n);
	uint8_t *valid;

	if (!s->has_null && s->errors == NULL)
		return s->live;
	valid = pw_buffer_need(&s->valid_memory, bytes); /* which is where live lies */
	if (s->live == NULL)
		memset(valid, 0xff, bytes);
	if (s->has_null)
		for (size_t i = 0; i < bytes; i++)
			valid[i] &= (uint8_t) ~((const uint8_t *)s->null_memory.data)[i];
	if (s->errors != NULL)
		for (size_t i = 0; i < bytes; i++)
			valid[i] &= (uint8_t)~s->errors[i];
	return valid;
}

static void call(struct pw_step *s, uint32_t n, enum pw_encoding encoding)
{
	s->live = live_rows(s, n);
	pw_step_begin(s, n);
	s->function->run(s, n);
	gather_errors(s, n);
	s->one = encoding == PW_CONSTANT;
	if (pw_type_form(s->type) == PW_FORM_LIST) {
		s->out = *pw_vector_view(&s->list); /* its nulls, errors too, lie in the vector */
		if (s->one)
			s->out.encoding = PW_CONSTANT; /* one row either way */
		return;
	}
	s->out = (struct pw_column){
		.type = s->type, .encoding = (uint8_t)encoding, .rows = n, .values = s->values};
	s->out.valid = gather_valid(s, n);
	if (pw_type_form(s->type) == PW_FORM_TEXT) {
		s->out.values = NULL;
		s->out.offsets = s->offsets;
		s->out.bytes = pw_bytes_string(&s->text);
	}
}

/* ---- once per entry of a dictionary ---- */

const struct pw_column *pw_step_dictionary(const struct pw_step *s, uint32_t n)
{
	const struct pw_step *found = NULL;

	if (s->function && s->function->flags & (PW_NULLS_OWN | PW_PER_ROW))
		return NULL;
	if (s->type.depth > 0)
		return NULL;
	for (uint32_t i = 0; i < s->arg_count; i++) {
		const struct pw_step *arg = s->args[i];
		if (arg->out.encoding == PW_CONSTANT && arg->errors == NULL)
			continue;
		if (arg->out.encoding != PW_DICTIONARY || arg->errors != NULL ||
		    (found != NULL && found != arg))
			return NULL;
		found = arg;
	}
	if (found == NULL || found->out.inner->rows > n || found->out.inner->rows == 0)
		return NULL;
	return &found->out;
}

static void spread_bits(const uint8_t *entries, const struct pw_column *d, uint8_t *rows,
			uint32_t n)
{
	memset(rows, 0, pw_bitmap_bytes(n));
	for (uint32_t i = 0; i < n; i++)
		rows[i >> 3] |= (uint8_t)(pw_bit(entries, d->codes[i]) << (i & 7));
}

static void spread_values(struct pw_step *s, const struct pw_column *d, uint32_t n)
{
	const size_t width = pw_type_width(s->type);
	void *to = pw_buffer_need(&s->spread_memory, ((size_t)n + 8) * width);

	if (width == 1)
		for (uint32_t i = 0; i < n; i++)
			((uint8_t *)to)[i] = ((const uint8_t *)s->values)[d->codes[i]];
	else if (width == 8)
		for (uint32_t i = 0; i < n; i++)
			((uint64_t *)to)[i] = ((const uint64_t *)s->values)[d->codes[i]];
	else
		for (uint32_t i = 0; i < n; i++)
			memcpy((char *)to + (size_t)i * 16,
			       (const char *)s->values + (size_t)d->codes[i] * 16, 16);
	s->out.values = to;
}

/*
 * Entries of a dictionary differ; what a function makes of them may not. map
 * gets each entry's new number; equal ones are dropped. Returns how many stay.
 */
static uint32_t merge_entries(struct pw_step *s, uint32_t entries, uint16_t *map)
{
	uint32_t size = 16, different = 0;
	while (size < entries * 2)
		size *= 2;
	uint32_t *table = pw_buffer_need(&s->pick_memory, size * sizeof *table);
	uint32_t *offsets = s->offsets;
	char *bytes = s->text.data;

	memset(table, 0, size * sizeof *table);
	for (uint32_t e = 0, from = 0; e < entries; e++) {
		const uint32_t end = offsets[e + 1], length = end - from;
		uint32_t at = (uint32_t)pw_hash_bytes(bytes + from, length) & (size - 1);
		for (; table[at] != 0; at = (at + 1) & (size - 1)) {
			const uint32_t k = table[at] - 1;
			if (offsets[k + 1] - offsets[k] == length &&
			    (length == 0 || memcmp(bytes + offsets[k], bytes + from, length) == 0))
				break;
		}
		if (table[at] == 0) {
			if (length > 0)
				memmove(bytes + offsets[different], bytes + from, length);
			offsets[different + 1] = offsets[different] + length;
			table[at] = ++different;
		}
		map[e] = (uint16_t)(table[at] - 1);
		from = end;
	}
	return different;
}

static void spread_text(struct pw_step *s, const struct pw_column *d, uint32_t n)
{
	const uint32_t entries = d->inner->rows;
	uint16_t *codes = pw_buffer_need(&s->code_memory, ((size_t)n + entries) * sizeof *codes);
	uint16_t *map = codes + n;
	const uint32_t different = merge_entries(s, entries, map);

	s->inner = (struct pw_column){.type = s->type, .rows = different, .offsets = s->offsets};
	s->inner.bytes = s->text.data;
	for (uint32_t i = 0; i < n && different < entries; i++)
		codes[i] = map[d->codes[i]];
	s->out.offsets = NULL;
	s->out.bytes = NULL;
	s->out.inner = &s->inner;
	s->out.codes = different < entries ? codes : d->codes;
	s->out.encoding = PW_DICTIONARY;
}

void pw_step_spread(struct pw_step *s, const struct pw_column *d, uint32_t n)
{
	const size_t bytes = pw_bitmap_bytes(n);
	const uint8_t *entry_valid = s->out.valid, *entry_errors = s->errors;

	s->out.rows = n;
	s->out.encoding = PW_PLAIN;
	if (pw_type_form(s->type) == PW_FORM_TEXT)
		spread_text(s, d, n);
	else
		spread_values(s, d, n);
	s->out.valid = d->valid;
	if (entry_valid != NULL) {
		uint8_t *valid = pw_buffer_need(&s->null_memory, bytes);
		spread_bits(entry_valid, d, valid, n);
		pw_bits_and_valid(valid, d, bytes);
		s->out.valid = valid;
	}
	if (entry_errors != NULL) {
		uint8_t *errors = pw_buffer_need(&s->fail_memory, bytes);
		spread_bits(entry_errors, d, errors, n);
		pw_bits_and_valid(errors, d, bytes);
		s->errors = pw_bits_any(errors, n) ? errors : NULL;
	}
}

static void run_call(struct pw_step *s, uint32_t n)
{
	bool constant = !(s->function->flags & PW_PER_ROW);
	const struct pw_column *dictionary;

	for (uint32_t i = 0; i < s->arg_count; i++) {
		s->in[i] = &s->args[i]->out;
		constant &= pw_is_constant(s->in[i]);
	}
	if (constant) {
		call(s, 1, PW_CONSTANT);
		return;
	}
	dictionary = pw_step_dictionary(s, n);
	if (dictionary == NULL) {
		call(s, n, PW_PLAIN);
		return;
	}
	for (uint32_t i = 0; i < s->arg_count; i++)
		if (s->in[i]->encoding == PW_DICTIONARY)
			s->in[i] = dictionary->inner;
	call(s, dictionary->inner->rows, PW_PLAIN);
	pw_step_spread(s, dictionary, n);
}

void pw_step_run(struct pw_step *s, const struct pw_batch *batch, uint32_t n)
{
	s->batch = batch;
	if (!s->done && s->kind == PW_STEP_COLUMN) {
		s->out = batch->columns[s->column];
		s->errors = NULL;
	} else if (!s->done && s->kind == PW_STEP_CALL) {
		run_call(s, n);
	} else if (!s->done && s->kind != PW_STEP_CONSTANT) {
		pw_step_choose(s, n);
	}
	s->out.rows = n;
}

void pw_step_why(const struct pw_step *s, uint32_t row, struct pw_bytes *text)
{
	if (s->kind != PW_STEP_CALL) {
		const struct pw_step *culprit = pw_step_choose_culprit(s, row);
		if (culprit != NULL && pw_step_failed(culprit, row))
			pw_step_why(culprit, row, text);
		else
			pw_bytes_text(text, "the texts of a batch are too long together");
		return;
	}
	for (uint32_t i = 0; i < s->arg_count; i++)
		if (pw_step_failed(s->args[i], row)) {
			pw_step_why(s->args[i], row, text);
			return;
		}
	if (s->function->why != NULL)
		s->function->why(s, row, text);
	else
		pw_bytes_text(text, s->function->reason ? s->function->reason : s->function->name);
}

void pw_step_release(struct pw_step *s)
{
	struct pw_buffer *const buffers[] = {
		&s->value_memory, &s->spread_memory, &s->valid_memory,  &s->error_memory,
		&s->null_memory,  &s->fail_memory,   &s->offset_memory, &s->code_memory,
		&s->pick_memory,  &s->set_memory,
	};
	if (s->function && s->function->release && s->state)
		s->function->release(s);
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		free(buffers[i]->data);
	pw_bytes_release(&s->text);
	pw_bytes_release(&s->spare);
	if (s->has_list)
		pw_vector_release(&s->list);
}
