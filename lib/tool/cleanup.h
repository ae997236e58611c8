/*
 * pw_cleanup - what a program must undo, however it ends
 *
 * Use:      once, with the function that undoes it and its context.
 * Promises: the function is called when the program exits, and when memory is
 *           exhausted, which ends the program without an exit; a signal that
 *           kills the program calls nothing.
 */
#ifndef PW_TOOL_CLEANUP_H
#define PW_TOOL_CLEANUP_H

#include "../base/lang.h"

PW_C_BEGIN

void pw_cleanup_at_exit(void (*undo)(void *of), void *of);

PW_C_END

#endif
