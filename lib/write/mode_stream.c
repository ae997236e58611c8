#include "mode.h"

/* pw_output does not know the name. */
static int placed(const struct pw_mode *s, int rc)
{
	return rc < 0 ? pw_fail_at("%s", s->sink.name) : rc;
}

static int stream_open(struct pw_mode *s)
{
	pw_output_open(&s->stream, s->sink.fd, s->tool->common.compress);
	return placed(s, pw_output_head(&s->stream, pw_tool_head(s->tool, 0)));
}

static int stream_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	s->tool->rows_out += batch->rows;
	return placed(s, pw_output_batch(&s->stream, batch));
}

static int stream_frontier(struct pw_mode *s, pw_time frontier)
{
	pw_output_frontier(&s->stream, frontier);
	return 0;
}

static int stream_durable(struct pw_mode *s, pw_time time)
{
	return placed(s, pw_output_durable(&s->stream, time));
}

static int stream_flush(struct pw_mode *s)
{
	return placed(s, pw_output_flush(&s->stream));
}

static int stream_end(struct pw_mode *s, bool finished)
{
	if (placed(s, pw_output_end(&s->stream, finished ? PW_FINISHED : PW_SUSPENDED, PW_OK,
				    s->tool->inputs[0].durable)) < 0)
		return -1;
	return pw_sink_finish(&s->sink, s->keep_equal, &s->changed);
}

const struct pw_mode_kind pw_mode_stream = {
	.name = "the stream itself",
	.keeps = "none",
	.open = stream_open,
	.batch = stream_batch,
	.frontier = stream_frontier,
	.durable = stream_durable,
	.flush = stream_flush,
	.end = stream_end,
};
