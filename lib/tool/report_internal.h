/*
 * pw_report - what a stage has done, as one line on stderr
 *
 * Use:      pw_report_start once; pw_report_rows with every batch that a reader
 *           sends or another stage takes; pw_report_look where the program may
 *           have been sent SIGUSR1; pw_report_end when the stage has ended well.
 * Promises: look prints a line if SIGUSR1 has come, and end prints one with -v.
 *           Commits are the times that have had rows and are complete, each
 *           counted once, whatever the number of inputs and batches.
 * Memory:   with -v a time for each commit that is still open; else nothing.
 */
#ifndef PW_TOOL_REPORT_INTERNAL_H
#define PW_TOOL_REPORT_INTERNAL_H

#include "tool.h"

void pw_report_start(struct pw_tool *t);
void pw_report_rows(struct pw_tool *t, const struct pw_batch *batch);
void pw_report_look(struct pw_tool *t);
void pw_report_end(struct pw_tool *t);

#endif
