/*
 * pw_connector - where bytes come from: read and seek by a const struct
 *
 * A connector reads origins: files, standard input, the partitions of a broker.
 * It hands out the bytes of each origin in order, from an offset on. It knows no
 * format and no commit; parsing, commits, journal and frontiers are the reader's
 * (lib/read/follow.h). pw-connector(7) is the page for this header.
 *
 * Use:      pw_connector_open; seek, if it is to go on where an earlier run
 *           stopped; then read, again and again. consume tells how many bytes of
 *           a DATA piece were used, before the next read. The bytes left are
 *           offered again: at once if any were used, else only with more bytes
 *           after them (or with last set: there will be no more, and all are to
 *           be used); until there are more, the next read says something else,
 *           such as IDLE.
 * Again:    read with piece->key set hands out bytes that were read before, in
 *           this run or an earlier one: of the origin with that key (seek has
 *           named it, if this run has not met it), from piece->offset on, up to
 *           piece->length of them. The piece is DATA, perhaps with fewer bytes;
 *           ask again for the rest. Bytes from where the origin stands may be
 *           consumed, as any others; sources that can't go back hand out no
 *           others.
 * Lends:    the piece's data, until the next read or consume; origins, until
 *           the connector is closed.
 * Promises: bytes of an origin come in order, without gap and repeat; origins
 *           may alternate, but only after IDLE, or at the end of a record (all
 *           bytes that were offered last have been consumed but for a partial
 *           record, which is offered again);
 *           BEGIN comes before the first bytes of an origin, and again when its
 *           name has changed; END when nothing more will come of it.
 *           The pieces between BLOCK_BEGIN and BLOCK_END are a source block.
 * Fails:    "NAME: ..." with PW_SYSTEM; PW_STATE if the offset is gone (the
 *           origin shrank, vanished unread, or changed before it).
 */
#ifndef PW_CONN_CONNECTOR_H
#define PW_CONN_CONNECTOR_H

#include "offsets.h"

PW_C_BEGIN

struct pw_clock;
struct pw_connector;

/* May a commit be made between this and what follows? */
enum pw_connector_commit { PW_COMMIT_MAY, PW_COMMIT_MUST, PW_COMMIT_MUST_NOT };

/* A part of the source with an offset of its own. Some members are for the reader to use. */
struct pw_origin {
	char *key;              /* in offsets: does not change when it is renamed */
	char *name;             /* for messages and _path, as of now */
	int64_t modified;       /* ns since the epoch; INT64_MIN: unknown */
	uint64_t offset;        /* bytes consumed, of the plain (decompressed) text */
	uint64_t line;          /* the reader's: the line on which the next record begins, from 1 */
	struct pw_bytes header; /* the reader's: the record that names the columns */
	bool ended;             /* END has been said; its key may be forgotten */
};

enum pw_piece_kind {
	PW_PIECE_BEGIN, /* of origin; nothing has been read of it yet, or seek has set its offset */
	PW_PIECE_DATA,
	PW_PIECE_END,         /* of origin: it is complete, or gone after it was read */
	PW_PIECE_BLOCK_BEGIN, /* commit says whether one may be made here */
	PW_PIECE_BLOCK_END,   /* likewise */
	PW_PIECE_IDLE,        /* all that is there has been read */
	PW_PIECE_FINISHED     /* nothing more will come */
};

struct pw_piece {
	enum pw_piece_kind kind;
	const char *key; /* on entry: the origin to read again; NULL: go on. On return NULL */
	struct pw_origin *origin;
	uint64_t offset; /* DATA: of data within the origin; on entry with key: where to begin */
	const char *data;
	size_t length; /* on entry with key: how many at most */
	bool last;     /* no byte follows in this origin: a record without line end is whole */
	enum pw_connector_commit commit;
	int fd;             /* IDLE: worth reading again when this can be read; -1: none */
	int64_t timeout_ms; /* IDLE: worth reading again after so many ms anyway; -1: never */
};

struct pw_connector_options {
	char *const *sources; /* as the user wrote them */
	size_t source_count;
	bool follow;
	bool resumable; /* the pipeline has state: a later run goes on where this one ends */
	bool hold_last; /* a last line without its end waits for it */
	bool poll;      /* do not rely on notification */
	bool track;     /* files are tables, read as a whole when they have changed */
	const struct pw_clock
		*clock; /* lent: the run's, which runs when read is called; for clock:D */
};

struct pw_connector_kind {
	const char *scheme; /* "kafka"; NULL: files, and what has no scheme */
	size_t size;        /* of the kind's struct, which begins with struct pw_connector */
	int (*open)(struct pw_connector *c);
	int (*seek)(struct pw_connector *c, const struct pw_offsets *offsets);
	int (*read)(struct pw_connector *c, struct pw_piece *piece); /* *piece = {0}, or Again */
	int (*consume)(struct pw_connector *c, struct pw_origin *origin, size_t n);
	/* Appends the value of origin's key, as of the bytes consumed. */
	int (*offset)(struct pw_connector *c, const struct pw_origin *origin,
		      struct pw_bytes *value);
	void (*close)(struct pw_connector *c);
};

struct pw_connector {
	const struct pw_connector_kind *kind;
	const struct pw_connector_options *options; /* lent */
};

/* All kinds, ended by NULL; and the kind of a source, by its scheme. */
extern const struct pw_connector_kind *const pw_connector_kinds[];
const struct pw_connector_kind *pw_connector_of(const char *source);

struct pw_connector *
pw_connector_open(const struct pw_connector_kind *kind,
		  const struct pw_connector_options *options); /* NULL: failed */
void pw_connector_close(struct pw_connector *c);

extern const struct pw_connector_kind pw_connector_files;   /* paths, directories, patterns */
extern const struct pw_connector_kind pw_connector_tables;  /* paths, ..., with track */
extern const struct pw_connector_kind pw_connector_stdin;   /* -: a pipe */
extern const struct pw_connector_kind pw_connector_clock;   /* clock:D: a row each D */
extern const struct pw_connector_kind pw_connector_program; /* SCHEME://: runs pw-read-SCHEME */

PW_C_END

#endif
