/*
 * pw_store - a process's place in its pipeline's state directory
 *
 * man/pw-state.5 lays down the files. A reader starts a run, or joins the one
 * that is alive; a stage joins the run that its input's SCHEMA names.
 *
 *   gate   locked for moments by a process that enters, or moves the clock
 *   lock   locked, shared, by every process of a run for as long as it lives
 *   run    number, R, S, the run's clock and grid: written once, by its starter
 *   stages the stages that have entered, in order
 *   clock  a bound of every time that a reader has used or promised
 *
 * Use:      pw_store_start (readers) or pw_store_join; then the functions
 *           below, in any order; pw_store_close, or the end of the process.
 * Promises: at most one run of a directory is alive; numbers and starts of
 *           runs ascend; start and above are above every time of earlier runs, and
 *           `above` is the first such time. A forked child holds the
 *           place of its parent.
 * Fails:    PW_STATE: the directory is not ours alone, or a file of it is
 *           damaged; PW_USAGE: a second stage of one name, another grid;
 *           PW_BUSY: the run is over, or another one.
 */
#ifndef PW_STORE_STORE_H
#define PW_STORE_STORE_H

#include "../time/time.h"
#include "../wire/head.h"

#include <jansson.h>

PW_C_BEGIN

#define PW_STORE_WAIT        2     /* another process is in the way: try again in a moment */
#define PW_STORE_PATIENCE_MS 10000 /* how long an entry into a run is waited for, at most */
#define PW_STORE_INTERVAL    5000  /* ms of the grid, if no reader says otherwise */
#define PW_STORE_AHEAD       10000 /* ms that the bound of the clock is moved ahead */

struct pw_store {
	char *path;        /* absolute; NULL: not open */
	int gate, lock;    /* descriptors */
	uint64_t run;      /* its number, from 1 */
	pw_time restart;   /* R */
	pw_time start;     /* S: even, not below above */
	pw_time above;     /* the first time above all that earlier runs have used */
	int64_t boot;      /* CLOCK_BOOTTIME in ns when the run's clock showed S */
	uint64_t interval; /* ms, even: the grid's times are its multiples */
	bool finished;     /* a sink holds the end: a reader with anything new fails (PW_STATE) */
	bool started;      /* this process has started the run */
	pw_time bound;     /* of the clock, as far as this process knows */
	char *name;        /* of this process's stage */
	char *folder;      /* PATH/NAME, whether it is there or not */
	json_t *marks;     /* {STAGE: {WHAT: TIME}}: what sinks have seen of what is below R */
	json_t *floors;    /* {READER: TIME}: where readers that have ended go on */
	char **last_stages; /* in the process that began the run: names of all stages of the last run */
	char **upstream;  /* names of this stage and all upstream of it; NULL ends both lists */
	json_t *pipeline; /* the stages of upstream with their options: [[NAME, OPTION...]...] */
	enum pw_status refused; /* of the stage upstream that was refused; PW_OK: none */
};

/*
 * The name of a stage, and of its folder: its program, -, and --name or 12 hex
 * digits of a hash of its inputs' names and its options. The caller frees it.
 * NULL and PW_USAGE: --name is no name.
 */
char *pw_store_name(const struct pw_stage *stage);

/*
 * Enters as a reader. The directory is made if it is not there. interval: 0 for
 * the default; all readers of a run have the same, else PW_USAGE. 1: this
 * process has entered; PW_STORE_WAIT: a run is alive that has a stage of this
 * name, perhaps what is left of a killed pipeline: ask again until 10 s have
 * passed, then fail with pw_store_busy; or -1.
 */
int pw_store_start(struct pw_store *s, const char *directory, const struct pw_stage *stage,
		   uint64_t interval);

/* Enters as any other stage, into the run that its input names. Answers as pw_store_start. */
int pw_store_join(struct pw_store *s, const char *directory, uint64_t run,
		  const struct pw_stage *stage);

/*
 * As pw_store_join, for a stage that reads from a pipe, which may be the last to
 * start (after a tee): it enters even when all other stages have gone, as long as no
 * other run has begun. A reader that begins the next run waits for this stage.
 */
int pw_store_join_late(struct pw_store *s, const char *directory, uint64_t run,
		       const struct pw_stage *stage);

/* Fails: PW_BUSY. reader: the name of a reader whose name is listed in the run, or NULL. */
int pw_store_busy(const char *directory, const char *reader);

void pw_store_close(struct pw_store *s);

enum pw_store_who {
	PW_STORE_ALIVE,     /* whose process is alive */
	PW_STORE_NAMESAKES, /* likewise, and that have the name of this one, or such a stage upstream */
	PW_STORE_CONSUMERS /* that have this one as an input, also where they have ended */
};

/* The processes of those stages of the run, ended by 0. The caller frees the list. */
int *pw_store_processes(const struct pw_store *s, enum pw_store_who who);

/* The stages of the run in the order in which they entered, ended by NULL; freed in one piece. */
char **pw_store_stages(const struct pw_store *s);

enum pw_store_registered {
	PW_STORE_REGISTERED,
	PW_STORE_NEW, /* new in a pipeline that goes on at R: it has missed what is below R */
	PW_STORE_ASTRAY /* it was new in an earlier run, and a sink downstream that is not new refused that */
};

/*
 * Makes the stage's folder, and its stage.json from the command line; both are
 * durable when it returns. For stages that have files. One of the above, or -1.
 */
int pw_store_register(struct pw_store *s, char *const *command, size_t count);

/*
 * For sinks: this one writes to the file of that path, without links and dots.
 * 0; -1: another sink of the run does (PW_USAGE). A path that is no UTF-8 is not compared.
 */
int pw_store_writes(struct pw_store *s, const char *path);

/* ---- refusal ---- */

/*
 * A stage that can't take part in this run, because it is new or another than
 * before, says so here, with the status that it fails with: before its head is
 * sent, so that whoever is downstream of it comes later. The first stage of a
 * run to do so says why. In any other s->refused is then the status of that
 * one, with which it ends without a message. A disk that fails makes each say
 * why.
 */
void pw_store_refuse(struct pw_store *s, enum pw_status status);

/*
 * The same for a sink that is known, and whose pipeline was another one: PW_STATE. If
 * a stage upstream was the first, it learns in the next run that no new sink
 * will come.
 */
void pw_store_refuse_as_sink(struct pw_store *s);

/* Has another stage of this run been refused? Then s->refused is its status. The failure that there is stays. */
bool pw_store_is_refused(struct pw_store *s);

/* ---- time ---- */

/*
 * Makes the clock's bound at or above t, durably; costs nothing while it is. To
 * be called before t is used in a row, or promised by a frontier (t + 1).
 */
int pw_store_promise(struct pw_store *s, pw_time t);

/* The greatest time of the grid at or below t; the least above it. */
static inline pw_time pw_store_grid_below(const struct pw_store *s, pw_time t)
{
	return t - t % s->interval;
}

static inline pw_time pw_store_grid_above(const struct pw_store *s, pw_time t)
{
	return t >= PW_TIME_END - s->interval ? PW_TIME_END
					      : pw_store_grid_below(s, t) + s->interval;
}

/*
 * The restart point that would be if the run ended now, never below s->restart. No
 * file that a restart at or above it needs may be deleted. 0 or -1
 */
int pw_store_least(const struct pw_store *s, pw_time *least);

/*
 * The newest time that this stage must have on disk: of its checkpoints at or below R
 * ("checkpoint"), of its journal ("journal"). False: nobody has seen any.
 */
bool pw_store_mark(const struct pw_store *s, const char *what, pw_time *time);

/*
 * The first time that new rows of this reader may have besides those above its
 * journal, if the rows have times of their own: 0, unless the reader has come
 * to its end, for then other readers may have gone on.
 */
pw_time pw_store_floor(const struct pw_store *s);

/* ---- for pw-state: without a place in the directory ---- */

/* A look at run, without entering; *alive: somebody holds the lock. 1; 0: no run yet; -1 */
int pw_store_look(struct pw_store *s, const char *directory, bool *alive);

/* Forgets all, or one sink; PW_BUSY while a run is alive. */
int pw_store_reset(const char *directory);
int pw_store_forget(const char *directory, const char *sink);

PW_C_END

#endif
