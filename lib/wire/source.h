/*
 * pw_source - one incoming stream, seen as a sequence of events
 *
 * Use:      open; then take events with pw_source_next. Where it answers
 *           PW_SOURCE_WANT, wait until the descriptor is readable and call
 *           pw_source_fill. 0 comes after the END event.
 * Lends:    ev->batch and ev->head, until the next call on this source.
 * Promises: the first event is the head (a stream that failed before it had a
 *           head is only an END); frontiers never go back; no batch
 *           holds a time below the last frontier; 0 comes only after END.
 *           The frontier of a frame comes as an event of its own: after its
 *           batch, before END.
 * Memory:   grows with the bytes that have come, not with what a header
 *           claims.
 * Fails:    "frame N: ..." (PW_DATA) or "read: ..." (PW_SYSTEM); the caller
 *           adds the input's name. A pipe that closes without END is PW_DATA.
 *           If the bytes do not begin like a stream, the message is
 *           PW_SOURCE_STRANGER alone.
 *           With salvage set, a stream that is damaged or stops is suspended
 *           there; pw_fail_text then says what was found.
 */
#ifndef PW_WIRE_SOURCE_H
#define PW_WIRE_SOURCE_H

#include "body.h"
#include "frame.h"
#include "head.h"
#include "spool.h"

PW_C_BEGIN

enum pw_event_kind {
	PW_EVENT_HEAD,
	PW_EVENT_BATCH,
	PW_EVENT_FRONTIER, /* times below event.time are complete */
	PW_EVENT_DURABLE,
	PW_EVENT_END
};

struct pw_event {
	enum pw_event_kind kind;
	int input; /* which one, where there are several */
	const struct pw_batch *batch;
	pw_time time;          /* FRONTIER, DURABLE, and END's durable */
	enum pw_ending ending; /* END */
	enum pw_status status; /* END failed */
};

struct pw_source {
	int fd;
	char *data; /* aligned to 64; bytes that have come and are not used yet: from .. to */
	size_t from, to, capacity;
	bool begun;    /* the text line has been seen */
	bool ended;    /* END has been seen */
	bool closed;   /* the end of the file has been seen */
	bool owed;     /* a FRONTIER event is to follow the batch */
	bool drained;  /* pw_source_ahead has seen that end, and its bytes are not used up yet */
	bool salvage;  /* an end without END counts as suspended */
	bool salvaged; /* such an end has come, and counts as suspended */
	uint64_t sequence, checksum, rows;
	pw_time frontier, last; /* last: the greatest time of a row so far */
	bool dated;             /* there was a row, so last is one */
	pw_time durable;
	size_t need; /* bytes of the frame at from, as far as they are known */
	struct pw_head head;
	struct pw_body body;
	char *plain; /* a decompressed body */
	size_t plain_capacity;
	void *zstd;
	struct pw_spool *spool; /* where pw_source_ahead puts bytes, or NULL; lent */
};

#define PW_SOURCE_WANT     2
#define PW_SOURCE_STRANGER "not a pw stream"

void pw_source_open(struct pw_source *s, int fd); /* the descriptor is the source's from here */
void pw_source_close(struct pw_source *s);

/* 1: an event; 0: ended; PW_SOURCE_WANT: fill first; -1 */
int pw_source_next(struct pw_source *s, struct pw_event *ev);

/* One read: 1, 0 at the end of the file, PW_SOURCE_WANT if it would block, -1 */
int pw_source_fill(struct pw_source *s);

/*
 * One read into the spool, of an input that is ahead; the same answers. Fill
 * then takes from the spool first, without reading while that holds bytes.
 */
int pw_source_ahead(struct pw_source *s);

PW_C_END

#endif
