/*
 * Standard input as one origin: a pipe, a terminal, or a file that was
 * redirected. It is read only when poll says that something is there, so that
 * read(2) never waits; its flags are left alone, for it may be shared.
 *
 * A pipe can't be read again, but the next run may be fed the same bytes. Then
 * the bytes that are asked for lie at or ahead of where the pipe is. An offset has
 * the digest of all bytes before it, by which it is seen that they are the same.
 * Compressed bytes are known by the first of them; everything else is about the
 * plain ones.
 */
#include "../base/hash.h"
#include "../base/io.h"
#include "codec.h"
#include "connector.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

enum { READ_BYTES = 256 << 10, PACKED_BYTES = 64 << 10 };

struct standard {
	struct pw_connector c;
	struct pw_origin origin;
	char *data; /* unused bytes: from .. to; origin.offset is that of from */
	size_t from, to, capacity;
	size_t offered;    /* bytes from `from` on that the last read has handed out */
	bool begun, ended; /* BEGIN said; read(2) has answered 0 */
	bool over;         /* END said */
	/* compressed bytes */
	bool known; /* it is known whether they are compressed */
	bool whole; /* those so far end a piece */
	const struct pw_codec *codec;
	void *state;
	char *packed; /* from 0 to packed_to, while it is not known; else from packed_from */
	size_t packed_from, packed_to;
	struct pw_hash_stream *digest; /* of the bytes consumed; NULL: it is not needed */
};

static int standard_open(struct pw_connector *c)
{
	struct standard *s = (struct standard *)c;

	s->origin = (struct pw_origin){.key = pw_mem_print("-"),
				       .name = pw_mem_print("stdin"),
				       .modified = INT64_MIN,
				       .line = 1};
	if (c->options->resumable) {
		s->digest = pw_hash_stream_make();
		pw_hash_stream_start(s->digest);
	}
	return 0;
}

static int standard_seek(struct pw_connector *c, const struct pw_offsets *offsets)
{
	struct standard *s = (struct standard *)c;
	const char *value = pw_offsets_get(offsets, "-");
	json_int_t offset = 0, line = 1;
	json_t *v;

	if (value == NULL)
		return 0;
	v = json_loads(value, 0, NULL);
	if (v == NULL || json_unpack(v, "{s:I, s:I}", "offset", &offset, "line", &line) < 0 ||
	    offset < 0 || line < 1) {
		json_decref(v);
		return pw_fail(PW_STATE, "stdin: the offset is '%s'", value);
	}
	json_decref(v);
	s->origin.offset = (uint64_t)offset;
	s->origin.line = (uint64_t)line;
	return 0;
}

static void make_room(struct standard *s)
{
	if (s->from > 0) {
		memmove(s->data, s->data + s->from, s->to - s->from);
		s->to -= s->from;
		s->from = 0;
	}
	if (s->capacity - s->to < READ_BYTES)
		s->data = pw_mem_grow(s->data, &s->capacity, s->to + READ_BYTES, 1);
}

/* Reads what is there. Bytes; 0: the end; -1; -2: nothing for now */
static ssize_t read_now(char *data, size_t n)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};

	if (pw_io()->poll(&p, 1, 0) == 0)
		return -2;
	const ssize_t got = pw_io_read(0, data, n);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -2;
	return got < 0 ? pw_fail_system("stdin") : got;
}

/* The first bytes say whether they are compressed. 1: that is known; 0: nothing for now; -1 */
static int look(struct standard *s)
{
	bool more = true;

	if (s->packed == NULL)
		s->packed = pw_mem_alloc(PACKED_BYTES, 1);
	while (more) {
		const ssize_t got = read_now(s->packed + s->packed_to, PACKED_BYTES - s->packed_to);
		if (got < 0)
			return got == -2 ? 0 : -1;
		s->packed_to += (size_t)got;
		s->codec = pw_codec_of(pw_packing_of_bytes(s->packed, s->packed_to, &more));
		s->ended = got == 0;
		more &= got > 0;
	}
	s->known = true;
	if (s->codec != NULL) {
		s->state = s->codec->open();
		return 1;
	}
	make_room(s);
	memcpy(s->data + s->to, s->packed, s->packed_to);
	s->to += s->packed_to;
	return 1;
}

/* Likewise: more plain bytes of compressed ones. */
static int unpack(struct standard *s)
{
	make_room(s);
	for (;;) {
		struct pw_codec_step step = {s->packed + s->packed_from,
					     s->packed_to - s->packed_from, s->data + s->to,
					     s->capacity - s->to};
		const size_t room = step.out_left;
		const int result = s->codec->step(s->state, &step);
		if (result < 0)
			return pw_fail_at("stdin");
		s->packed_from = s->packed_to - step.in_left;
		s->whole = result == 1;
		s->to += room - step.out_left;
		if (step.out_left < room)
			return 1;
		const ssize_t got = read_now(s->packed, PACKED_BYTES);
		if (got < 0)
			return got == -2 ? 0 : -1;
		s->packed_from = 0;
		s->packed_to = (size_t)got;
		if (got > 0)
			continue;
		s->ended = true;
		return s->whole ? 1 : pw_fail(PW_DATA, "stdin: the compressed data end early");
	}
}

/* 1: more bytes, or the end; 0: nothing for now; -1 */
static int more(struct standard *s)
{
	if (!s->known) {
		const int known = look(s);
		if (known <= 0 || s->codec == NULL)
			return known;
	}
	if (s->codec != NULL)
		return unpack(s);
	make_room(s);
	const ssize_t got = read_now(s->data + s->to, s->capacity - s->to);
	if (got < 0)
		return got == -2 ? 0 : -1;
	s->to += (size_t)got;
	s->ended = got == 0;
	return 1;
}

static int waiting(struct pw_piece *piece)
{
	*piece = (struct pw_piece){.kind = PW_PIECE_IDLE, .fd = 0, .timeout_ms = -1};
	return 0;
}

static int hand_out(struct standard *s, struct pw_piece *piece, bool last)
{
	s->offered = s->to - s->from;
	*piece = (struct pw_piece){.kind = PW_PIECE_DATA,
				   .origin = &s->origin,
				   .offset = s->origin.offset,
				   .data = s->data + s->from,
				   .length = s->offered,
				   .last = last};
	return 0;
}

/* Bytes before the offset that is asked for are dropped: an earlier run has read them. */
static int again(struct standard *s, struct pw_piece *piece)
{
	const uint64_t from = piece->offset;
	const size_t length = piece->length;
	uint64_t at = s->origin.offset;

	if (strcmp(piece->key, "-") != 0 || from < at)
		return pw_fail(PW_STATE, "stdin: can't be read again from where it was");
	for (; s->to - s->from == 0 || at + (s->to - s->from) <= from;) {
		at += s->to - s->from;
		s->from = s->to = 0;
		if (s->ended)
			return pw_fail(PW_STATE,
				       "stdin: ends at byte %llu, and an earlier run has read it "
				       "to byte %llu",
				       (unsigned long long)at, (unsigned long long)(from + length));
		const int got = more(s);
		if (got < 0)
			return -1;
		s->origin.offset = at;
		if (got == 0)
			return waiting(piece);
	}
	s->from += (size_t)(from - at);
	s->origin.offset = from;
	hand_out(s, piece, false);
	if (piece->length > length)
		piece->length = length;
	return 0;
}

/* A piece of a resumed pipe without line end may be whole in the next run. */
static bool holds_last(const struct standard *s)
{
	return s->c.options->hold_last && s->c.options->resumable;
}

static int finish(struct standard *s, struct pw_piece *piece)
{
	if (!s->over && s->to > s->from && !holds_last(s))
		return hand_out(s, piece, true);
	*piece = (struct pw_piece){.kind = s->over || holds_last(s) ? PW_PIECE_FINISHED
								    : PW_PIECE_END,
				   .origin = &s->origin};
	s->over = s->origin.ended = true;
	return 0;
}

static int standard_read(struct pw_connector *c, struct pw_piece *piece)
{
	struct standard *s = (struct standard *)c;

	if (piece->key != NULL)
		return again(s, piece);
	if (!s->begun) {
		s->begun = true;
		*piece = (struct pw_piece){.kind = PW_PIECE_BEGIN, .origin = &s->origin};
		return 0;
	}
	while (!s->ended && s->offered >= s->to - s->from) {
		const int got = more(s);
		if (got <= 0)
			return got < 0 ? -1 : waiting(piece);
	}
	if (s->ended && s->offered >= s->to - s->from)
		return finish(s, piece);
	return hand_out(s, piece, false);
}

static int standard_consume(struct pw_connector *c, struct pw_origin *origin, size_t n)
{
	struct standard *s = (struct standard *)c;

	if (n > s->offered)
		pw_bug("stdin: %zu of %zu bytes consumed", n, s->offered);
	if (n > 0)
		s->offered = 0;
	if (s->digest != NULL)
		pw_hash_stream_add(s->digest, s->data + s->from, n);
	s->from += n;
	origin->offset += n;
	return 0;
}

static int standard_offset(struct pw_connector *c, const struct pw_origin *origin,
			   struct pw_bytes *value)
{
	const struct standard *s = (const struct standard *)c;

	pw_bytes_print(value, "{\"offset\":%llu,\"line\":%llu", (unsigned long long)origin->offset,
		       (unsigned long long)origin->line);
	if (s->digest != NULL)
		pw_bytes_print(value, ",\"digest\":\"%016llx\"",
			       (unsigned long long)pw_hash_stream_value(s->digest));
	pw_bytes_put(value, '}');
	return 0;
}

static void standard_close(struct pw_connector *c)
{
	struct standard *s = (struct standard *)c;

	free(s->origin.key);
	free(s->origin.name);
	pw_bytes_release(&s->origin.header);
	pw_hash_stream_free(s->digest);
	if (s->state != NULL)
		s->codec->close(s->state);
	free(s->packed);
	free(s->data);
}

const struct pw_connector_kind pw_connector_stdin = {
	.size = sizeof(struct standard),
	.open = standard_open,
	.seek = standard_seek,
	.read = standard_read,
	.consume = standard_consume,
	.offset = standard_offset,
	.close = standard_close,
};
