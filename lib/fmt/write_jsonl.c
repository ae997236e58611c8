/*
 * jsonl: an object per row, on a line. Null is null; nan, inf and -inf are
 * strings, which pw-read takes back for a float.
 */
#include "writer.h"

static int open_jsonl(struct pw_writer *w)
{
	const struct pw_cells_style style = {
		.form = PW_CELLS_JSON, .names = true, .changes = w->options->changes};

	pw_cells_init(&w->cells, w->schema, &style);
	w->tail = w->cells.count > 0 ? PW_SLICE("}\n") : PW_SLICE("{}\n");
	return 0;
}

static const char *const suffixes[] = {".jsonl", ".ndjson", ".json", NULL};

const struct pw_writer_kind pw_writer_jsonl = {
	.name = "jsonl", .suffixes = suffixes, .open = open_jsonl, .batch = pw_writer_rows};
