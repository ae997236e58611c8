/*
 * pw_replay - rows get the commit times that a column of theirs says
 *
 * Use:      open; start; then next until END, with wait after each IDLE; close.
 * Promises: a commit for every different value of the column, rounded as
 *           pw_replay_time says; files are merged by the column, each read in
 *           its own order; a row below the commit in the making joins it;
 *           with a speed, no row comes before its time on the clock, and while
 *           that is waited for the frontier is the next row's time already;
 *           of files that grow, what they hold at start is replayed, and
 *           files.ends says where that ended.
 * Memory:   a batch and a buffer per file; of more than 64 files only for those
 *           whose times overlap, and small ones.
 * Fails:    as pw_replay_lane; PW_SYSTEM when more files overlap than may be
 *           open.
 */
#ifndef PW_READ_REPLAY_H
#define PW_READ_REPLAY_H

#include "pace.h"
#include "read_event.h"
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
	bool unpaced;      /* rows that earlier runs have sent pass at once */
	uint64_t taken;    /* rows handed out */
	uint64_t complete; /* rows handed out that belong to commits before the one in the making */
};

/* Checks the wish against the schema: 0, or fails (PW_USAGE). */
int pw_replay_open(struct pw_replay *p, const struct pw_replay_wish *wish,
		   const struct pw_schema *schema);

/* Takes over a reader that has been bound, and makes one for each of its other files. */
int pw_replay_start(struct pw_replay *p, struct pw_reader *first,
		    const struct pw_parser_layout *layout);

/*
 * pw_replay_start in pieces, for a replay with state: share sets what all lanes have
 * in common; enter is called for each lane that may have rows, which then sleeps (if
 * it may) or has its first row in hand; entered, when all these lanes are there.
 */
void pw_replay_share(struct pw_replay *p, struct pw_reader *first,
		     const struct pw_parser_layout *layout);
int pw_replay_enter(struct pw_replay *p, struct pw_replay_lane *lane, bool sleeps);
void pw_replay_entered(struct pw_replay *p);

/*
 * enum pw_read_event_kind; -1. ROWS were appended to out (empty), and the last
 * of their times is still open; FRONTIER: p->promised has moved.
 */
int pw_replay_next(struct pw_replay *p, struct pw_builder *out);

/* After IDLE: until the time of the next row, or until a pipe has more. A stop ends the program. */
void pw_replay_wait(struct pw_replay *p);

void pw_replay_close(struct pw_replay *p);

#endif
