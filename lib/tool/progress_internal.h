/*
 * pw_progress - a line on stderr that says how far a long run is
 *
 * Shown with --progress by any program; without being asked, by readers only,
 * on a terminal, after 2 s (one line per pipeline is enough). On a terminal
 * the line is redrawn, elsewhere a new one comes every 5 s.
 */
#ifndef PW_TOOL_PROGRESS_INTERNAL_H
#define PW_TOOL_PROGRESS_INTERNAL_H

#include "tool.h"

void pw_progress_start(struct pw_tool *t);
void pw_progress_look(struct pw_tool *t);  /* cheap; called per batch */
void pw_progress_clear(struct pw_tool *t); /* takes the line off the terminal */

/* Whole lines on stderr, in one write: other stages of the line print there too. */
void pw_progress_print(struct pw_tool *t, struct pw_bytes *lines);

#endif
