#include "copy.h"
#include "../base/io.h"
#include "../data/consolidate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SUFFIX ".pws"
enum { PENDING_ROWS = 64 << 10, PENDING_BYTES = 16 << 20 };

/* ---- where copies are ---- */

static char *path_of(const struct pw_copies *c, const char *name)
{
	return pw_mem_print("%s/%s" SUFFIX, c->place, name);
}

/* Without names every copy keeps a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int pw_copies_open(struct pw_copies *c, const struct pw_schema *schema, const char *folder,
		   uint64_t run)
{
	char program[] = "tracked";
	const struct pw_head head = {.schema = *schema, .stage = {.program = program}};

	*c = (struct pw_copies){.run = run};
	pw_head_copy(&c->head, &head);
	c->head.schema.append_only = c->head.schema.is_static = true;
	if (folder == NULL) {
		allow_descriptors();
		return 0;
	}
	c->place = pw_mem_print("%s/tracked", folder);
	if (pw_io()->mkdir(c->place, 0700) < 0 && errno != EEXIST)
		return pw_fail_system(c->place);
	return pw_io_sync_directory(c->place) < 0 ? pw_fail_system(c->place) : 0;
}

void pw_copies_close(struct pw_copies *c)
{
	pw_head_release(&c->head);
	free(c->place);
	*c = (struct pw_copies){0};
}

int pw_copies_sync(struct pw_copies *c)
{
	if (!c->unsynced)
		return 0;
	char *inside = pw_mem_print("%s/.", c->place);
	const int rc = pw_io_sync_directory(inside) < 0 ? pw_fail_system(c->place) : 0;

	free(inside);
	c->unsynced = rc < 0;
	return rc;
}

bool pw_copies_has(const struct pw_copies *c, const char *name)
{
	char *path = path_of(c, name);
	const bool has = pw_io()->access(path, F_OK) == 0;

	free(path);
	return has;
}

static int delete_path(char *path)
{
	const int rc = pw_io()->unlink(path) < 0 && errno != ENOENT ? pw_fail_system(path) : 0;

	free(path);
	return rc;
}

int pw_copies_delete(const struct pw_copies *c, const char *name)
{
	return delete_path(path_of(c, name));
}

struct sweep {
	const struct pw_copies *copies;
	bool (*needed)(void *of, const char *name);
	void *of;
};

static int sweep_one(void *to, const char *file)
{
	const struct sweep *s = to;
	const size_t n = strlen(SUFFIX), length = strlen(file);

	if (length <= n || strcmp(file + length - n, SUFFIX) != 0)
		return 0;
	char *name = pw_mem_copy(file, length - n);
	const int rc = s->needed(s->of, name) ? 0 : pw_copies_delete(s->copies, name);
	free(name);
	return rc < 0 ? -2 : 0;
}

int pw_copies_sweep(const struct pw_copies *c, bool (*needed)(void *of, const char *name), void *of)
{
	struct sweep s = {c, needed, of};
	const int rc = pw_io_list(c->place, sweep_one, &s);

	return rc == -1 ? pw_fail_system(c->place) : rc < 0 ? -1 : 0;
}

void pw_copy_release(struct pw_copy *copy)
{
	if (copy->fd >= 0)
		pw_io()->close(copy->fd);
	free(copy->name);
	*copy = PW_COPY_NONE;
}

/* ---- writing ---- */

static int create_unnamed(void)
{
	const char *where;
	const int fd = pw_io_unnamed(&where);

	if (fd < 0 && errno == EMFILE)
		return pw_fail(PW_SYSTEM,
			       "without --state every tracked file takes a descriptor, and"
			       " there are no more of them");
	return fd < 0 ? pw_fail_system(where) : fd;
}

int pw_copy_begin(struct pw_copy_writer *w, struct pw_copies *c)
{
	int fd;

	*w = (struct pw_copy_writer){.copies = c, .copy = PW_COPY_NONE};
	if (c->place == NULL) {
		fd = create_unnamed();
		if (fd < 0)
			return -1;
	} else {
		w->copy.name = pw_mem_print("%" PRIu64 "-%" PRIu64, c->run, ++c->number);
		char *path = path_of(c, w->copy.name);
		fd = pw_io()->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
				   0600);
		if (fd < 0)
			pw_fail_system(path);
		free(path);
		if (fd < 0) {
			pw_copy_release(&w->copy);
			return -1;
		}
		c->unsynced = true;
	}
	w->open = true;
	w->copy.fd = fd;
	pw_output_open(&w->output, fd, true);
	return pw_output_head(&w->output, &c->head) < 0 ? pw_fail_at("the copy of a tracked file")
							: 0;
}

int pw_copy_batch(struct pw_copy_writer *w, const struct pw_batch *batch)
{
	return pw_output_batch(&w->output, batch) < 0 ? pw_fail_at("the copy of a tracked file")
						      : 0;
}

int pw_copy_finish(struct pw_copy_writer *w, struct pw_copy *copy)
{
	if (pw_output_end(&w->output, PW_FINISHED, PW_OK, PW_TIME_END) < 0)
		return pw_fail_at("the copy of a tracked file");
	if (w->copy.name != NULL) {
		const int fd = w->copy.fd, rc = pw_io_sync(fd);
		w->copy.fd = -1;
		if (pw_io()->close(fd) < 0 || rc < 0)
			return pw_fail_system("the copy of a tracked file");
	}
	*copy = w->copy;
	copy->check = w->output.checksum;
	pw_output_close(&w->output);
	w->open = false;
	return 0;
}

void pw_copy_drop(struct pw_copy_writer *w)
{
	if (!w->open)
		return;
	if (w->copy.name != NULL) {
		char *path = path_of(w->copies, w->copy.name);
		pw_io()->unlink(path);
		free(path);
	}
	pw_copy_release(&w->copy);
	pw_output_close(&w->output);
	w->open = false;
}

/* ---- reading ---- */

static int side_open(struct pw_copy_side *s, const struct pw_copies *c, const struct pw_copy *copy)
{
	struct pw_rowkeys keys = s->keys; /* its memory serves again */
	int fd;

	*s = (struct pw_copy_side){.keys = keys};
	if (copy == NULL || !pw_copy_exists(copy))
		return 0;
	if (copy->name != NULL) {
		s->path = path_of(c, copy->name);
		fd = pw_io()->open(s->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	} else {
		s->path = pw_mem_print("the copy of a tracked file");
		fd = dup(copy->fd);
		if (fd >= 0 && pw_io()->lseek(fd, 0, SEEK_SET) < 0)
			return pw_fail_system(s->path);
	}
	if (fd < 0)
		return errno == ENOENT
			       ? pw_fail(PW_STATE,
					 "%s: is missing: put it back, or begin anew with --reset",
					 s->path)
			       : pw_fail_system(s->path);
	s->check = copy->check;
	s->open = true;
	pw_source_open(&s->source, fd);
	return 0;
}

static void side_close(struct pw_copy_side *s)
{
	if (s->open)
		pw_source_close(&s->source);
	free(s->path);
	s->path = NULL;
	s->open = false;
	s->batch = NULL;
}

/* A fault of the stream is a fault of the state directory. */
static int damaged(const struct pw_copy_side *s)
{
	if (pw_fail_status() != PW_DATA)
		return pw_fail_at("%s", s->path);
	char *text = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	pw_fail(PW_STATE, "%s: %s: it is damaged: begin anew with --reset", s->path, text);
	free(text);
	return -1;
}

static int side_end(struct pw_copy_side *s, const struct pw_event *ev)
{
	if (ev->ending != PW_FINISHED)
		return pw_fail(PW_STATE, "%s: it is not whole: begin anew with --reset", s->path);
	if (s->source.checksum != s->check)
		return pw_fail(PW_STATE,
			       "%s: its check is %016" PRIx64 ", expected %016" PRIx64
			       ": it is not what was written: begin anew with --reset",
			       s->path, s->source.checksum, s->check);
	side_close(s);
	return 0;
}

/* Rows in hand: 1; 0: there are no more; -1 */
static int side_rows(struct pw_copy_side *s, const struct pw_schema *schema)
{
	struct pw_event ev;

	while (s->open && (s->batch == NULL || s->row == s->batch->rows)) {
		s->batch = NULL;
		int rc = pw_source_next(&s->source, &ev);
		if (rc == PW_SOURCE_WANT)
			rc = pw_source_fill(&s->source);
		else if (rc > 0 && ev.kind == PW_EVENT_HEAD &&
			 !pw_schema_equal(&s->source.head.schema, schema))
			return pw_fail(PW_STATE,
				       "%s: its columns are not those that are read now: begin "
				       "anew with --reset",
				       s->path);
		else if (rc > 0 && ev.kind == PW_EVENT_BATCH)
			s->batch = ev.batch;
		else if (rc > 0 && ev.kind == PW_EVENT_END)
			return side_end(s, &ev);
		s->row = 0;
		if (rc < 0)
			return damaged(s);
	}
	return s->batch != NULL;
}

/* ---- the difference ---- */

void pw_copy_diff_init(struct pw_copy_diff *d, const struct pw_schema *schema)
{
	*d = (struct pw_copy_diff){0};
	pw_builder_init(&d->pending, schema);
	pw_builder_init(&d->spare, schema);
	pw_builder_intern(&d->pending);
	pw_builder_intern(&d->spare);
	d->minus = pw_mem_alloc(PW_ROWS_MAX, sizeof *d->minus);
	for (size_t i = 0; i < PW_ROWS_MAX; i++)
		d->minus[i] = -1;
}

void pw_copy_diff_close(struct pw_copy_diff *d)
{
	side_close(&d->old);
	side_close(&d->new);
}

void pw_copy_diff_release(struct pw_copy_diff *d)
{
	if (d->minus == NULL)
		return;
	pw_copy_diff_close(d);
	pw_rowkeys_release(&d->old.keys);
	pw_rowkeys_release(&d->new.keys);
	pw_builder_release(&d->pending);
	pw_builder_release(&d->spare);
	free(d->minus);
	*d = (struct pw_copy_diff){0};
}

int pw_copy_diff_open(struct pw_copy_diff *d, const struct pw_copies *c, const struct pw_copy *old,
		      const struct pw_copy *new)
{
	pw_builder_clear(&d->pending);
	d->at = 0;
	d->handing = false;
	if (side_open(&d->old, c, old) < 0 || side_open(&d->new, c, new) < 0)
		return -1;
	d->common = d->old.open && d->new.open;
	return 0;
}

static void encode(struct pw_copy_side *s)
{
	int columns[PW_COLUMNS_MAX];

	if (s->row > 0)
		return;
	for (size_t i = 0; i < s->batch->schema->count; i++)
		columns[i] = (int)i;
	pw_rowkeys_encode(&s->keys, s->batch, columns, s->batch->schema->count, NULL);
}

/* Passes over the rows that both begin with. 0 or -1 */
static int skip_common(struct pw_copy_diff *d, const struct pw_schema *schema)
{
	while (d->common) {
		const int old = side_rows(&d->old, schema);
		const int new = old < 0 ? -1 : side_rows(&d->new, schema);
		if (new < 0)
			return -1;
		d->common = old > 0 && new > 0;
		if (!d->common)
			break;
		encode(&d->old);
		encode(&d->new);
		while (d->common && d->old.row < d->old.batch->rows &&
		       d->new.row < d->new.batch->rows) {
			d->common = pw_slice_equal(pw_rowkeys_at(&d->old.keys, d->old.row),
						   pw_rowkeys_at(&d->new.keys, d->new.row));
			d->old.row += d->common;
			d->new.row += d->common;
		}
	}
	return 0;
}

/* The rest of the batch in hand becomes pending: 1; 0: there is no batch any more; -1 */
static int take_rest(struct pw_copy_diff *d, struct pw_copy_side *s, const pw_diff *diffs,
		     const struct pw_schema *schema)
{
	const int rc = side_rows(s, schema);

	if (rc <= 0)
		return rc;
	const struct pw_run run = {.rows = s->batch->rows};
	struct pw_batch batch = *s->batch;
	batch.runs = &run;
	batch.run_count = 1;
	batch.diffs = diffs;
	pw_builder_append(&d->pending, &batch, s->row, batch.rows - s->row);
	s->row = batch.rows;
	return 1;
}

static int consolidate(struct pw_copy_diff *d)
{
	if (d->pending.rows == 0 || d->pending.diffs == NULL)
		return 0;
	pw_builder_clear(&d->spare);
	if (pw_consolidate(&d->spare, pw_builder_view(&d->pending)) < 0)
		return -1;
	const struct pw_builder b = d->pending;
	d->pending = d->spare;
	d->spare = b;
	return 0;
}

static bool is_full(const struct pw_builder *pending, int part)
{
	return pending->rows >= PENDING_ROWS / (uint32_t)part ||
	       pw_builder_bytes(pending) >= (size_t)(PENDING_BYTES / part);
}

/* Fills pending until rows of it are to be handed out, or all has been read. */
static int gather(struct pw_copy_diff *d, const struct pw_schema *schema)
{
	if (skip_common(d, schema) < 0)
		return -1;
	for (;;) {
		int more = take_rest(d, &d->new, NULL, schema);
		if (more >= 0) {
			const int old = take_rest(d, &d->old, d->minus, schema);
			more = old < 0 ? -1 : more | old;
		}
		if (more < 0)
			return -1;
		if (more && !is_full(&d->pending, 1))
			continue;
		if (consolidate(d) < 0)
			return -1;
		d->handing = !more || is_full(&d->pending, 2);
		if (d->handing)
			return 0;
	}
}

int pw_copy_diff_next(struct pw_copy_diff *d, pw_time time, struct pw_builder *out)
{
	const struct pw_schema *schema = d->pending.schema;

	if (d->handing && d->at == d->pending.rows) {
		d->handing = false;
		d->at = 0;
		pw_builder_clear(&d->pending);
	}
	if (!d->handing && gather(d, schema) < 0)
		return -1;
	if (d->pending.rows == 0)
		return 0;
	const uint32_t left = d->pending.rows - d->at,
		       n = left < PW_BATCH_ROWS ? left : PW_BATCH_ROWS;
	const struct pw_run run = {.time = time, .rows = d->pending.rows};
	struct pw_batch batch = *pw_builder_view(&d->pending);
	batch.runs = &run;
	batch.run_count = 1;
	pw_builder_append(out, &batch, d->at, n);
	d->at += n;
	return 1;
}
