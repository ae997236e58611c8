/*
 * lines: the one text column of the stream, a row per line, as pw-read -f
 * lines takes it in. A null, or a text that holds a line end, would not read
 * back and is refused.
 */
#include "writer.h"

static int open_lines(struct pw_writer *w)
{
	const struct pw_cells_style style = {.form = PW_CELLS_RAW};
	const struct pw_schema *s = w->schema;

	if (w->options->changes)
		return pw_fail(PW_USAGE, "lines have no room for --changes; -f csv has");
	if (s->count != 1 || s->fields[0].type.depth > 0 ||
	    (s->fields[0].type.base != PW_STR && s->fields[0].type.base != PW_BYTES))
		return pw_fail(PW_USAGE,
			       "lines hold one text column, and the stream has %zu "
			       "column%s: say -f csv (or jsonl, ...)",
			       s->count, s->count == 1 ? " of another type" : "s");
	pw_cells_init(&w->cells, s, &style);
	w->tail = PW_SLICE("\n");
	return 0;
}

static int check(const struct pw_column *c, const char *name)
{
	const struct pw_column *v = c->encoding == PW_DICTIONARY ? c->inner : c;
	const uint32_t values = c->encoding == PW_CONSTANT ? 1 : v->rows;

	if (c->valid != NULL)
		for (uint32_t i = 0; i < c->rows; i++)
			if (pw_column_null(c, i))
				return pw_fail(PW_DATA, "column '%s' is null, which no line can be",
					       name);
	if (values > 0 &&
	    memchr(v->bytes + v->offsets[0], '\n', v->offsets[values] - v->offsets[0]) != NULL)
		return pw_fail(PW_DATA, "column '%s' holds a line end, which would make two lines",
			       name);
	return 0;
}

static int batch_lines(struct pw_writer *w, const struct pw_batch *batch)
{
	if (batch->rows > 0 && check(&batch->columns[0], w->schema->fields[0].name) < 0)
		return -1;
	return pw_writer_rows(w, batch);
}

static const char *const suffixes[] = {".txt", ".log", NULL};

const struct pw_writer_kind pw_writer_lines = {
	.name = "lines", .suffixes = suffixes, .open = open_lines, .batch = batch_lines};
