/*
 * pw_aside - a file of rows that a stage leaves out: rejected ones, late ones
 *
 * Records (lines of JSON, or of CSV) that each say the time of their row are
 * added to the file as rows are left out.
 *
 * Use:      set kind and path, and begin; pw_aside_open when the inputs' heads
 *           have come; add whole records to bytes, then pw_aside_added;
 *           pw_aside_close.
 * Promises: the file has the records before the program waits. In a pipeline
 *           with state it holds what an undisturbed run would have written:
 *           records of times from the restart point on are cut off, as those
 *           rows come again, those before it stay; and no time is said to
 *           be durable before its records are. That needs a regular file: a
 *           pipe is just written to.
 *           Shared kinds: records are added to what the file holds, whole ones,
 *           so that several stages may have one file, which is touched when
 *           there is a record and not before (but for pipes and devices, which
 *           are opened at the start). Other kinds: without state the file
 *           begins anew.
 * Fails:    PW_SYSTEM, "FILE: ..."; PW_USAGE, as pw_aside_file_check.
 */
#ifndef PW_TOOL_ASIDE_H
#define PW_TOOL_ASIDE_H

#include "tool.h"

PW_C_BEGIN

struct pw_aside_kind {
	const char *option; /* "--on-error" */
	const char *rows;   /* "rejected rows" */
	bool csv;           /* else lines of JSON */
	bool shared;        /* without state several stages may have one file */
};

extern const struct pw_aside_kind pw_aside_rejected; /* --on-error FILE */
extern const struct pw_aside_kind pw_aside_late;     /* --late FILE */

struct pw_aside {
	const struct pw_aside_kind *kind;
	const char *path;
	struct pw_slice begin; /* how a file begins that holds such records; lent */

	struct pw_bytes bytes; /* records that wait to be written */
	bool kept;             /* after open: the file holds records of earlier runs */
	pw_time restart;       /* records of times below this are there already, if kept */
	int fd;                /* -1: not open */
	bool has_state;        /* the pipeline has a state directory */
	bool unsynced;         /* records have been written that may not be durable */
	struct pw_aside *next; /* of the tool's list */
};

/*
 * Looks whether the file may be written, and opens what must be open. 0, or
 * fails. The tool keeps a pointer to a until it is closed.
 */
int pw_aside_open(struct pw_aside *a, struct pw_tool *t);

/* Records have been added to bytes: writes them if they are many. 0, or fails. */
int pw_aside_added(struct pw_aside *a);

/* Hands the records so far to the file: before a wait. 0, or fails. */
int pw_aside_flush(struct pw_aside *a);

/* As pw_aside_flush, of all files of the tool; durable: they are on disk, too. */
int pw_aside_flush_all(struct pw_tool *t, bool durable);

/* Writes what is left, and closes the file. 0, or fails. */
int pw_aside_close(struct pw_aside *a, struct pw_tool *t);

PW_C_END

#endif
