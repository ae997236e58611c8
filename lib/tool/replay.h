/*
 * pw_replay - rows get the commit times that a column of theirs says
 *
 * Promises: a commit for every different value of the column, rounded up to
 *           even ms (to a multiple of the autocommit, if that is longer), so
 *           that no row is seen before its time; files are merged by the
 *           column, each read in its own order; a row below the commit being
 *           made joins it.
 * Memory:   a batch and a buffer per file.
 * Fails:    a null, a time before 1970 (PW_DATA).
 */
#ifndef PW_TOOL_REPLAY_H
#define PW_TOOL_REPLAY_H

#include "reader.h"

struct pw_replay_wish {
	const char *column;
	const char *unit;     /* s, ms, us, ns: of an int or float column; else NULL */
	int64_t autocommit;   /* ns; 0: none */
};

struct pw_replay_lane;

struct pw_replay {
	const struct pw_schema *schema;
	int column;
	double scale;         /* ms of one, of an int or float column */
	int64_t unit;         /* ns of one, of an int column or a datetime */
	pw_time step;         /* commit times are multiples of it */
	pw_time now;          /* the commit being made */
	struct pw_replay_lane *lanes;
	size_t lane_count;
	struct pw_run *runs;  /* of the rows in hand */
	size_t run_capacity;
};

/* Checks the wish against the schema: 0, or fails (PW_USAGE). */
int pw_replay_open(struct pw_replay *p, const struct pw_replay_wish *wish,
		   const struct pw_schema *schema);

/* Takes over a reader that has been bound, and makes one for each of its other files. */
int pw_replay_start(struct pw_replay *p, struct pw_reader *first,
		    const struct pw_parser_layout *layout);

/* Appends rows to out (empty), the last of their times still open: 1; 0: the end; -1. */
int pw_replay_next(struct pw_replay *p, struct pw_builder *out);

void pw_replay_close(struct pw_replay *p);

#endif
