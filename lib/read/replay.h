/*
 * pw_replay - rows get the commit times that a column of theirs says
 *
 * Promises: a commit for every different value of the column, rounded as
 *           pw_replay_time says; files are merged by the column, each read in
 *           its own order; a row below the commit being made joins it;
 *           with a speed, no row comes before its time on the clock, and while
 *           that is waited for the frontier is the next row's time already;
 *           of files that grow, what they hold at start is replayed, and
 *           files.ends says where that ended.
 * Memory:   a batch and a buffer per file, of more than 64 files only of those
 *           whose times overlap, and small ones.
 * Fails:    as pw_replay_lane; PW_SYSTEM when more files overlap than may be
 *           open.
 */
#ifndef PW_READ_REPLAY_H
#define PW_READ_REPLAY_H

#include "pace.h"
#include "replay_lane_internal.h"

struct pw_replay_wish {
	const char *column;
	const char *unit;         /* s, ms, us, ns: of an int or float column; else NULL */
	int64_t autocommit;       /* ns; 0: none */
	const char *speed, *from; /* as pw_pace_open has them */
};

struct pw_replay {
	struct pw_tool *tool;
	struct pw_replay_files files;
	struct pw_pace pace;
	pw_time promised; /* no row of an earlier time will come */
	struct pw_replay_lane *lanes;
	struct pw_replay_lane **heap; /* lanes that have not ended, the next row's on top */
	size_t heap_count;
	struct pw_run *runs; /* of the rows in hand */
	size_t run_capacity;
	bool unpaced; /* what earlier runs have sent passes at once */
	uint64_t taken,
		complete; /* rows handed out; of those, the ones before the commit in the making */
};

/* Checks the wish against the schema: 0, or fails (PW_USAGE). */
int pw_replay_open(struct pw_replay *p, const struct pw_replay_wish *wish,
		   const struct pw_schema *schema);

/* Takes over a reader that has been bound, and makes one for each of its other files. */
int pw_replay_start(struct pw_replay *p, struct pw_reader *first,
		    const struct pw_parser_layout *layout);

/*
 * The same in pieces, for a replay with state: what all lanes share; a lane
 * that may have rows, asleep (if it may) or with the first of them in hand; and when all
 * of those are there.
 */
void pw_replay_share(struct pw_replay *p, struct pw_reader *first,
		     const struct pw_parser_layout *layout);
int pw_replay_enter(struct pw_replay *p, struct pw_replay_lane *lane, bool sleeps);
void pw_replay_entered(struct pw_replay *p);

/*
 * Appends rows to out (empty), the last of their times still open, or appends
 * none, and p->promised has moved: 1; 0: the end; -1. Does not return when a
 * signal stops it while it waits for a row's time.
 */
int pw_replay_next(struct pw_replay *p, struct pw_builder *out);

void pw_replay_close(struct pw_replay *p);

#endif
