/*
 * lines - a row per line, in one column, `data`; nothing is interpreted
 *
 * The line end (LF or CRLF) is no part of it. An empty line is the empty text
 * (of another declared type: its default or null).
 */
#include "../base/utf8.h"
#include "parser.h"

struct lines {
	struct pw_parser p;
};

/* Is the slice, as it stands, no value of the type? Raw texts and bytes are looked at here. */
static int raw_text(struct pw_parser *p, struct pw_slice s, struct pw_vector *v)
{
	if (v->type.base == PW_STR && memchr(s.data, 0, s.length) != NULL)
		return pw_parser_misfit(p, p->line, 0, s, 0, "holds a NUL byte");
	if (v->type.base == PW_STR && !pw_utf8_valid(s.data, s.length))
		return pw_parser_misfit(p, p->line, 0, s, 0, pw_parser_not_utf8(p));
	pw_vector_text(v, s.data, s.length);
	return 0;
}

/* Appends a line's value. 0, -1, or what is to be done instead. */
static int append(struct pw_parser *p, struct pw_slice s, struct pw_vector *v)
{
	const struct pw_parser_column *c = &p->layout->columns[0];
	const bool raw = c->type.depth == 0 && (c->type.base == PW_STR || c->type.base == PW_BYTES);

	if (raw)
		return raw_text(p, s, v);
	if (s.length == 0) {
		if (pw_parser_default(c, v))
			return 0;
		if (c->type.required)
			return pw_parser_null(p, p->line, 0);
		pw_vector_null(v);
		return 0;
	}
	if (!pw_utf8_valid(s.data, s.length))
		return pw_parser_misfit(p, p->line, 0, s, 0, pw_parser_not_utf8(p));
	return pw_parser_text(c, s, v) == 0 ? 0 : pw_parser_misfit(p, p->line, 0, s, 0, NULL);
}

static int one_line(struct pw_parser *p, struct pw_slice s, struct pw_builder *out)
{
	const int verdict = append(p, s, &out->vectors[0]);

	if (verdict < 0)
		return -1;
	if (verdict == PW_PARSER_SKIP) {
		pw_parser_reject(p, p->line, PW_SLICE("null"));
		return 0;
	}
	if (verdict == PW_PARSER_NULL)
		pw_vector_null(&out->vectors[0]);
	pw_parser_meta(p, out, p->line);
	pw_builder_row(out, p->time, 1);
	return 0;
}

/* The bytes of a mark that says that the text is UTF-8: no part of the first line, unless bytes are read. */
static size_t mark(const struct pw_parser *p, const char *data, size_t n)
{
	return n >= 3 && p->layout->columns[0].type.base != PW_BYTES &&
			       memcmp(data, "\xef\xbb\xbf", 3) == 0
		       ? 3
		       : 0;
}

static ptrdiff_t lines_parse(struct pw_parser *p, const char *data, size_t n, bool last,
			     struct pw_builder *out)
{
	const bool first = !p->looked && p->line == 1;
	const int look = pw_parser_look(p, data, n, last);
	size_t at = first && look == 0 ? mark(p, data, n) : 0;

	if (look != 0)
		return look < 0 ? -1 : 0;
	while (at < n && !pw_builder_full(out)) {
		const char *from = data + at, *lf = memchr(from, '\n', n - at);
		if (lf == NULL && !last)
			break;
		const char *end = lf == NULL ? data + n : lf;
		const size_t length = (size_t)(end - from);
		if (length > p->options->max_line)
			return pw_parser_too_long(p, length);
		const bool cr = lf != NULL && length > 0 && end[-1] == '\r';
		if (one_line(p, (struct pw_slice){from, length - cr}, out) < 0)
			return -1;
		at += length + (lf != NULL);
		p->line++;
	}
	return (ptrdiff_t)at;
}

/* There is nothing to learn, and one look is enough. */
static ptrdiff_t lines_sample(struct pw_parser *p, const char *data, size_t n, bool last)
{
	(void)data;
	(void)last;
	p->sampled = p->options->infer_rows;
	return (ptrdiff_t)n;
}

static int lines_columns(struct pw_parser *p, struct pw_found *f)
{
	(void)p;
	return pw_found_typed(f, PW_SLICE("data"), PW_TYPE(PW_STR), PW_KIND_TEXT, false);
}

static int lines_bind(struct pw_parser *p)
{
	if (p->options->changes)
		return pw_fail(PW_USAGE, "--changes needs csv, tsv or jsonl, not lines");
	if (p->layout->count != 1)
		return pw_fail(PW_USAGE, "lines have one column, 'data', and %zu are declared",
			       p->layout->count);
	return 0;
}

static int lines_begin(struct pw_parser *p)
{
	(void)p;
	return 0;
}

static void lines_close(struct pw_parser *p)
{
	(void)p;
}

static const char *const suffixes[] = {".txt", ".log", NULL};

const struct pw_parser_kind pw_lines = {
	.name = "lines",
	.suffixes = suffixes,
	.size = sizeof(struct lines),
	.begin = lines_begin,
	.sample = lines_sample,
	.columns = lines_columns,
	.bind = lines_bind,
	.parse = lines_parse,
	.close = lines_close,
};
