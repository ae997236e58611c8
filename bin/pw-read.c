/*
 * pw-read - files, directories, patterns and standard input become a stream
 *
 * It finds the columns (declared, else inferred from the first rows), then
 * hands on what the parser of the format makes of the bytes. The whole of a
 * static run is one commit at time 0; with -F what comes later is committed by
 * the clock; --changes and --replay take the times from the rows. A stream that
 * was saved is passed on as it is.
 */
#include "../lib/read/read_source.h"
#include "../lib/read/send.h"

#include <stddef.h>

#define O(field) offsetof(struct pw_intake_options, field)

static const struct pw_option table[] = {
	{'f', "format", "FORMAT", PW_OPTION_TEXT, O(format), true,
	 "csv, tsv, jsonl, lines, file or pws; else by the suffix of the name"},
	{'s', "schema", "COLUMNS", PW_OPTION_TEXT, O(schema), true,
	 "declare columns: 'id int!, city str, amount float = 0.0', or @FILE"},
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true, "columns that name a row"},
	{0, "only", NULL, PW_OPTION_FLAG, O(only), true, "drop columns that are not declared"},
	{0, "infer-rows", "N", PW_OPTION_COUNT, O(infer_rows), true,
	 "infer types from the first N rows (10000)"},
	{0, "delimiter", "C", PW_OPTION_TEXT, O(delimiter), true, "csv: C is between cells (,)"},
	{0, "quote", "C", PW_OPTION_TEXT, O(quote), true,
	 "csv: C is around cells (\"); '' for none"},
	{0, "comment", "C", PW_OPTION_TEXT, O(comment), true, "csv: skip lines that begin with C"},
	{0, "no-header", NULL, PW_OPTION_FLAG, O(no_header), true,
	 "csv: the first line is a row; names come from -s"},
	{0, "max-line", "SIZE", PW_OPTION_SIZE, O(max_line), false, "refuse longer lines (64M)"},
	{0, "meta", NULL, PW_OPTION_FLAG, O(meta), true, "add _path, _line, _modified"},
	{0, "changes", NULL, PW_OPTION_FLAG, O(changes), true,
	 "the last columns are _time and _diff"},
	{0, "odd", NULL, PW_OPTION_FLAG, O(odd), true, "with --changes: odd times are allowed"},
	{0, "double-times", NULL, PW_OPTION_FLAG, O(double_times), true,
	 "with --changes: read 1, 2, 3 as 2, 4, 6"},
	{0, "append-only", NULL, PW_OPTION_FLAG, O(append_only), true,
	 "with --changes: no row is taken away, which is checked"},
	{0, "replay", "COL", PW_OPTION_TEXT, O(replay), true,
	 "commit each row at the time that this column says"},
	{0, "unit", "U", PW_OPTION_TEXT, O(unit), true,
	 "with --replay: an int or float column counts s, ms, us or ns"},
	{0, "speed", "X", PW_OPTION_TEXT, O(speed), false,
	 "with --replay: 1x, 60x, 0.5x: so many times as fast as recorded (max)"},
	{0, "from", "TIME", PW_OPTION_TEXT, O(from), false,
	 "with --speed: count from TIME on; earlier rows pass at once"},
	{0, "autocommit", "D", PW_OPTION_TEXT, O(autocommit_text), false,
	 "make commits no closer than D (5ms with -F)"},
	{0, "upsert", NULL, PW_OPTION_FLAG, O(upsert), true,
	 "a row replaces the earlier row with its key (-k)"},
	{0, "delete-when", "EXPR", PW_OPTION_TEXT, O(delete_when), true,
	 "with --upsert: a row for which EXPR is true deletes its key"},
	{0, "sync", "GROUP", PW_OPTION_TEXT, O(sync), false,
	 "keep step: NAME,COL,MAXDIFF,MEMBERS[,priority=N][,idle=D]"},
	{0, "as-of", "TIME", PW_OPTION_TEXT, O(as_of), true,
	 "pws: the table at that time, instead of all changes"},
	{0, "salvage", NULL, PW_OPTION_FLAG, O(salvage), true,
	 "pws: a stream without its end counts as suspended"},
	{0, "check", NULL, PW_OPTION_FLAG, O(check), false,
	 "send the schema only, to type-check the pipeline"},
	{0, "finish", NULL, PW_OPTION_FLAG, O(finish), false, "end the stream as complete"},
	{'F', "follow", NULL, PW_OPTION_FLAG, O(follow), false, "go on with what is added later"},
	{0, "poll", NULL, PW_OPTION_FLAG, O(poll), false,
	 "with -F: look at the sources again and again"},
	{0, "commit-line", "TEXT", PW_OPTION_TEXT, O(commit_line), true,
	 "a line that equals TEXT ends a commit, and is no row"},
	{0, "state", "DIR", PW_OPTION_TEXT, O(state), false,
	 "remember in DIR what has been read, and go on from there"},
	{0, "checkpoint-interval", "D", PW_OPTION_DURATION, O(interval), false,
	 "with --state: how often stages save checkpoints (5s)"},
	{0, "reset", NULL, PW_OPTION_FLAG, O(reset), false,
	 "with --state: forget DIR, and begin anew"},
	{0, "stdin", "again|new", PW_OPTION_TEXT, O(standard), true,
	 "with --state: each run is fed the same bytes again, or new ones"},
	{0, "max-backlog", "N", PW_OPTION_COUNT, O(backlog), false,
	 "with --state: read no more while sinks lack more than N rows"},
	{0, "track", NULL, PW_OPTION_FLAG, O(track), true,
	 "a file is a table: its old rows are taken away when it changes or goes"},
	{0},
};

static const struct pw_program program = {
	.name = "pw-read",
	.summary = "read files as a stream",
	.synopsis = "[-f FORMAT] [-s COLUMNS] [-k COLS] SOURCE...",
	.examples = "  pw-read trips.csv | pw-write\n"
		    "  pw-read -s 'id int!, at datetime \"%d/%m/%Y\"' -k id trips.csv | pw-write\n"
		    "  pw-read -f jsonl - < events | pw-groupby -k user count | pw-write\n",
	.options = table,
};

struct read {
	struct pw_tool tool;
	struct pw_intake in;
	struct pw_read_source *source;
	struct pw_send send;
};

/* Opens the source as far as it must be open for its columns to be known. */
static void bind(struct read *r)
{
	struct pw_tool *t = r->in.tool = &r->tool;

	pw_must(t, pw_intake_open(&r->in));
	r->source = pw_read_source_open(&r->in);
	if (r->source == NULL)
		pw_tool_fail(t);
	pw_must(t, pw_send_open(&r->send, &r->in, r->source->schema));
	t->follows = r->in.o.follow;
}

static void open_output(struct read *r)
{
	const char *state = r->in.o.upsert ? "the row of each key" : r->source->state;

	if (r->in.o.check) {
		pw_intake_say_undecided(&r->in);
		pw_tool_output_check(&r->tool, r->source->schema, state);
	}
	pw_tool_output(&r->tool, r->source->schema, state);
}

static void start(struct read *r)
{
	pw_must(&r->tool, pw_send_start(&r->send));
	pw_must(&r->tool, pw_read_source_start(r->source));
}

static void wait_for_source(struct read *r)
{
	pw_send_idle(&r->send);
	pw_read_source_wait(r->source);
}

static int finish(struct read *r)
{
	pw_must(&r->tool, pw_intake_report(&r->in));
	const int status = pw_tool_finish(&r->tool); /* which saves the state a last time */

	pw_send_close(&r->send);
	pw_read_source_close(r->source);
	pw_intake_close(&r->in);
	return status;
}

int main(int argc, char **argv)
{
	static struct read r = {.in.o = PW_INTAKE_DEFAULTS};
	struct pw_read_event ev;

	pw_tool_start(&r.tool, &program, argc, argv, &r.in.o);
	bind(&r);
	open_output(&r);
	start(&r);
	while (pw_must(&r.tool, pw_read_source_next(r.source, pw_send_room(&r.send), &ev))) {
		if (ev.kind == PW_READ_ROWS)
			pw_send_rows(&r.send, &ev);
		else if (ev.kind == PW_READ_FRONTIER)
			pw_send_frontier(&r.send, &ev);
		else if (ev.kind == PW_READ_IDLE)
			wait_for_source(&r);
	}
	pw_send_end(&r.send, &ev);
	return finish(&r);
}
