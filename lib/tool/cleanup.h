/*
 * pw_cleanup - what a program must undo, however it ends
 *
 * Use:      name one function, with its context, once. It is called when the
 *           program exits, and when memory is exhausted, which ends the
 *           program without exit; not when a signal kills it.
 */
#ifndef PW_TOOL_CLEANUP_H
#define PW_TOOL_CLEANUP_H

#include "../base/lang.h"

PW_C_BEGIN

void pw_cleanup_at_exit(void (*undo)(void *of), void *of);

PW_C_END

#endif
