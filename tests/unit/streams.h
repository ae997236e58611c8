/*
 * streams - random batches, and streams in memory instead of pipes
 *
 * Use:      seed; fill a builder; same_batch compares row by row. memory_use
 *           puts an io table in place whose writes append to memory.written
 *           and whose reads take from memory.bytes, at most memory.chunk at a
 *           time; memory.fail makes the n-th write fail.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "../../lib/base/io.h"
#include "../../lib/wire/output.h"
#include "../../lib/wire/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state = 1;

static inline uint32_t draw(uint32_t below)
{
	random_state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = random_state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

/* A value out of range different ones, or (with nulls) a null. */
static inline void add_random(struct pw_vector *v, uint32_t range, bool nulls)
{
	const uint32_t x = draw(range);
	char text[64];
	uint8_t id[16] = {0};

	if (nulls && !v->type.required && draw(3) == 0) {
		pw_vector_null(v);
		return;
	}
	switch (v->form) {
	case PW_FORM_BYTE:
		pw_vector_bool(v, x & 1);
		break;
	case PW_FORM_WORD:
		if (v->type.base == PW_FLOAT)
			pw_vector_float(v, x * 0.25 - 3);
		else
			pw_vector_word(v, (int64_t)x * 1000003 - 77);
		break;
	case PW_FORM_WIDE:
		memcpy(id + 3, &x, sizeof x);
		pw_vector_uuid(v, id);
		break;
	case PW_FORM_TEXT:
		pw_vector_text(v, text,
			       (size_t)snprintf(text, sizeof text, "%.*s%u", (int)(x % 30),
						"\"a quite long text that varies\"", x));
		break;
	case PW_FORM_LIST:
		for (uint32_t n = x % 4; n > 0; n--)
			add_random(v->inner, range, nulls);
		pw_vector_list(v);
		break;
	}
}

/* Columns of every base, some required, some of lists up to 3 deep. */
static inline void random_schema(struct pw_schema *s, int columns)
{
	char name[16];

	for (int i = 0; i < columns; i++) {
		struct pw_type type = {
			(uint8_t)((uint32_t)i < PW_BASES ? (uint32_t)i : draw(PW_BASES)),
			(uint8_t)(draw(3) == 0 ? draw(4) : 0), draw(4) == 0};
		snprintf(name, sizeof name, "c%d", i);
		pw_schema_add(s, pw_slice_of(name), type, i == 0);
	}
}

/* rows rows from *time on, which goes up now and then; columns in different modes. */
static inline void fill(struct pw_builder *b, uint32_t rows, pw_time *time)
{
	const bool diffs = !b->schema->append_only && draw(2) == 0;
	const uint32_t step = draw(3) == 0 ? 1 : 100;

	for (uint32_t i = 0; i < rows; i++) {
		for (size_t c = 0; c < b->schema->count; c++) {
			static const uint32_t ranges[] = {1, 5, 300, 1u << 30};
			const uint32_t mode = (uint32_t)(c + b->schema->count) % 8;
			add_random(&b->vectors[c], ranges[mode & 3], mode >= 4);
		}
		*time += draw(step) == 0 ? 2 : 0;
		pw_builder_row(b, *time, diffs && draw(2) == 0 ? -1 - (pw_diff)draw(2) : 1);
	}
}

/* Are rows [from, from + b->rows) of a the rows of b? */
static inline bool same_rows(const struct pw_batch *a, uint32_t from, const struct pw_batch *b)
{
	uint32_t ra = 0, rb = 0, end_a = a->runs[0].rows, end_b = b->runs[0].rows;

	for (uint32_t i = 0; i < b->rows; i++) {
		while (from + i >= end_a)
			end_a += a->runs[++ra].rows;
		while (i >= end_b)
			end_b += b->runs[++rb].rows;
		if (a->runs[ra].time != b->runs[rb].time ||
		    pw_batch_diff(a, from + i) != pw_batch_diff(b, i))
			return false;
		for (size_t c = 0; c < a->schema->count; c++)
			if (pw_column_compare(&a->columns[c], from + i, &b->columns[c], i) != 0)
				return false;
	}
	return true;
}

static inline bool same_batch(const struct pw_batch *a, const struct pw_batch *b)
{
	return a->rows == b->rows && same_rows(a, 0, b);
}

static struct {
	struct pw_bytes written;
	const char *bytes;
	size_t length, at, chunk;
	int fail; /* number of the write that fails, from 1; 0: none */
	int error, writes;
	bool block; /* every other read would block */
	bool blocked;
} memory;

static inline ssize_t memory_write(int fd, const void *data, size_t n)
{
	(void)fd;
	if (++memory.writes == memory.fail) {
		errno = memory.error;
		return -1;
	}
	n = memory.chunk > 0 && n > memory.chunk ? memory.chunk : n;
	pw_bytes_add(&memory.written, data, n);
	return (ssize_t)n;
}

static inline ssize_t memory_read(int fd, void *data, size_t n)
{
	const size_t left = memory.length - memory.at;

	(void)fd;
	memory.blocked = memory.block && !memory.blocked;
	if (memory.blocked) {
		errno = EAGAIN;
		return -1;
	}
	n = memory.chunk > 0 && n > memory.chunk ? memory.chunk : n;
	n = n > left ? left : n;
	if (n > 0)
		memcpy(data, memory.bytes + memory.at, n);
	memory.at += n;
	return (ssize_t)n;
}

static inline int memory_close(int fd)
{
	(void)fd;
	return 0;
}

static inline int memory_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	(void)timeout;
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = fds[i].events;
	return (int)n;
}

static const struct pw_io memory_table = {
	.read = memory_read, .write = memory_write, .close = memory_close, .poll = memory_poll};

static inline void memory_use(void)
{
	pw_io_use(&memory_table);
}

/* What has been written is what will be read. */
static inline void memory_rewind(const char *bytes, size_t length, size_t chunk)
{
	memory.bytes = bytes;
	memory.length = length;
	memory.at = 0;
	memory.chunk = chunk;
	memory.blocked = false;
}

/* The next event, filling as often as is needed. */
static inline int next_event(struct pw_source *s, struct pw_event *ev)
{
	int status;

	while ((status = pw_source_next(s, ev)) == PW_SOURCE_WANT)
		if (pw_source_fill(s) < 0)
			return -1;
	return status;
}

#endif
