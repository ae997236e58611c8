/* Commits of earlier runs, played again from the bytes that they were made of. */
#include "follow_internal.h"

/* ---- bytes ---- */

static int read_again(struct pw_follow *f, uint64_t at, size_t length)
{
	f->piece = (struct pw_piece){.key = f->play.key, .offset = at, .length = length, .fd = -1};
	if (f->connector->kind->read(f->connector, &f->piece) < 0)
		return -1;
	if (f->piece.kind == PW_PIECE_DATA)
		pw_bytes_add(&f->bytes, f->piece.data, f->piece.length);
	return 0;
}

/* Standard input is fed again: bytes before `at` are passed over. Takes up to length bytes from there. */
static int read_on(struct pw_follow *f, uint64_t at, size_t length)
{
	if (pw_follow_read(f) < 0)
		return -1;
	f->standard = f->piece.origin != NULL ? f->piece.origin : f->standard;
	if (f->piece.kind == PW_PIECE_END || f->piece.kind == PW_PIECE_FINISHED)
		return pw_fail(PW_STATE,
			       "stdin: ends before byte %" PRIu64
			       ", to which an earlier run has read it: feed it the same, or"
			       " begin anew with --reset",
			       at + length);
	if (f->piece.kind != PW_PIECE_DATA)
		return 0;
	struct pw_origin *o = f->piece.origin;
	const size_t skip =
		at - o->offset < f->piece.length ? (size_t)(at - o->offset) : f->piece.length;
	const size_t left = f->piece.length - skip, n = left < length ? left : length;
	if (n > 0)
		pw_bytes_add(&f->bytes, f->piece.data + skip, n);
	return f->connector->kind->consume(f->connector, o, skip + n);
}

/* More bytes of the piece being played: perhaps none, and perhaps the source is idle. */
static int fetch(struct pw_follow *f)
{
	enum { MOST = 1 << 20 };
	const uint64_t at = f->play.from + f->bytes.length, left = f->play.to - at;
	const size_t length = left < MOST ? (size_t)left : MOST, had = f->bytes.length;
	const bool standard = f->connector->kind == &pw_connector_stdin;
	const bool copied = standard && pw_resume_is_copy(f->play.key);
	const int rc = copied ? pw_resume_copy_read(f->resume, f->play.key, at, length, &f->bytes)
		       : standard ? read_on(f, at, length)
				  : read_again(f, at, length);

	if (rc == 0 && !copied && f->piece.kind == PW_PIECE_IDLE)
		pw_follow_note_idle(f);
	if (f->bytes.length > had)
		f->phase = PW_FOLLOW_PARSING;
	return rc;
}

/* ---- pieces ---- */

static int play_begin(struct pw_follow *f)
{
	struct pw_bytes header = {0};
	const struct pw_resume_piece *play = &f->play;

	pw_resume_header(f->resume, play->key, &header);
	const size_t n = play->from < header.length ? (size_t)play->from : header.length;
	const int rc = pw_follow_begin(f, play->name, play->modified,
				       (struct pw_slice){header.data, n}, play->line);
	pw_bytes_release(&header);
	pw_bytes_clear(&f->bytes);
	if (play->from < play->to)
		f->phase = PW_FOLLOW_FETCHING;
	return rc;
}

/* The bytes at hand become rows. */
static int parse(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_bytes header = {0};
	const bool last = f->bytes.length == f->play.to - f->play.from;
	bool line;

	if (!f->wish.timed)
		f->reader->parser->time = f->time;
	const ptrdiff_t used = pw_follow_parse(f, (struct pw_slice){f->bytes.data, f->bytes.length},
					       last, &header, &line, out);
	pw_bytes_release(&header);
	if (used < 0)
		return -1;
	if (used == 0 && out->rows == 0 && last)
		return pw_fail(PW_STATE,
			       "%s: byte %" PRIu64 ": a record that was read there has gone: put it"
			       " back, or begin anew with --reset",
			       f->play.name, f->play.from);
	pw_resume_add(f->resume, f->bytes.data, (size_t)used);
	f->resume->rows += out->rows;
	memmove(f->bytes.data, f->bytes.data + used, f->bytes.length - (size_t)used);
	f->bytes.length -= (size_t)used;
	f->play.from += (uint64_t)used;
	if (f->play.from == f->play.to)
		f->phase = PW_FOLLOW_COMMIT;
	else if (!last && (used == 0 || f->bytes.length == 0))
		f->phase = PW_FOLLOW_FETCHING;
	if (f->wish.timed)
		pw_follow_timed_drop(f, out);
	else if (f->sync != NULL && out->rows > 0 &&
		 pw_sync_played(f->sync, pw_builder_view(out), f->time) < 0)
		return -1;
	return out->rows > 0 ? PW_READ_ROWS : 0;
}

/* ---- commits ---- */

int pw_follow_played(struct pw_follow *f)
{
	f->phase = PW_FOLLOW_PLAYING;
	f->frontier = f->time + (f->wish.timed ? 1 : 2);
	return PW_READ_FRONTIER;
}

/* The next piece of the commit in hand, or its end. */
static int next_piece(struct pw_follow *f)
{
	const int more = pw_resume_next_piece(f->resume, &f->play);

	if (more != 0)
		return more < 0 ? -1 : play_begin(f);
	return pw_resume_played(f->resume) < 0 ? -1 : pw_follow_played(f);
}

static int next_commit(struct pw_follow *f)
{
	const int more = pw_resume_next_commit(f->resume, &f->time);

	if (more >= 0)
		f->phase = more > 0 ? PW_FOLLOW_COMMIT : PW_FOLLOW_PASSING_OVER;
	return more < 0 ? -1 : 0;
}

/* ---- after the last commit ---- */

/* Is what was passed over what an earlier run has read? */
static int check_passed(struct pw_follow *f, const json_t *at)
{
	const char *was = json_string_value(json_object_get(at, "digest"));
	struct pw_bytes value = {0};
	json_t *now = NULL;
	int rc = f->connector->kind->offset(f->connector, f->standard, &value);

	if (rc == 0)
		now = json_loads(pw_bytes_string(&value), 0, NULL);
	const char *is = json_string_value(json_object_get(now, "digest"));
	if (rc == 0 && (was == NULL || is == NULL || strcmp(was, is) != 0))
		rc = pw_fail(PW_STATE,
			     "stdin: its first %" PRIu64
			     " bytes are not those that an earlier run has"
			     " read: feed it the same, or begin anew with --reset",
			     f->standard->offset);
	json_decref(now);
	pw_bytes_release(&value);
	return rc;
}

static int begin_reading(struct pw_follow *f)
{
	f->phase = PW_FOLLOW_READING;
	f->current = NULL;
	pw_follow_open_commits(f, f->commits.loads);
	if (f->wish.timed)
		pw_follow_timed_start(f);
	pw_follow_go_on_in_step(f);
	return 0;
}

/* Standard input goes on after what earlier runs have read of it; other sources stand there. */
static int pass_over(struct pw_follow *f)
{
	const json_t *at = json_object_get(json_object_get(f->resume->parts, "-"), "at");
	const uint64_t offset = (uint64_t)json_integer_value(json_object_get(at, "offset"));

	if (f->connector->kind != &pw_connector_stdin || offset == 0)
		return begin_reading(f);
	pw_bytes_clear(&f->bytes);
	if (f->standard == NULL || f->standard->offset < offset) {
		if (read_on(f, offset, 0) < 0)
			return -1;
		if (f->piece.kind == PW_PIECE_IDLE)
			pw_follow_note_idle(f);
		return 0;
	}
	if (check_passed(f, at) < 0)
		return -1;
	f->standard->line = (uint64_t)json_integer_value(json_object_get(at, "line"));
	pw_resume_header(f->resume, "-", &f->standard->header);
	return begin_reading(f);
}

int pw_follow_play(struct pw_follow *f, struct pw_builder *out)
{
	if (pw_follow_stops(f, f->phase != PW_FOLLOW_PASSING_OVER || !pw_follow_is_idle(f)))
		return pw_follow_end(f, true);
	if (pw_follow_is_idle(f))
		return PW_READ_IDLE;
	switch (f->phase) {
	case PW_FOLLOW_PLAYING:
		return next_commit(f);
	case PW_FOLLOW_COMMIT:
		return next_piece(f);
	case PW_FOLLOW_FETCHING:
		return fetch(f);
	case PW_FOLLOW_PARSING:
		return parse(f, out);
	case PW_FOLLOW_PASSING_OVER:
		return pass_over(f);
	case PW_FOLLOW_READING:
		break;
	}
	return 0;
}
