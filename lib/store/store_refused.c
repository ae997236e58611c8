/* DIR/refused: the stage that was refused first in a run, which alone says why. */
#include "../base/mem.h"
#include "store_place_internal.h"
#include "store_run_internal.h"

#include <stdlib.h>
#include <string.h>

/* The run's first refusal, of another stage than this one. 1: its status is in s->refused; 0 or -1 */
static int load(struct pw_store *s, const char *path)
{
	const char *stage;
	json_t *value;
	uint64_t run = 0, status = 0;
	int rc = pw_side_load(path, NULL, &value);

	if (rc <= 0)
		return rc;
	if (pw_side_whole(value, "run", &run) < 0 || pw_side_whole(value, "status", &status) < 0 ||
	    pw_side_text(value, "refused", &stage) < 0)
		rc = -1;
	else
		rc = run == s->run && strcmp(stage, s->name) != 0;
	json_decref(value);
	if (rc == 1)
		s->refused = (enum pw_status)status;
	return rc;
}

bool pw_store_is_refused(struct pw_store *s)
{
	char *path = pw_store_path(s->path, "refused");
	char *text = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	const enum pw_status status = pw_fail_status();

	if (load(s, path) < 0) { /* damaged: then each stage speaks for itself */
		pw_fail_clear();
		if (status != PW_OK)
			pw_fail(status, "%s", text);
	}
	free(text);
	free(path);
	return s->refused != PW_OK;
}

static int save(const struct pw_store *s, const char *stage, enum pw_status status, bool by_sink)
{
	char *path = pw_store_path(s->path, "refused");
	json_t *value = json_object();

	json_object_set_new(value, "refused", json_string(stage));
	json_object_set_new(value, "status", json_integer(status));
	if (by_sink)
		json_object_set_new(value, "by_sink", json_true());
	const int rc = pw_side_save(path, NULL, s->run, value);
	free(path);
	return rc;
}

/* The file of this run, of another stage, also says that a sink refuses. */
static int add_sink(const struct pw_store *s)
{
	char *path = pw_store_path(s->path, "refused");
	const char *stage;
	json_t *value;
	int rc = pw_side_load(path, NULL, &value);

	if (rc > 0 && json_object_get(value, "by_sink") == NULL &&
	    (rc = pw_side_text(value, "refused", &stage)) == 0)
		rc = save(s, stage, s->refused, true);
	json_decref(value);
	free(path);
	return rc < 0 ? -1 : 0;
}

static int refuse(struct pw_store *s, enum pw_status status, bool by_sink)
{
	if (!pw_store_is_refused(s))
		return save(s, s->name, status, by_sink);
	return by_sink ? add_sink(s) : 0;
}

static void refuse_in_gate(struct pw_store *s, enum pw_status status, bool by_sink)
{
	if (pw_store_hold_gate(s) == 0) {
		const int rc = refuse(s, status, by_sink);
		pw_store_leave_gate(s);
		if (rc == 0)
			return;
	}
	pw_fail_clear(); /* one message more is no harm */
}

void pw_store_refuse(struct pw_store *s, enum pw_status status)
{
	refuse_in_gate(s, status, false);
}

void pw_store_refuse_as_sink(struct pw_store *s)
{
	refuse_in_gate(s, PW_STATE, true);
}

bool pw_store_refused_by_sink(const struct pw_store *s, uint64_t since)
{
	char *path = pw_store_path(s->path, "refused");
	uint64_t run = 0, status = 0;
	json_t *value;
	bool by_sink = false;
	int rc = pw_side_load(path, NULL, &value);

	if (rc > 0)
		rc = pw_side_whole(value, "run", &run) < 0 ||
				     pw_side_whole(value, "status", &status) < 0
			     ? -1
			     : 1;
	if (rc > 0)
		by_sink = run >= since && run < s->run &&
			  (status == PW_STATE || json_is_true(json_object_get(value, "by_sink")));
	if (rc < 0) /* damaged */
		pw_fail_clear();
	json_decref(value);
	free(path);
	return by_sink;
}
