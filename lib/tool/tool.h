/*
 * pw_tool - what all programs share: start, inputs, events, output, finish
 *
 * The one layer that prints and exits. The main of a filter reads
 *
 *   pw_tool_start(&tool, &program, argc, argv, &options);
 *   pw_tool_input(&tool, "-", NULL);
 *   ... bind arguments to pw_tool_head(&tool, 0)->schema, with pw_must ...
 *   pw_tool_output(&tool, &schema, "a record per group");
 *   while (pw_tool_next(&tool, &ev))
 *           switch (ev.kind) { BATCH ... FRONTIER ... END ... }
 *   return pw_tool_finish(&tool);
 *
 * Promises:
 *  - an error is printed once, "program: place: what", and passed down the
 *    line as END failed; behind a failed input the program ends with its
 *    status and says nothing;
 *  - what was written is flushed before waiting for input, never otherwise
 *    but when a frame is full;
 *  - a reader that has gone is noticed while input is silent, and the program
 *    then dies of SIGPIPE;
 *  - SIGINT and SIGTERM stop the line as DESIGN section 3 has it; SIGUSR1
 *    prints a line; descriptors 0 to 2 that were closed are open on /dev/null;
 *  - on a terminal the stream is shown as a table by pw-write.
 */
#ifndef PW_TOOL_TOOL_H
#define PW_TOOL_TOOL_H

#include "../wire/output.h"
#include "../wire/source.h"
#include "option.h"

/* Options that every program has. */
struct pw_common {
	const char *name;     /* --name STAGE */
	const char *on_error; /* --on-error stop|null|skip|FILE */
	bool progress, quiet, verbose, compress;
};

struct pw_input {
	struct pw_source source;
	char *name;       /* for messages: "stdin", "left input", a file */
	bool ended;
	enum pw_ending ending;
	enum pw_status status;
	pw_time frontier; /* the end once it has ended */
	pw_time durable;
};

struct pw_tool {
	const struct pw_program *program;
	struct pw_common common;
	char **args; /* what is left of argv */
	int arg_count;
	char **canonical; /* the options that change the answer, and the arguments */
	size_t canonical_count;
	struct pw_input *inputs;
	size_t input_count;
	struct pw_output output;
	bool has_output;
	pw_time frontier; /* the least of the inputs', as last handed out */
	bool ending_said; /* END has been handed out */
	enum pw_ending ending;
	enum pw_status status;
	uint64_t rows_in, rows_out;
	size_t state_bytes; /* set by the program when it likes, for SIGUSR1 */
	int display;        /* pid of the pw-write that shows the stream, or 0 */
};

/*
 * Start: names the program for messages, opens what is closed of 0 to 2,
 * sets signals, draws the hash key, parses options into *options (which
 * holds the defaults already), answers -h and -V.
 */
void pw_tool_start(struct pw_tool *t, const struct pw_program *program, int argc, char **argv,
		   void *options);

/*
 * Adds an input: "-" is stdin. Waits for its head. name is what messages call
 * it (NULL: "stdin" or the file's name).
 */
void pw_tool_input(struct pw_tool *t, const char *what, const char *name);

/* Adds an open descriptor as an input. */
void pw_tool_input_fd(struct pw_tool *t, int fd, const char *name);

const struct pw_head *pw_tool_head(const struct pw_tool *t, size_t input);

/*
 * Opens stdout with this schema (copied). state says what the program keeps
 * and what that grows with. In check mode it prints both schemas and that
 * line on stderr, sends END and exits.
 */
void pw_tool_output(struct pw_tool *t, const struct pw_schema *schema, const char *state);

/*
 * The next event of any input; false after END. FRONTIER comes when the least
 * frontier of all inputs has moved, and says that times below ev->time are
 * complete; it is the program's to hand it on with pw_tool_frontier, behind
 * what it has written for those times. END comes once, when all inputs have
 * ended: if finished, all times are complete, PW_TIME_END too.
 */
bool pw_tool_next(struct pw_tool *t, struct pw_event *ev);

void pw_tool_batch(struct pw_tool *t, const struct pw_batch *batch);
void pw_tool_frontier(struct pw_tool *t, pw_time frontier);

/* Flushes the output; for readers, before they wait for their source. */
void pw_tool_flush(struct pw_tool *t);

/* Has a signal asked the line to stop? For readers, between commits. */
bool pw_tool_stopping(const struct pw_tool *t);

/* Sends END as the inputs ended (finished, if there are none); returns the exit status. */
int pw_tool_finish(struct pw_tool *t);

/* Ends as suspended instead of finished, for readers. */
void pw_tool_suspend(struct pw_tool *t);

/* Prints the failure there is, sends END failed, exits with its status. */
_Noreturn void pw_tool_fail(struct pw_tool *t);

/* x, unless that is below 0: then pw_tool_fail. */
int pw_must(struct pw_tool *t, int x);

/* A line on stderr, "program: ...", unless -q. */
void pw_tool_say(struct pw_tool *t, const char *format, ...) PW_PRINTF(2, 3);

#endif
