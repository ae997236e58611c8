/*
 * SCHEME://: a program that speaks the line protocol of pw-connector(7)
 *
 * An origin's offset is the number of bytes that the program has told of it
 * since the first run, and marks say at which bytes the origin stood where in
 * its own terms. The bytes consumed may end between two marks; then the next run
 * has the program begin at the first of the two, and drops the bytes that were
 * consumed.
 */
#include "connector_program_internal.h"
#include "connector_program_part_internal.h"

#include <jansson.h>
#include <stdlib.h>

enum { HAND_OUT = 256 << 10 };

struct source {
	struct pw_connector c;
	struct pw_connector_program program;
	struct pw_connector_program_part **parts;
	size_t count, capacity;
	struct pw_connector_program_part *current; /* the one that the program tells of */
	struct pw_connector_program_part *first,
		*last;     /* those with bytes to be offered, in their order */
	char *data_offset; /* of a `data` line whose bytes are awaited */
	size_t data_bytes;
	bool awaits;
	struct pw_bytes line; /* tells no bytes; it waits until the bytes told before are offered */
	bool has_line;
	bool started, ever_idle, finished, in_block;
};

static int source_open(struct pw_connector *c)
{
	struct source *s = (struct source *)c;
	const struct pw_connector_options *o = c->options;

	s->program = (struct pw_connector_program){.to = -1, .from = -1};
	if (o->source_count > 1)
		return pw_fail(PW_USAGE, "%s: a connector program reads one source", o->sources[1]);
	return pw_connector_program_start(&s->program, o->sources[0]);
}

static struct pw_connector_program_part *part_of(struct source *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->parts[i]->origin.key, key) == 0)
			return s->parts[i];
	struct pw_connector_program_part *part = pw_connector_program_part_new(key);
	s->parts = pw_mem_grow(s->parts, &s->capacity, s->count + 1, sizeof *s->parts);
	s->parts[s->count++] = part;
	return part;
}

static int source_seek(struct pw_connector *c, const struct pw_offsets *offsets)
{
	struct source *s = (struct source *)c;

	for (size_t i = 0; i < offsets->count; i++)
		if (pw_connector_program_part_seek(part_of(s, offsets->items[i].key),
						   offsets->items[i].value) < 0)
			return pw_fail_at("%s", s->program.name);
	return 0;
}

static int begin(struct source *s)
{
	struct pw_bytes text = {0};

	s->started = true;
	for (size_t i = 0; i < s->count; i++)
		if (s->parts[i]->last.offset != NULL)
			pw_bytes_print(&text, "seek %s %s\n", s->parts[i]->origin.key,
				       s->parts[i]->last.offset);
	pw_bytes_text(&text, s->c.options->follow ? "follow\n" : "once\n");
	const int result = pw_connector_program_tell(&s->program, text.data, text.length);
	pw_bytes_release(&text);
	return result;
}

/* ---- what the program tells ---- */

static int wrong(const struct source *s, const char *line, const char *expected)
{
	return pw_fail(PW_DATA, "%s: line %llu: '%.60s' is not %s", s->program.name,
		       (unsigned long long)s->program.line, line, expected);
}

static void enqueue(struct source *s, struct pw_connector_program_part *part)
{
	if (part->queued)
		return;
	part->queued = true;
	part->next = NULL;
	*(s->last != NULL ? &s->last->next : &s->first) = part;
	s->last = part;
}

/* The current origin's next bytes, after which it stands at offset. */
static void add_bytes(struct source *s, const char *data, size_t n, bool line, const char *offset)
{
	struct pw_connector_program_part *part = s->current;

	pw_connector_program_part_add(part, data, n, line, offset);
	if (pw_connector_program_part_left(part) > part->offered)
		enqueue(s, part);
}

static bool is_offset(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	json_decref(v);
	return v != NULL;
}

/* "OFFSET TEXT" */
static int told_line(struct source *s, char *rest)
{
	char *space = strchr(rest, ' ');
	char *text = space == NULL ? rest + strlen(rest) : space + 1;

	if (space != NULL)
		*space = '\0';
	if (!is_offset(rest))
		return wrong(s, rest, "an offset (JSON without spaces)");
	add_bytes(s, text, strlen(text), true, rest);
	return 0;
}

/* "BYTES OFFSET"; the bytes follow. */
static int told_data(struct source *s, char *rest)
{
	char *end;
	const unsigned long long n = strtoull(rest, &end, 10);

	if (end == rest || *end != ' ' || rest[0] == '-' || n > (1u << 30))
		return wrong(s, rest, "'BYTES OFFSET', of at most 1 GB");
	if (!is_offset(end + 1))
		return wrong(s, end + 1, "an offset (JSON without spaces)");
	s->data_bytes = (size_t)n;
	s->data_offset = pw_mem_print("%s", end + 1);
	s->awaits = true;
	return 0;
}

/* 1: the bytes of `data` are there; 0: not yet; -1 */
static int await_bytes(struct source *s)
{
	const char *bytes;
	const int there = pw_connector_program_take(&s->program, s->data_bytes, &bytes);

	if (there <= 0)
		return there;
	add_bytes(s, bytes, s->data_bytes, false, s->data_offset);
	free(s->data_offset);
	s->data_offset = NULL;
	s->awaits = false;
	return 1;
}

static int told_error(struct source *s, const char *rest)
{
	char *end;
	const long status = strtol(rest, &end, 10);

	if (end == rest || *end != ' ' || status < PW_USAGE || status > PW_SYSTEM)
		return wrong(s, rest, "'STATUS TEXT', of status 2 to 5");
	return pw_fail((enum pw_status)status, "%s: %s", s->program.name, end + 1);
}

/* ---- pieces ---- */

static int say(struct pw_piece *piece, enum pw_piece_kind kind,
	       struct pw_connector_program_part *part)
{
	*piece = (struct pw_piece){.kind = kind, .origin = part == NULL ? NULL : &part->origin};
	return 1;
}

/* Lines that have been read already need no waiting: fd would not call for them. */
static int say_idle(const struct source *s, struct pw_piece *piece)
{
	const bool more = !s->awaits && pw_connector_program_has_line(&s->program);

	*piece = (struct pw_piece){.kind = PW_PIECE_IDLE,
				   .fd = s->program.from,
				   .timeout_ms = more ? 0 : -1,
				   .commit = s->ever_idle ? PW_COMMIT_MAY : PW_COMMIT_MUST_NOT};
	return 1;
}

static int say_data(struct pw_piece *piece, struct pw_connector_program_part *part, bool last)
{
	part->offered = pw_connector_program_part_left(part);
	*piece = (struct pw_piece){.kind = PW_PIECE_DATA,
				   .origin = &part->origin,
				   .offset = part->origin.offset,
				   .data = part->data.data + part->from,
				   .length = part->offered,
				   .last = last};
	return 1;
}

/* The first part with bytes to be offered. */
static int say_first(struct source *s, struct pw_piece *piece)
{
	struct pw_connector_program_part *part = s->first;

	if (!part->begun) {
		part->begun = true;
		return say(piece, PW_PIECE_BEGIN, part);
	}
	s->first = part->next;
	if (s->first == NULL)
		s->last = NULL;
	part->queued = false;
	return say_data(piece, part, false);
}

static int told_begin(struct source *s, struct pw_piece *piece)
{
	if (s->in_block)
		return wrong(s, "begin", "what may follow here: the last block has no end");
	s->in_block = true;
	return say(piece, PW_PIECE_BLOCK_BEGIN, NULL);
}

static int told_end(struct source *s, const char *how, struct pw_piece *piece)
{
	if (!s->in_block)
		return wrong(s, "end", "what may follow here: no block has begun");
	s->in_block = false;
	say(piece, PW_PIECE_BLOCK_END, NULL);
	if (strcmp(how, "must") == 0)
		piece->commit = PW_COMMIT_MUST;
	else if (strcmp(how, "must-not") == 0)
		piece->commit = PW_COMMIT_MUST_NOT;
	else if (*how != '\0' && strcmp(how, "may") != 0)
		return wrong(s, how, "may, must or must-not");
	return 1;
}

/* Bytes without a line end are a whole record when nothing follows. 1: such bytes are said; 0: none are left */
static int say_rest(struct source *s, struct pw_piece *piece,
		    struct pw_connector_program_part *only)
{
	for (size_t i = 0; i < s->count; i++)
		if ((only == NULL || s->parts[i] == only) &&
		    pw_connector_program_part_left(s->parts[i]) > 0)
			return say_data(piece, s->parts[i], true);
	return 0;
}

static int told_complete(struct source *s, struct pw_piece *piece)
{
	s->current->origin.ended = true;
	return say(piece, PW_PIECE_END, s->current);
}

static int told_origin(struct source *s, const char *key)
{
	if (*key == '\0' || strchr(key, ' ') != NULL)
		return wrong(s, key, "a key (without spaces)");
	s->current = part_of(s, key);
	return 0;
}

/* Handles the line in hand, which tells no bytes. 1: a piece is said; 0: none; -1 */
static int told_other(struct source *s, struct pw_piece *piece)
{
	const char *line = pw_bytes_string(&s->line), *rest = strchr(line, ' ');
	const size_t n = rest == NULL ? strlen(line) : (size_t)(rest - line);
	const struct pw_slice word = {line, n};

	rest = rest == NULL ? line + n : rest + 1;
	const bool complete = pw_slice_equal(word, PW_SLICE("complete"));
	s->finished = pw_slice_equal(word, PW_SLICE("finished"));
	if (s->finished && s->in_block)
		return wrong(s, line, "what may follow here: the last block has no end");
	if ((complete || s->finished) && say_rest(s, piece, complete ? s->current : NULL))
		return 1;
	s->has_line = false;
	if (complete)
		return told_complete(s, piece);
	if (s->finished)
		return say(piece, PW_PIECE_FINISHED, NULL);
	if (pw_slice_equal(word, PW_SLICE("origin")))
		return told_origin(s, rest);
	if (pw_slice_equal(word, PW_SLICE("begin")))
		return told_begin(s, piece);
	if (pw_slice_equal(word, PW_SLICE("end")))
		return told_end(s, rest, piece);
	if (pw_slice_equal(word, PW_SLICE("error")))
		return told_error(s, rest);
	if (pw_slice_equal(word, PW_SLICE("idle"))) {
		s->ever_idle = true;
		return say_idle(s, piece);
	}
	return wrong(s, line, "origin, line, data, begin, end, idle, complete, finished or error");
}

/* Takes in one line of bytes, or holds another kind. 1: taken in; 0: nothing for now; -1 */
static int next_line(struct source *s)
{
	char *line;
	int result;

	if (s->awaits)
		return await_bytes(s);
	result = pw_connector_program_next(&s->program, &line);
	if (result <= 0)
		return result;
	if (strncmp(line, "line ", 5) == 0)
		return told_line(s, line + 5) < 0 ? -1 : 1;
	if (strncmp(line, "data ", 5) == 0)
		return told_data(s, line + 5) < 0 ? -1 : 1;
	pw_bytes_clear(&s->line);
	pw_bytes_text(&s->line, line);
	s->has_line = true;
	return 1;
}

/* The bytes of key from an offset on, which is not below where its origin stands. */
static int source_again(struct source *s, struct pw_piece *piece)
{
	struct pw_connector_program_part *part = part_of(s, piece->key);
	const uint64_t from = piece->offset, at = part->origin.offset;
	const size_t most = piece->length;

	if (from < at)
		return pw_fail(PW_STATE, "%s: '%s' stands at byte %llu and can't go back to %llu",
			       s->program.name, piece->key, (unsigned long long)at,
			       (unsigned long long)from);
	while (at + pw_connector_program_part_left(part) <= from) {
		const int result = s->has_line ? told_other(s, piece) : next_line(s);
		if (result < 0)
			return -1;
		if (s->finished || (result == 0 && s->program.ended && !s->has_line))
			return pw_fail(
				PW_STATE,
				"%s: '%s' ends at byte %llu, and an earlier run has read it to "
				"byte %llu",
				s->program.name, part->origin.key,
				(unsigned long long)(at + pw_connector_program_part_left(part)),
				(unsigned long long)(from + most));
		if (result == 0 && !s->has_line && !s->awaits)
			return say_idle(s, piece) > 0 ? 0 : -1;
	}
	const size_t skip = (size_t)(from - at), have = pw_connector_program_part_left(part) - skip;
	say_data(piece, part, false);
	piece->offset = from;
	piece->data += skip;
	piece->length = have < most ? have : most;
	part->offered = skip + piece->length;
	return 0;
}

static int source_read(struct pw_connector *c, struct pw_piece *piece)
{
	struct source *s = (struct source *)c;
	int result = 1;

	if (!s->started && begin(s) < 0)
		return -1;
	if (s->current == NULL)
		s->current = part_of(s, c->options->sources[0]);
	if (piece->key != NULL)
		return source_again(s, piece);
	while (result > 0) {
		while (result > 0 && !s->has_line &&
		       (s->first == NULL || pw_connector_program_part_left(s->first) < HAND_OUT))
			result = next_line(s);
		if (result < 0)
			return -1;
		if (s->first != NULL)
			return say_first(s, piece) > 0 ? 0 : -1;
		if (!s->has_line)
			break;
		result = told_other(s, piece);
		if (result != 0)
			return result < 0 ? -1 : 0;
		result = 1;
	}
	if (s->program.ended)
		return pw_connector_program_broken(&s->program);
	return say_idle(s, piece) > 0 ? 0 : -1;
}

static int source_consume(struct pw_connector *c, struct pw_origin *origin, size_t n)
{
	struct pw_connector_program_part *part = (struct pw_connector_program_part *)origin;

	if (n > part->offered)
		pw_bug("%s: more consumed than there was", origin->key);
	if (n == 0)
		return 0;
	pw_connector_program_part_consume(part, n);
	if (pw_connector_program_part_left(part) > 0)
		enqueue((struct source *)c, part);
	return 0;
}

static int source_offset(struct pw_connector *c, const struct pw_origin *origin,
			 struct pw_bytes *value)
{
	(void)c;
	pw_connector_program_part_offset((const struct pw_connector_program_part *)origin, value);
	return 0;
}

static void source_close(struct pw_connector *c)
{
	struct source *s = (struct source *)c;

	pw_connector_program_stop(&s->program);
	for (size_t i = 0; i < s->count; i++)
		pw_connector_program_part_free(s->parts[i]);
	free(s->parts);
	free(s->data_offset);
	pw_bytes_release(&s->line);
}

const struct pw_connector_kind pw_connector_program = {
	.size = sizeof(struct source),
	.open = source_open,
	.seek = source_seek,
	.read = source_read,
	.consume = source_consume,
	.offset = source_offset,
	.close = source_close,
};
