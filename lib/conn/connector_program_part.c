#include "connector_program_part_internal.h"

#include <jansson.h>
#include <stdlib.h>

struct pw_connector_program_part *pw_connector_program_part_new(const char *key)
{
	struct pw_connector_program_part *part = pw_mem_zero(1, sizeof *part);

	part->origin = (struct pw_origin){.key = pw_mem_print("%s", key),
					  .name = pw_mem_print("%s", key),
					  .modified = INT64_MIN,
					  .line = 1};
	return part;
}

void pw_connector_program_part_free(struct pw_connector_program_part *part)
{
	for (size_t i = part->first_mark; i < part->mark_count; i++)
		free(part->marks[i].offset);
	free(part->marks);
	free(part->last.offset);
	free(part->origin.key);
	free(part->origin.name);
	pw_bytes_release(&part->origin.header);
	pw_bytes_release(&part->data);
	free(part);
}

/* {"bytes": consumed, "skip": how many of them after the mark, "line": ..., "offset": the mark} */
int pw_connector_program_part_seek(struct pw_connector_program_part *part, const char *value)
{
	json_int_t bytes, skip, line;
	json_t *offset, *v = json_loads(value, 0, NULL);
	int result = -1;

	if (v != NULL &&
	    json_unpack(v, "{s:I, s:I, s:I, s:o}", "bytes", &bytes, "skip", &skip, "line", &line,
			"offset", &offset) == 0 &&
	    skip >= 0 && bytes >= skip && line >= 1) {
		part->origin.offset = (uint64_t)bytes;
		part->origin.line = (uint64_t)line;
		part->skip = (uint64_t)skip;
		part->told = (uint64_t)(bytes - skip);
		free(part->last.offset);
		part->last.at = part->told;
		part->last.offset = json_is_null(offset)
					    ? NULL
					    : json_dumps(offset, JSON_COMPACT | JSON_ENCODE_ANY);
		result = 0;
	}
	json_decref(v);
	return result == 0
		       ? 0
		       : pw_fail(PW_STATE, "the offset of '%s' is '%s'", part->origin.key, value);
}

void pw_connector_program_part_offset(const struct pw_connector_program_part *part,
				      struct pw_bytes *value)
{
	const struct pw_origin *origin = &part->origin;

	pw_bytes_print(value, "{\"bytes\":%llu,\"skip\":%llu,\"line\":%llu,\"offset\":%s}",
		       (unsigned long long)origin->offset,
		       (unsigned long long)(origin->offset - part->last.at),
		       (unsigned long long)origin->line,
		       part->last.offset == NULL ? "null" : part->last.offset);
}

void pw_connector_program_part_add(struct pw_connector_program_part *part, const char *data,
				   size_t n, bool line, const char *offset)
{
	const size_t let_go = part->skip < n + line ? (size_t)part->skip : n + line;

	if (part->from > 0 && part->from == part->data.length)
		part->from = part->data.length = 0;
	part->told += n + line;
	part->skip -= let_go;
	if (let_go < n)
		pw_bytes_add(&part->data, data + let_go, n - let_go);
	if (line && let_go <= n)
		pw_bytes_put(&part->data, '\n');
	part->marks = pw_mem_grow(part->marks, &part->mark_capacity, part->mark_count + 1,
				  sizeof *part->marks);
	part->marks[part->mark_count++] =
		(struct pw_program_mark){part->told, pw_mem_print("%s", offset)};
}

void pw_connector_program_part_consume(struct pw_connector_program_part *part, size_t n)
{
	part->from += n;
	part->offered = 0;
	part->origin.offset += n;
	while (part->first_mark < part->mark_count &&
	       part->marks[part->first_mark].at <= part->origin.offset) {
		free(part->last.offset);
		part->last = part->marks[part->first_mark++];
	}
	if (part->first_mark == part->mark_count)
		part->first_mark = part->mark_count = 0;
}
