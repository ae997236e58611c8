#include "intake.h"
#include "../base/io.h"
#include "../tool/state.h"

#include <stdlib.h>
#include <sys/stat.h>

#define AUTOCOMMIT INT64_C(5000000) /* ns */

/* Has an earlier run written a journal? */
static bool is_resumed(const struct pw_intake *in)
{
	return in->resume.store != NULL && !in->resume.is_new;
}

/* ---- files ---- */

/* Adds the files that are there now. If they are followed, the connector says which are missing. */
static int add_path(struct pw_intake *in, const char *source)
{
	if (pw_intake_is_live(&in->o) && pw_connector_of(source) != &pw_connector_files)
		return 0;
	const bool replays = in->o.replay != NULL && pw_resume_plays_replay(&in->resume);
	if ((is_resumed(in) && !replays) || pw_paths_add(&in->paths, source) == 0)
		return 0;
	if (replays && is_resumed(in) && pw_resume_is_live(&in->resume)) {
		pw_fail_clear(); /* where rows have to be read again, it is missed then */
		return 0;
	}
	if (!in->o.follow || (in->o.replay != NULL && strpbrk(source, "*?[") == NULL))
		return -1;
	pw_fail_clear();
	return 0;
}

/* Leaves out empty files: each is a table without rows, and shows no columns. */
static void leave_empty_out(struct pw_paths *paths)
{
	size_t n = 0;
	struct stat st;

	for (size_t i = 0; i < paths->count; i++)
		if (pw_io()->stat(paths->items[i], &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size == 0)
			free(paths->items[i]);
		else
			paths->items[n++] = paths->items[i];
	paths->count = n;
}

/* An earlier run has read something; a source that is gone is no error if all of it was read, but is said. */
static void say_gone(const struct pw_intake *in)
{
	for (int i = 0; i < in->tool->arg_count && is_resumed(in); i++) {
		const char *source = in->tool->args[i];
		if (pw_connector_of(source) == &pw_connector_files && pw_paths_gone(source))
			pw_tool_say(
				in->tool,
				"%s: no file is there, and an earlier run was given this source",
				source);
	}
}

static int find_files(struct pw_intake *in)
{
	if (in->tool->arg_count == 0)
		return pw_fail(PW_USAGE, "1 source or more expected, 0 given: a file, directory, "
					 "pattern or - (stdin)");
	in->paths.follow = in->o.follow;
	for (int i = 0; i < in->tool->arg_count; i++)
		in->o.program |= pw_connector_of(in->tool->args[i]) == &pw_connector_program;
	if (in->o.program && in->o.replay != NULL)
		return pw_fail(PW_USAGE, "--replay of SCHEME:// is not in this version");
	for (int i = 0; i < in->tool->arg_count; i++) {
		if (in->o.follow && in->o.replay != NULL && strcmp(in->tool->args[i], "-") == 0)
			return pw_fail(PW_USAGE,
				       "--replay with -F is for files: standard input has no"
				       " end from which to go on live");
		if (add_path(in, in->tool->args[i]) < 0)
			return -1;
	}
	say_gone(in);
	if (in->o.track && pw_intake_is_live(&in->o))
		leave_empty_out(&in->paths);
	in->reader.tool = in->tool;
	in->reader.grows = pw_intake_is_live(&in->o) && pw_intake_may_grow(&in->o);
	in->reader.paths = in->paths.items;
	in->reader.path_count = in->paths.count;
	if (in->o.format == NULL)
		in->stored = pw_reader_stored(&in->reader);
	return 0;
}

/* A clock is known by its name: no file is looked for. */
static int find_clock(struct pw_intake *in)
{
	for (int i = 0; i < in->tool->arg_count; i++)
		in->o.clock |= pw_connector_of(in->tool->args[i]) == &pw_connector_clock;
	in->reader.kind = in->o.clock ? &pw_lines : NULL;
	return in->o.clock ? pw_intake_clock(in) : 0;
}

/* ---- format ---- */

static int find_format(struct pw_intake *in)
{
	const int stored = in->o.format != NULL ? pw_reader_format(&in->reader, in->o.format) : 0;

	in->stored = stored > 0;
	return stored < 0 ? -1 : 0;
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

static int parser_options(struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;
	struct pw_parser_options *p = &in->reader.options;

	*p = (struct pw_parser_options){
		.delimiter = in->reader.kind == &pw_tsv ? '\t' : ',',
		.look = o->delimiter == NULL,
		.look_quote = o->quote == NULL,
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
		.kept = o->state != NULL,
	};
	if (byte_of("delimiter", o->delimiter, false, &p->delimiter) < 0 ||
	    byte_of("quote", o->quote, true, &p->quote) < 0 ||
	    byte_of("comment", o->comment, false, &p->comment) < 0)
		return -1;
	if (pw_resume_delimiter(&in->resume) != 0)
		p->delimiter = pw_resume_delimiter(&in->resume);
	if (p->delimiter == p->quote || p->delimiter == p->comment ||
	    (p->quote != 0 && p->quote == p->comment))
		return pw_fail(PW_USAGE, "--delimiter, --quote and --comment must differ");
	return 0;
}

/* By the files that are there; else by the names of the sources. */
static int guess_format(struct pw_intake *in)
{
	struct pw_reader by_name = {.paths = in->tool->args,
				    .path_count = (size_t)in->tool->arg_count};
	struct stat st;

	if (pw_resume_format(&in->resume) != NULL) {
		in->reader.kind = pw_parser_kind_named(pw_resume_format(&in->resume));
		return in->reader.kind != NULL
			       ? 0
			       : pw_fail(PW_STATE,
					 "%s: its format is not one that this pw-read knows",
					 in->resume.journal.path);
	}
	if (in->paths.count > 0 || !pw_intake_is_live(&in->o))
		return pw_reader_guess(&in->reader);
	for (size_t i = 0; i < by_name.path_count; i++)
		if (pw_io()->stat(by_name.paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			return in->paths.nowhere != NULL
				       ? pw_fail(PW_USAGE,
						 "%s: the link leads to nothing that is there yet, "
						 "and"
						 " %s holds no file: say their format with -f",
						 in->paths.nowhere, by_name.paths[i])
				       : pw_fail(PW_USAGE,
						 "%s: a directory without files: say their format"
						 " with -f",
						 by_name.paths[i]);
	if (pw_reader_guess(&by_name) < 0)
		return -1;
	in->reader.kind = by_name.kind;
	return 0;
}

static int open_source(struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;
	const int64_t unless = o->commit_line != NULL ? -1 : AUTOCOMMIT;
	const struct pw_follow_wish wish = {
		.source = {.sources = in->tool->args,
			   .source_count = (size_t)in->tool->arg_count,
			   .follow = o->follow,
			   .resumable = o->state != NULL && !o->check,
			   .hold_last = pw_intake_may_grow(o),
			   .poll = o->poll,
			   .track = o->track},
		.commit_line = o->commit_line,
		.autocommit = o->autocommit == PW_INTAKE_NOT_GIVEN ? unless : o->autocommit,
		.timed = o->changes,
		.backlog = o->backlog,
	};

	if (in->reader.kind == &pw_whole && !o->track)
		return pw_fail(PW_USAGE,
			       "-f file with %s needs --track: a file is a row, and changes as a"
			       " whole",
			       o->follow    ? "-F"
			       : o->program ? "SCHEME://"
					    : "--state");
	if (pw_follow_open(&in->follow, &in->reader, &wish) < 0)
		return -1;
	/* Standard input that is fed again begins at its beginning, and is passed over. */
	if (!wish.source.resumable || in->follow.connector->kind == &pw_connector_stdin ||
	    (o->replay != NULL && !pw_resume_is_live(&in->resume)))
		return 0;
	return pw_resume_seek(&in->resume, in->follow.connector);
}

static int check_replay(const struct pw_intake *in)
{
	const char *what = in->tool->common.on_error;

	if (in->reader.kind == &pw_whole)
		return pw_fail(PW_USAGE,
			       "-f file does not go with --replay and --state: a file is a row");
	if (what == NULL || strcmp(what, "stop") == 0 || strcmp(what, "null") == 0 ||
	    strcmp(what, "skip") == 0)
		return 0;
	return pw_fail(
		PW_USAGE,
		"--on-error %s: a row that is dropped has no time, by which a later run of --replay"
		" with --state would know it: use skip",
		what);
}

static int open_reader(struct pw_intake *in)
{
	const bool replays = pw_intake_is_timed(&in->o) && in->o.replay != NULL;

	if (in->o.as_of != NULL || in->o.salvage)
		return pw_fail(PW_USAGE, "--as-of and --salvage are for pws streams");
	if ((in->o.format == NULL && !in->o.clock && guess_format(in) < 0) ||
	    parser_options(in) < 0 || (replays && check_replay(in) < 0) ||
	    pw_reader_rejects(&in->reader) < 0)
		return -1;
	/* a replay with state knows files by itself, and needs a connector when it is over */
	return pw_intake_is_live(&in->o) &&
			       (!replays || in->o.follow || pw_resume_is_live(&in->resume))
		       ? open_source(in)
		       : 0;
}

/* ---- columns ---- */

static int no_files(const struct pw_intake *in)
{
	return pw_fail(PW_DATA,
		       "%s: a directory without files (declare the columns with -s to read it"
		       " as empty)",
		       in->tool->args[0]);
}

/*
 * May there be columns that are not declared, and whose types no row has shown yet?
 * Then the first rows are waited for, or a header of declared columns.
 */
static bool lacks_rows(const struct pw_intake *in, const struct pw_layout_wish *wish)
{
	const struct pw_parser *p = in->reader.parser;

	if (!pw_intake_is_live(&in->o) || p->sampled > 0 || p->kind == &pw_lines ||
	    p->kind == &pw_whole)
		return false;
	return in->found.schema.count == 0 || !pw_layout_is_declared(wish, &in->found.schema);
}

static int find_columns(struct pw_intake *in, const struct pw_layout_wish *wish)
{
	if (in->o.only || (in->paths.count == 0 && !pw_intake_is_live(&in->o)))
		return 0;
	if (is_resumed(in))
		return pw_resume_found(&in->resume, &in->found);
	if (pw_reader_sample(&in->reader, wish, &in->found) < 0)
		return -1;
	pw_reader_keep_delimiter(&in->reader);
	if (!lacks_rows(in, wish))
		return 0;
	if (!in->o.follow && pw_connector_of(in->tool->args[0]) == &pw_connector_files)
		return 0; /* there are no rows */
	pw_found_release(&in->found);
	if (pw_follow_sample(&in->follow, wish, &in->found) < 0)
		return -1;
	pw_reader_keep_delimiter(&in->reader);
	return 0;
}

static int make_layout(struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;
	const struct pw_layout_wish wish = {
		.declared = &in->declared,
		.keys = o->keys,
		.only = o->only,
		.by_place = (o->no_header && in->reader.kind->header != NULL) ||
			    in->reader.kind == &pw_lines,
		.meta = o->meta,
	};

	if (o->schema != NULL && pw_declare_read(&in->declared, o->schema) < 0)
		return -1;
	if (o->only && in->declared.count == 0)
		return pw_fail(PW_USAGE, "--only needs -s, the columns to keep");
	if (in->paths.count == 0 && in->declared.count == 0 && !pw_intake_is_live(o))
		return no_files(in);
	if (find_columns(in, &wish) < 0)
		return -1;
	if (in->found.schema.count == 0 && in->declared.count == 0)
		return pw_fail(PW_DATA, "%s: no row to find columns in (declare them with -s)",
			       in->tool->args[0]);
	if (pw_layout_make(&in->layout, &wish, &in->found) < 0)
		return -1;
	struct pw_schema *schema = &in->layout.schema;
	schema->is_static =
		!o->changes && o->replay == NULL && !o->follow && o->state == NULL && !o->program;
	schema->append_only =
		o->changes ? o->append_only : (!o->upsert && !o->track) || schema->is_static;
	if (in->paths.count == 0 && !pw_intake_is_live(o))
		return 0;
	if (pw_reader_bind(&in->reader, &in->layout.view) < 0)
		return -1;
	return is_resumed(in) ? 0 : pw_reader_check_headers(&in->reader);
}

/* The journal holds what the first run was like; a later one must be the same. */
static int check_run(struct pw_intake *in)
{
	const struct pw_command *c = &in->tool->command;
	const bool coarser = in->o.replay != NULL && in->o.autocommit > 2000000;
	char *extra = coarser ? pw_mem_print("--autocommit=%" PRId64 "ns", in->o.autocommit) : NULL;
	char **options = pw_mem_alloc(c->canonical_count + 1, sizeof *options);
	size_t count = 0;

	for (; count < c->canonical_count; count++)
		options[count] = c->canonical[count];
	if (coarser) /* it makes the rows' times, and so is an option that matters */
		options[count++] = extra;
	const int rc =
		is_resumed(in)
			? pw_resume_check(&in->resume, options, count, &in->layout.schema)
			: pw_resume_begin(&in->resume, options, count, in->reader.kind->name,
					  in->reader.parser != NULL ? in->reader.parser->delimiter
								    : 0,
					  &in->found, &in->layout.schema);
	free(options);
	free(extra);
	pw_resume_remember(&in->resume, &in->layout);
	return rc;
}

/* ---- state ---- */

static int check_standard(const struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;
	bool standard = false;

	for (int i = 0; i < in->tool->arg_count; i++)
		standard |= pw_connector_of(in->tool->args[i]) == &pw_connector_stdin;
	if (standard && o->replay != NULL)
		return pw_fail(PW_USAGE,
			       "--replay with --state is for files, which can be read again from"
			       " where it stopped: write standard input into one");
	if (standard && o->standard == NULL)
		return pw_fail(PW_USAGE,
			       "- with --state needs --stdin=again: each run is fed the same bytes"
			       " from the start; or --stdin=new: each is fed new ones");
	return 0;
}

/* The first reader of a run forgets the directory; for those that join the run it is forgotten already. */
static int reset(const struct pw_intake *in)
{
	if (pw_store_reset(in->o.state) == 0)
		return 0;
	if (pw_fail_status() != PW_BUSY)
		return -1;
	pw_fail_clear();
	return 0;
}

/* Does R lie above the first time that new rows may have? One that takes its times from the clock begins with 0. */
static bool is_passed(const struct pw_intake *in)
{
	const struct pw_resume *r = &in->resume;
	const bool timed = pw_intake_is_timed(&in->o) && !pw_resume_is_live(r);
	const pw_time first = timed ? pw_resume_floor(r) : 0;

	return (timed || r->is_empty) && first < r->store->restart;
}

static int enter(struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;

	if (check_standard(in) < 0 || (o->reset && reset(in) < 0))
		return -1;
	pw_tool_enter(in->tool, o->state, (uint64_t)o->interval / 1000000);
	if (pw_resume_open(&in->resume, pw_tool_store(in->tool), o->track) < 0)
		return -1;
	if (is_passed(in))
		pw_tool_missed(in->tool);
	return pw_intake_is_fed_anew(o) ? pw_resume_copy_input(&in->resume) : 0;
}

/* ---- opening ---- */

int pw_intake_open(struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;

	if (find_clock(in) < 0 || pw_intake_check(&in->o) < 0 || find_format(in) < 0)
		return -1;
	if (o->state != NULL && !o->check && !in->stored && enter(in) < 0)
		return -1;
	if (find_files(in) < 0)
		return -1;
	if (in->stored)
		return 0;
	if (open_reader(in) < 0 || make_layout(in) < 0)
		return -1;
	return in->resume.store != NULL ? check_run(in) : 0;
}

void pw_intake_say_undecided(const struct pw_intake *in)
{
	struct pw_bytes names = {0};

	for (size_t i = 0; i < in->layout.view.count; i++) {
		const struct pw_parser_undecided *u = in->layout.columns[i].undecided;
		if (u != NULL && pw_parser_lacks_values(u))
			pw_bytes_print(&names, "%s%s", names.length > 0 ? ", " : "",
				       in->layout.columns[i].name);
	}
	if (names.length > 0)
		pw_tool_say(in->tool,
			    "undecided: %s: str until a value comes, which must be a text then"
			    " (declare them with -s)",
			    pw_bytes_string(&names));
	pw_bytes_release(&names);
}

int pw_intake_report(struct pw_intake *in)
{
	return in->stored ? 0 : pw_reader_report(&in->reader);
}

void pw_intake_close(struct pw_intake *in)
{
	pw_follow_close(&in->follow);
	pw_resume_close(&in->resume);
	pw_reader_close(&in->reader);
	pw_layout_release(&in->layout);
	pw_found_release(&in->found);
	pw_declare_release(&in->declared);
	pw_paths_release(&in->paths);
}
