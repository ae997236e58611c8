/*
 * The first byte says the type, the rest is the text of a value. What reads
 * is written as text that reads as the same value and is written the same
 * again; as JSON it is valid, and reads the same as an element of a list.
 */
#include "../../lib/data/text.h"
#include "../../lib/data/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool so)
{
	if (!so)
		abort();
}

static struct pw_slice slice(const struct pw_bytes *b)
{
	return (struct pw_slice){b->data, b->length};
}

static void as_json(struct pw_vector *v)
{
	struct pw_bytes json = {0};
	struct pw_vector list;
	pw_vector_init(&list, PW_LIST_OF(v->type));
	pw_bytes_put(&json, '[');
	pw_text_add_json(&json, pw_vector_view(v), 0);
	pw_bytes_put(&json, ']');
	check(pw_text_read(&list, slice(&json)) == 0);
	check(pw_column_compare(pw_vector_view(v), 0, pw_vector_view(list.inner), 0) == 0);
	pw_vector_release(&list);
	pw_bytes_release(&json);
}

/* A NUL has no place in JSON: nothing writes it but a str or bytes that nobody reads. */
static bool has_nul(struct pw_slice s)
{
	return memchr(s.data, '\0', s.length) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct pw_slice text = {(const char *)data + 1, size - 1};
	const struct pw_type type = {data[0] % PW_BASES, data[0] / 16 % 3, false};
	struct pw_bytes once = {0}, twice = {0};
	struct pw_vector v;
	pw_vector_init(&v, type);
	if (pw_text_read(&v, text)) {
		check(v.rows == 0);
	} else if (v.nulls == 0) {
		check(v.rows == 1);
		pw_text_add(&once, pw_vector_view(&v), 0);
		check(pw_text_read(&v, slice(&once)) == 0 && v.rows == 2);
		const struct pw_column *c = pw_vector_view(&v);
		check(pw_column_compare(c, 0, c, 1) == 0);
		pw_text_add(&twice, c, 1);
		check(pw_slice_equal(slice(&once), slice(&twice)));
		if (!has_nul(text))
			as_json(&v);
	}
	pw_bytes_release(&once);
	pw_bytes_release(&twice);
	pw_vector_release(&v);
	return 0;
}
