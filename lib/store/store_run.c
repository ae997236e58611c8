#include "../base/io.h"
#include "../base/pipes.h"
#include "line.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIST_MAX = 64 << 20 };

char *pw_store_path(const char *directory, const char *name)
{
	return pw_mem_print("%s/%s", directory, name);
}

/* ---- run ---- */

void pw_store_boot_id(char id[64])
{
	const int fd = pw_io()->open("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);
	ssize_t n = 0;

	if (fd >= 0) {
		n = pw_io_read_full(fd, id, 63);
		pw_io()->close(fd);
	}
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}

/* Floors that are times, of readers; what is carried on was looked at once. */
static int take_floors(struct pw_store *s, json_t *floors)
{
	const char *name;
	json_t *floor;
	pw_time time;

	if (!json_is_object(floors))
		return pw_fail(PW_STATE, "it has no floors");
	json_object_foreach(floors, name,
			    floor) if (pw_side_time(floors, name, &time) < 0) return -1;
	json_decref(s->floors);
	s->floors = json_incref(floors);
	return 0;
}

static int take_run(struct pw_store *s, const json_t *value, char boot_id[64])
{
	const char *id;
	uint64_t boot;

	if (pw_side_whole(value, "run", &s->run) < 0 ||
	    pw_side_time(value, "restart", &s->restart) < 0 ||
	    pw_side_time(value, "start", &s->start) < 0 ||
	    pw_side_time(value, "above", &s->above) < 0 ||
	    pw_side_whole(value, "boot", &boot) < 0 ||
	    pw_side_whole(value, "interval", &s->interval) < 0 ||
	    pw_side_text(value, "boot_id", &id) < 0)
		return -1;
	if (s->interval == 0 || s->start >= PW_TIME_END || s->restart > s->above ||
	    s->above > s->start)
		return pw_fail(PW_STATE,
			       "its times can't be: start %" PRIu64 ", restart %" PRIu64
			       ", above %" PRIu64 ", interval %" PRIu64,
			       s->start, s->restart, s->above, s->interval);
	if (!json_is_object(json_object_get(value, "marks")))
		return pw_fail(PW_STATE, "it has no marks");
	json_decref(s->marks);
	s->marks = json_incref(json_object_get(value, "marks"));
	s->boot = (int64_t)boot;
	snprintf(boot_id, 64, "%s", id);
	return take_floors(s, json_object_get(value, "floors"));
}

int pw_store_run_load(struct pw_store *s, char boot_id[64])
{
	char *path = pw_store_path(s->path, "run");
	json_t *value;
	int rc = pw_side_load(path, NULL, &value);

	if (rc > 0 && take_run(s, value, boot_id) < 0)
		rc = pw_fail_at("%s", path);
	json_decref(value);
	free(path);
	return rc;
}

int pw_store_run_save(const struct pw_store *s)
{
	char *path = pw_store_path(s->path, "run"), id[64];
	json_t *value = json_object();

	pw_store_boot_id(id);
	json_object_set_new(value, "restart", pw_side_of_time(s->restart));
	json_object_set_new(value, "start", pw_side_of_time(s->start));
	json_object_set_new(value, "above", pw_side_of_time(s->above));
	json_object_set_new(value, "boot", json_integer((json_int_t)s->boot));
	json_object_set_new(value, "boot_id", json_string(id));
	json_object_set_new(value, "interval", json_integer((json_int_t)s->interval));
	json_object_set(value, "marks", s->marks);
	json_object_set(value, "floors", s->floors);
	const int rc = pw_side_save(path, NULL, s->run, value);
	free(path);
	return rc;
}

int pw_store_clock_load(const char *directory, pw_time *bound)
{
	char *path = pw_store_path(directory, "clock");
	json_t *value;
	int rc = pw_side_load(path, NULL, &value);

	*bound = 0;
	if (rc > 0 && pw_side_time(value, "bound", bound) < 0)
		rc = pw_fail_at("%s", path);
	json_decref(value);
	free(path);
	return rc < 0 ? -1 : 0;
}

/* ---- the list of stages ---- */

static char *copy(const json_t *text)
{
	return pw_mem_copy(json_string_value(text), json_string_length(text));
}

static int take_written(struct pw_store_list *l, const json_t *value)
{
	const json_t *stage = json_object_get(value, "stage"),
		     *path = json_object_get(value, "destination");

	if (!json_is_string(stage) || !json_is_string(path))
		return pw_fail(PW_STATE, "it has no stage with a destination");
	l->written = pw_mem_grow(l->written, &l->written_capacity, l->written_count + 1,
				 sizeof *l->written);
	l->written[l->written_count++] =
		(struct pw_store_written){.stage = copy(stage), .path = copy(path)};
	return 0;
}

static int take_stage(struct pw_store_list *l, const json_t *value)
{
	const json_t *name = json_object_get(value, "stage"),
		     *inputs = json_object_get(value, "inputs");
	struct pw_store_listed *item;

	if (!json_is_string(name) || !json_is_array(inputs))
		return pw_fail(PW_STATE, "it has no stage with inputs");
	l->items = pw_mem_grow(l->items, &l->capacity, l->count + 1, sizeof *l->items);
	item = &l->items[l->count++];
	*item = (struct pw_store_listed){
		.name = copy(name),
		.process = (int)json_integer_value(json_object_get(value, "process")),
		.started = (uint64_t)json_integer_value(json_object_get(value, "started")),
		.inputs = pw_mem_zero(json_array_size(inputs), sizeof *item->inputs)};
	for (size_t i = 0; i < json_array_size(inputs); i++)
		if (json_is_string(json_array_get(inputs, i)))
			item->inputs[item->input_count++] = copy(json_array_get(inputs, i));
	return 0;
}

static int take_line(struct pw_store_list *l, const struct pw_line *line, uint64_t run)
{
	json_t *value = json_loadb(line->json.data, line->json.length, 0, NULL);
	uint64_t is;
	int rc = -1;

	if (value == NULL)
		pw_fail(PW_STATE, "it is no JSON");
	else if (line->from > 0 && json_object_get(value, "destination") != NULL)
		rc = take_written(l, value);
	else if (line->from > 0)
		rc = take_stage(l, value);
	else if (pw_side_whole(value, "run", &is) == 0)
		rc = is == run ? 0
			       : pw_fail(PW_STATE, "it is of run %" PRIu64 ", expected %" PRIu64,
					 is, run);
	json_decref(value);
	return rc;
}

static int load_list(struct pw_store_list *l, const char *path, uint64_t run, bool whole)
{
	struct pw_bytes text = {0};
	struct pw_line_chain chain = {""};
	struct pw_line line;
	size_t at = 0, number = 0;
	int rc = pw_io_load(path, LIST_MAX, &text);

	while (rc >= 0) {
		rc = pw_line_next((struct pw_slice){text.data, text.length}, &at, &chain, &line);
		if (rc == 0 || (rc < 0 && !whole))
			break;
		number++;
		if (rc < 0 || (rc = take_line(l, &line, run)) < 0) {
			pw_fail_at("line %zu", number);
			rc = pw_fail_at("%s", path);
		}
	}
	pw_bytes_release(&text);
	return rc < 0 && whole ? -1 : 0;
}

int pw_store_list_load(struct pw_store_list *l, const char *directory, uint64_t run, bool whole)
{
	char *path = pw_store_path(directory, "stages");
	const int rc = load_list(l, path, run, whole);

	free(path);
	return rc;
}

void pw_store_list_release(struct pw_store_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		for (size_t k = 0; k < l->items[i].input_count; k++)
			free(l->items[i].inputs[k]);
		free(l->items[i].inputs);
		free(l->items[i].name);
	}
	for (size_t i = 0; i < l->written_count; i++) {
		free(l->written[i].stage);
		free(l->written[i].path);
	}
	free(l->written);
	free(l->items);
	*l = (struct pw_store_list){0};
}

bool pw_store_list_has(const struct pw_store_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].name, name) == 0)
			return true;
	return false;
}

/* A line at the end of the list, chained to what there is. */
static int append(const char *path, const json_t *value, bool first)
{
	struct pw_bytes text = {0};
	struct pw_line_chain chain = {""};
	const int fd = pw_io()->open(
		path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | (first ? O_TRUNC : 0), 0600);
	int rc = 0;

	if (fd < 0)
		return pw_fail_system(path);
	if (!first) {
		rc = pw_io_load_from(fd, path, LIST_MAX, &text);
		if (rc == 0 && text.length > 17)
			memcpy(chain.digits, text.data + text.length - 17, 16);
	}
	pw_bytes_clear(&text);
	pw_line_add(&text, &chain, value, 0);
	if (rc == 0 && pw_io_write_full(fd, text.data, text.length) < 0)
		rc = pw_fail_system(path);
	pw_io()->close(fd);
	pw_bytes_release(&text);
	return rc;
}

static int append_and_drop(const struct pw_store *s, json_t *value, bool first)
{
	char *path = pw_store_path(s->path, "stages");
	const int rc = append(path, value, first);

	json_decref(value);
	free(path);
	return rc;
}

int pw_store_list_begin(const struct pw_store *s)
{
	json_t *value = json_object();

	json_object_set_new(value, "version", json_integer(PW_SIDE_VERSION));
	json_object_set_new(value, "run", json_integer((json_int_t)s->run));
	return append_and_drop(s, value, true);
}

int pw_store_list_add(const struct pw_store *s, const struct pw_stage *stage)
{
	json_t *value = json_object(), *inputs = json_array();
	int rc = 0;

	for (size_t i = 0; i < stage->input_count && rc == 0; i++) {
		char *name = pw_store_name(&stage->inputs[i]);
		rc = name != NULL ? json_array_append_new(inputs, json_string(name)) : -1;
		free(name);
	}
	json_object_set_new(value, "stage", json_string(s->name));
	json_object_set_new(value, "program", json_string(stage->program));
	json_object_set_new(value, "process", json_integer(getpid()));
	json_object_set_new(value, "started", json_integer((json_int_t)pw_pipes_started(getpid())));
	json_object_set_new(value, "inputs", inputs);
	if (rc < 0) {
		json_decref(value);
		return -1;
	}
	return append_and_drop(s, value, false);
}

int pw_store_list_write(const struct pw_store *s, const char *path)
{
	json_t *value = json_object();

	json_object_set_new(value, "stage", json_string(s->name));
	json_object_set_new(value, "destination", json_string(path));
	return append_and_drop(s, value, false);
}
