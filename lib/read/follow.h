/*
 * pw_follow - a source that is followed becomes rows and commits
 *
 * A follower takes bytes from a connector, hands them to the parser, and says
 * where commits end and what may be promised. Origins may alternate; the
 * parser holds no part of a record between two pieces, so that all it has to
 * know of an origin is its header and its line, which struct pw_origin holds.
 *
 * After a replay a follower goes on where the replay has ended, at times of the
 * clock.
 *
 * With --sync rows are let go by the group, before they have a commit; while rows
 * are held no more is read.
 *
 * Use:      open, with a reader whose kind and options are set; sample, if
 *           columns are still to be found; when the reader's parser is bound,
 *           start, or start_after; then next until END, with wait after each
 *           IDLE; close.
 * Promises: as pw_commits. Rows of an open commit are handed out as they come.
 *           A stop ends the stream after the commit in hand if that is
 *           complete within a second; a commit that is not is never promised.
 *           With state, commits of earlier runs from the restart point on come
 *           first, as they were; and no frontier passes a commit that the
 *           journal does not hold.
 * Fails:    as the connector and the parser do.
 */
#ifndef PW_READ_FOLLOW_H
#define PW_READ_FOLLOW_H

#include "../conn/connector.h"
#include "../time/commits.h"
#include "hold.h"
#include "read_event.h"
#include "reader.h"
#include "replay_end.h"
#include "resume.h"
#include "sync.h"

struct pw_follow_wish {
	struct pw_connector_options source;
	const char *commit_line; /* ends a commit, and is no row; NULL: none */
	int64_t autocommit;      /* ns; below 0: only where the source says */
	bool timed;              /* rows carry their times: --changes */
	uint64_t backlog;        /* rows that sinks have not committed, at most; 0: no matter */
};

/* The phases of a follower. All but READING are for commits of earlier runs, which are played again. */
enum pw_follow_phase {
	PW_FOLLOW_READING,     /* pieces of the source become rows of this run */
	PW_FOLLOW_PLAYING,     /* no commit is in hand: the next one is taken from the journal */
	PW_FOLLOW_COMMIT,      /* a commit is in hand: its next piece is taken from the journal */
	PW_FOLLOW_FETCHING,    /* a piece is in hand: more of its bytes are needed */
	PW_FOLLOW_PARSING,     /* a piece is in hand: bytes of it become rows */
	PW_FOLLOW_PASSING_OVER /* all commits were played: standard input brings their bytes again */
};

/* The state of the source, as last looked at. */
enum pw_follow_offer {
	PW_FOLLOW_UNKNOWN, /* the next piece is to be read */
	PW_FOLLOW_HELD,    /* the piece in hand, which was looked at and is to be handled */
	PW_FOLLOW_DUE,     /* the same; the journal must cover the rows before it first */
	PW_FOLLOW_IDLE,    /* nothing now: all that is there has been read */
	PW_FOLLOW_SLOW,    /* nothing now, and not all that is there has been read */
	PW_FOLLOW_FINISHED /* nothing any more */
};

/* May the commit in hand end here? */
enum pw_follow_bound {
	PW_FOLLOW_MAY_END,
	PW_FOLLOW_MUST_END,     /* as the source or a commit line says */
	PW_FOLLOW_MUST_NOT_END, /* not until more has come */
	PW_FOLLOW_IN_BLOCK,     /* no: a source block is indivisible */
	PW_FOLLOW_ENDS_IN_BLOCK /* yes: before the first row of a block, or at a commit line in it */
};

/* A commit that sinks have not passed yet. */
struct pw_follow_sent {
	pw_time time;
	uint64_t rows;
};

struct pw_follow {
	struct pw_reader *reader; /* lent */
	struct pw_follow_wish wish;
	struct pw_connector *connector;
	struct pw_clock clock;
	struct pw_commits commits;
	struct pw_resume *resume; /* lent; NULL: a pipeline without state */
	struct pw_sync *sync; /* lent; NULL: rows are handed out without a question to a group */
	const struct pw_replay_ends *replayed; /* lent; NULL: there was no replay before */

	enum pw_follow_phase phase;
	enum pw_follow_offer offer;
	enum pw_follow_bound bound;
	pw_time frontier;           /* as last told */
	enum pw_read_ending ending; /* told with END */

	struct pw_piece piece;     /* the last one read */
	struct pw_origin *current; /* where the parser stands; NULL: nowhere */
	uint64_t loose;            /* rows since the last commit line */
	int64_t read_at; /* idle: when to read again, ns of the boot clock; INT64_MAX: when piece.fd is ready */

	/* a commit of an earlier run, while it is played */
	pw_time time;
	struct pw_resume_piece play; /* play.from moves on as bytes become rows */
	struct pw_bytes bytes;       /* of the piece, from play.from on */
	struct pw_origin *standard;  /* of standard input; NULL: it has not been seen yet */

	struct pw_hold hold; /* with sync: what has been read and may not go yet */

	/* --max-backlog */
	struct pw_follow_sent *sent; /* ascending by time */
	size_t sent_count, sent_capacity;
	uint64_t sent_rows; /* in all of them */
	uint64_t excess;    /* rows over the limit, as last looked; above 0 no more is read */

	/* --changes with state: see follow_timed.c */
	struct pw_parser_lines lines; /* of the rows that were handed out last */
	uint32_t complete;            /* of those rows, how many count; the others are read again */
	pw_time boundary; /* rows below it have been consumed, and of the others only those of time open */
	pw_time open;       /* of the rows consumed last */
	uint64_t uncovered; /* bytes consumed that no entry of the journal covers */
};

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader,
		   const struct pw_follow_wish *wish);

/*
 * Waits for rows to find columns in, appended to found: those that come first, or
 * a header of declared columns. 0, also if the source has ended without any; -1. A
 * stop ends the program.
 */
int pw_follow_sample(struct pw_follow *f, const struct pw_layout_wish *wish,
		     struct pw_found *found);

/*
 * loads: the first commit is what the source holds, else what comes first.
 * resume: opened, and the source has been sought; NULL: a pipeline without
 * state. 0; -1: also (PW_STATE) if earlier runs had rows of times that no clock
 * comes to.
 */
int pw_follow_start(struct pw_follow *f, struct pw_resume *resume, bool loads);

/*
 * Instead of start: a replay has read the source, and no commit may be below
 * `least`. f->frontier is then the time of the first commit, which is what has come
 * meanwhile. The connector is still to be moved: by a replay without state with
 * pw_follow_seek_after, up to ends (lent). Fails (PW_STATE) where there is state, and
 * no clock comes to such a time.
 */
int pw_follow_start_after(struct pw_follow *f, struct pw_resume *resume, pw_time least);
int pw_follow_seek_after(struct pw_follow *f, const struct pw_replay_ends *ends);

/* Have columns been waited for, so that the source has been begun? Then there was nothing to replay. */
static inline bool pw_follow_is_begun(const struct pw_follow *f)
{
	return f->offer == PW_FOLLOW_HELD;
}

/* The kind of the next event, whose rows are appended to out (empty); -1. */
int pw_follow_next(struct pw_follow *f, struct pw_builder *out);

/* Fills the event (of zeroes) with what pw_follow_next has told and appended to out. */
void pw_follow_tell(const struct pw_follow *f, struct pw_builder *out, struct pw_read_event *ev);

/* After IDLE: sleeps until the source calls, a commit or a promise is due, or a stop comes. */
void pw_follow_wait(struct pw_follow *f);

void pw_follow_close(struct pw_follow *f);

#endif
