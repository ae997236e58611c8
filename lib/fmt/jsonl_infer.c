#include "../base/fail.h"
#include "../data/text.h"
#include "jsonl_internal.h"

/*
 * A string that is no time is a text, also one that holds a number: quotes mean it.
 * But NaN and infinities can be written as strings alone.
 */
static enum pw_kind kind_of_string(const struct pw_json_value *v, struct pw_bytes *scratch)
{
	struct pw_slice s = {v->at, v->length};
	double y;

	if (v->escaped) {
		pw_bytes_clear(scratch);
		pw_json_text(v, scratch);
		s = (struct pw_slice){scratch->data, scratch->length};
	}
	if (s.length >= 10)
		return pw_infer_time(s);
	const bool number =
		s.length > 0 && strchr("nNiI+-", s.data[0]) != NULL && pw_text_float(s, &y) == 0;
	return number && y - y != 0 ? PW_KIND_WORD : PW_KIND_TEXT;
}

enum pw_kind pw_jsonl_kind(const struct pw_json_value *v, struct pw_bytes *scratch)
{
	const struct pw_slice s = {v->at, v->length};
	int64_t x;
	double y;

	switch (v->kind) {
	case PW_JSON_FALSE:
	case PW_JSON_TRUE:
		return PW_KIND_BOOL;
	case PW_JSON_INT:
		if (pw_json_int(v, &x) < 0)
			return PW_KIND_LONG;
		return x > (int64_t)PW_INFER_EXACT || x < -(int64_t)PW_INFER_EXACT ? PW_KIND_WIDE
										   : PW_KIND_INT;
	case PW_JSON_REAL:
		return pw_text_float(s, &y) < 0 ? PW_KIND_HUGE : PW_KIND_FLOAT;
	case PW_JSON_STRING:
		return kind_of_string(v, scratch);
	default:
		return PW_KIND_OTHER;
	}
}

static void field_add(struct pw_jsonl *j, struct pw_found_kinds *f, const struct pw_json_value *v)
{
	const struct pw_slice s = {v->at, v->length};

	if (v->kind == PW_JSON_NULL || (v->kind == PW_JSON_STRING && f->seen & PW_KIND_TEXT))
		return;
	pw_found_value(f, pw_jsonl_kind(v, &j->scratch), j->parser.file, j->parser.line, s);
}

/* The field of that name, made if need be; NULL: failed. */
static struct pw_found_kinds *field_of(struct pw_jsonl *j, const struct pw_json_value *name)
{
	struct pw_slice s = {name->at, name->length};
	if (name->escaped) {
		pw_bytes_clear(&j->scratch);
		pw_json_text(name, &j->scratch);
		s = (struct pw_slice){j->scratch.data, j->scratch.length};
	}
	const uint32_t i = pw_jsonl_names_find(&j->found, s);
	if (i != PW_JSONL_NONE)
		return &j->fields[i];
	if (j->found.count == PW_COLUMNS_MAX) {
		pw_parser_fail(&j->parser, j->parser.line,
			       "more than %d different members (declare "
			       "those that are wanted: -s '...' --only)",
			       PW_COLUMNS_MAX);
		return NULL;
	}
	pw_jsonl_names_add(&j->found, s);
	j->fields = pw_mem_grow(j->fields, &j->field_capacity, j->found.count, sizeof *j->fields);
	j->fields[j->found.count - 1] = (struct pw_found_kinds){0};
	return &j->fields[j->found.count - 1];
}

/* A line that is bad is left to parse, where bad rows may be dropped. */
static int sample_line(struct pw_jsonl *j, const char *p, const char *end)
{
	struct pw_jsonl_line l = {.p = p, .end = end};
	struct pw_json_value name, value;
	int more;
	while ((more = pw_jsonl_line_next(&l, &name, &value)) > 0) {
		struct pw_found_kinds *const f = field_of(j, &name);
		if (f == NULL)
			return -1;
		field_add(j, f, &value);
	}
	j->parser.sampled++;
	if (more == 0 || j->parser.options->policy == PW_PARSER_SKIP)
		return 0;
	j->block.bad = p;
	j->block.bad_end = end;
	j->block.too_long = false;
	j->block.fault = l.fault;
	return pw_jsonl_bad_line(j);
}

ptrdiff_t pw_jsonl_sample(struct pw_parser *p, const char *data, size_t n, bool last)
{
	struct pw_jsonl *const j = (struct pw_jsonl *)p;
	const int look = pw_parser_look(p, data, n, last);
	if (look != 0)
		return look < 0 ? -1 : 0;
	const char *at = data + pw_jsonl_mark(j, data, n);
	const char *const stop = pw_jsonl_stop(j, data, n, last);
	if (stop == NULL)
		return -1;
	while (at < stop && p->sampled < p->options->infer_rows) {
		const char *end = memchr(at, '\n', (size_t)(stop - at));
		end = end ? end + 1 : stop;
		if ((size_t)(end - at) > p->options->max_line)
			return pw_parser_too_long(p, (size_t)(end - at));
		if (pw_json_blank(at, end) != end && sample_line(j, at, end) < 0)
			return -1;
		p->line++;
		at = end;
	}
	return at - data;
}

int pw_jsonl_columns(struct pw_parser *p, struct pw_found *f)
{
	const struct pw_jsonl *const j = (const struct pw_jsonl *)p;
	for (size_t i = 0; i < j->found.count; i++) {
		const struct pw_slice name = j->found.names[i];
		if (p->options->changes && (pw_slice_equal(name, PW_SLICE("_time")) ||
					    pw_slice_equal(name, PW_SLICE("_diff"))))
			continue;
		if (pw_found_column(f, name, &j->fields[i], true, false) < 0)
			return pw_fail_at("%s: members as columns", p->file);
	}
	return 0;
}
