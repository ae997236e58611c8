/* The files of a replay with state, and what earlier runs have read of them. */
#include "../base/io.h"
#include "../conn/identity.h"
#include "replay_state.h"

#include <fcntl.h>
#include <stdlib.h>

struct known {
	const char *key;
	char *path;
	struct pw_identity id;
	bool found;
};

static int load(struct pw_replay_state *s, struct known *all)
{
	size_t n = 0;
	const char *key;
	json_t *part;

	json_object_foreach(s->resume->parts, key, part)
	{
		char *value =
			json_dumps(json_object_get(part, "at"), JSON_COMPACT | JSON_ENCODE_ANY);
		char *place = NULL, *home = NULL;
		const int rc = pw_identity_decode(&all[n].id, &all[n].path, &place, &home,
						  value != NULL ? value : "null");
		free(place);
		free(home);
		free(value);
		if (rc < 0)
			return pw_fail_at("%s", s->resume->journal.path);
		all[n++].key = key;
	}
	return 0;
}

/*
 * Are the bytes that were read still there? *how: NULL, or what has become of
 * them. Of a compressed file only the size is known: its text is not at hand.
 */
static int check(const struct known *was, const char *path, const struct stat *st, const char **how)
{
	const uint64_t offset = was->id.offset;
	const size_t before = offset < PW_IDENTITY_BYTES ? (size_t)offset : PW_IDENTITY_BYTES;
	char head[PW_IDENTITY_BYTES], tail[PW_IDENTITY_BYTES];
	const bool plain = was->id.tail_length > 0;

	*how = (uint64_t)st->st_size < (plain ? offset : was->id.size) ? "shrank" : NULL;
	if (*how != NULL || !plain)
		return 0;
	const int fd = pw_io()->open(path, O_RDONLY, 0);
	if (fd < 0)
		return pw_fail_system(path);
	const ptrdiff_t n = pw_io_read_at(fd, head, sizeof head, 0);
	const ptrdiff_t m = n < 0 ? -1 : pw_io_read_at(fd, tail, before, offset - before);
	if (m < 0)
		pw_fail_system(path);
	pw_io()->close(fd);
	if (m < 0)
		return -1;
	if (pw_identity_begins(&was->id, head, (size_t)n) == PW_IDENTITY_OTHER ||
	    !pw_identity_continues(&was->id, tail, (size_t)m))
		*how = "changed";
	return 0;
}

static int changed(const struct known *was, const char *path, const char *how)
{
	return pw_fail(PW_STATE,
		       "%s: %s before byte %" PRIu64
		       ", up to which it was read (with --state a file may"
		       " only grow): put it back, or begin anew with --reset",
		       path, how, was->id.offset);
}

/*
 * By device and inode, which a new name keeps and another file may have got
 * since; or, among those that are not found so, by name. NULL: there is none.
 */
static int find(const struct pw_replay_state *s, struct known *all, size_t count, const char *path,
		const struct stat *st, bool by_name, struct known **was)
{
	const char *how;

	*was = NULL;
	for (size_t i = 0; i < count; i++) {
		const bool same = all[i].id.device == st->st_dev && all[i].id.inode == st->st_ino;
		const bool named = strcmp(all[i].path, path) == 0;
		if (all[i].found || !(by_name ? named : same))
			continue;
		if (check(&all[i], path, st, &how) < 0)
			return -1;
		if (how != NULL && (by_name || named) && !pw_resume_is_live(s->resume))
			return changed(&all[i], path, how);
		if (how == NULL)
			*was = &all[i];
	}
	return 0;
}

/* A key that no other file has had. */
static char *new_key(const struct pw_replay_state *s, const char *path)
{
	char *text = pw_identity_text(path), *key = pw_mem_copy(text, strlen(text));

	for (unsigned n = 2; json_object_get(s->resume->parts, key) != NULL; n++) {
		free(key);
		key = pw_mem_print("%s#%u", text, n);
	}
	free(text);
	return key;
}

static void take(struct pw_replay_state *s, size_t i, struct known *was, const struct stat *st)
{
	struct pw_replay_lane *lane = &s->replay->lanes[i];
	struct pw_replay_place *place = &s->places[i];

	was->found = true;
	lane->key = pw_mem_copy(was->key, strlen(was->key));
	pw_resume_header(s->resume, was->key, &lane->header);
	*place = (struct pw_replay_place){.offset = was->id.offset, .line = was->id.line};
	/* a compressed file has been read to its end only if all files have */
	place->same = was->id.tail_length > 0
			      ? (uint64_t)st->st_size == was->id.offset
			      : s->resume->journal.ended && (uint64_t)st->st_size == was->id.size;
}

static int match_lane(struct pw_replay_state *s, size_t i, struct known *all, size_t count,
		      bool by_name)
{
	const char *path = s->replay->files.paths[i];
	struct pw_replay_lane *lane = &s->replay->lanes[i];
	struct known *was;
	struct stat st;

	if (lane->key != NULL)
		return 0;
	if (pw_io()->stat(path, &st) < 0)
		return pw_fail_system(path);
	if (!S_ISREG(st.st_mode))
		return pw_fail(PW_USAGE,
			       "%s: is no regular file, and only those are replayed with --state",
			       path);
	if (find(s, all, count, path, &st, by_name, &was) < 0)
		return -1;
	if (was != NULL)
		take(s, i, was, &st);
	if (was == NULL && by_name) {
		lane->key = new_key(s, path);
		s->places[i] = (struct pw_replay_place){.line = 1};
	}
	if (lane->key != NULL)
		json_object_set_new(s->lanes, lane->key, json_integer((json_int_t)i));
	return 0;
}

/* A file that has gone must have been read to its end (the follower looks, where it is live). play_piece sees to it that it is not played again. */
static int check_gone(const struct known *was)
{
	const uint64_t left = was->id.tail_length > 0 ? was->id.size - was->id.offset : 0;

	if (was->found || left == 0)
		return 0;
	return pw_fail(PW_STATE,
		       "%s: vanished with %" PRIu64
		       " byte%s unread: put it back, or begin anew with"
		       " --reset",
		       was->path, left, left == 1 ? "" : "s");
}

int pw_replay_match(struct pw_replay_state *s)
{
	const size_t count = json_object_size(s->resume->parts);
	struct known *all = pw_mem_zero(count + 1, sizeof *all);
	int rc = load(s, all);

	for (int by_name = 0; by_name < 2; by_name++)
		for (size_t i = 0; i < s->replay->files.count && rc == 0; i++)
			rc = match_lane(s, i, all, count, by_name);
	for (size_t i = 0; i < count && rc == 0 && !pw_resume_is_live(s->resume); i++)
		rc = check_gone(&all[i]);
	for (size_t i = 0; i < count; i++)
		free(all[i].path);
	free(all);
	return rc;
}
