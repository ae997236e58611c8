#include "../base/fail.h"
#include "../data/text.h"
#include "jsonl_internal.h"

#define KIND(k) (1u << (k))

static void field_add(struct pw_jsonl *j, struct pw_jsonl_field *f, const struct pw_json_value *v)
{
	struct pw_slice s = {v->at, v->length};
	int64_t x;
	double y;
	f->kinds |= KIND(v->kind);
	if (v->kind == PW_JSON_INT)
		f->big |= pw_json_int(v, &x) < 0;
	if (v->kind == PW_JSON_REAL)
		f->big |= pw_text_float(s, &y) < 0;
	if (v->kind != PW_JSON_STRING)
		return;
	if (v->escaped) {
		pw_bytes_clear(&j->scratch);
		pw_json_text(v, &j->scratch);
		s = (struct pw_slice){j->scratch.data, j->scratch.length};
	}
	if (f->string)
		return;
	if (pw_text_datetime(s, &x) == 0)
		f->datetime = true;
	else if (pw_text_datetime_utc(s, &x) == 0)
		f->utc = true;
	else
		f->string = true;
}

static enum pw_base field_base(const struct pw_jsonl_field *f)
{
	switch (f->kinds & ~KIND(PW_JSON_NULL)) {
	case 0:
		return PW_STR;
	case KIND(PW_JSON_FALSE):
	case KIND(PW_JSON_TRUE):
	case KIND(PW_JSON_FALSE) | KIND(PW_JSON_TRUE):
		return PW_BOOL;
	case KIND(PW_JSON_INT):
		return f->big ? PW_JSON : PW_INT;
	case KIND(PW_JSON_REAL):
	case KIND(PW_JSON_REAL) | KIND(PW_JSON_INT):
		return f->big ? PW_JSON : PW_FLOAT;
	case KIND(PW_JSON_STRING):
		if (f->string || f->datetime == f->utc)
			return PW_STR;
		return f->utc ? PW_DATETIME_UTC : PW_DATETIME;
	}
	return PW_JSON;
}

/* The field of that name, made if need be; NULL: failed. */
static struct pw_jsonl_field *field_of(struct pw_jsonl *j, const struct pw_json_value *name)
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
	j->fields[j->found.count - 1] = (struct pw_jsonl_field){0};
	return &j->fields[j->found.count - 1];
}

/* A line that is bad is left to parse, where bad rows may be dropped. */
static int sample_line(struct pw_jsonl *j, const char *p, const char *end)
{
	struct pw_jsonl_line l = {.p = p, .end = end};
	struct pw_json_value name, value;
	int more;
	while ((more = pw_jsonl_line_next(&l, &name, &value)) > 0) {
		struct pw_jsonl_field *const f = field_of(j, &name);
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

int pw_jsonl_columns(struct pw_parser *p, struct pw_schema *s)
{
	const struct pw_jsonl *const j = (const struct pw_jsonl *)p;
	for (size_t i = 0; i < j->found.count; i++) {
		const struct pw_slice name = j->found.names[i];
		if (p->options->changes && (pw_slice_equal(name, PW_SLICE("_time")) ||
					    pw_slice_equal(name, PW_SLICE("_diff"))))
			continue;
		if (pw_schema_add(s, name, PW_TYPE((uint8_t)field_base(&j->fields[i])), false) < 0)
			return pw_fail_at("%s: members as columns", p->file);
	}
	return 0;
}
