/*
 * pw_diff - how many copies of a row a change adds (above 0) or takes away
 *
 * Use:      pw_diff_add sums. Code that finds a row with less than 0 copies
 *           fails with pw_diff_negative, and puts time and input in front.
 * Fails:    "the copies of a row exceed 64 bits" (PW_DATA);
 *           "the row (a 1, b 'x') has -1 copies: more are taken away than were
 *           added". Each of these faults has one wording in all programs.
 */
#ifndef PW_TIME_DIFF_H
#define PW_TIME_DIFF_H

#include "../base/fail.h"

#include <stdint.h>

PW_C_BEGIN

typedef int64_t pw_diff;

/* Fails: the sum of a row's diffs is beyond 64 bits. */
int pw_diff_exceeds(void);

/*
 * Fails: copies, below 0, is what a row comes to. row: the row as
 * pw_roworder_describe writes it; NULL: which row it is cannot be said.
 */
int pw_diff_negative(enum pw_status kind, const char *row, pw_diff copies);

/* Fails (PW_DATA): a row is taken away from a stream that is append-only; row as above. */
int pw_diff_taken_away(const char *row);

/* *sum += more; 0, or fails. */
static inline int pw_diff_add(pw_diff *sum, pw_diff more)
{
	return __builtin_add_overflow(*sum, more, sum) ? pw_diff_exceeds() : 0;
}

PW_C_END

#endif
