#include "op.h"

#include <stdlib.h>

struct pw_op *pw_op_open(const struct pw_op_kind *kind, const struct pw_op_host *host,
			 const struct pw_schema *in, size_t count, const void *wish)
{
	struct pw_op *op = pw_mem_zero(1, kind->size);

	op->kind = kind;
	op->host = host;
	op->in = in;
	op->input_count = count;
	op->state_text = "none";
	op->first = PW_OP_NONE;
	kind->bind(op, wish);
	return op;
}

void pw_op_close(struct pw_op *op)
{
	if (op->kind->release != NULL)
		op->kind->release(op);
	pw_schema_release(&op->schema);
	free(op);
}

void pw_op_fail(struct pw_op *op)
{
	op->host->fail(op->host->to);
	pw_bug("an operator was to go on after a fault");
}

size_t pw_op_columns(struct pw_op *op, int input, const char *option, const char *names, int *list)
{
	const int count = pw_schema_list(&op->in[input], names, list);

	return (size_t)pw_op_must(op, count < 0 ? pw_fail_at("%s", option) : count);
}

size_t pw_op_bytes(const struct pw_op *op)
{
	return op->kind->bytes != NULL ? op->kind->bytes(op) : 0;
}

static void watch_memory(struct pw_op *op)
{
	const size_t bytes = op->bounded ? pw_op_bytes(op) : 0;

	if (bytes > op->host->memory)
		pw_op_must(op, pw_fail(PW_SYSTEM,
				       "the rows held have outgrown the memory allowed: %zu MB, "
				       "and --memory is %zu MB",
				       bytes >> 20, op->host->memory >> 20));
}

void pw_op_flush(struct pw_op *op)
{
	if (op->kind->flush != NULL)
		op->kind->flush(op);
	watch_memory(op);
}

static int commit(void *of)
{
	struct pw_op *op = (struct pw_op *)of;

	op->kind->commit(op);
	return 0;
}

static int rows(void *of, const struct pw_batch *batch, uint32_t from, uint32_t count)
{
	struct pw_op *op = (struct pw_op *)of;

	op->kind->rows(op, op->input, batch, from, count);
	return 0;
}

static const struct pw_splitter_user user = {.rows = rows, .commit = commit};

const struct pw_batch *pw_op_begin(struct pw_op *op, int input, const struct pw_batch *batch)
{
	if (op->kind->batch != NULL)
		op->kind->batch(op, input, &batch);
	return batch != NULL && batch->rows > 0 ? batch : NULL;
}

void pw_op_take_runs(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t run,
		     uint32_t run_count, uint32_t from)
{
	op->input = input;
	pw_splitter_runs(&op->commit, &user, op, batch, run, run_count, from);
}

void pw_op_take(struct pw_op *op, int input, const struct pw_batch *batch)
{
	batch = pw_op_begin(op, input, batch);
	if (batch != NULL)
		pw_op_take_runs(op, input, batch, 0, batch->run_count, 0);
	pw_op_flush(op);
}

void pw_op_frontier(struct pw_op *op, pw_time frontier)
{
	pw_splitter_frontier(&op->commit, &user, op, frontier);
	if (op->kind->frontier != NULL)
		op->kind->frontier(op, frontier);
	pw_op_flush(op);
}

void pw_op_end(struct pw_op *op)
{
	pw_splitter_finish(&op->commit, &user, op);
	if (op->kind->end != NULL)
		op->kind->end(op);
	pw_op_flush(op);
}
