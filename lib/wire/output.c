#include "output.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/*
 * A batch of BIG_ROWS rows or BIG_BYTES is worth a frame of its own, which
 * spares a copy; one of more than PW_ROWS_MAX rows or SPLIT_BYTES is split.
 */
enum { PIPE = 1 << 20, BIG_ROWS = 4096, BIG_BYTES = 64 << 10, SPLIT_BYTES = 8 << 20, LEVEL = 1 };

void pw_output_open(struct pw_output *o, int fd, bool compress)
{
	*o = (struct pw_output){.fd = fd, .compress = compress};
	fcntl(fd, F_SETPIPE_SZ, PIPE);
}

void pw_output_close(struct pw_output *o)
{
	pw_builder_release(&o->pending);
	pw_head_release(&o->head);
	pw_bytes_release(&o->frame);
	pw_bytes_release(&o->plain);
	ZSTD_freeCCtx(o->zstd);
	*o = (struct pw_output){.fd = -1, .ended = true};
}

/* Room for n bytes more at an address that is, as the length is, a multiple of 64. */
static void reserve(struct pw_bytes *b, size_t n)
{
	if (b->capacity - b->length >= n)
		return;

	size_t more = b->capacity + b->capacity / 2;
	if (more < b->length + n)
		more = b->length + n;
	char *data = pw_mem_aligned(more);
	if (b->length > 0)
		memcpy(data, b->data, b->length);
	free(b->data);
	b->data = data;
	b->capacity = more;
}

static int write_frames(struct pw_output *o)
{
	const size_t n = o->frame.length;

	o->frame.length = 0;
	if (o->gone || (n > 0 && pw_io_write_full(o->fd, o->frame.data, n) < 0)) {
		o->gone |= errno == EPIPE;
		return o->gone ? pw_fail(PW_SYSTEM, "write: the reader has gone")
			       : pw_fail_system("write");
	}
	return 0;
}

/* Begins a frame: the text line before the first, and room for the header, whose place it returns. */
static size_t begin_frame(struct pw_output *o)
{
	reserve(&o->frame, 128);
	if (!o->begun) {
		memcpy(o->frame.data, PW_FRAME_TEXT, 64);
		o->frame.length = 64;
		o->begun = true;
	}
	o->frame.length += PW_FRAME_HEADER;
	return o->frame.length - PW_FRAME_HEADER;
}

/* Ends the frame whose header is at `at`: its body has been appended. */
static void finish_frame(struct pw_output *o, size_t at, struct pw_frame f)
{
	const size_t stored = o->frame.length - at - PW_FRAME_HEADER;
	const size_t length = (stored + 63) & ~(size_t)63;
	struct pw_frame *header;

	reserve(&o->frame, length - stored);
	memset(o->frame.data + o->frame.length, 0, length - stored);
	o->frame.length += length - stored;

	f.previous = o->checksum;
	f.sequence = o->sequence++;
	f.frontier = o->said = o->frontier;
	f.coordinates = 1;
	f.length = (uint32_t)length;
	f.stored = (uint32_t)stored;
	if ((f.flags & PW_FRAME_COMPRESSED) == 0)
		f.plain = f.stored;
	header = (struct pw_frame *)(o->frame.data + at);
	*header = f;
	header->checksum = pw_hash_checksum(&header->previous, 56 + length);
	o->checksum = header->checksum;
}

static void add_frame(struct pw_output *o, enum pw_frame_kind kind, const void *body, size_t length)
{
	const size_t at = begin_frame(o);

	reserve(&o->frame, length);
	if (length > 0)
		memcpy(o->frame.data + o->frame.length, body, length);
	o->frame.length += length;
	finish_frame(o, at, (struct pw_frame){.kind = (uint8_t)kind});
}

/* Appends o->plain compressed; false if that makes it no shorter. */
static bool add_compressed(struct pw_output *o)
{
	const size_t bound = ZSTD_compressBound(o->plain.length);

	if (o->zstd == NULL)
		o->zstd = ZSTD_createCCtx();
	if (o->zstd == NULL)
		pw_mem_exhausted();
	reserve(&o->frame, bound);
	const size_t n = ZSTD_compressCCtx(o->zstd, o->frame.data + o->frame.length, bound,
					   o->plain.data, o->plain.length, LEVEL);
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		pw_mem_exhausted();
	if (ZSTD_isError(n) || n >= o->plain.length)
		return false;
	o->frame.length += n;
	return true;
}

/* Rows [from, from + count) of a batch as a frame. */
static void add_rows(struct pw_output *o, const struct pw_batch *batch, uint32_t from,
		     uint32_t count, size_t bound)
{
	struct pw_frame f = {.kind = PW_FRAME_DATA, .rows = count};
	const size_t at = begin_frame(o);

	o->rows += count;
	if (o->compress) {
		o->plain.length = 0;
		reserve(&o->plain, bound);
		pw_body_encode(&o->plain, batch, from, count);
		if (add_compressed(o)) {
			f.flags = PW_FRAME_COMPRESSED;
			f.plain = (uint32_t)o->plain.length;
			finish_frame(o, at, f);
			return;
		}
	}
	reserve(&o->frame, bound);
	pw_body_encode(&o->frame, batch, from, count);
	finish_frame(o, at, f);
}

/*
 * How many rows from from on fit into a frame; their bound too. 0: not even one.
 * A dictionary is sent with every piece, so that the bytes of one row are no reason to split.
 */
static uint32_t piece(const struct pw_batch *batch, uint32_t from, size_t *bound)
{
	const uint32_t left = batch->rows - from;
	const size_t least = pw_body_bound(batch, from, 1);
	uint32_t count = left <= PW_ROWS_MAX ? left : PW_BATCH_ROWS;

	for (;; count = (count + 1) / 2) {
		*bound = pw_body_bound(batch, from, count);
		if (*bound <= SPLIT_BYTES + least && *bound <= PW_FRAME_BODY_MAX)
			return count;
		if (count == 1 && *bound <= PW_FRAME_BODY_MAX)
			return count;
		if (count == 1)
			return 0;
	}
}

/* A batch as frames, all but the last of them written; the first goes out with what there is. */
static int add_batch(struct pw_output *o, const struct pw_batch *batch)
{
	for (uint32_t from = 0; from < batch->rows;) {
		size_t bound;
		const uint32_t count = piece(batch, from, &bound);
		if (count == 0)
			return pw_fail(PW_DATA, "a row of %zu bytes, a frame holds at most %u",
				       bound, PW_FRAME_BODY_MAX);
		add_rows(o, batch, from, count, bound);
		from += count;
		if (from < batch->rows && write_frames(o) < 0)
			return -1;
	}
	return 0;
}

static int add_pending(struct pw_output *o)
{
	if (o->pending.rows == 0)
		return 0;
	const int status = add_batch(o, pw_builder_view(&o->pending));
	pw_builder_clear(&o->pending);
	return status;
}

int pw_output_head(struct pw_output *o, const struct pw_head *head)
{
	struct pw_bytes json = {0};
	int status = 0;

	pw_head_copy(&o->head, head);
	pw_builder_init(&o->pending, &o->head.schema);
	pw_head_encode(&json, &o->head);
	if (json.length > PW_FRAME_HEAD_MAX)
		status = pw_fail(PW_USAGE, "the schema takes %zu bytes, at most %u are allowed",
				 json.length, PW_FRAME_HEAD_MAX);
	else
		add_frame(o, PW_FRAME_SCHEMA, json.data, json.length);
	pw_bytes_release(&json);
	return status < 0 ? -1 : write_frames(o);
}

/*
 * Is the batch worth a frame of its own? A dictionary with more entries than
 * there are rows is not: gathering drops the texts that are not used.
 */
static bool is_big(const struct pw_batch *batch)
{
	for (size_t i = 0; i < batch->schema->count; i++) {
		const struct pw_column *c = &batch->columns[i];
		if (c->encoding == PW_DICTIONARY && c->inner->rows > batch->rows)
			return false;
	}
	return batch->rows >= BIG_ROWS || pw_body_bound(batch, 0, batch->rows) >= BIG_BYTES;
}

static int add_small(struct pw_output *o, const struct pw_batch *batch)
{
	for (size_t i = 0; o->pending.rows == 0 && i < batch->schema->count; i++)
		if (batch->columns[i].encoding == PW_DICTIONARY)
			pw_vector_intern(&o->pending.vectors[i]);
	pw_builder_append(&o->pending, batch, 0, batch->rows);
	if (!pw_builder_full(&o->pending))
		return 0;
	return add_pending(o) < 0 ? -1 : write_frames(o);
}

int pw_output_batch(struct pw_output *o, const struct pw_batch *batch)
{
	if (batch->rows == 0)
		return 0;

	const pw_time first = batch->runs[0].time;
	if (first < o->frontier || first < o->last)
		pw_bug("a row of time %" PRIu64 " after frontier %" PRIu64 " and time %" PRIu64,
		       first, o->frontier, o->last);
	o->last = batch->runs[batch->run_count - 1].time;
	if (!is_big(batch))
		return add_small(o, batch);
	if (add_pending(o) < 0 || add_batch(o, batch) < 0)
		return -1;
	return write_frames(o);
}

void pw_output_frontier(struct pw_output *o, pw_time frontier)
{
	if (frontier > PW_TIME_END)
		pw_bug("frontier %" PRIu64 " is beyond the end", frontier);
	if (frontier > o->frontier)
		o->frontier = frontier;
}

int pw_output_durable(struct pw_output *o, pw_time durable)
{
	if (durable <= o->durable)
		return 0;
	o->durable = durable;
	if (add_pending(o) < 0)
		return -1;
	add_frame(o, PW_FRAME_DURABLE, &durable, sizeof durable);
	return write_frames(o);
}

int pw_output_flush(struct pw_output *o)
{
	if (o->ended || !o->begun)
		return 0;
	if (add_pending(o) < 0)
		return -1;
	if (o->frontier > o->said)
		add_frame(o, PW_FRAME_PROGRESS, NULL, 0);
	return o->frame.length > 0 ? write_frames(o) : 0;
}

int pw_output_end(struct pw_output *o, enum pw_ending ending, enum pw_status status,
		  pw_time durable)
{
	struct pw_frame_end end = {.ending = (uint32_t)ending,
				   .status = ending == PW_FAILED ? (uint32_t)status : 0,
				   .durable = durable};

	if (o->ended)
		return 0;
	if (!o->begun && ending != PW_FAILED)
		pw_bug("END without a head");
	if (ending == PW_FAILED && (status <= 0 || (int)status > 255))
		pw_bug("END failed with status %d", (int)status);
	o->ended = true;
	if (add_pending(o) < 0)
		return -1;
	end.rows = o->rows;
	add_frame(o, PW_FRAME_END, &end, sizeof end);
	return write_frames(o);
}
