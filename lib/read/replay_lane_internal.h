/*
 * pw_replay_lane - one file of a replay: its rows in order, each with its time
 *
 * A lane that is asleep holds nothing but the time of its first row, so that
 * of thousands of files only those are open whose times overlap.
 *
 * Use:      a struct of zeroes but for index and order; peek, if the lane may
 *           sleep; fill whenever it is empty; close; forget.
 * Promises: a lane that is not empty has at < view->rows, and next is the time
 *           of row `at`, and place is where it stands among the rows of other lanes; a lane that has ended holds no memory and no
 *           descriptor.
 * Fails:    "FILE:LINE: column 'at': is null, ...", unless rows with an error
 *           are skipped; as the reader.
 */
#ifndef PW_READ_REPLAY_LANE_INTERNAL_H
#define PW_READ_REPLAY_LANE_INTERNAL_H

#include "replay_end.h"
#include "replay_time_internal.h"
#include "replay_trail_internal.h"

/* All files of a replay, and the members that their lanes share. */
struct pw_replay_files {
	struct pw_reader
		*first; /* bound; of the first lane, and the pattern of the others' readers */
	char **paths;
	size_t count;
	const struct pw_schema *schema;
	const struct pw_parser_layout *layout;
	struct pw_replay_time time;
	pw_time now;                /* the commit in the making */
	size_t awake;               /* lanes that have a reader */
	struct pw_replay_ends ends; /* of lanes that have ended, if the first reader's files grow */

	/* with state */
	bool trails;    /* lanes have trails, and stay open at their ends */
	bool whole;     /* a last line without its end is a row */
	uint64_t bytes; /* that have become rows since the last entry */
};

struct pw_replay_lane {
	size_t index;             /* of the file */
	size_t order;             /* among rows of one value, those of the least order come first */
	pw_time next;             /* of row `at`, or of the first row */
	int64_t place;            /* of the same row: see pw_replay_time_place */
	struct pw_reader *reader; /* NULL: asleep, or ended */
	struct pw_builder rows;
	const struct pw_batch *view;
	pw_time *times; /* of the view's rows */
	size_t time_capacity;
	struct pw_parser_lines lines;
	uint32_t at;       /* rows below it have been handed out */
	struct stat begun; /* a file that grows, as it was first seen */
	bool ended;

	/* with state */
	bool passed_over; /* it has ended asleep: no row of it has a time */
	struct pw_replay_trail trail;
	uint64_t until;         /* the file is read up to here; 0: to its end */
	struct pw_bytes header; /* as earlier runs have found it */
	char *key;              /* the file's in the journal */
};

/* May the lane sleep: can its file be read twice? */
bool pw_replay_lane_sleeps(const struct pw_replay_files *files, const struct pw_replay_lane *lane);

/* next and place are those of row `at`. */
static inline void pw_replay_lane_next(const struct pw_replay_files *files,
				       struct pw_replay_lane *lane)
{
	lane->next = lane->times[lane->at];
	lane->place = pw_replay_time_place(&files->time, lane->view, lane->at);
}

/* Looks at the first row, whose time becomes next: 0 or -1. */
int pw_replay_lane_peek(struct pw_replay_files *files, struct pw_replay_lane *lane);

/* Gets rows to hand out, unless the file ends: 0; PW_READER_WAITS; -1. */
int pw_replay_lane_fill(struct pw_replay_files *files, struct pw_replay_lane *lane);

static inline bool pw_replay_lane_empty(const struct pw_replay_lane *lane)
{
	return lane->view == NULL || lane->at == lane->view->rows;
}

/* Releases what close leaves: the trail, the header and the key. */
void pw_replay_lane_forget(struct pw_replay_lane *lane);

void pw_replay_lane_close(struct pw_replay_files *files, struct pw_replay_lane *lane);

#endif
