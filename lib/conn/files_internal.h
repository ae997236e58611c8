/*
 * pw_files - what the pieces of the files connector share
 *
 * files.c       the connector: which file's turn it is, and the pieces that it hands out
 * files_log.c   one file: found again by path, inode or key; opened; read
 * files_find.c  which files there are, and which names have changed
 * files_lost.c  a log that is not where its name leads: where it has gone
 * files_judge.c whether a log is still the one that it was
 * files_place.c where the file of a path with links lies
 * files_kin.c   two files that begin alike: which lines belong to which
 * files_copy.c  copies of logs: rotation by copytruncate, and compressed logs
 *
 * Plain reading (neither followed nor resumed) takes each file once, in order.
 * Else a file is a log, known by its inode, and has a turn whenever it may hold
 * more than was handed out; the queue has the logs whose turns are to come. At
 * its turn a log is read as far as it goes at that moment, and no farther, so
 * that a busy file makes no other wait.
 */
#ifndef PW_CONN_FILES_INTERNAL_H
#define PW_CONN_FILES_INTERNAL_H

#include "connector.h"
#include "file.h"
#include "identity.h"
#include "paths.h"
#include "watch.h"

#include <sys/stat.h>

enum pw_files_table { PW_FILES_PATH, PW_FILES_INODE, PW_FILES_KEY, PW_FILES_HOME, PW_FILES_TABLES };

/* Is a log a copy of another? */
enum pw_log_fresh {
	PW_LOG_JUDGED, /* the answer is known, or the question never arose */
	PW_LOG_SECOND, /* the log that it may be a copy of has its turn first */
	PW_LOG_FRESH   /* the question is to be asked at its turn */
};

struct pw_log {
	struct pw_origin origin; /* first; name: the path that it has or had last */
	char *place; /* where its file lies, if its name leads there by links; NULL: by none */
	char *home;  /* the path, without links, at which its file was first seen */
	struct pw_identity id; /* of the bytes consumed; size and time as last seen */
	int fd;                /* -1: closed for now */
	struct pw_file *file;  /* compressed, or no regular file: read in order; else NULL */
	uint64_t file_at;      /* where file's next byte lies in its plain text */
	uint64_t seen;         /* bytes up to here have been handed out */
	uint64_t until;        /* bytes up to here are read in this turn */
	struct pw_bytes
		rest;   /* a copy of bytes that were handed out from offset on, and not consumed */
	bool begun;     /* BEGIN has been said */
	bool renamed;   /* BEGIN must be said again */
	bool known;     /* BEGIN was said, in this run or an earlier one */
	bool packed;    /* compressed */
	bool drained;   /* all of it has been used */
	bool queued;    /* it stands in the queue */
	bool closing;   /* nothing more will come of it: END at the end of its turn */
	bool truncated; /* its bytes are gone but for rest */
	bool lost;      /* it stands in the list of lost names */
	int64_t orphan_since; /* ns: since when it has no name, but is open; 0: it has a name */
	enum pw_log_fresh fresh;
	const struct pw_log
		*before;      /* the log whose file was emptied, and is now this one's; NULL */
	struct pw_log *model; /* it may be a copy of this log, and is not read as long as it may */
	uint64_t sweep;       /* the last sweep that has found it */
	struct pw_log *next;  /* in the queue */
	struct pw_log *newer, *older; /* among the open logs, by last use */
	struct pw_log *chain[PW_FILES_TABLES];
	bool in[PW_FILES_TABLES];
};

/*
 * The bytes in hand, of one log. data[from] is the byte at the log's offset; up
 * to 4096 bytes before it are there too, by which the log is known again; the
 * first `offered` bytes from it on have been handed out.
 */
struct pw_files_window {
	struct pw_log *log;
	char *data;
	size_t from, to, capacity, offered;
};

struct pw_files_fresh { /* a path that holds a file not known yet */
	char *path;
	struct stat st;
};

struct pw_files {
	struct pw_connector c;
	bool live; /* followed or resumed */
	bool started, resumed;
	bool swept; /* all was looked at once: files that come from now on may be copies */
	struct pw_paths paths; /* plain: the files */
	size_t path_at;        /* plain: the next of them */
	struct pw_log **logs;  /* all, owned */
	size_t count, capacity;
	struct pw_log **buckets[PW_FILES_TABLES];
	size_t bucket_count;
	struct pw_log *first, *last;    /* the queue */
	struct pw_log *now;             /* whose turn it is */
	struct pw_log *newest, *oldest; /* those open */
	size_t open_count;
	struct pw_files_window window;
	struct pw_bytes again;    /* bytes that were asked for again */
	struct pw_log *again_log; /* their log; NULL: something else has been read since */
	uint64_t again_end;
	struct pw_watch watch;
	char *folder;       /* whose links were looked at last; NULL: none yet */
	char *folder_place; /* where it lies; NULL: there are no links in it */
	uint64_t sweep;     /* how many times all has been looked at */
	int64_t sweep_next; /* ns of the monotonic clock */
	struct pw_log **lost;
	size_t lost_count, lost_capacity;
	struct pw_files_fresh *fresh;
	size_t fresh_count, fresh_capacity;
};

int64_t pw_files_clock(void); /* monotonic, ns */
int64_t pw_files_modified(const struct stat *st);

/* Is it another state of the file than when the log was seen last? */
bool pw_files_touched(const struct pw_log *log, const struct stat *st);

/* ---- files_log.c ---- */

/* A new log for the file at a path; st: NULL if the file has not been looked at; key: NULL for a new one. */
struct pw_log *pw_files_log(struct pw_files *f, const char *path, const struct stat *st,
			    const char *key);
struct pw_log *pw_files_by_path(const struct pw_files *f, const char *path);
struct pw_log *pw_files_by_inode(const struct pw_files *f, uint64_t device, uint64_t inode);
/* Several logs may be known by one inode, or by one path, since earlier runs: the next of them. */
struct pw_log *pw_files_next_by_inode(const struct pw_log *log);
struct pw_log *pw_files_next_by_path(const struct pw_log *log);
struct pw_log *pw_files_by_key(const struct pw_files *f, const char *key);
/* A log that was at home at path; after: the one that was found before, or NULL */
struct pw_log *pw_files_by_home(const struct pw_files *f, const char *path,
				const struct pw_log *after);
void pw_files_enter(struct pw_files *f, enum pw_files_table table, struct pw_log *log);
void pw_files_leave(struct pw_files *f, enum pw_files_table table, struct pw_log *log);
/* Where the file of a log of an earlier run lay then, and was first; NULL: where its name, and its key, say. Both are taken. */
void pw_files_set_place(struct pw_files *f, struct pw_log *log, char *place, char *home);
void pw_files_rename(struct pw_files *f, struct pw_log *log, const char *path);

/* The log's turn will come. */
void pw_files_enqueue(struct pw_files *f, struct pw_log *log);

/* 1: the log is open; 0: there is no such file now; -1 */
int pw_files_open(struct pw_files *f, struct pw_log *log);
void pw_files_shut(struct pw_files *f, struct pw_log *log);
void pw_files_free(struct pw_log *log);

/* The window gets the bytes of an open log around its offset. 0 or -1 */
int pw_files_load(struct pw_files *f, struct pw_log *log);

/* 1: more bytes stand in the window; 0: there are none now, or not for this turn; -1 */
int pw_files_fill(struct pw_files *f);

/* The prints of id become those of the bytes consumed. 0 or -1 */
int pw_files_seal(struct pw_files *f, struct pw_log *log);

/* ---- files_find.c ---- */

/* Looks at what has happened to files since the last look: enqueues. 1: a log's turn has come; 0; -1 */
int pw_files_look(struct pw_files *f);

/* ns until the next look, even if the kernel tells nothing */
int64_t pw_files_patience(const struct pw_files *f);

/* Is a path one that the sources stand for? */
bool pw_files_wanted(const struct pw_files *f, const char *path);

/* The log's name does not lead to it any more: it is to be found again. */
void pw_files_lose(struct pw_files *f, struct pw_log *log);

/* A path holds a file that is not known: it becomes a log when all names have been seen. */
void pw_files_note_fresh(struct pw_files *f, const char *path, const struct stat *st);

/* ---- files_place.c ---- */

/* Where the file of a path lies, if there are links in the path; NULL: there are none. The caller frees it. */
char *pw_files_place(struct pw_files *f, const char *path);

/* The path without links by which the log's file is called. */
const char *pw_files_where(const struct pw_log *log);

/* The folder in which the log's file lies, by its name or by its place: it ends with a slash, or is "". */
char *pw_files_folder(const char *path);

/* ---- files_judge.c ---- */

/* Does an open file hold what was read of log, as far as it was read? 1, 0, -1 */
int pw_files_holds(const struct pw_log *log, int fd, uint64_t size);
int pw_files_holds_at(const struct pw_log *log, const char *path, const struct stat *st);

/* Has the file at path been read as a log other than this one? An inode may have been used again. */
bool pw_files_is_other(const struct pw_files *f, const struct pw_log *log, const char *path,
		       const struct stat *st);

/* Does a log begin as it did? 1, 0, -1. Also 1 if the bytes that were read are so few that the tail's print has them. */
int pw_files_begins(const struct pw_log *log);

/* The bytes of a log are no longer those that were read: a new log takes its place, or this fails. 0 or -1 */
int pw_files_changed(struct pw_files *f, struct pw_log *log, const struct stat *st);

/*
 * Another file has the name of a log that is not found any more. Is it the log,
 * edited or cut at its beginning? 0: it is not, as far as can be told; -1
 */
int pw_files_check_replaced(const struct pw_log *log, const char *path);

/*
 * The file of a log was emptied, and it is the one that stood there before, or may
 * be, until its writer has written all of it again. 1: it may be; 0: it is judged; -1
 */
int pw_files_is_rewritten(struct pw_log *log);

/* How many bytes that the log had when it was last seen have not been handed out. */
uint64_t pw_files_unread(const struct pw_log *log);

int pw_files_fail_unread(const struct pw_log *log, const char *how, uint64_t left); /* -1 */

/* Nothing more will come of the log but its rest. */
void pw_files_end_truncated(struct pw_files *f, struct pw_log *log);

/* ---- files_lost.c ---- */

/* The log has got another name than was: logs that had that name after it are noted. modified: when the log was seen last */
void pw_files_seek_siblings(struct pw_files *f, const struct pw_log *log, const char *was,
			    int64_t modified);

/* The log is not where its name leads: it is found again, or stays as long as it is open, or ends. 0 or -1 */
int pw_files_seek_lost(struct pw_files *f, struct pw_log *log);

/* ---- files_kin.c ---- */

/* How a file that is not read yet stands to a log: */
enum pw_files_kin {
	PW_FILES_UNKNOWN,  /* one of them can't be seen, or is to be judged itself */
	PW_FILES_STRANGER, /* it holds other lines */
	PW_FILES_PART,     /* it holds nothing else than the log does, as far as it goes */
	PW_FILES_FORK      /* it holds all that was read of the log, and goes on after it */
};

/*
 * Of plain files. FORK: the file's own lines begin at byte *from, and the first of
 * them is line *line. 0 or -1
 */
int pw_files_kin(const struct pw_log *log, const char *path, enum pw_files_kin *kin, uint64_t *from,
		 uint64_t *line);

/* Nothing has been read of log, and nothing shall be of what its file has in common with model: its first `from` bytes. 0 or -1 */
int pw_files_begin_at(struct pw_log *log, const struct pw_log *model, uint64_t from, uint64_t line);

/* ---- files_copy.c ---- */

/* Is a new log called as if it were a copy of another? */
bool pw_files_may_be_copy(const struct pw_files *f, const struct pw_log *log);

/*
 * Is a log that is fresh, or has a model, a copy as far as one can see? 1: yes,
 * or another log has its turn first; 0: no, and it has no model now; -1
 */
int pw_files_is_copy(struct pw_files *f, struct pw_log *log);

/* Is copy called as if it were a copy of log? Both are names without folders. */
bool pw_files_related(const char *log, const char *copy);

/* Is it called as a program that rotates log would call it: by a number or a date? */
bool pw_files_is_rotated(const char *log, const char *copy);

/* 1: the log goes on in a copy of it that lies in its directory; 0: there is none; -1 */
int pw_files_seek_copy(struct pw_files *f, struct pw_log *log);

/* The log goes on in the file at path, which holds what was read of it. */
void pw_files_succeed(struct pw_files *f, struct pw_log *log, const char *path,
		      const struct stat *st);

#endif
