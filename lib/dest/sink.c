#include "sink.h"
#include "../base/fail.h"
#include "../base/io.h"
#include "../base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPY ((size_t)256 << 10) /* bytes of a file compared or copied at once */

static int fail(const struct pw_sink *s, const char *what)
{
	pw_fail_system(what);
	return pw_fail_at("%s", s->name);
}

bool pw_sink_is_file(const char *destination)
{
	struct stat st;

	if (strcmp(destination, "-") == 0)
		return false;
	return pw_io()->stat(destination, &st) < 0 || S_ISREG(st.st_mode);
}

bool pw_sink_holds(const char *destination)
{
	struct stat st;

	return pw_io()->stat(destination, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* The name beside path: in its directory, not one that pw-read would take for data. */
static char *temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const int directory = slash != NULL ? (int)(slash + 1 - path) : 0;
	uint32_t number = 0;

	pw_io()->getrandom(&number, sizeof number, 0);
	return pw_mem_print("%.*s.%.200s.%08x.tmp", directory, path, path + directory,
			    (unsigned)number);
}

static int open_temp(struct pw_sink *s, const struct stat *old)
{
	for (int tries = 0; tries < 100; tries++) {
		s->temp = temp_name(s->path);
		s->fd = pw_io()->open(s->temp, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0666);
		if (s->fd >= 0)
			break;
		const int saved = errno;
		free(s->temp);
		s->temp = NULL;
		errno = saved;
		if (errno != EEXIST)
			return fail(s, "open");
	}
	if (s->fd < 0)
		return fail(s, "open");
	if (old != NULL && fchmod(s->fd, old->st_mode & 07777) < 0)
		return fail(s, "chmod");
	return 0;
}

/* Where its folder is missing, opening says so. */
static char *follow(const char *destination)
{
	char *real = pw_path_resolve(destination);

	return real != NULL ? real : pw_mem_copy(destination, strlen(destination));
}

static int open_file(struct pw_sink *s, const char *destination)
{
	struct stat st;
	const bool exists = pw_io()->stat(destination, &st) == 0;

	if (exists && S_ISDIR(st.st_mode)) {
		pw_fail(PW_USAGE, "is a directory; name a file in it");
		return pw_fail_at("%s", s->name);
	}
	if (exists && !S_ISREG(st.st_mode)) {
		s->fd = pw_io()->open(destination, O_WRONLY, 0);
		return s->fd < 0 ? fail(s, "open") : 0;
	}
	if (exists && pw_io()->access(destination, W_OK) < 0)
		return fail(s, "open");
	s->path = follow(destination);
	s->append = s->append && exists && st.st_size > 0;
	return open_temp(s, exists ? &st : NULL);
}

int pw_sink_open(struct pw_sink *s, const char *destination, bool append)
{
	const bool standard = strcmp(destination, "-") == 0;
	const char *name = standard ? "stdout" : destination;

	*s = (struct pw_sink){.fd = -1, .append = append};
	s->name = pw_mem_copy(name, strlen(name));
	if (standard)
		s->fd = STDOUT_FILENO;
	else if (open_file(s, destination) < 0)
		return -1;
	pw_squeeze_open(&s->squeeze,
			standard ? PW_SQUEEZE_NONE : pw_squeeze_kind_of_path(destination));
	return 0;
}

int pw_sink_begins(const char *path, size_t n, struct pw_bytes *into)
{
	const int fd = pw_io()->open(path, O_RDONLY, 0);
	const ssize_t got = fd < 0 ? -1 : pw_io_read_full(fd, pw_bytes_room(into, n), n);

	if (got < 0) {
		pw_fail_system("read");
		pw_fail_at("%s", path);
	} else {
		into->length += (size_t)got;
	}
	if (fd >= 0)
		pw_io()->close(fd);
	return got < 0 ? -1 : 0;
}

static int put(struct pw_sink *s, const void *data, size_t length)
{
	if (pw_io_write_full(s->fd, data, length) == 0)
		return 0;
	s->gone = errno == EPIPE;
	return fail(s, "write");
}

int pw_sink_write(void *to, const void *data, size_t length)
{
	struct pw_sink *s = to;

	s->bytes += length;
	if (s->squeeze.kind == PW_SQUEEZE_NONE)
		return put(s, data, length);
	s->packed.length = 0;
	pw_squeeze_add(&s->squeeze, data, length, &s->packed);
	return put(s, s->packed.data, s->packed.length);
}

int pw_sink_flush(struct pw_sink *s)
{
	s->packed.length = 0;
	pw_squeeze_flush(&s->squeeze, &s->packed);
	return s->packed.length > 0 ? put(s, s->packed.data, s->packed.length) : 0;
}

/* ---- the end ---- */

/* Same bytes? 1, 0 (also when it can't be said), or fails. */
static int same_content(struct pw_sink *s)
{
	const int old = pw_io()->open(s->path, O_RDONLY, 0);
	char *a = pw_mem_alloc(2, COPY), *b = a + COPY;
	ssize_t n = 0, m = 0;
	int same = old >= 0;

	if (same && pw_io()->lseek(s->fd, 0, SEEK_SET) < 0)
		same = fail(s, "seek");
	while (same == 1) {
		n = pw_io_read_full(s->fd, a, COPY);
		m = pw_io_read_full(old, b, COPY);
		if (n < 0 || m < 0)
			same = fail(s, "read");
		else if (n != m || memcmp(a, b, (size_t)n) != 0)
			same = 0;
		else if (n == 0)
			break;
	}
	if (old >= 0)
		pw_io()->close(old);
	free(a);
	return same;
}

/* The file beside it takes its name. */
static int take_name(struct pw_sink *s)
{
	if (pw_io()->fsync(s->fd) < 0)
		return fail(s, "fsync");
	if (pw_io()->rename(s->temp, s->path) < 0)
		return fail(s, "rename");
	free(s->temp);
	s->temp = NULL;
	if (pw_io_sync_directory(s->path) < 0)
		return fail(s, "fsync of its directory");
	return 0;
}

/* A last line without its end gets one first. */
static int end_last_line(const struct pw_sink *s, int fd, off_t length)
{
	char last = '\n';

	if (length == 0 || s->squeeze.kind != PW_SQUEEZE_NONE)
		return 0;
	if (pw_io_read_at(fd, &last, 1, (uint64_t)length - 1) != 1)
		return -1;
	return last == '\n' ? 0 : pw_io_write_full(fd, "\n", 1);
}

static int copy_to(struct pw_sink *s, int fd)
{
	char *part = pw_mem_alloc(1, COPY);
	ssize_t n = 0;
	int rc = pw_io()->lseek(s->fd, 0, SEEK_SET) < 0 ? -1 : 0;

	while (rc == 0 && (n = pw_io_read_full(s->fd, part, COPY)) > 0)
		rc = pw_io_write_full(fd, part, (size_t)n);
	free(part);
	return n < 0 ? -1 : rc;
}

static void cut_back(const struct pw_sink *s, int fd, off_t length)
{
	fail(s, "write");
	if (length >= 0 && pw_io()->ftruncate(fd, length) < 0)
		pw_fail_detail("(and it could not be cut back to its %lld bytes)",
			       (long long)length);
}

/* What waits beside the file is added to it, and the file takes the place of what waited. */
static int add_to_file(struct pw_sink *s)
{
	const int fd = pw_io()->open(s->path, O_RDWR | O_APPEND, 0);
	const off_t length = fd < 0 ? -1 : pw_io()->lseek(fd, 0, SEEK_END);

	if (fd < 0)
		return fail(s, "open");
	if (length < 0 || end_last_line(s, fd, length) < 0 || copy_to(s, fd) < 0 ||
	    pw_io()->fsync(fd) < 0) {
		cut_back(s, fd, length);
		pw_io()->close(fd);
		return -1;
	}
	pw_io()->close(s->fd);
	s->fd = fd;
	pw_io()->unlink(s->temp);
	free(s->temp);
	s->temp = NULL;
	return 0;
}

int pw_sink_publish(struct pw_sink *s)
{
	if (s->temp == NULL)
		return 0;
	return s->append ? add_to_file(s) : take_name(s);
}

/* Nothing to add, or nothing new: what is beside it goes by pw_sink_drop. */
static int settle_changed(struct pw_sink *s, bool keep_equal, bool *changed)
{
	const int same = s->append ? s->bytes == 0 : keep_equal ? same_content(s) : 0;

	*changed = same == 0;
	return same < 0 ? -1 : same > 0 ? 0 : pw_sink_publish(s);
}

static int close_file(struct pw_sink *s, bool sync)
{
	const int fd = s->fd;

	if (sync && pw_io()->fsync(fd) < 0)
		return fail(s, "fsync");
	s->fd = -1;
	return pw_io()->close(fd) < 0 ? fail(s, "close") : 0;
}

int pw_sink_finish(struct pw_sink *s, bool keep_equal, bool *changed)
{
	const bool straight = s->temp == NULL;
	bool other = s->append ? s->bytes > 0 : true;

	s->packed.length = 0;
	if (!s->append || s->bytes > 0)
		pw_squeeze_end(&s->squeeze, &s->packed);
	if (s->packed.length > 0 && put(s, s->packed.data, s->packed.length) < 0)
		return -1;
	if (!straight && settle_changed(s, keep_equal, &other) < 0)
		return -1;
	if (close_file(s, straight && s->path != NULL) < 0)
		return -1;
	if (changed != NULL)
		*changed = other;
	pw_sink_drop(s);
	return 0;
}

void pw_sink_drop(struct pw_sink *s)
{
	if (s->name == NULL)
		return;
	if (s->fd > STDERR_FILENO)
		pw_io()->close(s->fd);
	if (s->temp != NULL)
		pw_io()->unlink(s->temp);
	pw_squeeze_release(&s->squeeze);
	pw_bytes_release(&s->packed);
	free(s->name);
	free(s->path);
	free(s->temp);
	*s = (struct pw_sink){.fd = -1};
}
