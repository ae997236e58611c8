/*
 * pw_near - "did you mean": the name nearest to what was written
 *
 * Returns:  the candidate with the least Damerau-Levenshtein distance from
 *           text (case ignored), if that is at most a third of its length
 *           (at least 1; at most 3) and both have something in common; else
 *           NULL. Among equally near candidates the first is returned. A swap
 *           of two neighbours counts as one change.
 */
#ifndef PW_BASE_NEAR_H
#define PW_BASE_NEAR_H

#include "lang.h"

#include <stddef.h>

PW_C_BEGIN

const char *pw_near(const char *text, size_t length, const char *const *names, size_t count);

PW_C_END

#endif
