/*
 * pw_checkpoint - what the pieces share
 *
 * checkpoint.c        which files make up a state; files that nobody needs are deleted
 * checkpoint_head.c   what the head of a file says, and what it must say
 * checkpoint_read.c   a file, frame by frame
 * checkpoint_write.c  a file, beside its name until it is whole
 */
#ifndef PW_STORE_CHECKPOINT_INTERNAL_H
#define PW_STORE_CHECKPOINT_INTERNAL_H

#include "checkpoint.h"
#include "side.h"

#define PW_CHECKPOINT_DIGITS 20 /* of a time, in names and heads */

/* FOLDER/checkpoint-TIME.pws; the caller frees it. */
char *pw_checkpoint_path(const char *folder, pw_time time);

/* The time in the name of a checkpoint; false: it is the name of something else. */
bool pw_checkpoint_time(const char *name, pw_time *time);

struct pw_checkpoint_head {
	bool full;
	pw_time after; /* of a delta: the time of the checkpoint that it follows */
	uint64_t rows; /* about how many rows there are */
};

/*
 * Reads into h what the head of a stream says. c: the checkpoint must be one of
 * this stage, of this schema, of no later run; NULL: any checkpoint will do. 0, or
 * fails (PW_STATE).
 */
int pw_checkpoint_head_take(const struct pw_checkpoints *c, const struct pw_head *head,
			    struct pw_checkpoint_head *h);

/* The head of a new checkpoint. after: PW_TIME_END of a full one. The caller releases it. */
void pw_checkpoint_head_make(const struct pw_checkpoints *c, pw_time after, uint64_t rows,
			     struct pw_head *head);

/* A checkpoint that is being read. */
struct pw_checkpoint_reading {
	const struct pw_checkpoints *checkpoints; /* NULL: to be verified alone */
	pw_time time;                             /* that its name says */
	struct pw_checkpoint_head head;
	bool headed;                                         /* the head has come */
	int (*take)(void *to, const struct pw_batch *batch); /* NULL: the head is enough */
	void *to;
};

/* Reads the file; 0, or fails, with its path. */
int pw_checkpoint_read(struct pw_checkpoint_reading *r, const char *path);

#endif
