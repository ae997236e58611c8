#include "chain_internal.h"

#include <stdlib.h>

static struct pw_chain_link *last_link(const struct pw_chain *c)
{
	return c->links[c->count - 1];
}

/* The chain's inputs that the link stems from. */
static unsigned stem(const struct pw_chain_link *l)
{
	return l->stems[0] | l->stems[1];
}

/* ---- rows that take turns ---- */

/* No row that the source has not handed over yet is earlier. */
static pw_time bound_of(const struct pw_chain *c, int from)
{
	return from < 0 ? c->floors[-1 - from] : c->links[from]->bound;
}

/* No row of that input of the link that it has not been given is earlier. */
static pw_time earliest(struct pw_chain_link *l, int input)
{
	if (pw_lane_waiting(&l->lanes[input]))
		return pw_lane_first(&l->lanes[input]);
	return bound_of(l->chain, l->part.from[input]);
}

/* Gives the link a batch, all of whose rows are in turn. */
static void feed(struct pw_chain_link *l, int input, const struct pw_batch *batch)
{
	batch = pw_op_begin(l->op, input, batch);
	if (batch != NULL)
		pw_op_take_runs(l->op, input, batch, 0, batch->run_count, 0);
}

/* Gives the link rows of a lane. A kind without commits gets them as a batch of their own. */
static void feed_rows(struct pw_chain_link *l, int input, const struct pw_lane_rows *rows)
{
	struct pw_builder *piece = &l->pieces[input];

	if (l->part.kind->rows == NULL) {
		pw_builder_clear(piece);
		pw_builder_append_runs(piece, rows->batch, rows->run, rows->run_count, rows->from);
		feed(l, input, pw_builder_view(piece));
		return;
	}
	if (rows->fresh)
		l->begun[input] = pw_op_begin(l->op, input, rows->batch);
	if (l->begun[input] != NULL)
		pw_op_take_runs(l->op, input, l->begun[input], rows->run, rows->run_count,
				rows->from);
}

/* Gives the link those rows that wait for it and are in turn. */
static void pump(struct pw_chain_link *l)
{
	struct pw_lane *lanes = l->lanes;
	struct pw_lane_rows rows;

	while (l->part.from_count > 1) {
		pw_lane_clear(&lanes[0]);
		pw_lane_clear(&lanes[1]);
		if (!pw_lane_waiting(&lanes[0]) && !pw_lane_waiting(&lanes[1]))
			return;
		const int input = !pw_lane_waiting(&lanes[0])   ? 1
				  : !pw_lane_waiting(&lanes[1]) ? 0
								: earliest(l, 1) < earliest(l, 0);
		const pw_time bound = earliest(l, !input);

		if (earliest(l, input) > bound)
			return;
		pw_lane_lend(&lanes[input], bound, &rows);
		feed_rows(l, input, &rows);
	}
}

/* Gives the link a batch now, or later. */
static void give(struct pw_chain_link *l, int input, const struct pw_batch *batch)
{
	const pw_time last = batch->runs[batch->run_count - 1].time;

	if (l->part.from_count == 1 || l->chain->straight) {
		feed(l, input, batch);
		return;
	}
	pump(l);
	if (!pw_lane_waiting(&l->lanes[input]) && last <= earliest(l, !input)) {
		feed(l, input, batch);
		return;
	}
	pw_op_must(&l->chain->op, pw_lane_put(&l->lanes[input], batch));
	pump(l);
}

static void give_all(struct pw_chain *c, int from, const struct pw_batch *batch)
{
	for (size_t k = 0; k < c->count; k++)
		for (size_t i = 0; i < c->links[k]->part.from_count; i++)
			if (c->links[k]->part.from[i] == from)
				give(c->links[k], (int)i, batch);
}

static void raise_to(pw_time *bound, pw_time time)
{
	if (*bound < time)
		*bound = time;
}

/* ---- the host of the parts ---- */

static int number(const struct pw_chain_link *l)
{
	int k = 0;

	while (l->chain->links[k] != l)
		k++;
	return k;
}

static void emit(void *to, const struct pw_batch *batch)
{
	struct pw_chain_link *l = to;

	if (l == last_link(l->chain)) {
		pw_op_emit(&l->chain->op, batch);
		return;
	}
	raise_to(&l->bound, batch->runs[0].time);
	give_all(l->chain, number(l), batch);
	raise_to(&l->bound, batch->runs[batch->run_count - 1].time);
}

static void fail(void *to)
{
	pw_op_fail(&((struct pw_chain_link *)to)->chain->op);
}

/* Which input of the chain the part's input stems from. */
static int root(const struct pw_chain_link *l, int input)
{
	return l->stems[input] & 1 ? 0 : 1;
}

static void late(void *to, int input, const struct pw_batch *batch)
{
	struct pw_chain_link *l = to;

	pw_op_late(&l->chain->op, root(l, input), batch);
}

/* ---- bind ---- */

void pw_chain_begin(struct pw_chain *c)
{
	c->count = 0;
}

const struct pw_schema *pw_chain_schema(const struct pw_chain *c, int from)
{
	return from < 0 ? &c->op.in[-1 - from] : &c->links[from]->op->schema;
}

static void connect(struct pw_chain_link *l)
{
	const struct pw_chain *c = l->chain;
	const struct pw_op_host *host = c->op.host;

	for (size_t i = 0; i < l->part.from_count; i++) {
		const int from = l->part.from[i];

		l->in[i] = *pw_chain_schema(c, from);
		l->stems[i] = from < 0 ? 1U << (-1 - from) : stem(c->links[from]);
		l->names[i] = l->stems[i] == 3 ? l->part.name : host->names[root(l, (int)i)];
	}
	for (size_t i = 0; i < l->part.from_count; i++)
		if (l->stems[0] & l->stems[1])
			l->in[i].is_static = false; /* so that no input is wanted first */
	l->host = (struct pw_op_host){
		.to = l,
		.emit = emit,
		.fail = fail,
		.late = late,
		.reject = host->reject,
		.names = l->names,
		.memory = host->memory,
		.has_state = host->has_state,
	};
}

int pw_chain_add(struct pw_chain *c, const struct pw_chain_part *part)
{
	struct pw_chain_link *l = pw_mem_zero(1, sizeof *l);

	if (c->count == PW_CHAIN_PARTS || part->from_count < 1 || part->from_count > 2)
		pw_bug("a part of a chain that it has no room for");
	l->chain = c;
	l->part = *part;
	connect(l);
	l->op = pw_op_open(part->kind, &l->host, l->in, part->from_count, part->wish);
	for (size_t i = 0; i < part->from_count && part->from_count > 1; i++) {
		pw_lane_init(&l->lanes[i], &l->in[i], false);
		if (part->kind->rows == NULL)
			pw_builder_init(&l->pieces[i], &l->in[i]);
	}
	c->links[c->count] = l;
	return (int)c->count++;
}

static void describe(struct pw_chain *c)
{
	struct pw_bytes *text = &c->state_text;

	pw_bytes_text(text, last_link(c)->op->state_text);
	for (size_t k = 0; k + 1 < c->count; k++)
		if (strcmp(c->links[k]->op->state_text, "none") != 0)
			pw_bytes_print(text, "; %s: %s", c->links[k]->part.name,
				       c->links[k]->op->state_text);
	c->op.state_text = pw_bytes_string(text);
}

static void inherit(struct pw_chain *c, const struct pw_chain_link *l)
{
	c->op.bounded |= l->op->bounded;
	for (size_t i = 0; i < l->part.from_count; i++)
		if (l->op->late[i].schema != NULL)
			c->op.late[root(l, (int)i)] = l->op->late[i];
	if (l == last_link(c))
		return;
	if (l->op->first != PW_OP_NONE || l->op->at_end)
		pw_bug("only the last part of a chain may want an input first, or emit at its end");
}

void pw_chain_done(struct pw_chain *c)
{
	const struct pw_chain_link *last = last_link(c);

	pw_schema_copy(&c->op.schema, &last->op->schema);
	for (size_t k = 0; k < c->count; k++)
		inherit(c, c->links[k]);
	if (last->op->first != PW_OP_NONE) {
		c->op.first = root(last, last->op->first);
		c->straight = true;
	}
	c->op.at_end = last->op->at_end;
	describe(c);
	pw_chain_checkpoint_bind(c);
}

/* ---- times ---- */

static void tell(struct pw_chain_link *l, pw_time frontier)
{
	pump(l);
	if (l == last_link(l->chain) || l->bound >= frontier)
		return;
	pw_op_frontier(l->op, frontier);
	raise_to(&l->bound, frontier);
}

/* No row that is still to come, of any input, is earlier: what is held up to there goes on. */
static void complete(struct pw_chain *c, pw_time frontier)
{
	if (frontier <= c->complete)
		return;
	c->complete = frontier;
	for (size_t i = 0; i < c->op.input_count; i++)
		raise_to(&c->floors[i], frontier);
	for (size_t k = 0; k < c->count; k++)
		tell(c->links[k], frontier);
}

/* Every input but one has reached the frontier: parts that do not stem from that one need not wait. */
static void complete_others(struct pw_chain *c, int input, pw_time frontier)
{
	for (int i = 0; i < (int)c->op.input_count; i++)
		if (i != input)
			raise_to(&c->floors[i], frontier);
	for (size_t k = 0; k < c->count; k++)
		if (!(stem(c->links[k]) >> input & 1))
			tell(c->links[k], frontier);
}

static void end_link(struct pw_chain_link *l)
{
	if (l->ended)
		return;
	pump(l);
	pw_op_end(l->op);
	raise_to(&l->bound, PW_TIME_END);
	l->ended = true;
}

/* The input that is wanted first has been handed over in whole. */
static void end_first(struct pw_chain *c)
{
	for (size_t k = 0; k < c->count; k++)
		if (stem(c->links[k]) == 1U << c->op.first)
			end_link(c->links[k]);
}

/* ---- the functions of a kind ---- */

void pw_chain_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_chain *c = (struct pw_chain *)op;
	const struct pw_batch *in = *batch;
	const pw_time last = in->rows > 0 ? in->runs[in->run_count - 1].time : 0;

	*batch = NULL;
	if (in->rows == 0)
		return;
	if (c->straight) {
		if (input != op->first)
			end_first(c);
		give_all(c, PW_CHAIN_INPUT(input), in);
		return;
	}
	complete(c, in->runs[0].time);
	complete_others(c, input, last);
	give_all(c, PW_CHAIN_INPUT(input), in);
	complete(c, last);
}

void pw_chain_frontier(struct pw_op *op, pw_time frontier)
{
	struct pw_chain *c = (struct pw_chain *)op;

	if (!c->straight)
		complete(c, frontier);
	for (size_t k = c->straight ? 0 : c->count - 1; k < c->count; k++)
		if (!c->links[k]->ended)
			pw_op_frontier(c->links[k]->op, frontier);
}

void pw_chain_end(struct pw_op *op)
{
	struct pw_chain *c = (struct pw_chain *)op;

	if (!c->straight)
		complete(c, PW_TIME_END);
	else
		end_first(c);
	for (size_t k = 0; k < c->count; k++)
		end_link(c->links[k]);
}

void pw_chain_flush(struct pw_op *op)
{
	struct pw_chain *c = (struct pw_chain *)op;

	for (size_t k = 0; k < c->count; k++)
		if (!c->links[k]->ended)
			pw_op_flush(c->links[k]->op);
}

size_t pw_chain_bytes(const struct pw_op *op)
{
	const struct pw_chain *c = (const struct pw_chain *)op;
	size_t bytes = 0;

	for (size_t k = 0; k < c->count; k++) {
		const struct pw_chain_link *l = c->links[k];

		bytes += pw_op_bytes(l->op);
		for (size_t i = 0; i < l->part.from_count && l->part.from_count > 1; i++)
			bytes += pw_lane_bytes(&l->lanes[i]);
	}
	return bytes;
}

static void release_link(struct pw_chain_link *l)
{
	pw_op_close(l->op);
	for (size_t i = 0; i < l->part.from_count && l->part.from_count > 1; i++) {
		pw_lane_release(&l->lanes[i]);
		if (l->part.kind->rows == NULL)
			pw_builder_release(&l->pieces[i]);
	}
	free(l);
}

void pw_chain_release(struct pw_op *op)
{
	struct pw_chain *c = (struct pw_chain *)op;

	pw_chain_checkpoint_release(c);
	while (c->count > 0) /* the wishes and schemas of a part are lent by those before it */
		release_link(c->links[--c->count]);
	pw_bytes_release(&c->state_text);
}
