/*
 * pw_progress - a line on stderr that says how far a long run is
 *
 * Use:      pw_progress_start once; pw_progress_look per batch, which is cheap;
 *           pw_progress_clear before anything else is printed on stderr, or
 *           pw_progress_print, which clears first.
 * Promises: the line comes with --progress in any program; without, in readers
 *           only, on a terminal, after 2 s: one line per pipeline is enough.
 *           On a terminal it is redrawn; elsewhere a new one comes every 5 s.
 */
#ifndef PW_TOOL_PROGRESS_INTERNAL_H
#define PW_TOOL_PROGRESS_INTERNAL_H

#include "tool.h"

void pw_progress_start(struct pw_tool *t);
void pw_progress_look(struct pw_tool *t);
void pw_progress_clear(struct pw_tool *t);

/* Prints whole lines on stderr in one write, as other stages of the pipeline print there too. */
void pw_progress_print(struct pw_tool *t, struct pw_bytes *lines);

#endif
