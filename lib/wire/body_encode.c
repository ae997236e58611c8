#include "layout_internal.h"

static size_t padded(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static size_t descriptor_count(const struct pw_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->schema->count; i++)
		for (const struct pw_column *c = &batch->columns[i]; c != NULL; c = c->inner)
			n++;
	return n;
}

/* Bytes of the buffers of rows [from, from + count) of a column and its inner ones, at most. */
static size_t column_bound(const struct pw_column *c, uint32_t from, uint32_t count)
{
	size_t n = 0;

	while (c != NULL) {
		const bool constant = c->encoding == PW_CONSTANT;
		const uint32_t rows = constant ? count > 0 : count, at = constant ? 0 : from;
		const enum pw_form form = pw_type_form(c->type);

		n += c->valid != NULL ? padded(pw_bitmap_bytes(rows)) : 0;
		if (c->encoding == PW_DICTIONARY) {
			n += padded((size_t)2 * rows);
			c = c->inner;
			from = 0;
			count = c->rows;
			continue;
		}
		if (form != PW_FORM_TEXT && form != PW_FORM_LIST)
			return n + padded(pw_type_width(c->type) * rows);
		n += padded(((size_t)rows + 1) * 4);
		const uint32_t first = rows > 0 ? c->offsets[at] : 0;
		const uint32_t end = rows > 0 ? c->offsets[at + rows] : 0;
		if (form == PW_FORM_TEXT)
			return n + padded(end - first);
		c = c->inner;
		from = first;
		count = end - first;
	}
	return n;
}

size_t pw_body_bound(const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	size_t n = padded(sizeof(struct pw_body_start) + batch->run_count * sizeof(struct pw_run) +
			  descriptor_count(batch) * sizeof(struct pw_descriptor));

	n += batch->diffs != NULL ? padded((size_t)8 * count) : 0;
	for (size_t i = 0; i < batch->schema->count; i++)
		n += column_bound(&batch->columns[i], from, count);
	return n;
}

struct encoder {
	char *body;
	size_t used; /* a multiple of 64 */
	struct pw_descriptor *next;
};

/* Where the next n bytes go; what pads them is cleared. */
static uint32_t place(struct encoder *e, size_t n)
{
	const size_t at = e->used;

	if (n == 0)
		return 0;
	e->used = at + padded(n);
	memset(e->body + at + n, 0, e->used - at - n);
	return (uint32_t)at;
}

static uint32_t put(struct encoder *e, const void *data, size_t n)
{
	const uint32_t at = place(e, n);

	if (n > 0)
		memcpy(e->body + at, data, n);
	return at;
}

/* count + 1 offsets, counted from the first. */
static uint32_t put_offsets(struct encoder *e, const uint32_t *offsets, uint32_t count)
{
	const uint32_t zero = 0;

	if (count == 0)
		return put(e, &zero, sizeof zero);
	if (offsets[0] == 0)
		return put(e, offsets, ((size_t)count + 1) * 4);

	const uint32_t at = place(e, ((size_t)count + 1) * 4), first = offsets[0];
	uint32_t *to = (uint32_t *)(e->body + at);
	for (size_t i = 0; i <= count; i++)
		to[i] = offsets[i] - first;
	return at;
}

/* The bits [from, from + 8) of a bitmap that holds end bits. */
static uint8_t eight_bits(const uint8_t *bits, uint32_t from, uint32_t end)
{
	const unsigned low = bits[from >> 3], shift = from & 7;
	const unsigned high = (from | 7) + 1 < end ? bits[(from >> 3) + 1] : 0;

	return (uint8_t)((low | high << 8) >> shift);
}

/* The bitmap of count rows from row from on; nothing (0) where none of them is null. */
static uint32_t put_valid(struct encoder *e, const uint8_t *valid, uint32_t from, uint32_t count)
{
	const size_t n = pw_bitmap_bytes(count), before = e->used;
	const uint32_t at = place(e, n);
	uint8_t *to = (uint8_t *)e->body + at, all = 0xff;

	if (n == 0)
		return 0;
	if ((from & 7) == 0)
		memcpy(to, valid + from / 8, n);
	else
		for (size_t i = 0; i < n; i++)
			to[i] = eight_bits(valid, from + (uint32_t)i * 8, from + count);
	if ((count & 7) != 0) {
		const uint8_t after = (uint8_t)(0xff << (count & 7));
		all &= to[n - 1] | after;
		to[n - 1] &= (uint8_t)~after;
	}
	for (size_t i = 0; i < count / 8; i++)
		all &= to[i];
	if (all == 0xff) {
		e->used = before;
		return 0;
	}
	return at;
}

/* A dictionary without entries: every row is null. */
static const struct pw_column *all_null(struct pw_column *c, const struct pw_column *of)
{
	static const uint8_t none[1];
	static const uint32_t offsets[2];

	*c = (struct pw_column){.type = of->type,
				.encoding = PW_CONSTANT,
				.rows = of->rows,
				.valid = none,
				.offsets = offsets,
				.bytes = ""};
	return c;
}

/* Rows [from, from + count) of a column, and what is in it. */
static void encode_column(struct encoder *e, const struct pw_column *c, uint32_t from,
			  uint32_t count)
{
	struct pw_column nulls;

	while (c != NULL) {
		if (c->encoding == PW_DICTIONARY && c->inner->rows == 0 && count > 0)
			c = all_null(&nulls, c);

		const enum pw_encoding encoding = count == 0 ? PW_PLAIN : c->encoding;
		const uint32_t rows = encoding == PW_CONSTANT ? 1 : count;
		const uint32_t at = encoding == PW_CONSTANT ? 0 : from;
		struct pw_descriptor *d = e->next++;
		*d = (struct pw_descriptor){.encoding = (uint8_t)encoding, .count = count};
		if (c->valid != NULL)
			d->valid = put_valid(e, c->valid, at, rows);
		d->flags = d->valid != 0 ? PW_BODY_NULLS : 0;

		if (encoding == PW_DICTIONARY) {
			d->values_length = rows * 2;
			d->values = put(e, c->codes + at, d->values_length);
			from = 0;
			count = c->inner->rows;
			c = c->inner;
			continue;
		}
		const enum pw_form form = pw_type_form(c->type);
		if (form != PW_FORM_TEXT && form != PW_FORM_LIST) {
			const size_t width = pw_type_width(c->type);
			d->values_length = (uint32_t)(rows * width);
			d->values = put(e, (const char *)c->values + at * width, d->values_length);
			return;
		}
		const uint32_t first = rows > 0 ? c->offsets[at] : 0;
		const uint32_t end = rows > 0 ? c->offsets[at + rows] : 0;
		d->values_length = (rows + 1) * 4;
		d->values = put_offsets(e, rows > 0 ? c->offsets + at : NULL, rows);
		if (form == PW_FORM_TEXT) {
			d->bytes_length = end - first;
			d->bytes = put(e, c->bytes + first, d->bytes_length);
			return;
		}
		from = first;
		count = end - first;
		c = c->inner;
	}
}

/* The runs of rows [from, from + count); returns how many. */
static uint32_t encode_runs(struct pw_run *to, const struct pw_batch *batch, uint32_t from,
			    uint32_t count)
{
	const struct pw_run *run = batch->runs;
	uint32_t n = 0;

	if (count == batch->rows) {
		memcpy(to, run, batch->run_count * sizeof *to);
		return batch->run_count;
	}
	for (; from >= run->rows; run++)
		from -= run->rows;
	for (; count > 0; run++, n++) {
		const uint32_t left = run->rows - from, rows = left < count ? left : count;
		to[n] = (struct pw_run){run->time, rows, 0};
		count -= rows;
		from = 0;
	}
	return n;
}

static bool all_one(const pw_diff *diffs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (diffs[i] != 1)
			return false;
	return true;
}

void pw_body_encode(struct pw_bytes *out, const struct pw_batch *batch, uint32_t from,
		    uint32_t count)
{
	const size_t bound = pw_body_bound(batch, from, count);
	struct encoder e = {.body = pw_bytes_room(out, bound)};
	struct pw_body_start *start = (struct pw_body_start *)e.body;
	struct pw_run *runs = (struct pw_run *)(e.body + sizeof *start);

	*start = (struct pw_body_start){.runs = encode_runs(runs, batch, from, count),
					.descriptors = (uint32_t)descriptor_count(batch)};
	e.next = (struct pw_descriptor *)(runs + start->runs);
	const size_t head = (size_t)((char *)(e.next + start->descriptors) - e.body);
	e.used = padded(head);
	memset(e.body + head, 0, e.used - head);

	const struct pw_descriptor *first = e.next;
	if (batch->diffs != NULL && !all_one(batch->diffs + from, count))
		start->diffs = put(&e, batch->diffs + from, (size_t)8 * count);
	for (size_t i = 0; i < batch->schema->count; i++) {
		const struct pw_descriptor *d = e.next;
		encode_column(&e, &batch->columns[i], from, count);
		if (d->valid != 0 && batch->schema->fields[i].type.required)
			pw_bug("column '%s' holds a null and is said to have none",
			       batch->schema->fields[i].name);
	}
	/* An empty or all-null dictionary is written without its inner column. */
	if (e.next < first + start->descriptors) {
		memset(e.next, 0,
		       (size_t)((const char *)(first + start->descriptors) - (const char *)e.next));
		start->descriptors = (uint32_t)(e.next - first);
	}
	out->length += e.used;
}
