/*
 * parse - a text through a parser, for tests: rows as lines of JSON
 *
 * Use:      struct parse t = {.kind = &pw_json, .columns = c, .count = n};
 *           parse_text(&t, data, n, chunk); look at t.out; parse_release(&t).
 * The text is handed in as a reader would: at most chunk bytes at first, more
 * when nothing is consumed, what was not consumed again.
 */
#ifndef PARSE_H
#define PARSE_H

#include "../../lib/base/fail.h"
#include "../../lib/data/text.h"
#include "../../lib/fmt/parser.h"

#include <stdlib.h>

struct parse {
	const struct pw_parser_kind *kind;
	const struct pw_parser_column *columns; /* NULL: they are inferred */
	size_t count;
	struct pw_parser_options options;
	struct pw_schema schema;
	struct pw_bytes out; /* a line per row: [cell, ...], with changes "@time diff" behind it */
	uint64_t rows, rejected, nulled, unseen;
	bool plain; /* the text is taken for what kind says, whatever its first bytes look like */
	bool doubtful; /* the type of a column that is inferred is in doubt */
	pw_time promised;
};

static void parse_print(struct parse *t, struct pw_builder *b)
{
	const struct pw_batch *const batch = pw_builder_view(b);
	uint32_t run = 0, left = batch->run_count ? batch->runs[0].rows : 0;
	for (uint32_t r = 0; r < batch->rows; r++) {
		for (size_t c = 0; c < batch->schema->count; c++) {
			const struct pw_column *const col = &batch->columns[c];
			pw_bytes_text(&t->out, c ? "," : "[");
			if (pw_column_null(col, r))
				pw_bytes_text(&t->out, "null");
			else
				pw_text_add_json(&t->out, col, r);
		}
		pw_bytes_text(&t->out, "]");
		if (left == 0)
			left = batch->runs[++run].rows;
		left--;
		if (t->options.changes)
			pw_bytes_print(&t->out, "@%llu %lld",
				       (unsigned long long)batch->runs[run].time,
				       (long long)pw_batch_diff(batch, r));
		pw_bytes_text(&t->out, "\n");
	}
	t->rows += batch->rows;
	pw_builder_clear(b);
}

static int parse_rows(struct parse *t, struct pw_parser *p, const char *data, size_t n,
		      size_t chunk)
{
	struct pw_builder b;
	size_t at = 0, give = chunk;
	int status = 0;
	pw_builder_init(&b, &t->schema);
	pw_builder_intern(&b);
	while (at < n) {
		const size_t m = n - at < give ? n - at : give;
		const ptrdiff_t used = p->kind->parse(p, data + at, m, m == n - at, &b);
		if (used < 0 || (size_t)used > m) {
			status = -1;
			break;
		}
		at += (size_t)used;
		give = used > 0 ? chunk : give + chunk;
		if (pw_builder_full(&b))
			parse_print(t, &b);
		else if (used == 0 && m == n - at)
			pw_bug("nothing consumed of the last bytes");
	}
	if (status == 0)
		parse_print(t, &b);
	t->rejected = p->rejected;
	t->nulled = p->nulled;
	t->unseen = p->unseen;
	t->promised = p->promised;
	pw_builder_release(&b);
	return status;
}

static int parse_sample(struct pw_parser *p, const char *data, size_t n, size_t chunk)
{
	for (size_t at = 0, give = chunk; at < n && p->sampled < p->options->infer_rows;) {
		const size_t m = n - at < give ? n - at : give;
		const ptrdiff_t used = p->kind->sample(p, data + at, m, m == n - at);
		if (used < 0)
			return -1;
		at += (size_t)used;
		give = used > 0 ? chunk : give + chunk;
	}
	return 0;
}

static int parse_begin(const struct parse *t, struct pw_parser *p)
{
	if (pw_parser_begin(p, "in", INT64_MIN) < 0)
		return -1;
	p->looked = t->plain;
	return 0;
}

/* 0, or -1: see pw_fail_text */
static int parse_text(struct parse *t, const char *data, size_t n, size_t chunk)
{
	struct pw_parser_column found[64];
	struct pw_parser_undecided undecided[64];
	struct pw_found all = {0};
	struct pw_parser_layout layout = {t->columns, t->count};
	int status = 0;
	if (t->options.max_line == 0)
		t->options.max_line = PW_PARSER_LINE_MAX;
	if (t->options.infer_rows == 0)
		t->options.infer_rows = PW_PARSER_INFER_ROWS;
	struct pw_parser *const p = pw_parser_open(t->kind, &t->options);
	if (t->columns == NULL) {
		status = parse_begin(t, p) < 0 || parse_sample(p, data, n, chunk) < 0 ||
					 t->kind->columns(p, &all) < 0 || all.schema.count > 64
				 ? -1
				 : 0;
		for (size_t i = 0; status == 0 && i < all.schema.count; i++) {
			const struct pw_found_column *c = &all.columns[i];
			undecided[i] = (struct pw_parser_undecided){c->seen, c->json, false};
			if (c->doubt != NULL) {
				status = pw_fail(PW_DATA, "%s", c->doubt);
				t->doubtful = true;
			}
			pw_schema_add(&t->schema, pw_slice_of(all.schema.fields[i].name),
				      all.schema.fields[i].type, false);
			found[i] = (struct pw_parser_column){.name = t->schema.fields[i].name,
							     .type = t->schema.fields[i].type};
			if (pw_infer_verdict(c->seen, c->json).open)
				found[i].undecided = &undecided[i];
		}
		layout = (struct pw_parser_layout){found, t->schema.count};
	}
	for (size_t i = 0; i < t->count; i++)
		pw_schema_add(&t->schema, pw_slice_of(t->columns[i].name), t->columns[i].type,
			      false);
	if (status == 0)
		status = pw_parser_bind(p, &layout) < 0 || parse_begin(t, p) < 0
				 ? -1
				 : parse_rows(t, p, data, n, chunk);
	pw_parser_close(p);
	pw_found_release(&all);
	return status;
}

static void parse_release(struct parse *t)
{
	pw_bytes_release(&t->out);
	pw_schema_release(&t->schema);
}

#endif
