#include "flatten.h"
#include "../data/builder.h"
#include "../data/json.h"
#include "../data/names.h"

enum { CHUNK_BYTES = 4 << 20 }; /* of the rows written at once, about */

/*
 * Elements are copied column by column: the numbers of the rows that they
 * come from are noted, and the other columns are gathered by them.
 *
 * Invariant: rows[0 .. count) are the input rows that elements on their way
 *            out belong to, ascending; their elements are in the vector,
 *            but for inner's [from, to), which are still to be copied there.
 */
struct flatten {
	struct pw_op op;
	int column;
	enum pw_base base; /* of the column, if it is no list */
	bool is_list;
	struct pw_builder out;
	struct pw_vector *elements; /* the column of out */
	struct pw_bytes scratch;
	uint16_t ascii[128]; /* codes + 1 of letters that elements, interned, have already */

	const struct pw_batch *batch;
	uint32_t run, run_end; /* of the row written last */
	uint32_t rows[PW_BATCH_ROWS], count, room;
	uint32_t from, to;
};

static void bind_column(struct flatten *f, const char *name)
{
	struct pw_op *op = &f->op;

	f->column = pw_op_must(op, pw_names_column(op->in, name));
	const struct pw_type type = op->in->fields[f->column].type;

	f->is_list = type.depth > 0;
	f->base = type.base;
	if (!f->is_list && f->base != PW_STR && f->base != PW_JSON)
		pw_op_must(op, pw_fail(PW_USAGE,
				       "column '%s' is %s %s, and only a list, a json or a str has "
				       "elements",
				       op->in->fields[f->column].name, pw_type_article(type),
				       pw_type_name(type)));
}

static void bind(struct pw_op *op, const void *wish)
{
	struct flatten *f = (struct flatten *)op;

	bind_column(f, ((const struct pw_flatten_wish *)wish)->column);
	pw_schema_copy(&op->schema, op->in);
	for (size_t i = 0; i < op->schema.count; i++)
		op->schema.fields[i].key = false; /* a row becomes many */
	op->schema.single = false;
	struct pw_type *element = &op->schema.fields[f->column].type;

	if (f->is_list)
		*element = pw_type_element(*element);
	else if (f->base == PW_JSON)
		element->required = false;
	pw_builder_init(&f->out, &op->schema);
	pw_builder_intern(&f->out);
	f->elements = &f->out.vectors[f->column];
}

/* ---- output ---- */

static void copy_elements(struct flatten *f)
{
	const struct pw_column *c = &f->batch->columns[f->column];

	if (f->from < f->to)
		pw_vector_append(f->elements, c->inner, f->from, f->to - f->from);
	f->from = f->to = 0;
}

/* Times and diffs of the rows that were gathered. */
static void end_rows(struct flatten *f)
{
	const struct pw_batch *b = f->batch;

	for (uint32_t i = 0; i < f->count;) {
		while (f->rows[i] >= f->run_end)
			f->run_end += b->runs[++f->run].rows;
		const pw_time time = b->runs[f->run].time;
		uint32_t end = i;
		while (end < f->count && f->rows[end] < f->run_end)
			end++;
		if (b->diffs == NULL)
			pw_builder_rows(&f->out, time, end - i);
		for (uint32_t k = i; b->diffs != NULL && k < end; k++)
			pw_builder_row(&f->out, time, b->diffs[f->rows[k]]);
		i = end;
	}
}

static void send(struct flatten *f)
{
	if (f->count == 0)
		return;
	copy_elements(f);
	for (size_t i = 0; i < f->op.schema.count; i++)
		if ((int)i != f->column)
			pw_vector_gather(&f->out.vectors[i], &f->batch->columns[i], f->rows,
					 f->count);
	end_rows(f);
	pw_op_emit(&f->op, pw_builder_view(&f->out));
	pw_builder_clear(&f->out);
	memset(f->ascii, 0, sizeof f->ascii);
	f->count = 0;
}

/* The row has one element more, appended to the vector. */
static inline void note(struct flatten *f, uint32_t row)
{
	f->rows[f->count++] = row;
	if (f->count == f->room)
		send(f);
}

/* ---- elements ---- */

/* Elements of rows one after the other are copied at once. */
static void flatten_lists(struct flatten *f, const struct pw_column *c)
{
	for (uint32_t row = 0; row < c->rows; row++) {
		uint32_t from, to;
		if (pw_column_null(c, row))
			continue;
		pw_column_list(c, row, &from, &to);
		while (from < to) {
			const uint32_t left = f->room - f->count;
			const uint32_t n = to - from < left ? to - from : left;
			if (from != f->to)
				copy_elements(f);
			if (f->from == f->to)
				f->from = from;
			f->to = from += n;
			for (uint32_t i = 0; i < n; i++)
				f->rows[f->count + i] = row;
			f->count += n;
			if (f->count == f->room)
				send(f);
		}
	}
}

static inline void add_letter(struct flatten *f, const char *at, size_t length)
{
	struct pw_vector *v = f->elements;

	if (length > 1 || !v->interned) {
		pw_vector_text(v, at, length);
		return;
	}
	uint16_t *code = &f->ascii[(unsigned char)*at];
	if (*code != 0) {
		pw_vector_code(v, (uint16_t)(*code - 1));
		return;
	}
	pw_vector_text(v, at, 1);
	if (v->interned)
		*code = (uint16_t)(v->codes[v->rows - 1] + 1);
}

/* The bytes of a code point of valid UTF-8, by its first byte. */
static inline size_t letter_length(char first)
{
	const unsigned char c = (unsigned char)first;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static void flatten_texts(struct flatten *f, const struct pw_column *c)
{
	for (uint32_t row = 0; row < c->rows; row++) {
		if (pw_column_null(c, row))
			continue;
		const struct pw_slice s = pw_column_text(c, row);
		for (size_t at = 0, n; at < s.length; at += n) {
			n = letter_length(s.data[at]);
			add_letter(f, s.data + at, n);
			note(f, row);
		}
	}
}

/* The JSON value of the row is neither an array nor null. */
static void fail_row(struct flatten *f, uint32_t row, struct pw_slice text)
{
	struct pw_reject *reject = f->op.host->reject;
	const int shown = text.length > 60 ? 60 : (int)text.length;

	pw_bytes_clear(&f->scratch);
	pw_bytes_print(&f->scratch, "column '%s': %.*s%s is not a JSON array",
		       f->op.schema.fields[f->column].name, shown, text.data,
		       text.length > 60 ? "..." : "");
	if (reject->policy == PW_REJECT_STOP)
		pw_op_must(&f->op, pw_fail(PW_DATA, "%s", pw_bytes_string(&f->scratch)));
	if (reject->policy != PW_REJECT_NULL)
		pw_op_must(&f->op,
			   pw_reject_row(reject,
					 (struct pw_slice){f->scratch.data, f->scratch.length},
					 f->batch, row));
}

static void flatten_json(struct flatten *f, const struct pw_column *c)
{
	for (uint32_t row = 0; row < c->rows; row++) {
		struct pw_json_value v, item;
		struct pw_json_fault fault;
		const char *at = NULL;

		if (pw_column_null(c, row))
			continue;
		const struct pw_slice text = pw_column_text(c, row);
		if (pw_json_whole(text, &v, &fault) < 0 ||
		    (v.kind != PW_JSON_ARRAY && v.kind != PW_JSON_NULL)) {
			fail_row(f, row, text);
			continue;
		}
		while (v.kind == PW_JSON_ARRAY && pw_json_step(&v, &at, NULL, &item)) {
			if (pw_json_append(f->elements, &item, &f->scratch) < 0)
				pw_bug("an element of a JSON array is no JSON");
			note(f, row);
		}
	}
}

/* Bytes of the column's widest value, or somewhat more. */
static size_t widest(const struct pw_column *c)
{
	const struct pw_column *v = c->encoding == PW_DICTIONARY ? c->inner : c;
	const uint32_t count = c->encoding == PW_CONSTANT ? 1 : v->rows;
	size_t most = 0;

	if (pw_type_form(c->type) < PW_FORM_TEXT)
		return 16;
	for (uint32_t i = 0; i < count; i++)
		if (v->offsets[i + 1] - v->offsets[i] > most)
			most = v->offsets[i + 1] - v->offsets[i];
	return 16 + most * (pw_type_form(c->type) == PW_FORM_LIST ? widest(c->inner) : 1);
}

/* How many rows of this batch's columns may be written at once. */
static uint32_t chunk_rows(const struct flatten *f, const struct pw_batch *batch)
{
	size_t bytes = 1;

	for (size_t i = 0; i < f->op.schema.count; i++)
		if ((int)i != f->column || batch->columns[i].encoding == PW_CONSTANT)
			bytes += widest(&batch->columns[i]);
	if (bytes > CHUNK_BYTES)
		return 1;
	return CHUNK_BYTES / bytes < PW_BATCH_ROWS ? (uint32_t)(CHUNK_BYTES / bytes)
						   : PW_BATCH_ROWS;
}

static void take(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct flatten *f = (struct flatten *)op;
	const struct pw_column *c = &(*batch)->columns[f->column];

	(void)input;
	f->batch = *batch;
	f->run = 0;
	f->run_end = f->batch->runs[0].rows;
	f->room = chunk_rows(f, f->batch);
	if (f->is_list)
		flatten_lists(f, c);
	else if (f->base == PW_STR)
		flatten_texts(f, c);
	else
		flatten_json(f, c);
	send(f);
	*batch = NULL;
}

static void release(struct pw_op *op)
{
	struct flatten *f = (struct flatten *)op;

	pw_builder_release(&f->out);
	pw_bytes_release(&f->scratch);
}

const struct pw_op_kind pw_flatten_op = {
	.size = sizeof(struct flatten),
	.bind = bind,
	.batch = take,
	.release = release,
	.rejects = true,
};
