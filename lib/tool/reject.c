#include "reject.h"
#include "../base/io.h"
#include "../data/text.h"
#include "reject_file.h"
#include "reject_resume_internal.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

enum { FLUSH_BYTES = 64 << 10 };

/* The tool calls this before it waits; durable: before it says that times are durable. */
static int write_out(void *reject, bool durable)
{
	struct pw_reject *r = reject;

	if (pw_reject_flush(r) < 0)
		return -1;
	if (!durable || !r->unsynced)
		return 0;
	r->unsynced = false;
	return pw_io()->fsync(r->fd) < 0 && errno != EINVAL ? pw_fail_system(r->path) : 0;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return pw_io()->stat(path, &st) < 0 || S_ISREG(st.st_mode);
}

/* Opens what is there already, or with make also a file that is not; else fd stays -1. */
static int open_file(struct pw_reject *r, bool make)
{
	const int descriptor = pw_reject_descriptor(r->path);
	const int flags = O_APPEND | O_CLOEXEC | (make ? O_CREAT : 0);

	if (descriptor >= 0) /* its offset is the one that others write at, too */
		r->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	else if (!is_regular(r->path)) /* a FIFO waits for its reader, as it does for a shell */
		r->fd = pw_io()->open(r->path, O_WRONLY | flags, 0666);
	else
		r->fd = pw_io()->open(r->path, O_RDWR | flags, 0666);
	if (r->fd < 0 && errno != ENOENT && descriptor < 0) /* perhaps it can't be read */
		r->fd = pw_io()->open(r->path, O_WRONLY | flags, 0666);
	return r->fd < 0 && (make || errno != ENOENT) ? pw_fail_system(r->path) : 0;
}

void pw_reject_choose(struct pw_reject *r, const struct pw_tool *t)
{
	const char *what = t->common.on_error;

	*r = (struct pw_reject){.fd = -1, .stage = pw_tool_stage(t)};
	if (what == NULL || strcmp(what, "stop") == 0)
		return;
	if (strcmp(what, "null") == 0 || strcmp(what, "skip") == 0) {
		r->policy = *what == 'n' ? PW_REJECT_NULL : PW_REJECT_SKIP;
		return;
	}
	r->policy = PW_REJECT_FILE;
	r->path = what;
}

int pw_reject_open(struct pw_reject *r, struct pw_tool *t)
{
	const struct pw_store *store = pw_tool_store(t);
	const bool check = t->input_count > 0 && pw_tool_head(t, 0)->check;

	if (r->policy != PW_REJECT_FILE)
		return 0;
	if (pw_reject_file_check(t, r->path) < 0)
		return -1;
	if (check)
		return 0;
	r->has_state = store != NULL;
	r->restart = store != NULL ? store->restart : 0;
	/* a pipe has its writer from the start, or its reader would wait for ever */
	if ((store != NULL || !is_regular(r->path)) && open_file(r, false) < 0)
		return -1;
	if (store != NULL && r->fd >= 0 && pw_reject_descriptor(r->path) < 0 &&
	    pw_reject_resume(r->fd, store->restart) < 0)
		return pw_fail_at("%s", r->path);
	t->aside = write_out;
	t->aside_of = r;
	return 0;
}

/* Whole lines, which other stages' lines come before or after. */
static int add_lines(struct pw_reject *r)
{
	const bool locked = pw_io()->flock(r->fd, LOCK_EX) == 0; /* where the file system can */
	int rc = pw_reject_descriptor(r->path) >= 0 ? 0 : pw_reject_mend(r->fd);

	if (rc == 0 && pw_io_write_full(r->fd, r->line.data, r->line.length) < 0)
		rc = pw_fail_system("write");
	if (locked)
		pw_io()->flock(r->fd, LOCK_UN);
	return rc < 0 ? pw_fail_at("%s", r->path) : 0;
}

int pw_reject_flush(struct pw_reject *r)
{
	if (r->line.length == 0)
		return 0;
	if ((r->fd < 0 && open_file(r, true) < 0) || add_lines(r) < 0)
		return -1;
	r->unsynced = r->has_state;
	pw_bytes_clear(&r->line);
	return 0;
}

int pw_reject_json(struct pw_reject *r, struct pw_slice reason, struct pw_slice row, pw_time time,
		   pw_diff diff)
{
	r->count++;
	if (r->policy != PW_REJECT_FILE || time < r->restart)
		return 0;
	pw_bytes_text(&r->line, "{\"reason\":");
	pw_text_add_json_string(&r->line, reason.data, reason.length);
	pw_bytes_text(&r->line, ",\"stage\":");
	pw_text_add_json_string(&r->line, r->stage, strlen(r->stage));
	pw_bytes_text(&r->line, ",\"row\":");
	pw_bytes_add(&r->line, row.data, row.length);
	pw_bytes_text(&r->line, ",\"_time\":");
	if (time == PW_TIME_END)
		pw_bytes_text(&r->line, "\"end\"");
	else
		pw_time_print(&r->line, time);
	pw_bytes_print(&r->line, ",\"_diff\":%" PRId64 "}\n", diff);
	return r->line.length >= FLUSH_BYTES ? pw_reject_flush(r) : 0;
}

int pw_reject_row(struct pw_reject *r, struct pw_slice reason, const struct pw_batch *batch,
		  uint32_t i)
{
	struct pw_bytes row = {0};
	int rc;

	for (size_t c = 0; c < batch->schema->count; c++) {
		const char *name = batch->schema->fields[c].name;
		pw_bytes_put(&row, c == 0 ? '{' : ',');
		pw_text_add_json_string(&row, name, strlen(name));
		pw_bytes_put(&row, ':');
		pw_text_add_json(&row, &batch->columns[c], i);
	}
	pw_bytes_text(&row, batch->schema->count == 0 ? "{}" : "}");
	rc = pw_reject_json(r, reason, (struct pw_slice){row.data, row.length},
			    pw_batch_time(batch, i), pw_batch_diff(batch, i));
	pw_bytes_release(&row);
	return rc;
}

int pw_reject_close(struct pw_reject *r, struct pw_tool *t)
{
	int rc = 0;

	if (r->policy == PW_REJECT_FILE) {
		t->aside = NULL;
		rc = write_out(r, true);
		if (r->fd >= 0 && pw_io()->close(r->fd) < 0 && rc == 0)
			rc = pw_fail_system(r->path);
	}
	if (rc == 0 && r->count > 0)
		pw_tool_say(t, "%" PRIu64 " row%s rejected%s%s", r->count, r->count == 1 ? "" : "s",
			    r->path != NULL ? ", written to " : "", r->path != NULL ? r->path : "");
	pw_bytes_release(&r->line);
	return rc;
}
