/*
 * pw_stretch - the rows of a group around a commit's changes, before and after
 *
 * Holds the rows that a run of changes touches and as many rows on both sides
 * of each as a function asks for, in order. Where two changes lie further apart
 * than that, what is between them is left out: then the neighbours given there
 * are wrong, and the same before and after.
 *
 * Use:      set wants and context; find, for each run of an ordered that has
 *           been summed up and not applied yet; read rows; release.
 * Lends:    the rows' keys are the ordered's, until that is applied.
 * Fails:    as pw_ordered_apply.
 */
#ifndef PW_STATE_STRETCH_H
#define PW_STATE_STRETCH_H

#include "ordered.h"

PW_C_BEGIN

#define PW_STRETCH_NONE UINT32_MAX

/* A row as it is before, or after, the commit. */
struct pw_stretch_side {
	int64_t copies;          /* 0: it is not there */
	uint32_t previous, next; /* different rows that are: their numbers, or none */
};

struct pw_stretch_row {
	struct pw_slice row;
	struct pw_stretch_side before, after;
};

struct pw_stretch {
	/*
	 * Is the next row wanted, too? Asked with NULL first, and then with
	 * each row, from a change on outwards.
	 */
	bool (*wants)(void *context, const struct pw_slice *row);
	void *context;
	struct pw_stretch_row *rows;
	size_t count, capacity;
};

int pw_stretch_find(struct pw_stretch *s, const struct pw_ordered *o,
		    const struct pw_ordered_run *run, pw_time time);
void pw_stretch_release(struct pw_stretch *s);

PW_C_END

#endif
