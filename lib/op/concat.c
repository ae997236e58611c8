#include "concat.h"
#include "../data/conform.h"

#include <stdlib.h>

struct concat {
	struct pw_op op;
	struct pw_conform *inputs; /* to the schema of the output */
};

static void bind(struct pw_op *op, const void *wish)
{
	struct concat *c = (struct concat *)op;
	struct pw_schema *out = &op->schema;

	(void)wish;
	op->state_text = "none, but rows of an input that is ahead of another";
	pw_schema_copy(out, op->in);
	for (size_t i = 1; i < op->input_count; i++) {
		const struct pw_schema *in = &op->in[i];

		pw_op_must(op,
			   pw_conform_unite(out, in, true, op->host->names[i], op->host->names[0]));
		out->append_only &= in->append_only;
		out->is_static &= in->is_static;
	}
	out->single &= op->input_count == 1;
	for (size_t i = 0; i < out->count && op->input_count > 1; i++)
		out->fields[i].key = false; /* two inputs may have the same key */
	c->inputs = pw_mem_zero(op->input_count, sizeof *c->inputs);
	for (size_t i = 0; i < op->input_count; i++)
		pw_conform_init(&c->inputs[i], out, &op->in[i]);
}

static void take(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct concat *c = (struct concat *)op;

	pw_op_emit(op, pw_conform_batch(&c->inputs[input], *batch));
	*batch = NULL;
}

static void release(struct pw_op *op)
{
	struct concat *c = (struct concat *)op;

	for (size_t i = 0; c->inputs != NULL && i < op->input_count; i++)
		pw_conform_release(&c->inputs[i]);
	free(c->inputs);
}

const struct pw_op_kind pw_concat_op = {
	.size = sizeof(struct concat),
	.bind = bind,
	.batch = take,
	.release = release,
};
