#include "hold.h"

#include <stdlib.h>
#include <string.h>

void pw_hold_begin(struct pw_hold *h, const struct pw_schema *schema, struct pw_origin *origin,
		   uint64_t line)
{
	if (h->rows.schema == NULL) {
		pw_builder_init(&h->rows, schema);
		pw_builder_intern(&h->rows);
	}
	pw_builder_clear(&h->rows);
	pw_bytes_clear(&h->kept);
	h->lines.count = 0;
	h->at = 0;
	h->origin = origin;
	h->length = h->used = 0;
	h->line = line;
	h->consumed = h->waits = false;
}

void pw_hold_end(struct pw_hold *h, const char *data, size_t length, uint64_t last_line)
{
	h->data = data;
	h->length = length;
	h->last_line = last_line;
}

/* ---- rejected rows ---- */

void pw_hold_reject(struct pw_hold *h, const char *reason, const char *file, uint64_t line,
		    struct pw_slice row)
{
	h->rejects = pw_mem_grow(h->rejects, &h->reject_capacity, h->reject_count + 1,
				 sizeof *h->rejects);
	struct pw_hold_reject *r = &h->rejects[h->reject_count++];
	*r = (struct pw_hold_reject){.line = line,
				     .reason = pw_mem_print("%s", reason),
				     .file = pw_mem_print("%s", file)};
	pw_bytes_add(&r->row, row.data, row.length);
}

static void forget_rejects(struct pw_hold *h)
{
	for (size_t i = 0; i < h->reject_count; i++) {
		free(h->rejects[i].reason);
		free(h->rejects[i].file);
		pw_bytes_release(&h->rejects[i].row);
	}
	h->reject_count = h->reject_at = 0;
}

const struct pw_hold_reject *pw_hold_rejected(struct pw_hold *h)
{
	if (h->reject_at < h->reject_count &&
	    (pw_hold_is_empty(h) || h->rejects[h->reject_at].line < h->lines.items[h->at]))
		return &h->rejects[h->reject_at++];
	if (h->reject_at == h->reject_count)
		forget_rejects(h);
	return NULL;
}

/* ---- rows ---- */

/* The bytes outlive the piece. */
static void keep(struct pw_hold *h)
{
	pw_bytes_add(&h->kept, h->data, h->length);
	h->data = h->kept.data;
}

void pw_hold_take(struct pw_hold *h, uint32_t n, pw_time time, struct pw_builder *out)
{
	if (h->at == 0 && n == h->rows.rows) {
		const struct pw_builder rows = h->rows;
		h->rows = *out;
		*out = rows;
		h->at = h->rows.rows;
	} else {
		if (h->kept.length == 0)
			keep(h);
		pw_builder_append(out, pw_builder_view(&h->rows), h->at, n);
		h->at += n;
	}
	for (size_t i = 0; i < out->run_count; i++)
		out->runs[i].time = time;
}

size_t pw_hold_bytes(const struct pw_hold *h, uint64_t *line)
{
	const char *from = h->data + h->used, *end = h->data + h->length, *at = from;

	*line = h->last_line;
	if (pw_hold_is_empty(h))
		return (size_t)(end - from);
	*line = h->lines.items[h->at];
	for (uint64_t l = h->line; l < *line; l++)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	return (size_t)(at - from);
}

void pw_hold_use(struct pw_hold *h, size_t bytes, uint64_t line)
{
	h->used += bytes;
	h->line = line;
	h->consumed = h->consumed || bytes > 0;
}

void pw_hold_close(struct pw_hold *h)
{
	forget_rejects(h);
	free(h->rejects);
	free(h->lines.items);
	pw_bytes_release(&h->kept);
	if (h->rows.schema != NULL)
		pw_builder_release(&h->rows);
	*h = (struct pw_hold){0};
}
