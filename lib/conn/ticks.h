/*
 * pw_ticks - clock:D, a source that has a row at each multiple of D
 *
 * Multiples are counted from 1973-01-01T00:00:00Z, as windows are, so that rows
 * fall on the bounds of tumbling windows of that length. The source is lines of
 * text, the times of the run's clock (options->clock), each PW_TICKS_LINE bytes
 * long: the bytes of a stretch of rows without gap follow from its name and an
 * offset alone, and can be made again at any time.
 *
 *   - The first row of a run is the last multiple that has passed when the run
 *     began, if no earlier run has given it. What has passed between two runs is
 *     left out.
 *   - When it is followed, a row is given when its time has come; then it is a
 *     source block of its own, so that no commit has a row of a later time. Rows
 *     that come late (the reader was held up) come together; but of more than
 *     PW_TICKS_LATE only the last, since the machine must have slept.
 *
 * A stretch is an origin, clock:D@N, where N is the number of its first row. Its
 * offset in a journal is {"offset": BYTES}.
 */
#ifndef PW_CONN_TICKS_H
#define PW_CONN_TICKS_H

#include "connector.h"

PW_C_BEGIN

enum {
	PW_TICKS_LINE = 31, /* 2026-12-01T06:00:00.000000000Z and a line end */
	PW_TICKS_LATE = 1000
};

/* D of clock:D, in ns. 0, or fails (PW_USAGE). */
int pw_ticks_interval(const char *source, int64_t *ns);

PW_C_END

#endif
