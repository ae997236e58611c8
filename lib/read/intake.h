/*
 * pw_intake - the source of pw-read, opened as the options and arguments say
 *
 * intake_option.c  which options go together
 * intake.c         the files that are there, their format and their columns
 *
 * Use:      a struct whose tool has been set and whose o holds what the command
 *           says; open; close.
 * Promises: after open, either stored is set (a saved stream, which has its
 *           columns in itself), or the reader is bound to the layout, and with
 *           -F, --state or SCHEME:// follow is open, and its source stands where
 *           the last run has ended. In a pipeline with state, resume is open.
 * Fails:    what is asked for can't be had together (PW_USAGE); as the files and
 *           the parser do.
 */
#ifndef PW_READ_INTAKE_H
#define PW_READ_INTAKE_H

#include "../conn/paths.h"
#include "../tool/option.h"
#include "follow.h"

struct pw_intake_options {
	const char *format, *schema, *keys;
	const char *delimiter, *quote, *comment;
	bool no_header, only, meta;
	uint64_t infer_rows, max_line;
	bool changes, odd, double_times, append_only;
	const char *replay, *unit, *speed, *from;
	const char *autocommit_text;
	int64_t autocommit; /* ns, or PW_INTAKE_NOT_GIVEN */
	bool upsert;
	const char *delete_when;
	const char *sync;
	const char *as_of;
	bool salvage;
	bool check, finish;
	bool follow, poll, track;
	const char *commit_line;
	const char *state, *standard;
	int64_t interval; /* ns; 0: none is given */
	uint64_t backlog; /* rows; 0: none is given */
	bool reset;
	bool program; /* a source is one that only a program can read */
	bool clock;   /* the source is clock:D */
};

#define PW_INTAKE_NOT_GIVEN INT64_MIN

/* The options before they are parsed. interval and backlog: a 0 that is given is refused. */
#define PW_INTAKE_DEFAULTS                                                                         \
	{                                                                                          \
		.infer_rows = PW_PARSER_INFER_ROWS, .max_line = PW_PARSER_LINE_MAX,                \
		.interval = PW_INTAKE_NOT_GIVEN, .backlog = UINT64_MAX,                            \
	}

struct pw_intake {
	struct pw_tool *tool;
	struct pw_intake_options o;
	bool stored;           /* it is a saved stream */
	struct pw_paths paths; /* what is there at start */
	struct pw_declare declared;
	struct pw_found found;
	struct pw_layout layout; /* of the stream */
	struct pw_reader reader;
	struct pw_follow follow;
	struct pw_resume resume; /* store is NULL: a pipeline without state */
};

/* 0 or -1 */
int pw_intake_open(struct pw_intake *in);

/* For --check: names the columns that have no value yet. */
void pw_intake_say_undecided(const struct pw_intake *in);

/* Says what was left out, made null or rejected: 0 or -1. */
int pw_intake_report(struct pw_intake *in);

void pw_intake_close(struct pw_intake *in);

/* ---- intake_option.c ---- */

/* 0, or PW_USAGE: they do not go together. Afterwards autocommit is what its text says. */
int pw_intake_check(struct pw_intake_options *o);

/* The source is clock:D, whose lines are declared: 0, or PW_USAGE: other options do not go with it. */
int pw_intake_clock(struct pw_intake *in);

/* Does it read by a connector, with commits of its own? */
bool pw_intake_is_live(const struct pw_intake_options *o);

/* Is there state, and do rows say when they are committed? */
bool pw_intake_is_timed(const struct pw_intake_options *o);

/* Is each run fed bytes of its own by standard input? */
bool pw_intake_is_fed_anew(const struct pw_intake_options *o);

/* May the last line of a file still grow, in this run or the next? */
bool pw_intake_may_grow(const struct pw_intake_options *o);

#endif
