#include "reader.h"
#include "../base/io.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READ_BYTES = 256 << 10,
	SKIP_BYTES = 64 << 10,
	HEADER_BYTES = 16 << 10,
	SAMPLE_BYTES = 16 << 20 /* of a pipe, at most, unless one record is longer */
};

static const char *shown_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "stdin" : path;
}

static size_t block_bytes(const struct pw_reader *r)
{
	return r->block != 0 ? r->block : READ_BYTES;
}

/* Opens the next file, and begins it. */
static int begin(struct pw_reader *r)
{
	const char *path = r->paths[r->path_at];

	if (!r->sampled) {
		r->from = r->to = 0;
		r->ended = false;
		r->got = 0;
		if (pw_file_open(&r->file, path) < 0)
			return -1;
		r->file.grows = r->grows;
	}
	r->open = true;
	return pw_parser_begin(r->parser, shown_name(path), r->file.modified);
}

static void end(struct pw_reader *r)
{
	pw_file_close(&r->file);
	r->open = r->sampled = false;
	r->path_at++;
}

/* Makes room for more bytes: the rest moves to the front, or the buffer grows. */
static int make_room(struct pw_reader *r)
{
	const size_t rest = r->to - r->from;

	if (rest > r->options.max_line)
		return pw_parser_too_long(r->parser, rest);
	if (r->from > 0 && rest > 0)
		memmove(r->data, r->data + r->from, rest);
	r->from = 0;
	r->to = rest;
	if (r->capacity - r->to < block_bytes(r) / 2) {
		r->capacity = r->capacity == 0 ? block_bytes(r) : r->capacity * 2;
		r->data = pw_mem_resize(r->data, r->capacity, 1);
	}
	return 0;
}

/* Has a pipe nothing now? Then what was sent is flushed. A stop whose second is over ends the program. */
static bool must_wait(struct pw_reader *r)
{
	if (!r->file.waits)
		return false;
	const enum pw_waited why = pw_tool_wait_until(r->tool, r->file.fd, 0, false);
	if (why == PW_WAITED_STOP)
		pw_tool_stopped(r->tool);
	return why == PW_WAITED_DUE;
}

void pw_reader_wait(struct pw_reader *r)
{
	if (!pw_tool_wait(r->tool, r->file.fd))
		pw_tool_stopped(r->tool);
}

static int read_once(struct pw_reader *r)
{
	const bool bounded = r->begun.st_ino != 0 && r->file.codec == NULL;
	size_t most = r->capacity - r->to;
	ptrdiff_t got;

	if (bounded && (uint64_t)r->begun.st_size - r->got < most)
		most = (size_t)((uint64_t)r->begun.st_size - r->got);
	if (r->until > 0 && r->until - r->got < most)
		most = (size_t)(r->until - r->got);
	got = most == 0 ? 0 : pw_file_read(&r->file, r->data + r->to, most);
	if (got < 0)
		return -1;
	r->to += (size_t)got;
	r->got += (size_t)got;
	r->ended = got == 0;
	return 0;
}

/*
 * More bytes: 1; 0: a pipe has not so many yet; -1. Of a long record as many
 * are wanted as there are, so that looking for its end anew costs no more than
 * reading it.
 */
static int fill(struct pw_reader *r)
{
	if (r->wanted == 0) {
		if (make_room(r) < 0)
			return -1;
		const size_t rest = r->to - r->from;
		r->wanted = rest > block_bytes(r) ? 2 * rest : rest + 1;
	}
	while (!r->ended && r->to < r->wanted && r->to < r->capacity) {
		if (must_wait(r))
			return 0;
		if (read_once(r) < 0)
			return -1;
	}
	r->wanted = 0;
	return 1;
}

static int fill_and_wait(struct pw_reader *r)
{
	int more;

	while ((more = fill(r)) == 0)
		pw_reader_wait(r);
	return more < 0 ? -1 : 0;
}

/* ---- sampling ---- */

bool pw_reader_is_declared(const struct pw_reader *r, const struct pw_layout_wish *wish)
{
	struct pw_found found = {0};
	const bool is = r->kind->header != NULL && r->kind->columns(r->parser, &found) == 0 &&
			found.schema.count > 0 && pw_layout_is_declared(wish, &found.schema);

	pw_found_release(&found);
	return is;
}

static bool has_enough(const struct pw_reader *r, const struct pw_layout_wish *wish)
{
	return r->parser->sampled >= r->options.infer_rows || pw_reader_is_declared(r, wish);
}

/* Samples the file in hand, whose bytes may have to stay in the buffer. 1: that is enough; 0; -1 */
static int sample_file(struct pw_reader *r, const struct pw_layout_wish *wish, bool stays)
{
	size_t at = 0; /* bytes that stay and have been looked at */

	for (;;) {
		const ptrdiff_t used = r->kind->sample(r->parser, r->data + r->from + at,
						       r->to - r->from - at, r->ended && !r->grows);
		if (used < 0)
			return -1;
		if (stays)
			at += (size_t)used;
		else
			r->from += (size_t)used;
		if (has_enough(r, wish) || (stays && at > 0 && r->to > SAMPLE_BYTES))
			return 1;
		if (r->ended)
			return 0;
		if (fill_and_wait(r) < 0)
			return -1;
	}
}

/* Can it be read but once? */
static bool read_once_only(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 || (pw_io()->stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

int pw_reader_sample(struct pw_reader *r, const struct pw_layout_wish *wish, struct pw_found *found)
{
	int enough = 0;

	r->parser = pw_parser_open(r->kind, &r->options);
	if (make_room(r) < 0)
		return -1;
	for (size_t i = 0; i < r->path_count && enough == 0; i++) {
		const bool stays = read_once_only(r->paths[i]);
		if (stays && (i > 0 || r->grows))
			break;
		r->path_at = i;
		if (begin(r) < 0)
			return -1;
		enough = sample_file(r, wish, stays);
		if (enough < 0)
			return -1;
		r->alike = r->parser->differs ? 0 : i + 1;
		r->sampled = stays;
		if (stays) /* it stays open too; files after it are not looked at */
			break;
		pw_file_close(&r->file);
	}
	r->open = false;
	r->path_at = 0;
	return r->kind->columns(r->parser, found);
}

void pw_reader_keep_delimiter(struct pw_reader *r)
{
	const char d = r->parser->delimiter;
	const char *shown = d == '\t' ? "\\t" : (char[]){d, '\0'};

	if (d == 0 || !r->options.look)
		return;
	r->options.delimiter = d;
	r->options.look = false;
	pw_tool_say(r->tool, "%s: the delimiter is '%s' (as --delimiter '%s' says)",
		    r->path_count > 0 ? shown_name(r->paths[0]) : r->parser->file, shown, shown);
}

/* ---- headers ---- */

/* Compares the header of the file that is open. 0; 1: it is not there yet; -1 */
static int check_header(struct pw_reader *r, struct pw_file *file, struct pw_bytes *text)
{
	int rc;

	pw_bytes_clear(text);
	for (;;) {
		const ptrdiff_t got =
			pw_file_read(file, pw_bytes_room(text, HEADER_BYTES), HEADER_BYTES);
		if (got < 0)
			return -1;
		text->length += (size_t)got;
		rc = r->kind->header(r->parser, text->data, text->length, got == 0 && !r->grows);
		if (rc <= 0 || got == 0 || text->length > r->options.max_line)
			return rc;
		if (pw_parser_begin(r->parser, file->name, file->modified) < 0)
			return -1;
	}
}

/* A file that has gone, or can't be opened, is complained of when its turn comes. */
static int check_file(struct pw_reader *r, const char *path, struct pw_bytes *text)
{
	struct pw_file file;
	int rc = 0;

	if (pw_file_open(&file, path) == 0)
		rc = pw_parser_begin(r->parser, file.name, file.modified) < 0
			     ? -1
			     : check_header(r, &file, text);
	else
		pw_fail_clear();
	pw_file_close(&file);
	return rc < 0 ? -1 : 0;
}

int pw_reader_check_headers(struct pw_reader *r)
{
	struct pw_bytes text = {0};
	int rc = 0;

	if (r->kind->header == NULL || r->path_count < 2)
		return 0;
	for (size_t i = 0; i < r->path_count && rc == 0; i++)
		if ((i == 0 || i >= r->alike) && !read_once_only(r->paths[i]))
			rc = check_file(r, r->paths[i], &text);
	pw_bytes_release(&text);
	return rc;
}

/* ---- rejected rows ---- */

static void on_reject(void *reader, const char *reason, const char *file, uint64_t line,
		      struct pw_slice row)
{
	struct pw_reader *r = reader;

	(void)file; /* both are in the reason */
	(void)line;
	r->tool->rows_in++; /* it was read, though it is not handed on */
	pw_must(r->tool, pw_reject_json(&r->reject, pw_slice_of(reason), row, r->parser->time,
					r->parser->diff));
}

int pw_reader_rejects(struct pw_reader *r)
{
	struct pw_parser_options *p = &r->options;

	pw_reject_choose(&r->reject, r->tool);
	if (pw_reject_open(&r->reject, r->tool) < 0)
		return -1;
	p->policy = r->reject.policy == PW_REJECT_STOP   ? PW_PARSER_STOP
		    : r->reject.policy == PW_REJECT_NULL ? PW_PARSER_NULL
							 : PW_PARSER_SKIP;
	p->reject = on_reject;
	p->context = r;
	return 0;
}

/* Members that no column has. A run that goes on has the columns of the first one. */
static void say_unseen(struct pw_reader *r)
{
	struct pw_parser *p = r->parser;
	const bool goes_on = p->options->kept && p->sampled == 0;
	char *first = pw_mem_print("found in the first %" PRIu64 " rows", (uint64_t)p->sampled);

	pw_tool_say(r->tool,
		    "%s is not among the columns %s: such members are left out, of %" PRIu64
		    " row%s (declare them with -s%s)",
		    pw_bytes_string(&p->unseen_first),
		    goes_on ? "that the first run has found" : first, p->unseen,
		    p->unseen == 1 ? "" : "s", p->options->kept ? " and --reset" : "");
	free(first);
}

int pw_reader_report(struct pw_reader *r)
{
	struct pw_parser *p = r->parser;

	if (p != NULL && p->nulled > 0)
		pw_tool_say(r->tool, "%" PRIu64 " cell%s made null", p->nulled,
			    p->nulled == 1 ? " was" : "s were");
	if (p != NULL && p->unseen > 0)
		say_unseen(r);
	return pw_reject_close(&r->reject, r->tool);
}

/* ---- reading ---- */

int pw_reader_bind(struct pw_reader *r, const struct pw_parser_layout *layout)
{
	if (r->parser == NULL) {
		r->parser = pw_parser_open(r->kind, &r->options);
		if (make_room(r) < 0)
			return -1;
	}
	return pw_parser_bind(r->parser, layout);
}

/* A file that grows is read as far as it goes now, or went when it was first seen. */
static int bound(struct pw_reader *r)
{
	const struct stat before = r->begun;

	if (pw_io()->fstat(r->file.fd, &r->begun) < 0)
		return pw_fail_system(r->file.name);
	if (!S_ISREG(r->begun.st_mode))
		return pw_fail(PW_USAGE, "%s: is no regular file, and only those are followed",
			       r->file.name);
	if (before.st_ino == 0)
		return 0;
	if (before.st_ino != r->begun.st_ino || before.st_dev != r->begun.st_dev)
		return pw_fail(PW_STATE, "%s: was replaced before it was read", r->file.name);
	r->begun = before;
	return 0;
}

/* Rows of what is in the buffer: bytes used, or -1. */
static ptrdiff_t parse(struct pw_reader *r, struct pw_builder *out)
{
	struct pw_parser *p = r->parser;
	const size_t preface = p->preface;
	const char *data = r->data + r->from;
	const ptrdiff_t used =
		r->kind->parse(p, data, r->to - r->from, r->ended && (!r->grows || r->whole), out);

	if (used > 0 && r->grows && r->kind->header && p->preface > preface)
		pw_bytes_add(&r->header, data, p->preface - preface);
	return used;
}

/* Moves on to an offset; the text of a compressed file is read up to there and dropped. */
static int skip_to(struct pw_reader *r, uint64_t offset)
{
	char part[SKIP_BYTES];

	if (r->file.codec == NULL) {
		if (pw_io()->lseek(r->file.fd, (off_t)offset, SEEK_SET) < 0)
			return pw_fail_system(r->file.name);
		r->got = offset;
		return 0;
	}
	while (r->got < offset) {
		const uint64_t left = offset - r->got;
		const ptrdiff_t n =
			pw_file_read(&r->file, part, left < SKIP_BYTES ? (size_t)left : SKIP_BYTES);
		if (n < 0)
			return -1;
		if (n == 0)
			return pw_fail(PW_STATE,
				       "%s: ends before byte %" PRIu64
				       ", to which an earlier run has read"
				       " it",
				       r->file.name, offset);
		r->got += (uint64_t)n;
	}
	return 0;
}

int pw_reader_begin_at(struct pw_reader *r, struct pw_slice header, uint64_t offset, uint64_t line)
{
	struct pw_parser *p = r->parser;
	struct pw_builder none = {0};

	if (begin(r) < 0 || bound(r) < 0)
		return -1;
	if (offset == 0)
		return 0;
	if (header.length > 0 &&
	    p->kind->parse(p, header.data, header.length, false, &none) != (ptrdiff_t)header.length)
		return pw_fail(PW_STATE,
			       "%s: its header is not the one that was read: put it back, or begin "
			       "anew with"
			       " --reset",
			       r->file.name);
	pw_bytes_add(&r->header, header.data, header.length);
	p->line = line;
	return skip_to(r, offset);
}

void pw_reader_go_on(struct pw_reader *r, uint64_t until)
{
	r->until = until;
	r->ended = false;
}

/* Rows of what is in the buffer: PW_READER_ROWS; PW_READER_DONE: more bytes are needed; -1 */
static int parse_on(struct pw_reader *r, struct pw_builder *out)
{
	for (;;) {
		const pw_time promised = r->parser->promised;
		const ptrdiff_t used = parse(r, out);
		if (used < 0)
			return -1;
		r->from += (size_t)used;
		if (r->parser->promised != promised || pw_builder_full(out) ||
		    (r->steps && used > 0))
			return PW_READER_ROWS;
		if (!r->ended || !r->grows || used == 0)
			return PW_READER_DONE;
	}
}

int pw_reader_next(struct pw_reader *r, struct pw_builder *out)
{
	for (;;) {
		if (pw_tool_overdue(r->tool))
			pw_tool_stopped(r->tool);
		if (!r->open && r->path_at == r->path_count)
			return out->rows > 0 ? PW_READER_ROWS : PW_READER_DONE;
		if (!r->open && (begin(r) < 0 || (r->grows && bound(r) < 0)))
			return -1;
		const int rows = r->wanted == 0 ? parse_on(r, out) : PW_READER_DONE;
		if (rows != PW_READER_DONE)
			return rows;
		if (r->ended && r->grows)
			return out->rows > 0 ? PW_READER_ROWS : PW_READER_DONE;
		if (r->ended && r->from == r->to) {
			end(r);
			continue;
		}
		if (r->ended)
			pw_bug("%s: %zu bytes are left over", r->parser->file, r->to - r->from);
		if (out->rows > 0 && (r->block != 0 || !pw_file_ready(&r->file)))
			return PW_READER_ROWS;
		const int more = fill(r);
		if (more < 0)
			return -1;
		if (more == 0)
			return out->rows > 0 ? PW_READER_ROWS : PW_READER_WAITS;
	}
}

void pw_reader_close(struct pw_reader *r)
{
	pw_parser_close(r->parser);
	if (r->open || r->sampled)
		pw_file_close(&r->file);
	free(r->data);
	pw_bytes_release(&r->header);
	r->open = r->sampled = false;
	r->parser = NULL;
	r->data = NULL;
}
