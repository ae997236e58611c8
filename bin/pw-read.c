/*
 * pw-read - files, directories, patterns and standard input become a stream
 *
 * It finds the columns (declared, else inferred from the first rows), then
 * hands on what the parser of the format makes of the bytes. The whole of a
 * static run is one commit at time 0; --changes and --replay take the times
 * from the rows. A stream that was saved is passed on as it is.
 */
#include "../lib/conn/paths.h"
#include "../lib/tool/replay.h"
#include "../lib/tool/stored.h"
#include "../lib/tool/sync.h"
#include "../lib/tool/upsert.h"

#include <stddef.h>

struct options {
	const char *format, *schema, *keys;
	const char *delimiter, *quote, *comment;
	bool no_header, only, meta;
	uint64_t infer_rows, max_line;
	bool changes, odd, double_times, append_only;
	const char *replay, *unit, *speed, *from;
	int64_t autocommit;
	bool upsert;
	const char *delete_when;
	const char *sync;
	const char *as_of;
	bool salvage;
	bool check, finish;
	bool follow, track;
	const char *state;
};

#define O(field) offsetof(struct options, field)

static const struct pw_option table[] = {
	{'f', "format", "FORMAT", PW_OPTION_TEXT, O(format), true,
	 "csv, tsv, jsonl, lines, file or pws; else by the suffix of the name"},
	{'s', "schema", "COLUMNS", PW_OPTION_TEXT, O(schema), true,
	 "declare columns: 'id int!, city str, amount float = 0.0', or @FILE"},
	{'k', "key", "COLS", PW_OPTION_TEXT, O(keys), true, "columns that name a row"},
	{0, "only", NULL, PW_OPTION_FLAG, O(only), true, "drop columns that are not declared"},
	{0, "infer-rows", "N", PW_OPTION_COUNT, O(infer_rows), true,
	 "infer from so many rows (10000)"},
	{0, "delimiter", "C", PW_OPTION_TEXT, O(delimiter), true, "csv: between cells (,)"},
	{0, "quote", "C", PW_OPTION_TEXT, O(quote), true, "csv: around cells (\"); '' for none"},
	{0, "comment", "C", PW_OPTION_TEXT, O(comment), true, "csv: skip lines that begin with it"},
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
	 "with --speed: counted from there, what is before passes at once"},
	{0, "autocommit", "D", PW_OPTION_DURATION, O(autocommit), true,
	 "with --replay: commits no closer than this"},
	{0, "upsert", NULL, PW_OPTION_FLAG, O(upsert), true,
	 "a row replaces the earlier row with its key (-k)"},
	{0, "delete-when", "EXPR", PW_OPTION_TEXT, O(delete_when), true,
	 "with --upsert: a row for which it is true deletes its key"},
	{0, "sync", "GROUP", PW_OPTION_TEXT, O(sync), false,
	 "keep step: NAME,COL,MAXDIFF,MEMBERS[,priority=N][,idle=D]"},
	{0, "as-of", "TIME", PW_OPTION_TEXT, O(as_of), true,
	 "pws: the table at that time, instead of all changes"},
	{0, "salvage", NULL, PW_OPTION_FLAG, O(salvage), true,
	 "pws: a stream without its end counts as suspended"},
	{0, "check", NULL, PW_OPTION_FLAG, O(check), false,
	 "send the schema only, to type-check the line"},
	{0, "finish", NULL, PW_OPTION_FLAG, O(finish), true, "end the stream as complete"},
	{'F', "follow", NULL, PW_OPTION_FLAG, O(follow), true, "not in this version"},
	{0, "state", "DIR", PW_OPTION_TEXT, O(state), false, "not in this version"},
	{0, "track", NULL, PW_OPTION_FLAG, O(track), true, "not in this version"},
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

/* All of one run. */
struct read {
	struct pw_tool tool;
	struct options o;
	struct pw_paths paths;
	struct pw_declare declared;
	struct pw_schema found;
	struct pw_layout layout;
	struct pw_reader reader;
	struct pw_replay replay;
	struct pw_upsert upsert;
	struct pw_builder rows;
	struct pw_sync sync;
	struct pw_builder piece; /* of rows, that may pass already */
	pw_time sent;            /* of the last of them */
};

/* ---- options ---- */

static int check_options(const struct options *o)
{
	const char *later = o->follow ? "-F" : o->state != NULL ? "--state" : o->track ? "--track" : NULL;

	if (later != NULL)
		return pw_fail(PW_USAGE, "%s is not in this version", later);
	if (!o->changes && (o->odd || o->double_times || o->append_only))
		return pw_fail(PW_USAGE, "--%s goes with --changes", o->odd		? "odd"
								     : o->double_times ? "double-times"
										       : "append-only");
	const char *replayed = o->unit != NULL	? "unit"
			       : o->speed != NULL ? "speed"
			       : o->from != NULL  ? "from"
			       : o->autocommit != 0 ? "autocommit" : NULL;
	if (o->replay == NULL && replayed != NULL)
		return pw_fail(PW_USAGE, "--%s goes with --replay", replayed);
	if (o->changes && (o->replay != NULL || o->upsert))
		return pw_fail(PW_USAGE, "--changes has times and changes already, --%s would make its own",
			       o->upsert ? "upsert" : "replay");
	if (o->upsert && o->keys == NULL)
		return pw_fail(PW_USAGE, "--upsert needs -k, the columns that name a row");
	if (o->infer_rows == 0)
		return pw_fail(PW_USAGE, "--infer-rows: at least 1");
	if (o->delete_when != NULL && !o->upsert)
		return pw_fail(PW_USAGE, "--delete-when goes with --upsert");
	if (o->max_line == 0 || o->max_line > (uint64_t)1 << 30)
		return pw_fail(PW_USAGE, "--max-line: from 1 to 1G");
	return 0;
}

/* One byte, named as itself or as \t. */
static int byte_of(const char *option, const char *text, bool may_be_none, char *c)
{
	if (text == NULL || (may_be_none && *text == 0))
		return 0;
	if (strcmp(text, "\\t") == 0)
		*c = '\t';
	else if (strlen(text) == 1 && *text != '\n' && *text != '\r')
		*c = *text;
	else
		return pw_fail(PW_USAGE, "--%s: '%s' is not one ASCII character", option, text);
	return 0;
}

static int parser_options(struct read *r)
{
	const struct options *o = &r->o;
	struct pw_parser_options *p = &r->reader.options;

	*p = (struct pw_parser_options){
		.delimiter = r->reader.kind == &pw_tsv ? '\t' : ',',
		.quote = o->quote != NULL ? 0 : '"',
		.no_header = o->no_header,
		.only = o->only,
		.changes = o->changes,
		.odd = o->odd,
		.double_times = o->double_times,
		.append_only = o->append_only,
		.meta = o->meta,
		.max_line = o->max_line,
		.infer_rows = o->infer_rows,
	};
	if (byte_of("delimiter", o->delimiter, false, &p->delimiter) < 0 ||
	    byte_of("quote", o->quote, true, &p->quote) < 0 ||
	    byte_of("comment", o->comment, false, &p->comment) < 0)
		return -1;
	if (p->delimiter == p->quote || p->delimiter == p->comment ||
	    (p->quote != 0 && p->quote == p->comment))
		return pw_fail(PW_USAGE, "--delimiter, --quote and --comment must differ");
	return 0;
}

/* ---- columns ---- */

static int no_files(const struct read *r)
{
	return pw_fail(PW_DATA, "%s: a directory without files (declare the columns with -s to read it"
				" as empty)", r->tool.args[0]);
}

static int make_layout(struct read *r)
{
	const struct options *o = &r->o;
	const struct pw_layout_wish wish = {
		.declared = &r->declared,
		.keys = o->keys,
		.only = o->only,
		.by_place = (o->no_header && r->reader.kind->header) || r->reader.kind == &pw_lines,
		.meta = o->meta,
	};

	if (o->schema != NULL && pw_declare_read(&r->declared, o->schema) < 0)
		return -1;
	if (o->only && r->declared.count == 0)
		return pw_fail(PW_USAGE, "--only needs -s, the columns to keep");
	if (r->paths.count == 0 && r->declared.count == 0)
		return no_files(r);
	if (!o->only && r->paths.count > 0 &&
	    pw_reader_sample(&r->reader, &wish, &r->found) < 0)
		return -1;
	if (r->found.count == 0 && r->declared.count == 0)
		return pw_fail(PW_DATA, "%s: no row to find columns in (declare them with -s)",
			       r->paths.items[0]);
	if (pw_layout_make(&r->layout, &wish, &r->found) < 0)
		return -1;
	r->layout.schema.is_static = !o->changes && o->replay == NULL;
	r->layout.schema.append_only = o->changes ? o->append_only
						   : !o->upsert || r->layout.schema.is_static;
	return r->paths.count == 0 ? 0 : pw_reader_bind(&r->reader, &r->layout.view);
}

/* ---- reading ---- */

/* Rows as they come; where they carry times, the frontier behind them. */
static void pass_on(struct read *r, const struct pw_batch *batch)
{
	pw_tool_batch(&r->tool, batch);
	if (!r->layout.schema.is_static)
		pw_tool_frontier(&r->tool, batch->runs[batch->run_count - 1].time);
}

static bool next_rows(struct read *r)
{
	pw_builder_clear(&r->rows);
	if (r->o.sync != NULL)
		pw_must(&r->tool, pw_sync_silent(&r->sync));
	return pw_must(&r->tool, r->o.replay != NULL ? pw_replay_next(&r->replay, &r->rows)
						     : pw_reader_next(&r->reader, &r->rows)) > 0;
}

/* What has been read below the time is complete. */
static void promise(struct read *r, pw_time time)
{
	if (r->o.upsert)
		pw_upsert_commit(&r->upsert, &r->tool);
	pw_tool_frontier(&r->tool, time);
}

static void send(struct read *r, const struct pw_batch *batch)
{
	if (r->o.upsert)
		pw_upsert_add(&r->upsert, &r->tool, batch);
	else
		pass_on(r, batch);
}

/* Sends rows as the other readers of the group let them pass. */
static void send_in_step(struct read *r, const struct pw_batch *batch)
{
	for (uint32_t from = 0, n; from < batch->rows; from += n) {
		while ((n = (uint32_t)pw_must(&r->tool, pw_sync_pass(&r->sync, batch, from))) == 0) {
			const pw_time next = pw_batch_time(batch, from);
			if (next > r->sent)
				promise(r, next);
			pw_must(&r->tool, pw_sync_wait(&r->sync, next > r->sent));
		}
		r->sent = pw_batch_time(batch, from + n - 1);
		if (n == batch->rows) {
			send(r, batch);
			return;
		}
		pw_builder_clear(&r->piece);
		pw_builder_append(&r->piece, batch, from, n);
		send(r, pw_builder_view(&r->piece));
	}
}

static void read_all(struct read *r)
{
	while (next_rows(r)) {
		if (r->rows.rows > 0 && r->o.sync != NULL)
			send_in_step(r, pw_builder_view(&r->rows));
		else if (r->rows.rows > 0)
			send(r, pw_builder_view(&r->rows));
		if (r->o.changes)
			pw_tool_frontier(&r->tool, r->reader.parser->promised);
		if (r->o.replay != NULL && r->rows.rows == 0)
			promise(r, r->replay.promised);
	}
	if (r->o.upsert)
		pw_upsert_commit(&r->upsert, &r->tool);
	if (r->o.sync != NULL)
		pw_must(&r->tool, pw_sync_end(&r->sync));
}

static void start_reading(struct read *r)
{
	const struct pw_schema *schema = &r->layout.schema;

	if (r->o.sync != NULL)
		pw_must(&r->tool, pw_sync_join(&r->sync, &r->tool, NULL, 0));
	pw_builder_init(&r->rows, schema);
	pw_builder_init(&r->piece, schema);
	pw_builder_intern(&r->rows);
	if (r->o.replay != NULL)
		pw_must(&r->tool, pw_replay_start(&r->replay, &r->reader, &r->layout.view));
}

static int finish(struct read *r)
{
	pw_must(&r->tool, pw_reader_report(&r->reader));
	pw_builder_release(&r->rows);
	pw_builder_release(&r->piece);
	pw_sync_close(&r->sync);
	if (r->o.upsert)
		pw_upsert_close(&r->upsert);
	pw_replay_close(&r->replay);
	pw_reader_close(&r->reader);
	pw_layout_release(&r->layout);
	pw_schema_release(&r->found);
	pw_declare_release(&r->declared);
	pw_paths_release(&r->paths);
	return pw_tool_finish(&r->tool);
}

static void find_files(struct read *r)
{
	if (r->tool.arg_count == 0)
		pw_must(&r->tool, pw_fail(PW_USAGE, "a file, directory, pattern or - is needed"));
	for (int i = 0; i < r->tool.arg_count; i++)
		pw_must(&r->tool, pw_paths_add(&r->paths, r->tool.args[i]));
	r->reader.tool = &r->tool;
	r->reader.paths = r->paths.items;
	r->reader.path_count = r->paths.count;
}

/* A stream that was saved. */
static int read_stored(struct read *r)
{
	struct pw_tool *t = &r->tool;
	pw_time time = 0;

	if (r->paths.count != 1)
		pw_must(t, pw_fail(PW_USAGE, "one stream is read at a time, and there are %zu (pw-concat puts"
					     " them together)", r->paths.count));
	if (r->o.schema != NULL || r->o.keys != NULL || r->o.changes || r->o.replay != NULL ||
	    r->o.upsert || r->o.meta || r->o.sync != NULL)
		pw_must(t, pw_fail(PW_USAGE, "a pws stream has its schema and times: -s, -k, --changes,"
					     " --replay, --upsert, --meta and --sync are for other formats"));
	if (r->o.as_of != NULL)
		pw_must(t, pw_stored_time(r->o.as_of, &time));
	pw_tool_stream(t, r->paths.items[0]);
	t->inputs[0].source.salvage = r->o.salvage;
	if (r->o.check)
		pw_tool_output_check(t, &pw_tool_head(t, 0)->schema, "none");
	if (r->o.as_of != NULL)
		pw_stored_as_of(t, time);
	else
		pw_stored_pass(t);
	pw_paths_release(&r->paths);
	return pw_tool_finish(t);
}

int main(int argc, char **argv)
{
	static struct read r = {
		.o = {.infer_rows = PW_PARSER_INFER_ROWS, .max_line = PW_PARSER_LINE_MAX},
	};
	struct pw_tool *t = &r.tool;

	pw_tool_start(t, &program, argc, argv, &r.o);
	pw_must(t, check_options(&r.o));
	bool stored = r.o.format != NULL && pw_must(t, pw_reader_format(&r.reader, r.o.format)) > 0;
	find_files(&r);
	if (r.o.format == NULL)
		stored = pw_reader_stored(&r.reader);
	if (stored)
		return read_stored(&r);
	if (r.o.as_of != NULL || r.o.salvage)
		pw_must(t, pw_fail(PW_USAGE, "--as-of and --salvage are for pws streams"));
	if (r.o.format == NULL)
		pw_must(t, pw_reader_guess(&r.reader));
	pw_must(t, parser_options(&r));
	pw_must(t, pw_reader_rejects(&r.reader));
	pw_must(t, make_layout(&r));
	const struct pw_replay_wish wish = {r.o.replay, r.o.unit, r.o.autocommit, r.o.speed,
					    r.o.from};
	if (r.o.replay != NULL)
		pw_must(t, pw_replay_open(&r.replay, &wish, &r.layout.schema));
	if (r.o.upsert)
		pw_must(t, pw_upsert_open(&r.upsert, &r.layout.schema, r.o.delete_when,
					  &r.reader.reject));
	if (r.o.sync != NULL)
		pw_must(t, pw_sync_open(&r.sync, r.o.sync, &r.layout.schema));
	const char *state = r.o.upsert ? "the row of each key" : "none";
	if (r.o.check)
		pw_tool_output_check(t, &r.layout.schema, state);
	pw_tool_output(t, &r.layout.schema, state);
	start_reading(&r);
	read_all(&r);
	return finish(&r);
}
