/*
 * pw_dest - where bytes go: a pipe, a file, or what else has a kind
 *
 *   straight  standard output, a FIFO, a device: written straight to
 *   replaced  a file that is replaced whole, by one that was written beside it
 *   appended  a file that holds something: bytes wait beside it, and are then
 *             added to its end
 *   growing   a file that a pipeline with state adds to, run after run
 *
 * A kind is a const struct of functions with a struct of its own, and has a
 * file of its own; pw_dest_kinds lists the kinds. What a caller must know of
 * a destination stands in the kind's flags and in struct pw_dest, so that a
 * further kind (a program that a URL names, say) is a file and a line of that
 * list.
 *
 * Use:      fill in a pw_dest_how; pw_dest_kind_of; pw_dest_open. Then
 *           pw_dest_write, or for each commit pw_dest_begin, pw_dest_write and
 *           pw_dest_sync. pw_dest_finish when all has been written, or else
 *           pw_dest_drop: both release the destination and leave NULL.
 * Promises: dropped, a file is what it was before, but for what a sync has
 *           made visible. A symbolic link is followed: the file that it names
 *           is written. A path that ends in .gz or .zst is compressed.
 * Fails:    "out.csv: write: No space left on device" (PW_SYSTEM). When a pipe
 *           has no reader errno is EPIPE, and gone is set.
 */
#ifndef PW_DEST_DEST_H
#define PW_DEST_DEST_H

#include "../store/store.h"

PW_C_BEGIN

/* The way in which a destination is to be written. The user lends it until the destination is released. */
struct pw_dest_how {
	const char *name;       /* as the user wrote it; "-": standard output */
	bool append;            /* what a file holds stays, and the bytes come after it */
	bool anew;              /* a file that is added to is emptied before the first byte */
	bool if_changed;        /* a file whose bytes would not change is left untouched */
	bool resumes;           /* each run of a pipeline goes on where the one before ended */
	const json_t *record;   /* what pw_dest_describe made in an earlier run; NULL: none did */
	struct pw_store *store; /* the stage and its run; NULL: a pipeline without state */
	const struct pw_schema *schema; /* of the rows; their text is made by the caller */
};

struct pw_dest;

/* How much pw_dest_sync asks for; each includes the ones before it. */
enum pw_dest_sync {
	PW_DEST_COMPLETE, /* commits below the time are complete, and may become visible */
	PW_DEST_VISIBLE,  /* and every byte written so far is visible */
	PW_DEST_DURABLE,  /* and they stay in the destination, whatever comes */
};

struct pw_dest_kind {
	const char *scheme; /* "kafka": the URLs that name such a destination; NULL: paths */
	const char *name;   /* what the record of a pipeline with state calls it */
	size_t size;        /* of the kind's struct, which begins with struct pw_dest */
	bool is_file;       /* a regular file, or what will be one */
	bool adds;          /* what the file holds stays */
	bool resumes;       /* as pw_dest_how has it: the same rows must give the same bytes */
	bool by_commit;     /* it is given whole commits, each between begin and sync */
	bool has_reader;    /* somebody reads it as it is written, may go, and may get rows again */

	int (*open)(struct pw_dest *d);

	/* Bytes of commits below the time follow, perhaps none; NULL: of no matter. */
	int (*begin)(struct pw_dest *d, pw_time below);
	int (*write)(struct pw_dest *d, const void *data, size_t n);

	/* NULL: of no matter. */
	int (*sync)(struct pw_dest *d, pw_time below, enum pw_dest_sync how);

	/* What the destination was when it stood at the position; NULL: its kind says it all. */
	json_t *(*describe)(const struct pw_dest *d, uint64_t at);

	/* all: the run ended in order, and nothing that was sent is missing. */
	int (*finish)(struct pw_dest *d, bool all, bool *changed);

	/* Also after an open or a finish, whether it failed or not. */
	void (*drop)(struct pw_dest *d);
};

struct pw_dest {
	const struct pw_dest_kind *kind;
	const struct pw_dest_how *how; /* lent */
	char *name;                    /* for messages: as the user wrote it, or "stdout" */
	int fd;         /* if nothing is compressed bytes may be written to it; -1: by write only */
	bool continues; /* it holds something, which what is written comes after */
	bool hidden;    /* nothing that was written is visible before a sync, or finish */
	bool held_back; /* compression has bytes that PW_DEST_VISIBLE would hand out */
	bool gone;      /* the reader has gone */
	uint64_t at;    /* the position, for describe: bytes of this pipeline; 0: it has none */
	pw_time time;   /* the destination says that it has the commits below; 0: it can't say */
};

/* The kinds, ended by NULL; the one that fits, NULL: fails (PW_USAGE). */
extern const struct pw_dest_kind *const pw_dest_kinds[];
const struct pw_dest_kind *pw_dest_kind_of(const struct pw_dest_how *how);

int pw_dest_open(struct pw_dest **d, const struct pw_dest_kind *kind,
		 const struct pw_dest_how *how);
int pw_dest_begin(struct pw_dest *d, pw_time below);

/* Has the type of pw_writer_fn; dest is a struct pw_dest. */
int pw_dest_write(void *dest, const void *data, size_t n);

int pw_dest_sync(struct pw_dest *d, pw_time below, enum pw_dest_sync how);

/*
 * All has been written, and becomes visible; *changed says whether the
 * destination holds anything else than before. Of NULL nothing is left to do,
 * and *changed is false.
 */
int pw_dest_finish(struct pw_dest **d, bool all, bool *changed);

/* Safe on NULL. */
void pw_dest_drop(struct pw_dest **d);

/*
 * What a record says of a destination as of a position. d may be NULL, when
 * the destination is not open just now. NULL: fails.
 */
json_t *pw_dest_describe(const struct pw_dest_kind *kind, const struct pw_dest *d, uint64_t at);

/* Appends the first n bytes of a file, or as many as there are. */
int pw_dest_head(const struct pw_dest *d, size_t n, struct pw_bytes *into);

/* Does the name stand for a file that holds something? */
bool pw_dest_holds(const char *name);

/* Are the bytes compressed on their way to a destination of this name? */
bool pw_dest_compresses(const struct pw_dest_kind *kind, const char *name);

extern const struct pw_dest_kind pw_dest_straight;
extern const struct pw_dest_kind pw_dest_replaced;
extern const struct pw_dest_kind pw_dest_appended;
extern const struct pw_dest_kind pw_dest_growing;

PW_C_END

#endif
