/*
 * pws_make - a stream from lines of JSON, for tests of the wire
 *
 * Use:      pws_make [-z] [-i] <lines >stream    (-z compresses, -i interns texts)
 * Reads:    the body of a SCHEMA frame; then [time, diff, [value, ...]] per
 *           row, {"frontier": f}, {"durable": d}, {"flush": 1}, and
 *           {"end": "finished"|"suspended"|"failed", "status": s, "durable": d}.
 *           Bytes and uuids are hexadecimal, times and durations ns, json is
 *           a string that holds JSON. It is what tests/helpers/pws_decode.py prints.
 */
#include "../../lib/wire/output.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(int status)
{
	if (status < 0) {
		fprintf(stderr, "pws_make: %s\n", pw_fail_text());
		exit((int)pw_fail_status());
	}
}

static void add_hex(struct pw_bytes *to, const char *hex)
{
	unsigned x;

	for (; sscanf(hex, "%2x", &x) == 1; hex += 2)
		pw_bytes_put(to, (char)x);
}

static void add_value(struct pw_vector *v, const json_t *x)
{
	struct pw_bytes bytes = {0};
	const json_t *element;
	size_t i;

	if (json_is_null(x)) {
		pw_vector_null(v);
	} else if (v->type.depth > 0) {
		json_array_foreach(x, i, element) add_value(v->inner, element);
		pw_vector_list(v);
	} else if (v->type.base == PW_BOOL) {
		pw_vector_bool(v, json_is_true(x));
	} else if (v->type.base == PW_FLOAT) {
		pw_vector_float(v, json_is_string(x) ? strtod(json_string_value(x), NULL)
						     : json_number_value(x));
	} else if (json_is_integer(x)) {
		pw_vector_word(v, json_integer_value(x));
	} else if (v->type.base == PW_STR || v->type.base == PW_JSON) {
		pw_vector_text(v, json_string_value(x), json_string_length(x));
	} else {
		add_hex(&bytes, json_string_value(x));
		if (v->type.base == PW_UUID)
			pw_vector_uuid(v, (const uint8_t *)bytes.data);
		else
			pw_vector_text(v, bytes.data, bytes.length);
		pw_bytes_release(&bytes);
	}
}

static pw_time time_of(const json_t *x)
{
	return json_is_integer(x) ? (pw_time)json_integer_value(x) : PW_TIME_END;
}

static void send_rows(struct pw_output *out, struct pw_builder *rows)
{
	must(pw_output_batch(out, pw_builder_view(rows)));
	pw_builder_clear(rows);
}

static void row(struct pw_output *out, struct pw_builder *rows, const json_t *line)
{
	const json_t *values = json_array_get(line, 2);

	for (size_t i = 0; i < rows->schema->count; i++)
		add_value(&rows->vectors[i], json_array_get(values, i));
	pw_builder_row(rows, time_of(json_array_get(line, 0)),
		       json_integer_value(json_array_get(line, 1)));
	if (pw_builder_full(rows))
		send_rows(out, rows);
}

static void control(struct pw_output *out, struct pw_builder *rows, const json_t *line)
{
	static const char *const endings[] = {"finished", "suspended", "failed"};
	const char *ending = json_string_value(json_object_get(line, "end"));

	send_rows(out, rows);
	if (json_object_get(line, "frontier") != NULL)
		pw_output_frontier(out, time_of(json_object_get(line, "frontier")));
	else if (json_object_get(line, "flush") != NULL)
		must(pw_output_flush(out));
	for (int i = 0; ending != NULL && i < 3; i++)
		if (strcmp(ending, endings[i]) == 0)
			must(pw_output_end(
				out, (enum pw_ending)i,
				(enum pw_status)json_integer_value(json_object_get(line, "status")),
				time_of(json_object_get(line, "durable"))));
	if (ending == NULL && json_object_get(line, "durable") != NULL)
		must(pw_output_durable(out, time_of(json_object_get(line, "durable"))));
}

int main(int argc, char **argv)
{
	struct pw_head head = {0};
	struct pw_output out;
	struct pw_builder rows = {0};
	bool compress = false, intern = false;
	char *text = NULL;
	size_t capacity = 0;
	ssize_t n;

	for (int c; (c = getopt(argc, argv, "zi")) != -1;) {
		compress |= c == 'z';
		intern |= c == 'i';
	}
	pw_output_open(&out, STDOUT_FILENO, compress);
	while ((n = getline(&text, &capacity, stdin)) > 0) {
		if (rows.schema == NULL && text[2] != 'e') {
			must(pw_head_decode(&head, text, (size_t)n));
			must(pw_output_head(&out, &head));
			pw_builder_init(&rows, &head.schema);
			if (intern)
				pw_builder_intern(&rows);
			continue;
		}
		if (rows.schema == NULL)
			pw_builder_init(&rows, &head.schema);
		json_t *line = json_loadb(text, (size_t)n, 0, NULL);
		if (json_is_array(line))
			row(&out, &rows, line);
		else
			control(&out, &rows, line);
		json_decref(line);
	}
	free(text);
	pw_builder_release(&rows);
	pw_head_release(&head);
	pw_output_close(&out);
	return 0;
}
