/*
 * pw_read_source - where the rows of pw-read come from, as a sequence of events
 *
 * One kind of source stands for each way of reading:
 *
 *   pw_read_load          files and standard input, from beginning to end
 *   pw_read_follow        a connector: what it holds, then what comes later
 *   pw_read_track         files that are tables, each read anew when it has changed
 *   pw_read_replay        files whose rows carry their times; with -F a connector after them
 *   pw_read_replay_state  the same files in a pipeline with state
 *   pw_read_stored        a saved stream
 *   pw_read_as_of         the table that a saved stream is at a time
 *
 * Use:      open, with an intake that has been opened; when the output has been
 *           opened, start; then next until END, with wait after each IDLE; close.
 * Lends:    ev->batch: its rows lie in room, or in the source until the next
 *           call of next. Rows that are uncovered lie in room.
 * Promises: times never go back, and no row has a time below a frontier that
 *           was told before. END comes once, and is the last event. next does
 *           not wait for the source (but for a saved stream, which the tool
 *           waits for); wait returns when the source may have something, when
 *           a commit is due, or when a signal has come.
 * Fails:    open: options that do not go together with the source, or with its
 *           columns (PW_USAGE). The others: as what is read.
 */
#ifndef PW_READ_READ_SOURCE_H
#define PW_READ_READ_SOURCE_H

#include "intake.h"
#include "read_event.h"

struct pw_read_source;

struct pw_read_source_kind {
	size_t size; /* of the kind's struct, which begins with struct pw_read_source */
	/* NULL stands for a function that does nothing. */
	int (*open)(struct pw_read_source *s); /* sets schema, if it is not that of the layout */
	int (*start)(struct pw_read_source *s);
	/* enum pw_read_event_kind, whose members in ev are set; -1 */
	int (*next)(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev);
	void (*wait)(struct pw_read_source *s);
	void (*close)(struct pw_read_source *s);
};

struct pw_read_source {
	const struct pw_read_source_kind *kind;
	struct pw_intake *in;           /* lent */
	const struct pw_schema *schema; /* of the rows */
	const char *state; /* a text: what the source remembers, and with what that grows */
};

/* The source that the intake asks for; NULL: failed. */
struct pw_read_source *pw_read_source_open(struct pw_intake *in);

/* Begins to read: what earlier runs have read is found. 0 or -1 */
int pw_read_source_start(struct pw_read_source *s);

/* The next event. room is empty, and of the source's schema. 1; 0: it is END; -1 */
int pw_read_source_next(struct pw_read_source *s, struct pw_builder *room,
			struct pw_read_event *ev);

/* After IDLE. */
void pw_read_source_wait(struct pw_read_source *s);

void pw_read_source_close(struct pw_read_source *s); /* NULL: nothing happens */

/* For kinds: all rows of room are the event's, and the last time of them its frontier. */
void pw_read_source_rows(struct pw_read_event *ev, struct pw_builder *room);

extern const struct pw_read_source_kind pw_read_load, pw_read_follow, pw_read_track, pw_read_replay,
	pw_read_replay_state, pw_read_stored, pw_read_as_of;

#endif
