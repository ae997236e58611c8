/*
 * pw_stored - a stream that was saved in a file, read again
 *
 * pw_read_stored hands it on as it is. pw_read_as_of hands on the table that it
 * is at a time: the rows summed up to it, in the order of their columns, as one
 * commit at time 0; it holds the different rows meanwhile.
 *
 * Fails:    "FILE: time 4: the row (a 1) has -1 copies", or the stream breaks
 *           off before the time is complete (PW_DATA).
 */
#ifndef PW_READ_STORED_H
#define PW_READ_STORED_H

#include "read_source.h"

/* "4", "end", "2024-05-01T10:00:00" (UTC): 0, or fails (PW_USAGE). */
int pw_stored_time(const char *text, pw_time *time);

#endif
