/*
 * pw_follow - a source that goes on becomes rows and commits
 *
 * The live loop of pw-read: it takes bytes from a connector, hands them to the
 * parser, and says where commits end and what may be promised. Origins may
 * alternate; the parser holds no part of a record, so that all it has to know
 * of one is its header and the line, which are kept with the origin.
 *
 * Behind a replay it goes on where that has ended, at times of the clock.
 *
 * Use:      open, with a reader whose kind and options are set; sample, if
 *           columns are still to be found; when the reader's parser is bound,
 *           start, or start_behind; then next until END; close.
 * Promises: as pw_commits. Rows of an open commit are handed out as they come.
 *           A stop ends the stream behind the commit in hand if that is
 *           complete within a second; what is not is never promised.
 *           With state, commits of earlier runs from the restart point on come
 *           first, as they were; and no frontier passes a commit that the
 *           journal does not hold.
 * Fails:    as the connector and the parser do.
 */
#ifndef PW_READ_FOLLOW_H
#define PW_READ_FOLLOW_H

#include "../conn/connector.h"
#include "../time/commits.h"
#include "reader.h"
#include "replay_end.h"
#include "resume.h"

struct pw_follow_wish {
	struct pw_connector_options source;
	const char *commit_line; /* ends a commit, and is no row; NULL: none */
	int64_t autocommit;      /* ns; below 0: only where the source says */
	bool timed;              /* rows carry their times: --changes */
	uint64_t backlog;        /* rows that sinks have not committed, at most; 0: no matter */
};

enum pw_follow_event {
	PW_FOLLOW_END =
		1,      /* f->suspended says how, f->dropped whether rows have been sent in vain */
	PW_FOLLOW_ROWS, /* appended to out; where they carry times, f->frontier may have moved too;
			    * with state the first f->complete of them, which must wait for the next
			    * FRONTIER unless they are of the time that f->frontier has reached */
	PW_FOLLOW_FRONTIER /* f->frontier has moved; if f->cut, a commit ends before it */
};

struct pw_follow {
	struct pw_reader *reader;
	struct pw_follow_wish wish;
	struct pw_connector *connector;
	struct pw_clock clock;
	struct pw_commits commits;
	pw_time frontier;
	bool cut, suspended, dropped;
	struct pw_resume *resume;              /* NULL: a line without state */
	const struct pw_replay_ends *replayed; /* NULL: nothing was */

	struct pw_piece piece;
	bool held; /* the piece has been read, not handled */
	bool idle; /* the last piece was IDLE, and nothing has come since */
	bool slow; /* ... and not all that is there has been read */
	bool finished;
	int64_t read_at; /* idle: ns of the boot clock, when to read again; INT64_MAX: when fd is ready */
	struct pw_origin *current; /* where the parser stands */
	bool in_block;
	bool must;     /* a commit ends here */
	bool must_not; /* ... does not, until more has come */
	bool whole;    /* no row has come since the last commit line */

	/* commits of earlier runs, while they are played again */
	bool playing, in_commit, in_piece;
	bool hungry; /* the bytes at hand are part of a record */
	pw_time time;
	struct pw_resume_piece play;
	struct pw_bytes bytes;      /* from play.from on, which moves */
	struct pw_origin *standard; /* of standard input, once it has been seen */

	struct pw_follow_sent *sent; /* commits that sinks have not passed yet: --max-backlog */
	size_t sent_count, sent_capacity;
	uint64_t sent_rows;
	bool full;

	/* --changes with state: see follow_timed.c */
	struct pw_parser_lines lines; /* of the rows in out */
	uint32_t complete;  /* of those, so many belong to this event; the others are read again */
	pw_time boundary;   /* all rows below have been consumed, and none from there on, but for */
	pw_time open;       /* ... those of this time, if it is */
	uint64_t uncovered; /* bytes consumed that no entry of the journal covers */
	bool due;           /* it must cover them before more is consumed */
};

struct pw_follow_sent {
	pw_time time;
	uint64_t rows;
};

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader,
		   const struct pw_follow_wish *wish);

/*
 * Waits for rows to find columns in, appended to found: those that come first.
 * 1; 0: the source has ended without any; -1. A stop ends the program.
 */
int pw_follow_sample(struct pw_follow *f, struct pw_schema *found);

/*
 * loads: the first commit is what the source holds, else what comes first.
 * resume: opened, and the source has been sought; NULL: a line without state.
 * 0 or -1: PW_STATE, earlier runs had rows of times that no clock comes to.
 */
int pw_follow_start(struct pw_follow *f, struct pw_resume *resume, bool loads);

/*
 * Instead of start: a replay has read the source up to ends (which are lent),
 * its last time was `last`. f->frontier is the time of the first commit then,
 * which is what has come meanwhile.
 */
int pw_follow_start_behind(struct pw_follow *f, const struct pw_replay_ends *ends, pw_time last);

/* The next event: see enum pw_follow_event; -1. out is empty. */
int pw_follow_next(struct pw_follow *f, struct pw_builder *out);

void pw_follow_close(struct pw_follow *f);

#endif
