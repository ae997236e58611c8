#include "../../lib/wire/spool.h"
#include "../../lib/base/fail.h"
#include "../../lib/base/io.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes in, bytes out, at random, with room for a few chunks in memory. */
static void gives_back_what_it_took(void)
{
	struct pw_spool_budget budget = {.limit = 1 << 20};
	static unsigned char block[100000];
	struct pw_spool s;
	uint64_t added = 0, taken = 0;
	bool used_file = false;

	srand(5);
	pw_spool_init(&s, &budget);
	for (int step = 0; step < 3000; step++) {
		const bool adding = (step / 300) % 2 == 0 ? rand() % 4 != 0 : rand() % 4 == 0;
		const size_t n = (size_t)rand() % sizeof block;
		if (adding) {
			for (size_t i = 0; i < n; i++)
				block[i] = (unsigned char)((added + i) * 2654435761u >> 24);
			CHECK(pw_spool_add(&s, block, n) == 0);
			added += n;
		} else {
			const ssize_t got = pw_spool_take(&s, block, n);
			CHECK(got >= 0 && (got > 0 || added == taken || n == 0));
			for (ssize_t i = 0; i < got; i++)
				CHECK(block[i] ==
				      (unsigned char)((taken + (size_t)i) * 2654435761u >> 24));
			taken += (uint64_t)got;
		}
		used_file |= s.to > 0;
		CHECK(budget.held <= budget.limit);
		CHECK(pw_spool_empty(&s) == (added == taken));
	}
	CHECK(used_file);
	pw_spool_release(&s);
	CHECK(budget.held == 0);
}

static ssize_t disk_full(int fd, const void *data, size_t n)
{
	(void)fd, (void)data, (void)n;
	errno = ENOSPC;
	return -1;
}

static void a_full_disk_is_said(void)
{
	struct pw_spool_budget budget = {.limit = 0};
	struct pw_io table = *pw_io();
	struct pw_spool s;

	table.write = disk_full;
	pw_io_use(&table);
	pw_spool_init(&s, &budget);
	CHECK(pw_spool_add(&s, "x", 1) == -1 && pw_fail_status() == PW_SYSTEM);
	CHECK(strcmp(pw_fail_text(), "spool: write: No space left on device") == 0);
	pw_io_use(NULL);
	pw_spool_release(&s);
}

static int no_unnamed(const char *path, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) != O_TMPFILE)
		return open(path, flags, mode);
	errno = EOPNOTSUPP;
	return -1;
}

static int count(void *to, const char *name)
{
	(void)name;
	return ++*(int *)to;
}

static void a_file_with_a_name_loses_it(void)
{
	struct pw_spool_budget budget = {.limit = 0};
	struct pw_io table = *pw_io();
	char folder[] = "/tmp/pw-spool-XXXXXX", byte;
	struct pw_spool s;
	int names = 0;

	CHECK(mkdtemp(folder) != NULL && setenv("TMPDIR", folder, 1) == 0);
	table.open = no_unnamed;
	pw_io_use(&table);
	pw_spool_init(&s, &budget);
	CHECK(pw_spool_add(&s, "x", 1) == 0);
	CHECK(pw_io_list(folder, count, &names) == 0 && names == 0);
	CHECK(pw_spool_take(&s, &byte, 1) == 1 && byte == 'x');
	pw_spool_release(&s);
	pw_io_use(NULL);
	CHECK(rmdir(folder) == 0);
}

int main(void)
{
	TEST(gives_back_what_it_took);
	TEST(a_full_disk_is_said);
	TEST(a_file_with_a_name_loses_it);
	return check_done();
}
