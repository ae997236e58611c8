#include "paths.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "../base/path.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 }; /* of directories: a loop of links ends */

static void add(struct pw_paths *p, const char *path)
{
	p->items = pw_mem_grow(p->items, &p->capacity, p->count + 1, sizeof *p->items);
	p->items[p->count++] = pw_mem_print("%s", path);
}

/* ---- files that have several names ---- */

static struct pw_paths_inode *slot_of(const struct pw_paths_inodes *f, uint64_t device,
				      uint64_t inode)
{
	const size_t mask = f->capacity - 1;
	size_t at = (size_t)pw_hash_word(inode ^ device << 40) & mask;

	while (f->slots[at].used && (f->slots[at].device != device || f->slots[at].inode != inode))
		at = (at + 1) & mask;
	return &f->slots[at];
}

static void grow(struct pw_paths_inodes *f)
{
	struct pw_paths_inodes wider = {.count = f->count,
					.capacity = f->capacity == 0 ? 64 : f->capacity * 2};

	wider.slots = pw_mem_zero(wider.capacity, sizeof *wider.slots);
	for (size_t i = 0; i < f->capacity; i++)
		if (f->slots[i].used)
			*slot_of(&wider, f->slots[i].device, f->slots[i].inode) = f->slots[i];
	free(f->slots);
	*f = wider;
}

/* Is it the first name of that file? */
static bool is_first(struct pw_paths_inodes *f, const struct stat *st)
{
	if (f->count >= f->capacity / 2)
		grow(f);
	struct pw_paths_inode *slot = slot_of(f, st->st_dev, st->st_ino);
	const bool first = !slot->used;
	f->count += first;
	*slot = (struct pw_paths_inode){st->st_dev, st->st_ino, true};
	return first;
}

bool pw_paths_hidden(const char *name)
{
	static const char *const ends[] = {"~", ".tmp", ".part", ".swp"};
	const size_t n = strlen(name);

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const size_t m = strlen(ends[i]);
		if (n >= m && strcmp(name + n - m, ends[i]) == 0)
			return true;
	}
	return false;
}

static int add_found(struct pw_paths *p, const char *path, int depth);

int pw_paths_unseen(const char *path, bool follow)
{
	const int why = errno;
	struct stat st;

	if ((why == ENOENT || why == ELOOP) && pw_io()->lstat(path, &st) == 0 &&
	    S_ISLNK(st.st_mode))
		return follow ? 1
			      : pw_fail(PW_SYSTEM, "%s: the link leads to nothing that is there",
					path);
	errno = why;
	return why == ENOENT || why == ENOTDIR ? 0 : pw_fail_system(path);
}

static bool gone(bool live)
{
	return live && (errno == ENOENT || errno == ENOTDIR);
}

struct directory {
	struct pw_paths *paths;
	const char *path;
	int depth;
};

static int add_below(void *to, const char *name)
{
	const struct directory *d = to;
	const size_t n = strlen(d->path);

	if (pw_paths_hidden(name))
		return 0;
	char *path =
		pw_mem_print("%s%s%s", d->path, n > 0 && d->path[n - 1] == '/' ? "" : "/", name);
	const int result = add_found(d->paths, path, d->depth + 1);
	free(path);
	return result < 0 ? -2 : 0;
}

static int add_directory(struct pw_paths *p, const char *path, int depth)
{
	struct directory d = {p, path, depth};

	if (p->places != NULL)
		add(p->places, path);
	const int result = pw_io_list(path, add_below, &d);
	if (result == -1 && !gone(p->live))
		return pw_fail_system(path);
	return result < -1 ? -1 : 0;
}

/* A path that the user has named must be there; a path that a directory has listed may have gone. */
static int add_unseen(struct pw_paths *p, const char *path, bool listed)
{
	if (!listed)
		return gone(p->live) ? 0 : pw_fail_system(path);
	const int unseen = pw_paths_unseen(path, p->follow);
	if (unseen == 0 && !p->live) {
		errno = ENOENT;
		return pw_fail_system(path);
	}
	if (unseen > 0 && p->nowhere == NULL)
		p->nowhere = pw_mem_print("%s", path);
	return unseen < 0 ? -1 : 0;
}

static int add_found(struct pw_paths *p, const char *path, int depth)
{
	struct stat st;

	if (pw_io()->stat(path, &st) < 0)
		return add_unseen(p, path, depth > 0);
	if (S_ISDIR(st.st_mode) && depth > DEPTH_MAX)
		return pw_fail(PW_SYSTEM, "%s: directories more than %d deep", path, DEPTH_MAX);
	if (S_ISDIR(st.st_mode))
		return add_directory(p, path, depth);
	p->names++;
	if (!S_ISREG(st.st_mode) || is_first(&p->found, &st))
		add(p, path);
	return 0;
}

const char *pw_paths_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void pw_paths_sort(char **paths, size_t count)
{
	if (count > 0)
		qsort(paths, count, sizeof *paths, by_bytes);
}

bool pw_paths_magic(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("*?[", text[i]) != NULL)
			return true;
	return false;
}

static int add_pattern(struct pw_paths *p, const char *pattern)
{
	glob_t found;
	int result = 0;
	const int status = glob(pattern, GLOB_NOSORT, NULL, &found);

	if (status == GLOB_NOSPACE)
		pw_mem_exhausted();
	if (status != 0 && status != GLOB_NOMATCH)
		return pw_fail(PW_SYSTEM, "'%s': cannot be listed", pattern);
	if (status == 0)
		pw_paths_sort(found.gl_pathv, found.gl_pathc);
	const size_t before = p->names;
	for (size_t i = 0; status == 0 && i < found.gl_pathc && result == 0; i++)
		if (!pw_paths_hidden(pw_paths_name(found.gl_pathv[i])))
			result = add_found(p, found.gl_pathv[i], 1);
	if (status == 0)
		globfree(&found);
	if (result == 0 && p->names == before && !p->live)
		return pw_fail(PW_SYSTEM, "'%s' matches no file", pattern);
	return result;
}

char *pw_paths_root(const char *source)
{
	size_t n = strcspn(source, "*?[");

	if (source[n] == '\0')
		return pw_mem_copy(source, n);
	while (n > 0 && source[n - 1] != '/')
		n--;
	return n > 0 ? pw_mem_copy(source, n) : pw_mem_copy("./", 2);
}

const char *pw_paths_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	if (strncmp(path, directory, n) != 0)
		return strcmp(directory, "./") == 0 && path[0] != '/' ? path : NULL;
	if (n > 0 && directory[n - 1] == '/')
		n--;
	return path[n] == '/' ? path + n + 1 : NULL;
}

static int any_name(void *to, const char *name)
{
	(void)to;
	(void)name;
	return -2;
}

int pw_paths_rooted(const char *root, const char *file, uint64_t device)
{
	struct stat st;

	if (pw_io()->stat(root, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR
			       ? pw_fail_system(root)
			       : pw_fail(PW_SYSTEM,
					 "%s: the directory is not there, and files of it have been"
					 " read (make an empty one if they are gone)",
					 root);
	if (S_ISDIR(st.st_mode) && st.st_dev != device && pw_io_list(root, any_name, NULL) == 0)
		return pw_fail(PW_SYSTEM,
			       "%s: is empty, and %s has been read from another file system: is it"
			       " mounted? (put any file there if it has gone for good)",
			       root, file);
	return 0;
}

static int visible_name(void *to, const char *name)
{
	(void)to;
	return pw_paths_hidden(name) ? 0 : -2;
}

bool pw_paths_gone(const char *source)
{
	struct stat st;
	glob_t found;

	if (pw_io()->stat(source, &st) == 0)
		return S_ISDIR(st.st_mode) && pw_io_list(source, visible_name, NULL) == 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return false;
	if (!pw_paths_magic(source, strlen(source)))
		return true;
	const int status = glob(source, GLOB_NOSORT, NULL, &found);
	if (status == 0)
		globfree(&found);
	return status == GLOB_NOMATCH;
}

int pw_paths_add(struct pw_paths *p, const char *source)
{
	struct stat st;

	if (strcmp(source, "-") == 0) {
		add(p, source);
		return 0;
	}
	if (pw_io()->stat(source, &st) < 0 && errno == ENOENT && strpbrk(source, "*?[") != NULL)
		return add_pattern(p, source);
	return add_found(p, source, 0);
}

/* Is the file the one of that path, or below it? Both are resolved. */
static bool within(const char *path, const char *file)
{
	const size_t n = strlen(path);

	return strncmp(path, file, n) == 0 &&
	       (file[n] == '\0' || file[n] == '/' || strcmp(path, "/") == 0);
}

/* Does the pattern match the file, or a folder that it is in? */
static bool pattern_takes(const char *pattern, const char *file)
{
	const char *name = pw_paths_name(pattern);
	char *folder = name == pattern ? pw_mem_print("./")
				       : pw_mem_print("%.*s", (int)(name - pattern), pattern);
	char *base = realpath(folder, NULL); /* NULL: a pattern in front of the last name too */
	char *whole =
		pw_mem_print("%s/%s", base != NULL ? base : "", base != NULL ? name : pattern);
	char *part = pw_mem_print("%s", file);
	bool takes = false;

	for (char *end = part + strlen(part); !takes && end > part; end--)
		if (*end == '\0' || *end == '/') {
			*end = '\0';
			takes = fnmatch(whole, part, FNM_PATHNAME | FNM_PERIOD) == 0;
		}
	free(part);
	free(whole);
	free(base);
	free(folder);
	return takes;
}

bool pw_paths_take(const char *source, const char *path)
{
	char *file = pw_path_resolve(path), *from = realpath(source, NULL);
	bool takes = false;

	if (file != NULL && from != NULL)
		takes = within(from, file) &&
			(strcmp(from, file) == 0 || !pw_paths_hidden(pw_paths_name(file)));
	else if (file != NULL && strpbrk(source, "*?[") != NULL)
		takes = !pw_paths_hidden(pw_paths_name(file)) && pattern_takes(source, file);
	free(file);
	free(from);
	return takes;
}

void pw_paths_clear(struct pw_paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i]);
	p->count = 0;
}

void pw_paths_release(struct pw_paths *p)
{
	pw_paths_clear(p);
	free(p->items);
	free(p->nowhere);
	free(p->found.slots);
	*p = (struct pw_paths){0};
}
