#include "vector.h"
#include "../base/fail.h"
#include "batch.h"
#include "intern_internal.h"

#include <stdlib.h>

enum {
	TRIAL_ROWS = 4096,    /* after so many, interning must have found repeats */
	LONGEST_PAUSE = 1024, /* batches without interning */
	FEW_ROWS = 4          /* a dictionary for fewer is no gain */
};

void pw_vector_init(struct pw_vector *v, struct pw_type type)
{
	*v = (struct pw_vector){.type = type, .form = (uint8_t)pw_type_form(type)};
	if (v->form == PW_FORM_LIST) {
		v->inner = pw_mem_alloc(1, sizeof *v->inner);
		pw_vector_init(v->inner, pw_type_element(type));
	}
}

void pw_vector_release(struct pw_vector *v)
{
	free(v->valid);
	free(v->values);
	free(v->offsets);
	free(v->codes);
	pw_bytes_release(&v->bytes);
	if (v->intern != NULL)
		pw_intern_release(v->intern);
	free(v->intern);
	if (v->inner != NULL)
		pw_vector_release(v->inner);
	free(v->inner);
	*v = (struct pw_vector){0};
}

void pw_vector_clear(struct pw_vector *v)
{
	pw_mem_poison(v->values, v->rows * pw_type_width(v->type));
	v->rows = v->nulls = v->entries = 0;
	pw_bytes_clear(&v->bytes);
	if (v->inner != NULL)
		pw_vector_clear(v->inner);
	if (v->intern != NULL) {
		v->interned = v->intern->pause == 0;
		if (v->interned)
			pw_intern_next_batch(v->intern);
		else
			v->intern->pause--;
	}
}

void pw_vector_intern(struct pw_vector *v)
{
	if (v->inner != NULL)
		pw_vector_intern(v->inner);
	if (v->form != PW_FORM_TEXT || v->intern != NULL)
		return;
	v->intern = pw_mem_alloc(1, sizeof *v->intern);
	pw_intern_init(v->intern);
	if (v->capacity > 0)
		v->codes = pw_mem_alloc(v->capacity, sizeof *v->codes);
	v->interned = v->rows == 0;
}

static void grow(struct pw_vector *v, size_t rows)
{
	const size_t width = pw_type_width(v->type);
	size_t capacity = (size_t)v->capacity + v->capacity / 2;

	if (rows > UINT32_MAX - 64)
		pw_mem_exceeded("a column of a batch has 2^32 values or more");
	if (capacity < rows)
		capacity = rows;
	capacity = capacity < 64 ? 64 : (capacity + 7) & ~(size_t)7;
	if (capacity > UINT32_MAX - 7)
		capacity = UINT32_MAX - 7;
	if (width > 0)
		v->values = pw_mem_resize(v->values, capacity, width);
	if (v->valid != NULL) {
		v->valid = pw_mem_resize(v->valid, capacity / 8, 1);
		memset(v->valid + v->capacity / 8, 0, (capacity - v->capacity) / 8);
	}
	if (v->form >= PW_FORM_TEXT)
		v->offsets = pw_mem_resize(v->offsets, capacity + 1, sizeof *v->offsets);
	if (v->intern != NULL)
		v->codes = pw_mem_resize(v->codes, capacity, sizeof *v->codes);
	v->capacity = (uint32_t)capacity;
}

static inline void reserve(struct pw_vector *v, uint32_t count)
{
	if (__builtin_expect(v->capacity - v->rows < count, 0))
		grow(v, (size_t)v->rows + count);
}

static inline void mark_valid(struct pw_vector *v, uint32_t row)
{
	v->valid[row >> 3] = (uint8_t)(v->valid[row >> 3] | 1u << (row & 7));
}

static void mark_valid_rows(struct pw_vector *v, uint32_t from, uint32_t count)
{
	uint32_t i = from;
	const uint32_t end = from + count;

	for (; i < end && (i & 7) != 0; i++)
		mark_valid(v, i);
	if (end - i >= 8) {
		memset(v->valid + i / 8, 0xff, (end - i) / 8);
		i += (end - i) & ~7u;
	}
	for (; i < end; i++)
		mark_valid(v, i);
}

/* Ends a row that is not null. */
static inline void row_valid(struct pw_vector *v)
{
	if (v->nulls > 0)
		mark_valid(v, v->rows);
	v->rows++;
}

/* The bitmap comes to be with the first null since the last clear. */
static void begin_nulls(struct pw_vector *v)
{
	if (v->valid == NULL)
		v->valid = pw_mem_zero(v->capacity / 8, 1);
	else
		memset(v->valid, 0, v->capacity / 8);
	mark_valid_rows(v, 0, v->rows);
}

static void end_text(struct pw_vector *v)
{
	v->offsets[0] = 0;
	v->offsets[v->rows + 1] = pw_vector_offset(v->bytes.length);
}

void pw_vector_null(struct pw_vector *v)
{
	reserve(v, 1);
	if (v->nulls == 0)
		begin_nulls(v);
	v->nulls++;
	switch (v->form) {
	case PW_FORM_BYTE:
		((uint8_t *)v->values)[v->rows] = 0;
		break;
	case PW_FORM_WORD:
		((int64_t *)v->values)[v->rows] = 0;
		break;
	case PW_FORM_WIDE:
		memset((char *)v->values + (size_t)16 * v->rows, 0, 16);
		break;
	case PW_FORM_TEXT:
		if (v->interned)
			v->codes[v->rows] = 0;
		else
			end_text(v);
		break;
	case PW_FORM_LIST:
		v->offsets[0] = 0;
		v->offsets[v->rows + 1] = v->inner->rows;
		break;
	}
	v->rows++;
}

void pw_vector_bool(struct pw_vector *v, bool x)
{
	reserve(v, 1);
	((uint8_t *)v->values)[v->rows] = x;
	row_valid(v);
}

void pw_vector_word(struct pw_vector *v, int64_t x)
{
	reserve(v, 1);
	((int64_t *)v->values)[v->rows] = x;
	row_valid(v);
}

void pw_vector_float(struct pw_vector *v, double x)
{
	reserve(v, 1);
	((double *)v->values)[v->rows] = pw_float_canonical(x);
	row_valid(v);
}

void pw_vector_uuid(struct pw_vector *v, const uint8_t x[16])
{
	reserve(v, 1);
	memcpy((char *)v->values + (size_t)16 * v->rows, x, 16);
	row_valid(v);
}

void pw_vector_list(struct pw_vector *v)
{
	reserve(v, 1);
	v->offsets[0] = 0;
	v->offsets[v->rows + 1] = v->inner->rows;
	row_valid(v);
}

/* Rows become texts of their own, for the rest of the batch. */
static void make_plain(struct pw_vector *v)
{
	uint32_t *offsets = pw_mem_alloc((size_t)v->capacity + 1, sizeof *offsets);
	struct pw_bytes bytes = {0};

	offsets[0] = 0;
	for (uint32_t i = 0; i < v->rows; i++) {
		if (v->bytes.length > 0 && (v->nulls == 0 || pw_bit(v->valid, i))) {
			const uint32_t from = v->offsets[v->codes[i]];
			pw_bytes_add(&bytes, v->bytes.data + from,
				     v->offsets[v->codes[i] + 1] - from);
		}
		offsets[i + 1] = pw_vector_offset(bytes.length);
	}
	free(v->offsets);
	pw_bytes_release(&v->bytes);
	v->offsets = offsets;
	v->bytes = bytes;
	v->interned = false;
}

/* Interning has not paid: there is none for the rest of this batch, and for a while after. */
static void give_up(struct pw_vector *v)
{
	struct pw_intern *t = v->intern;

	make_plain(v);
	t->paused = t->paused == 0                  ? 4
		    : t->paused * 2 > LONGEST_PAUSE ? LONGEST_PAUSE
						    : t->paused * 2;
	t->pause = t->paused;
}

static inline bool pays(const struct pw_vector *v)
{
	return v->entries < PW_ROWS_MAX &&
	       (v->rows < TRIAL_ROWS || v->entries <= v->rows - v->rows / 4);
}

/* The entry of the text in this batch; -1 after giving up. */
static inline int32_t entry_of(struct pw_vector *v, const char *data, size_t length)
{
	if (length <= PW_INTERN_LENGTH) {
		const uint32_t code = pw_intern_code(v->intern, data, length, v->entries);
		if (code != PW_INTERN_NEW)
			return (int32_t)code;
		if (pays(v)) {
			if (v->entries >= v->capacity) /* rows taken back leave their entries */
				grow(v, v->entries + 1);
			pw_bytes_add(&v->bytes, data, length);
			v->offsets[0] = 0;
			v->offsets[++v->entries] = (uint32_t)v->bytes.length;
			return (int32_t)v->entries - 1;
		}
	}
	give_up(v);
	return -1;
}

void pw_vector_text(struct pw_vector *v, const char *data, size_t length)
{
	reserve(v, 1);
	if (v->interned) {
		const int32_t code = entry_of(v, data, length);
		if (code >= 0) {
			v->codes[v->rows] = (uint16_t)code;
			row_valid(v);
			return;
		}
	}
	pw_bytes_add(&v->bytes, data, length);
	end_text(v);
	row_valid(v);
}

void pw_vector_code(struct pw_vector *v, uint16_t code)
{
	reserve(v, 1);
	v->codes[v->rows] = code;
	row_valid(v);
}

void *pw_vector_room(struct pw_vector *v, uint32_t count)
{
	reserve(v, count);
	return (char *)v->values + pw_type_width(v->type) * v->rows;
}

void pw_vector_filled(struct pw_vector *v, uint32_t count)
{
	if (v->nulls > 0)
		mark_valid_rows(v, v->rows, count);
	v->rows += count;
}

void pw_vector_truncate(struct pw_vector *v, uint32_t rows)
{
	while (v->rows > rows) {
		const uint32_t last = --v->rows;
		if (v->nulls > 0 && !pw_bit(v->valid, last))
			v->nulls--;
		else if (v->nulls > 0)
			v->valid[last >> 3] = (uint8_t)(v->valid[last >> 3] & ~(1u << (last & 7)));
	}
	if (v->form == PW_FORM_TEXT && !v->interned)
		v->bytes.length = rows > 0 ? v->offsets[rows] : 0;
	if (v->form == PW_FORM_LIST)
		pw_vector_truncate(v->inner, rows > 0 ? v->offsets[rows] : 0);
}

size_t pw_vector_bytes(const struct pw_vector *v)
{
	size_t bytes = v->bytes.length + pw_type_width(v->type) * v->rows;

	if (v->form >= PW_FORM_TEXT)
		bytes += (size_t)v->rows * (v->interned ? 2 : 4);
	return v->inner == NULL ? bytes : bytes + pw_vector_bytes(v->inner);
}

static bool all_equal(const struct pw_vector *v)
{
	const size_t width = pw_type_width(v->type);

	if (v->rows < 2)
		return false;
	if (v->nulls == v->rows)
		return true;
	if (v->nulls > 0)
		return false;
	if (width > 0)
		return memcmp(v->values, (char *)v->values + width, (v->rows - 1) * width) == 0;
	return v->form == PW_FORM_TEXT && v->interned && v->entries == 1;
}

static void view_constant(struct pw_vector *v, struct pw_column *c)
{
	c->encoding = PW_CONSTANT;
	if (v->form != PW_FORM_LIST)
		return;
	c->inner = pw_vector_view(v->inner);
}

static void view_dictionary(struct pw_vector *v, struct pw_column *c)
{
	v->view[1] = (struct pw_column){
		.type = v->type,
		.rows = v->entries,
		.offsets = v->offsets,
		.bytes = v->bytes.data != NULL ? v->bytes.data : "",
	};
	v->view[1].type.required = false;
	v->intern->paused = 0;
	c->encoding = PW_DICTIONARY;
	c->codes = v->codes;
	c->inner = &v->view[1];
}

const struct pw_column *pw_vector_view(struct pw_vector *v)
{
	struct pw_column *c = &v->view[0];
	bool constant;

	if (v->capacity == 0) /* no pointer of a view is NULL that a reader would use */
		grow(v, 1);
	if (v->form >= PW_FORM_TEXT && (v->rows == 0 || (v->interned && v->entries == 0)))
		v->offsets[0] = v->offsets[1] = 0;
	constant = all_equal(v);
	if (v->interned && !constant && (v->rows < FEW_ROWS || v->entries > v->rows / 2))
		v->rows < TRIAL_ROWS ? make_plain(v) : give_up(v);
	*c = (struct pw_column){
		.type = v->type,
		.rows = v->rows,
		.values = v->values,
		.offsets = v->offsets,
		.bytes = v->bytes.data != NULL ? v->bytes.data : "",
	};
	if (v->nulls > 0) {
		c->valid = v->valid;
		if ((v->rows & 7) != 0)
			v->valid[v->rows >> 3] =
				(uint8_t)(v->valid[v->rows >> 3] & ((1u << (v->rows & 7)) - 1));
	}
	if (constant)
		view_constant(v, c);
	else if (v->form == PW_FORM_LIST)
		c->inner = pw_vector_view(v->inner);
	else if (v->interned)
		view_dictionary(v, c);
	return c;
}
