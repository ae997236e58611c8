#include "../wire/output.h"
#include "mode_internal.h"

/* The output writes to the destination's descriptor, and does not know its name. */
static int placed(struct pw_mode *s, int rc)
{
	const struct pw_output *o = s->own;

	s->dest->gone |= o->gone;
	return rc < 0 ? pw_fail_at("%s", s->dest->name) : rc;
}

static int stream_open(struct pw_mode *s)
{
	struct pw_output *o = s->own = pw_mem_zero(1, sizeof *o);

	pw_output_open(o, s->dest->fd, s->tool->common.compress);
	return placed(s, pw_output_head(o, pw_tool_head(s->tool, 0)));
}

static int stream_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	s->tool->rows_out += batch->rows;
	return placed(s, pw_output_batch(s->own, batch));
}

static int stream_frontier(struct pw_mode *s, pw_time frontier)
{
	pw_output_frontier(s->own, frontier);
	return 0;
}

static int stream_durable(struct pw_mode *s, pw_time time)
{
	return placed(s, pw_output_durable(s->own, time));
}

static int stream_flush(struct pw_mode *s)
{
	return placed(s, pw_output_flush(s->own));
}

static int stream_end(struct pw_mode *s)
{
	if (placed(s, pw_output_end(s->own, s->finished ? PW_FINISHED : PW_SUSPENDED, PW_OK,
				    s->tool->inputs[0].durable)) < 0)
		return -1;
	return pw_mode_finish_dest(s, true);
}

const struct pw_mode_kind pw_mode_stream = {
	.name = "the stream itself",
	.state = "none",
	.open = stream_open,
	.batch = stream_batch,
	.frontier = stream_frontier,
	.durable = stream_durable,
	.flush = stream_flush,
	.end = stream_end,
};
