/*
 * pw_reject_resume - cuts off the rejected rows whose times come again
 *
 * Use:      once, when the file has been opened and before it is written to.
 *           fd can be read; its offset is moved.
 * Promises: the file ends before its first line that is torn, or of a time at
 *           or above restart; what is no regular file is left alone.
 * Memory:   grows with the longest line.
 * Fails:    PW_SYSTEM, "read: ..." and the like; the caller adds the file.
 */
#ifndef PW_TOOL_REJECT_RESUME_INTERNAL_H
#define PW_TOOL_REJECT_RESUME_INTERNAL_H

#include "../time/time.h"

/* 0, or fails. */
int pw_reject_resume(int fd, pw_time restart);

/*
 * Before lines are added, under the lock of those who add: a last line without
 * an end, which a killed program or a full disk has left, gets one if it is
 * whole, and else is cut off. fd is open for appending. 0, or fails.
 */
int pw_reject_mend(int fd);

#endif
