/*
 * pw_display - a stage whose stdout is a terminal shows its stream by pw-write
 *
 * Use:      pw_display_start; the stream goes to the descriptor that it returns;
 *           pw_display_wait when that has been closed.
 * Fails:    PW_SYSTEM, if no program can be started.
 */
#ifndef PW_TOOL_DISPLAY_INTERNAL_H
#define PW_TOOL_DISPLAY_INTERNAL_H

#include "tool.h"

/* Runs pw-write on the terminal. The end of a pipe that takes the stream, or -1 */
int pw_display_start(struct pw_tool *t);

/* Waits for pw-write to end. Its exit status; PW_OK: it was not started */
int pw_display_wait(struct pw_tool *t);

#endif
