/*
 * pw_time - commit times; the layer knows no rows
 *
 * A time is a count of milliseconds since the Unix epoch. Even times carry
 * data, odd ones forgetting. PW_TIME_END is the end, where buffers flush;
 * nothing is above it.
 * A frontier f promises: no more changes with a time below f.
 */
#ifndef PW_TIME_TIME_H
#define PW_TIME_TIME_H

#include "../base/bytes.h"
#include "diff.h"

#include <inttypes.h>

PW_C_BEGIN

typedef uint64_t pw_time;

#define PW_TIME_END (UINT64_MAX - 1)
/* No time: for rows that have none, such as those of a checkpoint. */
#define PW_TIME_NONE UINT64_MAX
/* The greatest time that a later run can go on from: side files hold times as signed words. */
#define PW_TIME_MOST UINT64_C(9000000000000000000)

static inline bool pw_time_is_odd(pw_time t)
{
	return (t & 1) != 0 && t != PW_TIME_END;
}

/* The first time above t: t + 1, or the end of the end. */
static inline pw_time pw_time_after(pw_time t)
{
	return t == PW_TIME_END ? t : t + 1;
}

/* "1700000000000" or "end"; 0, or -1 without a message. */
int pw_time_parse(struct pw_slice text, pw_time *t);
void pw_time_print(struct pw_bytes *b, pw_time t);

/* Puts "time T: " in front of the message of what has failed, nothing of PW_TIME_NONE; -1. */
int pw_time_fail_at(pw_time t);

PW_C_END

#endif
