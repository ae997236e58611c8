/*
 * pw-write - a stream becomes a file, or text on stdout
 *
 * What it makes of the stream is its mode (lib/tool/mode): the rows as they
 * come, the table at the end or live, every change, or the stream itself.
 *
 * A file is seen only when the stream has ended well; until then, and for good
 * if it fails, the old one stays. But one that is followed has no end to wait
 * for: then its first complete commit is seen, and what comes after it.
 */
#include "../lib/conn/paths.h"
#include "../lib/tool/signal.h"
#include "../lib/write/mode.h"

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
	{0, "append", NULL, PW_OPTION_FLAG, AT(append), false, "add rows to the end of DEST"},
	{0, "force", NULL, PW_OPTION_FLAG, AT(force), false,
	 "begin anew a DEST that the line would otherwise refuse"},
	{0, "if-changed", NULL, PW_OPTION_FLAG, AT(if_changed), false,
	 "leave DEST alone and exit 1 when nothing would change"},
	{0, "every", "D", PW_OPTION_DURATION, AT(every), false,
	 "with --table: replace DEST after commits, at most so often"},
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
	struct pw_mode mode;
} w;

static int must(int x)
{
	return pw_must(&w.tool, x);
}

/* A reader that has gone is no fault: die of it as cat would. */
static int written(int rc)
{
	if (rc < 0 && pw_mode_reader_gone(&w.mode))
		pw_signal_die_of_pipe();
	return must(rc);
}

/* What has been written is seen before we wait. */
static void flush(void *mode)
{
	written(pw_mode_flush(mode));
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
	if ((options.append || options.if_changed) && !pw_sink_is_file(w.mode.destination))
		usage(options.append ? "--append needs a DEST that is a file"
				     : "--if-changed needs a DEST that is a file");
}

static char delimiter(void)
{
	const char *d = options.delimiter;

	if (d == NULL)
		return 0;
	if (w.mode.format != &pw_writer_csv && w.mode.format != &pw_writer_tsv)
		usage("--delimiter goes with -f csv");
	if (strcmp(d, "\\t") == 0)
		return '\t';
	if (strlen(d) != 1)
		must(pw_fail(PW_USAGE, "--delimiter: '%s' is not one character", d));
	return d[0];
}

static bool to_terminal(void)
{
	return strcmp(w.mode.destination, "-") == 0 && isatty(STDOUT_FILENO);
}

/* It does not know how to move its cursor, or what a colour is. */
static bool dumb(void)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") == 0;
}

static bool colour(void)
{
	const char *no = getenv("NO_COLOR");

	return to_terminal() && (no == NULL || *no == '\0') && !dumb();
}

static void choose_format(void)
{
	if (options.format != NULL)
		w.mode.format = pw_writer_kind_named(options.format);
	else if (to_terminal())
		w.mode.format = &pw_writer_pretty;
	else if (!pw_sink_is_file(w.mode.destination))
		w.mode.format = &pw_writer_csv;
	else
		w.mode.format = pw_writer_kind_of_path(w.mode.destination);
	must(w.mode.format == NULL ? -1 : 0);
	if (w.mode.format != &pw_writer_pws)
		return;
	if (options.table || options.changes || options.append)
		usage("a stream is saved whole: --table, --changes and --append do not go with "
		      "pws");
	if (pw_squeeze_kind_of_path(w.mode.destination) != PW_SQUEEZE_NONE)
		usage("a stream is compressed with -z, and its name ends in .pws");
	if (to_terminal())
		usage("a stream is binary and does not go to a terminal");
}

static void choose_mode(void)
{
	const bool shown =
		to_terminal() && w.mode.format == &pw_writer_pretty && !w.schema.is_static;
	const bool live = shown && !dumb();

	if (w.mode.format == &pw_writer_pws)
		w.mode.kind = &pw_mode_stream;
	else if (options.changes)
		w.mode.kind = &pw_mode_changes;
	else if ((options.table && !live) || (shown && dumb() && !w.schema.append_only))
		w.mode.kind = w.schema.append_only ? &pw_mode_sorted : &pw_mode_table;
	else if (w.schema.append_only && !options.table)
		w.mode.kind = &pw_mode_rows;
	else if (w.schema.is_static)
		w.mode.kind = &pw_mode_once;
	else if (live)
		w.mode.kind = &pw_mode_live;
	else
		usage("the stream takes rows back, which rows alone cannot show: add --table for "
		      "the current table, or --changes for every change");
}

/* The readers of a line that reads on would read what it writes. */
static void check_sources(const struct pw_stage *stage)
{
	for (size_t i = 0; i < stage->input_count; i++)
		check_sources(&stage->inputs[i]);
	if (strcmp(stage->program, "pw-read") != 0)
		return;
	for (size_t i = 0; i < stage->option_count; i++)
		if (strncmp(stage->options[i], "--", 2) != 0 &&
		    pw_paths_take(stage->options[i], w.mode.destination))
			must(pw_fail(
				PW_USAGE,
				"%s: is among what '%s' stands for, so that the line would read"
				" what it writes: write elsewhere, or to a name that begins"
				" with a dot",
				w.mode.destination, stage->options[i]));
}

/*
 * A file waits for the end of the stream, but not when there is none: the line goes on until it is
 * stopped. A table can be had after commits of any stream, by --every.
 */
static void choose_time(void)
{
	const char *dest = w.mode.destination;
	const struct pw_head *head = pw_tool_head(&w.tool, 0);

	if (!pw_sink_is_file(dest) || w.schema.is_static)
		return;
	if (head->followed || head->state != NULL)
		check_sources(&head->stage);
	w.mode.at_once = head->followed || (w.mode.kind->replaces && options.every > 0);
	if (w.mode.at_once && head->state == NULL && !w.mode.kind->replaces && !options.append &&
	    !options.force && pw_sink_holds(dest))
		must(pw_fail(PW_USAGE,
			     "%s: is there already, and rows that are followed go straight to "
			     "it: add --append to add to it, or --force to begin it anew",
			     dest));
}

/* In check mode: what would be written, and what kept. */
static void explain(void)
{
	struct pw_bytes text = {0};

	if (!pw_tool_head(&w.tool, 0)->check)
		return;
	pw_bytes_print(&text, "%s; writes %s as %s to %s", w.mode.kind->keeps, w.mode.kind->name,
		       w.mode.format->name,
		       strcmp(w.mode.destination, "-") == 0 ? "stdout" : w.mode.destination);
	pw_tool_sink(&w.tool, pw_bytes_string(&text));
	pw_bytes_release(&text);
}

static void start(int argc, char **argv)
{
	pw_tool_start(&w.tool, &program, argc, argv, &options);
	w.mode.destination = w.tool.arg_count > 0 ? w.tool.args[0] : "-";
	if (w.tool.arg_count > 1)
		must(pw_fail(PW_USAGE, "'%s': one destination is written, '%s'", w.tool.args[1],
			     w.mode.destination));
	if (strstr(w.mode.destination, "://") != NULL)
		must(pw_fail(PW_USAGE, "'%s': there is no such connector", w.mode.destination));
	check_options();
	choose_format();
	w.mode.how = (struct pw_writer_options){.delimiter = delimiter(),
						.no_header = options.no_header,
						.changes = options.changes,
						.colour = colour()};
	w.mode.append = options.append;
	w.mode.force = options.force;
	w.mode.keep_equal = options.if_changed;
	w.mode.every = (options.every + 999999) / 1000000;
	w.mode.progress_rows = options.progress_rows;
	w.mode.tool = &w.tool;
	w.mode.schema = &w.schema;
	if (strcmp(w.mode.destination, "-") == 0) /* its reader may go before a stream has come */
		pw_tool_sink_flush(&w.tool, STDOUT_FILENO, flush, &w.mode);
	pw_tool_input(&w.tool);
	pw_schema_copy(&w.schema, &pw_tool_head(&w.tool, 0)->schema);
	if (pw_roworder_init(&w.mode.order, &w.schema, options.sort) < 0)
		must(pw_fail_at("--sort"));
	choose_mode();
	choose_time();
}

/* ---- events ---- */

/* All of it is there: it becomes visible. Returns the exit status. */
static int end(bool finished)
{
	written(pw_mode_end(&w.mode, finished));
	return options.if_changed && !w.mode.changed ? PW_NO : PW_OK;
}

static void release(void)
{
	pw_mode_drop(&w.mode); /* whatever ended us before the end: no trace is left */
}

int main(int argc, char **argv)
{
	struct pw_event ev;
	int answer = PW_OK;

	start(argc, argv);
	explain();
	atexit(release);
	pw_mem_on_exhausted(release); /* which ends us without exit */
	written(pw_mode_open(&w.mode));
	pw_tool_sink_flush(&w.tool, w.mode.sink.path != NULL ? -1 : w.mode.sink.fd, flush, &w.mode);
	while (pw_tool_next(&w.tool, &ev)) {
		if (ev.kind == PW_EVENT_END)
			answer = end(ev.ending == PW_FINISHED);
		else
			written(pw_mode_take(&w.mode, &ev));
	}
	const int status = pw_tool_finish(&w.tool);
	return status != PW_OK ? status : answer;
}
