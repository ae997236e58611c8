#include "mode.h"
#include "../base/io.h"
#include "../tool/state.h"
#include "mode_place_internal.h"

enum { PACKED_MS = 1000 }; /* from one flush of what is compressed to the next */

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* ---- start ---- */

/* Rows are added below a header: it must be the one that we would write. */
static int compare_header(struct pw_mode *s, const char *path, struct pw_bytes *expected,
			  struct pw_bytes *found)
{
	struct pw_writer header;

	if (pw_writer_open(&header, s->format, s->schema, &s->how, to_bytes, expected) < 0 ||
	    pw_writer_flush(&header) < 0)
		return -1;
	pw_writer_close(&header);
	if (pw_sink_begins(path, expected->length, found) < 0)
		return -1;
	expected->length--; /* the line end, which may be another there, or missing */
	found->length = strcspn(pw_bytes_string(found), "\r\n");
	if (found->length == expected->length &&
	    memcmp(found->data, expected->data, found->length) == 0)
		return 0;
	return pw_fail(PW_DATA,
		       "%s: begins with '%s', and the header of the rows to append is '%s'",
		       s->destination, pw_bytes_string(found), pw_bytes_string(expected));
}

int pw_mode_check_header(struct pw_mode *s, const char *path)
{
	struct pw_bytes expected = {0}, found = {0};
	int rc;

	if (s->how.no_header || pw_squeeze_kind_of_path(s->destination) != PW_SQUEEZE_NONE ||
	    (s->format != &pw_writer_csv && s->format != &pw_writer_tsv))
		return 0;
	rc = compare_header(s, path, &expected, &found);
	pw_bytes_release(&expected);
	pw_bytes_release(&found);
	return rc;
}

static int open_sink(struct pw_mode *s)
{
	if (pw_sink_open(&s->sink, s->destination, s->append) < 0)
		return -1;
	if (s->sink.append && pw_mode_check_header(s, s->sink.path) < 0)
		return -1;
	s->how.append = s->sink.append;
	return 0;
}

int pw_mode_open(struct pw_mode *s)
{
	s->sink.fd = -1;
	if ((pw_tool_store(s->tool) != NULL ? pw_mode_place_enter(s) : open_sink(s)) < 0)
		return -1;
	pw_builder_init(&s->rows, s->schema);
	if (s->kind->open(s) < 0 || (s->place != NULL && pw_mode_place_keep(s) < 0))
		return -1;
	s->is_open = true;
	return 0;
}

/* ---- events ---- */

/* The first commit is complete: from here on a file is written straight to. */
static int take_frontier(struct pw_mode *s, pw_time frontier)
{
	if (s->kind->frontier != NULL && s->kind->frontier(s, frontier) < 0)
		return -1;
	if (!s->at_once || s->kind->replaces || s->sink.temp == NULL)
		return 0;
	return s->kind->flush(s) < 0 ? -1 : pw_sink_publish(&s->sink);
}

static int take_kept(struct pw_mode *s, const struct pw_event *ev)
{
	if (ev->kind == PW_EVENT_BATCH)
		return pw_mode_place_batch(s, ev->batch);
	if (ev->kind == PW_EVENT_DURABLE)
		return pw_mode_place_durable(s, ev->time);
	if (ev->kind != PW_EVENT_FRONTIER)
		return 0;
	if (s->kind->frontier != NULL && s->kind->frontier(s, ev->time) < 0)
		return -1;
	return pw_mode_place_frontier(s, ev->time);
}

int pw_mode_take(struct pw_mode *s, const struct pw_event *ev)
{
	if (s->place != NULL)
		return take_kept(s, ev);
	if (ev->kind == PW_EVENT_BATCH)
		return s->kind->batch(s, ev->batch);
	if (ev->kind == PW_EVENT_FRONTIER)
		return take_frontier(s, ev->time);
	if (ev->kind == PW_EVENT_DURABLE && s->kind->durable != NULL)
		return s->kind->durable(s, ev->time);
	return 0;
}

/* A flush costs compression: not at every wait. */
static int flush_packed(struct pw_mode *s)
{
	const int64_t now = pw_io_ms();

	if (s->flushed == s->sink.bytes)
		return 0;
	if (now < s->next) {
		pw_tool_sink_flush_at(s->tool, s->next);
		return 0;
	}
	pw_tool_sink_flush_at(s->tool, 0);
	s->next = now + PACKED_MS;
	s->flushed = s->sink.bytes;
	return pw_sink_flush(&s->sink);
}

int pw_mode_flush(struct pw_mode *s)
{
	if (!s->is_open || s->kind->flush == NULL)
		return 0;
	if (s->kind->flush(s) < 0)
		return -1;
	return s->at_once && s->sink.squeeze.kind != PW_SQUEEZE_NONE && s->sink.temp == NULL
		       ? flush_packed(s)
		       : 0;
}

int pw_mode_end(struct pw_mode *s, bool finished)
{
	s->finished = finished;
	if (s->kind->end(s, finished) < 0)
		return -1;
	return s->place != NULL ? pw_mode_place_end(s) : 0;
}

void pw_mode_drop(struct pw_mode *s)
{
	pw_sink_drop(&s->sink);
}

bool pw_mode_reader_gone(const struct pw_mode *s)
{
	return s->sink.gone || s->stream.gone;
}

/* ---- rows on their way ---- */

static int write_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	s->tool->rows_out += batch->rows;
	return pw_writer_batch(&s->writer, batch);
}

int pw_mode_drain(struct pw_mode *s)
{
	int rc = s->rows.rows > 0 ? write_batch(s, pw_builder_view(&s->rows)) : 0;

	pw_builder_clear(&s->rows);
	return rc;
}

int pw_mode_row(struct pw_mode *s, struct pw_slice key, pw_time time, pw_diff diff)
{
	pw_roworder_decode(&s->order, key, &s->rows);
	pw_builder_row(&s->rows, time, diff);
	return pw_builder_full(&s->rows) ? pw_mode_drain(s) : 0;
}

int pw_mode_drain_all(struct pw_mode *s)
{
	return pw_mode_drain(s) < 0 ? -1 : pw_writer_flush(&s->writer);
}

int pw_mode_open_writer(struct pw_mode *s)
{
	const bool held = s->place != NULL && !s->kind->replaces;

	return pw_writer_open(&s->writer, s->format, s->schema, &s->how,
			      held ? pw_mode_place_hold : pw_sink_write,
			      held ? (void *)s : (void *)&s->sink);
}

int pw_mode_close_writer(struct pw_mode *s)
{
	bool changed = false;

	if (s->place != NULL && !s->kind->replaces)
		return pw_mode_drain_all(s) < 0 ? -1 : pw_mode_place_close(s);
	if (pw_mode_drain_all(s) < 0 || pw_sink_finish(&s->sink, s->keep_equal, &changed) < 0)
		return -1;
	s->changed |= changed;
	pw_writer_close(&s->writer);
	return 0;
}

/* ---- rows ---- */

static int rows_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	return pw_roworder_only_adds(&s->order, batch) < 0 ? -1 : write_batch(s, batch);
}

/* Of a table for people the names wait for the first rows, which say how wide they are. */
static int rows_flush(struct pw_mode *s)
{
	if (s->format == &pw_writer_pretty && s->tool->rows_out == 0)
		return 0;
	return pw_writer_flush(&s->writer);
}

static int rows_end(struct pw_mode *s, bool finished)
{
	(void)finished;
	return pw_mode_close_writer(s);
}

const struct pw_mode_kind pw_mode_rows = {
	.name = "the rows as they come",
	.keeps = "none",
	.open = pw_mode_open_writer,
	.batch = rows_batch,
	.flush = rows_flush,
	.end = rows_end,
};
