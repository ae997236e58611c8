/*
 * pws_hop - what the wire alone costs: streams made, passed on, thrown away
 *
 * Use:      pws_hop [-f] [-c COMMITS] [-r ROWS] make FRAMES | pws_hop pass | pws_hop sink
 * make:     FRAMES batches of ROWS rows (16384) of an int, a float and a str of 8 bytes,
 *           each of COMMITS commits (1); -f flushes after every batch.
 * sink:     prints the count of rows.
 */
#include "../../lib/wire/output.h"
#include "../../lib/wire/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(int status)
{
	if (status < 0) {
		fprintf(stderr, "pws_hop: %s\n", pw_fail_text());
		exit((int)pw_fail_status());
	}
}

static void make(uint32_t rows, uint32_t commits, uint32_t frames, bool flush)
{
	struct pw_output out;
	struct pw_head head = {.stage.program = "pws_hop"};
	struct pw_builder b;
	pw_time time = 0;

	pw_schema_add(&head.schema, PW_SLICE("n"), PW_TYPE(PW_INT), false);
	pw_schema_add(&head.schema, PW_SLICE("x"), PW_TYPE(PW_FLOAT), false);
	pw_schema_add(&head.schema, PW_SLICE("s"), PW_TYPE(PW_STR), false);
	pw_output_open(&out, STDOUT_FILENO, false);
	must(pw_output_head(&out, &head));
	pw_builder_init(&b, &head.schema);
	for (uint32_t i = 0; i < rows; i++) {
		char text[16];
		snprintf(text, sizeof text, "%08u", i * 7919);
		pw_vector_word(&b.vectors[0], i);
		pw_vector_float(&b.vectors[1], i * 0.5);
		pw_vector_text(&b.vectors[2], text, 8);
		pw_builder_row(&b, (pw_time)i * commits / rows * 2, 1);
	}
	for (uint32_t f = 0; f < frames; f++) {
		for (size_t i = 0; i < b.run_count; i++)
			b.runs[i].time = time += 2;
		must(pw_output_batch(&out, pw_builder_view(&b)));
		pw_output_frontier(&out, time + 1);
		if (flush)
			must(pw_output_flush(&out));
	}
	must(pw_output_end(&out, PW_FINISHED, PW_OK, PW_TIME_END));
	pw_output_close(&out);
	pw_builder_release(&b);
	pw_schema_release(&head.schema);
}

static int handle(struct pw_source *in, struct pw_output *out, const struct pw_event *ev,
		  uint64_t *rows)
{
	switch (ev->kind) {
	case PW_EVENT_HEAD:
		return out ? pw_output_head(out, &in->head) : 0;
	case PW_EVENT_BATCH:
		*rows += ev->batch->rows;
		return out ? pw_output_batch(out, ev->batch) : 0;
	case PW_EVENT_FRONTIER:
		if (out)
			pw_output_frontier(out, ev->time);
		return 0;
	case PW_EVENT_DURABLE:
		return out ? pw_output_durable(out, ev->time) : 0;
	case PW_EVENT_END:
		return out ? pw_output_end(out, ev->ending, ev->status, ev->time) : 0;
	}
	return 0;
}

static void pass(struct pw_output *out)
{
	struct pw_source in;
	struct pw_event ev;
	uint64_t rows = 0;
	int status;

	pw_source_open(&in, STDIN_FILENO);
	while ((status = pw_source_next(&in, &ev)) != 0) {
		must(status);
		if (status == 1) {
			must(handle(&in, out, &ev, &rows));
			continue;
		}
		if (out)
			must(pw_output_flush(out));
		must(pw_source_fill(&in));
	}
	if (!out)
		printf("%llu\n", (unsigned long long)rows);
	pw_source_close(&in);
}

int main(int argc, char **argv)
{
	uint32_t rows = PW_BATCH_ROWS, commits = 1;
	bool flush = false;
	struct pw_output out;

	for (int c; (c = getopt(argc, argv, "c:r:f")) != -1;) {
		if (c == 'c')
			commits = (uint32_t)atol(optarg);
		else if (c == 'r')
			rows = (uint32_t)atol(optarg);
		else
			flush = true;
	}
	const char *verb = optind < argc ? argv[optind] : "";
	if (strcmp(verb, "make") == 0) {
		make(rows, commits, (uint32_t)atol(argv[optind + 1]), flush);
	} else if (strcmp(verb, "pass") == 0) {
		pw_output_open(&out, STDOUT_FILENO, false);
		pass(&out);
		pw_output_close(&out);
	} else {
		pass(NULL);
	}
	return 0;
}
