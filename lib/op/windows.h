/*
 * pw_windows - which tumbling or sliding windows a time is in
 *
 * Window k, for every whole number k, is [start, end): it starts at origin +
 * k * hop, and ends a length later. A tumbling window's hop is its length, and it ends
 * where the next one starts. A time is in every window with start <= time < end.
 * Windows below 0 do not exist if the origin was given.
 *
 * Bounds are computed in the time's own type: whole numbers exactly; doubles as
 * origin + (hop * k) and start + length, each operation rounded once. What a
 * time is in is decided by these bounds.
 *
 * Of datetimes, a hop or a length may be one of the calendar: months and years
 * (1mo, 1y, 1y6mo), and with a zone also days and weeks (1d, 2w), which begin
 * and end at the same local time of day. Such bounds are counted from the
 * origin, so that an origin on the 31st gives windows that start on the last
 * day of shorter months. Hours and less are as long as they are.
 *
 * The times between two neighbouring bounds are in the same windows: they are
 * one pane. So a run of rows with near times needs to be looked up once.
 *
 * Use:      w = {0}; pw_windows_open; then, once the axis does not change any
 *           more, pw_windows_pane per time that is outside of the pane in
 *           hand, and pw_windows_bounds per window of a pane; release.
 * Promises: a pane has its windows in the order of their starts, and of their
 *           ends; no two windows of a pane have the same bounds.
 * Bounds:   a time is in PW_WINDOWS_MOST windows at most.
 * Fails:    PW_USAGE, "--sliding: ...".
 */
#ifndef PW_OP_WINDOWS_H
#define PW_OP_WINDOWS_H

#include "../data/axis.h"
#include "../data/zone.h"

PW_C_BEGIN

#define PW_WINDOWS_MOST 100000

/* Texts as the options have them; NULL: not given. One of tumbling and sliding is. */
struct pw_windows_wish {
	const char *tumbling;
	const char *sliding, *every;
	const char *origin, *zone;
};

enum pw_period_unit { PW_PERIOD_FIXED, PW_PERIOD_DAYS, PW_PERIOD_MONTHS };

/* A hop or a length, above 0. */
struct pw_period {
	enum pw_period_unit unit;
	struct pw_length fixed; /* of PW_PERIOD_FIXED */
	int64_t count;          /* of days or months */
};

/* Times in [from, to) are in the windows first, first + 1, ..., count of them; 0: in none. */
struct pw_pane {
	pw_place from, to;
	int64_t first;
	uint32_t count;
};

struct pw_windows {
	const struct pw_axis *axis;
	struct pw_period hop, length;
	bool tumbling;
	bool has_first;          /* window 0 is the first */
	struct pw_length origin; /* where window 0 starts */
	int64_t origin_local;    /* ns: the same as local time */
	bool has_zone;
	struct pw_zone zone;
};

/* The axis is lent, and may become a real one. 0, or fails. */
int pw_windows_open(struct pw_windows *w, struct pw_axis *axis, const struct pw_windows_wish *wish);
void pw_windows_release(struct pw_windows *w);

/* The pane that the place is in; false: it has none, pw_windows_unsound says why. */
bool pw_windows_pane(struct pw_windows *w, pw_place place, struct pw_pane *pane);

/* Why a place has no pane, as the reason of a row error. */
const char *pw_windows_unsound(const struct pw_windows *w);

/* The bounds of window k of a pane. */
void pw_windows_bounds(struct pw_windows *w, int64_t k, pw_place *start, pw_place *end);

/*
 * How long the shortest window is: of 1mo 28 days. Of days in a zone it is an hour
 * less than they have in all, for the night on which clocks are put forward.
 */
struct pw_length pw_windows_least(const struct pw_windows *w);

PW_C_END

#endif
