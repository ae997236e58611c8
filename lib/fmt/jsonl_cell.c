#include "../base/fail.h"
#include "../base/utf8.h"
#include "../data/text.h"
#include "jsonl_internal.h"

/* ---- one cell ---- */

enum cell {
	CELL_DONE,   /* appended */
	CELL_NULL,   /* null, and the column is required */
	CELL_ABSENT, /* absent, and there is no default */
	CELL_MISFIT  /* of another type */
};

static inline const struct pw_json_value *token_of(const struct pw_jsonl *j, uint32_t member,
						   uint32_t row)
{
	return &j->block.tokens[(size_t)member * PW_JSONL_ROWS + row];
}

/* The value that column c takes from the row; of kind PW_JSONL_ABSENT if there is none. */
static struct pw_json_value value_of(const struct pw_jsonl *j, size_t c, uint32_t row,
				     const char **why)
{
	const struct pw_jsonl_column *const col = &j->columns[c];
	const struct pw_jsonl_row *const line = &j->block.rows[row];
	struct pw_json_value v, inner;
	if (col->member == PW_JSONL_NONE) {
		const char *const at = pw_json_blank(line->start, line->end);
		return (struct pw_json_value){at, (uint32_t)(line->end - at), PW_JSON_OBJECT, false,
					      true};
	}
	v = *token_of(j, col->member, row);
	for (size_t i = 0; i < col->step_count && v.kind != PW_JSONL_ABSENT; i++) {
		const size_t found = pw_json_find(&v, col->steps[i], &inner);
		if (found > 1)
			*why = "is from a member that is there twice";
		if (found == 0)
			inner.kind = PW_JSONL_ABSENT;
		v = inner;
	}
	return v;
}

static bool is_time(struct pw_type t)
{
	return t.depth == 0 && (t.base == PW_DATETIME || t.base == PW_DATETIME_UTC);
}

/* Reads a time in a format of its own, from a string or a number's digits. */
static int append_time(struct pw_jsonl *j, const struct pw_parser_column *c,
		       const struct pw_json_value *v, struct pw_vector *to)
{
	struct pw_slice s = {v->at, v->length};
	if (v->kind < PW_JSON_INT || v->kind > PW_JSON_STRING)
		return -1;
	if (v->escaped) {
		pw_bytes_clear(&j->scratch);
		pw_json_text(v, &j->scratch);
		s = (struct pw_slice){j->scratch.data, j->scratch.length};
	}
	return pw_parser_text(c, s, to);
}

/* Would inference have taken the value as the column does, too? */
static bool is_inferable(struct pw_jsonl *j, const struct pw_parser_column *c,
			 const struct pw_json_value *v)
{
	struct pw_parser_undecided *const u = pw_parser_undecided(c);
	if (u != NULL)
		return pw_parser_decide(u, pw_jsonl_kind(v, &j->scratch));
	return c->type.base != PW_FLOAT ||
	       (pw_jsonl_kind(v, &j->scratch) & (PW_KIND_INT | PW_KIND_FLOAT | PW_KIND_WORD)) != 0;
}

static enum cell append_value(struct pw_jsonl *j, size_t c, const struct pw_json_value *v,
			      struct pw_vector *to)
{
	const struct pw_parser_column *const col = &j->parser.layout->columns[c];
	if (v->kind == PW_JSONL_ABSENT) {
		if (pw_parser_default(col, to))
			return CELL_DONE;
		if (col->declared || col->type.required)
			return CELL_ABSENT;
		pw_vector_null(to);
		return CELL_DONE;
	}
	if (v->kind == PW_JSON_NULL && col->type.required)
		return CELL_NULL;
	if (v->kind != PW_JSON_NULL && col->format != NULL && is_time(col->type))
		return append_time(j, col, v, to) < 0 ? CELL_MISFIT : CELL_DONE;
	if (v->kind != PW_JSON_NULL && !col->declared && !is_inferable(j, col, v))
		return CELL_MISFIT;
	return pw_json_append(to, v, &j->scratch) < 0 ? CELL_MISFIT : CELL_DONE;
}

/* ---- a column of a block ---- */

/* Appends the column's cells while they fit; false: one does not. */
static bool take_any(struct pw_jsonl *j, size_t c, struct pw_vector *to)
{
	for (uint32_t row = 0; row < j->block.count; row++) {
		const char *why = NULL;
		const struct pw_json_value v = value_of(j, c, row, &why);
		if (why != NULL || append_value(j, c, &v, to) != CELL_DONE)
			return false;
	}
	return true;
}

static bool take_str(struct pw_jsonl *j, size_t c, struct pw_vector *to)
{
	const struct pw_json_value *const t = token_of(j, j->columns[c].member, 0);
	const bool decided = pw_parser_undecided(&j->parser.layout->columns[c]) == NULL;
	for (uint32_t row = 0; row < j->block.count; row++) {
		if (t[row].kind == PW_JSON_STRING && !t[row].escaped && decided)
			pw_vector_text(to, t[row].at, t[row].length);
		else if (append_value(j, c, &t[row], to) != CELL_DONE)
			return false;
	}
	return true;
}

static bool take_int(struct pw_jsonl *j, size_t c, struct pw_vector *to)
{
	const struct pw_json_value *const t = token_of(j, j->columns[c].member, 0);
	for (uint32_t row = 0; row < j->block.count; row++) {
		int64_t x;
		if (t[row].kind == PW_JSON_INT && pw_json_int(&t[row], &x) == 0)
			pw_vector_word(to, x);
		else if (append_value(j, c, &t[row], to) != CELL_DONE)
			return false;
	}
	return true;
}

enum { EXACT_DIGITS = 15 }; /* all ints of so many digits are doubles */

static bool take_float(struct pw_jsonl *j, size_t c, struct pw_vector *to)
{
	const struct pw_json_value *const t = token_of(j, j->columns[c].member, 0);
	for (uint32_t row = 0; row < j->block.count; row++) {
		const bool number = (t[row].kind == PW_JSON_INT && t[row].length <= EXACT_DIGITS) ||
				    t[row].kind == PW_JSON_REAL;
		double x;
		if (number && pw_text_float((struct pw_slice){t[row].at, t[row].length}, &x) == 0)
			pw_vector_float(to, x);
		else if (append_value(j, c, &t[row], to) != CELL_DONE)
			return false;
	}
	return true;
}

static bool take_column(struct pw_jsonl *j, size_t c, struct pw_vector *to)
{
	const struct pw_jsonl_column *const col = &j->columns[c];
	if (col->member != PW_JSONL_NONE && col->step_count == 0 && to->type.depth == 0) {
		if (to->type.base == PW_STR)
			return take_str(j, c, to);
		if (to->type.base == PW_INT)
			return take_int(j, c, to);
		if (to->type.base == PW_FLOAT)
			return take_float(j, c, to);
	}
	return take_any(j, c, to);
}

static bool take_columns(struct pw_jsonl *j, struct pw_builder *out)
{
	for (size_t c = 0; c < j->parser.layout->count; c++) {
		if (!take_column(j, c, &out->vectors[c])) {
			pw_builder_undo(out);
			return false;
		}
	}
	for (uint32_t row = 0; row < j->block.count && pw_parser_notes(&j->parser); row++)
		pw_parser_meta(&j->parser, out, j->block.rows[row].line);
	pw_builder_rows(out, j->parser.time, j->block.count);
	return true;
}

/* ---- row by row ---- */

static void reject(struct pw_jsonl *j, const char *start, const char *end, uint64_t line,
		   bool object)
{
	struct pw_bytes *const b = &j->scratch;
	while (end > start && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	pw_bytes_clear(b);
	if (j->parser.options->reject != NULL && object) {
		const struct pw_json_value v = {start, (uint32_t)(end - start), PW_JSON_OBJECT,
						false, true};
		pw_json_compact(&v, b);
	} else if (j->parser.options->reject != NULL) {
		const size_t valid = pw_utf8_valid_prefix(start, (size_t)(end - start));
		pw_text_add_json_string(b, start, valid);
	}
	pw_parser_reject(&j->parser, line, (struct pw_slice){b->data, b->length});
}

static int absent(struct pw_jsonl *j, size_t c, uint64_t line, struct pw_vector *to)
{
	const struct pw_parser_column *const col = &j->parser.layout->columns[c];
	if (j->parser.options->policy == PW_PARSER_NULL && !col->type.required) {
		j->parser.nulled++;
		pw_vector_null(to);
		return 0;
	}
	pw_parser_fail(&j->parser, line,
		       "column '%s': is absent and has no default (declare one: "
		       "'%s %s = ...')",
		       col->name, col->name, pw_type_name(col->type));
	return pw_parser_bad_row(&j->parser);
}

/* One cell by the policy: 0, PW_PARSER_SKIP, or -1. */
static int take_cell(struct pw_jsonl *j, size_t c, uint32_t row, struct pw_vector *to)
{
	const uint64_t line = j->block.rows[row].line;
	const char *why = NULL;
	const struct pw_json_value v = value_of(j, c, row, &why);
	const enum cell state = why ? CELL_MISFIT : append_value(j, c, &v, to);
	const bool string = v.kind == PW_JSON_STRING;
	if (state == CELL_DONE)
		return 0;
	if (state == CELL_NULL)
		return pw_parser_null(&j->parser, line, c);
	if (state == CELL_ABSENT)
		return absent(j, c, line, to);
	const struct pw_slice found = {v.at - string, v.length + 2 * (size_t)string};
	const int r =
		pw_parser_misfit(&j->parser, line, c, found, pw_jsonl_kind(&v, &j->scratch), why);
	if (r != PW_PARSER_NULL)
		return r;
	pw_vector_null(to);
	return 0;
}

static struct pw_slice change_text(const struct pw_json_value *v)
{
	return (struct pw_slice){v->at, v->length};
}

/* The change of a row: 0; 1, it is a promise; -1. */
static int take_change(struct pw_jsonl *j, uint32_t row, int64_t *d)
{
	const struct pw_json_value *const time = token_of(j, j->time, row);
	const struct pw_json_value *const diff = token_of(j, j->diff, row);
	const uint64_t line = j->block.rows[row].line;
	if (time->kind == PW_JSONL_ABSENT || diff->kind == PW_JSONL_ABSENT)
		return pw_parser_fail(&j->parser, line, "column '%s': is absent",
				      time->kind == PW_JSONL_ABSENT ? "_time" : "_diff");
	if (pw_parser_change(&j->parser, line, change_text(time), change_text(diff), d) < 0)
		return -1;
	if (*d != 0)
		return 0;
	for (uint32_t m = 0; m < j->members.count; m++) {
		const uint8_t kind = token_of(j, m, row)->kind;
		if (m != j->time && m != j->diff && kind != PW_JSONL_ABSENT && kind != PW_JSON_NULL)
			return pw_parser_fail(&j->parser, line,
					      "column '%.*s': a row with _diff 0 "
					      "holds nothing else",
					      (int)j->members.names[m].length,
					      j->members.names[m].data);
	}
	return 1;
}

static int take_row(struct pw_jsonl *j, struct pw_builder *out, uint32_t row)
{
	const struct pw_jsonl_row *const line = &j->block.rows[row];
	int64_t d = 1;
	int r = 0;
	if (j->parser.options->changes && (r = take_change(j, row, &d)) != 0)
		return r;
	for (size_t c = 0; c < j->parser.layout->count && r == 0; c++)
		r = take_cell(j, c, row, &out->vectors[c]);
	if (r != 0)
		pw_builder_undo(out);
	if (r == PW_PARSER_SKIP)
		reject(j, line->start, line->end, line->line, true);
	if (r != 0)
		return r < 0 ? -1 : 0;
	pw_parser_meta(&j->parser, out, line->line);
	pw_builder_row(out, j->parser.time, d);
	return 0;
}

int pw_jsonl_take(struct pw_jsonl *j, struct pw_builder *out, const char **end)
{
	if (!j->parser.options->changes && take_columns(j, out))
		return 0;
	for (uint32_t row = 0; row < j->block.count; row++) {
		const int r = take_row(j, out, row);
		if (r < 0)
			return -1;
		if (r > 0) {
			*end = j->block.rows[row].end;
			j->parser.line = j->block.rows[row].line + 1;
			return 1;
		}
	}
	return 0;
}

int pw_jsonl_bad_line(struct pw_jsonl *j)
{
	const struct pw_jsonl_block *const b = &j->block;
	struct pw_parser *const p = &j->parser;
	const char *end = b->bad_end;
	if (b->too_long)
		return pw_parser_too_long(p, (size_t)(b->bad_end - b->bad));
	while (end > b->bad && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	pw_json_fail(&b->fault, b->bad, end);
	pw_fail_at("%s:%" PRIu64, p->file, p->line);
	if (pw_parser_bad_row(p) < 0)
		return -1;
	reject(j, b->bad, b->bad_end, p->line, false);
	p->line++;
	return 0;
}
