#include "layout_internal.h"

#include <stdlib.h>

struct decoder {
	const char *body;
	size_t length;
	size_t floor; /* buffers start here or later */
	const struct pw_descriptor *next, *end;
	struct pw_column *inner; /* the next free one */
};

static int find_buffer(const struct decoder *d, uint32_t offset, uint32_t length, const char *what,
		       const void **data)
{
	*data = d->body;
	if (length == 0)
		return offset == 0 ? 0 : pw_fail(PW_DATA, "%s: empty, but have an offset", what);
	if (offset % 64 != 0)
		return pw_fail(PW_DATA, "%s: offset %u is not a multiple of 64", what, offset);
	if (offset < d->floor || offset > d->length || length > d->length - offset)
		return pw_fail(PW_DATA, "%s: %u bytes at %u are not within %zu and %zu", what,
			       length, offset, d->floor, d->length);
	*data = d->body + offset;
	return 0;
}

/* The loops below have no way out in the middle, so that they stay as fast as the memory. */

static bool offsets_descend(const uint32_t *offsets, uint32_t count)
{
	uint32_t bad = 0;

	for (uint32_t i = 0; i < count; i++)
		bad |= offsets[i + 1] < offsets[i];
	return bad != 0;
}

static uint32_t greatest_code(const uint16_t *codes, uint32_t count)
{
	uint16_t greatest = 0;

	for (uint32_t i = 0; i < count; i++)
		greatest = codes[i] > greatest ? codes[i] : greatest;
	return greatest;
}

static uint8_t all_bits(const uint8_t *values, uint32_t count)
{
	uint8_t bits = 0;

	for (uint32_t i = 0; i < count; i++)
		bits |= values[i];
	return bits;
}

static bool null_is_zero(const struct pw_column *c, enum pw_form form, uint32_t row)
{
	static const char zero[16];

	if (c->offsets != NULL)
		return c->offsets[row] == c->offsets[row + 1];
	const size_t width = form == PW_FORM_BYTE ? 1 : form == PW_FORM_WORD ? 8 : 16;
	return memcmp((const char *)c->values + row * width, zero, width) == 0;
}

/* Are the bits after the last row 0, and the values of nulls zero? */
static int check_nulls(const struct pw_column *c, uint32_t rows)
{
	const enum pw_form form = pw_type_form(c->type);
	const bool values = c->encoding != PW_DICTIONARY;

	for (uint32_t i = 0; i < rows; i += 64) {
		const uint32_t left = rows - i < 64 ? rows - i : 64;
		uint64_t word = 0, nulls;

		memcpy(&word, c->valid + i / 8, left == 64 ? 8 : pw_bitmap_bytes(left));
		nulls = ~word;
		if (left < 64) {
			if (word >> left != 0)
				return pw_fail(PW_DATA, "validity: bits after the last row");
			nulls &= (UINT64_C(1) << left) - 1;
		}
		for (; values && nulls != 0; nulls &= nulls - 1) {
			const uint32_t row = i + (uint32_t)__builtin_ctzll(nulls);
			if (!null_is_zero(c, form, row))
				return pw_fail(PW_DATA, "row %u is null and has a value", row);
		}
	}
	return 0;
}

static int decode_offsets(struct decoder *d, const struct pw_descriptor *from, struct pw_column *c,
			  uint32_t rows, uint32_t *end)
{
	const void *data;

	if (from->values_length != ((uint64_t)rows + 1) * 4)
		return pw_fail(PW_DATA, "offsets: length is %u, expected %" PRIu64,
			       from->values_length, ((uint64_t)rows + 1) * 4);
	if (find_buffer(d, from->values, from->values_length, "offsets", &data) < 0)
		return -1;
	c->offsets = data;
	if (c->offsets[0] != 0)
		return pw_fail(PW_DATA, "offsets: the first is %u, expected 0", c->offsets[0]);
	if (offsets_descend(c->offsets, rows))
		return pw_fail(PW_DATA, "offsets descend");
	*end = c->offsets[rows];
	return 0;
}

static int decode_text(struct decoder *d, const struct pw_descriptor *from, struct pw_column *c,
		       uint32_t rows)
{
	const void *data;
	uint32_t end;

	if (decode_offsets(d, from, c, rows, &end) < 0 ||
	    find_buffer(d, from->bytes, from->bytes_length, "bytes", &data) < 0)
		return -1;
	if (end != from->bytes_length)
		return pw_fail(PW_DATA, "offsets end at %u of %u bytes", end, from->bytes_length);
	c->bytes = data;
	return 0;
}

static int decode_fixed(struct decoder *d, const struct pw_descriptor *from, struct pw_column *c,
			uint32_t rows)
{
	const uint64_t length = (uint64_t)rows * pw_type_width(c->type);

	if (from->values_length != length)
		return pw_fail(PW_DATA, "values: length is %u, expected %" PRIu64,
			       from->values_length, length);
	if (find_buffer(d, from->values, from->values_length, "values", &c->values) < 0)
		return -1;
	if (c->type.base == PW_BOOL && all_bits(c->values, rows) > 1)
		return pw_fail(PW_DATA, "a bool is neither 0 nor 1");
	return 0;
}

static int decode_codes(struct decoder *d, const struct pw_descriptor *from, struct pw_column *c,
			uint32_t entries)
{
	const void *data;

	if (from->values_length != (uint64_t)c->rows * 2)
		return pw_fail(PW_DATA, "codes: length is %u, expected %" PRIu64,
			       from->values_length, (uint64_t)c->rows * 2);
	if (find_buffer(d, from->values, from->values_length, "codes", &data) < 0)
		return -1;
	c->codes = data;
	if (greatest_code(c->codes, c->rows) >= entries)
		return pw_fail(PW_DATA, "code %u of %u entries", greatest_code(c->codes, c->rows),
			       entries);
	return 0;
}

/* Checks the members of a descriptor that do not depend on the type. */
static int check_descriptor(const struct pw_descriptor *from, const struct pw_column *c)
{
	const bool text = pw_type_form(c->type) == PW_FORM_TEXT;

	if (from->flags & PW_BODY_ERRORS)
		return pw_fail(PW_DATA, "a bitmap of error values is not in version 1");
	if (from->flags > PW_BODY_NULLS || from->zero16 != 0 || from->zero32 != 0)
		return pw_fail(PW_DATA, "a reserved field is not 0");
	if (from->encoding > PW_DICTIONARY)
		return pw_fail(PW_DATA, "encoding %d is unknown", from->encoding);
	if (from->encoding == PW_DICTIONARY && !text)
		return pw_fail(PW_DATA, "a dictionary of %s", pw_type_name(c->type));
	if (from->encoding != PW_PLAIN && from->count == 0)
		return pw_fail(PW_DATA, "an empty column must be plain");
	if ((!text || from->encoding == PW_DICTIONARY) && (from->bytes | from->bytes_length) != 0)
		return pw_fail(PW_DATA, "bytes in a column that has none");
	if ((from->flags & PW_BODY_NULLS) == 0 && from->valid != 0)
		return pw_fail(PW_DATA, "a bitmap that no flag speaks of");
	if ((from->flags & PW_BODY_NULLS) != 0 && from->count == 0)
		return pw_fail(PW_DATA, "a bitmap of an empty column");
	if (from->count > PW_BODY_ELEMENTS_MAX)
		return pw_fail(PW_DATA, "count is %u, at most %u are allowed", from->count,
			       PW_BODY_ELEMENTS_MAX);
	return 0;
}

static int next_descriptor(struct decoder *d, struct pw_column *c,
			   const struct pw_descriptor **from)
{
	if (d->next == d->end)
		return pw_fail(PW_DATA, "its descriptor is missing");
	*from = d->next++;
	if (check_descriptor(*from, c) < 0)
		return -1;
	c->rows = (*from)->count;
	c->encoding = (*from)->encoding;
	return 0;
}

static int decode_valid(struct decoder *d, const struct pw_descriptor *from, struct pw_column *c,
			uint32_t rows)
{
	const void *data;

	if ((from->flags & PW_BODY_NULLS) == 0)
		return 0;
	if (find_buffer(d, from->valid, (uint32_t)pw_bitmap_bytes(rows), "validity", &data) < 0)
		return -1;
	c->valid = data;
	return check_nulls(c, rows);
}

static int decode_dictionary(struct decoder *d, const struct pw_descriptor *from,
			     struct pw_column *c)
{
	struct pw_column *inner = d->inner++;
	const struct pw_descriptor *entries = NULL;

	*inner = (struct pw_column){.type = c->type};
	c->inner = inner;
	if (next_descriptor(d, inner, &entries) < 0)
		return pw_fail_at("dictionary");
	if (inner->encoding != PW_PLAIN || entries->flags != 0)
		return pw_fail(PW_DATA, "dictionary: it must be plain and without nulls");
	if (inner->rows == 0 || inner->rows > PW_ROWS_MAX)
		return pw_fail(PW_DATA, "dictionary: %u entries, expected 1 to %d", inner->rows,
			       PW_ROWS_MAX);
	if (decode_text(d, entries, inner, inner->rows) < 0)
		return pw_fail_at("dictionary");
	if (decode_codes(d, from, c, inner->rows) < 0)
		return -1;
	return decode_valid(d, from, c, c->rows);
}

/* A column of rows rows and, one after the other, what is inside. */
static int decode_column(struct decoder *d, struct pw_column *c, uint32_t rows)
{
	for (;;) {
		const struct pw_descriptor *from = NULL;
		if (next_descriptor(d, c, &from) < 0)
			return -1;
		if (c->rows != rows)
			return pw_fail(PW_DATA, "count is %u, expected %u", c->rows, rows);
		if (c->encoding == PW_DICTIONARY)
			return decode_dictionary(d, from, c);

		const uint32_t values = c->encoding == PW_CONSTANT ? 1 : rows;
		const enum pw_form form = pw_type_form(c->type);
		int status;
		if (form == PW_FORM_LIST)
			status = decode_offsets(d, from, c, values, &rows);
		else if (form == PW_FORM_TEXT)
			status = decode_text(d, from, c, values);
		else
			status = decode_fixed(d, from, c, values);
		if (status < 0 || decode_valid(d, from, c, values) < 0)
			return -1;
		if (form != PW_FORM_LIST)
			return 0;
		if (d->next == d->end)
			return pw_fail(PW_DATA, "the descriptor of its elements is missing");
		struct pw_column *inner = d->inner++;
		*inner = (struct pw_column){.type = pw_type_element(c->type)};
		c->inner = inner;
		c = inner;
	}
}

static int check_runs(const struct pw_run *runs, uint32_t count, uint32_t rows)
{
	uint64_t sum = runs[0].rows;
	uint32_t bad = (runs[0].rows == 0) | (runs[0].zero != 0), descend = 0;

	for (uint32_t i = 1; i < count; i++) {
		sum += runs[i].rows;
		bad |= (runs[i].rows == 0) | (runs[i].zero != 0);
		descend |= runs[i].time <= runs[i - 1].time;
	}
	if (bad)
		return pw_fail(PW_DATA, "runs: one is empty, or a reserved field is not 0");
	if (descend)
		return pw_fail(PW_DATA, "runs: times do not ascend");
	if (runs[count - 1].time > PW_TIME_END)
		return pw_fail(PW_DATA, "runs: a time is beyond the end");
	if (sum != rows)
		return pw_fail(PW_DATA, "runs: they have %" PRIu64 " rows, expected %u", sum, rows);
	return 0;
}

static int check_diffs(const pw_diff *diffs, uint32_t rows, bool append_only)
{
	bool zero = false;
	pw_diff negative = 0;

	for (uint32_t i = 0; i < rows; i++) {
		zero |= diffs[i] == 0;
		negative |= diffs[i];
	}
	if (zero)
		return pw_fail(PW_DATA, "a diff is 0");
	if (negative < 0 && append_only)
		return pw_diff_taken_away(NULL);
	return 0;
}

/* The fixed part: runs, diffs, and where the descriptors are. */
static int decode_start(struct decoder *d, struct pw_batch *batch)
{
	const struct pw_body_start *start = (const struct pw_body_start *)d->body;
	const struct pw_schema *schema = batch->schema;
	const void *diffs;

	if (d->length < sizeof *start)
		return pw_fail(PW_DATA, "the body has %zu bytes", d->length);
	if (start->runs == 0 || start->runs > batch->rows)
		return pw_fail(PW_DATA, "%u runs of %u rows", start->runs, batch->rows);
	if (start->descriptors < schema->count ||
	    start->descriptors > schema->count * (PW_DEPTH_MAX + 2) || start->zero != 0)
		return pw_fail(PW_DATA, "%u descriptors of %zu columns", start->descriptors,
			       schema->count);
	d->floor = sizeof *start + (size_t)start->runs * sizeof(struct pw_run) +
		   (size_t)start->descriptors * sizeof(struct pw_descriptor);
	if (d->floor > d->length)
		return pw_fail(PW_DATA, "%u runs and %u descriptors do not fit into %zu bytes",
			       start->runs, start->descriptors, d->length);
	batch->runs = (const struct pw_run *)(start + 1);
	batch->run_count = start->runs;
	if (check_runs(batch->runs, batch->run_count, batch->rows) < 0)
		return -1;
	d->next = (const struct pw_descriptor *)(batch->runs + start->runs);
	d->end = d->next + start->descriptors;
	if (start->diffs == 0)
		return 0;
	if (find_buffer(d, start->diffs, batch->rows * 8, "diffs", &diffs) < 0)
		return -1;
	batch->diffs = diffs;
	return check_diffs(batch->diffs, batch->rows, schema->append_only);
}

int pw_body_decode(struct pw_body *b, const struct pw_schema *schema, const void *data,
		   size_t length, uint32_t rows)
{
	struct decoder d = {.body = data, .length = length};

	if (rows == 0 || rows > PW_ROWS_MAX)
		return pw_fail(PW_DATA, "%u rows, expected 1 to %d", rows, PW_ROWS_MAX);
	b->batch = (struct pw_batch){.schema = schema, .rows = rows};
	if (decode_start(&d, &b->batch) < 0)
		return -1;

	const size_t descriptors = (size_t)(d.end - d.next);
	b->columns = pw_mem_grow(b->columns, &b->capacity, descriptors + 1, sizeof *b->columns);
	d.inner = b->columns + schema->count;
	b->batch.columns = b->columns;
	for (size_t i = 0; i < schema->count; i++) {
		const struct pw_field *field = &schema->fields[i];
		struct pw_column *c = &b->columns[i];

		*c = (struct pw_column){.type = field->type};
		if (decode_column(&d, c, rows) < 0)
			return pw_fail_at("column '%s'", field->name);
		if (c->valid != NULL && field->type.required)
			return pw_fail(PW_DATA, "column '%s': nulls, but its type is %s",
				       field->name, pw_type_name(field->type));
	}
	if (d.next != d.end)
		return pw_fail(PW_DATA, "%td descriptors too many", d.end - d.next);
	return 0;
}

void pw_body_release(struct pw_body *b)
{
	free(b->columns);
	*b = (struct pw_body){0};
}
