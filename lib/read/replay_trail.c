#include "replay_trail_internal.h"

void pw_replay_trail_begin(struct pw_replay_trail *t, uint64_t offset, uint64_t line)
{
	if (t->all == NULL) {
		t->all = pw_hash_stream_make();
		t->rest = pw_hash_stream_make();
	}
	pw_hash_stream_start(t->all);
	t->from = t->block = t->fed = offset;
	t->line = t->block_line = line;
	t->mark_time = PW_TIME_END;
	t->split = false;
}

void pw_replay_trail_release(struct pw_replay_trail *t)
{
	pw_hash_stream_free(t->all);
	pw_hash_stream_free(t->rest);
	*t = (struct pw_replay_trail){0};
}

/* Where the byte at an offset of the file lies in the buffer. */
static const char *bytes_at(const struct pw_reader *r, uint64_t offset)
{
	return r->data + r->to - (r->got - offset);
}

static void feed(struct pw_replay_trail *t, const struct pw_reader *r, uint64_t to)
{
	if (to == t->fed)
		return;
	const char *data = bytes_at(r, t->fed);
	pw_hash_stream_add(t->all, data, (size_t)(to - t->fed));
	if (t->split)
		pw_hash_stream_add(t->rest, data, (size_t)(to - t->fed));
	t->fed = to;
}

/* The offset of a row of those in hand: where its line begins. */
static uint64_t find(struct pw_replay_trail *t, const struct pw_reader *r,
		     const struct pw_parser_lines *lines, uint32_t row, uint64_t *line)
{
	const uint64_t end = pw_reader_offset(r);
	const char *at, *stop;

	if (row == lines->count) {
		*line = r->parser->line;
		return end;
	}
	*line = lines->items[row];
	if (*line == t->block_line)
		return t->block;
	at = bytes_at(r, t->block);
	stop = bytes_at(r, end);
	for (uint64_t n = t->block_line; n < *line; n++)
		at = (const char *)memchr(at, '\n', (size_t)(stop - at)) + 1;
	return end - (uint64_t)(stop - at);
}

uint64_t pw_replay_trail_leave(struct pw_replay_trail *t, const struct pw_reader *r,
			       const struct pw_parser_lines *lines, pw_time now)
{
	const uint64_t before = t->block, end = pw_reader_offset(r);

	if (t->mark_time != now)
		t->split = false;
	else if (!t->split) {
		t->split_at = find(t, r, lines, t->mark_row, &t->split_line);
		feed(t, r, t->split_at);
		t->split_digest = pw_hash_stream_value(t->all);
		pw_hash_stream_start(t->rest);
		t->split = true;
	}
	feed(t, r, end);
	t->block = end;
	t->block_line = r->parser->line;
	return end - before;
}

/* The next entry begins at the split, and bytes after it have been read already. */
static void go_on_at_split(struct pw_replay_trail *t)
{
	struct pw_hash_stream *all = t->all;

	t->all = t->rest;
	t->rest = all;
	t->split = false;
}

struct pw_replay_at pw_replay_trail_at(struct pw_replay_trail *t, const struct pw_reader *r,
				       const struct pw_parser_lines *lines, pw_time time,
				       uint32_t row)
{
	struct pw_replay_at at = {.from = t->from, .line = t->line};

	if (t->mark_time == time && t->split) {
		at.to = t->split_at;
		at.to_line = t->split_line;
		at.digest = t->split_digest;
		go_on_at_split(t);
	} else {
		at.to = find(t, r, lines, t->mark_time == time ? t->mark_row : row, &at.to_line);
		t->split = false;
		feed(t, r, at.to);
		at.digest = pw_hash_stream_value(t->all);
		pw_hash_stream_start(t->all);
	}
	t->from = at.to;
	t->line = at.to_line;
	t->mark_time = PW_TIME_END; /* the commit begins where the next entry does */
	return at;
}
