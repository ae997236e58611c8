/*
 * keeping - a program's state, saved and loaded at random moments
 *
 * A program's source is included with its main renamed to program_main, and
 * linked with pw_tool_register_state and pw_tool_next wrapped (Makefile). keeping runs
 * it over a random stream: once as it is, and once again in pieces. A piece
 * is a process that loads the checkpoints so far, takes what has not been taken in,
 * writes checkpoints, full or as deltas, when their times are complete, and is gone
 * at the last of them. What all pieces wrote must be what the first run did.
 *
 * Use:      struct keeping k = {...}; CHECK(keeping(&k, seed)).
 */
#ifndef KEEPING_H
#define KEEPING_H

#include "../../lib/base/fail.h"
#include "../../lib/data/roworder.h"
#include "../../lib/tool/state.h"
#include "streams.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

struct keeping {
	const char *args[12]; /* of the program; "0" and "1" are its inputs, if it has two */
	bool append_only[2];
	bool unique;           /* one row per key, on each side */
	bool same_names;       /* both sides have the same columns */
	uint32_t keys, values; /* how many different ones; the first is null */
	uint32_t rows;         /* in a commit, at most */
};

int program_main(int argc, char **argv);

enum { COMMITS = 40, CUTS = 12 };

/* ---- random streams ---- */

struct checkpoints_change {
	uint32_t key, value;
	pw_diff diff;
	pw_time time;
};

static struct checkpoints_input {
	struct checkpoints_change *changes;
	size_t count, capacity;
	struct checkpoints_change *live; /* rows that can go */
	size_t live_count, live_capacity;
} checkpoints_inputs[2];

static struct pw_schema checkpoints_schema[2];

static inline void checkpoints_add(struct checkpoints_input *in, uint32_t key, uint32_t value,
				   pw_diff diff, pw_time time)
{
	in->changes = pw_mem_grow(in->changes, &in->capacity, in->count + 1, sizeof *in->changes);
	in->changes[in->count++] = (struct checkpoints_change){key, value, diff, time};
	if (diff < 0)
		return;
	in->live = pw_mem_grow(in->live, &in->live_capacity, in->live_count + 1, sizeof *in->live);
	in->live[in->live_count++] = in->changes[in->count - 1];
}

static inline void checkpoints_remove(struct checkpoints_input *in, size_t at, pw_time time)
{
	const struct checkpoints_change c = in->live[at];

	in->live[at] = in->live[--in->live_count];
	checkpoints_add(in, c.key, c.value, -1, time);
}

static inline void checkpoints_change(const struct keeping *k, int side, pw_time time)
{
	struct checkpoints_input *in = &checkpoints_inputs[side];
	const uint32_t key = draw(k->keys), value = draw(k->values);

	if (!k->append_only[side] && in->live_count > 0 && draw(3) == 0)
		checkpoints_remove(in, draw((uint32_t)in->live_count), time);
	for (size_t i = 0; k->unique && i < in->live_count; i++)
		if (in->live[i].key == key) {
			if (k->append_only[side])
				return;
			checkpoints_remove(in, i, time);
			break;
		}
	checkpoints_add(in, key, value, 1, time);
}

/* Commits at even times, now and then a long while without any. */
static inline void checkpoints_generate(const struct keeping *k)
{
	for (int side = 0; side < 2; side++) {
		struct checkpoints_input *in = &checkpoints_inputs[side];
		struct pw_schema *s = &checkpoints_schema[side];
		const bool other = side == 1 && !k->same_names;

		in->count = in->live_count = 0;
		pw_schema_release(s);
		pw_schema_add(s, PW_SLICE("k"), PW_TYPE(PW_INT), false);
		pw_schema_add(s, other ? PW_SLICE("w") : PW_SLICE("v"), PW_TYPE(PW_INT), false);
		pw_schema_add(s, other ? PW_SLICE("t") : PW_SLICE("s"),
			      (struct pw_type){PW_STR, 0, true}, false);
		pw_schema_add(s, other ? PW_SLICE("g") : PW_SLICE("f"), PW_TYPE(PW_FLOAT), false);
		s->append_only = k->append_only[side];
		for (pw_time time = 2; time <= 2 * COMMITS; time += 2)
			for (uint32_t n = draw(4) == 0 ? 0 : draw(k->rows); n > 0; n--)
				checkpoints_change(k, side, time);
	}
}

static inline void checkpoints_row(struct pw_builder *b, const struct checkpoints_change *c)
{
	char text[32];

	if (c->key == 0)
		pw_vector_null(&b->vectors[0]);
	else
		pw_vector_word(&b->vectors[0], c->key);
	if (c->value == 0)
		pw_vector_null(&b->vectors[1]);
	else
		pw_vector_word(&b->vectors[1], (int64_t)c->value - 3);
	pw_vector_text(&b->vectors[2], text,
		       (size_t)snprintf(text, sizeof text, "text %u", c->value % 5));
	if (c->value % 4 == 3)
		pw_vector_null(&b->vectors[3]);
	else
		pw_vector_float(&b->vectors[3], c->value * 0.1);
	pw_builder_row(b, c->time, c->diff);
}

/* Rows of times from on; a frontier at each time of checkpoints, and at others. */
static inline void checkpoints_write(const char *path, int side, pw_time from,
				     const pw_time *checkpoints)
{
	const struct checkpoints_input *in = &checkpoints_inputs[side];
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	struct pw_head head = {.schema = checkpoints_schema[side], .stage = {.program = "pw-read"}};
	struct pw_output o;
	struct pw_builder b;
	size_t i = 0;

	pw_output_open(&o, fd, false);
	pw_output_head(&o, &head);
	pw_builder_init(&b, &checkpoints_schema[side]);
	for (pw_time time = 2; time <= 2 * COMMITS + 2; time += 2) {
		bool checkpoint = false;

		for (int c = 0; c < CUTS; c++)
			checkpoint |= checkpoints[c] == time;
		if (time > from && (checkpoint || draw(4) == 0)) {
			if (b.rows > 0)
				pw_output_batch(&o, pw_builder_view(&b));
			pw_builder_clear(&b);
			pw_output_frontier(&o, time);
			pw_output_flush(&o);
		}
		for (; i < in->count && in->changes[i].time <= time; i++)
			if (in->changes[i].time >= from)
				checkpoints_row(&b, &in->changes[i]);
	}
	if (b.rows > 0)
		pw_output_batch(&o, pw_builder_view(&b));
	pw_builder_release(&b);
	pw_output_end(&o, PW_FINISHED, PW_OK, 0);
	pw_output_close(&o);
	close(fd);
}

/* ---- in the process of a piece ---- */

static struct {
	bool on;
	pw_time from;               /* where the state is to be loaded */
	const pw_time *checkpoints; /* CUTS of them, ascending */
	const bool *fulls;          /* per checkpoint: is it to be full, and no delta? */
	pw_time last;               /* the checkpoint behind which the process goes */
	int next;
	const char *folder;
	const struct pw_checkpointer *checkpointer;
	void *state;
	struct pw_tool *tool;
	struct pw_schema schema;
} piece;

static inline char *checkpoints_path(const char *what, pw_time time)
{
	return pw_mem_print("%s/%s-%llu", piece.folder, what, (unsigned long long)time);
}

static int checkpoints_emit(void *to, const struct pw_batch *batch)
{
	if (batch->rows > PW_BATCH_ROWS)
		pw_bug("a batch of %u rows", batch->rows);
	return pw_output_batch(to, batch);
}

static inline void checkpoints_save(pw_time time, bool full)
{
	char *path = checkpoints_path(full ? "full" : "delta", time);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	struct pw_head head = {.schema = piece.schema, .stage = {.program = "checkpoint"}};
	struct pw_output o;

	pw_output_open(&o, fd, false);
	if (pw_output_head(&o, &head) < 0 ||
	    pw_checkpointer_save(piece.checkpointer, piece.state, full, &piece.schema, time,
				 checkpoints_emit, &o) < 0)
		pw_bug("save: %s", pw_fail_text());
	pw_output_end(&o, PW_FINISHED, PW_OK, 0);
	pw_output_close(&o);
	close(fd);
	free(path);
	piece.checkpointer->saved(piece.state);
	if (piece.checkpointer->changed(piece.state) != PW_CHECKPOINTER_SAME)
		pw_bug("it is saved, and has changed");
}

static inline bool checkpoints_there(const char *what, pw_time time)
{
	char *path = checkpoints_path(what, time);
	const bool there = access(path, R_OK) == 0;

	free(path);
	return there;
}

static inline void checkpoints_load(pw_time time, bool full)
{
	char *path = checkpoints_path(full ? "full" : "delta", time);
	struct pw_source s;
	struct pw_event ev;

	pw_source_open(&s, open(path, O_RDONLY));
	piece.checkpointer->expect(piece.state, full, draw(2) ? 10 : 5000);
	while (next_event(&s, &ev) > 0)
		if (ev.kind == PW_EVENT_BATCH &&
		    pw_checkpointer_load(piece.checkpointer, piece.state, ev.batch) < 0)
			pw_bug("load: %s", pw_fail_text());
	if (piece.checkpointer->loaded(piece.state) < 0)
		pw_bug("loaded: %s", pw_fail_text());
	pw_source_close(&s);
	free(path);
}

static inline void checkpoints_load_all(void)
{
	pw_time full = 0;

	for (pw_time time = 2; time <= piece.from; time += 2)
		if (checkpoints_there("full", time))
			full = time;
	if (full > 0)
		checkpoints_load(full, true);
	for (pw_time time = full + 2; full > 0 && time <= piece.from; time += 2)
		if (checkpoints_there("delta", time))
			checkpoints_load(time, false);
	if (piece.checkpointer->changed(piece.state) != PW_CHECKPOINTER_SAME)
		pw_bug("it is loaded, and has changed");
}

int __wrap_pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
				  void *state);
int __wrap_pw_tool_register_state(struct pw_tool *t, const struct pw_checkpointer *checkpointer,
				  void *state)
{
	if (!piece.on)
		return 0;
	piece.tool = t;
	piece.checkpointer = checkpointer;
	piece.state = state;
	if (pw_checkpointer_schema(checkpointer, &piece.schema) < 0)
		pw_bug("schema: %s", pw_fail_text());
	checkpoints_load_all();
	return 1;
}

static inline bool checkpoints_has_full(pw_time before)
{
	for (pw_time time = 2; time < before; time += 2)
		if (checkpoints_there("full", time))
			return true;
	return false;
}

bool __real_pw_tool_next(struct pw_tool *t, struct pw_event *ev);
bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev);
bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev)
{
	for (; piece.on && piece.next < CUTS && piece.checkpoints[piece.next] <= t->frontier &&
	       t->frontier != PW_TIME_END;
	     piece.next++) {
		const pw_time time = piece.checkpoints[piece.next];
		const enum pw_checkpointer_change changed =
			piece.checkpointer->changed(piece.state);

		if (time <= piece.from)
			continue;
		if (time != t->frontier)
			pw_bug("the frontier is beyond the checkpoint");
		if (changed != PW_CHECKPOINTER_SAME)
			checkpoints_save(time, changed == PW_CHECKPOINTER_FULL ||
						       piece.fulls[piece.next] ||
						       !checkpoints_has_full(time));
		if (time == piece.last) {
			pw_tool_flush(t);
			_exit(0);
		}
	}
	return __real_pw_tool_next(t, ev);
}

/* ---- runs ---- */

static inline void checkpoints_exec(const struct keeping *k, const char *out)
{
	static char paths[2][PATH_MAX];
	char *argv[14] = {"program"};
	int argc = 1;
	bool two = false;

	for (int side = 0; side < 2; side++)
		snprintf(paths[side], sizeof paths[side], "%s/in%d", piece.folder, side);
	for (; k->args[argc - 1] != NULL; argc++) {
		const char *arg = k->args[argc - 1];
		const bool input = strcmp(arg, "0") == 0 || strcmp(arg, "1") == 0;

		argv[argc] = input ? paths[arg[0] - '0'] : (char *)arg;
		two |= input;
	}
	dup2(open(two ? "/dev/null" : paths[0], O_RDONLY), 0);
	dup2(open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600), 1);
	_exit(program_main(argc, argv));
}

/* From one time on, up to the checkpoint last (0: to the end); what is written goes to out. */
static inline bool checkpoints_run(const struct keeping *k, bool keeps, pw_time from, pw_time last,
				   const pw_time *checkpoints, const bool *fulls, const char *out)
{
	int status = -1;

	for (int side = 0; side < 2; side++) {
		char *path = pw_mem_print("%s/in%d", piece.folder, side);

		checkpoints_write(path, side, from, checkpoints);
		free(path);
	}
	const pid_t pid = fork();

	if (pid == 0) {
		piece.on = keeps;
		piece.from = from;
		piece.last = last;
		piece.checkpoints = checkpoints;
		piece.fulls = fulls;
		piece.next = 0;
		checkpoints_exec(k, out);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* Adds the changes of a stream to a list of lines: time, row; and to diffs. */
struct checkpoints_lines {
	struct pw_bytes *lines;
	pw_diff *diffs;
	size_t count, capacity, diff_capacity;
};

static inline void checkpoints_read(const char *path, struct checkpoints_lines *l)
{
	struct pw_roworder order = {0};
	struct pw_schema schema = {0};
	struct pw_rowkeys keys = {0};
	struct pw_source s;
	struct pw_event ev;

	pw_source_open(&s, open(path, O_RDONLY));
	while (next_event(&s, &ev) > 0) {
		if (ev.kind == PW_EVENT_HEAD) {
			pw_schema_copy(&schema, &s.head.schema);
			pw_roworder_init(&order, &schema, NULL);
		}
		if (ev.kind != PW_EVENT_BATCH)
			continue;
		pw_roworder_encode(&order, &keys, ev.batch);
		for (uint32_t i = 0; i < ev.batch->rows; i++) {
			const struct pw_slice row = pw_rowkeys_at(&keys, i);
			struct pw_bytes line = {0};

			pw_bytes_print(&line, "%8llu ",
				       (unsigned long long)pw_batch_time(ev.batch, i));
			pw_bytes_add(&line, row.data, row.length);
			l->lines = pw_mem_grow(l->lines, &l->capacity, l->count + 1, sizeof line);
			l->diffs = pw_mem_grow(l->diffs, &l->diff_capacity, l->count + 1,
					       sizeof *l->diffs);
			l->lines[l->count] = line;
			l->diffs[l->count++] = pw_batch_diff(ev.batch, i);
		}
	}
	pw_rowkeys_release(&keys);
	pw_roworder_release(&order);
	pw_schema_release(&schema);
	pw_source_close(&s);
}

static struct checkpoints_lines *checkpoints_sorted;

static int checkpoints_compare(const void *a, const void *b)
{
	const struct pw_bytes *x = &checkpoints_sorted->lines[*(const size_t *)a];
	const struct pw_bytes *y = &checkpoints_sorted->lines[*(const size_t *)b];
	const size_t shared = x->length < y->length ? x->length : y->length;
	const int order = memcmp(x->data, y->data, shared);

	return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* The changes summed up by time and row, as one text. */
static inline void checkpoints_sum(struct checkpoints_lines *l, struct pw_bytes *text)
{
	size_t *at = pw_mem_alloc(l->count + 1, sizeof *at);

	for (size_t i = 0; i < l->count; i++)
		at[i] = i;
	checkpoints_sorted = l;
	qsort(at, l->count, sizeof *at, checkpoints_compare);
	for (size_t i = 0, end; i < l->count; i = end) {
		pw_diff sum = 0;

		for (end = i; end < l->count && checkpoints_compare(&at[i], &at[end]) == 0; end++)
			sum += l->diffs[at[end]];
		if (sum == 0)
			continue;
		pw_bytes_add(text, l->lines[at[i]].data, l->lines[at[i]].length);
		pw_bytes_print(text, " %lld\n", (long long)sum);
	}
	for (size_t i = 0; i < l->count; i++)
		pw_bytes_release(&l->lines[i]);
	free(l->lines);
	free(l->diffs);
	free(at);
	*l = (struct checkpoints_lines){0};
}

static inline void checkpoints_plan(pw_time *checkpoints, bool *fulls)
{
	pw_time time = 0;

	for (int c = 0; c < CUTS; c++) {
		time += 2 + 2 * draw(2 * COMMITS / CUTS - 2);
		checkpoints[c] = time <= 2 * COMMITS ? time : PW_TIME_END;
		fulls[c] = draw(3) == 0;
	}
}

static inline bool checkpoints_pieces(const struct keeping *k, const pw_time *checkpoints,
				      const bool *fulls, struct checkpoints_lines *lines)
{
	pw_time from = 0;

	for (int c = 0; c < CUTS && checkpoints[c] != PW_TIME_END; c++) {
		if (draw(2) == 0)
			continue;
		char *out = checkpoints_path("out", checkpoints[c]);

		if (!checkpoints_run(k, true, from, checkpoints[c], checkpoints, fulls, out))
			return false;
		/* a piece that is gone has sent no END */
		checkpoints_read(out, lines);
		free(out);
		from = checkpoints[c];
	}
	char *out = checkpoints_path("out", 0);
	const bool good = checkpoints_run(k, true, from, 0, checkpoints, fulls, out);

	checkpoints_read(out, lines);
	free(out);
	return good;
}

static inline bool keeping(const struct keeping *k, uint64_t seed)
{
	const char *top = getenv("TMPDIR");
	char *folder = pw_mem_print("%s/keeping-XXXXXX", top ? top : "/tmp");
	struct checkpoints_lines lines = {0};
	struct pw_bytes whole = {0}, pieces = {0};
	pw_time checkpoints[CUTS];
	bool fulls[CUTS];
	bool good;

	random_state = seed;
	piece.folder = mkdtemp(folder);
	checkpoints_generate(k);
	checkpoints_plan(checkpoints, fulls);
	char *out = checkpoints_path("whole", 0);

	good = checkpoints_run(k, false, 0, 0, checkpoints, fulls, out);
	checkpoints_read(out, &lines);
	checkpoints_sum(&lines, &whole);
	good &= checkpoints_pieces(k, checkpoints, fulls, &lines);
	checkpoints_sum(&lines, &pieces);
	good &= whole.length > 0 && whole.length == pieces.length &&
		memcmp(whole.data, pieces.data, whole.length) == 0;
	if (good) {
		char *command = pw_mem_print("rm -rf '%s'", folder);

		good = system(command) == 0;
		free(command);
	} else {
		printf("# seed %llu: see %s\n", (unsigned long long)seed, folder);
	}
	free(out);
	free(folder);
	pw_bytes_release(&whole);
	pw_bytes_release(&pieces);
	return good;
}

#endif
