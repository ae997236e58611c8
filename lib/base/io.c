#include "io.h"
#include "fail.h"
#include "plant.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

static int system_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags | O_CLOEXEC, mode);
}

static const struct pw_io system_table = {
	.open = system_open,
	.close = close,
	.read = read,
	.pread = pread,
	.write = write,
	.lseek = lseek,
	.ftruncate = ftruncate,
	.fsync = fsync,
	.sync_file_range = sync_file_range,
	.rename = rename,
	.unlink = unlink,
	.mkdir = mkdir,
	.rmdir = rmdir,
	.stat = stat,
	.lstat = lstat,
	.access = access,
	.opendir = opendir,
	.readdir = readdir,
	.closedir = closedir,
	.flock = flock,
	.fstat = fstat,
	.poll = poll,
	.clock_gettime = clock_gettime,
	.getrandom = getrandom,
};

static const struct pw_io *table = &system_table;

const struct pw_io *pw_io(void)
{
	return table;
}

void pw_io_use(const struct pw_io *other)
{
	table = other != NULL ? other : &system_table;
}

ssize_t pw_io_read(int fd, void *data, size_t n)
{
	ssize_t got;

	do {
		got = table->read(fd, data, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t pw_io_read_full(int fd, void *data, size_t n)
{
	size_t have = 0;

	while (have < n) {
		const ssize_t got = pw_io_read(fd, (char *)data + have, n - have);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

ssize_t pw_io_read_at(int fd, void *data, size_t n, uint64_t offset)
{
	size_t have = 0;

	while (have < n) {
		const ssize_t got =
			table->pread(fd, (char *)data + have, n - have, (off_t)(offset + have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static bool (*give_up)(void);

void pw_io_on_interrupt(bool (*asked)(void))
{
	give_up = asked;
}

static bool interrupted(void)
{
	return errno == EINTR && (give_up == NULL || !give_up());
}

int pw_io_write_full(int fd, const void *data, size_t n)
{
	for (size_t done = 0; done < n;) {
		const ssize_t put = table->write(fd, (const char *)data + done, n - done);
		if (put > 0) {
			done += (size_t)put;
		} else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};
			if (table->poll(&wait, 1, -1) < 0 && !interrupted())
				return -1;
		} else if (put == 0) {
			errno = EIO;
			return -1;
		} else if (!interrupted()) {
			return -1;
		}
	}
	return 0;
}

int pw_io_load_from(int fd, const char *path, size_t limit, struct pw_bytes *into)
{
	size_t all = 0;
	ssize_t got;

	do {
		got = pw_io_read(fd, pw_bytes_room(into, 65536), 65536);
		if (got > 0) {
			into->length += (size_t)got;
			all += (size_t)got;
		}
	} while (got > 0 && all <= limit);
	if (got < 0)
		return pw_fail_system(path);
	return all > limit ? pw_fail(PW_DATA, "%s: is longer than %zu bytes", path, limit) : 0;
}

int pw_io_load(const char *path, size_t limit, struct pw_bytes *into)
{
	const int fd = table->open(path, O_RDONLY, 0);

	if (fd < 0)
		return pw_fail_system(path);
	const int rc = pw_io_load_from(fd, path, limit, into);
	table->close(fd);
	return rc;
}

int64_t pw_io_ns(clockid_t clock)
{
	struct timespec t = {0};

	table->clock_gettime(clock, &t);
	return pw_io_ns_of(&t);
}

int64_t pw_io_ms(void)
{
	return pw_io_ns(CLOCK_MONOTONIC) / 1000000;
}

void pw_io_write_behind(int fd, uint64_t offset, uint64_t n)
{
	const int saved = errno;

	table->sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
	errno = saved;
}

int pw_io_await_written(int fd, uint64_t offset, uint64_t n)
{
	if (table->sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WAIT_BEFORE) == 0)
		return 0;
	/* file systems without it */
	return errno == EINVAL || errno == ENOSYS || errno == ESPIPE || errno == EOPNOTSUPP ? 0
											    : -1;
}

int pw_io_sync(int fd)
{
	return pw_plant(PW_PLANT_NO_FSYNC) ? 0 : table->fsync(fd);
}

int pw_io_sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL   ? pw_mem_copy(".", 1)
			  : slash == path ? pw_mem_copy("/", 1)
					  : pw_mem_copy(path, (size_t)(slash - path));
	const int fd = table->open(directory, O_RDONLY | O_DIRECTORY, 0);
	int rc = -1;

	free(directory);
	if (fd < 0)
		return -1;
	rc = pw_io_sync(fd);
	if (rc < 0 && (errno == EINVAL || errno == EROFS)) /* file systems without it */
		rc = 0;
	const int saved = errno;
	table->close(fd);
	errno = saved;
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names, each with its NUL: how many, or -1 with errno. */
static ssize_t list(const char *directory, struct pw_bytes *names)
{
	DIR *d = table->opendir(directory);
	const struct dirent *entry;
	ssize_t count = 0;

	if (d == NULL)
		return -1;
	while (errno = 0, (entry = table->readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		pw_bytes_add(names, entry->d_name, strlen(entry->d_name) + 1);
		count++;
	}
	const int saved = errno;
	table->closedir(d);
	errno = saved;
	return saved != 0 ? -1 : count;
}

int pw_io_list(const char *directory, int (*each)(void *to, const char *name), void *to)
{
	struct pw_bytes names = {0};
	const ssize_t count = list(directory, &names);
	const char **sorted = pw_mem_alloc(count > 0 ? (size_t)count : 1, sizeof *sorted);
	const char *name = names.data;
	int rc = count < 0 ? -1 : 0;

	for (ssize_t i = 0; i < count; i++, name += strlen(name) + 1)
		sorted[i] = name;
	if (count > 0)
		qsort(sorted, (size_t)count, sizeof *sorted, by_bytes);
	for (ssize_t i = 0; i < count && rc >= 0; i++)
		rc = each(to, sorted[i]);
	free(sorted);
	pw_bytes_release(&names);
	return rc < 0 ? rc : 0;
}

/* For file systems that know no files without names: it loses its own at once. */
static int open_named(const char *directory)
{
	uint64_t random = 0;
	int fd = -1;

	for (int i = 0; fd < 0 && (i == 0 || (errno == EEXIST && i < 100)); i++) {
		if (table->getrandom(&random, sizeof random, 0) < 0)
			return -1;
		char *path = pw_mem_print("%s/pw-%016" PRIx64, directory, random);
		fd = table->open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd >= 0)
			table->unlink(path);
		const int saved = errno;
		free(path);
		errno = saved;
	}
	return fd;
}

int pw_io_unnamed(const char **where)
{
	const char *directory = getenv("TMPDIR");
	int fd;

	*where = directory != NULL && *directory != '\0' ? directory : "/var/tmp";
	fd = table->open(*where, O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		fd = open_named(*where);
	return fd;
}
