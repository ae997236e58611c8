/* lib/dest/growing: what a pipeline adds to a file is on its way to the disk before an fsync asks for it. */
#include "../../lib/base/io.h"
#include "../../lib/dest/dest.h"
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

static void add(struct pw_dest *d, size_t n)
{
	char *data = pw_mem_zero(n, 1);

	CHECK(pw_dest_write(d, data, n) == 0);
	free(data);
}

static void written_behind(void)
{
	const char *top = getenv("TMPDIR");
	char *path = pw_mem_print("%s/growing-XXXXXX", top != NULL ? top : "/tmp");
	struct pw_dest_how how = {.name = path, .resumes = true};
	const struct pw_dest_kind *kind = pw_dest_kind_of(&how);
	struct pw_dest *d;
	struct pw_io table = *pw_io();
	json_t *record;
	bool changed;

	CHECK(kind == &pw_dest_growing);
	close(mkstemp(path));
	table.sync_file_range = send_behind;
	pw_io_use(&table);
	CHECK(pw_dest_open(&d, kind, &how) == 0 && pw_dest_begin(d, 2) == 0);
	add(d, 1000);
	CHECK(behind.calls == 0); /* little is not worth it */
	for (int i = 0; i < 30; i++)
		add(d, 100000);
	CHECK(behind.calls == 2 && behind.from == 0 && behind.to > 2000000 && d->at == 3001000);
	CHECK(pw_dest_sync(d, 2, PW_DEST_DURABLE) == 0);
	record = pw_dest_describe(kind, d, 3000000);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && d == NULL && changed);

	/* what is there is not sent again; what goes wrong is said by fsync, and not here */
	behind.calls = 0;
	behind.fails = true;
	how.record = record;
	CHECK(pw_dest_open(&d, kind, &how) == 0 && d->continues && d->at == 3000000);
	CHECK(pw_dest_begin(d, 4) == 0 && d->at == 3000000);
	add(d, 1000);
	add(d, 2000000);
	CHECK(behind.calls == 1 && behind.from == 3001000 && behind.to == 5001000);
	CHECK(pw_dest_sync(d, 4, PW_DEST_DURABLE) == 0);
	json_decref(record);
	pw_dest_drop(&d);
	pw_io_use(NULL);
	unlink(path);
	free(path);
}

int main(void)
{
	TEST(written_behind);
	return check_done();
}
