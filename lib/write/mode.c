#include "../base/io.h"
#include "../base/path.h"
#include "../tool/state.h"
#include "mode_internal.h"

enum { VISIBLE_MS = 1000 }; /* from one flush of compression to the next */

/* ---- open ---- */

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* Rows are added below a header: it must be the one that we would write. */
static int compare_header(struct pw_mode *s, struct pw_bytes *expected, struct pw_bytes *found)
{
	struct pw_writer header;

	if (pw_writer_open(&header, s->format, s->schema, &s->how, to_bytes, expected) < 0 ||
	    pw_writer_end(&header) < 0)
		return -1;
	pw_writer_close(&header);
	if (pw_dest_head(s->dest, expected->length, found) < 0)
		return -1;
	expected->length--; /* the line end, which may be another there, or missing */
	found->length = strcspn(pw_bytes_string(found), "\r\n");
	if (found->length == expected->length &&
	    memcmp(found->data, expected->data, found->length) == 0)
		return 0;
	return pw_fail(PW_DATA,
		       "%s: begins with '%s', and the header of the rows to append is '%s'",
		       s->to.name, pw_bytes_string(found), pw_bytes_string(expected));
}

static int check_header(struct pw_mode *s)
{
	struct pw_bytes expected = {0}, found = {0};
	int rc;

	if (s->how.no_header || pw_dest_compresses(s->dest_kind, s->to.name) ||
	    (s->format != &pw_writer_csv && s->format != &pw_writer_tsv))
		return 0;
	rc = compare_header(s, &expected, &found);
	pw_bytes_release(&expected);
	pw_bytes_release(&found);
	return rc;
}

int pw_mode_open_dest(struct pw_mode *s)
{
	if (pw_dest_open(&s->dest, s->dest_kind, &s->to) < 0)
		return -1;
	/* what a record describes has been compared with it */
	if (s->dest->continues && s->to.record == NULL && check_header(s) < 0)
		return -1;
	s->how.append = s->dest->continues;
	return 0;
}

/* Two sinks of one pipeline do not write to one file: one would undo what the other does. */
static int check_alone(const struct pw_mode *s)
{
	char *path =
		s->dest_kind->is_file && s->to.store != NULL ? pw_path_resolve(s->to.name) : NULL;
	const int rc = path != NULL ? pw_store_writes(s->to.store, path) : 0;

	free(path);
	return rc;
}

int pw_mode_open(struct pw_mode *s)
{
	s->to.store = pw_tool_store(s->tool);
	s->to.schema = s->schema;
	s->to.resumes = s->to.store != NULL && !s->kind->replaces;
	s->dest_kind = pw_dest_kind_of(&s->to);
	if (s->dest_kind == NULL || check_alone(s) < 0 ||
	    (s->to.store != NULL && pw_mode_record_open(s) < 0) || pw_mode_open_dest(s) < 0)
		return -1;
	if (s->record != NULL)
		pw_mode_record_resume(s);
	if (!s->kind->replaces && (s->record != NULL || s->dest_kind->by_commit))
		pw_mode_commits_open(s);
	pw_builder_init(&s->rows, s->schema);
	if (s->kind->open(s) < 0)
		return -1;
	s->is_open = true;
	return 0;
}

/* ---- events ---- */

static int take_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	if (s->record != NULL && (batch = pw_mode_record_news(s, batch)) == NULL)
		return 0;
	return s->commits != NULL ? pw_mode_commits_batch(s, batch) : s->kind->batch(s, batch);
}

/* With the first complete commit a file that is hidden becomes visible, and is written straight to. */
static int publish(struct pw_mode *s, pw_time frontier)
{
	if (!s->at_once || s->kind->replaces || !s->dest->hidden)
		return 0;
	return s->kind->flush(s) < 0 ? -1 : pw_dest_sync(s->dest, frontier, PW_DEST_COMPLETE);
}

static int take_frontier(struct pw_mode *s, pw_time frontier)
{
	if (s->kind->frontier != NULL && s->kind->frontier(s, frontier) < 0)
		return -1;
	if ((s->commits != NULL ? pw_mode_commits_frontier(s, frontier) : publish(s, frontier)) < 0)
		return -1;
	return s->record != NULL ? pw_mode_record_frontier(s, frontier) : 0;
}

static int take_durable(struct pw_mode *s, pw_time time)
{
	if (s->record != NULL)
		return pw_mode_record_durable(s, time);
	return s->kind->durable != NULL ? s->kind->durable(s, time) : 0;
}

static int end(struct pw_mode *s, bool finished)
{
	s->finished = finished;
	if (s->kind->end(s) < 0)
		return -1;
	if (s->record != NULL)
		return pw_mode_record_end(s);
	return s->commits != NULL ? pw_mode_finish_dest(s, finished) : 0;
}

int pw_mode_take(struct pw_mode *s, const struct pw_event *ev)
{
	switch (ev->kind) {
	case PW_EVENT_BATCH:
		return take_batch(s, ev->batch);
	case PW_EVENT_FRONTIER:
		return take_frontier(s, ev->time);
	case PW_EVENT_DURABLE:
		return take_durable(s, ev->time);
	case PW_EVENT_HEAD: /* the tool has taken it */
		break;
	case PW_EVENT_END:
		return end(s, ev->ending == PW_FINISHED);
	}
	return 0;
}

/* A flush makes compression worse, and so does not come at every wait. */
static int flush_compressed(struct pw_mode *s)
{
	const int64_t now = pw_io_ms();

	if (now < s->next_visible) {
		pw_tool_sink_flush_at(s->tool, s->next_visible);
		return 0;
	}
	pw_tool_sink_flush_at(s->tool, 0);
	s->next_visible = now + VISIBLE_MS;
	return pw_dest_sync(s->dest, s->tool->frontier, PW_DEST_VISIBLE);
}

int pw_mode_flush(struct pw_mode *s)
{
	if (!s->is_open || s->kind->flush == NULL)
		return 0;
	if (s->kind->flush(s) < 0)
		return -1;
	return s->at_once && s->dest != NULL && s->dest->held_back ? flush_compressed(s) : 0;
}

void pw_mode_drop(struct pw_mode *s)
{
	pw_dest_drop(&s->dest);
}

int pw_mode_reader(const struct pw_mode *s)
{
	return s->dest != NULL && s->dest_kind->has_reader ? s->dest->fd : -1;
}

bool pw_mode_reader_gone(const struct pw_mode *s)
{
	return s->dest != NULL && s->dest->gone;
}

/* ---- the way to the destination ---- */

int pw_mode_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	s->tool->rows_out += batch->rows;
	return pw_writer_batch(&s->writer, batch);
}

int pw_mode_drain(struct pw_mode *s)
{
	const int rc = s->rows.rows > 0 ? pw_mode_batch(s, pw_builder_view(&s->rows)) : 0;

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
	const bool waits = s->commits != NULL;

	return pw_writer_open(&s->writer, s->format, s->schema, &s->how,
			      waits ? pw_mode_commits_write : pw_dest_write,
			      waits ? (void *)s : (void *)s->dest);
}

int pw_mode_close_writer(struct pw_mode *s)
{
	if (pw_mode_drain(s) < 0 || pw_writer_end(&s->writer) < 0)
		return -1;
	if ((s->commits != NULL ? pw_mode_commits_end(s) : pw_mode_finish_dest(s, true)) < 0)
		return -1;
	pw_writer_close(&s->writer);
	return 0;
}

int pw_mode_finish_dest(struct pw_mode *s, bool all)
{
	bool changed;
	const int rc = pw_dest_finish(&s->dest, all, &changed);

	s->changed |= changed;
	return rc;
}
