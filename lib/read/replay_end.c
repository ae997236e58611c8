#include "replay_end.h"
#include "../base/io.h"
#include "../conn/identity.h"

#include <stdlib.h>

static int print_of(const struct pw_reader *r, uint64_t from, size_t n, struct pw_identity *id,
		    void (*set)(struct pw_identity *, const char *, size_t))
{
	char bytes[PW_IDENTITY_BYTES];
	const ptrdiff_t got = pw_io_read_at(r->file.fd, bytes, n, from);

	if (got < 0)
		return pw_fail_system(r->file.name);
	if ((size_t)got < n)
		return pw_fail(PW_STATE, "%s: shrank while it was replayed", r->file.name);
	set(id, bytes, n);
	return 0;
}

/* A compressed file has no prints: its text is not at hand any more. */
static int add_prints(const struct pw_reader *r, struct pw_identity *id)
{
	const size_t n = id->offset < PW_IDENTITY_BYTES ? (size_t)id->offset : PW_IDENTITY_BYTES;

	if (r->file.codec != NULL || n == 0)
		return 0;
	if (print_of(r, 0, n, id, pw_identity_set_head) < 0)
		return -1;
	return print_of(r, id->offset - n, n, id, pw_identity_set_tail);
}

int pw_replay_end_value(const struct pw_reader *r, uint64_t offset, uint64_t line,
			struct pw_bytes *value)
{
	const struct stat *st = &r->begun;
	struct pw_identity id = {
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = pw_io_ns_of(&st->st_mtim),
		.offset = offset,
		.line = line,
	};

	if (add_prints(r, &id) < 0)
		return -1;
	pw_identity_encode(value, r->file.name, NULL, NULL, &id);
	return 0;
}

int pw_replay_end_note(struct pw_replay_ends *e, const struct pw_reader *r)
{
	struct pw_bytes value = {0}, header = {0};

	if (r->file.codec == NULL && r->got < (uint64_t)r->begun.st_size)
		return pw_fail(PW_STATE, "%s: shrank while it was replayed", r->file.name);
	if (pw_replay_end_value(r, pw_reader_offset(r), r->parser->line, &value) < 0) {
		pw_bytes_release(&value);
		return -1;
	}
	char *key = pw_identity_text(r->file.name);
	pw_offsets_set(&e->offsets, key, pw_bytes_string(&value));
	if (r->header.length > 0) {
		pw_bytes_add(&header, r->header.data, r->header.length);
		pw_offsets_set(&e->headers, key, pw_bytes_string(&header));
	}
	pw_bytes_release(&value);
	pw_bytes_release(&header);
	free(key);
	return 0;
}

void pw_replay_ends_release(struct pw_replay_ends *e)
{
	pw_offsets_release(&e->offsets);
	pw_offsets_release(&e->headers);
}
