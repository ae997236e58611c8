/*
 * pw_head - what the SCHEMA frame says: columns, flags, lineage, state, check
 *
 * Ownership: the holder owns all of it; pw_head_release releases.
 */
#ifndef PW_WIRE_HEAD_H
#define PW_WIRE_HEAD_H

#include "../data/schema.h"

PW_C_BEGIN

/* A stage: its program, the options that change its answer, its inputs. */
struct pw_stage {
	char *program; /* "pw-groupby" */
	char *name;    /* of --name, or NULL */
	char **options;
	size_t option_count;
	struct pw_stage *inputs;
	size_t input_count;
};

struct pw_head {
	struct pw_schema schema;
	struct pw_stage stage; /* the stage that writes the stream */
	char *state;           /* state directory, or NULL */
	uint64_t run;          /* number of the run, with a state directory */
	bool check;            /* only the schema and END follow */
	bool followed; /* a reader upstream follows its source, and goes on until it is stopped */
};

#define PW_STAGE_DEPTH_MAX 64

void pw_head_copy(struct pw_head *to, const struct pw_head *from);
void pw_stage_copy(struct pw_stage *to, const struct pw_stage *from);
void pw_head_release(struct pw_head *h);
void pw_stage_release(struct pw_stage *s);

/* Writes a head as JSON; reads one from JSON: 0, or fails (PW_DATA). */
void pw_head_encode(struct pw_bytes *out, const struct pw_head *h);
int pw_head_decode(struct pw_head *h, const char *data, size_t length);

PW_C_END

#endif
