/*
 * pw_resume - a reader's side of state: its journal, written and played again
 *
 * Every commit is an entry of the journal: its time, the pieces of the source
 * that it was made of, a digest of their bytes, the number of its rows, and how
 * far each part of the source has been read by then. A later run hands out the
 * commits from the restart point on again, from the same bytes at the same
 * times, and then reads on.
 *
 * Use:      open when the reader has entered; if it is_new, begin with what the
 *           pipeline is like; seek. Then next_commit, and for each commit
 *           next_piece, until they say 0, with add for the bytes read of each
 *           piece, and played after the last piece of each commit. Then, while
 *           reading on: consumed for all bytes that are taken, ended for parts
 *           that are gone, commit before a frontier passes the time.
 * Promises: a commit is durable when commit returns.
 * Fails:    PW_STATE: the source is not what it was, or the options are not.
 */
#ifndef PW_READ_RESUME_H
#define PW_READ_RESUME_H

#include "../base/hash.h"
#include "../conn/connector.h"
#include "../fmt/layout.h"
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
	bool is_new;                    /* no earlier run has written a journal */
	bool is_empty;                  /* no earlier run has written a commit into it */
	const struct pw_layout *layout; /* lent: its undecided columns are remembered; or NULL */
	json_t *kinds; /* {COLUMN: enum pw_kind}: values that undecided columns have had */
	json_t *parts; /* KEY: {"at": the connector's value, "header": the text, "greatest": of --sync} */

	/* commits that are played */
	json_t *entries; /* all entries that are left to be played, or the one in hand */
	bool all;        /* entries holds all that are left, not one of them */
	json_t *merged; /* entries made of merged ones, which come first: none, one, or two if the replay has ended */
	size_t at, piece_at;  /* the next entry, and its next piece */
	json_t *needed;       /* {PART: true}: copies of standard input that are to be played */
	struct pw_bytes name; /* of the piece in hand */

	/* the commit in the making */
	json_t *pieces;
	json_t *changed;            /* parts that have ended */
	struct pw_origin **touched; /* parts that have been read */
	size_t touched_count, touched_capacity;
	struct pw_hash_stream
		*digest;   /* of its bytes; or of the bytes of a commit that is played */
	uint64_t rows;     /* likewise */
	pw_time from;      /* of a replay: the first time that it may have */
	json_t *replayed;  /* of a replay that ends with it */
	bool has_greatest; /* --sync with -F: the reader has sent values, and this is the greatest */
	long double greatest;

	/* --stdin=new: a copy is made of what is read, as the part "stdin.RUN" */
	char *copy; /* its name; NULL: there is none */
	int copy_fd;
	json_t *late; /* of PW_PLANT_FRONTIER_BEFORE_JOURNAL */
};

/*
 * all: r->entries has all entries to be played, at some ten times the memory of
 * their text; else one after the other, for there may be millions.
 * Where R has gone back to the start, for a new sink, and entries have been
 * merged, the bytes that these were made of come first, as one commit at the
 * time of the last of them (or with times of their own, as they were); with all
 * the caller must see to that. Fails (PW_STATE) if parts of those bytes have gone.
 */
int pw_resume_open(struct pw_resume *r, struct pw_store *store, bool all);
void pw_resume_close(struct pw_resume *r);

/*
 * Begins the journal with its header: options, format, the delimiter that was found by looking (0: none
 * was), the columns found, and the columns made of them.
 */
int pw_resume_begin(struct pw_resume *r, char *const *options, size_t count, const char *format,
		    char delimiter, const struct pw_found *found, const struct pw_schema *columns);

/* Read that header of the first run. The format is NULL if this run is the first. */
const char *pw_resume_format(const struct pw_resume *r);
char pw_resume_delimiter(const struct pw_resume *r); /* 0: none was found by looking */
int pw_resume_found(const struct pw_resume *r, struct pw_found *found);
int pw_resume_check(const struct pw_resume *r, char *const *options, size_t count,
		    const struct pw_schema *columns);

/*
 * From now on, commits remember the values that the layout's undecided columns
 * have had (layout is lent): pw_resume_found gives them back to the next run.
 */
void pw_resume_remember(struct pw_resume *r, const struct pw_layout *layout);

/*
 * Each run is fed bytes of its own by standard input: a copy of them is made in
 * a file, and deleted when no run can have to play it again.
 */
int pw_resume_copy_input(struct pw_resume *r);

/* Is that part of the source such a copy? Appends its bytes [at, at + length) to bytes: 0 or -1. */
bool pw_resume_is_copy(const char *key);
int pw_resume_copy_read(const struct pw_resume *r, const char *key, uint64_t at, size_t length,
			struct pw_bytes *bytes);

/* The connector goes on after all that the journal holds. */
int pw_resume_seek(struct pw_resume *r, struct pw_connector *c);

/* The text that names the columns of a part, as it was. */
void pw_resume_header(const struct pw_resume *r, const char *key, struct pw_bytes *header);

/* The greatest value of --sync that earlier runs have sent: sets has_greatest. When all commits have been played. */
void pw_resume_find_greatest(struct pw_resume *r);

/* The next commit to be played again, and its pieces: 1; 0: no more. */
int pw_resume_next_commit(struct pw_resume *r, pw_time *time);
int pw_resume_next_piece(struct pw_resume *r, struct pw_resume_piece *piece);
void pw_resume_add(struct pw_resume *r, const void *data, size_t length);
pw_time pw_resume_from(const struct pw_resume *r); /* of the commit; 0: the journal does not say */
bool pw_resume_ends_replay(
	const struct pw_resume *r);        /* Is the commit the last that is replayed? */
int pw_resume_played(struct pw_resume *r); /* fails where it is not what it was */

/*
 * For readers whose rows carry times: a time below which no new row is. A reader
 * that broke off goes on where it stood. One that came to its end goes on above
 * all times that any reader had used when the next run began.
 */
pw_time pw_resume_floor(const struct pw_resume *r);

/* Such a reader has come to its end; before END is sent, which lets others use later times. 0 or -1 */
int pw_resume_end(struct pw_resume *r);

/*
 * A replay that is followed goes on live: the commit in the making, to be committed
 * next and without a connector, is its last one. From then on, in this run and in
 * all later ones, rows are committed by the clock. Afterwards seek moves a connector
 * to where the replay has ended.
 */
void pw_resume_end_replay(struct pw_resume *r, pw_time time);

/* Has it? Then entries after that commit are of single commits. */
bool pw_resume_is_live(const struct pw_resume *r);

/* Are there entries of the replay to be played? */
bool pw_resume_plays_replay(const struct pw_resume *r);

/* Fails (PW_STATE): there are new rows, and the pipeline has finished. */
int pw_resume_fail_finished(const struct pw_resume *r);

/* ---- while reading on ---- */

/* n bytes at origin->offset, whose first record stands on line, are about to be consumed. */
int pw_resume_consumed(struct pw_resume *r, struct pw_origin *origin, uint64_t line,
		       const char *data, size_t n);
void pw_resume_ended(struct pw_resume *r, const struct pw_origin *origin);

/* The next entry is to say what origin is called now, also if it has no bytes of it. */
void pw_resume_begun(struct pw_resume *r, struct pw_origin *origin);

/*
 * Without a connector: a piece that the commit is made of, whose digest is told
 * by add; and how far a part has been read, with its header.
 */
void pw_resume_piece(struct pw_resume *r, const struct pw_resume_piece *piece);
void pw_resume_part(struct pw_resume *r, const char *key, const struct pw_bytes *at,
		    const struct pw_bytes *header);

/* The commit in the making ends. c: NULL, if there is no connector. 0 or -1 */
int pw_resume_commit(struct pw_resume *r, struct pw_connector *c, pw_time time);

#endif
