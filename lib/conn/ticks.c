#include "ticks.h"
#include "../data/civil.h"
#include "../data/text.h"
#include "../time/clock.h"

#include <jansson.h>
#include <stdlib.h>

#define MS         INT64_C(1000000)
#define ORIGIN     (INT64_C(94694400) * PW_NS_SECOND) /* 1973-01-01T00:00:00Z, a Monday */
#define STEP_MOST  (INT64_C(36500) * PW_DAY_SECONDS * PW_NS_SECOND)
#define PIECE_ROWS 2048

/* Rows without gap: row `first` and those after it, up to the origin's offset. */
struct stretch {
	struct pw_origin origin;
	int64_t first;
};

enum saying {
	SAY_BEGIN, /* of the stretch in hand, if a row is due and the stretch is new */
	SAY_BLOCK, /* rows are due: they are a block */
	SAY_ROWS   /* of the block, or its end */
};

struct ticks {
	struct pw_connector c;
	int64_t step;               /* ns */
	struct stretch **stretches; /* of this run and earlier ones, owned */
	size_t count, capacity;
	struct stretch *now; /* where rows are added; NULL: none yet */
	int64_t next;        /* the number of the next row */
	int64_t last;        /* of the block in hand */
	enum saying say;
	bool resumed, started;
	bool pause; /* an IDLE that ends the first commit is to be said */
	char *text; /* of the piece in hand */
};

int pw_ticks_interval(const char *source, int64_t *ns)
{
	const char *text = source + strlen("clock:");

	if (pw_text_duration(pw_slice_of(text), ns) < 0)
		return pw_fail(PW_USAGE,
			       "%s: '%s' is not a duration, such as 10s or 1h30m (a file of that"
			       " name is read as ./%s)",
			       source, text, source);
	if (*ns < MS || *ns > STEP_MOST)
		return pw_fail(PW_USAGE, "%s: '%s' is not from 1ms to 100 years", source, text);
	return 0;
}

static int ticks_open(struct pw_connector *c)
{
	struct ticks *t = (struct ticks *)c;

	t->text = pw_mem_alloc(PIECE_ROWS, PW_TICKS_LINE + 1);
	return pw_ticks_interval(c->options->sources[0], &t->step);
}

static void ticks_close(struct pw_connector *c)
{
	struct ticks *t = (struct ticks *)c;

	for (size_t i = 0; i < t->count; i++) {
		free(t->stretches[i]->origin.key);
		free(t->stretches[i]->origin.name);
		pw_bytes_release(&t->stretches[i]->origin.header);
		free(t->stretches[i]);
	}
	free(t->stretches);
	free(t->text);
}

/* ---- stretches ---- */

static struct stretch *add_stretch(struct ticks *t, const char *key, int64_t first)
{
	struct stretch *s = pw_mem_zero(1, sizeof *s);

	s->first = first;
	s->origin = (struct pw_origin){.key = pw_mem_print("%s", key),
				       .name = pw_mem_print("%s", t->c.options->sources[0]),
				       .modified = INT64_MIN,
				       .line = 1};
	t->stretches = pw_mem_grow(t->stretches, &t->capacity, t->count + 1, sizeof *t->stretches);
	t->stretches[t->count++] = s;
	return s;
}

/* The number of the row after the last one. */
static int64_t end_of(const struct stretch *s)
{
	return s->first + (int64_t)(s->origin.offset / PW_TICKS_LINE);
}

/* N of clock:D@N; false: it is no such key */
static bool first_of(const char *key, int64_t *first)
{
	const char *at = strrchr(key, '@');
	char *end;

	if (at == NULL || at[1] == '\0')
		return false;
	*first = strtoll(at + 1, &end, 10);
	return *end == '\0' && *first >= 0;
}

static int add_known(struct ticks *t, const char *key, const char *value)
{
	json_t *v = json_loads(value, 0, NULL);
	const json_int_t offset = json_integer_value(json_object_get(v, "offset"));
	int64_t first;

	json_decref(v);
	if (offset <= 0 || offset % PW_TICKS_LINE != 0 || !first_of(key, &first))
		return pw_fail(PW_STATE, "%s: the offset is '%s'", key, value);
	struct stretch *s = add_stretch(t, key, first);
	s->origin.offset = (uint64_t)offset;
	s->origin.line = (uint64_t)(offset / PW_TICKS_LINE) + 1;
	if (t->now == NULL || end_of(s) > end_of(t->now))
		t->now = s;
	return 0;
}

static int ticks_seek(struct pw_connector *c, const struct pw_offsets *offsets)
{
	struct ticks *t = (struct ticks *)c;

	t->resumed = offsets->count > 0;
	for (size_t i = 0; i < offsets->count; i++)
		if (add_known(t, offsets->items[i].key, offsets->items[i].value) < 0)
			return -1;
	return 0;
}

static int ticks_offset(struct pw_connector *c, const struct pw_origin *origin,
			struct pw_bytes *value)
{
	(void)c;
	pw_bytes_print(value, "{\"offset\":%llu}", (unsigned long long)origin->offset);
	return 0;
}

/* ---- time ---- */

static int64_t time_of(const struct ticks *t, int64_t row)
{
	return ORIGIN + row * t->step;
}

/* The last row that a commit made at that time (ns since 1970) may have: commits have even ms. */
static int64_t row_at(const struct ticks *t, int64_t ns)
{
	const int64_t since = (int64_t)pw_clock_even(ns) * MS - ORIGIN;

	return since < 0 ? -1 : since / t->step;
}

static void add_line(char *to, int64_t ns)
{
	struct pw_civil c;

	pw_civil_from_ns(ns, &c);
	snprintf(to, PW_TICKS_LINE + 1, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ\n", (int)c.year,
		 c.month, c.day, c.hour, c.minute, c.second, c.ns);
}

/* A piece of the stretch from a row on, of so many rows at most. */
static void hand_out(struct ticks *t, struct stretch *s, int64_t row, int64_t rows,
		     struct pw_piece *piece)
{
	const int64_t n = rows < PIECE_ROWS ? rows : PIECE_ROWS;

	for (int64_t i = 0; i < n; i++)
		add_line(t->text + i * PW_TICKS_LINE, time_of(t, row + i));
	*piece = (struct pw_piece){.kind = PW_PIECE_DATA,
				   .origin = &s->origin,
				   .offset = (uint64_t)(row - s->first) * PW_TICKS_LINE,
				   .data = t->text,
				   .length = (size_t)n * PW_TICKS_LINE};
}

/* ---- reading on ---- */

static int say_idle(struct pw_piece *piece, int64_t ms)
{
	*piece = (struct pw_piece){.kind = PW_PIECE_IDLE, .fd = -1, .timeout_ms = ms};
	return 0;
}

/* Until the next row's time: then an even ms is at or above it. */
static int wait_for_next(const struct ticks *t, struct pw_piece *piece)
{
	const int64_t even = (time_of(t, t->next) + 2 * MS - 1) / (2 * MS) * (2 * MS);
	const int64_t left = even - pw_clock_now(t->c.options->clock);

	return say_idle(piece, left <= 0 ? 0 : (left + MS - 1) / MS);
}

/* The first row is the last that has passed when the run began; there the catch-up commit is. */
static void start(struct ticks *t)
{
	t->started = true;
	t->last = row_at(t, t->c.options->clock->start);
	t->next = t->now != NULL ? end_of(t->now) : 0;
	if (t->next < t->last)
		t->next = t->last;
}

/* Are rows due? They become the block in hand. */
static bool is_due(struct ticks *t)
{
	t->last = row_at(t, pw_clock_now(t->c.options->clock));
	if (t->last - t->next >= PW_TICKS_LATE)
		t->next = t->last;
	return t->next <= t->last;
}

/* The rows due are not those that follow the last one. */
static void enter_stretch(struct ticks *t)
{
	if (t->now != NULL && end_of(t->now) == t->next)
		return;
	char *key = pw_mem_print("%s@%lld", t->c.options->sources[0], (long long)t->next);
	t->now = add_stretch(t, key, t->next);
	free(key);
}

static int say_begin(struct ticks *t, struct pw_piece *piece)
{
	enter_stretch(t);
	*piece = (struct pw_piece){.kind = PW_PIECE_BEGIN, .origin = &t->now->origin};
	t->say = SAY_BLOCK;
	return 0;
}

static int say_block(struct ticks *t, struct pw_piece *piece, bool begins)
{
	*piece = (struct pw_piece){.kind = begins ? PW_PIECE_BLOCK_BEGIN : PW_PIECE_BLOCK_END,
				   .origin = &t->now->origin,
				   .commit = PW_COMMIT_MUST};
	t->say = begins ? SAY_ROWS : SAY_BEGIN;
	return 0;
}

/* No row is due now; what was due when the run began has been said. */
static int rest(struct ticks *t, struct pw_piece *piece)
{
	if (t->c.options->follow)
		return wait_for_next(t, piece);
	*piece = (struct pw_piece){.kind = PW_PIECE_FINISHED};
	return 0;
}

static int go_on(struct ticks *t, struct pw_piece *piece)
{
	const bool follow = t->c.options->follow;

	switch (t->say) {
	case SAY_BEGIN:
		if (t->pause) {
			t->pause = false;
			return say_idle(piece, 0);
		}
		if (follow ? !is_due(t) : t->next > t->last)
			return rest(t, piece);
		return say_begin(t, piece);
	case SAY_BLOCK:
		return say_block(t, piece, true);
	case SAY_ROWS:
		break;
	}
	if (t->next > t->last)
		return say_block(t, piece, false);
	hand_out(t, t->now, t->next, t->last - t->next + 1, piece);
	return 0;
}

/*
 * The first commit is the first load, whose time is 0, or the catch-up, whose time is
 * the run's start. A first load that is followed has no row: no commit is before its
 * rows.
 */
static int begin(struct ticks *t, struct pw_piece *piece)
{
	start(t);
	if (t->c.options->follow && !t->resumed)
		return say_idle(piece, 0);
	t->pause = t->c.options->follow;
	if (t->next > t->last)
		return go_on(t, piece);
	return say_begin(t, piece);
}

static int again(struct ticks *t, struct pw_piece *piece)
{
	const uint64_t from = piece->offset, length = piece->length;
	struct stretch *s = NULL;
	int64_t first;

	for (size_t i = 0; i < t->count && s == NULL; i++)
		if (strcmp(t->stretches[i]->origin.key, piece->key) == 0)
			s = t->stretches[i];
	if (s == NULL || !first_of(piece->key, &first) || from % PW_TICKS_LINE != 0 ||
	    length % PW_TICKS_LINE != 0)
		return pw_fail(PW_STATE, "%s: the journal names it, but no run has read it",
			       piece->key);
	hand_out(t, s, first + (int64_t)(from / PW_TICKS_LINE), (int64_t)(length / PW_TICKS_LINE),
		 piece);
	return 0;
}

static int ticks_read(struct pw_connector *c, struct pw_piece *piece)
{
	struct ticks *t = (struct ticks *)c;

	if (piece->key != NULL)
		return again(t, piece);
	return t->started ? go_on(t, piece) : begin(t, piece);
}

static int ticks_consume(struct pw_connector *c, struct pw_origin *origin, size_t n)
{
	struct ticks *t = (struct ticks *)c;

	if (n % PW_TICKS_LINE != 0)
		pw_bug("clock: a part of a line was consumed");
	origin->offset += n;
	t->next += (int64_t)(n / PW_TICKS_LINE);
	return 0;
}

const struct pw_connector_kind pw_connector_clock = {
	.scheme = "clock",
	.size = sizeof(struct ticks),
	.open = ticks_open,
	.seek = ticks_seek,
	.read = ticks_read,
	.consume = ticks_consume,
	.offset = ticks_offset,
	.close = ticks_close,
};
