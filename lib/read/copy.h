/*
 * pw_copy - a copy of a tracked file's rows, needed to take these rows away again
 *
 * A copy is a saved, compressed stream: DIR/STAGE/tracked/RUN-N.pws, or, in a
 * pipeline without state, an unlinked temporary file. It is known by its name
 * and by its check, which is that of its last frame and so of all its frames.
 *
 * Use:      pw_copies_open; a writer: begin, batch, finish or drop;
 *           pw_copies_sync before the journal names a finished copy.
 *           A difference: open with an old and a new copy, then next until 0;
 *           close.
 * Promises: the sum of the changes that a difference hands out is the rows of
 *           `new` less those of `old`. Rows that both share at their beginning
 *           are left out, and so are changes that take each other away within
 *           64k rows. Both copies are read to their ends, and are what their
 *           checks say, or next fails.
 * Fails:    "PATH: is missing", "PATH: ... damaged" (PW_STATE); PW_SYSTEM.
 */
#ifndef PW_READ_COPY_H
#define PW_READ_COPY_H

#include "../data/rowkey.h"
#include "../wire/output.h"
#include "../wire/source.h"

struct pw_copies {
	struct pw_head head; /* of each */
	char *place;         /* DIR/STAGE/tracked; NULL: a pipeline without state */
	uint64_t run, number;
	bool unsynced; /* the directory may lack names after a power failure */
};

struct pw_copy {
	char *name; /* "RUN-N"; NULL: it has none */
	int fd;     /* of one without a name; else -1 */
	uint64_t check;
};

#define PW_COPY_NONE ((struct pw_copy){.fd = -1})

/* folder: the stage's; NULL: a pipeline without state. 0 or -1 */
int pw_copies_open(struct pw_copies *c, const struct pw_schema *schema, const char *folder,
		   uint64_t run);
void pw_copies_close(struct pw_copies *c);
int pw_copies_sync(struct pw_copies *c);

bool pw_copies_has(const struct pw_copies *c, const char *name);
int pw_copies_delete(const struct pw_copies *c, const char *name);

/* Deletes all copies for which needed answers false. */
int pw_copies_sweep(const struct pw_copies *c, bool (*needed)(void *of, const char *name),
		    void *of);

static inline bool pw_copy_exists(const struct pw_copy *copy)
{
	return copy->name != NULL || copy->fd >= 0;
}

/* Forgets the copy; one without a name is gone then. */
void pw_copy_release(struct pw_copy *copy);

struct pw_copy_writer {
	struct pw_copies *copies;
	struct pw_copy copy;
	struct pw_output output;
	bool open;
};

int pw_copy_begin(struct pw_copy_writer *w, struct pw_copies *c);
int pw_copy_batch(struct pw_copy_writer *w, const struct pw_batch *batch);
int pw_copy_finish(struct pw_copy_writer *w, struct pw_copy *copy); /* durable, but for its name */
void pw_copy_drop(struct pw_copy_writer *w);

struct pw_copy_side {
	struct pw_source source;
	char *path;
	uint64_t check;
	bool open;
	const struct pw_batch *batch; /* lent by the source; NULL: the next is to be read */
	uint32_t row;                 /* the next row of the batch */
	struct pw_rowkeys keys;       /* of the batch, while it is compared */
};

struct pw_copy_diff {
	struct pw_copy_side old, new;
	bool common;               /* so far both copies are the same */
	struct pw_builder pending; /* changes that others may take away yet, of time 0 */
	struct pw_builder spare;
	pw_diff *minus; /* PW_ROWS_MAX times -1 */
	uint32_t at;    /* pending rows below it have been handed out */
	bool handing;   /* the pending rows are being handed out */
};

void pw_copy_diff_init(struct pw_copy_diff *d, const struct pw_schema *schema);
void pw_copy_diff_release(struct pw_copy_diff *d);

/* A copy that is NULL, or does not exist, has no rows. */
int pw_copy_diff_open(struct pw_copy_diff *d, const struct pw_copies *c, const struct pw_copy *old,
		      const struct pw_copy *new);

/* Appends changes of that time to out: 1; 0: there are no more; -1 */
int pw_copy_diff_next(struct pw_copy_diff *d, pw_time time, struct pw_builder *out);
void pw_copy_diff_close(struct pw_copy_diff *d);

#endif
