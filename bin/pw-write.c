/*
 * pw-write - a stream becomes a file, or text on standard output
 *
 * What it makes of the stream is its mode (lib/write/mode.h), and where that
 * goes its destination (lib/dest/dest.h).
 *
 * A file is seen only when the stream has ended well; until then, and for good
 * if the pipeline fails, the old one stays. A stream that is followed has no
 * end to wait for: then its first complete commit is seen, and what comes after
 * it.
 */
#include "../lib/tool/aside_file.h"
#include "../lib/tool/cleanup.h"
#include "../lib/tool/signal.h"
#include "../lib/write/mode.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
	const char *format, *sort, *delimiter;
	bool table, changes, progress_rows;
	bool append, force, if_changed, no_header;
	int64_t every; /* ns */
};

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
	 "begin anew a DEST that would otherwise be refused"},
	{0, "if-changed", NULL, PW_OPTION_FLAG, AT(if_changed), false,
	 "leave DEST alone and exit 1 when nothing would change"},
	{0, "every", "D", PW_OPTION_DURATION, AT(every), false,
	 "with --table: replace DEST after commits, at most once per D"},
	{0, "delimiter", "C", PW_OPTION_TEXT, AT(delimiter), true, "csv: put C between cells"},
	{0, "no-header", NULL, PW_OPTION_FLAG, AT(no_header), true, "csv: no line of names"},
	{0},
};

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

struct sink {
	struct pw_tool tool;
	struct options o;
	struct pw_schema schema; /* a copy: the input's goes with its END */
	struct pw_mode mode;
};

/* ---- options ---- */

static int check_options(const struct sink *w)
{
	const struct options *o = &w->o;
	const char *what = NULL;

	if (o->sort != NULL && o->changes)
		what = "--sort orders a table, and --changes come in the order of time";
	else if (o->table && o->changes)
		what = "--table and --changes do not go together";
	else if (o->progress_rows && !o->changes)
		what = "--progress-rows goes with --changes";
	else if (o->append && (o->table || o->sort != NULL))
		what = "--append adds rows, and --table replaces them all";
	else if (o->append && o->force)
		what = "--append and --force do not go together";
	else if (o->append && !w->mode.dest_kind->is_file)
		what = "--append needs a DEST that is a file";
	else if (o->if_changed && !w->mode.dest_kind->is_file)
		what = "--if-changed needs a DEST that is a file";
	return what != NULL ? pw_fail(PW_USAGE, "%s", what) : 0;
}

static int choose_destination(struct sink *w)
{
	struct pw_dest_how *to = &w->mode.to;

	*to = (struct pw_dest_how){.name = w->tool.arg_count > 0 ? w->tool.args[0] : "-",
				   .append = w->o.append,
				   .anew = w->o.force,
				   .if_changed = w->o.if_changed};
	if (w->tool.arg_count > 1)
		return pw_fail(PW_USAGE, "1 destination expected, %d given: '%s' and '%s'",
			       w->tool.arg_count, to->name, w->tool.args[1]);
	w->mode.dest_kind = pw_dest_kind_of(to);
	return w->mode.dest_kind != NULL ? 0 : -1;
}

static int choose_delimiter(struct sink *w)
{
	const char *d = w->o.delimiter;

	if (d == NULL)
		return 0;
	if (w->mode.format != &pw_writer_csv && w->mode.format != &pw_writer_tsv)
		return pw_fail(PW_USAGE, "--delimiter goes with -f csv");
	if (strcmp(d, "\\t") != 0 && strlen(d) != 1)
		return pw_fail(PW_USAGE, "--delimiter: '%s' is not one character", d);
	w->mode.how.delimiter = strlen(d) == 1 ? d[0] : '\t';
	return 0;
}

static int bind_options(struct sink *w)
{
	struct pw_mode *mode = &w->mode;

	if (choose_destination(w) < 0 || check_options(w) < 0)
		return -1;
	mode->tool = &w->tool;
	mode->schema = &w->schema;
	mode->table = w->o.table || w->o.sort != NULL;
	mode->progress_rows = w->o.progress_rows;
	mode->every = (w->o.every + 999999) / 1000000;
	mode->how =
		(struct pw_writer_options){.no_header = w->o.no_header, .changes = w->o.changes};
	return pw_mode_choose_format(mode, w->o.format) < 0 ? -1 : choose_delimiter(w);
}

static int bind_stream(struct sink *w)
{
	pw_schema_copy(&w->schema, &pw_tool_head(&w->tool, 0)->schema);
	if (pw_aside_file_spares(&w->tool, w->mode.to.name) < 0)
		return -1;
	if (pw_roworder_init(&w->mode.order, &w->schema, w->o.sort) < 0)
		return pw_fail_at("--sort");
	return pw_mode_choose(&w->mode);
}

/* In check mode: says what would be remembered and what would be written, and exits. */
static void explain(struct sink *w)
{
	struct pw_bytes text = {0};

	pw_bytes_print(&text, "%s; writes %s as %s to %s", w->mode.kind->state, w->mode.kind->name,
		       w->mode.format->name,
		       strcmp(w->mode.to.name, "-") == 0 ? "stdout" : w->mode.to.name);
	pw_tool_sink(&w->tool, pw_bytes_string(&text));
	pw_bytes_release(&text);
}

/* ---- events ---- */

/* A reader that has gone is no fault: the program dies of it as cat would. */
static void must_write(struct sink *w, int rc)
{
	if (rc < 0 && pw_mode_reader_gone(&w->mode))
		pw_signal_die_of_pipe();
	pw_must(&w->tool, rc);
}

/* Makes all that has been written visible before the program waits. */
static void flush(void *of)
{
	struct sink *w = of;

	must_write(w, pw_mode_flush(&w->mode));
}

/* Whatever ends the program before the end of the stream: no trace of what was written is left. */
static void drop(void *of)
{
	struct sink *w = of;

	pw_mode_drop(&w->mode);
}

int main(int argc, char **argv)
{
	static struct sink w;
	struct pw_event ev;

	pw_tool_start(&w.tool, &program, argc, argv, &w.o);
	pw_must(&w.tool, bind_options(&w));
	if (strcmp(w.mode.to.name, "-") == 0) /* its reader may go before a stream has come */
		pw_tool_sink_flush(&w.tool, STDOUT_FILENO, flush, &w);
	pw_tool_input(&w.tool);
	pw_must(&w.tool, bind_stream(&w));
	explain(&w);
	pw_cleanup_at_exit(drop, &w);
	must_write(&w, pw_mode_open(&w.mode));
	pw_tool_sink_flush(&w.tool, pw_mode_reader(&w.mode), flush, &w);
	while (pw_tool_next(&w.tool, &ev))
		must_write(&w, pw_mode_take(&w.mode, &ev));
	const int status = pw_tool_finish(&w.tool);
	return status == PW_OK && w.o.if_changed && !w.mode.changed ? PW_NO : status;
}
