/*
 * pw_record - how far a sink has come: the only thing that moves the restart point
 *
 * DIR/STAGE/record.json holds the run, a time C, what the destination looked
 * like at C, and marks: what every stage of the run had on disk by then, so
 * that a file that is lost or stale later is noticed. DIR/STAGE/passed holds
 * the last time that was committed, for --max-backlog, and the greatest that
 * ever was; not synced.
 *
 * Use:      open when the store has been joined and settled; then
 *           - not known: it has been written down, with the start; start anew;
 *           - known, but destination is NULL: it had not begun yet;
 *           - known: drop changes of times below record.time, compare or
 *             append those from there on;
 *           save when DURABLE and FRONTIER have both reached a time C of the
 *           grid and everything below C is written and durable in the
 *           destination; and at END, complete, if END's durable is the end.
 * Fails:    open: PW_BUSY, a new sink of a line that goes on at R: run again.
 */
#ifndef PW_STORE_RECORD_H
#define PW_STORE_RECORD_H

#include "side.h"
#include "store.h"

PW_C_BEGIN

struct pw_record {
	struct pw_store *store; /* lent */
	bool known;             /* it was there before this run */
	bool reset;             /* ... and has been reset: the destination is ours, to begin anew */
	uint64_t run;           /* in which it was made */
	pw_time time;           /* C: everything below is in the destination */
	bool complete;          /* ... and all that was sent before a run ended in order */
	bool finished;          /* ... and the end too: nothing can follow */
	json_t *destination;    /* as the sink said at C; NULL: nothing yet */
	pw_time reached; /* the greatest time passed so far, in earlier runs too, if that can be known; else 0 */
	int passed; /* the descriptor */
};

int pw_record_open(struct pw_record *r, struct pw_store *s);

/* destination is taken. Durable when it returns. */
int pw_record_save(struct pw_record *r, pw_time time, bool complete, bool finished,
		   json_t *destination);

/* The destination holds everything below time; not synced. 0 or -1 */
int pw_record_passed(struct pw_record *r, pw_time time);

void pw_record_close(struct pw_record *r);

/* ---- for readers ---- */

/*
 * The sinks that were not in the run before this one, appended to names: they
 * hold the restart point where it was. For who began this run. 0 or -1
 */
int pw_record_absent(const struct pw_store *s, struct pw_bytes *names);

/* The least that the sinks of this run have passed; the end, if none says. 0 or -1 */
int pw_record_backlog(const struct pw_store *s, pw_time *least);

/* ---- for the store ---- */

/*
 * The record of a stage: 1, its JSON in value, r without store; 0: it has none;
 * -1. value is the caller's to let go, whatever the answer, and r->destination if it was 1.
 */
int pw_record_load(const char *folder, const char *stage, struct pw_record *r, json_t **value);

/* The greatest time that a record is at; 0: there is none. 0 or -1 */
int pw_record_greatest(const char *directory, pw_time *time);

/*
 * R of a run that follows `run`, whose restart point was `restart`; a record
 * that is complete is at `above`. durable: what it is concluded from will be there after a power checkpoint.
 */
int pw_record_restart(const char *directory, uint64_t run, pw_time restart, pw_time above,
		      bool durable, pw_time *least, bool *finished);

/*
 * Adds to marks what the records have seen: of checkpoints those records that are at
 * or below restart, of journals all. A greater mark replaces a smaller one.
 */
int pw_record_marks(const char *directory, pw_time restart, json_t *marks);

/* All records say that they are reset, and nothing else is left of the stages; one sink is forgotten. */
int pw_record_reset(const char *directory);
int pw_record_forget(const char *directory, const char *sink);

PW_C_END

#endif
