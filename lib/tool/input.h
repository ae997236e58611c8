/* What the parts of pw_tool share among themselves. */
#ifndef PW_TOOL_INPUT_H
#define PW_TOOL_INPUT_H

#include "tool.h"

#define PW_INPUTS_MAX 64

/* Ends behind a failed input, or a stop: with its status, without a word. */
_Noreturn void pw_tool_follow(struct pw_tool *t, enum pw_status status);

#endif
