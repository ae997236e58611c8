/* What the parts of pw_tool share among themselves. */
#ifndef PW_TOOL_INPUT_INTERNAL_H
#define PW_TOOL_INPUT_INTERNAL_H

#include "tool.h"

#include <poll.h>

#define PW_INPUTS_MAX 64

/*
 * The reader of our output has gone: dies of SIGPIPE. But not while the line is stopped, where all
 * have the same second to end in, and some end a moment earlier: then it has been stopped, as they.
 */
_Noreturn void pw_tool_reader_gone(struct pw_tool *t);

/* Ends behind a failed input, or a stop: with its status, without a word. */
_Noreturn void pw_tool_follow(struct pw_tool *t, enum pw_status status);

/*
 * Waits until one of the first n of fds is ready, flushing first if that
 * takes a wait. fds has room for two more. False when a stop is overdue.
 */
bool pw_tool_poll(struct pw_tool *t, struct pollfd *fds, nfds_t n);

/* A stop whose second is over: closes the inputs; the program ends suspended, or with 130. */
void pw_tool_break_off(struct pw_tool *t);

/* The input's stream is broken (the message is set): fails, or breaks off when stopping. */
void pw_tool_broken(struct pw_tool *t, struct pw_input *in);

/* Reads once: into an input in turn that has bytes, else into the spools of those ahead. */
void pw_tool_fill(struct pw_tool *t);

/* Its bytes are done with; its head stays. */
void pw_tool_close(struct pw_input *in);

#endif
