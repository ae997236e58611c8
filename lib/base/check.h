/*
 * pw_check - invariants of containers, asserted in builds with -DPW_CHECKED
 *
 * Use:      the comment on a struct numbers its invariants; below it, between
 *           #ifdef PW_CHECKED and #endif, `static void check(...)` asserts each
 *           with PW_CHECK(number, what holds), and every public function that
 *           changes the struct calls check last. Without PW_CHECKED check is a
 *           macro that leaves no code.
 * Cost:     a check that looks at the whole of a struct asks pw_check_due
 *           first, which says yes so seldom that the mean cost is eight
 *           elements per call, however many there are.
 */
#ifndef PW_BASE_CHECK_H
#define PW_BASE_CHECK_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>

PW_C_BEGIN

#ifdef PW_CHECKED
#define PW_CHECK(number, holds)                                                                    \
	((holds) ? (void)0                                                                         \
		 : pw_bug("%s:%d: invariant %d does not hold: %s", __FILE__, __LINE__, number,     \
			  #holds))

/* Shall a struct of so many elements be looked at in whole now? */
static inline bool pw_check_due(size_t elements)
{
	static size_t calls;

	return calls++ % (elements / 8 + 1) == 0;
}
#endif

PW_C_END

#endif
