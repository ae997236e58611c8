#include "../data/text.h"
#include "intake.h"

#include <stddef.h>

#define AUTOCOMMIT_MOST (INT64_C(36500) * 86400 * 1000000000) /* ns */

#define O(field) offsetof(struct pw_intake_options, field)

const struct pw_option pw_intake_table[] = {
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
	{0, "poll", NULL, PW_OPTION_FLAG, O(poll), false,
	 "with -F: look again and again, do not rely on being told"},
	{0, "commit-line", "TEXT", PW_OPTION_TEXT, O(commit_line), true,
	 "a line that equals TEXT ends a commit, and is no row"},
	{0, "state", "DIR", PW_OPTION_TEXT, O(state), false,
	 "remember in DIR what has been read, and go on from there"},
	{0, "checkpoint-interval", "D", PW_OPTION_DURATION, O(interval), false,
	 "with --state: save what stages remember so often (5s)"},
	{0, "reset", NULL, PW_OPTION_FLAG, O(reset), false,
	 "with --state: forget DIR, and begin anew"},
	{0, "stdin", "again|new", PW_OPTION_TEXT, O(standard), true,
	 "with --state: what standard input is in each run"},
	{0, "max-backlog", "N", PW_OPTION_COUNT, O(backlog), false,
	 "with --state: read no more while sinks lack more than N rows"},
	{0, "track", NULL, PW_OPTION_FLAG, O(track), true,
	 "a file is a table: what it held is taken away when it changes or goes"},
	{0},
};

bool pw_intake_is_live(const struct pw_intake_options *o)
{
	return o->follow || (o->state != NULL && !o->check) || o->program;
}

bool pw_intake_is_timed(const struct pw_intake_options *o)
{
	return o->state != NULL && (o->changes || o->replay != NULL);
}

bool pw_intake_is_fed_anew(const struct pw_intake_options *o)
{
	return o->standard != NULL && strcmp(o->standard, "new") == 0;
}

bool pw_intake_may_grow(const struct pw_intake_options *o)
{
	return !o->track && !pw_intake_is_fed_anew(o) &&
	       (o->follow || (o->state != NULL && !o->finish));
}

static int check_state(const struct pw_intake_options *o)
{
	const char *alone = o->interval != 0      ? "checkpoint-interval"
			    : o->reset            ? "reset"
			    : o->standard != NULL ? "stdin"
			    : o->backlog != 0     ? "max-backlog"
						  : NULL;

	if (o->state == NULL && alone != NULL)
		return pw_fail(PW_USAGE, "--%s goes with --state", alone);
	if (o->state != NULL && *o->state == '\0')
		return pw_fail(PW_USAGE, "--state: '' is no directory (is a variable not set?)");
	if (o->state != NULL && o->replay != NULL && o->follow)
		return pw_fail(PW_USAGE, "--replay with --state does not go on live: it can't be "
					 "followed (-F) in this version");
	if (o->backlog != 0 && pw_intake_is_timed(o))
		return pw_fail(
			PW_USAGE,
			"--max-backlog counts commits of the clock, and does not go with --%s",
			o->changes ? "changes" : "replay");
	if (o->interval != 0 && (o->interval < 2000000 || o->interval > INT64_C(86400000000000)))
		return pw_fail(PW_USAGE, "--checkpoint-interval: from 2ms to 1d");
	if (o->standard != NULL && strcmp(o->standard, "again") != 0 &&
	    strcmp(o->standard, "new") != 0)
		return pw_fail(PW_USAGE, "--stdin: '%s' is not again or new", o->standard);
	return 0;
}

/* Of these 0 is refused: it would mean that nothing was given. */
static int check_zero(struct pw_intake_options *o)
{
	if (o->interval == 0)
		return pw_fail(PW_USAGE, "--checkpoint-interval: from 2ms to 1d");
	if (o->backlog == 0)
		return pw_fail(PW_USAGE, "--max-backlog: 1 row or more");
	if (o->interval == PW_INTAKE_NOT_GIVEN)
		o->interval = 0;
	if (o->backlog == UINT64_MAX)
		o->backlog = 0;
	return 0;
}

/* 0 is a duration too, and not the same as none. */
static int read_autocommit(struct pw_intake_options *o)
{
	o->autocommit = PW_INTAKE_NOT_GIVEN;
	if (o->autocommit_text == NULL ||
	    pw_text_duration(pw_slice_of(o->autocommit_text), &o->autocommit) == 0)
		return 0;
	return pw_fail(PW_USAGE, "--autocommit: '%s' is not a duration, such as 500ms or 1h30m",
		       o->autocommit_text);
}

static int check_track(const struct pw_intake_options *o)
{
	const char *other = o->changes               ? "changes"
			    : o->replay != NULL      ? "replay"
			    : o->upsert              ? "upsert"
			    : o->commit_line != NULL ? "commit-line"
			    : o->sync != NULL        ? "sync"
			    : o->backlog != 0        ? "max-backlog"
						     : NULL;

	if (o->track && other != NULL)
		return pw_fail(PW_USAGE,
			       "--track reads whole files as tables, and does not go with --%s",
			       other);
	return 0;
}

int pw_intake_check(struct pw_intake_options *o)
{
	if (check_zero(o) < 0 || read_autocommit(o) < 0 || check_track(o) < 0 || check_state(o) < 0)
		return -1;
	if (!o->changes && (o->odd || o->double_times || o->append_only))
		return pw_fail(PW_USAGE, "--%s goes with --changes",
			       o->odd            ? "odd"
			       : o->double_times ? "double-times"
						 : "append-only");
	const char *replayed = o->unit != NULL    ? "unit"
			       : o->speed != NULL ? "speed"
			       : o->from != NULL  ? "from"
						  : NULL;
	if (o->replay == NULL && replayed != NULL)
		return pw_fail(PW_USAGE, "--%s goes with --replay", replayed);
	if (o->replay == NULL && !o->follow && o->autocommit != PW_INTAKE_NOT_GIVEN)
		return pw_fail(PW_USAGE, "--autocommit goes with --replay or -F");
	if (o->autocommit != PW_INTAKE_NOT_GIVEN &&
	    (o->autocommit < 0 || o->autocommit > AUTOCOMMIT_MOST))
		return pw_fail(PW_USAGE, "--autocommit: from 0 to 100 years");
	if (o->poll && !o->follow)
		return pw_fail(PW_USAGE, "--poll goes with -F");
	if (o->commit_line != NULL && (o->changes || o->replay != NULL))
		return pw_fail(PW_USAGE,
			       "--commit-line goes with neither --changes nor --replay, whose rows"
			       " say when they are committed");
	if (o->commit_line != NULL &&
	    (*o->commit_line == 0 || strpbrk(o->commit_line, "\r\n") != NULL))
		return pw_fail(PW_USAGE, "--commit-line: one line of text");
	if (o->changes && (o->replay != NULL || o->upsert))
		return pw_fail(PW_USAGE,
			       "--changes has times and changes already, --%s would make its own",
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
