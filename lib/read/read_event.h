/*
 * pw_read_event - the events of a source of pw-read
 *
 * A source is read in steps; each step brings rows, moves the frontier, finds
 * that nothing is there now, or comes to the end.
 */
#ifndef PW_READ_READ_EVENT_H
#define PW_READ_READ_EVENT_H

#include "../data/batch.h"

/* A function that takes one step of a source returns a kind; 0: the step told nothing; -1. */
enum pw_read_event_kind {
	PW_READ_END = 1,  /* the last event */
	PW_READ_ROWS,     /* the next rows, in the order of their times */
	PW_READ_FRONTIER, /* the frontier has moved: the commits below it are complete */
	PW_READ_IDLE      /* the source has nothing now: it is to be waited for */
};

/* How a source has ended. */
enum pw_read_ending {
	PW_READ_COMPLETE, /* all that it holds has been told */
	PW_READ_STOPPED,  /* a signal stopped it between two commits */
	PW_READ_BROKEN_OFF /* a signal stopped it within a commit, or where others must not pass it */
};

struct pw_read_event {
	enum pw_read_event_kind kind;
	struct pw_batch batch; /* ROWS */
	/* ROWS: the journal does not cover them: those above the frontier wait for the next FRONTIER. */
	bool uncovered;
	bool let_go;      /* ROWS: the group of --sync has been asked */
	pw_time frontier; /* ROWS, FRONTIER: no row of a time below it comes after this event */
	bool synced;      /* FRONTIER: the disk was waited for, and rows may have come meanwhile */
	enum pw_read_ending ending; /* END */
};

#endif
