#include "mode_internal.h"

static int rows_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	return pw_roworder_only_adds(&s->order, batch) < 0 ? -1 : pw_mode_batch(s, batch);
}

static int rows_flush(struct pw_mode *s)
{
	return pw_writer_flush(&s->writer);
}

const struct pw_mode_kind pw_mode_rows = {
	.name = "the rows as they come",
	.state = "none",
	.open = pw_mode_open_writer,
	.batch = rows_batch,
	.flush = rows_flush,
	.end = pw_mode_close_writer,
};
