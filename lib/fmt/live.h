/*
 * pw_live - a table on a terminal, redrawn in place as it changes
 *
 * As many rows are drawn as there is room for. Below them stands the status
 * line: how many rows there are, how many of them are not shown, the changes
 * that come in a second, and the lag, which is how much earlier the frontier is
 * than the wall clock. Columns are as wide as lib/fmt/fit.h says.
 *
 * Use:      init with what shows it; note what has come; draw when
 *           pw_live_due and the table is another, or when pw_live_resized;
 *           tick when pw_live_idle, so that rate and lag are true though
 *           nothing changes; clear to take all lines off the screen; release.
 *           Lines that are drawn and not cleared stay.
 * Promises: what is drawn fits the terminal as it is then; the table is
 *           redrawn at most ten times a second, and takes at most a tenth of
 *           the time. The cursor is never hidden, and stands below the last
 *           line between calls: so the terminal is in order however the program
 *           ends, and messages of other programs come below the table.
 *           After a resize the table is all that is on the screen: what stood
 *           above it has left the screen at its top.
 */
#ifndef PW_FMT_LIVE_H
#define PW_FMT_LIVE_H

#include "../state/table.h"
#include "writer.h"

PW_C_BEGIN

struct pw_live {
	int fd; /* the terminal */
	bool colour;
	pw_writer_fn *write;
	void *to;
	size_t columns, lines; /* of the terminal, at the last draw */
	uint64_t rows, shown;  /* of the table, copies counted */
	size_t left_out;       /* columns of the table that there is no room for */
	int64_t next;          /* ms: no draw before */
	int64_t tick;          /* ms: then the status line is old */
	struct pw_bytes text, out;
	struct pw_bytes screen; /* the lines that are drawn */
	size_t drawn;           /* how many they are */
	bool alone;             /* the table begins at the top of the screen */

	/* as pw_live_note has told */
	uint64_t changes;
	pw_time frontier;
	struct pw_live_sample {
		int64_t at;
		uint64_t changes;
	} samples[2]; /* the rate is taken since the first, one to two seconds ago */
};

void pw_live_init(struct pw_live *l, int fd, bool colour, pw_writer_fn *write, void *to);
void pw_live_release(struct pw_live *l);

/* So many changes have come by now, and times below the frontier are complete. */
void pw_live_note(struct pw_live *l, uint64_t changes, pw_time frontier);

bool pw_live_due(const struct pw_live *l);
bool pw_live_idle(const struct pw_live *l);
bool pw_live_resized(const struct pw_live *l);

/* Draws the rows that there is room for, and the status line; tick draws that line alone. */
int pw_live_draw(struct pw_live *l, struct pw_table *table);
int pw_live_tick(struct pw_live *l);

/* The last draw of all: its status line has no rate and no lag. */
int pw_live_last(struct pw_live *l, struct pw_table *table);

/* The columns and lines of a terminal; 80 and 24 if it does not say. */
void pw_live_size(int fd, size_t *columns, size_t *lines);

/* Takes off the screen what is drawn. */
int pw_live_clear(struct pw_live *l);

/* Others have written on the terminal, and what is drawn is no longer where it was. */
void pw_live_lost(struct pw_live *l);

/* ---- live_status.c ---- */

/* Makes the status line, without colours and of ASCII alone, as long as the terminal is wide at most. */
void pw_live_status(const struct pw_live *l, int64_t now, int64_t clock, struct pw_bytes *line);

PW_C_END

#endif
