#include "replay_state.h"
#include "ahead.h"

#include <stdlib.h>

enum { COVER_BYTES = 8 << 20 }; /* an entry, which costs an fsync, at least each so many bytes */

int pw_replay_state_start(struct pw_replay_state *s, struct pw_replay *p, struct pw_resume *resume,
			  struct pw_reader *first, const struct pw_parser_layout *layout)
{
	s->replay = p;
	s->resume = resume;
	s->playing = true;
	p->files.trails = true;
	p->unpaced = true;
	pw_replay_share(p, first, layout);
	s->places = pw_mem_zero(p->files.count + 1, sizeof *s->places);
	s->played = pw_mem_zero(p->files.count + 1, sizeof *s->played);
	s->ends = pw_mem_zero(p->files.count + 1, sizeof *s->ends);
	s->lanes = json_object();
	return pw_replay_match(s);
}

void pw_replay_state_close(struct pw_replay_state *s)
{
	free(s->places);
	free(s->played);
	free(s->ends);
	json_decref(s->lanes);
	*s = (struct pw_replay_state){0};
}

static void add_digest(struct pw_resume *r, uint64_t digest)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(digest >> 8 * i);
	pw_resume_add(r, bytes, sizeof bytes);
}

/* ---- commits of earlier runs ---- */

/* The lane reads on from an offset, if it does not stand there already; until: 0, to its end. */
static void place_lane(struct pw_replay_state *s, struct pw_replay_lane *lane, uint64_t from,
		       uint64_t line, uint64_t until, bool whole)
{
	if (lane->reader != NULL && pw_reader_offset(lane->reader) == from) {
		pw_reader_go_on(lane->reader, until);
	} else {
		pw_replay_lane_close(&s->replay->files, lane);
		pw_replay_trail_begin(&lane->trail, from, line);
	}
	lane->until = until;
	lane->ended = false;
	s->replay->files.whole = whole;
	if (lane->reader != NULL)
		lane->reader->whole = whole;
}

static int play_piece(struct pw_replay_state *s, const struct pw_resume_piece *piece)
{
	const json_t *number = json_object_get(s->lanes, piece->key);
	const size_t n = s->played_count;

	if (number == NULL || n == s->replay->files.count)
		return pw_fail(
			PW_STATE,
			"%s: is gone, and has to be read again: put it back, or begin anew with"
			" --reset",
			piece->name);
	struct pw_replay_lane *lane = &s->replay->lanes[json_integer_value(number)];
	place_lane(s, lane, piece->from, piece->line, piece->to, true);
	lane->order = n;
	s->played[n] = lane;
	s->ends[n] = piece->to;
	s->played_count++;
	return pw_replay_enter(s->replay, lane, false);
}

static int play_begin(struct pw_replay_state *s)
{
	struct pw_resume_piece piece;
	int more;

	s->played_count = 0;
	s->last = pw_resume_ends_replay(s->resume);
	s->replay->files.now = pw_resume_from(s->resume);
	while ((more = pw_resume_next_piece(s->resume, &piece)) > 0)
		if (play_piece(s, &piece) < 0)
			return -1;
	pw_replay_entered(s->replay);
	s->covered = s->replay->taken;
	s->in_entry = more == 0;
	return more;
}

/* All of an entry's rows have been sent: are they what they were? */
static int play_end(struct pw_replay_state *s)
{
	for (size_t i = 0; i < s->played_count; i++) {
		struct pw_replay_lane *lane = s->played[i];
		const struct pw_replay_at at = pw_replay_trail_at(
			&lane->trail, lane->reader, &lane->lines, PW_REPLAY_NO_COMMIT, lane->at);
		if (at.to != s->ends[i])
			return pw_fail(PW_STATE,
				       "%s: ends at byte %" PRIu64 ", and was read to %" PRIu64,
				       lane->reader->file.name, at.to, s->ends[i]);
		add_digest(s->resume, at.digest);
	}
	s->resume->rows = s->replay->taken - s->covered;
	s->in_entry = false;
	if (pw_resume_played(s->resume) < 0)
		return -1;
	s->frontier = s->time + 1;
	s->live = s->last;
	return PW_READ_FRONTIER;
}

/* All entries have been played: each lane goes on where it has been read to. */
static int begin_live(struct pw_replay_state *s)
{
	struct pw_replay *p = s->replay;
	const bool whole = s->whole;
	const pw_time floor = pw_resume_floor(s->resume);

	s->playing = p->unpaced = false;
	s->from = p->files.now = pw_replay_time_up(&p->files.time, floor);
	s->covered = p->complete = p->taken;
	p->promised = floor;
	p->files.bytes = 0;
	for (size_t i = 0; i < p->files.count; i++) {
		const struct pw_replay_place *place = &s->places[i];
		struct pw_replay_lane *lane = &p->lanes[i];
		lane->order = i;
		if (place->same) {
			pw_replay_lane_close(&p->files, lane);
			continue;
		}
		place_lane(s, lane, place->offset, place->line, 0, whole);
		if (pw_replay_enter(p, lane,
				    lane->reader == NULL &&
					    pw_replay_lane_sleeps(&p->files, lane)) < 0)
			return -1;
	}
	p->files.whole = whole;
	pw_replay_entered(p);
	return 0;
}

static int play(struct pw_replay_state *s, struct pw_builder *out)
{
	int more;

	if (!s->in_entry) {
		more = pw_resume_next_commit(s->resume, &s->time);
		if (more == 0)
			return begin_live(s);
		return more < 0 ? -1 : play_begin(s);
	}
	more = pw_replay_next(s->replay, out);
	if (more == PW_READ_END)
		return play_end(s);
	pw_ahead_skip(out, s->resume->store->restart);
	return more < 0 ? -1 : out->rows > 0 ? PW_READ_ROWS : 0;
}

/* ---- entries ---- */

/* The piece of a file that belongs to the entry. */
static int cover_lane(struct pw_replay_state *s, struct pw_replay_lane *lane, pw_time commit)
{
	struct pw_reader *r = lane->reader;
	const struct pw_replay_at at =
		pw_replay_trail_at(&lane->trail, r, &lane->lines, commit, lane->at);
	struct pw_bytes value = {0};
	int rc = 0;

	if (at.to > at.from) {
		const struct pw_resume_piece piece = {.key = lane->key,
						      .name = r->file.name,
						      .modified = r->file.modified,
						      .from = at.from,
						      .to = at.to,
						      .line = at.line};
		pw_resume_piece(s->resume, &piece);
		add_digest(s->resume, at.digest);
		rc = pw_replay_end_value(r, at.to, at.to_line, &value);
		if (rc == 0)
			pw_resume_part(s->resume, lane->key, &value, &r->header);
		pw_bytes_release(&value);
	}
	if (lane->ended && pw_reader_offset(r) == at.to)
		pw_replay_lane_close(&s->replay->files, lane);
	return rc;
}

/* Rows below the boundary are durable before the frontier passes it. all: no commit is in the making. */
static int cover(struct pw_replay_state *s, pw_time boundary, bool all)
{
	struct pw_replay *p = s->replay;
	struct pw_resume *r = s->resume;
	const uint64_t rows = (all ? p->taken : p->complete) - s->covered;

	if (r->store->finished && rows > 0)
		return pw_resume_fail_finished(r);
	for (size_t i = 0; i < p->files.count; i++)
		if (p->lanes[i].reader != NULL &&
		    cover_lane(s, &p->lanes[i], all ? PW_REPLAY_NO_COMMIT : boundary) < 0)
			return -1;
	r->rows = rows;
	r->from = s->from;
	if (pw_resume_commit(r, NULL, boundary - 1) < 0)
		return -1;
	s->covered += rows;
	s->from = s->frontier = boundary;
	p->files.bytes = 0;
	return PW_READ_FRONTIER;
}

pw_time pw_replay_state_least(const struct pw_replay_state *s)
{
	const struct pw_replay *p = s->replay;
	const struct pw_journal *j = &s->resume->journal;
	const pw_time after = j->has_last ? j->last + 2 : 0, row = p->files.now + 2;
	const pw_time least = after > row ? after : row;

	return least > p->promised ? least : p->promised;
}

/* No row of the file had a time, and it has not been opened for that: what is wrong is reported now. */
static int pass_over(struct pw_replay_state *s, struct pw_replay_lane *lane)
{
	int rc;

	lane->ended = lane->passed_over = false;
	while ((rc = pw_replay_lane_fill(&s->replay->files, lane)) == PW_READER_WAITS)
		pw_reader_wait(lane->reader);
	return rc < 0 ? -1 : cover_lane(s, lane, PW_REPLAY_NO_COMMIT);
}

int pw_replay_state_go_live(struct pw_replay_state *s, pw_time frontier)
{
	struct pw_replay *p = s->replay;

	for (size_t i = 0; i < p->files.count; i++) {
		struct pw_replay_lane *lane = &p->lanes[i];
		if ((lane->passed_over && pass_over(s, lane) < 0) ||
		    (lane->reader != NULL && cover_lane(s, lane, PW_REPLAY_NO_COMMIT) < 0))
			return -1;
	}
	pw_resume_end_replay(s->resume, frontier - 1);
	s->resume->from = s->from;
	return pw_resume_commit(s->resume, NULL, frontier - 1);
}

static int finish(struct pw_replay_state *s)
{
	const struct pw_replay *p = s->replay;

	if (p->taken > s->covered)
		return cover(s, p->files.now + 1 > p->promised ? p->files.now + 1 : p->promised,
			     true);
	if (s->follows)
		return PW_READ_END;
	if (!s->ended && pw_resume_end(s->resume) < 0)
		return -1;
	s->ended = true;
	if (p->promised > s->frontier) {
		s->frontier = p->promised;
		return PW_READ_FRONTIER;
	}
	return PW_READ_END;
}

int pw_replay_state_next(struct pw_replay_state *s, struct pw_builder *out)
{
	struct pw_replay *p = s->replay;
	int event = 0;

	while (s->playing && !s->live && event == 0)
		event = play(s, out);
	if (event != 0)
		return event;
	if (s->live)
		return PW_READ_END;
	if (p->files.bytes >= COVER_BYTES && p->files.now > s->frontier && p->complete > s->covered)
		return cover(s, p->files.now, false);
	const int kind = pw_replay_next(p, out);
	if (kind == PW_READ_END)
		return finish(s);
	return kind == PW_READ_FRONTIER ? cover(s, p->promised, true) : kind;
}
