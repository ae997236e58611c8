#include "writer.h"
#include "../base/near.h"
#include "../base/packing.h"

#include <strings.h>

#define FULL ((size_t)256 << 10) /* bytes that are handed out at once */

static const char *const pws_suffixes[] = {".pws", NULL};

const struct pw_writer_kind pw_writer_pws = {.name = "pws", .suffixes = pws_suffixes};

const struct pw_writer_kind *const pw_writer_kinds[] = {
	&pw_writer_csv, &pw_writer_tsv, &pw_writer_jsonl, &pw_writer_lines, &pw_writer_pretty,
	&pw_writer_pws, NULL,
};

const struct pw_writer_kind *pw_writer_kind_named(const char *name)
{
	const char *names[sizeof pw_writer_kinds / sizeof *pw_writer_kinds];
	size_t n = 0;

	for (; pw_writer_kinds[n] != NULL; n++) {
		names[n] = pw_writer_kinds[n]->name;
		if (strcmp(names[n], name) == 0)
			return pw_writer_kinds[n];
	}
	const char *near = pw_near(name, strlen(name), names, n);
	if (near != NULL)
		pw_fail(PW_USAGE, "'%s' is not a format (did you mean '%s'?)", name, near);
	else
		pw_fail(PW_USAGE,
			"'%s' is not a format; there are csv, tsv, jsonl, lines, pretty, pws",
			name);
	return NULL;
}

static bool ends_with(const char *path, size_t length, const char *suffix)
{
	const size_t n = strlen(suffix);

	return length >= n && strncasecmp(path + length - n, suffix, n) == 0;
}

const struct pw_writer_kind *pw_writer_kind_of_path(const char *path)
{
	const size_t n = pw_packing_stem(path);

	for (size_t i = 0; pw_writer_kinds[i] != NULL; i++)
		for (const char *const *s = pw_writer_kinds[i]->suffixes; *s != NULL; s++)
			if (ends_with(path, n, *s))
				return pw_writer_kinds[i];
	return &pw_writer_lines;
}

int pw_writer_open(struct pw_writer *w, const struct pw_writer_kind *kind,
		   const struct pw_schema *schema, const struct pw_writer_options *options,
		   pw_writer_fn *write, void *to)
{
	*w = (struct pw_writer){
		.kind = kind, .schema = schema, .options = options, .write = write, .to = to};
	if (options->changes && (pw_schema_find(schema, PW_SLICE("_time")) >= 0 ||
				 pw_schema_find(schema, PW_SLICE("_diff")) >= 0))
		return pw_fail(PW_USAGE, "--changes adds the columns _time and _diff, and the "
					 "stream has one of them already");
	return kind->open(w);
}

static int hand_out(struct pw_writer *w)
{
	const size_t n = w->out.length;

	w->out.length = 0;
	return n > 0 ? w->write(w->to, w->out.data, n) : 0;
}

static void begin(struct pw_writer *w)
{
	if (!w->begun && w->kind->header != NULL)
		w->kind->header(w);
	w->begun = true;
}

int pw_writer_batch(struct pw_writer *w, const struct pw_batch *batch)
{
	if (batch->rows == 0)
		return 0;
	begin(w);
	return w->kind->batch(w, batch);
}

int pw_writer_flush(struct pw_writer *w)
{
	if (!w->begun)
		return 0;
	if (w->kind->flush != NULL && w->kind->flush(w) < 0)
		return -1;
	return hand_out(w);
}

int pw_writer_end(struct pw_writer *w)
{
	begin(w);
	return pw_writer_flush(w);
}

void pw_writer_close(struct pw_writer *w)
{
	if (w->kind != NULL && w->kind->close != NULL)
		w->kind->close(w);
	pw_cells_release(&w->cells);
	pw_bytes_release(&w->out);
	*w = (struct pw_writer){0};
}

/* Writes rows of the block as often as their diffs say: perhaps more than memory holds. */
static int copies(struct pw_writer *w)
{
	for (uint32_t r = 0; r < w->cells.rows; r++)
		for (pw_diff n = pw_batch_diff(w->cells.batch, w->cells.from + r); n > 0; n--) {
			pw_cells_row(&w->cells, r, &w->out, w->tail);
			if (w->out.length >= FULL && hand_out(w) < 0)
				return -1;
		}
	return 0;
}

int pw_writer_rows(struct pw_writer *w, const struct pw_batch *batch)
{
	const bool each_once = batch->diffs == NULL || w->options->changes;

	pw_cells_bind(&w->cells, batch);
	for (uint32_t from = 0; from < batch->rows; from += PW_CELLS_BLOCK) {
		const uint32_t left = batch->rows - from;
		pw_cells_format(&w->cells, from, left < PW_CELLS_BLOCK ? left : PW_CELLS_BLOCK);
		if (each_once)
			pw_cells_rows(&w->cells, &w->out, w->tail);
		else if (copies(w) < 0)
			return -1;
		if (w->out.length >= FULL && hand_out(w) < 0)
			return -1;
	}
	return 0;
}
