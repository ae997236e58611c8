/*
 * pw_zone - a time zone of the system's tz database
 *
 * Use:      pw_zone_load by its IANA name; then either direction, per value.
 * Promises: the same file gives the same answers; of a local time that
 *           occurs twice the first is meant; a local time that is skipped is
 *           taken as if the clock had not been moved yet.
 * Reads:    TZif files (RFC 8536) of version 2 and above, their rule for the
 *           time after the last transition included.
 */
#ifndef PW_DATA_ZONE_H
#define PW_DATA_ZONE_H

#include "../base/bytes.h"

PW_C_BEGIN

/* A day of the year on which the clock is moved, and when. */
struct pw_zone_day {
	char kind; /* 'J': 1 to 365, no 29th of February; 'D': 0 to 365; 'M': week of a month */
	int day, week, month;
	int64_t seconds; /* of the day, local time */
};

struct pw_zone {
	struct pw_bytes file;
	size_t count;
	const unsigned char *times, *types, *offsets; /* in file: 8 bytes, 1, 6 each */
	size_t type_count;
	bool has_rule, has_summer;
	int64_t winter_offset, summer_offset; /* of the rule; seconds east */
	struct pw_zone_day summer_from, summer_to;
	int64_t from, to, offset; /* the offset of all times from .. to, as last found */
};

/* 0, or fails (PW_USAGE: there is no such zone). Release before loading another. */
int pw_zone_load(struct pw_zone *z, struct pw_slice name);
void pw_zone_release(struct pw_zone *z);

/* Seconds east of UTC at a time in seconds since 1970. */
int64_t pw_zone_offset(struct pw_zone *z, int64_t utc);

/* The UTC time of a local one, both in seconds. */
int64_t pw_zone_utc(struct pw_zone *z, int64_t local);

PW_C_END

#endif
