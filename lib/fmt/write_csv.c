/*
 * csv and tsv as RFC 4180 has them, quoted only where the text asks for it.
 * Null is empty and an empty text is "", so that both read back.
 */
#include "writer.h"

#include <ctype.h>

static void add_name(struct pw_bytes *b, const char *name, char delimiter)
{
	const size_t n = strlen(name);
	char *const at = pw_bytes_room(b, 2 * n + 2);

	b->length += (size_t)(pw_cells_quote_csv(at, name, n, delimiter) - at);
}

static void header_separated(struct pw_writer *w)
{
	const char delimiter = w->cells.style.delimiter;

	if (w->options->no_header || w->options->append)
		return;
	for (size_t i = 0; i < w->schema->count; i++) {
		if (i > 0)
			pw_bytes_put(&w->out, delimiter);
		add_name(&w->out, w->schema->fields[i].name, delimiter);
	}
	if (w->options->changes)
		pw_bytes_print(&w->out, "%c_time%c_diff", delimiter, delimiter);
	pw_bytes_put(&w->out, '\n');
}

static int open_separated(struct pw_writer *w, char delimiter)
{
	if (w->options->delimiter != 0)
		delimiter = w->options->delimiter;
	if (isalnum((unsigned char)delimiter) || strchr("\"\r\n", delimiter) != NULL ||
	    (unsigned char)delimiter >= 0x80)
		return pw_fail(PW_USAGE, "--delimiter: '%c' cannot stand between cells", delimiter);

	const struct pw_cells_style style = {
		.form = PW_CELLS_CSV, .delimiter = delimiter, .changes = w->options->changes};
	pw_cells_init(&w->cells, w->schema, &style);
	w->tail = PW_SLICE("\n");
	return 0;
}

static int open_csv(struct pw_writer *w)
{
	return open_separated(w, ',');
}

static int open_tsv(struct pw_writer *w)
{
	return open_separated(w, '\t');
}

static const char *const csv_suffixes[] = {".csv", NULL};
static const char *const tsv_suffixes[] = {".tsv", ".tab", NULL};

const struct pw_writer_kind pw_writer_csv = {
	.name = "csv",
	.suffixes = csv_suffixes,
	.open = open_csv,
	.header = header_separated,
	.batch = pw_writer_rows,
};

const struct pw_writer_kind pw_writer_tsv = {
	.name = "tsv",
	.suffixes = tsv_suffixes,
	.open = open_tsv,
	.header = header_separated,
	.batch = pw_writer_rows,
};
