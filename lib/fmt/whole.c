/*
 * file - a row per file: `path` and `data`, all that it holds
 *
 * data is a str, which must be valid UTF-8, unless it is declared as bytes.
 * The whole file is one record, so that --max-line bounds it.
 */
#include "../base/utf8.h"
#include "parser.h"

struct whole {
	struct pw_parser p;
	bool done; /* the file's row has been made: an empty file has one too */
};

static int data_cell(struct pw_parser *p, size_t i, struct pw_slice s, struct pw_vector *v)
{
	const struct pw_parser_column *c = &p->layout->columns[i];

	if (c->type.base == PW_BYTES) {
		pw_vector_text(v, s.data, s.length);
		return 0;
	}
	if (!pw_utf8_valid(s.data, s.length) || memchr(s.data, 0, s.length) != NULL)
		return pw_parser_misfit(p, p->line, i, s, 0,
					"is not text (declare it: -s 'path str, data bytes')");
	if (c->type.base == PW_STR) {
		pw_vector_text(v, s.data, s.length);
		return 0;
	}
	return pw_parser_text(c, s, v) == 0 ? 0 : pw_parser_misfit(p, p->line, i, s, 0, NULL);
}

static int one_row(struct pw_parser *p, struct pw_slice s, struct pw_builder *out)
{
	int verdict = 0;

	for (size_t i = 0; i < p->layout->count && verdict == 0; i++) {
		struct pw_vector *v = &out->vectors[i];
		if (strcmp(p->layout->columns[i].name, "path") == 0) {
			pw_vector_text(v, p->file, strlen(p->file));
			continue;
		}
		verdict = data_cell(p, i, s, v);
		if (verdict == PW_PARSER_NULL) {
			pw_vector_null(v);
			verdict = 0;
		}
	}
	if (verdict == PW_PARSER_SKIP)
		pw_parser_reject(p, p->line, PW_SLICE("null"));
	if (verdict != 0) {
		pw_builder_undo(out);
		return verdict < 0 ? -1 : 0;
	}
	pw_parser_meta(p, out, p->line);
	pw_builder_row(out, p->time, 1);
	return 0;
}

static ptrdiff_t whole_parse(struct pw_parser *p, const char *data, size_t n, bool last,
			     struct pw_builder *out)
{
	struct whole *w = (struct whole *)p;

	if (!last || w->done || pw_builder_full(out))
		return 0;
	if (n > p->options->max_line)
		return pw_fail(PW_DATA, "%s: more than --max-line allows, %zu bytes", p->file,
			       p->options->max_line);
	w->done = true;
	return one_row(p, (struct pw_slice){n > 0 ? data : "", n}, out) < 0 ? -1 : (ptrdiff_t)n;
}

static ptrdiff_t whole_sample(struct pw_parser *p, const char *data, size_t n, bool last)
{
	(void)data;
	(void)last;
	p->sampled = p->options->infer_rows;
	return (ptrdiff_t)n;
}

static int whole_columns(struct pw_parser *p, struct pw_found *f)
{
	(void)p;
	if (pw_found_typed(f, PW_SLICE("path"), PW_TYPE(PW_STR), PW_KIND_TEXT, false) < 0)
		return -1;
	return pw_found_typed(f, PW_SLICE("data"), PW_TYPE(PW_STR), PW_KIND_TEXT, false);
}

static int whole_bind(struct pw_parser *p)
{
	if (p->options->changes)
		return pw_fail(PW_USAGE, "--changes needs csv, tsv or jsonl, not file");
	for (size_t i = 0; i < p->layout->count; i++) {
		const struct pw_parser_column *c = &p->layout->columns[i];
		const bool path = strcmp(c->name, "path") == 0;
		if (!path && strcmp(c->name, "data") != 0)
			return pw_fail(PW_USAGE,
				       "'%s' is no column of format file: 'path' and 'data' are",
				       c->name);
		if (path && (c->type.base != PW_STR || c->type.depth > 0))
			return pw_fail(PW_USAGE, "column 'path' is a str, not %s %s",
				       pw_type_article(c->type), pw_type_name(c->type));
	}
	return 0;
}

static int whole_begin(struct pw_parser *p)
{
	((struct whole *)p)->done = false;
	return 0;
}

static void whole_close(struct pw_parser *p)
{
	(void)p;
}

static const char *const suffixes[] = {NULL};

const struct pw_parser_kind pw_whole = {
	.name = "file",
	.suffixes = suffixes,
	.size = sizeof(struct whole),
	.begin = whole_begin,
	.sample = whole_sample,
	.columns = whole_columns,
	.bind = whole_bind,
	.parse = whole_parse,
	.close = whole_close,
};
