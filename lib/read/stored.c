#include "stored.h"
#include "../base/io.h"
#include "../base/utf8.h"
#include "../data/text.h"
#include "../state/table.h"

#include <fcntl.h>
#include <sys/stat.h>

int pw_stored_time(const char *text, pw_time *time)
{
	const struct pw_slice s = pw_slice_of(text);
	int64_t ns;

	if (pw_time_parse(s, time) == 0)
		return 0;
	if ((pw_text_datetime_utc(s, &ns) < 0 && pw_text_datetime(s, &ns) < 0) || ns < 0)
		return pw_fail(PW_USAGE,
			       "'%s' is not a time: a time is ms since 1970, or end, or a datetime"
			       " such as 2024-05-01T10:00:00",
			       text);
	*time = (pw_time)ns / 1000000;
	return 0;
}

/* ---- the stream as it is ---- */

/* A file that is something else is named, with the command that helps. Pipes are left to who reads them. */
static int check_file(const char *path)
{
	char first[PW_MAGIC_BYTES];
	struct stat st;
	struct pw_bytes b = {0};

	if (strcmp(path, "-") == 0 || pw_io()->stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	const int fd = pw_io()->open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	const ssize_t n = pw_io_read(fd, first, sizeof first);
	pw_io()->close(fd);
	if (n < 4 || memcmp(first, "pws ", 4) == 0)
		return 0;
	const struct pw_magic *m = pw_magic_of(first, (size_t)n);
	if (m != NULL && m->command != NULL) {
		pw_bytes_print(&b, "%s: holds %s, not a saved stream: ", path, m->name);
		pw_magic_advice(m, path, PW_UNPACKED, m->text ? "csv" : "pws", &b);
	} else if (pw_utf8_valid_prefix(first, (size_t)n) + 3 >= (size_t)n) {
		const struct pw_parser_kind *kind = pw_parser_kind_of_path(path);
		pw_bytes_print(&b, "%s: holds text, not a saved stream: pw-read -f %s ", path,
			       kind == &pw_lines ? "csv" : kind->name);
		pw_magic_add_word(&b, path);
	}
	const int rc = b.length > 0 ? pw_fail(PW_DATA, "%s", pw_bytes_string(&b)) : 0;
	pw_bytes_release(&b);
	return rc;
}

static int check_options(const struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;

	if (in->paths.count != 1)
		return pw_fail(PW_USAGE,
			       "one stream is read at a time, and there are %zu (pw-concat puts"
			       " them together)",
			       in->paths.count);
	if (o->schema != NULL || o->keys != NULL || o->changes || o->replay != NULL || o->upsert ||
	    o->meta || o->sync != NULL)
		return pw_fail(PW_USAGE,
			       "a pws stream has its schema and times: -s, -k, --changes,"
			       " --replay, --upsert, --meta and --sync are for other formats");
	if (o->follow || o->state != NULL)
		return pw_fail(PW_USAGE,
			       "a pws stream is not followed, nor has it state of its own");
	return o->salvage ? 0 : check_file(in->paths.items[0]);
}

static void open_stream(struct pw_read_source *s)
{
	struct pw_tool *t = s->in->tool;

	pw_tool_stream(t, s->in->paths.items[0]);
	t->inputs[0].source.salvage = s->in->o.salvage;
	s->schema = &pw_tool_head(t, 0)->schema;
}

static int stored_open(struct pw_read_source *s)
{
	if (check_options(s->in) < 0)
		return -1;
	open_stream(s);
	return 0;
}

static int stored_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct pw_tool *t = s->in->tool;
	struct pw_event told;

	(void)room; /* rows are lent by the tool's input */
	while (pw_tool_next(t, &told)) {
		ev->frontier = t->frontier;
		if (told.kind == PW_EVENT_BATCH) {
			ev->batch = *told.batch;
			return PW_READ_ROWS;
		}
		if (told.kind == PW_EVENT_FRONTIER)
			return PW_READ_FRONTIER;
	}
	return PW_READ_END;
}

const struct pw_read_source_kind pw_read_stored = {
	.size = sizeof(struct pw_read_source),
	.open = stored_open,
	.next = stored_next,
};

/* ---- the table at a time ---- */

struct as_of {
	struct pw_read_source s;
	pw_time time;
	struct pw_schema schema;
	struct pw_roworder order;
	struct pw_table table;
	bool whole; /* the table is complete, and its rows are being handed out */
	size_t at;  /* the first of them that has not been told */
};

static int as_of_open(struct pw_read_source *s)
{
	struct as_of *a = (struct as_of *)s;

	if (check_options(s->in) < 0 || pw_stored_time(s->in->o.as_of, &a->time) < 0)
		return -1;
	open_stream(s);
	pw_schema_copy(&a->schema, s->schema);
	a->schema.append_only = a->schema.is_static = true;
	s->schema = &a->schema;
	s->state = "the different rows of the table";
	if (pw_roworder_init(&a->order, &a->schema, NULL) < 0)
		return -1;
	pw_table_init(&a->table, &a->order, false);
	return 0;
}

/* Rows up to the time, as changes of one commit: only their sum must be a table. */
static int add_rows(struct as_of *a, const struct pw_batch *batch)
{
	struct pw_batch part = *batch;
	struct pw_run run = {.time = a->time};

	for (uint32_t r = 0; r < batch->run_count && batch->runs[r].time <= a->time; r++)
		run.rows += batch->runs[r].rows;
	part.rows = run.rows;
	part.runs = &run;
	part.run_count = 1;
	return run.rows == 0 ? 0 : pw_table_batch(&a->table, &part);
}

static int breaks_off(const struct pw_tool *t, pw_time frontier)
{
	struct pw_bytes b = {0};

	pw_time_print(&b, frontier);
	pw_fail(PW_DATA, "the stream breaks off, and is complete only below time %s",
		pw_bytes_string(&b));
	pw_bytes_release(&b);
	return pw_fail_at("%s", t->inputs[0].name);
}

static int sum_up(struct as_of *a)
{
	struct pw_tool *t = a->s.in->tool;
	struct pw_event ev;
	pw_time frontier = 0;

	while (pw_tool_next(t, &ev)) {
		if (ev.kind == PW_EVENT_BATCH && add_rows(a, ev.batch) < 0)
			return -1;
		if (ev.kind == PW_EVENT_FRONTIER)
			frontier = ev.time;
		if (ev.kind == PW_EVENT_END && ev.ending == PW_SUSPENDED && frontier <= a->time)
			return breaks_off(t, frontier);
		t->state_bytes = pw_table_bytes(&a->table);
	}
	if (pw_table_finish(&a->table) < 0)
		return pw_fail_at("%s", t->inputs[0].name);
	pw_table_arrange(&a->table, true);
	t->ending = PW_FINISHED; /* the table at that time is complete */
	a->whole = true;
	return 0;
}

static int as_of_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct as_of *a = (struct as_of *)s;
	pw_diff copies;

	if (!a->whole && sum_up(a) < 0)
		return -1;
	while (a->at < a->table.count && !pw_builder_full(room)) {
		pw_roworder_decode(&a->order, pw_table_row(&a->table, a->at++, &copies), room);
		pw_builder_row(room, 0, copies);
	}
	if (room->rows == 0)
		return PW_READ_END;
	pw_read_source_rows(ev, room);
	return PW_READ_ROWS;
}

static void as_of_close(struct pw_read_source *s)
{
	struct as_of *a = (struct as_of *)s;

	if (a->table.order == NULL)
		return;
	pw_table_release(&a->table);
	pw_roworder_release(&a->order);
	pw_schema_release(&a->schema);
}

const struct pw_read_source_kind pw_read_as_of = {
	.size = sizeof(struct as_of),
	.open = as_of_open,
	.next = as_of_next,
	.close = as_of_close,
};
