#include "../conn/ticks.h"
#include "../data/text.h"
#include "intake.h"

#define AUTOCOMMIT_MOST (INT64_C(36500) * 86400 * 1000000000) /* ns */

bool pw_intake_is_live(const struct pw_intake_options *o)
{
	return o->follow || (o->state != NULL && !o->check) || o->program || o->clock;
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
	return !o->track && !o->clock && !pw_intake_is_fed_anew(o) &&
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

/* A 0 that is given is refused; afterwards 0 means that nothing was given. */
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

/* A duration of 0 is one too, and not the same as none. */
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
		return pw_fail(PW_USAGE,
			       "-k COLS is missing: --upsert needs the columns that name a row");
	if (o->infer_rows == 0)
		return pw_fail(PW_USAGE, "--infer-rows: at least 1");
	if (o->delete_when != NULL && !o->upsert)
		return pw_fail(PW_USAGE, "--delete-when goes with --upsert");
	if (o->max_line == 0 || o->max_line > (uint64_t)1 << 30)
		return pw_fail(PW_USAGE, "--max-line: from 1 to 1G");
	return 0;
}

/* The options that say how text is read, or when its rows are committed. */
static const char *not_of_clock(const struct pw_intake_options *o)
{
	return o->format != NULL            ? "format"
	       : o->schema != NULL          ? "schema"
	       : o->only                    ? "only"
	       : o->delimiter != NULL       ? "delimiter"
	       : o->quote != NULL           ? "quote"
	       : o->comment != NULL         ? "comment"
	       : o->no_header               ? "no-header"
	       : o->meta                    ? "meta"
	       : o->changes                 ? "changes"
	       : o->replay != NULL          ? "replay"
	       : o->upsert                  ? "upsert"
	       : o->track                   ? "track"
	       : o->commit_line != NULL     ? "commit-line"
	       : o->autocommit_text != NULL ? "autocommit"
	       : o->poll                    ? "poll"
	       : o->standard != NULL        ? "stdin"
	       : o->as_of != NULL           ? "as-of"
	       : o->salvage                 ? "salvage"
					    : NULL;
}

int pw_intake_clock(struct pw_intake *in)
{
	struct pw_intake_options *o = &in->o;
	const char *source = in->tool->args[0], *other = not_of_clock(o);
	int64_t step;

	for (int i = 1; pw_connector_of(source) != &pw_connector_clock; i++)
		source = in->tool->args[i];
	if (in->tool->arg_count > 1)
		return pw_fail(PW_USAGE,
			       "%s is a stream of its own: read it alone, and put streams together"
			       " with pw-concat",
			       source);
	if (pw_ticks_interval(source, &step) < 0)
		return -1;
	if (other != NULL)
		return pw_fail(PW_USAGE,
			       "%s has one column, now, and commits at its times: --%s does not go"
			       " with it",
			       source, other);
	o->schema = "now datetime_utc!";
	return 0;
}
