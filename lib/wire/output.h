/*
 * pw_output - an outgoing stream
 *
 * Use:      open; head once; batches, frontiers, durables; end; close.
 * Promises: small batches are gathered into one frame until it is full
 *           (PW_BATCH_ROWS rows or 256 KB) or pw_output_flush is called; large
 *           batches are written at once. A row of a time below the frontier is
 *           a bug.
 *           Every frame carries the frontier as it is after its rows.
 * Fails:    "write: ..." (PW_SYSTEM). EPIPE sets o->gone.
 */
#ifndef PW_WIRE_OUTPUT_H
#define PW_WIRE_OUTPUT_H

#include "../data/builder.h"
#include "frame.h"
#include "head.h"

PW_C_BEGIN

struct pw_output {
	int fd;
	bool compress;
	bool gone; /* the reader has gone */
	bool ended;
	bool begun; /* the text line has been written, or is in `frame` */
	struct pw_head head;
	struct pw_builder pending; /* rows not sent yet */
	pw_time frontier;          /* as set by the caller */
	pw_time said;              /* as last written in a frame */
	pw_time last;              /* time of the last row taken */
	uint64_t sequence, checksum, rows;
	pw_time durable;
	struct pw_bytes frame; /* frames not written yet; at a multiple of 64 */
	struct pw_bytes plain; /* a body to be compressed */
	void *zstd;
};

void pw_output_open(struct pw_output *o, int fd, bool compress);     /* fd stays the caller's */
int pw_output_head(struct pw_output *o, const struct pw_head *head); /* copied */
int pw_output_batch(struct pw_output *o, const struct pw_batch *batch);

/* The frontier moves (never back; a call with a lower one does nothing); sent with the next frame. */
void pw_output_frontier(struct pw_output *o, pw_time frontier);
int pw_output_durable(struct pw_output *o, pw_time durable);

/* Sends pending rows, and a PROGRESS frame if the frontier has moved since the last frame. */
int pw_output_flush(struct pw_output *o);

/* Sends pending rows, then END. A stream without a head can only end as failed. */
int pw_output_end(struct pw_output *o, enum pw_ending ending, enum pw_status status,
		  pw_time durable);

void pw_output_close(struct pw_output *o);

PW_C_END

#endif
