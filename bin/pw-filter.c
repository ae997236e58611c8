/*
 * pw-filter - keep the rows for which an expression is true
 *
 * A row passes, with its time and diff, when the expression over its columns
 * is true; not when it is false or null. It looks at a row's values alone,
 * so a row's retraction passes exactly when the row did, and it keeps no state.
 */
#include "../lib/data/builder.h"
#include "../lib/tool/evaluate.h"

#include <stdlib.h>

static const struct pw_option table[] = {{0}};

static const struct pw_program program = {
	.name = "pw-filter",
	.summary = "keep the rows for which an expression is true",
	.synopsis = "EXPR",
	.examples = "  pw-filter 'amount > 10'\n"
		    "  pw-filter 'city = \"Oslo\" AND name LIKE \"A%\"'\n"
		    "  pw-filter 'ts >= \"2024-01-01\" AND code NOT IN (404, 410)'\n",
	.options = table,
};

struct filter {
	struct pw_tool tool;
	struct pw_expr expr; /* output 0: the condition */
	struct pw_reject reject;
	struct pw_builder out;
	struct pw_bytes lost;
	uint32_t *rows;
	size_t capacity;
};

static int compile(struct filter *f, const struct pw_schema *schema)
{
	struct pw_ast ast;
	int result;

	if (f->tool.arg_count != 1)
		return pw_fail(
			PW_USAGE,
			"one expression is wanted, and %d were given (put it in single quotes)",
			f->tool.arg_count);
	pw_expr_init(&f->expr, schema);
	if (pw_ast_parse(&ast, f->tool.args[0], false) < 0)
		return -1;
	result = pw_expr_add_typed(&f->expr, &ast, ast.root, PW_TYPE(PW_BOOL));
	pw_ast_release(&ast);
	return result;
}

static void pass(struct filter *f, const struct pw_batch *batch)
{
	pw_must(&f->tool, pw_evaluate(&f->expr, &f->reject, batch, &f->lost));
	f->rows = pw_mem_grow(f->rows, &f->capacity, batch->rows, sizeof *f->rows);
	const uint32_t count = pw_expr_select(&f->expr, 0, f->rows); /* a failed row is null */
	if (count == batch->rows) {
		pw_tool_batch(&f->tool, batch);
		return;
	}
	pw_builder_gather(&f->out, batch, f->rows, count);
	pw_tool_batch(&f->tool, pw_builder_view(&f->out));
	pw_builder_clear(&f->out);
}

int main(int argc, char **argv)
{
	static struct filter f;
	struct pw_event ev;

	pw_tool_start(&f.tool, &program, argc, argv, NULL);
	pw_tool_input(&f.tool);
	const struct pw_schema *schema = &pw_tool_head(&f.tool, 0)->schema;
	pw_must(&f.tool, compile(&f, schema));
	pw_must(&f.tool, pw_reject_open(&f.reject, &f.tool));
	pw_tool_output(&f.tool, schema, "none");
	pw_builder_init(&f.out, schema);
	while (pw_tool_next(&f.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			pass(&f, ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			pw_tool_frontier(&f.tool, ev.time);
	}
	pw_must(&f.tool, pw_reject_close(&f.reject, &f.tool));
	pw_builder_release(&f.out);
	pw_expr_release(&f.expr);
	pw_bytes_release(&f.lost);
	free(f.rows);
	return pw_tool_finish(&f.tool);
}
