/*
 * pw_display - a stage whose stdout is a terminal shows its stream by pw-write
 *
 * start: runs pw-write on the terminal and returns the end of a pipe that
 * takes the stream, or fails. wait: waits for it, if it was started, and
 * returns its exit status.
 */
#ifndef PW_TOOL_DISPLAY_INTERNAL_H
#define PW_TOOL_DISPLAY_INTERNAL_H

#include "tool.h"

int pw_display_start(struct pw_tool *t);
int pw_display_wait(struct pw_tool *t);

#endif
