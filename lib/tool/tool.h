/*
 * pw_tool - what all programs share: start, inputs, events, output, finish
 *
 * This is the one layer that prints and exits. The main of a filter reads
 *
 *   pw_tool_start(&tool, &program, argc, argv, &options);
 *   pw_tool_input(&tool);
 *   ... bind arguments to pw_tool_head(&tool, 0)->schema, with pw_must ...
 *   pw_tool_output(&tool, &schema, "a record per group");
 *   while (pw_tool_next(&tool, &ev))
 *           switch (ev.kind) { BATCH ... FRONTIER ... END ... }
 *   return pw_tool_finish(&tool);
 *
 * Use:      the calls above, in that order; state.h has what a program in a
 *           pipeline with state calls besides.
 * Lends:    ev->batch and pw_tool_head, until the next pw_tool_next; a head
 *           is gone when its input has ended.
 * Promises: an error is printed once, "program: place: what", and sent
 *           downstream as END failed; a program whose input has failed ends
 *           with that status and prints nothing. What was written is flushed
 *           before the program waits for input, and otherwise only when a
 *           frame is full. A reader that has gone is noticed while input is
 *           silent, and the program then dies of SIGPIPE. SIGINT and SIGTERM
 *           stop the pipeline as pw(7) has it; SIGUSR1 prints a
 *           line. Those of the descriptors 0 to 2 that were closed are open
 *           on /dev/null. A stream that goes to a terminal is shown as a
 *           table, by pw-write.
 * Fails:    every call here but pw_tool_head and those that answer a question
 *           may print a message and exit.
 */
#ifndef PW_TOOL_TOOL_H
#define PW_TOOL_TOOL_H

#include "../wire/output.h"
#include "../wire/source.h"
#include "../wire/spool.h"
#include "option.h"

PW_C_BEGIN

struct pw_aside;
struct pw_state;
struct pw_report;

struct pw_input {
	/* for programs, to read */
	char *name;       /* for messages: "stdin", "left input", a file */
	const char *what; /* as it was given: "-", a path, exec:COMMAND; lent */
	struct pw_source source;
	bool ended;
	enum pw_ending ending; /* how it has ended */
	pw_time frontier;      /* PW_TIME_END once the input has ended */
	pw_time durable;       /* as its last DURABLE or END says */

	/* the tool's own */
	struct pw_spool spool; /* bytes that have come before their turn */
	bool headed;           /* the head has come */
	bool held;             /* see pw_tool_hold */
	pw_time reached;       /* the last frontier that came before PW_TIME_END */
	/* In a pipeline with state a batch is handed out up to the next time of the grid. */
	const struct pw_batch *rest; /* a batch that has been handed out in part; NULL: none */
	uint32_t rest_row;           /* its first row that has not been handed out */
	struct pw_builder piece;     /* the part that is lent */
};

struct pw_tool {
	/* for programs, to read */
	const struct pw_program *program;
	struct pw_common common;
	struct pw_command command;
	char **args; /* command's: the arguments that are no options */
	int arg_count;
	struct pw_input *inputs;
	size_t input_count;
	pw_time frontier;      /* of all inputs the least, as last handed out; a reader's own */
	enum pw_ending ending; /* of the stream that is written */

	/* for programs, to set */
	struct pw_spool_budget budget; /* its limit is --memory; 0: a quarter of RAM */
	uint64_t rows_in, rows_out;    /* a reader adds to rows_in, a sink to rows_out */
	size_t state_bytes;            /* of what is remembered; for SIGUSR1 and -v */
	bool follows; /* a reader that follows its source sets this before pw_tool_output */

	/* the tool's own */
	struct pw_output output;
	bool has_output;
	bool ended;             /* END has been handed out */
	const char *waiting;    /* the name of what is waited for, to be said after 3 s, or NULL */
	struct pw_state *state; /* see state.h; NULL: the pipeline has none */
	struct pw_report *report; /* with -v: counts commits; else NULL */
	int display;              /* pid of the pw-write that shows the stream, or 0 */
	void (*flush)(void *of);  /* see pw_tool_sink_flush; NULL: the program is no sink */
	void *flush_of;
	int flush_fd;
	int64_t flush_at; /* ms of CLOCK_MONOTONIC: see pw_tool_sink_flush_at; 0: no such time */
	struct pw_aside *asides; /* files of rows that are left out, which are open */
	int64_t started;         /* ms of CLOCK_MONOTONIC */
	int64_t shown;           /* when --progress last printed, as started; 0: not yet */
	uint32_t looks;          /* calls of pw_progress_look */
};

/*
 * Names the program for messages, opens those of the descriptors 0 to 2 that
 * are closed, sets signals, draws the hash key, parses the options into
 * *options (which holds the defaults already), and answers -h and -V.
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
 * At most one is stdin. FIFOs are opened without blocking, so that their
 * order does not matter. names: what messages call the inputs ("left input");
 * NULL: "stdin", or the words that were given.
 */
void pw_tool_inputs(struct pw_tool *t, char *const *what, const char *const *names, size_t count);

/* As pw_tool_inputs, for a program that takes no part in a run: it drops the heads' state directories. */
void pw_tool_streams(struct pw_tool *t, char *const *what, const char *const *names, size_t count);

/* The one input of a filter: stdin. */
void pw_tool_input(struct pw_tool *t);

/* The one input of a reader of streams: a file or stdin ("-"). The state directory in its head is dropped. */
void pw_tool_stream(struct pw_tool *t, const char *path);

/*
 * For joins that want one side first: a held input is read but not handed out,
 * as long as another input has not ended.
 */
void pw_tool_hold(struct pw_tool *t, size_t input, bool held);

/* The head of an input, until that has ended. */
const struct pw_head *pw_tool_head(const struct pw_tool *t, size_t input);

/*
 * Opens stdout with this schema (copied). state: a text that says what the
 * program remembers, and with what that grows. In check mode, when an input's
 * head asks for it, the schemas and that text are printed on stderr, END is
 * sent, and the program exits.
 */
void pw_tool_output(struct pw_tool *t, const struct pw_schema *schema, const char *state);

/* For readers: the same, in check mode. */
void pw_tool_output_check(struct pw_tool *t, const struct pw_schema *schema, const char *state);

/* For sinks: prints and exits in check mode, and else does nothing. */
void pw_tool_sink(struct pw_tool *t, const char *state);

/*
 * For sinks: before the tool waits for input it calls flush with `of`; flush
 * hands out what has been written. A reader of fd that has gone is noticed
 * while the tool waits; fd -1: nobody reads.
 */
void pw_tool_sink_flush(struct pw_tool *t, int fd, void (*flush)(void *of), void *of);

/*
 * For sinks: flush is called again if the tool still waits at that time (ms of
 * CLOCK_MONOTONIC; 0: no such time), or if a signal comes. When the time has
 * passed, flush must set another one, or 0.
 */
void pw_tool_sink_flush_at(struct pw_tool *t, int64_t ms);

/*
 * The next event of any input; false after END.
 *
 * Only an input whose frontier is the least is handed out. What other inputs
 * bring waits, in a spool if it must, so that no input is ever waited for
 * while another has data. FRONTIER comes when the least frontier of all inputs
 * has moved, and says that times below ev->time are complete; the program
 * hands it on with pw_tool_frontier, after what it has written for those
 * times. END comes once, when all inputs have ended: if it is finished, all
 * times are complete, PW_TIME_END too; if it is suspended, those below the
 * last frontier are. An input that has failed ends the program here.
 */
bool pw_tool_next(struct pw_tool *t, struct pw_event *ev);

/* Writes rows; of times at or above the last frontier. */
void pw_tool_batch(struct pw_tool *t, const struct pw_batch *batch);

/* Says downstream that times below frontier are complete. */
void pw_tool_frontier(struct pw_tool *t, pw_time frontier);

/* Hands out what has been written so far, to whoever reads it. */
void pw_tool_flush(struct pw_tool *t);

/*
 * For readers: flushes, then waits until the descriptor can be read. False: a
 * signal has asked to stop, and the second that it grants is over.
 */
bool pw_tool_wait(struct pw_tool *t, int fd);

/*
 * For readers: as pw_tool_wait, but until a deadline at the latest (ns of
 * CLOCK_BOOTTIME; INT64_MAX: none); fd -1: for the deadline alone. idle: no
 * commit is in hand, so that a stop is answered at once.
 */
enum pw_waited { PW_WAITED_READY, PW_WAITED_DUE, PW_WAITED_STOP };
enum pw_waited pw_tool_wait_until(struct pw_tool *t, int fd, int64_t deadline, bool idle);

/* Has a signal asked to stop? Is the second over that it grants? Readers ask between blocks. */
bool pw_tool_stopping(const struct pw_tool *t);
bool pw_tool_overdue(const struct pw_tool *t);

/*
 * For readers: ends the stream and the program as a stop demands: suspended,
 * or, before the first commit was complete, failed with status 130.
 */
PW_NORETURN void pw_tool_stopped(struct pw_tool *t);

/* For readers: the stream will end suspended instead of finished. */
void pw_tool_suspend(struct pw_tool *t);

/* Sends END as the inputs have ended (finished, if there are none); with -v says what was done. Returns the exit status. */
int pw_tool_finish(struct pw_tool *t);

/* Prints the failure that there is, sends END failed, and exits with its status. */
PW_NORETURN void pw_tool_fail(struct pw_tool *t);

/* Returns x, unless x is below 0: then pw_tool_fail. */
int pw_must(struct pw_tool *t, int x);

/* Prints a line on stderr, "program: ...", unless there is -q. */
void pw_tool_say(struct pw_tool *t, const char *format, ...) PW_PRINTF(2, 3);

/* The ms after which the user is told of a wait: 3000, or what tests have put in PW_PATIENCE_MS. */
int pw_tool_patience(void);

/* The stage's name for people: --name, or the program's name. */
const char *pw_tool_stage(const struct pw_tool *t);

PW_C_END

#endif
