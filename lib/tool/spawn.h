/*
 * pw_spawn - other programs whose output is read
 *
 * path: of the program that was installed beside this one, else its name
 * alone, for PATH; the caller frees it.
 * reader: runs argv with stdin from /dev/null and stdout a pipe, whose other
 * end it returns; -1 fails (PW_SYSTEM). A program that can't be run says so
 * on stderr and ends with status 5; the pipe is then empty.
 */
#ifndef PW_TOOL_SPAWN_H
#define PW_TOOL_SPAWN_H

#include "../base/lang.h"

PW_C_BEGIN

char *pw_spawn_path(const char *name);
int pw_spawn_reader(char *const argv[]);

PW_C_END

#endif
