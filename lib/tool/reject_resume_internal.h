/* pw_reject_resume - the rejected rows of times that come again are cut off */
#ifndef PW_TOOL_REJECT_RESUME_INTERNAL_H
#define PW_TOOL_REJECT_RESUME_INTERNAL_H

#include "../time/time.h"

/*
 * Cuts the file off at its first line of a time at or above restart, or at one
 * that is torn; leaves what is no regular file alone. fd can be read; its
 * place is moved. 0, or fails (PW_SYSTEM).
 */
int pw_reject_resume(int fd, pw_time restart);

#endif
