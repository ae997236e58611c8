/*
 * pw_record - how far a sink has come, which alone moves the restart point
 *
 * DIR/STAGE/record.json holds the run, a time C, what the destination looked
 * like at C, and marks: what every stage of the run had on disk at C, so that a
 * file that is lost or stale later is noticed. DIR/STAGE/passed holds the last
 * time that was committed, for --max-backlog, and the greatest that ever was;
 * it is not synced.
 *
 * Use:      open when the store has been joined and registered; then
 *           - not known: the record has been made; begin the destination;
 *           - known, but destination is NULL: it had not been begun yet;
 *           - known: drop changes of times below record.time, compare or
 *             append those from there on;
 *           save when DURABLE and FRONTIER have both reached a time C of the
 *           grid and everything below C is written and durable in the
 *           destination; and at END, complete, if END's durable is the end.
 * Fails:    open: PW_BUSY, a new sink of a pipeline that goes on at R: the next
 *           run begins at the start; PW_STATE, a sink of another pipeline than
 *           before. Both are refusals (store.h).
 */
#ifndef PW_STORE_RECORD_H
#define PW_STORE_RECORD_H

#include "side.h"
#include "store.h"

PW_C_BEGIN

struct pw_record {
	struct pw_store *store; /* lent */
	bool known;             /* the record was there before this run, and is not reset */
	bool reset;             /* it was reset: the destination is ours, to be begun anew */
	uint64_t run;           /* the run that wrote it */
	pw_time time;           /* C: everything below C is in the destination */
	bool complete; /* the run ended in order, and all that was sent is in the destination */
	bool finished; /* the end is in the destination: nothing can follow */
	json_t *destination; /* what the sink said of it at C; NULL: nothing yet */
	pw_time reached; /* the greatest time passed, in earlier runs too; 0 if that is not known */
	int passed;      /* descriptor of the file */
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
 * Appends to names the sinks that were not in the last run: they hold the
 * restart point where it was. For the process that began this run. 0 or -1
 */
int pw_record_absent(const struct pw_store *s, struct pw_bytes *names);

/* The least time that a sink of this run has passed; the end, if no sink has said. 0 or -1 */
int pw_record_backlog(const struct pw_store *s, pw_time *least);

/* ---- for the store ---- */

/*
 * The record of a stage: 1, with its JSON in value, and r without store; 0: the
 * stage has none; -1. The caller releases value in any case, and r->destination
 * where the answer is 1.
 */
int pw_record_load(const char *folder, const char *stage, struct pw_record *r, json_t **value);

/* The greatest time that a record is at; 0: there is none. 0 or -1 */
int pw_record_greatest(const char *directory, pw_time *time);

/*
 * R of a run that follows `run`, whose restart point was `restart`; a record
 * that is complete counts as one at `above`. durable: the records that R is
 * concluded from will be there after a power cut.
 */
int pw_record_restart(const char *directory, uint64_t run, pw_time restart, pw_time above,
		      bool durable, pw_time *least, bool *finished);

/*
 * Adds the marks of the records to marks: those of journals, and those of
 * checkpoints in records at or below restart. A greater mark replaces a smaller one.
 */
int pw_record_marks(const char *directory, pw_time restart, json_t *marks);

/* Is the stage in the pipeline of a sink that has a record? 1, 0 or -1 */
int pw_record_knows(const char *directory, const char *stage);

/* Marks all records as reset, and removes everything else of the stages. */
int pw_record_reset(const char *directory);

/* Removes all of one sink. */
int pw_record_forget(const char *directory, const char *sink);

PW_C_END

#endif
