/*
 * pw_tool - what its files share: ends of the program, waiting, reading
 *
 * input.c opens the inputs, merge.c makes events of them, wait.c waits and
 * stops, tool.c starts, writes and ends. Nothing here is for programs.
 */
#ifndef PW_TOOL_INPUT_INTERNAL_H
#define PW_TOOL_INPUT_INTERNAL_H

#include "tool.h"

#include <poll.h>

#define PW_INPUTS_MAX 64

/*
 * Ends the program when the reader of its output has gone: by SIGPIPE. While
 * the pipeline is being stopped the program exits as a stopped one instead: all
 * stages have the same second to end in, and some end a moment earlier.
 */
_Noreturn void pw_tool_reader_gone(struct pw_tool *t);

/*
 * Ends the stream as failed and the program with this status, without a
 * message: downstream of a stage that has failed, beside one that was refused,
 * or at a stop.
 */
_Noreturn void pw_tool_follow(struct pw_tool *t, enum pw_status status);

/*
 * Waits until one of the first n of fds is ready; flushes first, if none is
 * ready at once. fds has room for two more. False: a stop is overdue.
 */
bool pw_tool_poll(struct pw_tool *t, struct pollfd *fds, nfds_t n);

/* A stop is overdue: closes the inputs, so that the program ends suspended, or with status 130. */
void pw_tool_break_off(struct pw_tool *t);

/* The input's stream is broken, and the failure says how: ends the program; breaks off if a stop is asked for. */
void pw_tool_broken(struct pw_tool *t, struct pw_input *in);

/* Reads once: from an input in turn that has bytes, else into the spools of those that are ahead. */
void pw_tool_fill(struct pw_tool *t);

/* Closes an input and lets its bytes go; its head stays. */
void pw_tool_close(struct pw_input *in);

#endif
