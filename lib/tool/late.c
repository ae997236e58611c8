#include "late.h"
#include "aside_file.h"

static int add(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* The header, with which the file begins. */
static int make_header(struct pw_late *l, const struct pw_schema *schema)
{
	struct pw_writer w;

	if (pw_writer_open(&w, &pw_writer_csv, schema, &l->options, add, &l->header) < 0 ||
	    pw_writer_end(&w) < 0)
		return -1;
	pw_writer_close(&w);
	l->file.begin = (struct pw_slice){l->header.data, l->header.length};
	return 0;
}

int pw_late_open(struct pw_late *l, struct pw_tool *t, const char *path,
		 const struct pw_schema *schema)
{
	if (path == NULL)
		return 0;
	if (pw_aside_is_stdout(path))
		return pw_fail(PW_USAGE, "--late: the stream itself goes to stdout"
					 " (/dev/stderr writes late rows there)");
	l->options.changes = true;
	l->file.kind = &pw_aside_late;
	l->file.path = path;
	if (make_header(l, schema) < 0 || pw_aside_open(&l->file, t) < 0)
		return -1;
	l->options.append = l->file.kept;
	pw_builder_init(&l->fresh, schema);
	return pw_writer_open(&l->writer, &pw_writer_csv, schema, &l->options, add, &l->file.bytes);
}

/* The runs whose rows are not in the file yet. */
static const struct pw_batch *fresh_rows(struct pw_late *l, const struct pw_batch *batch)
{
	uint32_t run = 0, row = 0;

	while (run < batch->run_count && batch->runs[run].time < l->file.restart)
		row += batch->runs[run++].rows;
	if (run == 0)
		return batch;
	pw_builder_clear(&l->fresh);
	pw_builder_append_runs(&l->fresh, batch, run, batch->run_count - run, row);
	return pw_builder_view(&l->fresh);
}

int pw_late_rows(struct pw_late *l, const struct pw_batch *batch)
{
	l->count += batch->rows;
	if (l->file.path == NULL)
		return 0;
	if (pw_writer_batch(&l->writer, fresh_rows(l, batch)) < 0 ||
	    pw_writer_flush(&l->writer) < 0)
		return pw_fail_at("%s", l->file.path);
	return pw_aside_added(&l->file);
}

int pw_late_close(struct pw_late *l, struct pw_tool *t)
{
	if (l->file.path == NULL)
		return 0;
	if (pw_writer_end(&l->writer) < 0)
		return pw_fail_at("%s", l->file.path);
	pw_writer_close(&l->writer);
	pw_builder_release(&l->fresh);
	const int rc = pw_aside_close(&l->file, t);
	pw_bytes_release(&l->header);
	return rc;
}

void pw_late_say(const struct pw_late *late, size_t count, struct pw_tool *t)
{
	struct pw_bytes where = {0};
	uint64_t rows = 0;

	for (size_t i = 0; i < count; i++) {
		rows += late[i].count;
		if (late[i].file.path != NULL)
			pw_bytes_print(&where, "%s%s", where.length > 0 ? " and " : ", written to ",
				       late[i].file.path);
	}
	if (rows > 0)
		pw_tool_say(t, "%" PRIu64 " late row%s dropped%s", rows, rows == 1 ? "" : "s",
			    pw_bytes_string(&where));
	pw_bytes_release(&where);
}
