/*
 * pw_resume - a reader's side of state: its journal, written and played again
 *
 * Every commit is an entry of the journal: its time, the pieces of the source
 * that it was made of, a digest of their bytes, the number of its rows, and how
 * far each part of the source has been read since. A later run hands out those
 * from the restart point on again, from the same bytes at the same times, and
 * goes on behind them.
 *
 * Use:      open when the reader has entered; where it is_new, begin with what
 *           the line is like; seek. Then next_commit and next_piece until they
 *           say 0, with add for what is read of each, and played behind each
 *           commit's last. Then, while reading on: consumed for all bytes that
 *           are taken, ended for parts that are gone, commit before a frontier
 *           passes the time.
 * Fails:    PW_STATE: the source is not what it was, or the options are not.
 */
#ifndef PW_READ_RESUME_H
#define PW_READ_RESUME_H

#include "../base/hash.h"
#include "../conn/connector.h"
#include "../data/schema.h"
#include "../store/journal.h"

/* Bytes [from, to) of a part, whose first record stands on line. */
struct pw_resume_piece {
	const char *key, *name; /* lent, until the next piece */
	int64_t modified;
	uint64_t from, to, line;
};

struct pw_resume {
	struct pw_store *store; /* lent */
	struct pw_journal journal;
	bool is_new;     /* no earlier run has written a journal */
	bool is_empty;   /* ... or none a commit into it */
	json_t *parts;   /* KEY: {"at": the connector's value, "header": the text} */
	json_t *entries; /* to be played again, at is the next: all of them, or the one in hand */
	bool all;
	json_t *merged; /* what comes before them, made up; NULL: nothing */
	size_t at, piece_at;
	json_t *needed;  /* {PART: true}: inputs that were kept, and are to be played again */
	json_t *pieces;  /* of the commit in the making, */
	json_t *changed; /* ... parts that have ended, and */
	struct pw_origin **touched; /* those that have been read */
	size_t touched_count, touched_capacity;
	struct pw_hash_stream *digest;
	uint64_t rows;
	bool ended;           /* of the commit in the making: behind it the stream ends */
	pw_time from;         /* ... and of a replay: the first time that it may have */
	struct pw_bytes name; /* of the piece being played */

	/* --stdin=new: what is read of it is kept, as the part "stdin.RUN" */
	char *copy; /* NULL: it is not */
	int copy_fd;
	json_t *late; /* of PW_PLANT_FRONTIER_BEFORE_JOURNAL */
};

/*
 * all: the entries to be played are in r->entries, at some ten times the memory
 * of their text; else one after the other: there may be millions.
 * Where R has gone back to the start, for a new sink, and entries have been
 * merged, what they were made of comes first, as one commit at the time of the
 * last (with times of their own, as they were); but all must see to that itself.
 * PW_STATE: parts of it have gone.
 */
int pw_resume_open(struct pw_resume *r, struct pw_store *store, bool all);
void pw_resume_close(struct pw_resume *r);

/* What this line is like: options, format, the columns that were found, those that come of it. */
int pw_resume_begin(struct pw_resume *r, char *const *options, size_t count, const char *format,
		    const struct pw_schema *found, const struct pw_schema *columns);

/* Of the first run: NULL, if it is this. */
const char *pw_resume_format(const struct pw_resume *r);
int pw_resume_found(const struct pw_resume *r, struct pw_schema *found);
int pw_resume_check(const struct pw_resume *r, char *const *options, size_t count,
		    const struct pw_schema *columns);

/*
 * Each run is fed other bytes of standard input: they are kept in a file, as
 * long as they may have to be played again.
 */
int pw_resume_copy_input(struct pw_resume *r);

/* Up to length bytes of what was kept, from `at` on, appended to bytes. */
int pw_resume_copy_read(const struct pw_resume *r, const char *key, uint64_t at, size_t length,
			struct pw_bytes *bytes);
bool pw_resume_is_copy(const char *key);

/* Behind all that the journal holds. */
int pw_resume_seek(struct pw_resume *r, struct pw_connector *c);

/* The text that names the columns of a part, as it was. */
void pw_resume_header(const struct pw_resume *r, const char *key, struct pw_bytes *header);

/* The next commit to be played again, and its pieces: 1; 0: no more. */
int pw_resume_next_commit(struct pw_resume *r, pw_time *time);
int pw_resume_next_piece(struct pw_resume *r, struct pw_resume_piece *piece);
void pw_resume_add(struct pw_resume *r, const void *data, size_t length);
pw_time pw_resume_from(const struct pw_resume *r); /* of the commit; 0: the journal does not say */
int pw_resume_played(struct pw_resume *r);         /* fails where it is not what it was */

/*
 * Of readers whose rows carry times: what new rows have is not below it. A run
 * that broke off is gone on with where it stood; behind one that has ended, all
 * that other readers have used has passed.
 */
pw_time pw_resume_floor(const struct pw_resume *r);

/* Fails (PW_STATE): there are new rows, and the pipeline has finished. */
int pw_resume_fail_finished(const struct pw_resume *r);

/* ---- while reading on ---- */

/* n bytes at origin->offset, whose first record stands on line; before they are consumed. */
int pw_resume_consumed(struct pw_resume *r, struct pw_origin *origin, uint64_t line,
		       const char *data, size_t n);
void pw_resume_ended(struct pw_resume *r, const struct pw_origin *origin);

/*
 * Without a connector: bytes that the commit is made of, of whose digest add has
 * been told; and how far their part has been read, with its header.
 */
void pw_resume_piece(struct pw_resume *r, const struct pw_resume_piece *piece);
void pw_resume_part(struct pw_resume *r, const char *key, const struct pw_bytes *at,
		    const struct pw_bytes *header);

/* The commit in the making ends; it is durable when this returns. c: NULL, if there is none */
int pw_resume_commit(struct pw_resume *r, struct pw_connector *c, pw_time time);

#endif
