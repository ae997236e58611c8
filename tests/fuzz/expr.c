/*
 * expr - expressions: the parser against its printer, the evaluator against itself
 *
 * Each line of the input is an expression. What parses prints as a text that
 * parses to an equal tree. What can be bound gives for every row of a table
 * the same value, or the same error for the same reason, whether the table is
 * evaluated whole, with its texts in dictionaries, or a row at a time, where
 * all columns are constant.
 */
#include "../../lib/expr/expr.h"
#include "../../lib/base/hash.h"
#include "../../lib/data/builder.h"
#include "../../lib/data/text.h"
#include "must.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 9, PLAIN = 0, CODED = 1, SINGLE = 2, TABLES = SINGLE + ROWS };

static const char *const fields[] = {
	"a int",        "b int",  "f float",    "g float",        "s str",      "w str",
	"p bool",       "q bool", "t datetime", "u datetime_utc", "d duration", "xs list<int>",
	"ys list<str>", "j json", "y bytes",    "v uuid",
};
enum { FIELDS = sizeof fields / sizeof *fields };

static const char *const cells[ROWS][FIELDS] = {
	{"1", "0", "0.5", "0", "x", "aé", "true", "false", "2024-01-31T10:00:00",
	 "2024-01-31T10:00:00Z", "1h", "[1,2]", "[\"a\"]", "{\"a\":{\"b\":7}}",
	 "YWI=", "00112233-4455-6677-8899-aabbccddeeff"},
	{"7", "2", "-2.5", "nan", "Zoë", "x", NULL, "true", "1969-12-31T23:59:59",
	 "1969-12-31T23:59:59.5Z", "90s", "[3]", "[null,\"b\"]", "[10,20]", NULL, NULL},
	{"-7", "2", NULL, "1", "x", NULL, "false", NULL, NULL, NULL, NULL, NULL, NULL, NULL, "",
	 NULL},
	{"9223372036854775807", "-1", "1e300", "1e300", NULL, "%", NULL, "false", "2000-02-29",
	 "2262-04-11T00:00:00Z", "-5m", "[]", "[]", "{\"a\":\"t\\n\"}", "AA==", NULL},
	{"-9223372036854775808", "-1", "-inf", "inf", "", "", "true", "true", "1678-01-01",
	 "1678-01-01T00:00:00Z", "100000d", "[null]", "[\"\"]", "null", NULL,
	 "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	 NULL},
	{"0", "3", "1", "-1", "12", "2024-02-03", "false", "false", "2024-12-30", NULL, "1ns",
	 "[5,4]", "[\"c\",\"b\"]", "\"q\"", "YQ==", NULL},
	{"64", "5", "2.5", "0.1", "x", "[a-z]+", "true", NULL, "2021-01-03", NULL, "0s", "[1]",
	 "[]", "1.5", NULL, NULL},
	{"2", "100", "1e-9", "3", "Zoë", "b", NULL, "true", NULL, NULL, "1d", NULL, "[\"b\"]",
	 "true", NULL, NULL},
};

static struct pw_schema schema;
static struct pw_builder tables[TABLES];

static void fill(struct pw_builder *b, int from, int to)
{
	pw_builder_init(b, &schema);
	if (b == &tables[CODED])
		pw_builder_intern(b);
	for (int i = from; i < to; i++) {
		for (int c = 0; c < FIELDS; c++)
			if (cells[i][c] == NULL)
				pw_vector_null(&b->vectors[c]);
			else
				MUST(pw_text_read(&b->vectors[c], pw_slice_of(cells[i][c])) == 0);
		pw_builder_row(b, 2, 1);
	}
}

static void release(void)
{
	for (int i = 0; i < TABLES; i++)
		pw_builder_release(&tables[i]);
	pw_schema_release(&schema);
}

static void start(void)
{
	if (schema.count > 0)
		return;
	pw_hash_start();
	atexit(release);
	for (int c = 0; c < FIELDS; c++) {
		const size_t n = strcspn(fields[c], " ");
		struct pw_type type;
		MUST(pw_type_parse(pw_slice_of(fields[c] + n + 1), &type) == 0);
		MUST(pw_schema_add(&schema, (struct pw_slice){fields[c], n}, type, false) == 0);
	}
	schema.append_only = true;
	fill(&tables[PLAIN], 0, ROWS);
	fill(&tables[CODED], 0, ROWS);
	for (int i = 0; i < ROWS; i++)
		fill(&tables[SINGLE + i], i, i + 1);
}

/* The table's values, a line each. */
static void evaluate(struct pw_expr *x, struct pw_builder *table, struct pw_bytes *out)
{
	pw_expr_run(x, pw_builder_view(table));
	const struct pw_column *c = pw_expr_column(x, 0);
	const uint8_t *errors = pw_expr_errors(x, 0);
	for (uint32_t i = 0; i < table->rows; i++) {
		if (errors != NULL && pw_bit(errors, i)) {
			MUST(pw_column_null(c, i));
			pw_bytes_put(out, '!');
			pw_expr_reason(x, 0, i, out);
		} else {
			pw_text_add_json(out, c, i);
		}
		pw_bytes_put(out, '\n');
	}
}

static void run(const struct pw_ast *ast)
{
	struct pw_bytes out[3] = {0};
	struct pw_expr x;

	pw_expr_init(&x, &schema);
	if (pw_expr_add(&x, ast, ast->root) == 0) {
		evaluate(&x, &tables[PLAIN], &out[0]);
		evaluate(&x, &tables[CODED], &out[1]);
		for (int i = 0; i < ROWS; i++)
			evaluate(&x, &tables[SINGLE + i], &out[2]);
		for (int k = 1; k < 3; k++) {
			const bool same = out[0].length == out[k].length &&
					  memcmp(out[0].data, out[k].data, out[0].length) == 0;
			if (!same)
				printf("# %.*s\n# plain:\n%s# %s:\n%s", (int)ast->source.length,
				       ast->source.data, pw_bytes_string(&out[0]),
				       k == 1 ? "coded" : "single", pw_bytes_string(&out[k]));
			MUST(same);
		}
	} else {
		MUST(pw_fail_status() == PW_USAGE);
	}
	pw_expr_release(&x);
	for (int k = 0; k < 3; k++)
		pw_bytes_release(&out[k]);
}

static void one_line(const char *text)
{
	struct pw_ast ast, again;
	struct pw_bytes printed = {0}, name = {0};

	if (pw_ast_parse(&ast, text, true, &schema, NULL) < 0)
		MUST(pw_fail_status() == PW_USAGE);
	else
		pw_ast_release(&ast);
	if (pw_ast_parse(&ast, text, true, NULL, NULL) < 0) {
		MUST(pw_fail_status() == PW_USAGE);
		return;
	}
	pw_ast_name(&ast, &name);
	pw_ast_print(ast.root, &printed);
	if (printed.length <= PW_AST_TEXT_MAX) {
		if (pw_ast_parse(&again, pw_bytes_string(&printed), false, NULL, NULL) < 0)
			printf("# %s\n# %s\n# %s\n", text, pw_bytes_string(&printed),
			       pw_fail_text());
		MUST(again.root != NULL);
		if (!pw_ast_equal(ast.root, again.root))
			printf("# %s\n# %s\n", text, pw_bytes_string(&printed));
		MUST(pw_ast_equal(ast.root, again.root));
		pw_ast_release(&again);
	}
	run(&ast);
	pw_ast_release(&ast);
	pw_bytes_release(&printed);
	pw_bytes_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	start();
	for (size_t from = 0; from < size;) {
		const uint8_t *end = memchr(data + from, '\n', size - from);
		const size_t length = end ? (size_t)(end - data) - from : size - from;
		char *line = pw_mem_copy((const char *)data + from, length);
		one_line(line);
		free(line);
		from += length + 1;
	}
	return 0;
}
