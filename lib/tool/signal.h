/*
 * pw_signal - SIGINT and SIGTERM ask to stop, SIGUSR1 asks for a line
 *
 * A signal that was ignored at the start stays ignored. A second SIGINT
 * kills. A pipe of our own becomes readable with each signal, so that a poll
 * never sleeps through one. SIGPIPE is ignored: writing to a reader that has
 * gone answers EPIPE, and pw_signal_die_of_pipe then dies as if it had not
 * been. A write to a reader that has stalled is given up when the second is
 * over.
 */
#ifndef PW_TOOL_SIGNAL_H
#define PW_TOOL_SIGNAL_H

#include "../base/lang.h"

#include <stdbool.h>
#include <stdint.h>

PW_C_BEGIN

void pw_signal_start(void);
int pw_signal_fd(void);            /* readable when a signal has come */
void pw_signal_drain(void);        /* empties that pipe */
bool pw_signal_stop(void);         /* has a stop been asked for? */
int64_t pw_signal_stop_left(void); /* ms left of the second to stop in; below 0: over */
bool pw_signal_stalled(void);      /* has a write been given up? */
void pw_signal_watch_screen(void); /* a new size of the terminal, or SIGCONT, ends a wait too */
bool pw_signal_continued(void);    /* SIGCONT has come; asked once per signal */
bool pw_signal_report(void);       /* SIGUSR1 has come; asked once per signal */
PW_NORETURN void pw_signal_die_of_pipe(void);

PW_C_END

#endif
