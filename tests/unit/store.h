/*
 * store - state directories for unit tests, and calls that fail
 *
 * Use:      fresh() is a directory's name that is not there yet; faults_on(n,
 *           sticky) makes the n-th call of what can fail do so, and with
 *           sticky all after it; faults_off() says how many there were.
 *           write_file, read_file, damaged copies of files.
 */
#ifndef STORE_H
#define STORE_H

#include "../../lib/base/io.h"
#include "../../lib/store/record.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline const char *scratch(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL ? dir : "/tmp";
}

/* A new name each time; the caller need not free it. */
static inline const char *fresh(void)
{
	static char name[512];
	static int count;

	snprintf(name, sizeof name, "%s/store-%d-%d", scratch(), (int)getpid(), ++count);
	return name;
}

/* ---- calls that fail ---- */

static struct pw_io real;
static struct {
	int calls, fail;
	bool sticky, hit;
} faults;

/* The syncs and renames there were, as f and r. */
static char ordered[64];

static inline void order(const char *what)
{
	if (strlen(ordered) + 1 < sizeof ordered)
		strcat(ordered, what);
}

static inline bool fails(void)
{
	faults.calls++;
	const bool now = faults.fail > 0 && (faults.calls == faults.fail ||
					     (faults.sticky && faults.calls > faults.fail));
	faults.hit |= now;
	if (now)
		errno = EIO;
	return now;
}

static inline int faulty_open(const char *path, int flags, mode_t mode)
{
	return fails() ? -1 : real.open(path, flags, mode);
}

static inline ssize_t faulty_read(int fd, void *data, size_t n)
{
	return fails() ? -1 : real.read(fd, data, n);
}

/* Half of it is written. */
static inline ssize_t faulty_write(int fd, const void *data, size_t n)
{
	if (!fails())
		return real.write(fd, data, n);
	if (n > 1 && real.write(fd, data, n / 2) < 0)
		return -1;
	errno = ENOSPC;
	return -1;
}

/* Nothing is synced in earnest: that takes its time, and the tests end no machine. */
static inline int faulty_fsync(int fd)
{
	(void)fd;
	order("f");
	return fails() ? -1 : 0;
}

static inline int faulty_rename(const char *from, const char *to)
{
	order("r");
	return fails() ? -1 : real.rename(from, to);
}

static inline int faulty_unlink(const char *path)
{
	return fails() ? -1 : real.unlink(path);
}

static inline int faulty_mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : real.mkdir(path, mode);
}

static inline int faulty_rmdir(const char *path)
{
	return fails() ? -1 : real.rmdir(path);
}

static inline int faulty_lstat(const char *path, struct stat *st)
{
	return fails() ? -1 : real.lstat(path, st);
}

static inline int faulty_ftruncate(int fd, off_t length)
{
	return fails() ? -1 : real.ftruncate(fd, length);
}

static inline void faults_on(int n, bool sticky)
{
	static struct pw_io table;

	if (real.open == NULL)
		real = *pw_io();
	table = real;
	table.open = faulty_open;
	table.read = faulty_read;
	table.write = faulty_write;
	table.fsync = faulty_fsync;
	table.rename = faulty_rename;
	table.unlink = faulty_unlink;
	table.mkdir = faulty_mkdir;
	table.rmdir = faulty_rmdir;
	table.lstat = faulty_lstat;
	table.ftruncate = faulty_ftruncate;
	faults.calls = 0;
	faults.fail = n;
	faults.sticky = sticky;
	faults.hit = false;
	ordered[0] = '\0';
	pw_io_use(&table);
}

/* Has the call that was to fail come? */
static inline bool faults_off(void)
{
	const bool hit = faults.hit;

	faults_on(0, false);
	return hit;
}

/* ---- files ---- */

static inline void read_file(const char *path, struct pw_bytes *b)
{
	pw_bytes_clear(b);
	CHECK(pw_io_load(path, 1 << 24, b) == 0);
}

static inline void write_file(const char *path, const void *data, size_t n)
{
	/* not checkpoint to nothing first: some file systems would write it out for that */
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0 && pwrite(fd, data, n, 0) == (ssize_t)n && ftruncate(fd, (off_t)n) == 0);
	close(fd);
}

/*
 * Calls look with the file checkpoint at every length, and with every bit of it (or
 * every step-th) turned, one at a time; then the file is as it was.
 */
static inline void damage(const char *path, size_t step,
			  void (*look)(void *to, bool checkpoint, size_t at), void *to)
{
	struct pw_bytes whole = {0};

	read_file(path, &whole);
	for (size_t n = 0; n < whole.length; n += (step + 7) / 8) {
		write_file(path, whole.data, n);
		look(to, true, n);
	}
	for (size_t bit = 0; bit < whole.length * 8; bit += step) {
		whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ (1 << bit % 8));
		write_file(path, whole.data, whole.length);
		whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ (1 << bit % 8));
		look(to, false, bit / 8);
	}
	write_file(path, whole.data, whole.length);
	pw_bytes_release(&whole);
}

/* ---- stages ---- */

static inline struct pw_stage reader_stage(void)
{
	static char *options[] = {"orders/"};

	return (struct pw_stage){.program = "pw-read", .options = options, .option_count = 1};
}

static inline struct pw_stage stage_behind(struct pw_stage *input, const char *program,
					   const char *name)
{
	return (struct pw_stage){.program = (char *)program,
				 .name = (char *)name,
				 .inputs = input,
				 .input_count = 1};
}

static inline const char *file_of(const struct pw_store *s, const char *name)
{
	static char path[1024];

	snprintf(path, sizeof path, "%s/%s", s->folder, name);
	return path;
}

static inline bool failed_as(enum pw_status status)
{
	const bool is = pw_fail_status() == status;

	if (!is)
		printf("# failed with %d: %s\n", (int)pw_fail_status(), pw_fail_text());
	pw_fail_clear();
	return is;
}

#endif
