/*
 * pw_live - a table on a terminal, redrawn in place as it changes
 *
 * Use:      init with what shows it; draw when pw_live_due; clear to take the
 *           table off; release. What is drawn and not cleared stays.
 * Promises: what is drawn fits the terminal as it is then; it is redrawn at
 *           most ten times a second, and takes at most a tenth of the time.
 *           The cursor stands below the last line between calls, so that
 *           messages of others come below.
 */
#ifndef PW_FMT_LIVE_H
#define PW_FMT_LIVE_H

#include "../state/table.h"
#include "writer.h"

struct pw_live {
	int fd; /* the terminal */
	bool colour;
	pw_writer_fn *write;
	void *to;
	size_t drawn; /* lines on the screen */
	int64_t next; /* ms: no draw before */
	struct pw_bytes text, out;
};

void pw_live_init(struct pw_live *l, int fd, bool colour, pw_writer_fn *write, void *to);
void pw_live_release(struct pw_live *l);

bool pw_live_due(const struct pw_live *l);

/* The first rows of the table that there is room for, and a line about it. */
int pw_live_draw(struct pw_live *l, struct pw_table *table);
int pw_live_clear(struct pw_live *l);

#endif
