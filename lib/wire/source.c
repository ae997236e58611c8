#include "source.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "../base/plant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/*
 * The buffer holds a few frames and stays, with the body being worked on, in
 * a core's second-level cache. Less room than READ_LEAST after the last byte
 * is not worth a read: what is left of a frame moves to the front first.
 */
enum { BUFFER = 512 << 10, READ_LEAST = 128 << 10, PIPE = 1 << 20 };

void pw_source_open(struct pw_source *s, int fd)
{
	*s = (struct pw_source){.fd = fd};
	/* A large pipe means fewer switches between its two ends; the answer does not matter. */
	fcntl(fd, F_SETPIPE_SZ, PIPE);
}

void pw_source_close(struct pw_source *s)
{
	if (s->fd >= 0)
		pw_io()->close(s->fd);
	free(s->data);
	free(s->plain);
	ZSTD_freeDCtx(s->zstd);
	pw_head_release(&s->head);
	pw_body_release(&s->body);
	*s = (struct pw_source){.fd = -1, .ended = true, .closed = true};
}

/* Room for more: by moving the rest to the front or, if the frame is that large, by doubling. */
static void make_room(struct pw_source *s)
{
	if (s->from == s->to)
		s->from = s->to = 0;
	if (s->data == NULL) {
		s->data = pw_mem_aligned(BUFFER);
		s->capacity = BUFFER;
	}
	if (s->from > 0 && (s->capacity - s->to < READ_LEAST || s->capacity - s->from < s->need)) {
		memmove(s->data, s->data + s->from, s->to - s->from);
		s->to -= s->from;
		s->from = 0;
	}
	if (s->to == s->capacity) {
		char *more = pw_mem_aligned(2 * s->capacity);
		memcpy(more, s->data, s->to);
		free(s->data);
		s->data = more;
		s->capacity *= 2;
	}
}

/* Bytes for the buffer: what was taken in ahead, then what comes. */
static ssize_t take(struct pw_source *s, void *data, size_t n)
{
	if (s->spool != NULL && !pw_spool_empty(s->spool))
		return pw_spool_take(s->spool, data, n);
	if (s->drained)
		return 0;
	const ssize_t got = pw_io_read(s->fd, data, n);
	return got < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? pw_fail_system("read") : got;
}

int pw_source_fill(struct pw_source *s)
{
	if (s->closed)
		return 0;
	make_room(s);
	pw_fail_clear();
	const ssize_t got = take(s, s->data + s->to, s->capacity - s->to);
	if (got < 0)
		return pw_fail_status() == PW_OK ? PW_SOURCE_WANT : -1;
	s->to += (size_t)got;
	s->closed = got == 0;
	return got > 0;
}

int pw_source_ahead(struct pw_source *s)
{
	char data[64 << 10];
	const ssize_t got = s->drained ? 0 : pw_io_read(s->fd, data, sizeof data);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return PW_SOURCE_WANT;
	if (got < 0)
		return pw_fail_system("read");
	s->drained = got == 0;
	if (got > 0 && pw_spool_add(s->spool, data, (size_t)got) < 0)
		return -1;
	return got > 0;
}

static int begin(struct pw_source *s)
{
	if (s->data == NULL)
		return PW_SOURCE_WANT;

	const size_t have = s->to - s->from, n = have < 64 ? have : 64;
	const char *text = s->data + s->from;
	char other[64] = PW_FRAME_TEXT;

	if (have == 0 && s->closed)
		return pw_fail(PW_DATA, "closed without END: the program upstream has died or "
					"writes no stream");
	other[4] = n > 4 && text[4] >= '0' && text[4] <= '9' ? text[4] : other[4];
	if (n > 0 && memcmp(text, other, n) != 0)
		return pw_fail(PW_DATA, PW_SOURCE_STRANGER);
	if (n < 64)
		return s->closed ? pw_fail(PW_DATA, "closed in the middle of its first line")
				 : PW_SOURCE_WANT;
	if (text[4] != '1')
		return pw_fail(PW_DATA, "a pw stream of version %c, this program knows 1", text[4]);
	s->begun = true;
	s->from += 64;
	return 1;
}

/* Checks a header before its checksum can be known: a length that is too long is not waited for. */
static int check_header(const struct pw_source *s, const struct pw_frame *f)
{
	static const uint8_t zero[sizeof f->zero];

	if (f->sequence != s->sequence)
		return pw_fail(PW_DATA,
			       "its number is %" PRIu64 ", a frame is missing or twice there",
			       f->sequence);
	if (f->previous != s->checksum)
		return pw_fail(PW_DATA,
			       "checksum of the previous frame is %016" PRIx64
			       ", expected %016" PRIx64,
			       f->previous, s->checksum);
	if (f->length > PW_FRAME_BODY_MAX || f->plain > PW_FRAME_BODY_MAX)
		return pw_fail(PW_DATA, "length is %u, at most %u is allowed",
			       f->length > f->plain ? f->length : f->plain, PW_FRAME_BODY_MAX);
	if (f->length != ((f->stored + UINT64_C(63)) & ~UINT64_C(63)))
		return pw_fail(PW_DATA, "length is %u for %u bytes", f->length, f->stored);
	if (f->flags > (PW_FRAME_SKIPPABLE | PW_FRAME_COMPRESSED) || f->zero8 != 0 ||
	    memcmp(f->zero, zero, sizeof zero) != 0)
		return pw_fail(PW_DATA, "a reserved field of the header is not 0");
	if (f->coordinates != 1)
		return pw_fail(PW_DATA, "times of %d coordinates (iteration) are not in version 1",
			       f->coordinates);
	if (f->kind == PW_FRAME_SCHEMA && f->length > PW_FRAME_HEAD_MAX)
		return pw_fail(PW_DATA, "a schema of %u bytes, at most %u are allowed", f->length,
			       PW_FRAME_HEAD_MAX);
	return 0;
}

/* Checks a header once the whole frame is there, its checksum included. */
static int check_frame(const struct pw_source *s, const struct pw_frame *f)
{
	const uint64_t sum = pw_hash_checksum(&f->previous, 56 + (size_t)f->length);

	if (sum != f->checksum)
		return pw_fail(PW_DATA, "checksum is %016" PRIx64 ", expected %016" PRIx64, sum,
			       f->checksum);
	if (f->frontier < s->frontier)
		return pw_fail(PW_DATA, "the frontier goes back, from %" PRIu64 " to %" PRIu64,
			       s->frontier, f->frontier);
	if (f->frontier > PW_TIME_END)
		return pw_fail(PW_DATA, "the frontier is beyond the end");
	if ((f->flags & PW_FRAME_COMPRESSED) != 0 ? f->kind != PW_FRAME_DATA
						  : f->plain != f->stored)
		return pw_fail(PW_DATA, "plain length is %u, expected %u", f->plain, f->stored);
	if (f->sequence > 0 && f->kind == PW_FRAME_SCHEMA)
		return pw_fail(PW_DATA,
			       "a second SCHEMA (evolution of schemas) is not in version 1");
	if (f->sequence == 0 && f->kind != PW_FRAME_SCHEMA && f->kind != PW_FRAME_END)
		return pw_fail(PW_DATA, "kind is %d, expected SCHEMA", f->kind);
	if (f->kind != PW_FRAME_DATA && f->kind <= PW_FRAME_END && f->rows != 0)
		return pw_fail(PW_DATA, "%u rows in a frame without rows", f->rows);
	return 0;
}

/* The body of a compressed frame, in s->plain. */
static int decompress(struct pw_source *s, const struct pw_frame *f)
{
	const void *body = f + 1;

	if (s->zstd == NULL) {
		s->zstd = ZSTD_createDCtx();
		if (s->zstd == NULL)
			pw_mem_exhausted();
		ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, PW_FRAME_WINDOW_LOG);
	}
	if (ZSTD_findFrameCompressedSize(body, f->stored) != f->stored)
		return pw_fail(PW_DATA, "zstd: the body is not one frame of %u bytes", f->stored);
	if (ZSTD_getFrameContentSize(body, f->stored) != f->plain)
		return pw_fail(PW_DATA, "zstd: the frame does not hold %u bytes", f->plain);
	if (s->plain_capacity < f->plain) {
		free(s->plain);
		s->plain = pw_mem_aligned(f->plain);
		s->plain_capacity = f->plain;
	}
	const size_t n = ZSTD_decompressDCtx(s->zstd, s->plain, f->plain, body, f->stored);
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		pw_mem_exhausted();
	if (ZSTD_isError(n))
		return pw_fail(PW_DATA, "zstd: %s", ZSTD_getErrorName(n));
	if (n != f->plain)
		return pw_fail(PW_DATA, "zstd: %zu bytes, expected %u", n, f->plain);
	return 0;
}

static int take_batch(struct pw_source *s, const struct pw_frame *f, struct pw_event *ev)
{
	const void *body = f + 1;
	const struct pw_batch *batch = &s->body.batch;

	if (f->flags & PW_FRAME_COMPRESSED) {
		if (decompress(s, f) < 0)
			return -1;
		body = s->plain;
	}
	if (f->plain % 64 != 0)
		return pw_fail(PW_DATA, "body: length %u is not a multiple of 64", f->plain);
	if (pw_body_decode(&s->body, &s->head.schema, body, f->plain, f->rows) < 0)
		return -1;
	if (batch->runs[0].time < s->frontier)
		return pw_fail(PW_DATA, "a row of time %" PRIu64 ", below the frontier %" PRIu64,
			       batch->runs[0].time, s->frontier);
	if (batch->runs[0].time < s->last)
		return pw_fail(PW_DATA, "a row of time %" PRIu64 ", after one of %" PRIu64,
			       batch->runs[0].time, s->last);
	if (s->head.schema.is_static &&
	    (batch->run_count > 1 || (s->dated && batch->runs[0].time != s->last)))
		return pw_fail(PW_DATA, "a second commit, but the schema says static");
	s->dated = true;
	s->last = batch->runs[batch->run_count - 1].time;
	s->rows += batch->rows;
	*ev = (struct pw_event){.kind = PW_EVENT_BATCH, .batch = batch};
	return 1;
}

static int take_head(struct pw_source *s, const struct pw_frame *f, struct pw_event *ev)
{
	if (pw_head_decode(&s->head, (const char *)(f + 1), f->stored) < 0)
		return -1;
	*ev = (struct pw_event){.kind = PW_EVENT_HEAD};
	return 1;
}

static int take_durable(struct pw_source *s, const struct pw_frame *f, struct pw_event *ev)
{
	pw_time durable;

	if (f->stored != sizeof durable)
		return pw_fail(PW_DATA, "DURABLE: %u bytes, expected 8", f->stored);
	memcpy(&durable, f + 1, sizeof durable);
	if (durable < s->durable || durable > PW_TIME_END)
		return pw_fail(PW_DATA, "DURABLE: from %" PRIu64 " to %" PRIu64, s->durable,
			       durable);
	s->durable = durable;
	*ev = (struct pw_event){.kind = PW_EVENT_DURABLE, .time = durable};
	return 1;
}

/*
 * Nothing may follow END. What has come already is seen here; a pipe is not
 * waited for, because its writer may stay for a while with nothing to say.
 */
static int check_after_end(struct pw_source *s)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLIN};
	char byte;

	if (s->to > s->from)
		return pw_fail(PW_DATA, "bytes after END");
	if (!s->closed && pw_io()->poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0 &&
	    pw_io_read(s->fd, &byte, 1) > 0)
		return pw_fail(PW_DATA, "bytes after END");
	return 0;
}

static int take_end(struct pw_source *s, const struct pw_frame *f, struct pw_event *ev)
{
	static const struct pw_frame_end empty;
	struct pw_frame_end end;

	if (f->stored != sizeof end)
		return pw_fail(PW_DATA, "END: %u bytes, expected %zu", f->stored, sizeof end);
	memcpy(&end, f + 1, sizeof end);
	if (end.ending > PW_FAILED || memcmp(end.zero, empty.zero, sizeof end.zero) != 0)
		return pw_fail(PW_DATA, "END: ending %u is unknown, or a reserved field is not 0",
			       end.ending);
	if ((end.ending == PW_FAILED) != (end.status > 0) || end.status > 255)
		return pw_fail(PW_DATA, "END: ending %u with status %u", end.ending, end.status);
	if (f->sequence == 0 && end.ending != PW_FAILED)
		return pw_fail(PW_DATA, "END without a SCHEMA");
	if (end.rows != s->rows)
		return pw_fail(PW_DATA, "END: of %" PRIu64 " rows, %" PRIu64 " have come", end.rows,
			       s->rows);
	if (end.durable > PW_TIME_END)
		return pw_fail(PW_DATA, "END: durable is beyond the end");
	if (check_after_end(s) < 0)
		return -1;
	s->ended = true;
	*ev = (struct pw_event){.kind = PW_EVENT_END,
				.time = end.durable,
				.ending = (enum pw_ending)end.ending,
				.status = (enum pw_status)end.status};
	return 1;
}

/* Times never descend: no change with a time below that of the last row comes either. */
static pw_time promised(const struct pw_source *s)
{
	return s->frontier > s->last ? s->frontier : s->last;
}

/* Takes frame f, which is whole, and before s->from by now: 1: an event; 0: none. */
static int take_frame(struct pw_source *s, const struct pw_frame *f, struct pw_event *ev)
{
	const pw_time before = promised(s);
	int status = 0;

	switch (f->kind) {
	case PW_FRAME_SCHEMA:
		status = take_head(s, f, ev);
		break;
	case PW_FRAME_DATA:
		status = take_batch(s, f, ev);
		break;
	case PW_FRAME_PROGRESS:
		if (f->length != 0)
			status = pw_fail(PW_DATA, "PROGRESS: %u bytes, expected none", f->length);
		break;
	case PW_FRAME_DURABLE:
		status = take_durable(s, f, ev);
		break;
	case PW_FRAME_END:
		status = take_end(s, f, ev);
		break;
	default:
		if ((f->flags & PW_FRAME_SKIPPABLE) == 0)
			status = pw_fail(PW_DATA, "kind %d is unknown", f->kind);
	}
	if (status < 0)
		return -1;
	s->sequence++;
	s->checksum = f->checksum;
	s->frontier = f->frontier;
	s->owed |= promised(s) > before;
	return status;
}

/* 1: an event; 0: a frame without one; PW_SOURCE_WANT; -1 */
static int next_frame(struct pw_source *s, struct pw_event *ev)
{
	const struct pw_frame *f = (const struct pw_frame *)(s->data + s->from);
	const size_t have = s->to - s->from;

	s->need = PW_FRAME_HEADER;
	if (have == 0 && s->closed)
		return pw_fail(PW_DATA, "closed without END: the program upstream has died");
	if (have >= PW_FRAME_HEADER) {
		if (check_header(s, f) < 0)
			return -1;
		s->need += f->length;
	}
	if (have < s->need)
		return s->closed
			       ? pw_fail(PW_DATA, "closed in the middle of the frame, without END")
			       : PW_SOURCE_WANT;
	if (check_frame(s, f) < 0)
		return -1;
	if (f->kind == PW_FRAME_END && f->frontier > promised(s)) {
		s->frontier = f->frontier;
		*ev = (struct pw_event){.kind = PW_EVENT_FRONTIER, .time = s->frontier};
		return 1;
	}
	s->from += s->need;
	return take_frame(s, f, ev);
}

static int next_event(struct pw_source *s, struct pw_event *ev)
{
	while (!s->ended) {
		if (s->owed) {
			s->owed = false;
			*ev = (struct pw_event){.kind = PW_EVENT_FRONTIER, .time = promised(s)};
			return 1;
		}
		if (!s->begun) {
			const int status = begin(s);
			if (status != 1)
				return status;
		}
		const int status = next_frame(s, ev);
		if (status < 0)
			return pw_fail_at("frame %" PRIu64, s->sequence);
		if (status > 0)
			return status;
	}
	return 0;
}

int pw_source_next(struct pw_source *s, struct pw_event *ev)
{
	const int status = next_event(s, ev);

	if (pw_plant(PW_PLANT_EOF_IS_END) && status == -1 && s->closed && s->begun) {
		s->ended = true;
		*ev = (struct pw_event){.kind = PW_EVENT_END, .time = PW_TIME_END};
		return 1;
	}
	if (status >= 0 || !s->salvage || !s->begun || s->sequence == 0)
		return status;
	s->ended = s->salvaged = true;
	*ev = (struct pw_event){.kind = PW_EVENT_END, .time = s->durable, .ending = PW_SUSPENDED};
	return 1;
}
