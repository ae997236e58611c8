/*
 * pw_signal - SIGINT and SIGTERM ask to stop, SIGUSR1 asks for a line
 *
 * Use:      pw_signal_start once; whoever waits polls pw_signal_fd as well, and
 *           calls pw_signal_drain when it is readable.
 * Promises: a signal that was ignored at the start stays ignored. A second
 *           SIGINT kills. No poll sleeps through a signal. SIGPIPE is ignored:
 *           a write to a reader that has gone answers EPIPE, and
 *           pw_signal_die_of_pipe then dies of SIGPIPE. A write to a reader
 *           that has stalled is given up when the second of a stop is over.
 */
#ifndef PW_TOOL_SIGNAL_H
#define PW_TOOL_SIGNAL_H

#include "../base/lang.h"

#include <stdbool.h>
#include <stdint.h>

PW_C_BEGIN

void pw_signal_start(void);
int pw_signal_fd(void);            /* readable when a signal has come */
void pw_signal_drain(void);        /* makes it unreadable again */
bool pw_signal_stop(void);         /* has a stop been asked for? */
int64_t pw_signal_stop_left(void); /* ms left of the second that a stop grants; below 0: over */
bool pw_signal_stalled(void);      /* has a write been given up? */
void pw_signal_watch_screen(void); /* a new size of the terminal, or SIGCONT, ends a wait too */
bool pw_signal_continued(void);    /* has SIGCONT come since the last call? */
bool pw_signal_report(void);       /* has SIGUSR1 come since the last call? */
PW_NORETURN void pw_signal_die_of_pipe(void);

PW_C_END

#endif
