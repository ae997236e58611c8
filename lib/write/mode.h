/*
 * pw_mode - the ways in which pw-write turns a stream into bytes
 *
 *   rows     the rows as they come (append-only streams; no state)
 *   once     the sum of the one commit, in order of appearance, at the end
 *   table    the current table, sorted: at the end, or replaced after commits
 *   live     on a terminal, the current table, redrawn as it changes
 *   changes  every commit's changes when it is complete, -1 before +1
 *   summed   every commit's rows when it is complete, sorted
 *   stream   the stream itself (-f pws)
 *
 * A mode is a const struct of functions with a state of its own. It makes
 * bytes; where they go is a pw_dest.
 *
 * Use:      fill in what is asked for; pw_mode_choose_format; with the schema
 *           pw_mode_choose; pw_mode_open; pw_mode_take for each event, END
 *           too. pw_mode_flush before the program waits, also while the mode
 *           is not open yet. pw_mode_drop if the pipeline fails, or at any
 *           time.
 * Promises: a file becomes visible when the stream has ended. With at_once it
 *           becomes visible with the first complete commit: rows, changes and
 *           the stream then go straight to it, and a table is replaced after
 *           commits.
 * State:    in a pipeline with state the table is checkpointed by the tool.
 *           Rows and changes go to the destination when their commit is
 *           complete (mode_commits.c), and the sink records how far it has
 *           come (mode_record.c).
 * Fails:    as the destination, the writer and the table; when the reader has
 *           gone, pw_mode_reader_gone says so.
 */
#ifndef PW_WRITE_MODE_H
#define PW_WRITE_MODE_H

#include "../data/roworder.h"
#include "../dest/dest.h"
#include "../fmt/writer.h"
#include "../tool/tool.h"

struct pw_mode;
struct pw_mode_commits;
struct pw_mode_record;

struct pw_mode_kind {
	const char *name;  /* what it writes, for --check */
	const char *state; /* what it remembers, for --check */
	bool replaces;     /* it replaces the destination whole, perhaps many times */
	int (*open)(struct pw_mode *s);
	int (*batch)(struct pw_mode *s, const struct pw_batch *batch);
	int (*frontier)(struct pw_mode *s, pw_time frontier); /* NULL: of no matter */
	int (*durable)(struct pw_mode *s, pw_time time);      /* NULL: of no matter */
	/* All that can go to the destination does; NULL: nothing can before the end. */
	int (*flush)(struct pw_mode *s);
	int (*end)(struct pw_mode *s); /* s->finished says how the stream has ended */
};

struct pw_mode {
	/* asked for */
	struct pw_dest_how to; /* name, append, anew, if_changed; the mode adds the rest */
	const struct pw_dest_kind *dest_kind; /* of `to`; in a pipeline with state it may change */
	struct pw_writer_options how;         /* the mode adds append and colour */
	bool table;                           /* the current table */
	bool progress_rows; /* of changes: rows also say how far time is complete */
	int64_t every;      /* ms between replacements of a table, at least; 0: by what one takes */
	struct pw_tool *tool;
	const struct pw_schema *schema; /* lent */
	struct pw_roworder order;       /* of a table */

	/* chosen */
	const struct pw_writer_kind *format;
	const struct pw_mode_kind *kind;
	bool at_once; /* a file does not wait for the end: see above */

	/* answered */
	bool changed; /* the content of the destination differs from before */

	/* its own */
	void *own; /* the kind's state */
	bool is_open;
	bool finished; /* the stream has ended, and is whole; else only complete commits count */
	bool sorted; /* changes and rows of a commit are put in order, so that each run repeats it */
	struct pw_dest *dest;    /* NULL: a table that is to be replaced is not open in between */
	struct pw_writer writer; /* writes to dest, or to commits */
	struct pw_builder rows;  /* on their way to the writer */
	struct pw_mode_commits *commits; /* NULL: bytes go to the destination as they come */
	struct pw_mode_record *record;   /* NULL: a pipeline without state */
	int64_t next_visible;            /* ms: compression is not flushed before */
};

/* By name, or if that is NULL by the destination. */
int pw_mode_choose_format(struct pw_mode *s, const char *name);

/* The mode that fits the options and the stream. Fails (PW_USAGE) if none does. */
int pw_mode_choose(struct pw_mode *s);

int pw_mode_open(struct pw_mode *s);
int pw_mode_take(struct pw_mode *s, const struct pw_event *ev);
int pw_mode_flush(struct pw_mode *s);
void pw_mode_drop(struct pw_mode *s);

/* The descriptor whose reader may go while the program waits; -1: none. */
int pw_mode_reader(const struct pw_mode *s);
bool pw_mode_reader_gone(const struct pw_mode *s);

extern const struct pw_mode_kind pw_mode_rows;
extern const struct pw_mode_kind pw_mode_once;
extern const struct pw_mode_kind pw_mode_table;  /* of a stream that takes rows back */
extern const struct pw_mode_kind pw_mode_sorted; /* of one that never does */
extern const struct pw_mode_kind pw_mode_live;
extern const struct pw_mode_kind pw_mode_changes;
extern const struct pw_mode_kind pw_mode_stream;
extern const struct pw_mode_kind pw_mode_summed;

#endif
