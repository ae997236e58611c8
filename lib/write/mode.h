/*
 * pw_mode - what pw-write makes of a stream
 *
 *   rows     each batch as it comes (append-only streams; keeps nothing)
 *   once     the sum of the one commit, in order of appearance, at the end
 *   table    the current table, sorted: at the end, or replaced after commits
 *   live     on a terminal, the current table redrawn as it changes
 *   changes  every commit's changes when it is complete, -1 before +1
 *   stream   the stream itself (-f pws)
 *
 * A mode is a const struct of functions.
 *
 * Use:      fill in what it asks for; pw_mode_open; pw_mode_take per event,
 *           but for END: then pw_mode_end. pw_mode_flush before the program
 *           waits, open or not; pw_mode_drop when the line has failed.
 * Promises: a file becomes visible when the stream has ended; or, of a stream
 *           that is followed, with its first complete commit: rows, changes
 *           and the stream then go straight to it, and a table is replaced
 *           after commits. --append adds rows below the same header only.
 * State:    in a line with a state directory rows and changes are added to
 *           their file commit by commit, and a table is kept: mode_place.h.
 * Fails:    as the sink, the writer, the table; when the reader has gone,
 *           pw_mode_reader_gone says so.
 */
#ifndef PW_WRITE_MODE_H
#define PW_WRITE_MODE_H

#include "../dest/sink.h"
#include "../fmt/live.h"
#include "../state/commit.h"
#include "../tool/tool.h"

struct pw_mode;
struct pw_mode_place;

struct pw_mode_kind {
	const char *name;  /* what it writes, for --check */
	const char *keeps; /* and what it keeps */
	bool replaces;     /* DEST, whole, by itself */
	int (*open)(struct pw_mode *s);
	int (*batch)(struct pw_mode *s, const struct pw_batch *batch);
	int (*frontier)(struct pw_mode *s, pw_time frontier); /* NULL: all the same */
	int (*durable)(struct pw_mode *s, pw_time time);      /* NULL: likewise */
	int (*flush)(struct pw_mode *s); /* what can be seen is; NULL: nothing before the end */
	/* finished: false, where a stream was suspended: what is complete is all there is */
	int (*end)(struct pw_mode *s, bool finished);
};

struct pw_mode {
	/* asked for */
	const struct pw_mode_kind *kind;
	const struct pw_writer_kind *format;
	const char *destination;
	struct pw_writer_options how; /* append is found */
	bool append;
	bool keep_equal; /* leave a file alone that would not change; changed says */
	bool at_once;    /* a file does not wait for the end: see above */
	int64_t every;   /* ms from one replacement to the next, at least; 0: by what they take */
	bool force;      /* begin a file anew that is to be added to */
	bool progress_rows; /* of changes: say in rows how far time is complete */
	struct pw_tool *tool;
	const struct pw_schema *schema; /* lent */
	struct pw_roworder order;

	/* its own */
	struct pw_mode_place *place; /* NULL: a line without state */
	bool is_open;
	bool finished;       /* so the stream has ended */
	bool changed;        /* what the file holds is another than before */
	struct pw_sink sink; /* of a table that is replaced: empty in between */
	struct pw_writer writer;
	struct pw_builder rows;  /* on their way to the writer */
	struct pw_output stream; /* of stream */
	struct pw_table table;   /* of once, table, live */
	struct pw_live live;     /* of live */
	bool replaced;           /* DEST is a table of this line */
	bool stale;              /* what can be seen is not the table */
	pw_time held;            /* DEST may have the table of this time, from the last run */
	int64_t next;     /* ms: what compression holds back, or the table, is not seen before */
	uint64_t flushed; /* bytes that compression has handed out */
	struct pw_commit commit; /* of changes */
	bool sorted; /* commits are: the order in which their rows come may be another next time */
	pw_time promised, sent; /* the last time said to have passed, and that of the last row */
};

int pw_mode_open(struct pw_mode *s);
int pw_mode_take(struct pw_mode *s, const struct pw_event *ev);
int pw_mode_flush(struct pw_mode *s);
int pw_mode_end(struct pw_mode *s, bool finished);
void pw_mode_drop(struct pw_mode *s);

bool pw_mode_reader_gone(const struct pw_mode *s);

extern const struct pw_mode_kind pw_mode_rows;
extern const struct pw_mode_kind pw_mode_once;
extern const struct pw_mode_kind pw_mode_table;  /* of a stream that takes rows back */
extern const struct pw_mode_kind pw_mode_sorted; /* the same where it never does */
extern const struct pw_mode_kind pw_mode_live;
extern const struct pw_mode_kind pw_mode_changes;
extern const struct pw_mode_kind pw_mode_stream;
extern const struct pw_mode_kind pw_mode_summed; /* rows, each commit in the order of all columns */

/* ---- for the kinds ---- */

int pw_mode_open_writer(struct pw_mode *s);

/* The destination holds something: does it begin as what is to be added to it? */
int pw_mode_check_header(struct pw_mode *s, const char *path);

/* All that goes to the sink has: the writer is closed, and the sink finished. */
int pw_mode_close_writer(struct pw_mode *s);

/* A row, encoded in s->order; what is held goes to the writer; and from there to the sink. */
int pw_mode_row(struct pw_mode *s, struct pw_slice key, pw_time time, pw_diff diff);
int pw_mode_drain(struct pw_mode *s);
int pw_mode_drain_all(struct pw_mode *s);

#endif
