/*
 * pw-write - a stream becomes a file, or text on stdout
 *
 * What it makes of the stream is its form:
 *
 *   rows     each batch as it comes (append-only streams; keeps nothing)
 *   once     the sum of the one commit, in order of appearance, at the end
 *   table    the current table, sorted, at the end
 *   live     on a terminal, the current table redrawn as it changes
 *   changes  every commit's changes when it is complete, -1 before +1
 *   stream   the stream itself (-f pws)
 *
 * A file is seen only when the stream has ended well; until then, and for good
 * if it fails, the old one stays.
 */
#include "../lib/conn/sink.h"
#include "../lib/fmt/live.h"
#include "../lib/fmt/writer.h"
#include "../lib/state/commit.h"
#include "../lib/state/table.h"
#include "../lib/tool/signal.h"
#include "../lib/tool/tool.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static struct options {
	const char *format, *sort, *delimiter;
	bool table, changes, progress_rows;
	bool append, force, if_changed, no_header;
	int64_t every;
} options;

#define AT(member) offsetof(struct options, member)

static const struct pw_option option_table[] = {
	{'f', "format", "FORMAT", PW_OPTION_TEXT, AT(format), true,
	 "csv, tsv, jsonl, lines, pretty or pws; else by DEST's suffix, else csv"},
	{0, "table", NULL, PW_OPTION_FLAG, AT(table), true,
	 "write the current table when the stream ends, replacing DEST"},
	{0, "changes", NULL, PW_OPTION_FLAG, AT(changes), true,
	 "write every change, with columns _time and _diff"},
	{0, "sort", "COLS", PW_OPTION_TEXT, AT(sort), true,
	 "order the table: 'city,n:desc' (implies --table)"},
	{0, "progress-rows", NULL, PW_OPTION_FLAG, AT(progress_rows), true,
	 "with --changes: also say in rows how far time is complete"},
	{0, "append", NULL, PW_OPTION_FLAG, AT(append), true, "add rows to the end of DEST"},
	{0, "force", NULL, PW_OPTION_FLAG, AT(force), false,
	 "begin anew a DEST that the line would otherwise refuse"},
	{0, "if-changed", NULL, PW_OPTION_FLAG, AT(if_changed), false,
	 "leave DEST alone and exit 1 when nothing would change"},
	{0, "every", "D", PW_OPTION_DURATION, AT(every), false,
	 "with --table and a following reader: replace DEST at most so often"},
	{0, "delimiter", "C", PW_OPTION_TEXT, AT(delimiter), true, "csv: put C between cells"},
	{0, "no-header", NULL, PW_OPTION_FLAG, AT(no_header), true, "csv: no line of names"},
	{0}};

static const struct pw_program program = {
	.name = "pw-write",
	.summary = "write a stream to a file or to standard output",
	.synopsis = "[-f FORMAT] [--table | --changes] [DEST]",
	.examples = "  pw-read orders.csv | pw-groupby -k city count | pw-write cities.csv\n"
		    "  pw-read orders.csv | pw-write --table --sort amount:desc -f pretty\n"
		    "  pw-read orders/ | pw-write -f pws orders.pws\n",
	.options = option_table,
	.sink = true,
};

static struct {
	struct pw_tool tool;
	struct pw_schema schema; /* a copy: the input's goes with its END */
	const struct form *form;
	const struct pw_writer_kind *kind;
	const char *destination;
	struct pw_writer_options how;
	struct pw_sink sink;
	struct pw_writer writer;
	struct pw_output stream; /* of the form stream */
	struct pw_roworder order;
	struct pw_table table; /* of once, table, live */
	struct pw_live live;
	bool stale; /* what is drawn is not the table */
	struct pw_commit commit; /* of changes */
	pw_time promised, sent; /* the last time said to have passed, and that of the last row */
	struct pw_builder rows; /* on their way to the writer */
} w;

/* end: false, where a stream was suspended: what is complete is all there is. */
struct form {
	const char *name; /* what it writes, and keeps, for --check */
	const char *keeps;
	void (*batch)(const struct pw_batch *batch);
	void (*frontier)(pw_time frontier);
	void (*end)(bool finished);
};

static int must(int x)
{
	return pw_must(&w.tool, x);
}

/* A reader that has gone is no fault: die of it as cat would. */
static int written(int rc)
{
	if (rc < 0 && (w.sink.gone || w.stream.gone))
		pw_signal_die_of_pipe();
	return must(rc);
}

/* The same for what pw_output says, which does not know the name. */
static int streamed(int rc)
{
	if (rc < 0)
		pw_fail_at("%s", w.sink.name);
	return written(rc);
}

static int to_sink(void *to, const void *data, size_t length)
{
	return written(pw_sink_write(to, data, length));
}

/* ---- rows on their way ---- */

static void write_batch(const struct pw_batch *batch)
{
	w.tool.rows_out += batch->rows;
	must(pw_writer_batch(&w.writer, batch));
}

static void drain_rows(void)
{
	if (w.rows.rows > 0)
		write_batch(pw_builder_view(&w.rows));
	pw_builder_clear(&w.rows);
}

static void send_row(struct pw_slice key, pw_time time, pw_diff diff)
{
	pw_roworder_decode(&w.order, key, &w.rows);
	pw_builder_row(&w.rows, time, diff);
	w.sent = time;
	if (pw_builder_full(&w.rows))
		drain_rows();
}

/* ---- rows ---- */

static void batch_rows(const struct pw_batch *batch)
{
	must(pw_roworder_only_adds(&w.order, batch));
	write_batch(batch);
}

static void frontier_rows(pw_time frontier)
{
	(void)frontier;
}

static void end_rows(bool finished)
{
	(void)finished;
	must(pw_writer_flush(&w.writer));
}

static const struct form rows_form = {"the rows as they come", "none", batch_rows, frontier_rows,
				      end_rows};

/* ---- once, table ---- */

static void batch_table(const struct pw_batch *batch)
{
	must(pw_table_batch(&w.table, batch));
	w.tool.state_bytes = pw_table_bytes(&w.table);
}

static void frontier_table(pw_time frontier)
{
	must(pw_table_frontier(&w.table, frontier));
}

static void write_table(bool finished, bool sorted)
{
	pw_diff copies;

	if (finished)
		must(pw_table_finish(&w.table));
	pw_table_arrange(&w.table, sorted);
	for (size_t i = 0; i < w.table.count; i++) {
		const struct pw_slice row = pw_table_row(&w.table, i, &copies);
		send_row(row, 0, copies);
	}
	drain_rows();
	must(pw_writer_flush(&w.writer));
}

static void end_once(bool finished)
{
	write_table(finished, false);
}

static void end_table(bool finished)
{
	write_table(finished, true);
}

static const struct form once_form = {"the rows of the one commit", "a record per different row",
				      batch_table, frontier_table, end_once};
static const struct form table_form = {"the current table", "a record per different row",
				       batch_table, frontier_table, end_table};
static const struct form sorted_form = {"the current table", "every row", batch_table,
					frontier_table, end_table};

/* ---- live ---- */

/* An idle reader's frontier moves ten times a second, so that no clock is needed. */
static void frontier_live(pw_time frontier)
{
	w.stale |= w.table.open && w.table.time < frontier;
	must(pw_table_frontier(&w.table, frontier));
	if (w.stale && pw_live_due(&w.live)) {
		must(pw_live_draw(&w.live, &w.table));
		w.stale = false;
	}
}

/* The whole table, unless the line was stopped and shows what there is room for. */
static void end_live(bool finished)
{
	if (finished || w.live.drawn == 0) {
		must(pw_live_clear(&w.live));
		write_table(finished, true);
	} else if (w.stale) {
		must(pw_live_draw(&w.live, &w.table));
	}
}

static const struct form live_form = {"the current table, live", "a record per different row",
				      batch_table, frontier_live, end_live};

/* ---- changes ---- */

static int send_change(void *unused, struct pw_slice row, pw_time time, pw_diff diff)
{
	(void)unused;
	send_row(row, time, diff);
	return 0;
}

static void batch_changes(const struct pw_batch *batch)
{
	must(pw_commit_batch(&w.commit, batch));
	w.tool.state_bytes = pw_zset_bytes(&w.commit.rows);
}

/*
 * A row of nulls with diff 0: the last even time below the frontier has passed.
 * Behind a row of an odd time, which says so itself, it would be a step back.
 */
static void promise(pw_time frontier)
{
	const pw_time passed = frontier > 0 ? (frontier - 1) & ~(pw_time)1 : 0;

	if (frontier == 0 || frontier >= PW_TIME_END || passed < w.sent ||
	    (passed <= w.promised && w.promised > 0))
		return;
	w.promised = passed;
	for (size_t i = 0; i < w.schema.count; i++)
		pw_vector_null(&w.rows.vectors[i]);
	pw_builder_row(&w.rows, passed, 0);
}

static void frontier_changes(pw_time frontier)
{
	must(pw_commit_frontier(&w.commit, frontier));
	if (options.progress_rows)
		promise(frontier);
}

static void end_changes(bool finished)
{
	if (finished)
		must(pw_commit_finish(&w.commit));
	drain_rows();
	must(pw_writer_flush(&w.writer));
}

static const struct form changes_form = {"every change with its _time and _diff",
					 "the changes of the open commit", batch_changes,
					 frontier_changes, end_changes};

/* ---- stream ---- */

static void batch_stream(const struct pw_batch *batch)
{
	w.tool.rows_out += batch->rows;
	streamed(pw_output_batch(&w.stream, batch));
}

static void frontier_stream(pw_time frontier)
{
	pw_output_frontier(&w.stream, frontier);
}

static void end_stream(bool finished)
{
	streamed(pw_output_end(&w.stream, finished ? PW_FINISHED : PW_SUSPENDED, PW_OK,
			       w.tool.inputs[0].durable));
}

static const struct form stream_form = {"the stream itself", "none", batch_stream, frontier_stream,
					end_stream};

/* What has been written is seen before we wait. */
static void flush(void)
{
	if (w.rows.schema == NULL) /* nothing is open yet: the head is waited for, or --check */
		return;
	if (w.form == &stream_form) {
		streamed(pw_output_flush(&w.stream));
	} else if (w.rows.schema == NULL) {
		return; /* nothing is open yet: a check waits for its END */
	} else if (w.form == &rows_form || w.form == &changes_form) {
		drain_rows();
		must(pw_writer_flush(&w.writer));
	}
}

/* ---- start ---- */

static int usage(const char *what)
{
	return must(pw_fail(PW_USAGE, "%s", what));
}

static void check_options(void)
{
	if (options.sort != NULL && options.changes)
		usage("--sort orders a table, and --changes come in the order of time");
	if (options.sort != NULL)
		options.table = true;
	if (options.table && options.changes)
		usage("--table and --changes do not go together");
	if (options.progress_rows && !options.changes)
		usage("--progress-rows goes with --changes");
	if (options.append && options.table)
		usage("--append adds rows, and --table replaces them all");
	if (options.append && options.force)
		usage("--append and --force do not go together");
	if ((options.append || options.if_changed) && !pw_sink_is_file(w.destination))
		usage(options.append ? "--append needs a DEST that is a file"
				     : "--if-changed needs a DEST that is a file");
}

static char delimiter(void)
{
	const char *d = options.delimiter;

	if (d == NULL)
		return 0;
	if (w.kind != &pw_writer_csv && w.kind != &pw_writer_tsv)
		usage("--delimiter goes with -f csv");
	if (strcmp(d, "\\t") == 0)
		return '\t';
	if (strlen(d) != 1)
		must(pw_fail(PW_USAGE, "--delimiter: '%s' is not one character", d));
	return d[0];
}

static bool to_terminal(void)
{
	return strcmp(w.destination, "-") == 0 && isatty(STDOUT_FILENO);
}

static bool colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return to_terminal() && (no == NULL || *no == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static void choose_kind(void)
{
	if (options.format != NULL)
		w.kind = pw_writer_kind_named(options.format);
	else if (to_terminal())
		w.kind = &pw_writer_pretty;
	else if (!pw_sink_is_file(w.destination))
		w.kind = &pw_writer_csv;
	else
		w.kind = pw_writer_kind_of_path(w.destination);
	must(w.kind == NULL ? -1 : 0);
	if (w.kind != &pw_writer_pws)
		return;
	if (options.table || options.changes || options.append)
		usage("a stream is saved whole: --table, --changes and --append do not go with pws");
	if (pw_squeeze_kind_of_path(w.destination) != PW_SQUEEZE_NONE)
		usage("a stream is compressed with -z, and its name ends in .pws");
	if (to_terminal())
		usage("a stream is binary and does not go to a terminal");
}

static void choose_form(void)
{
	const bool live = to_terminal() && w.kind == &pw_writer_pretty && !w.schema.is_static;

	if (w.kind == &pw_writer_pws)
		w.form = &stream_form;
	else if (options.changes)
		w.form = &changes_form;
	else if (options.table && !live)
		w.form = w.schema.append_only ? &sorted_form : &table_form;
	else if (w.schema.append_only && !options.table)
		w.form = &rows_form;
	else if (w.schema.is_static)
		w.form = &once_form;
	else if (live)
		w.form = &live_form;
	else
		usage("the stream takes rows back, which rows alone cannot show: add --table for "
		      "the current table, or --changes for every change");
}

/* In check mode: what would be written, and what kept. */
static void explain(void)
{
	struct pw_bytes text = {0};

	if (!pw_tool_head(&w.tool, 0)->check)
		return;
	pw_bytes_print(&text, "%s; writes %s as %s to %s", w.form->keeps, w.form->name, w.kind->name,
		       strcmp(w.destination, "-") == 0 ? "stdout" : w.destination);
	pw_tool_sink(&w.tool, pw_bytes_string(&text));
	pw_bytes_release(&text);
}

static int to_bytes(void *to, const void *data, size_t length)
{
	pw_bytes_add(to, data, length);
	return 0;
}

/* Rows are added below a header: it must be the one that we would write. */
static void check_header(void)
{
	struct pw_bytes expected = {0}, found = {0};
	struct pw_writer header;

	if (!w.sink.append || options.no_header ||
	    pw_squeeze_kind_of_path(w.destination) != PW_SQUEEZE_NONE ||
	    (w.kind != &pw_writer_csv && w.kind != &pw_writer_tsv))
		return;
	must(pw_writer_open(&header, w.kind, &w.schema, &w.how, to_bytes, &expected));
	must(pw_writer_flush(&header));
	pw_writer_close(&header);
	must(pw_sink_begins(&w.sink, expected.length, &found));
	expected.length--; /* the line end, which may be another there, or missing */
	found.length = strcspn(pw_bytes_string(&found), "\r\n");
	if (found.length != expected.length ||
	    memcmp(found.data, expected.data, found.length) != 0)
		must(pw_fail(PW_DATA, "%s: begins with '%s', and the header of the rows to append is '%s'",
			     w.sink.name, pw_bytes_string(&found), pw_bytes_string(&expected)));
	pw_bytes_release(&expected);
	pw_bytes_release(&found);
}

static void open_all(void)
{
	must(pw_sink_open(&w.sink, w.destination, options.append));
	check_header();
	w.how.append = w.sink.append;
	pw_builder_init(&w.rows, &w.schema);
	pw_table_init(&w.table, &w.order, w.form == &sorted_form);
	pw_live_init(&w.live, w.sink.fd, w.how.colour, to_sink, &w.sink);
	pw_commit_init(&w.commit, &w.order, send_change, NULL);
	if (w.form == &stream_form) {
		pw_output_open(&w.stream, w.sink.fd, w.tool.common.compress);
		streamed(pw_output_head(&w.stream, pw_tool_head(&w.tool, 0)));
	} else {
		must(pw_writer_open(&w.writer, w.kind, &w.schema, &w.how, to_sink, &w.sink));
	}
	pw_tool_sink_flush(&w.tool, w.sink.fd, flush);
}

static void start(int argc, char **argv)
{
	pw_tool_start(&w.tool, &program, argc, argv, &options);
	w.destination = w.tool.arg_count > 0 ? w.tool.args[0] : "-";
	if (w.tool.arg_count > 1)
		must(pw_fail(PW_USAGE, "'%s': one destination is written, '%s'", w.tool.args[1],
			     w.destination));
	if (strstr(w.destination, "://") != NULL)
		must(pw_fail(PW_USAGE, "'%s': there is no such connector", w.destination));
	check_options();
	choose_kind();
	w.how = (struct pw_writer_options){.delimiter = delimiter(),
					   .no_header = options.no_header,
					   .changes = options.changes,
					   .colour = colour()};
	if (strcmp(w.destination, "-") == 0) /* its reader may go before a stream has come */
		pw_tool_sink_flush(&w.tool, STDOUT_FILENO, flush);
	pw_tool_input(&w.tool);
	pw_schema_copy(&w.schema, &pw_tool_head(&w.tool, 0)->schema);
	if (pw_roworder_init(&w.order, &w.schema, options.sort) < 0)
		must(pw_fail_at("--sort"));
	choose_form();
}

/* ---- events ---- */

/* All of it is there: it becomes visible. Returns the exit status. */
static int end(bool finished)
{
	bool changed = true;

	w.form->end(finished);
	written(pw_sink_finish(&w.sink, options.if_changed, &changed));
	return options.if_changed && !changed ? PW_NO : PW_OK;
}

static void release(void)
{
	pw_sink_drop(&w.sink); /* whatever ended us before the end: no trace is left */
}

int main(int argc, char **argv)
{
	struct pw_event ev;
	int answer = PW_OK;

	start(argc, argv);
	explain();
	atexit(release);
	pw_mem_on_exhausted(release); /* which ends us without exit */
	open_all();
	while (pw_tool_next(&w.tool, &ev)) {
		if (ev.kind == PW_EVENT_BATCH)
			w.form->batch(ev.batch);
		else if (ev.kind == PW_EVENT_FRONTIER)
			w.form->frontier(ev.time);
		else if (ev.kind == PW_EVENT_DURABLE && w.form == &stream_form)
			streamed(pw_output_durable(&w.stream, ev.time));
		else if (ev.kind == PW_EVENT_END)
			answer = end(ev.ending == PW_FINISHED);
	}
	const int status = pw_tool_finish(&w.tool);
	return status != PW_OK ? status : answer;
}
