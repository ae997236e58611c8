#include "offsets.h"
#include "names.h"

#include <jansson.h>
#include <stdlib.h>

static const char *key_at(const void *items, size_t i)
{
	return ((const struct pw_offset *)items)[i].key;
}

/* Where key is, or where it belongs. */
static size_t place(const struct pw_offsets *o, const char *key, bool *found)
{
	return pw_names_place(o->items, o->count, key_at, key, found);
}

void pw_offsets_set(struct pw_offsets *o, const char *key, const char *value)
{
	bool found;
	const size_t at = place(o, key, &found);
	char *copy = pw_mem_copy(value, strlen(value));

	if (found) {
		free(o->items[at].value);
		o->items[at].value = copy;
		return;
	}
	o->items = pw_mem_grow(o->items, &o->capacity, o->count + 1, sizeof *o->items);
	memmove(o->items + at + 1, o->items + at, (o->count - at) * sizeof *o->items);
	o->items[at] = (struct pw_offset){pw_mem_copy(key, strlen(key)), copy};
	o->count++;
}

void pw_offsets_remove(struct pw_offsets *o, const char *key)
{
	bool found;
	const size_t at = place(o, key, &found);

	if (!found)
		return;
	free(o->items[at].key);
	free(o->items[at].value);
	o->count--;
	memmove(o->items + at, o->items + at + 1, (o->count - at) * sizeof *o->items);
}

const char *pw_offsets_get(const struct pw_offsets *o, const char *key)
{
	bool found;
	const size_t at = place(o, key, &found);

	return found ? o->items[at].value : NULL;
}

int pw_offsets_merge(struct pw_offsets *o, const struct pw_offsets *other,
		     pw_offsets_greater *greater)
{
	for (size_t i = 0; i < other->count; i++) {
		const struct pw_offset *theirs = &other->items[i];
		const char *ours = pw_offsets_get(o, theirs->key);
		const char *chosen = ours == NULL ? theirs->value : greater(ours, theirs->value);
		if (chosen == NULL)
			return pw_fail_at("%s", theirs->key);
		if (chosen != ours)
			pw_offsets_set(o, theirs->key, chosen);
	}
	return 0;
}

static int append(const char *data, size_t n, void *to)
{
	pw_bytes_add(to, data, n);
	return 0;
}

void pw_offsets_encode(struct pw_bytes *out, const struct pw_offsets *o)
{
	pw_bytes_put(out, '{');
	for (size_t i = 0; i < o->count; i++) {
		json_t *key = json_stringn_nocheck(o->items[i].key, strlen(o->items[i].key));
		if (i > 0)
			pw_bytes_put(out, ',');
		json_dump_callback(key, append, out, JSON_ENCODE_ANY | JSON_COMPACT);
		pw_bytes_put(out, ':');
		pw_bytes_text(out, o->items[i].value);
		json_decref(key);
	}
	pw_bytes_put(out, '}');
}

int pw_offsets_decode(struct pw_offsets *o, const char *text, size_t length)
{
	json_error_t error;
	const char *key;
	json_t *value, *all = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	if (all == NULL)
		return pw_fail(PW_DATA, "offsets: %s at character %d", error.text, error.position);
	if (!json_is_object(all)) {
		json_decref(all);
		return pw_fail(PW_DATA, "offsets: not a JSON object");
	}
	json_object_foreach(all, key, value)
	{
		char *compact = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		pw_offsets_set(o, key, compact);
		free(compact);
	}
	json_decref(all);
	return 0;
}

void pw_offsets_release(struct pw_offsets *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].key);
		free(o->items[i].value);
	}
	free(o->items);
	*o = (struct pw_offsets){0};
}
