/*
 * pw_pace - how fast recorded times pass on the clock of the machine
 *
 * Use:      open; start when the first time is known; then ask which times may
 *           pass by now, or when a time may.
 * Promises: no time passes early; times below the origin, and all of them at
 *           speed max, pass at once. The clock is CLOCK_BOOTTIME: it neither
 *           jumps nor stands still while the machine sleeps.
 */
#ifndef PW_READ_PACE_H
#define PW_READ_PACE_H

#include "../time/time.h"

#include <stdbool.h>

struct pw_pace {
	double speed; /* recorded ms per ms; 0: max */
	bool has_from, started;
	pw_time from;   /* where counting begins: as --from says, else the first time */
	int64_t origin; /* ns of the clock, when counting began */
};

/* speed: "60x", "0.5x", "max" or NULL (max). from: a time or NULL. 0, or fails (PW_USAGE). */
int pw_pace_open(struct pw_pace *p, const char *speed, const char *from);

/* first: the first time that there is. Later calls do nothing. */
void pw_pace_start(struct pw_pace *p, pw_time first);

/* The last time that may pass by now. */
pw_time pw_pace_now(const struct pw_pace *p);

/* When may that time pass? ns of the clock. */
int64_t pw_pace_due(const struct pw_pace *p, pw_time time);

#endif
