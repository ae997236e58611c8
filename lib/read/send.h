/*
 * pw_send - what pw-read does with the events of its source
 *
 * Rows pass three steps on their way to the output, of which each may hold them
 * back:
 *
 *   ahead   rows that the journal does not cover yet wait until it does
 *   sync    with --sync, rows wait until other readers have come as far (a
 *           follower has asked before it gave them a commit)
 *   upsert  with --upsert, a row replaces the earlier row with its key: the
 *           changes that a commit amounts to go on when it is complete
 *
 * Use:      open, before the output is opened; start, when it has been. Then
 *           room, to be given to the source; and for its event rows, frontier,
 *           idle or end. close, when the tool has finished.
 * Promises: an output frontier passes no row that is held back.
 * Fails:    open: "--upsert ...", "--delete-when ...", "--sync ..." (PW_USAGE).
 *           What fails after start ends the program, as pw_must does.
 */
#ifndef PW_READ_SEND_H
#define PW_READ_SEND_H

#include "../state/checkpointer.h"
#include "ahead.h"
#include "intake.h"
#include "read_event.h"
#include "sync.h"
#include "upsert.h"

struct pw_send {
	struct pw_tool *tool; /* lent, as the intake is */
	struct pw_intake *in;
	struct pw_ahead ahead;

	struct pw_sync sync;
	struct pw_builder piece; /* the rows of a batch that may pass already */
	pw_time sent;            /* of the last of them */

	struct pw_upsert upsert;
	struct pw_checkpointer checkpointer; /* of upsert */
	struct pw_builder part;              /* the rows of a batch between two times of the grid */
	pw_time grid;                        /* the next time of the grid */
};

/* schema: of the source's rows; lent. 0 or -1 */
int pw_send_open(struct pw_send *s, struct pw_intake *in, const struct pw_schema *schema);

/* Joins the group of --sync. 0 or -1 */
int pw_send_start(struct pw_send *s);

/* Where the source is to put its next rows: empty. */
struct pw_builder *pw_send_room(struct pw_send *s);

void pw_send_rows(struct pw_send *s, const struct pw_read_event *ev);
void pw_send_frontier(struct pw_send *s, const struct pw_read_event *ev);
void pw_send_idle(struct pw_send *s);
void pw_send_end(struct pw_send *s, const struct pw_read_event *ev);

void pw_send_close(struct pw_send *s);

#endif
