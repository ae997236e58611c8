/*
 * pw_spawn - runs other programs and reads their output
 *
 * Fails:    PW_SYSTEM. A program that can't be run says so itself on stderr and
 *           ends with status 5; its output is then empty.
 */
#ifndef PW_TOOL_SPAWN_H
#define PW_TOOL_SPAWN_H

#include "../base/lang.h"

PW_C_BEGIN

/* The path of the program that was installed beside this one; else its name, for PATH. The caller frees it. */
char *pw_spawn_path(const char *name);

/* Runs argv with stdin from /dev/null. The end of a pipe that its stdout goes to, or -1 */
int pw_spawn_reader(char *const argv[]);

PW_C_END

#endif
