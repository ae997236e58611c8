/*
 * pw_driver - a program that is an operator between pipes
 *
 * The driver owns what all filters share: the inputs, in the order of their
 * times; frontiers; the end; rejected rows; checkpoints of the operator's
 * state; the output. A filter's main is
 *
 *   pw_tool_start(&tool, &program, argc, argv, &options);
 *   pw_tool_input(&tool);
 *   ... wish is what options and arguments ask for ...
 *   return pw_driver_run(&tool, &pw_filter_op, &wish);
 *
 * Returns:  the exit status. A fault ends the program, as pw_must does.
 * Order:    bind; the state is registered, and loaded; the output is opened
 *           (under --check the program ends there); rows.
 * Memory:   the operator is not released: the process ends.
 */
#ifndef PW_OP_DRIVER_H
#define PW_OP_DRIVER_H

#include "../tool/tool.h"
#include "op.h"

PW_C_BEGIN

int pw_driver_run(struct pw_tool *t, const struct pw_op_kind *kind, const void *wish);

PW_C_END

#endif
