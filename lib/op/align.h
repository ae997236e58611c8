/*
 * pw_align - the rows of all inputs, in the order of their times
 *
 * pw_tool_next hands out batches as they come: the rows of one may have times
 * that another input has not come to yet. Here such rows wait, so that a row
 * of time t is handed out when no input can bring an earlier one any more.
 *
 * Use:      as pw_tool_next: open when the inputs' heads are there; next
 *           until it returns false; close.
 * Lends:    ev->batch, until the next call; of the input's own schema.
 * Promises: times of rows never descend, over all batches of all inputs. A
 *           row waits for no input that has come to its time. FRONTIER and
 *           END come behind all rows that they are about.
 * Memory:   what waits: of each input about a frame, since inputs that are
 *           ahead are not asked for more.
 */
#ifndef PW_OP_ALIGN_H
#define PW_OP_ALIGN_H

#include "../tool/tool.h"

PW_C_BEGIN

/* What has come of an input before its time: rows at .. of waiting. */
struct pw_align_lane {
	struct pw_builder waiting, piece; /* piece: a part of waiting, to be lent */
	const struct pw_batch *view;      /* of waiting */
	uint32_t at, run;
	pw_time last; /* of the input's last row */
};

struct pw_align {
	struct pw_tool *tool;
	struct pw_align_lane *lanes; /* one per input */
	struct pw_event later;       /* behind the rows that wait, if there is one */
	bool has_later;
};

void pw_align_open(struct pw_align *a, struct pw_tool *t);
bool pw_align_next(struct pw_align *a, struct pw_event *ev);
void pw_align_close(struct pw_align *a);

PW_C_END

#endif
