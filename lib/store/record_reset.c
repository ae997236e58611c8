/* Resetting a directory, and removing one sink of it. */
#include "../base/io.h"
#include "record.h"
#include "store_run_internal.h"

#include <errno.h>
#include <stdlib.h>

struct folder {
	const char *path;
	bool all;
};

static int empty_folder(const char *folder, bool all);

static int remove_folder(const char *path)
{
	if (empty_folder(path, true) < 0)
		return -1;
	return pw_io()->rmdir(path) < 0 ? pw_fail_system(path) : 0;
}

static int remove_one(void *to, const char *name)
{
	const struct folder *f = to;
	int rc = 0;

	if (!f->all && strcmp(name, "record.json") == 0)
		return 0;
	char *path = pw_store_path(f->path, name);
	if (pw_io()->unlink(path) < 0) /* tracked/ is a folder */
		rc = errno == EISDIR || errno == EPERM ? remove_folder(path) : pw_fail_system(path);
	free(path);
	return rc < 0 ? -2 : 0;
}

/* Removes all files and folders in a folder; its record only if all is set. */
static int empty_folder(const char *folder, bool all)
{
	struct folder f = {folder, all};
	const int rc = pw_io_list(folder, remove_one, &f);

	return rc == -1 ? pw_fail_system(folder) : rc < 0 ? -1 : 0;
}

static int is_directory(const char *path)
{
	struct stat st;

	if (pw_io()->lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	return S_ISDIR(st.st_mode);
}

/* The record of a sink stays, and says that its destination may be begun anew. */
static int reset_record(const char *folder, const char *name, const json_t *value)
{
	char *path = pw_store_path(folder, "record.json");
	json_t *again = json_copy((json_t *)value);

	json_object_del(again, "check");
	json_object_set_new(again, "run", json_integer(0));
	json_object_set_new(again, "time", json_integer(0));
	json_object_set_new(again, "complete", json_false());
	json_object_set_new(again, "finished", json_false());
	json_object_set_new(again, "reset", json_true());
	json_object_set_new(again, "marks", json_object());
	const int rc = pw_side_save(path, name, 0, again);
	free(path);
	return rc;
}

/* A record that can't be read is removed like any other file. */
static int reset_stage(const char *folder, const char *name)
{
	struct pw_record r = {0};
	json_t *value = NULL;
	const bool sink =
		strncmp(name, "pw-", 3) == 0 && pw_record_load(folder, name, &r, &value) > 0;
	const int rc = sink ? reset_record(folder, name, value) : 0;

	json_decref(r.destination);
	json_decref(value);
	if (rc < 0)
		return -1;
	return sink ? empty_folder(folder, false) : remove_folder(folder);
}

static int reset_one(void *to, const char *name)
{
	char *folder = pw_store_path(to, name);
	int rc = is_directory(folder);

	if (rc > 0)
		rc = reset_stage(folder, name);
	free(folder);
	return rc < 0 ? -2 : 0;
}

int pw_record_reset(const char *directory)
{
	const int rc = pw_io_list(directory, reset_one, (void *)directory);

	return rc == -1 ? pw_fail_system(directory) : rc < 0 ? -1 : 0;
}

int pw_record_forget(const char *directory, const char *sink)
{
	char *folder = pw_store_path(directory, sink), *path = pw_store_path(folder, "record.json");
	const int there = strchr(sink, '/') == NULL && strncmp(sink, "pw-", 3) == 0
				  ? is_directory(folder)
				  : 0;
	int rc = there;

	if (there == 0)
		rc = pw_fail(PW_USAGE, "'%.120s' is no stage of %s", sink, directory);
	if (rc >= 0 && pw_io()->unlink(path) < 0)
		rc = errno == ENOENT ? pw_fail(PW_USAGE, "'%.120s' is no sink", sink)
				     : pw_fail_system(path);
	if (rc >= 0 && pw_io_sync_directory(path) < 0)
		rc = pw_fail_system(path);
	if (rc >= 0)
		rc = remove_folder(folder);
	free(path);
	free(folder);
	return rc;
}
