/* lib/dest: which kind fits, and when what was written can be seen. What a growing file does: growing.c. */
#include "../../lib/dest/dest.h"
#include "../../lib/base/fail.h"
#include "../../lib/base/io.h"
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

static char *folder;

static char *in_folder(const char *name)
{
	return pw_mem_print("%s/%s", folder, name);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool holds(const char *path, const char *text)
{
	struct pw_bytes bytes = {0};
	const bool same = pw_io_load(path, 1 << 20, &bytes) == 0 && bytes.length == strlen(text) &&
			  memcmp(bytes.data, text, bytes.length) == 0;

	pw_bytes_release(&bytes);
	return same;
}

static int count_name(void *to, const char *name)
{
	(void)name;
	++*(int *)to;
	return 0;
}

static int names(void)
{
	int n = 0;

	CHECK(pw_io_list(folder, count_name, &n) == 0);
	return n;
}

static struct pw_dest *open_dest(const struct pw_dest_how *how)
{
	struct pw_dest *d = NULL;

	CHECK(pw_dest_open(&d, pw_dest_kind_of(how), how) == 0 && d != NULL);
	return d;
}

static void kinds(void)
{
	char *path = in_folder("kinds");
	struct pw_dest_how how = {.name = "-", .append = true, .resumes = true};

	CHECK(pw_dest_kind_of(&how) == &pw_dest_straight);
	how.name = "/dev/null";
	CHECK(pw_dest_kind_of(&how) == &pw_dest_straight);
	how.name = path;
	CHECK(pw_dest_kind_of(&how) == &pw_dest_growing);
	how.resumes = false;
	CHECK(pw_dest_kind_of(&how) == &pw_dest_replaced); /* nothing is there to be added to */
	put(path, "");
	CHECK(pw_dest_kind_of(&how) == &pw_dest_replaced && !pw_dest_holds(path));
	put(path, "a\n");
	CHECK(pw_dest_kind_of(&how) == &pw_dest_appended && pw_dest_holds(path));
	how.append = false;
	CHECK(pw_dest_kind_of(&how) == &pw_dest_replaced);
	how.name = "other://host";
	CHECK(pw_dest_kind_of(&how) == NULL && pw_fail_status() == PW_USAGE);
	pw_fail_clear();
	unlink(path);
	free(path);
}

static void replaced(void)
{
	char *path = in_folder("replaced");
	const struct pw_dest_how how = {.name = path, .if_changed = true};
	struct pw_dest *d;
	bool changed;

	put(path, "old\n");
	d = open_dest(&how);
	CHECK(d->hidden && !d->continues && pw_dest_write(d, "new\n", 4) == 0);
	CHECK(holds(path, "old\n") && names() == 2);
	pw_dest_drop(&d);
	CHECK(d == NULL && holds(path, "old\n") && names() == 1);

	d = open_dest(&how);
	CHECK(pw_dest_write(d, "new\n", 4) == 0 && holds(path, "old\n"));
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && d == NULL && changed);
	CHECK(holds(path, "new\n") && names() == 1);

	d = open_dest(&how); /* by its equal */
	CHECK(pw_dest_write(d, "new\n", 4) == 0);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && !changed && names() == 1);

	d = open_dest(
		&how); /* from a sync on it is written straight to, and a drop takes nothing back */
	CHECK(pw_dest_write(d, "a\n", 2) == 0 && pw_dest_sync(d, 2, PW_DEST_COMPLETE) == 0);
	CHECK(!d->hidden && holds(path, "a\n") && pw_dest_write(d, "b\n", 2) == 0);
	CHECK(holds(path, "a\nb\n"));
	pw_dest_drop(&d);
	CHECK(holds(path, "a\nb\n") && names() == 1);
	pw_dest_drop(&d);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && !changed);
	unlink(path);
	free(path);
}

static void appended(void)
{
	char *path = in_folder("appended");
	const struct pw_dest_how how = {.name = path, .append = true};
	struct pw_bytes head = {0};
	struct pw_dest *d;
	bool changed;

	put(path, "a\nb"); /* the last line has no end */
	d = open_dest(&how);
	CHECK(d->hidden && d->continues && pw_dest_head(d, 2, &head) == 0);
	CHECK(pw_slice_equal((struct pw_slice){head.data, head.length}, PW_SLICE("a\n")));
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && !changed && holds(path, "a\nb"));

	d = open_dest(&how);
	CHECK(pw_dest_write(d, "c\n", 2) == 0 && holds(path, "a\nb"));
	CHECK(pw_dest_sync(d, 2, PW_DEST_COMPLETE) == 0 && !d->hidden && holds(path, "a\nb\nc\n"));
	CHECK(pw_dest_write(d, "d\n", 2) == 0);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && changed && holds(path, "a\nb\nc\nd\n"));
	CHECK(names() == 1);
	pw_bytes_release(&head);
	unlink(path);
	free(path);
}

static void compressed(void)
{
	char *path = in_folder("compressed.gz");
	const struct pw_dest_how how = {.name = path};
	struct pw_dest *d = open_dest(&how);
	struct stat before, after;
	bool changed;

	CHECK(pw_dest_compresses(d->kind, path));
	CHECK(pw_dest_write(d, "a\n", 2) == 0 && !d->held_back); /* nobody can see it yet */
	CHECK(pw_dest_sync(d, 2, PW_DEST_COMPLETE) == 0 && d->held_back);
	CHECK(stat(path, &before) == 0 && pw_dest_sync(d, 2, PW_DEST_VISIBLE) == 0 &&
	      !d->held_back);
	CHECK(stat(path, &after) == 0 && after.st_size > before.st_size);
	CHECK(pw_dest_write(d, "b\n", 2) == 0 && d->held_back);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && changed);
	unlink(path);
	free(path);
}

static void straight(void)
{
	char *path = in_folder("dir"), text[4] = {0};
	struct pw_dest_how how = {.name = path};
	struct pw_dest *d = NULL;
	json_t *value;
	bool changed;
	int fds[2];

	CHECK(mkdir(path, 0700) == 0);
	CHECK(pw_dest_open(&d, pw_dest_kind_of(&how), &how) < 0 && d == NULL);
	CHECK(pw_fail_status() == PW_USAGE);
	pw_fail_clear();
	rmdir(path);
	free(path);

	CHECK(pipe(fds) == 0);
	path = pw_mem_print("/dev/fd/%d", fds[1]);
	how = (struct pw_dest_how){.name = path, .resumes = true};
	d = open_dest(&how);
	close(fds[1]);
	CHECK(d->kind->has_reader && d->fd >= 0 && !d->hidden);
	CHECK(pw_dest_begin(d, 2) == 0 && pw_dest_write(d, "abc", 3) == 0);
	CHECK(pw_dest_sync(d, 2, PW_DEST_DURABLE) == 0);
	CHECK(read(fds[0], text, 3) == 3 && memcmp(text, "abc", 3) == 0);
	value = pw_dest_describe(d->kind, d, 0);
	CHECK(strcmp(json_string_value(json_object_get(value, "kind")), "pipe") == 0);
	json_decref(value);
	CHECK(pw_dest_finish(&d, true, &changed) == 0 && d == NULL && changed);
	CHECK(read(fds[0], text, 1) == 0); /* it is closed */
	close(fds[0]);
	free(path);
}

int main(void)
{
	const char *top = getenv("TMPDIR");

	folder = pw_mem_print("%s/dest-XXXXXX", top != NULL ? top : "/tmp");
	CHECK(mkdtemp(folder) != NULL);
	TEST(kinds);
	TEST(replaced);
	TEST(appended);
	TEST(compressed);
	TEST(straight);
	rmdir(folder);
	free(folder);
	return check_done();
}
