/* lib/conn/growing: what a line adds to a file is on its way to the disk before an fsync asks for it. */
#include "../../lib/dest/growing.h"
#include "../../lib/base/io.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	uint64_t from, to; /* of what has been sent behind: without a gap */
	int calls;
	bool fails;
} behind;

static int send_behind(int fd, off_t offset, off_t n, unsigned flags)
{
	(void)flags;
	CHECK(fd >= 0 && (behind.calls == 0 || (uint64_t)offset == behind.to));
	if (behind.calls++ == 0)
		behind.from = (uint64_t)offset;
	behind.to = (uint64_t)offset + (uint64_t)n;
	errno = EIO;
	return behind.fails ? -1 : 0;
}

static void add(struct pw_growing *g, size_t n)
{
	char *data = pw_mem_zero(n, 1);

	CHECK(pw_growing_add(g, data, n) == 0);
	free(data);
}

static void written_behind(void)
{
	const char *top = getenv("TMPDIR");
	char *path = pw_mem_print("%s/growing-XXXXXX", top != NULL ? top : "/tmp");
	struct pw_growing g;
	struct pw_io table = *pw_io();
	json_t *record;

	close(mkstemp(path));
	table.sync_file_range = send_behind;
	pw_io_use(&table);
	CHECK(pw_growing_open(&g, path, NULL) == 0 && pw_growing_begin(&g, false) == 0);
	add(&g, 1000);
	CHECK(behind.calls == 0); /* little is not worth it */
	for (int i = 0; i < 30; i++)
		add(&g, 100000);
	CHECK(behind.calls == 2 && behind.from == 0 && behind.to > 2000000 && g.length == 3001000);
	CHECK(pw_growing_sync(&g) == 0);
	record = pw_growing_describe(&g, 3000000);
	pw_growing_close(&g);

	/* what is there is not sent again; what goes wrong is said by fsync, and not here */
	behind.calls = 0;
	behind.fails = true;
	CHECK(pw_growing_open(&g, path, record) == 0 && g.at == 3000000);
	add(&g, 1000);
	add(&g, 2000000);
	CHECK(behind.calls == 1 && behind.from == 3001000 && behind.to == 5001000);
	CHECK(pw_growing_sync(&g) == 0);
	json_decref(record);
	pw_growing_close(&g);
	pw_io_use(NULL);
	unlink(path);
	free(path);
}

int main(void)
{
	TEST(written_behind);
	return check_done();
}
