#include "reject.h"
#include "../base/near.h"
#include "../data/text.h"
#include "aside_file.h"

static const char *const policies[] = {"stop", "null", "skip"};
enum { POLICIES = sizeof policies / sizeof *policies };

bool pw_reject_is_policy(const char *what)
{
	for (size_t i = 0; i < POLICIES; i++)
		if (strcmp(what, policies[i]) == 0)
			return true;
	return false;
}

int pw_reject_word(const char *what)
{
	if (what == NULL || pw_reject_is_policy(what))
		return 0;
	if (pw_aside_is_stdout(what))
		return pw_fail(PW_USAGE, "--on-error: the stream itself goes to stdout"
					 " (/dev/stderr writes rejected rows there)");
	if (strpbrk(what, "./") != NULL)
		return 0;
	const char *near = pw_near(what, strlen(what), policies, POLICIES);
	if (near != NULL)
		return pw_fail(PW_USAGE,
			       "--on-error: '%s' is not stop, null or skip (did you mean '%s'? a"
			       " file of that name is './%s')",
			       what, near, what);
	return pw_fail(PW_USAGE,
		       "--on-error: '%s' is not stop, null or skip, and a FILE has a dot or a slash"
		       " in its name (write './%s')",
		       what, what);
}

void pw_reject_choose(struct pw_reject *r, const struct pw_tool *t)
{
	const char *what = t->common.on_error;

	*r = (struct pw_reject){.stage = pw_tool_stage(t)};
	if (what == NULL || strcmp(what, "stop") == 0)
		return;
	if (strcmp(what, "null") == 0 || strcmp(what, "skip") == 0) {
		r->policy = *what == 'n' ? PW_REJECT_NULL : PW_REJECT_SKIP;
		return;
	}
	r->policy = PW_REJECT_FILE;
	r->file = (struct pw_aside){
		.kind = &pw_aside_rejected, .path = what, .begin = PW_SLICE("{\"reason\":")};
}

int pw_reject_open(struct pw_reject *r, struct pw_tool *t)
{
	return r->policy == PW_REJECT_FILE ? pw_aside_open(&r->file, t) : 0;
}

int pw_reject_flush(struct pw_reject *r)
{
	return r->policy == PW_REJECT_FILE ? pw_aside_flush(&r->file) : 0;
}

int pw_reject_json(struct pw_reject *r, struct pw_slice reason, struct pw_slice row, pw_time time,
		   pw_diff diff)
{
	struct pw_bytes *line = &r->file.bytes;

	r->count++;
	if (r->policy != PW_REJECT_FILE || time < r->file.restart)
		return 0;
	pw_bytes_text(line, "{\"reason\":");
	pw_text_add_json_string(line, reason.data, reason.length);
	pw_bytes_text(line, ",\"stage\":");
	pw_text_add_json_string(line, r->stage, strlen(r->stage));
	pw_bytes_text(line, ",\"row\":");
	pw_bytes_add(line, row.data, row.length);
	pw_bytes_text(line, ",\"_time\":");
	if (time == PW_TIME_END)
		pw_bytes_text(line, "\"end\"");
	else
		pw_time_print(line, time);
	pw_bytes_print(line, ",\"_diff\":%" PRId64 "}\n", diff);
	return pw_aside_added(&r->file);
}

int pw_reject_row(struct pw_reject *r, struct pw_slice reason, const struct pw_batch *batch,
		  uint32_t i)
{
	struct pw_bytes row = {0};
	int rc;

	for (size_t c = 0; c < batch->schema->count; c++) {
		const char *name = batch->schema->fields[c].name;
		pw_bytes_put(&row, c == 0 ? '{' : ',');
		pw_text_add_json_string(&row, name, strlen(name));
		pw_bytes_put(&row, ':');
		pw_text_add_json(&row, &batch->columns[c], i);
	}
	pw_bytes_text(&row, batch->schema->count == 0 ? "{}" : "}");
	rc = pw_reject_json(r, reason, (struct pw_slice){row.data, row.length},
			    pw_batch_time(batch, i), pw_batch_diff(batch, i));
	pw_bytes_release(&row);
	return rc;
}

int pw_reject_close(struct pw_reject *r, struct pw_tool *t)
{
	const char *path = r->policy == PW_REJECT_FILE ? r->file.path : NULL;

	if (path != NULL && pw_aside_close(&r->file, t) < 0)
		return -1;
	if (r->count > 0)
		pw_tool_say(t, "%" PRIu64 " row%s rejected%s%s", r->count, r->count == 1 ? "" : "s",
			    path != NULL ? ", written to " : "", path != NULL ? path : "");
	return 0;
}
