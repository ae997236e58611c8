/*
 * pw_tool - what all programs share: start, inputs, events, output, finish
 *
 * The one layer that prints and exits. The main of a filter reads
 *
 *   pw_tool_start(&tool, &program, argc, argv, &options);
 *   pw_tool_input(&tool);
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
#include "../wire/spool.h"
#include "option.h"

PW_C_BEGIN

struct pw_input {
	struct pw_source source;
	struct pw_spool spool; /* what has come before its time */
	bool headed;           /* its head has come */
	bool held;             /* see pw_tool_hold */
	char *name;            /* for messages: "stdin", "left input", a file */
	bool ended;
	enum pw_ending ending;
	pw_time frontier; /* the end once it has ended */
	pw_time reached;  /* ... and before that */
	pw_time durable;
	const struct pw_batch *rest; /* in a line with state: rows from rest_row on must wait */
	uint32_t rest_row;
	struct pw_builder piece; /* those before it, to be lent */
};

struct pw_state;
struct pw_report;

struct pw_tool {
	const struct pw_program *program;
	struct pw_common common;
	struct pw_command command;
	char **args; /* what is left of argv: command's */
	int arg_count;
	struct pw_input *inputs;
	size_t input_count, input_capacity;
	struct pw_spool_budget budget; /* limit: --memory; 0: a quarter of RAM */
	const char *waiting;           /* what is waited for, to be said after 3 s, or NULL */
	struct pw_output output;
	bool has_output;
	struct pw_state *state; /* see state.h; NULL: a line without */
	pw_time frontier;       /* the least of the inputs', as last handed out */
	bool ended;             /* END has been handed out, or a reader has ended */
	enum pw_ending ending;
	uint64_t rows_in, rows_out;
	struct pw_report *report; /* with -v: counts commits; else NULL */
	size_t state_bytes;       /* set by the program when it likes, for SIGUSR1 */
	int display;              /* pid of the pw-write that shows the stream, or 0 */
	bool follows; /* set by a reader that follows its source, before pw_tool_output */
	void (*flush)(void *of); /* see pw_tool_sink_flush; NULL: the program is no sink */
	void *flush_of;
	int flush_fd;
	/* What is written beside the stream: called before a wait, and before DURABLE. */
	int (*aside)(void *of, bool durable);
	void *aside_of;
	int64_t flush_at; /* ms of CLOCK_MONOTONIC: see pw_tool_sink_flush_at; 0: no such time */
	int64_t started, shown; /* ms: for --progress */
	uint32_t looks;
};

/*
 * Start: names the program for messages, opens what is closed of 0 to 2,
 * sets signals, draws the hash key, parses options into *options (which
 * holds the defaults already), answers -h and -V.
 */
void pw_tool_start(struct pw_tool *t, const struct pw_program *program, int argc, char **argv,
		   void *options);

/*
 * Adds inputs and waits for the heads of all. Each is
 *
 *   -             stdin, a stream
 *   a file        that holds a stream; a FIFO or /dev/fd/N that brings one;
 *                 any other, and a directory, is read by pw-read
 *   exec:COMMAND  the stream that sh -c COMMAND writes
 *
 * FIFOs are opened without blocking, so that their order does not matter.
 * names is what messages call them ("left input"); without names, "stdin" or
 * what was given.
 */
void pw_tool_inputs(struct pw_tool *t, char *const *what, const char *const *names, size_t count);

/* The one input of a filter: stdin. Of pw-read: a file that must be a stream. */
void pw_tool_input(struct pw_tool *t);
void pw_tool_stream(struct pw_tool *t, const char *path);

/*
 * A held input is read but not handed out, as long as another has not ended:
 * for joins that want one side first.
 */
void pw_tool_hold(struct pw_tool *t, size_t input, bool held);

const struct pw_head *pw_tool_head(const struct pw_tool *t, size_t input);

/*
 * Opens stdout with this schema (copied). state says what the program keeps
 * and what that grows with. In check mode (of an input, or asked for by a
 * reader) it prints schemas and that line on stderr, sends END and exits.
 */
void pw_tool_output(struct pw_tool *t, const struct pw_schema *schema, const char *state);
void pw_tool_output_check(struct pw_tool *t, const struct pw_schema *schema, const char *state);

/* The same for a program that writes no stream: only check mode does something. */
void pw_tool_sink(struct pw_tool *t, const char *state);

/*
 * For sinks: before the tool waits for input it calls flush with `of`, which
 * hands out what has been written. A reader of fd that has gone is noticed
 * while the tool waits; fd -1: nobody reads.
 */
void pw_tool_sink_flush(struct pw_tool *t, int fd, void (*flush)(void *of), void *of);

/*
 * If the tool still waits at that time (ms, of CLOCK_MONOTONIC; 0: no such
 * time), or a signal comes, flush is called again. It must set another time,
 * or 0, when that one has passed.
 */
void pw_tool_sink_flush_at(struct pw_tool *t, int64_t ms);

/*
 * The next event of any input; false after END. Only inputs whose frontier is
 * the least are handed out: what others bring waits, in a spool if it must,
 * so that no input is ever waited for while another has data. FRONTIER comes when the least
 * frontier of all inputs has moved, and says that times below ev->time are
 * complete; it is the program's to hand it on with pw_tool_frontier, behind
 * what it has written for those times. END comes once, when all inputs have
 * ended: if finished, all times are complete, PW_TIME_END too; if suspended,
 * those below the last frontier. Failed inputs end the program here.
 */
bool pw_tool_next(struct pw_tool *t, struct pw_event *ev);

void pw_tool_batch(struct pw_tool *t, const struct pw_batch *batch);
void pw_tool_frontier(struct pw_tool *t, pw_time frontier);
void pw_tool_flush(struct pw_tool *t);

/*
 * For readers. wait: flushes, then waits until the descriptor can be read;
 * false when a signal asked to stop and the second that it grants is over.
 * overdue: the same question without waiting, between blocks. stopped: ends
 * the stream as a stop demands: suspended, or failed with status 130 before
 * the first commit was complete; does not return.
 */
bool pw_tool_wait(struct pw_tool *t, int fd);

/*
 * wait_until: the same until a deadline (ns of CLOCK_BOOTTIME; INT64_MAX:
 * none) or for it alone (fd -1). With idle, when no commit is in hand, a stop
 * is answered at once.
 */
enum pw_waited { PW_WAITED_READY, PW_WAITED_DUE, PW_WAITED_STOP };
enum pw_waited pw_tool_wait_until(struct pw_tool *t, int fd, int64_t deadline, bool idle);

bool pw_tool_stopping(const struct pw_tool *t);
bool pw_tool_overdue(const struct pw_tool *t);
PW_NORETURN void pw_tool_stopped(struct pw_tool *t);

/* Ends as suspended instead of finished, for readers. */
void pw_tool_suspend(struct pw_tool *t);

/* Sends END as the inputs ended (finished, if there are none); returns the exit status. */
int pw_tool_finish(struct pw_tool *t);

/* Prints the failure there is, sends END failed, exits with its status. */
PW_NORETURN void pw_tool_fail(struct pw_tool *t);

/* x, unless that is below 0: then pw_tool_fail. */
int pw_must(struct pw_tool *t, int x);

/* A line on stderr, "program: ...", unless -q. */
void pw_tool_say(struct pw_tool *t, const char *format, ...) PW_PRINTF(2, 3);

/* ms after which a wait for others is said: 3000, or what tests have put in PW_PATIENCE_MS. */
int pw_tool_patience(void);

/* How the stage is called: --name, or the program's name. */
const char *pw_tool_stage(const struct pw_tool *t);

PW_C_END

#endif
