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

static int save(const struct pw_store *s, enum pw_status status)
{
	char *path = pw_store_path(s->path, "refused");
	json_t *value = json_object();

	json_object_set_new(value, "refused", json_string(s->name));
	json_object_set_new(value, "status", json_integer(status));
	const int rc = pw_side_save(path, NULL, s->run, value);
	free(path);
	return rc;
}

void pw_store_refuse(struct pw_store *s, enum pw_status status)
{
	if (pw_store_hold_gate(s) == 0) {
		if (pw_store_is_refused(s) || save(s, status) == 0) {
			pw_store_leave_gate(s);
			return;
		}
		pw_store_leave_gate(s);
	}
	pw_fail_clear(); /* one message more is no harm */
}
