#include "diff.h"

#include <inttypes.h>

int pw_diff_exceeds(void)
{
	return pw_fail(PW_DATA, "the copies of a row exceed 64 bits");
}

int pw_diff_negative(enum pw_status kind, const char *row, pw_diff copies)
{
#define WHY "has %" PRId64 " copies: more are taken away than were added"
	return row ? pw_fail(kind, "the row (%s) " WHY, row, copies)
		   : pw_fail(kind, "a row " WHY, copies);
}

int pw_diff_taken_away(const char *row)
{
#define CLAIM "is taken away, and the stream says that it is append-only"
	return row ? pw_fail(PW_DATA, "the row (%s) " CLAIM, row)
		   : pw_fail(PW_DATA, "a row " CLAIM);
}
