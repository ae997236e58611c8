#include "dest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

const struct pw_dest_kind *const pw_dest_kinds[] = {
	&pw_dest_straight, &pw_dest_replaced, &pw_dest_appended, &pw_dest_growing, NULL,
};

/* ---- which kind ---- */

/* A file that is still to be made counts, too. */
static bool is_file(const char *name)
{
	struct stat st;

	if (strcmp(name, "-") == 0)
		return false;
	return pw_io()->stat(name, &st) < 0 || S_ISREG(st.st_mode);
}

bool pw_dest_holds(const char *name)
{
	struct stat st;

	return pw_io()->stat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

bool pw_dest_compresses(const struct pw_dest_kind *kind, const char *name)
{
	return kind->scheme == NULL && pw_packing_of_path(name) != PW_UNPACKED;
}

static const struct pw_dest_kind *kind_of_url(const char *name, size_t scheme)
{
	for (const struct pw_dest_kind *const *k = pw_dest_kinds; *k != NULL; k++)
		if ((*k)->scheme != NULL && strlen((*k)->scheme) == scheme &&
		    memcmp((*k)->scheme, name, scheme) == 0)
			return *k;
	pw_fail(PW_USAGE, "%s: no connector for %.*s://", name, (int)scheme, name);
	return NULL;
}

const struct pw_dest_kind *pw_dest_kind_of(const struct pw_dest_how *how)
{
	const char *scheme_end = strstr(how->name, "://");

	if (scheme_end != NULL)
		return kind_of_url(how->name, (size_t)(scheme_end - how->name));
	const bool file = is_file(how->name), resumes = file && how->resumes;
	const bool adds = resumes || (file && how->append && pw_dest_holds(how->name));
	for (const struct pw_dest_kind *const *k = pw_dest_kinds; *k != NULL; k++)
		if ((*k)->scheme == NULL && (*k)->is_file == file && (*k)->adds == adds &&
		    (*k)->resumes == resumes)
			return *k;
	pw_bug("no kind of destination fits");
}

/* ---- what callers do ---- */

int pw_dest_open(struct pw_dest **d, const struct pw_dest_kind *kind, const struct pw_dest_how *how)
{
	const char *name = strcmp(how->name, "-") == 0 ? "stdout" : how->name;

	/* *d is set before the kind makes a file, so that a drop at any time finds it */
	*d = pw_mem_zero(1, kind->size);
	(*d)->kind = kind;
	(*d)->how = how;
	(*d)->name = pw_mem_copy(name, strlen(name));
	(*d)->fd = -1;
	if (kind->open(*d) == 0)
		return 0;
	pw_dest_drop(d);
	return -1;
}

int pw_dest_begin(struct pw_dest *d, pw_time below)
{
	return d->kind->begin != NULL ? d->kind->begin(d, below) : 0;
}

int pw_dest_write(void *dest, const void *data, size_t n)
{
	struct pw_dest *d = dest;

	return d->kind->write(d, data, n);
}

int pw_dest_sync(struct pw_dest *d, pw_time below, enum pw_dest_sync how)
{
	return d->kind->sync != NULL ? d->kind->sync(d, below, how) : 0;
}

int pw_dest_finish(struct pw_dest **d, bool all, bool *changed)
{
	*changed = false;
	if (*d != NULL && (*d)->kind->finish(*d, all, changed) < 0)
		return -1;
	pw_dest_drop(d);
	return 0;
}

void pw_dest_drop(struct pw_dest **d)
{
	if (*d == NULL)
		return;
	(*d)->kind->drop(*d);
	free((*d)->name);
	free(*d);
	*d = NULL;
}

json_t *pw_dest_describe(const struct pw_dest_kind *kind, const struct pw_dest *d, uint64_t at)
{
	if (d != NULL && kind->describe != NULL)
		return kind->describe(d, at);
	json_t *value = json_object();
	json_object_set_new(value, "kind", json_string(kind->name));
	return value;
}

int pw_dest_head(const struct pw_dest *d, size_t n, struct pw_bytes *into)
{
	const int fd = pw_io()->open(d->how->name, O_RDONLY, 0);
	const ssize_t got = fd < 0 ? -1 : pw_io_read_full(fd, pw_bytes_room(into, n), n);

	if (got < 0)
		pw_dest_fail(d, "read");
	else
		into->length += (size_t)got;
	if (fd >= 0)
		pw_io()->close(fd);
	return got < 0 ? -1 : 0;
}

/* ---- what the kinds share ---- */

int pw_dest_fail(const struct pw_dest *d, const char *what)
{
	pw_fail_system(what);
	return pw_fail_at("%s", d->name);
}

int pw_dest_put(struct pw_dest *d, const void *data, size_t n)
{
	if (pw_io_write_full(d->fd, data, n) == 0)
		return 0;
	d->gone = errno == EPIPE;
	return pw_dest_fail(d, "write");
}

int pw_dest_close(struct pw_dest *d, bool sync)
{
	const int fd = d->fd;

	if (sync && pw_io()->fsync(fd) < 0)
		return pw_dest_fail(d, "fsync");
	d->fd = -1;
	return pw_io()->close(fd) < 0 ? pw_dest_fail(d, "close") : 0;
}

int pw_dest_end_line(const struct pw_dest *d, int fd, uint64_t length)
{
	char last = '\n';
	const ssize_t got = length == 0 ? 1 : pw_io_read_at(fd, &last, 1, length - 1);

	if (got == 0)
		errno = EIO; /* it became shorter meanwhile */
	if (got != 1)
		return pw_dest_fail(d, "read");
	if (last == '\n')
		return 0;
	return pw_io_write_full(fd, "\n", 1) < 0 ? pw_dest_fail(d, "write") : 1;
}
