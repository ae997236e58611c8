/*
 * pw_aside_resume - cuts off the records whose times come again
 *
 * Use:      once, when the file has been opened and before it is written to.
 *           fd can be read; its offset is moved.
 * Promises: the file ends before its first record that is torn, or of a time at
 *           or above restart; what is no regular file is left alone.
 * Memory:   grows with the longest record.
 * Fails:    PW_SYSTEM, "read: ..." and the like; the caller adds the file.
 */
#ifndef PW_TOOL_ASIDE_RESUME_INTERNAL_H
#define PW_TOOL_ASIDE_RESUME_INTERNAL_H

#include "../time/time.h"

/*
 * csv: records are those of change-CSV, the header first; else lines of JSON.
 * 1: records are left; 0: none; or fails.
 */
int pw_aside_resume(int fd, pw_time restart, bool csv);

/*
 * Before lines are added, under the lock of those who add: a last line without
 * an end, which a killed program or a full disk has left, gets one if it is
 * whole, and else is cut off. fd is open for appending. 0, or fails.
 */
int pw_aside_mend(int fd);

#endif
