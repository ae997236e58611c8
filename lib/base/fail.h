/*
 * pw_fail - errors are raised once, placed on the way up, printed once
 *
 * Use:      the function that detects a fault returns pw_fail(kind, "what:
 *           found and expected"); a caller that knows where it happened
 *           returns pw_fail_at("frame %d", n), which puts its place in front:
 *           "frame 12: what". lib/tool prints the message, once.
 * Returns:  -1 always, so that `return pw_fail(...)` reads well.
 * Lends:    pw_fail_text, until the next pw_fail* of the thread.
 */
#ifndef PW_BASE_FAIL_H
#define PW_BASE_FAIL_H

#include "lang.h"

PW_C_BEGIN

/* The kinds of failure are the exit statuses that users see. */
enum pw_status {
	PW_OK = 0,
	PW_NO = 1,       /* ran, and the question asked has the answer no */
	PW_USAGE = 2,    /* option, expression, schema */
	PW_DATA = 3,     /* bad data */
	PW_STATE = 4,    /* the state directory does not fit this pipeline */
	PW_SYSTEM = 5,   /* I/O, disk full, broker gone, limits */
	PW_BUSY = 75,    /* the state directory is in use by another run */
	PW_STOPPED = 130 /* stopped before the first commit was complete */
};

#define PW_PRINTF(f, a) __attribute__((format(printf, f, a)))

int pw_fail(enum pw_status kind, const char *format, ...) PW_PRINTF(2, 3);

/* "what: No space left on device", of errno, kind PW_SYSTEM */
int pw_fail_system(const char *what);

/* Puts "place: " in front of the message there is. */
int pw_fail_at(const char *format, ...) PW_PRINTF(1, 2);

/* Changes the kind of the fault; the message stays. Bad data in a checkpoint is PW_STATE, say. */
int pw_fail_as(enum pw_status kind);

/* Adds a line to be printed below the message (a caret under a fault). */
int pw_fail_detail(const char *format, ...) PW_PRINTF(1, 2);

enum pw_status pw_fail_status(void); /* PW_OK: nothing has failed */
/* The message, on one line (control characters as \xNN), then details on their own. */
const char *pw_fail_text(void);
void pw_fail_clear(void);

/* Our own mistakes are no errors: says where and aborts. */
PW_NORETURN void pw_bug(const char *format, ...) PW_PRINTF(1, 2);

PW_C_END

#endif
