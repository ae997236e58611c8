#include "replay_lane_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	WIDE = 64, /* lanes that may have large buffers */
	PEEK_BYTES = 4 << 10,
	NARROW_BYTES = 16 << 10
};

static struct pw_reader *reader_of(struct pw_replay_files *files, size_t index, size_t block)
{
	struct pw_reader *r = pw_mem_zero(1, sizeof *r);

	*r = (struct pw_reader){
		.steps = files->trails,
		.whole = files->whole,
		.tool = files->first->tool,
		.kind = files->first->kind,
		.options = files->first->options,
		.paths = files->paths + index,
		.path_count = 1,
		.block = block,
		.grows = files->trails || files->first->grows,
	};
	return r;
}

/* At the end of a run the first parser is asked what is to be said of all. */
static void add_counts(struct pw_parser *to, struct pw_parser *from)
{
	to->nulled += from->nulled;
	if (from->unseen > 0 && to->unseen == 0)
		pw_bytes_add(&to->unseen_first, from->unseen_first.data, from->unseen_first.length);
	to->unseen += from->unseen;
}

static void release_reader(struct pw_reader *r)
{
	if (r != NULL)
		pw_reader_close(r);
	free(r);
}

void pw_replay_lane_close(struct pw_replay_files *files, struct pw_replay_lane *lane)
{
	if (lane->reader == NULL)
		return;
	if (lane->reader->parser != NULL)
		lane->reader->parser->lines = NULL;
	if (lane->reader != files->first) {
		if (lane->reader->parser != NULL && files->first->parser != NULL)
			add_counts(files->first->parser, lane->reader->parser);
		release_reader(lane->reader);
	} else if (lane->reader->grows && lane->reader->open) {
		pw_file_close(&lane->reader->file);
		lane->reader->open = false;
	}
	pw_builder_release(&lane->rows);
	free(lane->times);
	free(lane->lines.items);
	files->awake--;
	*lane = (struct pw_replay_lane){.index = lane->index,
					.order = lane->order,
					.next = lane->next,
					.place = lane->place,
					.ended = lane->ended,
					.trail = lane->trail,
					.header = lane->header,
					.key = lane->key};
}

/* The reader of a lane with a trail begins where the trail says. */
static int go_on(struct pw_reader *r, const struct pw_replay_lane *lane)
{
	const struct pw_replay_trail *t = &lane->trail;

	r->until = lane->until;
	return pw_reader_begin_at(r, (struct pw_slice){lane->header.data, lane->header.length},
				  t->block, t->block_line);
}

void pw_replay_lane_forget(struct pw_replay_lane *lane)
{
	pw_replay_trail_release(&lane->trail);
	pw_bytes_release(&lane->header);
	free(lane->key);
	lane->key = NULL;
}

static int wake(struct pw_replay_files *files, struct pw_replay_lane *lane)
{
	const size_t block = files->awake < WIDE ? 0 : NARROW_BYTES;

	lane->reader = lane->index == 0 && !files->trails ? files->first
							  : reader_of(files, lane->index, block);
	lane->reader->begun = lane->begun;
	files->awake++;
	pw_builder_init(&lane->rows, files->schema);
	if (block == 0)
		pw_builder_intern(&lane->rows);
	if (lane->reader != files->first && pw_reader_bind(lane->reader, files->layout) < 0)
		return -1;
	lane->reader->parser->lines = &lane->lines;
	return files->trails ? go_on(lane->reader, lane) : 0;
}

/* The system lets us have no more files open. */
static int too_many(const struct pw_replay_files *files, const struct pw_replay_lane *lane)
{
	return pw_fail(PW_SYSTEM,
		       "%s: the times of more than %zu files overlap, and --replay can't have"
		       " more open at once (see ulimit -n)",
		       files->paths[lane->index], files->awake - 1);
}

static int bad_row(const struct pw_replay_files *files, struct pw_replay_lane *lane, uint32_t row)
{
	pw_replay_time_fail(&files->time, lane->view, row);
	return pw_fail_at("%s:%" PRIu64, lane->reader->parser->file, lane->lines.items[row]);
}

/* Rows without a time are dropped, and reported. */
static int drop_rows(struct pw_replay_files *files, struct pw_replay_lane *lane, uint32_t row)
{
	struct pw_builder rest;
	uint32_t *rows = pw_mem_alloc(lane->view->rows, sizeof *rows), count = 0;
	int rc = 0;

	for (uint32_t i = 0; i < row; i++)
		rows[count++] = i;
	while (row < lane->view->rows && rc == 0) {
		bad_row(files, lane, row);
		rc = pw_reject_row(&files->first->reject, pw_slice_of(pw_fail_text()), lane->view,
				   row);
		if (rc == 0)
			pw_fail_clear();
		const uint32_t from = row + 1;
		row = pw_replay_time_rows(&files->time, lane->view, from, lane->times);
		for (uint32_t i = from; i < row; i++) {
			lane->times[count] = lane->times[i];
			rows[count++] = i;
		}
	}
	pw_builder_init(&rest, files->schema);
	pw_builder_gather(&rest, lane->view, rows, count);
	for (uint32_t i = 0; i < count; i++)
		lane->lines.items[i] = lane->lines.items[rows[i]];
	lane->lines.count = count;
	free(rows);
	pw_builder_release(&lane->rows);
	lane->rows = rest;
	lane->view = pw_builder_view(&lane->rows);
	return rc;
}

static int find_times(struct pw_replay_files *files, struct pw_replay_lane *lane)
{
	const enum pw_reject_policy policy = files->first->reject.policy;

	lane->view = pw_builder_view(&lane->rows);
	lane->times = pw_mem_grow(lane->times, &lane->time_capacity, lane->view->rows,
				  sizeof *lane->times);
	const uint32_t row = pw_replay_time_rows(&files->time, lane->view, 0, lane->times);
	if (row == lane->view->rows)
		return 0;
	if (policy == PW_REJECT_SKIP || policy == PW_REJECT_FILE)
		return drop_rows(files, lane, row);
	return bad_row(files, lane, row);
}

static int note_end(struct pw_replay_files *files, const struct pw_reader *r)
{
	return files->first->grows ? pw_replay_end_note(&files->ends, r) : 0;
}

int pw_replay_lane_fill(struct pw_replay_files *files, struct pw_replay_lane *lane)
{
	if (lane->reader == NULL && !lane->ended && wake(files, lane) < 0)
		return -1;
	while (!lane->ended && pw_replay_lane_empty(lane)) {
		if (files->trails)
			files->bytes += pw_replay_trail_leave(&lane->trail, lane->reader,
							      &lane->lines, files->now);
		pw_builder_clear(&lane->rows);
		lane->view = NULL;
		lane->lines.count = 0;
		lane->at = 0;
		errno = 0;
		const int more = pw_reader_next(lane->reader, &lane->rows);
		if (more < 0)
			return errno == EMFILE ? too_many(files, lane) : -1;
		if (more == PW_READER_WAITS)
			return more;
		lane->ended = more == 0;
		if (more == 0 && !files->trails && note_end(files, lane->reader) < 0)
			return -1;
		if (more == 0 && !files->trails)
			pw_replay_lane_close(files, lane);
		else if (more > 0 && find_times(files, lane) < 0)
			return -1;
	}
	if (!lane->ended)
		pw_replay_lane_next(files, lane);
	return 0;
}

bool pw_replay_lane_sleeps(const struct pw_replay_files *files, const struct pw_replay_lane *lane)
{
	const char *path = files->paths[lane->index];
	struct stat st;

	return files->count > WIDE && (lane->index > 0 || files->trails) &&
	       strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The lane's next row is the first one that has a time; false: there is none. */
static bool first_time(const struct pw_replay_time *rule, const struct pw_batch *b, pw_time *times,
		       struct pw_replay_lane *lane)
{
	for (uint32_t i = 0; i < b->rows; i++)
		if (pw_replay_time_rows(rule, b, i, times) > i) {
			lane->next = times[i];
			lane->place = pw_replay_time_place(rule, b, i);
			return true;
		}
	return false;
}

/* Rows without a time that come before the first row with one are reported when they are read for good. */
int pw_replay_lane_peek(struct pw_replay_files *files, struct pw_replay_lane *lane)
{
	struct pw_reader *r = reader_of(files, lane->index, PEEK_BYTES);
	struct pw_builder rows;
	pw_time *times = NULL;
	size_t capacity = 0;
	bool found = false;
	int more = 1;

	r->options.reject = NULL;
	pw_builder_init(&rows, files->schema);
	if (pw_reader_bind(r, files->layout) < 0 || (files->trails && go_on(r, lane) < 0))
		more = -1;
	while (more > 0 && !found) {
		pw_builder_clear(&rows);
		more = pw_reader_next(r, &rows);
		if (more <= 0)
			break;
		const struct pw_batch *b = pw_builder_view(&rows);
		times = pw_mem_grow(times, &capacity, b->rows, sizeof *times);
		found = first_time(&files->time, b, times, lane);
	}
	lane->ended = lane->passed_over = more == 0;
	lane->begun = r->begun;
	if (more == 0 && !files->trails && note_end(files, r) < 0)
		more = -1;
	pw_builder_release(&rows);
	free(times);
	release_reader(r);
	return more < 0 ? -1 : 0;
}
