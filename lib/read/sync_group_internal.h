/*
 * pw_sync_group - where the members of a synchronisation group meet: a file
 *
 * Each member has a place in the file, and holds a lock on a byte that stands
 * for the place as long as the member lives; a member whose lock is free has
 * left, however it died. One that has left without an end holds the others for
 * another second: when a whole pipeline is stopped, the first to go must not set
 * the others free. All reading and changing happens under a lock on the
 * file's first byte, for microseconds. A member that changes something writes to
 * the file, and a member that waits is notified of the write (inotify), or looks
 * every few ms where it can't be notified.
 *
 * The file stays when all have left. Its content counts as long as a member is
 * alive; after that the first to join begins a new generation, so that nothing
 * that an earlier pipeline has left is taken for ours.
 *
 * Use:      join (again while it answers 1); ask, as often as there is
 *           something to tell or to know; drain before asking after a wait; end;
 *           leave.
 * Promises: telling and asking are one step for all members; a member that tells
 *           nothing new wakes nobody. A live member whose first load is not over
 *           is answered by what the others had sent when theirs was.
 * Fails:    "--sync NAME: ..." (PW_USAGE: the members disagree, PW_SYSTEM).
 */
#ifndef PW_READ_SYNC_GROUP_INTERNAL_H
#define PW_READ_SYNC_GROUP_INTERNAL_H

#include "../base/fail.h"
#include "../time/time.h"
#include "sync_rule_internal.h"

#include <stdbool.h>
#include <stdint.h>

#define PW_SYNC_MEMBERS_MAX 64

/* The terms on which all members must agree. */
struct pw_sync_terms {
	uint32_t members;
	uint32_t kind; /* of values: numbers, datetimes, ...: see pw_sync */
	uint64_t run;  /* of a pipeline with state; else 0 */
	long double difference;
};

/* The values that a member has shown. */
struct pw_sync_place {
	bool has_last, has_next;
	long double last, next;
	pw_time time; /* of the commit of the last row that has been sent; 0 where commits do not matter */
	int64_t silent; /* since when it has waited for its source (ns, CLOCK_BOOTTIME); 0: it does not wait */
};

struct pw_sync_group {
	const char *name; /* lent */
	struct pw_sync_terms terms;
	int64_t priority, idle; /* idle: ns; 0: never */
	struct pw_sync_place place;
	bool live;                 /* its rows have commits of their own: it follows its source */
	bool over;                 /* its first load, the commit at time 0, has ended: */
	struct pw_sync_place load; /* its place then */
	int fd, watch;             /* watch: -1: no notification */
	int self;                  /* number of its place; -1: not joined */
	char *path;
};

struct pw_sync_answer {
	bool may;          /* there is a bound */
	bool complete;     /* all members have shown a value, or are idle or gone */
	bool still;        /* no other member may send more for its first load, as things stand */
	long double bound; /* what may be sent at most */
	pw_time time; /* of the latest commit of others: what is sent now is in none before it */
	uint32_t present; /* members that have come so far */
	int64_t deadline; /* when to ask again, if nobody says anything; INT64_MAX: never */
};

/*
 * name, terms, priority, idle and place.silent are set. directory: of the
 * pipeline's state, or NULL. 0; 1: the group has all its members, which belong
 * to another pipeline: try again in a while; -1.
 */
int pw_sync_group_join(struct pw_sync_group *g, const char *directory);

/* Tells the group g->place, and asks what may be sent. 0 or -1. */
int pw_sync_group_ask(struct pw_sync_group *g, struct pw_sync_answer *answer);

/* As pw_sync_group_ask, for a member that will send nothing more until it leaves. */
int pw_sync_group_end(struct pw_sync_group *g, struct pw_sync_answer *answer);

/* Forgets notifications that have come: they are of changes before the next ask. */
void pw_sync_group_drain(const struct pw_sync_group *g);

void pw_sync_group_leave(struct pw_sync_group *g);

#endif
