#include "filter.h"
#include "../data/builder.h"
#include "../tool/evaluate.h"

#include <stdlib.h>

struct filter {
	struct pw_op op;
	struct pw_expr expr; /* output 0: the condition */
	struct pw_builder out;
	struct pw_bytes lost;
	uint32_t *rows;
	size_t capacity;
};

static void bind(struct pw_op *op, const void *wish)
{
	struct filter *f = (struct filter *)op;
	const struct pw_filter_wish *w = wish;
	struct pw_ast ast;

	pw_schema_copy(&op->schema, op->in);
	pw_expr_init(&f->expr, op->in);
	pw_builder_init(&f->out, op->in);
	pw_op_must(op, pw_ast_parse(&ast, w->condition, false, op->in, NULL));
	pw_op_must(op, pw_expr_add_typed(&f->expr, &ast, ast.root, PW_TYPE(PW_BOOL)));
	pw_ast_release(&ast);
}

static void take(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct filter *f = (struct filter *)op;
	const struct pw_batch *in = *batch;

	(void)input;
	*batch = NULL;
	pw_op_must(op, pw_evaluate(&f->expr, op->host->reject, in, &f->lost));
	f->rows = pw_mem_grow(f->rows, &f->capacity, in->rows, sizeof *f->rows);
	const uint32_t count = pw_expr_select(&f->expr, 0, f->rows); /* a failed row is null */
	if (count == in->rows) {
		pw_op_emit(op, in);
		return;
	}
	pw_builder_gather(&f->out, in, f->rows, count);
	pw_op_emit(op, pw_builder_view(&f->out));
	pw_builder_clear(&f->out);
}

static void release(struct pw_op *op)
{
	struct filter *f = (struct filter *)op;

	pw_builder_release(&f->out);
	pw_expr_release(&f->expr);
	pw_bytes_release(&f->lost);
	free(f->rows);
}

const struct pw_op_kind pw_filter_op = {
	.size = sizeof(struct filter),
	.bind = bind,
	.batch = take,
	.release = release,
	.rejects = true,
};
