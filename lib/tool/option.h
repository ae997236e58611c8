/*
 * pw_option - a program's options as a table, from which -h is printed
 *
 * Use:      a program has one struct pw_program; pw_tool_start parses with it.
 * Promises: long options are taken as --long value or --long=value; a value
 *           that may be left out ("[=D]") with = only. Letters may be bundled.
 *           Options may stand after arguments; `--` ends them. A message names
 *           an option as it was given, and for an unknown one suggests the
 *           nearest name.
 * Fails:    PW_USAGE, "--name: ..." or "-n: ...".
 */
#ifndef PW_TOOL_OPTION_H
#define PW_TOOL_OPTION_H

#include "../base/bytes.h"
#include "../base/fail.h"

PW_C_BEGIN

enum pw_option_kind {
	PW_OPTION_FLAG,     /* bool */
	PW_OPTION_TEXT,     /* const char * */
	PW_OPTION_OPTIONAL, /* const char *: "" when given without a value */
	PW_OPTION_COUNT,    /* uint64_t */
	PW_OPTION_SIZE,     /* uint64_t bytes: 64K 1G */
	PW_OPTION_DURATION, /* int64_t ns: 500ms 1h30m */
	PW_OPTION_MANY      /* struct pw_texts: may be given again and again */
};

struct pw_texts {
	const char **items;
	size_t count, capacity;
};

struct pw_option {
	char letter;       /* 0: none */
	const char *name;  /* long name, without the dashes */
	const char *value; /* name of the value in the help; NULL for a flag */
	enum pw_option_kind kind;
	size_t offset; /* where its variable lies in the program's options */
	bool answer; /* the option changes the answer, and so is part of the lineage and of the stage's name */
	const char *help; /* one line */
};

/* A program, as its -h describes it. */
struct pw_program {
	const char *name;     /* "pw-groupby" */
	const char *summary;  /* "group and aggregate a stream", as in NAME of its page */
	const char *synopsis; /* "[-k COLS] [[NAME =] AGG]...", without common options */
	const char *examples; /* lines, each ended by \n, indented by two */
	const struct pw_option *options; /* ended by one without a name */
	bool sink;                       /* writes no stream, and so sends no END */
};

/* The options that every program has. */
struct pw_common {
	const char *name;     /* --name STAGE */
	const char *on_error; /* --on-error stop|null|skip|FILE */
	bool progress, quiet, verbose, compress, help, version;
};

/* The command line, as pw_option_parse has understood it. */
struct pw_command {
	char **args; /* the words that are no options, in argv's order */
	int arg_count;
	char **canonical; /* options that change the answer, in the table's order, then the arguments */
	size_t canonical_count;
};

/* Fills options, common and command. 0, or fails. */
int pw_option_parse(const struct pw_program *program, int argc, char **argv, void *options,
		    struct pw_common *common, struct pw_command *command);

/* Appends the text of -h. */
void pw_option_help(struct pw_bytes *b, const struct pw_program *program);

PW_C_END

#endif
