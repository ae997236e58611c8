#include "driver.h"
#include "../tool/late.h"
#include "../tool/state.h"
#include "align.h"

#include <stdlib.h>

enum { LATE = 2 }; /* inputs whose rows may be late */

struct driver {
	struct pw_tool *tool;
	struct pw_op *op;
	struct pw_op_host host;
	struct pw_reject reject;
	struct pw_late late[LATE]; /* per input */
	struct pw_schema *in;      /* copies: the heads of inputs go with their END */
	const char **names;
	struct pw_align align;
	const struct pw_batch **taken; /* per input: the batch that pw_op_begin has left */
	struct pw_builder *pieces;     /* per input: a part of a batch; NULL: not needed */
};

/* ---- the host ---- */

static void emit(void *to, const struct pw_batch *batch)
{
	pw_tool_batch(((struct driver *)to)->tool, batch);
}

static void fail(void *to)
{
	pw_tool_fail(((struct driver *)to)->tool);
}

static void late(void *to, int input, const struct pw_batch *batch)
{
	struct driver *d = to;

	pw_must(d->tool, pw_late_rows(&d->late[input], batch));
}

/* ---- start ---- */

static void open_operator(struct driver *d, const struct pw_op_kind *kind, const void *wish)
{
	struct pw_tool *t = d->tool;

	d->in = pw_mem_zero(t->input_count, sizeof *d->in);
	d->names = pw_mem_zero(t->input_count, sizeof *d->names);
	for (size_t i = 0; i < t->input_count; i++) {
		pw_schema_copy(&d->in[i], &pw_tool_head(t, i)->schema);
		d->names[i] = t->inputs[i].name;
	}
	if (kind->rejects)
		pw_reject_choose(&d->reject, t);
	d->host = (struct pw_op_host){
		.to = d,
		.emit = emit,
		.fail = fail,
		.late = late,
		.reject = &d->reject,
		.names = d->names,
		.memory = t->budget.limit,
		.has_state = pw_tool_has_state(t),
	};
	d->op = pw_op_open(kind, &d->host, d->in, t->input_count, wish);
}

static void register_state(struct driver *d)
{
	struct pw_op_checkpoint *c = &d->op->checkpoint;

	if (c->how.table_count == 0 ||
	    pw_must(d->tool, pw_tool_register_state(d->tool, &c->how, c->state)) == 0)
		return;
	for (size_t i = 0; i < sizeof c->noting / sizeof *c->noting; i++)
		if (c->noting[i] != NULL)
			*c->noting[i] = true;
}

static void open_pieces(struct driver *d)
{
	const size_t count = d->tool->input_count;

	d->pieces = pw_mem_zero(count, sizeof *d->pieces);
	for (size_t i = 0; i < count; i++) {
		pw_builder_init(&d->pieces[i], &d->in[i]);
		pw_builder_intern(&d->pieces[i]);
	}
}

/* Opens the files of rows that are left out. */
static void open_asides(struct driver *d)
{
	struct pw_tool *t = d->tool;

	if (d->op->kind->rejects)
		pw_must(t, pw_reject_open(&d->reject, t));
	for (size_t i = 0; i < LATE; i++)
		if (d->op->late[i].schema != NULL)
			pw_must(t, pw_late_open(&d->late[i], t, d->op->late[i].path,
						d->op->late[i].schema));
}

static void close_asides(struct driver *d)
{
	if (d->op->kind->rejects)
		pw_must(d->tool, pw_reject_close(&d->reject, d->tool));
	for (size_t i = 0; i < LATE; i++)
		pw_must(d->tool, pw_late_close(&d->late[i], d->tool));
	pw_late_say(d->late, LATE, d->tool);
}

static void open_streams(struct driver *d)
{
	struct pw_tool *t = d->tool;

	pw_tool_output(t, &d->op->schema, d->op->state_text);
	open_asides(d);
	if (d->op->first == PW_OP_NONE && t->input_count > 1) {
		d->taken = pw_mem_zero(t->input_count, sizeof *d->taken);
		pw_align_open(&d->align, t, d->in, d->op->kind->rows == NULL);
		if (d->op->kind->rows == NULL)
			open_pieces(d);
	}
	for (size_t i = 0; i < t->input_count && d->op->first != PW_OP_NONE; i++)
		pw_tool_hold(t, i, (int)i != d->op->first);
}

/* ---- events ---- */

/* Takes runs whose turn it is. An operator without commits gets them as a batch of their own. */
static void take_rows(struct driver *d, int input, const struct pw_align_rows *rows)
{
	const struct pw_batch *batch = rows->batch;

	if (d->op->kind->rows == NULL) {
		struct pw_builder *piece = &d->pieces[input];

		if (rows->run_count < batch->run_count) {
			pw_builder_clear(piece);
			pw_builder_append_runs(piece, batch, rows->run, rows->run_count,
					       rows->from);
			batch = pw_builder_view(piece);
		}
		pw_op_take(d->op, input, batch);
		return;
	}
	if (rows->fresh)
		d->taken[input] = pw_op_begin(d->op, input, batch);
	pw_op_take_runs(d->op, input, d->taken[input], rows->run, rows->run_count, rows->from);
}

static bool next(struct driver *d, struct pw_event *ev, struct pw_align_rows *rows)
{
	if (d->taken == NULL)
		return pw_tool_next(d->tool, ev);
	if (pw_align_give(&d->align, ev, rows))
		return true;
	pw_op_flush(d->op);
	d->tool->state_bytes = pw_op_bytes(d->op);
	return pw_align_next(&d->align, ev, rows);
}

/* Did the input that is wanted first end before it promised anything? Then there is no answer. */
static bool lacks_first(const struct driver *d)
{
	if (d->op->first == PW_OP_NONE)
		return false;
	const struct pw_input *in = &d->tool->inputs[d->op->first];

	return in->ended && in->ending == PW_SUSPENDED && in->source.frontier == 0;
}

static void pass_frontier(struct driver *d, pw_time frontier)
{
	pw_op_frontier(d->op, frontier);
	if (!d->op->at_end)
		pw_tool_frontier(d->tool, frontier);
}

static void take(struct driver *d, const struct pw_event *ev, const struct pw_align_rows *rows)
{
	switch (ev->kind) {
	case PW_EVENT_BATCH:
		if (d->taken != NULL) {
			take_rows(d, ev->input, rows);
			break;
		}
		pw_op_take(d->op, ev->input, ev->batch);
		d->tool->state_bytes = pw_op_bytes(d->op);
		break;
	case PW_EVENT_FRONTIER:
		pass_frontier(d, ev->time);
		break;
	case PW_EVENT_END:
		if (ev->ending != PW_FINISHED)
			break;
		pass_frontier(d, PW_TIME_END);
		pw_op_end(d->op); /* the commit of the time `end`, too */
		break;
	case PW_EVENT_HEAD:
	case PW_EVENT_DURABLE:
		break;
	}
}

int pw_driver_run(struct pw_tool *t, const struct pw_op_kind *kind, const void *wish)
{
	struct driver *d = pw_mem_zero(1, sizeof *d);
	struct pw_align_rows rows;
	struct pw_event ev;

	d->tool = t;
	open_operator(d, kind, wish);
	register_state(d);
	t->state_bytes = pw_op_bytes(d->op); /* of a state that was loaded */
	open_streams(d);
	while (next(d, &ev, &rows))
		if (!lacks_first(d))
			take(d, &ev, &rows);
	close_asides(d);
	return pw_tool_finish(t);
}
