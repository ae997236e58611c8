/*
 * json - JSON lines: the parser against itself and against jansson
 *
 * The input is a file of lines. Read whole, and in small pieces, its rows are
 * those of its lines read one at a time, where nothing is predicted from the
 * line before. Each of these is what jansson makes of the line, or an error
 * when that is one. What is inferred from the file can be read with it.
 *
 * Left out of the comparison: what jansson alone refuses (numbers beyond its
 * range, its depth) or takes (members of one name, of which it keeps the last).
 */
#include "../unit/parse.h"
#include "must.h"

#include "../../lib/base/hash.h"
#include "../../lib/data/json.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { A_STR, B_INT, C_FLOAT, D_BOOL, E_JSON, F_LIST, G_INNER, H_TIME, COLUMNS };

static const struct pw_parser_column columns[COLUMNS] = {
	{.name = "a", .type = {PW_STR, 0, false}},
	{.name = "b", .type = {PW_INT, 0, false}},
	{.name = "c", .type = {PW_FLOAT, 0, false}},
	{.name = "d", .type = {PW_BOOL, 0, false}},
	{.name = "e", .type = {PW_JSON, 0, false}},
	{.name = "f", .type = {PW_INT, 1, false}},
	{.name = "g", .type = {PW_INT, 0, false}, .pointer = "/e/x/0"},
	{.name = "h", .type = {PW_DATETIME, 0, false}},
};

/* ---- what jansson makes of a cell: does the column's row hold it? ---- */

static bool has_text(const struct pw_column *c, const json_t *j)
{
	const struct pw_slice s = pw_column_text(c, 0);
	return json_string_length(j) == s.length &&
	       (s.length == 0 || memcmp(json_string_value(j), s.data, s.length) == 0);
}

static bool has_json(const struct pw_column *c, json_t *j)
{
	const struct pw_slice s = pw_column_text(c, 0);
	json_t *const again = json_loadb(s.data, s.length, JSON_DECODE_ANY, NULL);
	const bool same = json_equal(again, j);
	json_decref(again);
	return same;
}

static bool has_list(const struct pw_column *c, const json_t *j)
{
	uint32_t from, to;
	pw_column_list(c, 0, &from, &to);
	if (json_array_size(j) != to - from)
		return false;
	for (uint32_t i = from; i < to; i++) {
		const json_t *const x = json_array_get(j, i - from);
		if (json_is_null(x) != pw_column_null(c->inner, i) ||
		    (json_is_integer(x) && json_integer_value(x) != pw_column_int(c->inner, i)))
			return false;
	}
	return true;
}

/* A column that is not declared rounds no int. */
static bool is_exact(const json_t *j)
{
	const json_int_t x = json_integer_value(j);
	return x >= -(json_int_t)PW_INFER_EXACT && x <= (json_int_t)PW_INFER_EXACT;
}

/* NaN and infinities are strings. */
static bool string_float(const json_t *j, double *x)
{
	const struct pw_slice s = {json_string_value(j), json_string_length(j)};
	return json_is_string(j) && s.length < 10 && pw_text_float(s, x) == 0 && *x - *x != 0;
}

static bool fits(size_t c, const json_t *j)
{
	double x;
	int64_t t;
	switch (c) {
	case A_STR:
		return json_is_string(j);
	case B_INT:
	case G_INNER:
		return json_is_integer(j);
	case C_FLOAT:
		return json_is_number(j) ? is_exact(j) : string_float(j, &x);
	case D_BOOL:
		return json_is_boolean(j);
	case H_TIME:
		return json_is_string(j) &&
		       pw_text_datetime(
			       (struct pw_slice){json_string_value(j), json_string_length(j)},
			       &t) == 0;
	case F_LIST:
		for (size_t i = 0; i < json_array_size(j); i++)
			if (!json_is_integer(json_array_get(j, i)) &&
			    !json_is_null(json_array_get(j, i)))
				return false;
		return json_is_array(j);
	}
	return true;
}

static bool holds(const struct pw_column *c, size_t which, json_t *j)
{
	double x = 0;
	if (j == NULL || json_is_null(j))
		return pw_column_null(c, 0);
	if (pw_column_null(c, 0))
		return false;
	switch (which) {
	case A_STR:
		return has_text(c, j);
	case B_INT:
	case G_INNER:
		return pw_column_int(c, 0) == json_integer_value(j);
	case C_FLOAT:
		x = json_is_number(j) ? json_number_value(j) : string_float(j, &x) ? x : 0;
		return x != x ? pw_column_float(c, 0) != pw_column_float(c, 0)
			      : pw_column_float(c, 0) == x;
	case D_BOOL:
		return pw_column_bool(c, 0) == json_is_true(j);
	case E_JSON:
		return has_json(c, j);
	case F_LIST:
		return has_list(c, j);
	}
	return true;
}

static json_t *member(json_t *row, size_t c)
{
	json_t *inner;
	if (c != G_INNER)
		return json_object_get(row, columns[c].name);
	inner = json_object_get(json_object_get(row, "e"), "x");
	return json_is_object(inner) ? json_object_get(inner, "0") : json_array_get(inner, 0);
}

/* ---- one line ---- */

static bool is_blank(const char *p, size_t n)
{
	return pw_json_blank(p, p + n) == p + n;
}

/* Reads one line into b: rows 0 or 1; false: refused. */
static bool read_line(const char *p, size_t n, struct pw_builder *b)
{
	static const struct pw_parser_options options = {.max_line = PW_PARSER_LINE_MAX};
	static const struct pw_parser_layout layout = {columns, COLUMNS};
	struct pw_parser *const parser = pw_parser_open(&pw_json, &options);
	MUST(pw_parser_bind(parser, &layout) == 0 && pw_parser_begin(parser, "in", 0) == 0);
	parser->looked = true;
	const ptrdiff_t used = parser->kind->parse(parser, p, n, true, b);
	MUST(used < 0 || (size_t)used == n);
	pw_parser_close(parser);
	return used >= 0;
}

static void against_jansson(const char *p, size_t n, bool accepted, struct pw_builder *b)
{
	json_error_t error;
	if (memchr(p, '\0', n) != NULL) { /* jansson steps over some of them */
		MUST(!accepted);
		return;
	}
	json_t *const row = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
	if (row == NULL) {
		const enum json_error_code code = json_error_code(&error);
		MUST(!accepted || code == json_error_numeric_overflow ||
		     code == json_error_duplicate_key || code == json_error_stack_overflow);
		return;
	}
	bool expected = json_is_object(row);
	for (size_t c = 0; c < COLUMNS && expected; c++) {
		const json_t *const j = member(row, c);
		expected = j == NULL || json_is_null(j) || fits(c, j);
	}
	if (accepted != expected)
		printf("# jansson: %d, pw: %d: %.*s\n", expected, accepted, (int)n, p);
	MUST(accepted == expected);
	for (size_t c = 0; c < COLUMNS && accepted; c++)
		MUST(holds(&pw_builder_view(b)->columns[c], c, member(row, c)));
	json_decref(row);
}

/* The file's rows, a line at a time: appended as text; the lines refused. */
static uint64_t line_by_line(const char *data, size_t size, const struct pw_schema *schema,
			     struct pw_bytes *out)
{
	const char *p = data, *const end = data + size;
	struct parse t = {.kind = &pw_json};
	struct pw_builder b;
	uint64_t refused = 0;
	pw_builder_init(&b, schema);
	if (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end) {
		const char *next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		if (is_blank(p, (size_t)(next - p))) {
			p = next;
			continue;
		}
		/* A mark counts at the start of the file only. */
		if (end - p < 3 || memcmp(p, "\xef\xbb\xbf", 3) != 0) {
			const bool accepted = read_line(p, (size_t)(next - p), &b);
			MUST(accepted == (b.rows == 1));
			MUST(accepted || pw_fail_status() == PW_DATA);
			pw_fail_clear();
			against_jansson(p, (size_t)(next - p), accepted, &b);
			refused += !accepted;
		} else {
			refused++;
		}
		parse_print(&t, &b);
		p = next;
	}
	*out = t.out;
	pw_builder_release(&b);
	return refused;
}

static void same_rows(const char *data, size_t size, size_t chunk, struct pw_bytes *expected,
		      uint64_t refused)
{
	struct parse t = {.kind = &pw_json,
			  .plain = true,
			  .columns = columns,
			  .count = COLUMNS,
			  .options = {.policy = PW_PARSER_SKIP}};
	MUST(parse_text(&t, data, size, chunk) == 0);
	MUST(t.rejected == refused);
	MUST(strcmp(pw_bytes_string(&t.out), pw_bytes_string(expected)) == 0);
	parse_release(&t);
}

/* What has been inferred from all lines reads them all, unless it is in doubt. */
static void inferred(const char *data, size_t size)
{
	struct parse t = {.kind = &pw_json, .plain = true, .options = {.infer_rows = SIZE_MAX}};
	const int r = parse_text(&t, data, size, 1 << 20);
	const bool cell = r < 0 && !t.doubtful && strstr(pw_fail_text(), ": column '") != NULL;
	if (cell)
		printf("# %s\n", pw_fail_text());
	MUST(!cell && t.unseen == 0);
	pw_fail_clear();
	parse_release(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static bool started;
	const char *const data = (const char *)bytes;
	struct pw_schema schema = {0};
	struct pw_bytes rows = {0};
	if (!started)
		pw_hash_start();
	started = true;
	if (size > 65536)
		return 0;
	for (size_t c = 0; c < COLUMNS; c++)
		MUST(pw_schema_add(&schema, pw_slice_of(columns[c].name), columns[c].type, false) ==
		     0);
	const uint64_t refused = line_by_line(data, size, &schema, &rows);
	same_rows(data, size, SIZE_MAX / 2, &rows, refused);
	same_rows(data, size, 13, &rows, refused);
	inferred(data, size);
	pw_bytes_release(&rows);
	pw_schema_release(&schema);
	return 0;
}
