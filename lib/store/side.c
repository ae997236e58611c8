#include "side.h"
#include "../base/hash.h"
#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define TAIL ",\"check\":\"0123456789abcdef\"}\n"
enum { TAIL_BYTES = sizeof TAIL - 1, CHECK_AT = 10 };

int pw_side_replace(const char *path, const void *data, size_t length)
{
	char *beside = pw_mem_print("%s.tmp", path);
	const int fd = pw_io()->open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	int rc = fd;

	if (fd >= 0) {
		rc = pw_io_write_full(fd, data, length) < 0 || pw_io_sync(fd) < 0 ? -1 : 0;
		const int saved = errno;
		if (pw_io()->close(fd) < 0 && rc == 0)
			rc = -1;
		else
			errno = saved;
	}
	if (rc == 0)
		rc = pw_io()->rename(beside, path);
	if (rc < 0) {
		pw_fail_system(path);
		if (fd >= 0)
			pw_io()->unlink(beside);
	} else if (pw_io_sync_directory(path) < 0) {
		rc = pw_fail_system(path);
	}
	free(beside);
	return rc < 0 ? -1 : 0;
}

static void add_check(struct pw_bytes *text)
{
	const uint64_t check = pw_hash_checksum(text->data, text->length);

	text->length--; /* the last brace */
	pw_bytes_print(text, ",\"check\":\"%016" PRIx64 "\"}\n", check);
}

int pw_side_save(const char *path, const char *stage, uint64_t run, json_t *value)
{
	json_t *all = json_object();
	struct pw_bytes text = {0};
	char *dump;

	json_object_set_new(all, "version", json_integer(PW_SIDE_VERSION));
	if (stage != NULL)
		json_object_set_new(all, "stage", json_string(stage));
	json_object_set_new(all, "run", json_integer((json_int_t)run));
	json_object_update(all, value);
	json_decref(value);
	dump = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (dump == NULL)
		pw_bug("%s can't be written as JSON", path);
	pw_bytes_text(&text, dump);
	free(dump);
	add_check(&text);
	const int rc = pw_side_replace(path, text.data, text.length);
	pw_bytes_release(&text);
	return rc;
}

/* Checks that the text is as it was written, and takes its check off. */
static int take_check(struct pw_bytes *text)
{
	char tail[TAIL_BYTES + 1] = TAIL, found[17] = {0};
	uint64_t check;

	if (text->length < TAIL_BYTES + 2)
		return pw_fail(PW_STATE,
			       "%zu bytes are no side file: it is damaged: " PW_SIDE_REMEDY,
			       text->length);
	const char *at = text->data + text->length - TAIL_BYTES;
	memcpy(tail + CHECK_AT, at + CHECK_AT, 16);
	memcpy(found, at + CHECK_AT, 16);
	if (memcmp(tail, at, TAIL_BYTES) != 0)
		return pw_fail(PW_STATE,
			       "it does not end with its check: it is damaged: " PW_SIDE_REMEDY);
	text->length -= TAIL_BYTES;
	pw_bytes_put(text, '}');
	check = pw_hash_checksum(text->data, text->length);
	snprintf(tail, sizeof tail, "%016" PRIx64, check);
	if (strcmp(tail, found) != 0)
		return pw_fail(PW_STATE,
			       "its check is %s, expected %s: it is damaged: " PW_SIDE_REMEDY,
			       found, tail);
	return 0;
}

int pw_side_version(const json_t *value)
{
	uint64_t version;

	if (pw_side_whole(value, "version", &version) < 0)
		return -1;
	return version == PW_SIDE_VERSION
		       ? 0
		       : pw_fail(PW_STATE,
				 "its version is %" PRIu64
				 ", this program knows %d: use the programs that"
				 " wrote it, or forget the state with `pw-state DIR --reset`",
				 version, PW_SIDE_VERSION);
}

static int parse(struct pw_bytes *text, const char *stage, json_t **value)
{
	const char *name = NULL;
	json_error_t error;

	if (take_check(text) < 0)
		return -1;
	*value = json_loadb(text->data, text->length, JSON_REJECT_DUPLICATES, &error);
	if (*value == NULL)
		return pw_fail(PW_STATE, "byte %d: %s", error.position, error.text);
	if (pw_side_version(*value) < 0)
		return -1;
	if (stage == NULL)
		return 0;
	if (pw_side_text(*value, "stage", &name) < 0)
		return -1;
	return strcmp(name, stage) == 0
		       ? 0
		       : pw_fail(PW_STATE, "it is of stage %.64s, expected %s", name, stage);
}

int pw_side_load(const char *path, const char *stage, json_t **value)
{
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	struct pw_bytes text = {0};

	*value = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	int rc = pw_io_load_from(fd, path, PW_SIDE_BYTES_MAX, &text);
	pw_io()->close(fd);
	if (rc < 0 && pw_fail_status() == PW_DATA)
		pw_fail(PW_STATE, "%s: it is longer than %zu bytes", path, PW_SIDE_BYTES_MAX);
	if (rc == 0 && (rc = parse(&text, stage, value)) < 0)
		pw_fail_at("%s", path);
	if (rc < 0) {
		json_decref(*value);
		*value = NULL;
	}
	pw_bytes_release(&text);
	return rc < 0 ? -1 : 1;
}

/* ---- members ---- */

static int lacking(const char *name, const char *what)
{
	return pw_fail(PW_STATE, "it has no '%s' that is %s", name, what);
}

int pw_side_whole(const json_t *value, const char *name, uint64_t *x)
{
	const json_t *member = json_object_get(value, name);

	if (!json_is_integer(member) || json_integer_value(member) < 0)
		return lacking(name, "a whole number");
	*x = (uint64_t)json_integer_value(member);
	return 0;
}

int pw_side_time(const json_t *value, const char *name, pw_time *t)
{
	const json_t *member = json_object_get(value, name);

	if (json_is_string(member) && strcmp(json_string_value(member), "end") == 0) {
		*t = PW_TIME_END;
		return 0;
	}
	return pw_side_whole(value, name, t) < 0 ? lacking(name, "a time") : 0;
}

int pw_side_text(const json_t *value, const char *name, const char **text)
{
	const json_t *member = json_object_get(value, name);

	if (!json_is_string(member))
		return lacking(name, "a text");
	*text = json_string_value(member);
	return 0;
}

json_t *pw_side_of_time(pw_time t)
{
	return t == PW_TIME_END ? json_string("end") : json_integer((json_int_t)t);
}
