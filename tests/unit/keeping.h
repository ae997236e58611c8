/*
 * keeping - a program's state, saved and loaded at random moments
 *
 * A program's source is included with its main renamed to program_main, and
 * linked with pw_tool_keep and pw_tool_next wrapped (Makefile). keeping runs
 * it over a random stream: once as it is, and once again in pieces. A piece
 * is a process that loads the cuts so far, takes what has not been taken in,
 * writes cuts, full or as deltas, when their times are complete, and is gone
 * at the last of them. What all pieces wrote must be what the first run did.
 *
 * Use:      struct keeping k = {...}; CHECK(keeping(&k, seed)).
 */
#ifndef KEEPING_H
#define KEEPING_H

#include "../../lib/base/fail.h"
#include "../../lib/data/roworder.h"
#include "../../lib/tool/keeper.h"
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

struct keeping_change {
	uint32_t key, value;
	pw_diff diff;
	pw_time time;
};

static struct keeping_input {
	struct keeping_change *changes;
	size_t count, capacity;
	struct keeping_change *live; /* rows that can go */
	size_t live_count, live_capacity;
} keeping_inputs[2];

static struct pw_schema keeping_schema[2];

static inline void keeping_add(struct keeping_input *in, uint32_t key, uint32_t value, pw_diff diff,
			       pw_time time)
{
	in->changes = pw_mem_grow(in->changes, &in->capacity, in->count + 1, sizeof *in->changes);
	in->changes[in->count++] = (struct keeping_change){key, value, diff, time};
	if (diff < 0)
		return;
	in->live = pw_mem_grow(in->live, &in->live_capacity, in->live_count + 1, sizeof *in->live);
	in->live[in->live_count++] = in->changes[in->count - 1];
}

static inline void keeping_remove(struct keeping_input *in, size_t at, pw_time time)
{
	const struct keeping_change c = in->live[at];

	in->live[at] = in->live[--in->live_count];
	keeping_add(in, c.key, c.value, -1, time);
}

static inline void keeping_change(const struct keeping *k, int side, pw_time time)
{
	struct keeping_input *in = &keeping_inputs[side];
	const uint32_t key = draw(k->keys), value = draw(k->values);

	if (!k->append_only[side] && in->live_count > 0 && draw(3) == 0)
		keeping_remove(in, draw((uint32_t)in->live_count), time);
	for (size_t i = 0; k->unique && i < in->live_count; i++)
		if (in->live[i].key == key) {
			if (k->append_only[side])
				return;
			keeping_remove(in, i, time);
			break;
		}
	keeping_add(in, key, value, 1, time);
}

/* Commits at even times, now and then a long while without any. */
static inline void keeping_generate(const struct keeping *k)
{
	for (int side = 0; side < 2; side++) {
		struct keeping_input *in = &keeping_inputs[side];
		struct pw_schema *s = &keeping_schema[side];
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
				keeping_change(k, side, time);
	}
}

static inline void keeping_row(struct pw_builder *b, const struct keeping_change *c)
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

/* Rows of times from on; a frontier at each time of cuts, and at others. */
static inline void keeping_write(const char *path, int side, pw_time from, const pw_time *cuts)
{
	const struct keeping_input *in = &keeping_inputs[side];
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	struct pw_head head = {.schema = keeping_schema[side], .stage = {.program = "pw-read"}};
	struct pw_output o;
	struct pw_builder b;
	size_t i = 0;

	pw_output_open(&o, fd, false);
	pw_output_head(&o, &head);
	pw_builder_init(&b, &keeping_schema[side]);
	for (pw_time time = 2; time <= 2 * COMMITS + 2; time += 2) {
		bool cut = false;

		for (int c = 0; c < CUTS; c++)
			cut |= cuts[c] == time;
		if (time > from && (cut || draw(4) == 0)) {
			if (b.rows > 0)
				pw_output_batch(&o, pw_builder_view(&b));
			pw_builder_clear(&b);
			pw_output_frontier(&o, time);
			pw_output_flush(&o);
		}
		for (; i < in->count && in->changes[i].time <= time; i++)
			if (in->changes[i].time >= from)
				keeping_row(&b, &in->changes[i]);
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
	pw_time from;        /* where the state is to be loaded */
	const pw_time *cuts; /* CUTS of them, ascending */
	const bool *fulls;   /* per cut: is it to be full, and no delta? */
	pw_time last;        /* the cut behind which the process goes */
	int next;
	const char *folder;
	const struct pw_keeper *keeper;
	void *state;
	struct pw_tool *tool;
	struct pw_schema schema;
} piece;

static inline char *keeping_path(const char *what, pw_time time)
{
	return pw_mem_print("%s/%s-%llu", piece.folder, what, (unsigned long long)time);
}

static int keeping_emit(void *to, const struct pw_batch *batch)
{
	if (batch->rows > PW_BATCH_ROWS)
		pw_bug("a batch of %u rows", batch->rows);
	return pw_output_batch(to, batch);
}

static inline void keeping_save(pw_time time, bool full)
{
	char *path = keeping_path(full ? "full" : "delta", time);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	struct pw_head head = {.schema = piece.schema, .stage = {.program = "cut"}};
	struct pw_output o;

	pw_output_open(&o, fd, false);
	if (pw_output_head(&o, &head) < 0 ||
	    pw_keeper_save(piece.keeper, piece.state, full, &piece.schema, time, keeping_emit, &o) <
		    0)
		pw_bug("save: %s", pw_fail_text());
	pw_output_end(&o, PW_FINISHED, PW_OK, 0);
	pw_output_close(&o);
	close(fd);
	free(path);
	piece.keeper->saved(piece.state);
	if (piece.keeper->changed(piece.state) != PW_KEEPER_SAME)
		pw_bug("it is saved, and has changed");
}

static inline bool keeping_there(const char *what, pw_time time)
{
	char *path = keeping_path(what, time);
	const bool there = access(path, R_OK) == 0;

	free(path);
	return there;
}

static inline void keeping_load(pw_time time, bool full)
{
	char *path = keeping_path(full ? "full" : "delta", time);
	struct pw_source s;
	struct pw_event ev;

	pw_source_open(&s, open(path, O_RDONLY));
	piece.keeper->expect(piece.state, full, draw(2) ? 10 : 5000);
	while (next_event(&s, &ev) > 0)
		if (ev.kind == PW_EVENT_BATCH &&
		    pw_keeper_load(piece.keeper, piece.state, ev.batch) < 0)
			pw_bug("load: %s", pw_fail_text());
	if (piece.keeper->loaded(piece.state) < 0)
		pw_bug("loaded: %s", pw_fail_text());
	pw_source_close(&s);
	free(path);
}

static inline void keeping_load_all(void)
{
	pw_time full = 0;

	for (pw_time time = 2; time <= piece.from; time += 2)
		if (keeping_there("full", time))
			full = time;
	if (full > 0)
		keeping_load(full, true);
	for (pw_time time = full + 2; full > 0 && time <= piece.from; time += 2)
		if (keeping_there("delta", time))
			keeping_load(time, false);
	if (piece.keeper->changed(piece.state) != PW_KEEPER_SAME)
		pw_bug("it is loaded, and has changed");
}

int __wrap_pw_tool_keep(struct pw_tool *t, const struct pw_keeper *keeper, void *state);
int __wrap_pw_tool_keep(struct pw_tool *t, const struct pw_keeper *keeper, void *state)
{
	if (!piece.on)
		return 0;
	piece.tool = t;
	piece.keeper = keeper;
	piece.state = state;
	if (pw_keeper_schema(keeper, &piece.schema) < 0)
		pw_bug("schema: %s", pw_fail_text());
	keeping_load_all();
	return 1;
}

static inline bool keeping_has_full(pw_time before)
{
	for (pw_time time = 2; time < before; time += 2)
		if (keeping_there("full", time))
			return true;
	return false;
}

bool __real_pw_tool_next(struct pw_tool *t, struct pw_event *ev);
bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev);
bool __wrap_pw_tool_next(struct pw_tool *t, struct pw_event *ev)
{
	for (; piece.on && piece.next < CUTS && piece.cuts[piece.next] <= t->frontier &&
	       t->frontier != PW_TIME_END;
	     piece.next++) {
		const pw_time time = piece.cuts[piece.next];
		const enum pw_keeper_change changed = piece.keeper->changed(piece.state);

		if (time <= piece.from)
			continue;
		if (time != t->frontier)
			pw_bug("the frontier is beyond the cut");
		if (changed != PW_KEEPER_SAME)
			keeping_save(time, changed == PW_KEEPER_FULL || piece.fulls[piece.next] ||
						   !keeping_has_full(time));
		if (time == piece.last) {
			pw_tool_flush(t);
			_exit(0);
		}
	}
	return __real_pw_tool_next(t, ev);
}

/* ---- runs ---- */

static inline void keeping_exec(const struct keeping *k, const char *out)
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

/* From one time on, up to the cut last (0: to the end); what is written goes to out. */
static inline bool keeping_run(const struct keeping *k, bool keeps, pw_time from, pw_time last,
			       const pw_time *cuts, const bool *fulls, const char *out)
{
	int status = -1;

	for (int side = 0; side < 2; side++) {
		char *path = pw_mem_print("%s/in%d", piece.folder, side);

		keeping_write(path, side, from, cuts);
		free(path);
	}
	const pid_t pid = fork();

	if (pid == 0) {
		piece.on = keeps;
		piece.from = from;
		piece.last = last;
		piece.cuts = cuts;
		piece.fulls = fulls;
		piece.next = 0;
		keeping_exec(k, out);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* Adds the changes of a stream to a list of lines: time, row; and to diffs. */
struct keeping_lines {
	struct pw_bytes *lines;
	pw_diff *diffs;
	size_t count, capacity, diff_capacity;
};

static inline void keeping_read(const char *path, struct keeping_lines *l)
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

static struct keeping_lines *keeping_sorted;

static int keeping_compare(const void *a, const void *b)
{
	const struct pw_bytes *x = &keeping_sorted->lines[*(const size_t *)a];
	const struct pw_bytes *y = &keeping_sorted->lines[*(const size_t *)b];
	const size_t shared = x->length < y->length ? x->length : y->length;
	const int order = memcmp(x->data, y->data, shared);

	return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* The changes summed up by time and row, as one text. */
static inline void keeping_sum(struct keeping_lines *l, struct pw_bytes *text)
{
	size_t *at = pw_mem_alloc(l->count + 1, sizeof *at);

	for (size_t i = 0; i < l->count; i++)
		at[i] = i;
	keeping_sorted = l;
	qsort(at, l->count, sizeof *at, keeping_compare);
	for (size_t i = 0, end; i < l->count; i = end) {
		pw_diff sum = 0;

		for (end = i; end < l->count && keeping_compare(&at[i], &at[end]) == 0; end++)
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
	*l = (struct keeping_lines){0};
}

static inline void keeping_plan(pw_time *cuts, bool *fulls)
{
	pw_time time = 0;

	for (int c = 0; c < CUTS; c++) {
		time += 2 + 2 * draw(2 * COMMITS / CUTS - 2);
		cuts[c] = time <= 2 * COMMITS ? time : PW_TIME_END;
		fulls[c] = draw(3) == 0;
	}
}

static inline bool keeping_pieces(const struct keeping *k, const pw_time *cuts, const bool *fulls,
				  struct keeping_lines *lines)
{
	pw_time from = 0;

	for (int c = 0; c < CUTS && cuts[c] != PW_TIME_END; c++) {
		if (draw(2) == 0)
			continue;
		char *out = keeping_path("out", cuts[c]);

		if (!keeping_run(k, true, from, cuts[c], cuts, fulls, out))
			return false;
		/* a piece that is gone has sent no END */
		keeping_read(out, lines);
		free(out);
		from = cuts[c];
	}
	char *out = keeping_path("out", 0);
	const bool good = keeping_run(k, true, from, 0, cuts, fulls, out);

	keeping_read(out, lines);
	free(out);
	return good;
}

static inline bool keeping(const struct keeping *k, uint64_t seed)
{
	const char *top = getenv("TMPDIR");
	char *folder = pw_mem_print("%s/keeping-XXXXXX", top ? top : "/tmp");
	struct keeping_lines lines = {0};
	struct pw_bytes whole = {0}, pieces = {0};
	pw_time cuts[CUTS];
	bool fulls[CUTS];
	bool good;

	random_state = seed;
	piece.folder = mkdtemp(folder);
	keeping_generate(k);
	keeping_plan(cuts, fulls);
	char *out = keeping_path("whole", 0);

	good = keeping_run(k, false, 0, 0, cuts, fulls, out);
	keeping_read(out, &lines);
	keeping_sum(&lines, &whole);
	good &= keeping_pieces(k, cuts, fulls, &lines);
	keeping_sum(&lines, &pieces);
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
