/*
 * pw_stored - a stream that was saved in a file, read again
 *
 * pw_stored_pass hands it on as it is. pw_stored_as_of hands on the table that
 * it is at a time: the rows summed up to it, in the order of their columns, as
 * one commit at time 0; it holds the different rows meanwhile.
 *
 * Fails:    "FILE: time 4: the row (a 1) has -1 copies" (PW_DATA), or the stream
 *           breaks off before the time is complete.
 */
#ifndef PW_READ_STORED_H
#define PW_READ_STORED_H

#include "../tool/tool.h"

/* Both read input 0 to its end. */
void pw_stored_pass(struct pw_tool *t);
void pw_stored_as_of(struct pw_tool *t, pw_time time);

/* "4", "end", "2024-05-01T10:00:00" (UTC): 0, or fails (PW_USAGE). */
int pw_stored_time(const char *text, pw_time *time);

#endif
