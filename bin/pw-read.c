/*
 * pw-read - files, directories, patterns and standard input become a stream
 *
 * It finds the columns (declared, else inferred from the first rows), then
 * hands on what the parser of the format makes of the bytes. The whole of a
 * static run is one commit at time 0; with -F what comes later is committed by
 * the clock; --changes and --replay take the times from the rows. A stream that
 * was saved is passed on as it is.
 */
#include "../lib/conn/paths.h"
#include "../lib/data/text.h"
#include "../lib/tool/follow.h"
#include "../lib/tool/keeper.h"
#include "../lib/tool/replay.h"
#include "../lib/tool/state.h"
#include "../lib/tool/stored.h"
#include "../lib/tool/sync.h"
#include "../lib/tool/track.h"
#include "../lib/tool/upsert.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

struct options {
	const char *format, *schema, *keys;
	const char *delimiter, *quote, *comment;
	bool no_header, only, meta;
	uint64_t infer_rows, max_line;
	bool changes, odd, double_times, append_only;
	const char *replay, *unit, *speed, *from;
	const char *autocommit_text;
	int64_t autocommit; /* ns, or NOT_GIVEN */
	bool upsert;
	const char *delete_when;
	const char *sync;
	const char *as_of;
	bool salvage;
	bool check, finish;
	bool follow, poll, track;
	const char *commit_line;
	const char *state, *standard;
	int64_t interval;
	uint64_t backlog;
	bool reset;
	bool program; /* a source is one that only a program can read */
};

#define NOT_GIVEN INT64_MIN
#define AUTOCOMMIT      INT64_C(5000000) /* ns */
#define AUTOCOMMIT_MOST (INT64_C(36500) * 86400 * 1000000000)

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
	{0, "autocommit", "D", PW_OPTION_TEXT, O(autocommit_text), false,
	 "commits no closer than this (5ms with -F)"},
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
	{0, "finish", NULL, PW_OPTION_FLAG, O(finish), false, "end the stream as complete"},
	{'F', "follow", NULL, PW_OPTION_FLAG, O(follow), false, "go on with what is added later"},
	{0, "poll", NULL, PW_OPTION_FLAG, O(poll), false, "with -F: look again and again, do not rely on being told"},
	{0, "commit-line", "TEXT", PW_OPTION_TEXT, O(commit_line), true,
	 "a line that equals TEXT ends a commit, and is no row"},
	{0, "state", "DIR", PW_OPTION_TEXT, O(state), false,
	 "remember in DIR what has been read, and go on from there"},
	{0, "checkpoint-interval", "D", PW_OPTION_DURATION, O(interval), false,
	 "with --state: save what stages remember so often (5s)"},
	{0, "reset", NULL, PW_OPTION_FLAG, O(reset), false, "with --state: forget DIR, and begin anew"},
	{0, "stdin", "again|new", PW_OPTION_TEXT, O(standard), true,
	 "with --state: what standard input is in each run"},
	{0, "max-backlog", "N", PW_OPTION_COUNT, O(backlog), false,
	 "with --state: read no more while sinks lack more than N rows"},
	{0, "track", NULL, PW_OPTION_FLAG, O(track), true,
	 "a file is a table: what it held is taken away when it changes or goes"},
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
	struct pw_follow follow;
	struct pw_resume resume;
	struct pw_track track;
	struct pw_replay replay;
	struct pw_upsert upsert;
	struct pw_builder rows;
	struct pw_sync sync;
	bool live;               /* what a replay had to send is behind us */
	struct pw_builder piece; /* of rows, that may pass already */
	pw_time sent;            /* of the last of them */
};

/* ---- options ---- */

/* Does it read by a connector, with commits of its own? */
static bool is_live(const struct options *o)
{
	return o->follow || (o->state != NULL && !o->check) || o->program;
}

/* Is no run's standard input that of another? */
static bool is_fed_anew(const struct options *o)
{
	return o->standard != NULL && strcmp(o->standard, "new") == 0;
}

/* What stands last may still grow, in this run or the next. */
static bool may_grow(const struct options *o)
{
	return !o->track && !is_fed_anew(o) && (o->follow || (o->state != NULL && !o->finish));
}

static int check_state(const struct options *o)
{
	const char *alone = o->interval != 0	 ? "checkpoint-interval"
			    : o->reset		 ? "reset"
			    : o->standard != NULL ? "stdin"
			    : o->backlog != 0	 ? "max-backlog" : NULL;

	if (o->state == NULL && alone != NULL)
		return pw_fail(PW_USAGE, "--%s goes with --state", alone);
	if (o->state != NULL && (o->changes || o->replay != NULL))
		return pw_fail(PW_USAGE, "--state with --%s is not in this version",
			       o->changes ? "changes" : "replay");
	if (o->interval != 0 && (o->interval < 2000000 || o->interval > INT64_C(86400000000000)))
		return pw_fail(PW_USAGE, "--checkpoint-interval: from 2ms to 1d");
	if (o->standard != NULL && strcmp(o->standard, "again") != 0 && strcmp(o->standard, "new") != 0)
		return pw_fail(PW_USAGE, "--stdin: '%s' is not again or new", o->standard);
	return 0;
}

/* 0 is a duration too, and not the same as none. */
static int read_autocommit(struct options *o)
{
	o->autocommit = NOT_GIVEN;
	if (o->autocommit_text == NULL ||
	    pw_text_duration(pw_slice_of(o->autocommit_text), &o->autocommit) == 0)
		return 0;
	return pw_fail(PW_USAGE, "--autocommit: '%s' is not a duration, such as 500ms or 1h30m",
		       o->autocommit_text);
}

static int check_track(const struct options *o)
{
	const char *other = o->changes	       ? "changes"
			    : o->replay != NULL      ? "replay"
			    : o->upsert		       ? "upsert"
			    : o->commit_line != NULL ? "commit-line"
			    : o->sync != NULL	       ? "sync"
			    : o->backlog != 0	       ? "max-backlog" : NULL;

	if (o->track && other != NULL)
		return pw_fail(PW_USAGE, "--track reads whole files as tables, and goes not with --%s", other);
	return 0;
}

static int check_options(const struct options *o)
{
	if (check_track(o) < 0 || check_state(o) < 0)
		return -1;
	if (!o->changes && (o->odd || o->double_times || o->append_only))
		return pw_fail(PW_USAGE, "--%s goes with --changes", o->odd		? "odd"
								     : o->double_times ? "double-times"
										       : "append-only");
	const char *replayed = o->unit != NULL	  ? "unit"
			       : o->speed != NULL ? "speed"
			       : o->from != NULL  ? "from" : NULL;
	if (o->replay == NULL && replayed != NULL)
		return pw_fail(PW_USAGE, "--%s goes with --replay", replayed);
	if (o->replay == NULL && !o->follow && o->autocommit != NOT_GIVEN)
		return pw_fail(PW_USAGE, "--autocommit goes with --replay or -F");
	if (o->autocommit != NOT_GIVEN && (o->autocommit < 0 || o->autocommit > AUTOCOMMIT_MOST))
		return pw_fail(PW_USAGE, "--autocommit: from 0 to 100 years");
	if (o->poll && !o->follow)
		return pw_fail(PW_USAGE, "--poll goes with -F");
	if (o->commit_line != NULL && (o->changes || o->replay != NULL))
		return pw_fail(PW_USAGE, "--commit-line goes with neither --changes nor --replay, whose rows"
					 " say when they are committed");
	if (o->commit_line != NULL && (*o->commit_line == 0 || strpbrk(o->commit_line, "\r\n") != NULL))
		return pw_fail(PW_USAGE, "--commit-line: one line of text");
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

/* By what is there; else by what the sources are called. */
static int guess_format(struct read *r)
{
	struct pw_reader by_name = {.paths = r->tool.args, .path_count = (size_t)r->tool.arg_count};
	struct stat st;

	if (pw_resume_format(&r->resume) != NULL) {
		r->reader.kind = pw_parser_kind_named(pw_resume_format(&r->resume));
		return r->reader.kind != NULL ? 0 : pw_fail(PW_STATE, "%s: the format is unknown",
							     r->resume.journal.path);
	}
	if (r->paths.count > 0 || !is_live(&r->o))
		return pw_reader_guess(&r->reader);
	for (size_t i = 0; i < by_name.path_count; i++)
		if (stat(by_name.paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			return r->paths.nowhere != NULL
				       ? pw_fail(PW_USAGE, "%s: the link leads to nothing that is there yet, and"
							   " %s holds no file: say their format with -f",
						 r->paths.nowhere, by_name.paths[i])
				       : pw_fail(PW_USAGE, "%s: a directory without files: say their format"
							   " with -f", by_name.paths[i]);
	if (pw_reader_guess(&by_name) < 0)
		return -1;
	r->reader.kind = by_name.kind;
	return 0;
}

static int open_source(struct read *r)
{
	const struct options *o = &r->o;
	const int64_t unless = o->commit_line != NULL ? -1 : AUTOCOMMIT;
	const struct pw_follow_wish wish = {
		.source = {.sources = r->tool.args,
			   .source_count = (size_t)r->tool.arg_count,
			   .follow = o->follow,
			   .resumable = o->state != NULL && !o->check,
			   .hold_last = may_grow(o),
			   .poll = o->poll,
			   .track = o->track},
		.commit_line = o->commit_line,
		.autocommit = o->autocommit == NOT_GIVEN ? unless : o->autocommit,
		.timed = o->changes,
		.backlog = o->backlog,
	};

	if (r->reader.kind == &pw_whole && !o->track)
		return pw_fail(PW_USAGE, "-f file with %s needs --track: a file is a row, and changes as a"
					 " whole", o->follow ? "-F" : o->program ? "SCHEME://" : "--state");
	if (pw_follow_open(&r->follow, &r->reader, &wish) < 0)
		return -1;
	/* Standard input that is fed again begins at its beginning, and is skipped. */
	if (!wish.source.resumable || r->follow.connector->kind == &pw_connector_stdin)
		return 0;
	return pw_resume_seek(&r->resume, r->follow.connector);
}

/* ---- columns ---- */

static int no_files(const struct read *r)
{
	return pw_fail(PW_DATA, "%s: a directory without files (declare the columns with -s to read it"
				" as empty)", r->tool.args[0]);
}

/* Has an earlier run written a journal? */
static bool is_resumed(const struct read *r)
{
	return r->resume.store != NULL && !r->resume.is_new;
}

/* Are there columns whose types no row has shown yet? Then the first rows are waited for. */
static bool lacks_rows(const struct read *r, const struct pw_layout_wish *wish)
{
	const struct pw_parser *p = r->reader.parser;

	if (!is_live(&r->o) || p->sampled > 0 || p->kind == &pw_lines || p->kind == &pw_whole)
		return false;
	return r->declared.count == 0 ||
	       (r->found.count > 0 && !pw_layout_is_declared(wish, &r->found));
}

static int find_columns(struct read *r, const struct pw_layout_wish *wish)
{
	if (r->o.only || (r->paths.count == 0 && !is_live(&r->o)))
		return 0;
	if (is_resumed(r))
		return pw_resume_found(&r->resume, &r->found);
	if (pw_reader_sample(&r->reader, wish, &r->found) < 0)
		return -1;
	if (!lacks_rows(r, wish))
		return 0;
	if (!r->o.follow && pw_connector_of(r->tool.args[0]) == &pw_connector_files)
		return 0; /* there are none */
	pw_schema_release(&r->found);
	return pw_follow_sample(&r->follow, &r->found);
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
	if (r->paths.count == 0 && r->declared.count == 0 && !is_live(o))
		return no_files(r);
	if (find_columns(r, &wish) < 0)
		return -1;
	if (r->found.count == 0 && r->declared.count == 0)
		return pw_fail(PW_DATA, "%s: no row to find columns in (declare them with -s)",
			       r->tool.args[0]);
	if (pw_layout_make(&r->layout, &wish, &r->found) < 0)
		return -1;
	r->layout.schema.is_static = !o->changes && o->replay == NULL && !o->follow && o->state == NULL &&
				     !o->program;
	r->layout.schema.append_only = o->changes ? o->append_only
						   : (!o->upsert && !o->track) || r->layout.schema.is_static;
	return r->paths.count == 0 && !is_live(o) ? 0 : pw_reader_bind(&r->reader, &r->layout.view);
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
	const int more = pw_must(&r->tool, r->o.replay != NULL ? pw_replay_next(&r->replay, &r->rows)
							       : pw_reader_next(&r->reader, &r->rows));
	r->tool.rows_in += r->rows.rows;
	return more > 0;
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

/*
 * Sends rows as the other readers of the group let them pass. Where rows carry
 * their times, what is complete is said first; of a followed source that has
 * been done.
 */
static void send_in_step(struct read *r, const struct pw_batch *batch)
{
	for (uint32_t from = 0, n; from < batch->rows; from += n) {
		while ((n = (uint32_t)pw_must(&r->tool, pw_sync_pass(&r->sync, batch, from))) == 0) {
			const pw_time next = pw_batch_time(batch, from);
			if (next > r->sent && !r->live)
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
	if (r->o.sync != NULL && !is_live(&r->o))
		pw_must(&r->tool, pw_sync_end(&r->sync));
}

/* A frontier: what is below it is complete, and in a line with state durable. */
static void pass_frontier(struct read *r, bool cut)
{
	const pw_time frontier = r->follow.frontier;

	if (cut && r->o.upsert)
		pw_upsert_commit(&r->upsert, &r->tool);
	if (r->o.upsert)
		pw_tool_point(&r->tool, frontier);
	pw_tool_frontier(&r->tool, frontier);
	pw_tool_durable_below(&r->tool, frontier);
}

/* Where an earlier run has ended, or the replay; else at the beginning. */
static void begin_live(struct read *r)
{
	struct pw_follow *f = &r->follow;

	r->live = true;
	if (r->o.replay != NULL) {
		pw_must(&r->tool, pw_follow_start_behind(f, &r->replay.files.ends, r->replay.now));
		promise(r, f->frontier);
		return;
	}
	pw_follow_start(f, r->resume.store != NULL ? &r->resume : NULL,
			pw_connector_of(r->tool.args[0]) != &pw_connector_stdin);
}

/* Rows and commits as they come, until a stop or the end of the source. */
static void read_live(struct read *r)
{
	struct pw_follow *f = &r->follow;
	int event;

	begin_live(r);
	if (r->o.track)
		pw_must(&r->tool, pw_track_open(&r->track, f, &r->layout.schema));
	do {
		pw_builder_clear(&r->rows);
		if (r->o.sync != NULL)
			pw_must(&r->tool, pw_sync_silent(&r->sync));
		event = pw_must(&r->tool, r->o.track ? pw_track_next(&r->track, &r->rows)
						     : pw_follow_next(f, &r->rows));
		if (!r->o.track) /* which compares the rows that it reads, and counts them there */
			r->tool.rows_in += r->rows.rows;
		if (event == PW_FOLLOW_ROWS && r->o.sync != NULL)
			send_in_step(r, pw_builder_view(&r->rows));
		else if (event == PW_FOLLOW_ROWS)
			send(r, pw_builder_view(&r->rows));
		if (event == PW_FOLLOW_FRONTIER || r->o.changes)
			pass_frontier(r, event == PW_FOLLOW_FRONTIER && f->cut);
	} while (event != PW_FOLLOW_END);
	if (r->o.sync != NULL && !f->suspended)
		pw_must(&r->tool, pw_sync_end(&r->sync));
	if (!f->dropped)
		pw_tool_durable_below(&r->tool, PW_TIME_END);
	if ((f->suspended || r->o.state != NULL) && !r->o.finish)
		pw_tool_suspend(&r->tool);
}

/* ---- state ---- */

/* Who comes first forgets the directory; for those that join it is forgotten. */
static void reset(struct read *r)
{
	if (pw_store_reset(r->o.state) == 0)
		return;
	if (pw_fail_status() != PW_BUSY)
		pw_tool_fail(&r->tool);
	pw_fail_clear();
}

static void enter(struct read *r)
{
	const struct options *o = &r->o;

	for (int i = 0; i < r->tool.arg_count; i++)
		if (pw_connector_of(r->tool.args[i]) == &pw_connector_stdin && o->standard == NULL)
			pw_must(&r->tool, pw_fail(PW_USAGE, "- with --state needs --stdin=again: each run is"
							    " fed the same bytes from the start; or"
							    " --stdin=new: each is fed new ones"));
	if (o->reset)
		reset(r);
	pw_tool_enter(&r->tool, o->state, (uint64_t)o->interval / 1000000);
	pw_must(&r->tool, pw_resume_open(&r->resume, pw_tool_store(&r->tool)));
	if (is_fed_anew(o))
		pw_must(&r->tool, pw_resume_keep_input(&r->resume));
}

/* What the first run was is kept; a later one must be the same. */
static int settle_columns(struct read *r)
{
	const struct pw_command *c = &r->tool.command;

	if (is_resumed(r))
		return pw_resume_check(&r->resume, c->canonical, c->canonical_count, &r->layout.schema);
	return pw_resume_begin(&r->resume, c->canonical, c->canonical_count, r->reader.kind->name,
			       &r->found, &r->layout.schema);
}

static void keep_rows(struct read *r)
{
	static struct pw_keeper keeper;

	keeper = pw_upsert_keeper(&r->upsert);
	r->upsert.dirty.on = pw_must(&r->tool, pw_tool_keep(&r->tool, &keeper, &r->upsert)) > 0;
}

/* ---- start and end ---- */

static void start_reading(struct read *r)
{
	const struct pw_schema *schema = &r->layout.schema;

	const struct pw_store *store = pw_tool_store(&r->tool);
	if (r->o.sync != NULL)
		pw_must(&r->tool, pw_sync_join(&r->sync, &r->tool, store != NULL ? store->path : NULL,
					       store != NULL ? store->run : 0));
	pw_builder_init(&r->rows, schema);
	pw_builder_init(&r->piece, schema);
	pw_builder_intern(&r->rows);
	if (r->follow.held) /* there were no rows at start */
		r->reader.path_count = 0;
	if (r->o.replay != NULL)
		pw_must(&r->tool, pw_replay_start(&r->replay, &r->reader, &r->layout.view));
}

static int finish(struct read *r)
{
	pw_must(&r->tool, pw_reader_report(&r->reader));
	pw_sync_close(&r->sync);
	const int status = pw_tool_finish(&r->tool); /* saves what is kept a last time */
	pw_builder_release(&r->rows);
	pw_builder_release(&r->piece);
	if (r->o.upsert)
		pw_upsert_close(&r->upsert);
	pw_replay_close(&r->replay);
	pw_track_close(&r->track);
	pw_follow_close(&r->follow);
	pw_resume_close(&r->resume);
	pw_reader_close(&r->reader);
	pw_layout_release(&r->layout);
	pw_schema_release(&r->found);
	pw_declare_release(&r->declared);
	pw_paths_release(&r->paths);
	return status;
}

/* What is there now. Of what is followed it is the connector's to say what is missing. */
static void add_path(struct read *r, const char *source)
{
	if (is_live(&r->o) && pw_connector_of(source) != &pw_connector_files)
		return;
	if (is_resumed(r) || pw_paths_add(&r->paths, source) == 0)
		return;
	if (!r->o.follow || (r->o.replay != NULL && strpbrk(source, "*?[") == NULL))
		pw_tool_fail(&r->tool);
	pw_fail_clear();
}

/* An empty file is a table without rows, and shows no columns. */
static void leave_empty_out(struct pw_paths *paths)
{
	size_t n = 0;
	struct stat st;

	for (size_t i = 0; i < paths->count; i++)
		if (stat(paths->items[i], &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
			free(paths->items[i]);
		else
			paths->items[n++] = paths->items[i];
	paths->count = n;
}

static void find_files(struct read *r)
{
	if (r->tool.arg_count == 0)
		pw_must(&r->tool, pw_fail(PW_USAGE, "a file, directory, pattern or - is needed"));
	r->paths.follow = r->o.follow;
	for (int i = 0; i < r->tool.arg_count; i++)
		r->o.program |= pw_connector_of(r->tool.args[i]) == &pw_connector_program;
	if (r->o.program && r->o.replay != NULL)
		pw_must(&r->tool, pw_fail(PW_USAGE, "--replay of SCHEME:// is not in this version"));
	for (int i = 0; i < r->tool.arg_count; i++) {
		if (r->o.follow && r->o.replay != NULL && strcmp(r->tool.args[i], "-") == 0)
			pw_must(&r->tool, pw_fail(PW_USAGE, "--replay with -F is for files: standard input has no"
							    " end from which to go on live"));
		add_path(r, r->tool.args[i]);
	}
	if (r->o.track && is_live(&r->o))
		leave_empty_out(&r->paths);
	r->reader.tool = &r->tool;
	r->reader.grows = is_live(&r->o) && may_grow(&r->o);
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
	if (r->o.follow || r->o.state != NULL)
		pw_must(t, pw_fail(PW_USAGE, "a pws stream is not followed, nor has it state of its own"));
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
		.o = {.infer_rows = PW_PARSER_INFER_ROWS,
		      .max_line = PW_PARSER_LINE_MAX},
	};
	struct pw_tool *t = &r.tool;

	pw_tool_start(t, &program, argc, argv, &r.o);
	pw_must(t, read_autocommit(&r.o));
	pw_must(t, check_options(&r.o));
	bool stored = r.o.format != NULL && pw_must(t, pw_reader_format(&r.reader, r.o.format)) > 0;
	if (r.o.state != NULL && !r.o.check && !stored)
		enter(&r);
	find_files(&r);
	if (r.o.format == NULL)
		stored = pw_reader_stored(&r.reader);
	if (stored)
		return read_stored(&r);
	if (r.o.as_of != NULL || r.o.salvage)
		pw_must(t, pw_fail(PW_USAGE, "--as-of and --salvage are for pws streams"));
	if (r.o.format == NULL)
		pw_must(t, guess_format(&r));
	pw_must(t, parser_options(&r));
	pw_must(t, pw_reader_rejects(&r.reader));
	if (is_live(&r.o))
		pw_must(t, open_source(&r));
	pw_must(t, make_layout(&r));
	if (r.resume.store != NULL)
		pw_must(t, settle_columns(&r));
	const struct pw_replay_wish wish = {r.o.replay, r.o.unit,
					    r.o.autocommit == NOT_GIVEN ? 0 : r.o.autocommit,
					    r.o.speed, r.o.from};
	if (r.o.replay != NULL)
		pw_must(t, pw_replay_open(&r.replay, &wish, &r.layout.schema));
	if (r.o.upsert)
		pw_must(t, pw_upsert_open(&r.upsert, &r.layout.schema, r.o.delete_when,
					  &r.reader.reject));
	if (r.o.sync != NULL)
		pw_must(t, pw_sync_open(&r.sync, r.o.sync, &r.layout.schema));
	const char *state = r.o.upsert ? "the row of each key" : "none";
	t->follows = r.o.follow;
	if (r.o.check)
		pw_tool_output_check(t, &r.layout.schema, state);
	if (r.o.upsert)
		keep_rows(&r);
	pw_tool_output(t, &r.layout.schema, state);
	start_reading(&r);
	if (!is_live(&r.o) || r.o.replay != NULL)
		read_all(&r);
	if (is_live(&r.o))
		read_live(&r);
	return finish(&r);
}
